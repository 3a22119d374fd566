"""What holds for every file that a row names: which addresses may be asked, how large it may be, and what it is then."""

from __future__ import annotations

import hashlib
import ipaddress
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from importer.records import Fault, FileContent, value_type
from importer.runtime.regex import regex

if TYPE_CHECKING:
    import ssl

UNREADABLE: Final = regex(r"[\x00-\x1f\x7f]")
_CREDENTIALS: Final = regex(r"(?<=://)[^/]*@")
_TRANSLATING: Final = tuple(
    map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
)
"""Networks in whose addresses another one is hidden, which may be a private one."""


def is_public(address: str) -> bool:
    """Tell an address of the open internet from one of this machine, this network or its cloud."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return is_public(str(found.ipv4_mapped))
        if any(found in network for network in _TRANSLATING):
            return False
    return found.is_global and not found.is_multicast


@value_type(frozen=True, slots=True, kw_only=True)
class AddressPolicy:
    """Which servers are asked, and how patiently; ``permits`` judges the numeric address that a name stands for."""

    permits: Callable[[str], bool] = is_public
    context: ssl.SSLContext | None = None
    idle_seconds: float = 30.0
    whole_seconds: float = 300.0
    clock: Callable[[], float] = time.monotonic


def not_allowed(sentence: str) -> Fault:
    return Fault(code="file_not_allowed", message=sentence)


def sized(reference: str, size: int, largest: int) -> Fault | None:
    if not size:
        return Fault(code="file_not_found", message=f"{reference!r} is empty")
    if size > largest:
        return Fault(code="file_too_large", message=f"{reference!r} has more than {largest >> 20:,} MB")
    return None


def attachment(name: str, content: bytes, media_type: str | None) -> FileContent:
    return FileContent(
        name=name,
        media_type=media_type or "application/octet-stream",
        digest=hashlib.sha256(content).hexdigest(),
        content=content,
    )


def refused_address(address: str, hosts: Iterable[str]) -> Fault | None:
    """Tell why an address may not be asked, by its text alone."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return not_allowed(f"{shown(address)!r} is no address")
    if (
        parts.scheme.lower() != "https"
        or not host
        or parts.username is not None
        or UNREADABLE.search(address)
    ):
        return not_allowed(f"{shown(address)!r} is not an https:// address without a password")
    named = host if port in (None, 443) else f"{host}:{port}"
    if not any(_is_of(named, each.lower()) for each in hosts):
        return not_allowed(
            f"{shown(address)!r} is of a host that the mapping does not allow (`files: hosts`)"
        )
    return None


def _is_of(host: str, allowed: str) -> bool:
    """Tell whether a host is the one allowed, or below it where it is written ``*.example.com``."""
    return host.endswith(allowed[1:]) if allowed.startswith("*.") else host == allowed


def shown(address: str) -> str:
    """Write an address for a sentence, without what may be a key to it."""
    bare = address.partition("?")[0].partition("#")[0]
    return _CREDENTIALS.sub("", bare)
