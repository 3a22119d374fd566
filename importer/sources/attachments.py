"""Files that rows name for custom fields: from the source's own folder, or from addresses that the mapping allows.

Cells are hostile: neither a path nor an address may lead anywhere else, and each is looked at where it is opened.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import ipaddress
import mimetypes
import os
import re
import socket
import ssl
import stat
import time
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final
from urllib.parse import quote, unquote, urljoin, urlsplit

from importer.records import Fault, FileContent, value_type
from importer.runtime.regex import regex

_REDIRECTS: Final = 5
_CHUNK: Final = 1 << 16
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_UNREADABLE: Final = regex(r"[\x00-\x1f\x7f]")
_MEDIA_TYPE: Final = regex(r"[\w.+-]+/[\w.+-]+", re.ASCII)
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


@value_type(frozen=True, slots=True)
class Attachments:
    """Where files may come from. ``folder``: None where the source has none; ``hosts``: names, with a port where it is not 443."""

    folder: Path | None
    hosts: frozenset[str] = frozenset()
    largest: int = 50 << 20
    accepts: tuple[str, ...] = ()
    policy: AddressPolicy = AddressPolicy()

    def look(self, reference: str) -> Fault | None:
        """Tell what is wrong with a reference as far as can be seen without a network."""
        if "://" in reference:
            return _refused_address(reference, self.hosts)
        place = self._place(reference)
        return place if isinstance(place, Fault) else _look_at(place, reference, self.largest)

    def load(self, reference: str) -> FileContent | Fault:
        """Read a file whole, or say why it cannot be."""
        if (fault := self.look(reference)) is not None:
            return fault
        if "://" in reference:
            return _Download(self, reference).load()
        place = self._place(reference)
        return place if isinstance(place, Fault) else _read(place, reference, self.largest)

    def _place(self, reference: str) -> Path | Fault:
        """Find a path below the folder; what leads out of it, by whatever way, is refused."""
        parts = PurePosixPath(reference.replace("\\", "/")).parts
        absolute = reference.startswith(("/", "\\")) or bool(PureWindowsPath(reference).drive)
        if self.folder is None:
            return _not_allowed(
                f"{reference!r} is a path, and the source has no folder of its own: name one with `files: folder`"
            )
        if absolute or ".." in parts or not parts or _UNREADABLE.search(reference):
            return _not_allowed(f"{reference!r} leads out of the folder {self.folder}")
        place = self.folder
        for part in parts:
            place = place / part
            if place.is_symlink():
                return _not_allowed(f"{reference!r} is a link, or lies behind one")
        try:
            inside = place.resolve().is_relative_to(self.folder.resolve())
        except (OSError, RuntimeError):
            inside = False
        return place if inside else _not_allowed(f"{reference!r} leads out of the folder {self.folder}")


def _not_allowed(sentence: str) -> Fault:
    return Fault(code="file_not_allowed", message=sentence)


def _look_at(place: Path, reference: str, largest: int) -> Fault | None:
    try:
        found = place.lstat()
    except (OSError, ValueError) as cause:
        return _not_there(reference, cause)
    if not stat.S_ISREG(found.st_mode):
        return Fault(code="file_not_found", message=f"{reference!r} is no plain file")
    if not os.access(place, os.R_OK):
        return Fault(code="file_not_found", message=f"{reference!r} cannot be read: permission denied")
    return _sized(reference, found.st_size, largest)


def _not_there(reference: str, cause: Exception) -> Fault:
    reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else type(cause).__name__
    return Fault(code="file_not_found", message=f"{reference!r} cannot be read: {reason.lower()}")


def _sized(reference: str, size: int, largest: int) -> Fault | None:
    if not size:
        return Fault(code="file_not_found", message=f"{reference!r} is empty")
    if size > largest:
        return Fault(code="file_too_large", message=f"{reference!r} has more than {largest >> 20:,} MB")
    return None


def _read(place: Path, reference: str, largest: int) -> FileContent | Fault:
    """Read a file that was looked at; one that was put in its place since is not followed anywhere."""
    # O_NONBLOCK: opening a pipe that nobody writes to would wait for ever.
    flags = sum(getattr(os, name, 0) for name in ("O_BINARY", "O_NOFOLLOW", "O_NONBLOCK"))
    try:
        handle = os.open(place, os.O_RDONLY | flags)
        with os.fdopen(handle, "rb") as file:
            same = os.path.samestat(os.fstat(file.fileno()), place.resolve().stat())
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode) or not same:
                return Fault(code="file_not_found", message=f"{reference!r} is no plain file")
            content = file.read(largest + 1)
    except OSError as cause:
        return _not_there(reference, cause)
    fault = _sized(reference, len(content), largest)
    return fault or _attachment(place.name, content, mimetypes.guess_type(place.name)[0])


def _attachment(name: str, content: bytes, media_type: str | None) -> FileContent:
    return FileContent(
        name=name,
        media_type=media_type or "application/octet-stream",
        digest=hashlib.sha256(content).hexdigest(),
        content=content,
    )


def _refused_address(address: str, hosts: Iterable[str]) -> Fault | None:
    """Tell why an address may not be asked, by its text alone."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return _not_allowed(f"{shown(address)!r} is no address")
    if (
        parts.scheme.lower() != "https"
        or not host
        or parts.username is not None
        or _UNREADABLE.search(address)
    ):
        return _not_allowed(f"{shown(address)!r} is not an https:// address without a password")
    named = host if port in (None, 443) else f"{host}:{port}"
    if not any(_is_of(named, each.lower()) for each in hosts):
        return _not_allowed(
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


class _UnreachableError(Exception):
    """The server gave no usable reply; its text says why."""


class _Pinned(http.client.HTTPSConnection):
    """A connection to the very address that was judged: a name server that answers otherwise the next time leads nowhere."""

    def __init__(
        self, host: str, port: int, address: str, *, context: ssl.SSLContext, timeout: float
    ) -> None:
        super().__init__(host, port, context=context, timeout=timeout)
        self._address = address
        self._secure = context

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self._secure.wrap_socket(plain, server_hostname=self.host)


class _Download:
    """One file behind an address; redirects are followed to allowed hosts alone. A proxy of the environment is not used."""

    def __init__(self, attachments: Attachments, reference: str) -> None:
        self._from = attachments
        self._reference = reference
        self._until = attachments.policy.clock() + attachments.policy.whole_seconds

    def load(self) -> FileContent | Fault:
        address = self._reference
        try:
            for _ in range(_REDIRECTS + 1):
                if (fault := _refused_address(address, self._from.hosts)) is not None:
                    return fault
                found = self._ask(address)
                if not isinstance(found, str):
                    return found
                address = urljoin(address, found)
        except (_UnreachableError, OSError, http.client.HTTPException, ValueError) as cause:
            return Fault(
                code="file_unreachable",
                message=f"{shown(self._reference)!r} cannot be read: {_reason(cause)}",
            )
        return Fault(code="file_unreachable", message=f"{shown(self._reference)!r} redirects without end")

    def _ask(self, address: str) -> FileContent | Fault | str:
        """Send one GET; gives the file, or where it is to be looked for."""
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or 443
        numeric = self._judged(host, port)
        if isinstance(numeric, Fault):
            return numeric
        context = self._from.policy.context or ssl.create_default_context()
        line = _Pinned(host, port, numeric, context=context, timeout=self._from.policy.idle_seconds)
        target = quote(parts.path or "/", safe="!$%&'()*+,/:;=@~-._") + (
            f"?{parts.query}" if parts.query else ""
        )
        with contextlib.closing(line):
            line.request(
                "GET", target, headers={"User-Agent": "highlevel-importer", "Accept-Encoding": "identity"}
            )
            reply = line.getresponse()
            if reply.status in _MOVED and (place := reply.headers.get("Location")):
                return place
            if reply.status != http.client.OK:
                return _refusal(self._reference, reply.status)
            return self._take(reply, PurePosixPath(unquote(parts.path)).name)

    def _judged(self, host: str, port: int) -> str | Fault:
        """Give the numeric address of a host, all of whose addresses may be asked."""
        found = [str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        if not found:
            raise _UnreachableError("its name stands for no address")
        if not all(map(self._from.policy.permits, found)):
            return _not_allowed(f"{shown(self._reference)!r} leads to a private address")
        return found[0]

    def _take(self, reply: http.client.HTTPResponse, name: str) -> FileContent | Fault:
        content = bytearray()
        while chunk := reply.read(_CHUNK):
            content += chunk
            if len(content) > self._from.largest:
                break
            if self._from.policy.clock() > self._until:
                raise _UnreachableError("it did not come to an end in time")
        if (fault := _sized(shown(self._reference), len(content), self._from.largest)) is not None:
            return fault
        said = (reply.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
        media_type = said if _MEDIA_TYPE.fullmatch(said) else None
        name = _UNREADABLE.sub("_", name) or "file"
        if not PurePosixPath(name).suffix:
            name += mimetypes.guess_extension(media_type or "") or ""
        if self._from.accepts and PurePosixPath(name).suffix.lower() not in self._from.accepts:
            takes = ", ".join(self._from.accepts)
            sentence = f"{shown(self._reference)!r} came as {said or 'something unnamed'}, which the field does not take ({takes})"
            return Fault(code="wrong_file_type", message=sentence)
        return _attachment(name, bytes(content), media_type or mimetypes.guess_type(name)[0])


def _refusal(reference: str, status: int) -> Fault:
    code = "file_not_found" if status in (401, 403, 404, 410) else "file_unreachable"
    return Fault(code=code, message=f"{shown(reference)!r} cannot be read: the server says {status}")


def _reason(cause: Exception) -> str:
    match cause:
        case TimeoutError():
            return "no reply in time"
        case ssl.SSLCertVerificationError():
            return "the server's certificate is not trusted"
        case socket.gaierror():
            return "the server's name was not found"
        case OSError() if cause.strerror:
            return cause.strerror.lower()
        case _UnreachableError():
            return str(cause)
        case _:
            return type(cause).__name__
