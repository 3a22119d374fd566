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
from urllib.parse import SplitResult, urlsplit

import aiohttp
from yarl import URL

from importer import __version__
from importer.clock import Clock, SystemClock
from importer.errors import SettingsError
from importer.highlevel.calls import Call
from importer.highlevel.versions import ApiVersion
from importer.highlevel.watchdog import Watchdog
from importer.settings import Secret

USER_AGENT: Final = f"highlevel-importer/{__version__} (Python {platform.python_version()}; aiohttp)"
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
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
    """aiohttp for a whole run: keep-alive, proxy of the environment, gzip, timeouts; one session for each token.

    Tuned for many small requests (figures from benchmarks/sending.py): headers are prepared on the session, cookies
    are not kept, replies are inflated only when they are packed, one timer covers an exchange, and a body that came
    with its head is read without waiting. All sessions share one pool of connections.
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
        self._proxy = find_proxy(self.base_url)
        self._watchdog = Watchdog(self._timeouts.total)
        self._connector: aiohttp.TCPConnector | None = None
        self._sessions: dict[Secret | None, aiohttp.ClientSession] = {}
        self._last_token: Secret | None = None
        self._last_session: aiohttp.ClientSession | None = None
        self._urls: dict[str, URL] = {}

    async def __aenter__(self) -> Self:
        self._connector = aiohttp.TCPConnector(limit=0, ttl_dns_cache=300, keepalive_timeout=30)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._watchdog.close()
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()
        self._last_session = None
        if self._connector is not None:
            await self._connector.close()

    async def request(self, call: Call, token: Secret | None) -> Answer:
        """Send a call; raises nothing but cancellation."""
        if token is self._last_token and self._last_session is not None:
            session = self._last_session  # mostly one token serves all, and hashing it costs more
        else:
            session = self._last_session = self._sessions.get(token) or self._open_session(token)
            self._last_token = token
        sent_at = self._clock.monotonic()
        try:
            response, body = await self._watchdog.watch(self._exchange(session, call, token))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, zlib.error) as cause:
            return self._lose(cause, sent_at)
        return Reply(
            status=response.status,
            headers=response.headers,
            body=body,
            sent_at=sent_at,
            received_at=self._clock.monotonic(),
        )

    async def _exchange(
        self, session: aiohttp.ClientSession, call: Call, token: Secret | None
    ) -> tuple[aiohttp.ClientResponse, bytes]:
        headers = _FORM if call.form else None
        if self._proxy is not None and token is not None:
            # aiohttp tells a session's headers to the proxy too, the token as Proxy-Authorization
            headers = {**(headers or {}), **_authorization(token)}
        response = await session.request(
            call.method,
            self._urls.get(call.path) or self._url(call.path),
            data=call.body,
            headers=headers,
            allow_redirects=False,
        )
        return response, await _read(response)

    def _open_session(self, token: Secret | None) -> aiohttp.ClientSession:
        if self._connector is None:
            raise RuntimeError("The client is used outside its context.")
        headers = {
            "User-Agent": USER_AGENT,
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "Content-Type": "application/json",
            "Version": self.version.value,
        }
        if token is not None and self._proxy is None:
            headers |= _authorization(token)
        session = self._sessions[token] = aiohttp.ClientSession(
            connector=self._connector,
            connector_owner=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._timeouts.connect),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            proxy=self._proxy,
            headers=headers,
        )
        return session

    def _lose(self, cause: BaseException, sent_at: float) -> Lost:
        return Lost(
            reason=_describe(cause),
            sent=not _never_sent(cause),
            sent_at=sent_at,
            received_at=self._clock.monotonic(),
            timed_out=isinstance(cause, TimeoutError),
            certificate=isinstance(cause, aiohttp.ClientSSLError | ssl.SSLError),
        )

    def _url(self, path: str) -> URL:
        url = URL(self.base_url + path, encoded=True)
        if path.count("/") == 2:  # the paths that all rows share; those that name a contact are used once
            self._urls[path] = url
        return url


def _authorization(token: Secret) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.reveal()}"}


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Read the body; it is mostly here already, and then nothing has to be waited for."""
    try:
        content = response.content
        body = content.read_nowait(-1) if content.is_eof() else await response.read()
    except BaseException:
        response.close()
        raise
    packing = response.headers.get("Content-Encoding")
    return body if packing is None else _inflate(body, packing)


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
