"""One exchange over a kept connection: the bytes of a request out, a reply in. It knows neither tokens nor meanings.

This is aiohttp one floor below ``ClientSession``: its connector opens, secures and tunnels connections, its parser
reads replies. What a session adds for each request (cookies, redirects, middleware, timers, header
dictionaries, a task that writes) is not used here and costs twice the exchange itself: about 80 us of CPU against
25 (benchmarks/sending.py). The floor below is less of a promise, hence the upper bound in pyproject.toml.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import field
from functools import partial
from http import HTTPStatus
from time import monotonic
from typing import Final

from yarl import URL

from importer.records import value_type
from importer.runtime.certificates import certificates_left_unread, owe_certificates, trusting_context

with certificates_left_unread():
    import aiohttp
    from aiohttp import connector
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection
    from aiohttp.http import HttpProcessingError
    from aiohttp.streams import StreamReader
owe_certificates(connector)

_KEEP_SECONDS: Final = 30.0
_A_TURN: Final = 128
"""So many requests leave in one turn of the loop: as many replies may come in one, and what a thousand of them bring about
takes a quarter of a second, in which no timer runs."""
_STALE_SECONDS: Final = 5.0
"""A request that has not left by then does not: where the machine stood still, others may have gone on in its place."""
_UNHEARD_MILLISECONDS: Final = 8_000
"""So long the system tries to bring a request over, where it can be told. A machine that is cut off would else deliver it whenever
the way is back, and overwrite what another one sent in its place: no sooner than ten seconds later, see the state in Postgres."""
_OUT_OF_FILES: Final = frozenset({errno.EMFILE, errno.ENFILE})
_NO_WAY: Final = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN})
_NAMES_SECONDS: Final = 300
_LEAST_TROUBLE: Final = int(HTTPStatus.INTERNAL_SERVER_ERROR)
_UNASKED: Final = int(HTTPStatus.REQUEST_TIMEOUT)
"""Plain numbers: each reply is compared with them, and a member of an enumeration takes ten times as long."""
REPLY_LIMIT: Final = 8 << 20
"""The largest reply that is read, packed or not: the fullest page of a listing stays far below."""


class UnreachedError(Exception):
    """No connection: nothing of the request has left. Its cause says why."""


class _StoodStillError(Exception):
    """It was to leave some time ago."""


class TooLargeError(ValueError):
    """A reply beyond ``REPLY_LIMIT``; the rest of it is not read."""


EXCHANGE_FAILURES: Final = (
    UnreachedError,
    aiohttp.ClientError,
    HttpProcessingError,
    TimeoutError,
    OSError,
    ValueError,
    zlib.error,
)
"""All that an exchange and the reading of its reply can end with, but for cancellation."""


@value_type(frozen=True, slots=True, kw_only=True)
class Exchanged:
    """A reply as it came, and how to part with the connection that brought it."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    discard: Callable[[], None] = field(repr=False)


class _Line:
    """One connection, with what is asked of it for each exchange at hand."""

    __slots__ = ("connection", "content", "idle_since", "protocol", "transport")

    def __init__(
        self, connection: Connection, protocol: ResponseHandler, transport: asyncio.Transport
    ) -> None:
        self.connection = connection
        self.protocol = protocol
        self.transport = transport
        self.content: StreamReader | None = None
        self.idle_since = 0.0
        # The parser reads reply after reply; a session makes a new one for each.
        protocol.set_response_params(read_until_eof=True, auto_decompress=False)

    def serves(self, since: float) -> bool:
        """Tell whether the next request may go over it: it is open, young, and has nothing unread.

        Servers and gateways say 408 to an idle connection, unasked: that is no reply to what comes next.
        """
        return self.idle_since >= since and not self.protocol.should_close and not self.transport.is_closing()

    def fail(self, failure: Exception) -> None:
        """Let whoever waits for the reply wait no longer."""
        self.protocol.set_exception(failure)
        if self.content is not None:
            self.content.set_exception(failure)


class ConnectionPool:
    """Connections to one server, kept for the next exchange; usable between ``open`` and ``close``, by each who opened it.

    ``connect_seconds`` is all the time that a connection may take to be made, ``reply_seconds`` what a reply may
    take after that, to within a quarter of it or a second: one timer serves all exchanges.
    """

    def __init__(
        self,
        base_url: str,
        *,
        proxy: str | None,
        connect_seconds: float,
        reply_seconds: float,
        stale_seconds: float = _STALE_SECONDS,
        keep_seconds: float = _KEEP_SECONDS,
    ) -> None:
        self._url = URL(base_url)
        self._proxy = None if proxy is None else URL(proxy)
        self._limits = aiohttp.ClientTimeout(total=None, connect=connect_seconds)
        self._reply_seconds = reply_seconds
        self._look_seconds = min(1.0, reply_seconds / 4)
        self._waiting: dict[_Line, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._idle: list[_Line] = []
        self._returned = asyncio.Event()
        self._outbox: deque[tuple[_Line, bytes, float]] = deque()
        self._stale_seconds = stale_seconds
        self._keep_seconds = keep_seconds
        self._users = 0
        self._connector: aiohttp.TCPConnector | None = None
        self._server: aiohttp.ClientRequest | None = None

    @property
    def host(self) -> str:
        """What the Host header says."""
        return self._url.host_port_subcomponent or ""

    async def open(self) -> None:
        self._users += 1
        if self._users > 1:
            return
        loop = asyncio.get_running_loop()
        trust = trusting_context() if self._url.scheme == "https" else True
        self._connector = aiohttp.TCPConnector(limit=0, ttl_dns_cache=_NAMES_SECONDS, ssl=trust)
        # The connector wants a request to tell where to: this one is never sent.
        self._server = aiohttp.ClientRequest("GET", self._url, loop=loop, proxy=self._proxy)

    async def close(self) -> None:
        """Close the connections, once nobody uses them any more."""
        self._users -= 1
        if self._users:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for line in self._idle:
            line.connection.release()  # back to the connector, which waits until all are closed
        self._idle.clear()
        connector, self._connector = self._connector, None  # it may be opened anew while that one is closed
        if connector is not None:
            await connector.close()

    async def exchange(self, request: bytes) -> Exchanged:
        """Send the bytes of one request and wait for the reply; raises one of ``EXCHANGE_FAILURES``."""
        # nearly always one is idle, and nothing has to be waited for
        line = self._take_idle() or await self._obtain_in_time()
        protocol = line.protocol
        self._waiting[line] = since = monotonic()
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._look_seconds, self._look)
        try:
            self._post(line, request, since)
            message, content = await protocol.read()
            while 100 <= (status := message.code) < 200 and status != 101:  # interim: the reply is to come
                message, content = await protocol.read()
            body = content.read_nowait(-1) if content.is_eof() else await self._read_on(line, content)
        except BaseException:
            line.connection.close()
            raise
        finally:
            del self._waiting[line]
            self._returned.set()
        if protocol.should_close or _may_be_unasked(status):
            line.connection.close()
        else:
            self._keep(line)
        return Exchanged(
            status=status, headers=message.headers, body=body, discard=partial(self._discard, line)
        )

    def _discard(self, line: _Line) -> None:
        if line in self._idle:
            self._idle.remove(line)
        line.connection.close()

    def _keep(self, line: _Line) -> None:
        line.idle_since = monotonic()
        self._idle.append(line)

    def _post(self, line: _Line, request: bytes, now: float) -> None:
        """Send with what else this turn of the loop sends: each write by itself wakes whoever waits for it."""
        self._outbox.append((line, request, now))
        if len(self._outbox) == 1:
            asyncio.get_running_loop().call_soon(self._send_off)

    def _send_off(self) -> None:
        for _ in range(min(_A_TURN, len(self._outbox))):
            line, request, posted_at = self._outbox.popleft()
            if self._is_late(posted_at):
                line.fail(_not_sent())
            elif (
                not line.transport.is_closing()
            ):  # whoever waits for its reply is told by the connection itself
                line.transport.write(request)
        if self._outbox:
            asyncio.get_running_loop().call_soon(self._send_off)

    def _is_late(self, since: float) -> bool:
        return monotonic() - since > self._stale_seconds

    @staticmethod
    async def _read_on(line: _Line, content: StreamReader) -> bytes:
        line.content = content
        try:
            return await _read_bounded(content)
        finally:
            line.content = None

    def _look(self) -> None:
        """Fail the exchanges that have waited too long, and close what a rush left idle; both stand in the order of their times."""
        now = monotonic()
        begun = now - self._reply_seconds
        for line, since in self._waiting.items():
            if since > begun:
                break
            line.fail(TimeoutError())
        while self._idle and not self._idle[0].serves(now - self._keep_seconds):
            self._idle.pop(0).connection.close()
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._look_seconds, self._look) if self._waiting else None

    async def _obtain_in_time(self) -> _Line:
        begun = monotonic()
        line = await self._obtain()
        if self._is_late(begun):
            self._keep(line)  # for the next attempt
            raise _not_sent()
        return line

    async def _obtain(self) -> _Line:
        """Take an idle connection or make one; where the machine allows no more, wait for one that is in use."""
        while True:
            line = self._take_idle()
            if line is not None:
                return line
            try:
                return await self._connect()
            except UnreachedError as failure:
                if not (self._waiting and is_out_of_files(failure)):
                    raise
            self._returned.clear()
            await self._returned.wait()

    def _take_idle(self) -> _Line | None:
        """Take the connection that was used last, so that those of a rush are left to grow old."""
        while self._idle:
            line = self._idle.pop()
            if line.serves(monotonic() - self._keep_seconds):
                return line
            line.connection.close()
        return None

    async def _connect(self) -> _Line:
        if self._connector is None or self._server is None:
            raise RuntimeError("The pool is used before it is open.")
        try:
            connection = await self._connector.connect(self._server, traces=[], timeout=self._limits)
        except (aiohttp.ClientError, HttpProcessingError, TimeoutError, OSError) as cause:
            raise UnreachedError from cause
        protocol, transport = connection.protocol, connection.transport
        if protocol is None or transport is None or transport.is_closing():
            connection.close()
            raise UnreachedError from aiohttp.ServerDisconnectedError()
        _give_up_what_is_unheard(transport)
        return _Line(connection, protocol, transport)


class ConnectionPools:
    """The pools of a process: those who send to the same server by the same way share one."""

    def __init__(self) -> None:
        self._pools: dict[tuple[str, str | None, float, float], ConnectionPool] = {}

    def pool(
        self, base_url: str, *, proxy: str | None, connect_seconds: float, reply_seconds: float
    ) -> ConnectionPool:
        key = (base_url, proxy, connect_seconds, reply_seconds)
        if key not in self._pools:
            self._pools[key] = ConnectionPool(
                base_url, proxy=proxy, connect_seconds=connect_seconds, reply_seconds=reply_seconds
            )
        return self._pools[key]


def _give_up_what_is_unheard(transport: asyncio.Transport) -> None:
    end = transport.get_extra_info("socket")
    if end is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
        with contextlib.suppress(OSError):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNHEARD_MILLISECONDS)


def _not_sent() -> UnreachedError:
    failure = UnreachedError()
    failure.__cause__ = _StoodStillError()
    return failure


async def _read_bounded(content: StreamReader) -> bytes:
    read = bytearray()
    async for part in content.iter_any():
        read += part
        if len(read) > REPLY_LIMIT:
            raise TooLargeError
    return bytes(read)


def _may_be_unasked(status: int) -> bool:
    """Tell whether servers and gateways say this by themselves: the reply to our request would follow, to the next one."""
    return status == _UNASKED or status >= _LEAST_TROUBLE


def describe(failure: BaseException) -> str:
    """Say what happened without quoting anything that could hold a token or a person's data."""
    if isinstance(failure, UnreachedError) and failure.__cause__ is not None:
        return _describe_unreached(failure.__cause__)
    match failure:
        case TimeoutError():
            return "no reply in time"
        case aiohttp.ServerDisconnectedError() | ConnectionError() | aiohttp.ClientOSError():
            return "the connection was cut before the reply"
        case TooLargeError():
            return f"the reply was larger than {REPLY_LIMIT >> 20} MB"
        case aiohttp.ClientPayloadError() | ValueError() | zlib.error():
            return "the reply was cut short or damaged"
        case _:
            return f"the exchange failed ({type(failure).__name__})"


def _describe_unreached(cause: BaseException) -> str:  # noqa: PLR0911  (likewise)
    match cause:
        case aiohttp.ClientConnectorCertificateError():
            why = getattr(cause.certificate_error, "verify_message", "").rstrip(".")
            return f"the server's certificate is not trusted{f' ({why})' if why else ''}"
        case aiohttp.ClientProxyConnectionError():
            return "the proxy that HTTPS_PROXY names is not to be reached"
        case aiohttp.ClientConnectorDNSError():
            return f"no server of the name {cause.host} was found"  # the proxy's, where one is used
        case aiohttp.ClientSSLError():
            return "no secure connection"
        case aiohttp.ClientHttpProxyError():
            return f"the proxy refused ({cause.status})"
        case aiohttp.ClientConnectorError() if cause.os_error.errno in _OUT_OF_FILES:
            return "no connection: this process may open no more files (see `ulimit -n`)"
        case aiohttp.ClientConnectorError():
            return f"no connection ({_why(cause.os_error)})"
        case TimeoutError():
            return "no connection in time"
        case _StoodStillError():
            return "not sent, since this machine stood still"
        case _:
            return f"no connection ({type(cause).__name__})"


def _why(cause: OSError) -> str:
    """Say it as the system does: what asyncio makes of it names sockets, and is of no use to whoever waits."""
    if isinstance(cause, ConnectionRefusedError):
        return "nothing answers at its address"
    if cause.errno in _NO_WAY:
        return "there is no way to it; is this computer connected?"
    return os.strerror(cause.errno) if cause.errno else type(cause).__name__


def is_out_of_files(failure: BaseException) -> bool:
    """Tell whether it was this machine that allowed no further connection."""
    cause = failure.__cause__
    return isinstance(cause, aiohttp.ClientConnectorError) and cause.os_error.errno in _OUT_OF_FILES


def is_certificate_trouble(failure: BaseException) -> bool:
    """Tell whether somebody answered who cannot prove to be the server: trying again at once will not mend that.

    Other failures of the secure connection may pass: a gateway that restarts cuts the handshake short.
    """
    return isinstance(failure.__cause__, aiohttp.ClientConnectorCertificateError)
