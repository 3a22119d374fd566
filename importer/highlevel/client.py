"""The one door to the network: sends a call, brings back a reply or says that it is lost. It knows no meanings."""

from __future__ import annotations

import asyncio
import platform
import ssl
import urllib.request
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from types import TracebackType
from typing import Final, Protocol, Self, TypeAlias
from urllib.parse import urlsplit

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from importer import __version__
from importer.clock import Clock, SystemClock
from importer.errors import SettingsError
from importer.highlevel.calls import Call
from importer.highlevel.versions import ApiVersion
from importer.settings import Secret

USER_AGENT: Final = f"highlevel-importer/{__version__} (Python {platform.python_version()}; aiohttp)"
_INFLATED_LIMIT: Final = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long a request may take, in seconds; ``total`` covers the reply's body too."""

    connect: float = 10.0
    total: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back, as it came back; the two moments are of the monotonic clock."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    sent_at: float
    received_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """No reply. ``sent`` is False only where the request cannot have reached the vendor."""

    reason: str
    sent: bool
    sent_at: float
    received_at: float
    timed_out: bool = False
    """It may still be under way, and be counted later than now."""
    certificate: bool = False


Answer: TypeAlias = Reply | Lost


class Door(Protocol):
    """What those who send need of a client; the one seam for everything on the network."""

    @property
    def base_url(self) -> str: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    async def request(self, call: Call, token: Secret | None) -> Answer: ...


class Client:
    """One aiohttp session for a whole run: keep-alive, proxy of the environment, gzip, timeouts.

    Tuned for many small requests: headers are prepared once per token, cookies are not kept, replies are
    inflated only when they are packed (figures in benchmarks/sending.py).
    """

    def __init__(
        self,
        base_url: str,
        *,
        clock: Clock | None = None,
        timeouts: Timeouts | None = None,
        version: ApiVersion = ApiVersion.V2021_07_28,
    ) -> None:
        self.base_url = check_base_url(base_url)
        self.version = version
        self._clock = clock or SystemClock()
        self._timeouts = timeouts or Timeouts()
        self._session: aiohttp.ClientSession | None = None
        self._headers: dict[Secret | None, CIMultiDict[str]] = {}
        self._urls: dict[str, URL] = {}

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=300, keepalive_timeout=30),
            timeout=aiohttp.ClientTimeout(
                total=self._timeouts.total,
                connect=self._timeouts.connect,
                sock_connect=self._timeouts.connect,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            proxy=find_proxy(self.base_url),
            headers={"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "gzip"},
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def request(self, call: Call, token: Secret | None) -> Answer:
        """Send a call; raises nothing but cancellation."""
        if self._session is None:
            raise RuntimeError("The client is used outside its context.")
        sent_at = self._clock.monotonic()
        try:
            async with self._session.request(
                call.method,
                self._urls.get(call.path) or self._url(call.path),
                data=call.body,
                headers=_form_headers(token) if call.form else self._headers_of(token),
                allow_redirects=False,
            ) as response:
                body = await response.read()
                packing = response.headers.get("Content-Encoding")
                if packing is not None:
                    body = _inflate(body, packing)
                return Reply(
                    status=response.status,
                    headers=response.headers,
                    body=body,
                    sent_at=sent_at,
                    received_at=self._clock.monotonic(),
                )
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, zlib.error) as cause:
            return Lost(
                reason=_describe(cause),
                sent=not _never_sent(cause),
                sent_at=sent_at,
                received_at=self._clock.monotonic(),
                timed_out=isinstance(cause, TimeoutError),
                certificate=isinstance(cause, aiohttp.ClientSSLError | ssl.SSLError),
            )

    def forget(self, token: Secret) -> None:
        """Drop what was prepared for a token that is no longer used."""
        self._headers.pop(token, None)

    def _headers_of(self, token: Secret | None) -> CIMultiDict[str]:
        headers = self._headers.get(token)
        if headers is None:
            headers = CIMultiDict({"Version": self.version.value, "Content-Type": "application/json"})
            if token is not None:
                headers["Authorization"] = f"Bearer {token.reveal()}"
            self._headers[token] = headers
        return headers

    def _url(self, path: str) -> URL:
        url = URL(self.base_url + path, encoded=True)
        if path.count("/") == 2:  # the paths that all rows share; those that name a contact are used once
            self._urls[path] = url
        return url


def check_base_url(base_url: str) -> str:
    """Accept https anywhere and plain http on loopback only, so that no token travels in the clear."""
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
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
    """Find the proxy that the environment names for the base URL, once.

    aiohttp's own ``trust_env`` asks in a thread for each request, and would take a netrc entry for the token.
    """
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if is_loopback(host) or urllib.request.proxy_bypass(host):
        return None
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy is None or "://" in proxy:
        return proxy
    return f"http://{proxy}"


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    """Choose the event loop: uvloop where it is installed (extra ``speed``)."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


def _form_headers(token: Secret | None) -> dict[str, str]:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if token is not None:
        headers |= {"Authorization": f"Bearer {token.reveal()}", "Version": ApiVersion.V2021_07_28.value}
    return headers


def _inflate(body: bytes, packing: str) -> bytes:
    match packing.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip" | "deflate":
            unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
            content = unpacker.decompress(body, _INFLATED_LIMIT)
            if not unpacker.eof:
                raise ValueError("the packed body is cut short or too large")
            return content
        case other:
            raise ValueError(f"the body is packed with {other}, which was not asked for")


def _never_sent(cause: BaseException) -> bool:
    """Tell whether the failure came before the request could leave: no connection, so nothing was sent."""
    return isinstance(
        cause,
        aiohttp.ClientConnectorError
        | aiohttp.ConnectionTimeoutError
        | aiohttp.ClientHttpProxyError
        | aiohttp.InvalidURL,
    )


def _describe(cause: BaseException) -> str:  # noqa: PLR0911  (one sentence for each failure)
    """Say what happened without quoting anything that could hold a token or a person's data."""
    match cause:
        case aiohttp.ClientConnectorCertificateError():
            return "the server's certificate is not trusted"
        case aiohttp.ClientConnectorDNSError():
            return "the server's name was not found"
        case aiohttp.ClientSSLError():
            return "no secure connection"
        case aiohttp.ClientHttpProxyError():
            return f"the proxy refused ({cause.status})"
        case aiohttp.ClientConnectorError():
            return f"no connection ({cause.os_error.strerror or type(cause.os_error).__name__})"
        case aiohttp.ConnectionTimeoutError():
            return "no connection in time"
        case TimeoutError():
            return "no reply in time"
        case aiohttp.ServerDisconnectedError() | ConnectionResetError() | aiohttp.ClientOSError():
            return "the connection was cut before the reply"
        case aiohttp.ClientPayloadError() | ValueError() | zlib.error():
            return "the reply was cut short or damaged"
        case _:
            return f"the exchange failed ({type(cause).__name__})"
