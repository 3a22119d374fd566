"""The one door to the network: sends a call, brings back a reply or says that it is lost. It knows no meanings."""

from __future__ import annotations

import platform
import urllib.request
import zlib
from collections.abc import Callable, Mapping
from dataclasses import field
from ipaddress import ip_address
from types import TracebackType
from typing import Final, Protocol, Self
from urllib.parse import SplitResult, urlsplit

from importer.errors import CertificateError, SettingsError
from importer.highlevel.calls import Call
from importer.highlevel.exchange import (
    EXCHANGE_FAILURES,
    REPLY_LIMIT,
    ConnectionPools,
    TooLargeError,
    UnreachedError,
    describe,
    is_certificate_trouble,
    is_out_of_files,
)
from importer.highlevel.redaction import Redaction
from importer.highlevel.versions import ApiVersion
from importer.records import value_type
from importer.runtime.clock import Clock, SystemClock
from importer.settings import Secret
from importer.version import __version__

_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"
USER_AGENT: Final = f"highlevel-importer/{__version__} (Python {platform.python_version()}; aiohttp)"


@value_type(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long a request may take, in seconds: ``connect`` until there is a connection, ``total`` from then on."""

    connect: float = 10.0
    total: float = 30.0


@value_type(frozen=True, slots=True, kw_only=True)
class RawReply:
    """What came back, as it came back; the two moments are of the monotonic clock."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    sent_at: float
    received_at: float
    discard: Callable[[], None] = field(default=lambda: None, repr=False, compare=False)
    """Closes the connection that brought it, with whatever else stands on it: for a reply that is not ours."""


@value_type(frozen=True, slots=True, kw_only=True)
class LostReply:
    """No reply. ``sent`` is False only where the request cannot have reached the vendor."""

    reason: str
    sent: bool
    sent_at: float
    received_at: float
    timed_out: bool = False
    """It may still be under way, and be counted later than now."""
    certificate: bool = False
    """Somebody answered who cannot prove to be the server; see ``distrust``."""
    lasting: bool = False
    """Waiting seldom mends it: a reply without end, or a machine that allows no more connections."""


class Door(Protocol):
    """What those who send need of a client; the one seam for everything on the network."""

    @property
    def base_url(self) -> str: ...

    @property
    def version(self) -> ApiVersion: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    async def request(self, call: Call, token: Secret | None) -> RawReply | LostReply: ...


class Client:
    """One pool of connections for a whole run: keep-alive, proxy of the environment, gzip, timeouts.

    ``pools``: where other clients of this process have theirs; those to the same server use one.
    What the requests of one token have in common is written once, not for each.
    """

    def __init__(
        self,
        base_url: str,
        *,
        clock: Clock | None = None,
        timeouts: Timeouts | None = None,
        version: ApiVersion = ApiVersion.V2021_07_28,
        pools: ConnectionPools | None = None,
    ) -> None:
        self.base_url = check_base_url(base_url)
        self.version = version
        self._clock = clock or SystemClock()
        timeouts = timeouts or Timeouts()
        self._pool = (pools or ConnectionPools()).pool(
            self.base_url,
            proxy=find_proxy(self.base_url),
            connect_seconds=timeouts.connect,
            reply_seconds=timeouts.total,
        )
        self._path = urlsplit(self.base_url).path
        self._redaction = Redaction()
        self._headers: dict[tuple[Secret | None, str], bytes] = {}

    async def __aenter__(self) -> Self:
        await self._pool.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._pool.close()

    async def request(self, call: Call, token: Secret | None) -> RawReply | LostReply:
        """Send a call; raises nothing but cancellation."""
        sent_at = self._clock.monotonic()
        try:
            request = self._write(call, token)
        except ValueError as cause:
            return LostReply(reason=str(cause), sent=False, sent_at=sent_at, received_at=sent_at)
        try:
            came = await self._pool.exchange(request)
            packing = came.headers.get("Content-Encoding")
            body = came.body if packing is None else _inflate(came.body, packing)
        except EXCHANGE_FAILURES as failure:
            return LostReply(
                reason=self._redaction.clean_text(describe(failure)),
                sent=not isinstance(failure, UnreachedError),
                sent_at=sent_at,
                received_at=self._clock.monotonic(),
                timed_out=isinstance(failure, TimeoutError),
                certificate=is_certificate_trouble(failure),
                lasting=isinstance(failure, TooLargeError) or is_out_of_files(failure),
            )
        return RawReply(
            status=came.status,
            headers=came.headers,
            body=body if _grants_tokens(call, came.status, body) else self._redaction.clean(body),
            sent_at=sent_at,
            received_at=self._clock.monotonic(),
            discard=came.discard,
        )

    def _write(self, call: Call, token: Secret | None) -> bytes:
        """Write a request; raises ValueError where that would not be one."""
        for each in call.secrets:
            self._redaction.learn(each.reveal())
        kind = call.content_type or (_FORM if call.form else _JSON)
        headers = self._headers.get((token, kind)) or self._write_headers(token, kind)
        line = f"{call.method} {self._path}{call.path} HTTP/1.1".encode("ascii")
        if call.body is None:
            return b"%b\r\n%b\r\n" % (line, headers)
        return b"%b\r\n%bContent-Length: %d\r\n\r\n%b" % (line, headers, len(call.body), call.body)

    def _write_headers(self, token: Secret | None, content_type: str) -> bytes:
        headers = {
            "Host": self._pool.host,
            "User-Agent": USER_AGENT,
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "Content-Type": content_type,
            "Version": self.version.value,
        }
        if token is not None:
            secret = token.reveal()
            if not (secret.isascii() and secret.isprintable()):
                # one line break in it, and its rest would be headers of somebody's choice
                raise ValueError("the token holds a character that no token has; copy it anew")
            self._redaction.learn(secret)
            headers["Authorization"] = f"Bearer {secret}"
        written = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("ascii")
        if content_type in (_FORM, _JSON):  # others have a boundary of their own
            self._headers[token, content_type] = written
        return written


def _grants_tokens(call: Call, status: int, body: bytes) -> bool:
    """Tell whether a reply may hand out the very tokens that would be taken out of any other."""
    return call.form and 200 <= status < 300 and body.lstrip().startswith(b"{")


def distrusted(base_url: str, reason: str) -> CertificateError:
    return CertificateError(distrust(base_url, reason), reason=reason)


def distrust(base_url: str, reason: str) -> str:
    """Say that a server does not prove who it is, in the same words wherever it is met."""
    return (
        f"{base_url} is sent nothing: {reason}. Something in between may answer in its place (a company's proxy, "
        "a hotel's sign-in page), or this machine's clock or list of authorities is out of date. Check the network "
        "and HIGHLEVEL_BASE_URL; the certificate of a proxy that you trust goes into SSL_CERT_FILE."
    )


def _port_is_right(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:
        return False


def check_base_url(base_url: str) -> str:
    """Accept https anywhere and plain http on loopback only, so that no token travels in the clear."""
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not _port_is_right(parts):
        raise SettingsError(f"{base_url!r} is no web address. HIGHLEVEL_BASE_URL starts with https://.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise SettingsError("The base URL may hold a host, a port and a path, nothing else.")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise SettingsError(
            f"Plain http would send the token to {parts.hostname} unprotected. Use https:// "
            "(http is for loopback only)."
        )
    return base_url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine, without asking a name server."""
    if host.lower() == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def find_proxy(base_url: str) -> str | None:
    """Find the proxy that the environment names for the base URL, once. Raises SettingsError for one of another kind than HTTP.

    aiohttp's own ``trust_env`` asks in a thread for each request, and would take a netrc entry for the token.
    """
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if is_loopback(host) or urllib.request.proxy_bypass(host):
        return None
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy is None:
        return None
    kind, separator, _ = proxy.partition("://")
    if separator and kind.lower() not in {"http", "https"}:
        # aiohttp would speak HTTP to it, and every connection would end in a riddle
        raise SettingsError(
            f"The proxy that the environment names is one of {kind}, and only HTTP proxies are spoken to. Name one "
            "that begins with http:// in HTTPS_PROXY, or leave HighLevel's host out of it by NO_PROXY."
        )
    return proxy if separator else f"http://{proxy}"


def _inflate(body: bytes, packing: str) -> bytes:
    match packing.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip" | "deflate":
            unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
            content = unpacker.decompress(body, REPLY_LIMIT)
            if unpacker.unconsumed_tail:
                raise TooLargeError
            if not unpacker.eof:
                raise ValueError("the packed body is cut short")
            return content
        case other:
            raise ValueError(f"the body is packed with {other}, which was not asked for")
