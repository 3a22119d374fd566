"""The socket: requests come in as values, deliveries go out in their manner, however rude."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import field
from http import HTTPStatus
from typing import Final, TypeAlias

# `aiohttp.web` would bring applications, routes, files and websockets: a fortieth of a run of ten rows.
from aiohttp.web_exceptions import HTTPRequestEntityTooLarge
from aiohttp.web_request import BaseRequest
from aiohttp.web_response import Response, StreamResponse
from aiohttp.web_server import Server

from importer.sandbox.deliveries import Delivery, Manner
from importer.sandbox.nouns import noun
from importer.sandbox.times import Clock

_INSTANT_RESET: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
_BACKLOG: Final = 1024
_SECONDS_TO_END: Final = 0.2
_LARGEST_UPLOAD: Final = 64 * 1024 * 1024
_NO_QUERY: Final[Mapping[str, str]] = {}
_FILLING: Final = b" " * 65_536


@noun
class Arrival:
    """A request as it came."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    content_type: str
    body: bytes = field(repr=False)
    cut: Callable[[], None]
    """Resets the connection at once; what is delivered after it reaches nobody."""


Handler: TypeAlias = Callable[[Arrival], Awaitable[Delivery]]


class Listener:
    """Listens on one port, and gives every request to the handler."""

    def __init__(self, handler: Handler, clock: Clock, *, compresses: bool) -> None:
        self._handler = handler
        self._clock = clock
        self._compresses = compresses
        self._server: Server | None = None
        self._open: asyncio.Server | None = None
        self._strays: dict[asyncio.Transport, bytes] = {}
        self._under_way: set[asyncio.Task[object]] = set()

    async def start(self, host: str, port: int) -> int:
        """Listen, and tell on which port; raises OSError when it is taken."""
        server = Server(self._serve, access_log=None)
        self._open = await asyncio.get_running_loop().create_server(server, host, port, backlog=_BACKLOG)
        self._server = server
        bound: int = self._open.sockets[0].getsockname()[1]
        return bound

    async def hang_up(self) -> None:
        """Close the port and its connections."""
        if self._open is None or self._server is None:
            return
        self._open.close()
        await asyncio.sleep(0)  # what has come in by now is begun, and has its time to end
        self._server.pre_shutdown()
        await self._server.shutdown(_SECONDS_TO_END)
        self._open = self._server = None

    async def stop(self) -> None:
        """Hang up, and end what goes on for clients that are gone."""
        await self.hang_up()
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _serve(self, request: BaseRequest) -> StreamResponse:
        self._send_stray(request.transport)
        with self._remembered():
            delivery = await self._handler(await _arrival(request))
        response = await self._deliver(request, delivery)
        if delivery.stray and request.transport is not None:
            self._promise_stray(request.transport, delivery)
        return response

    @contextlib.contextmanager
    def _remembered(self) -> Iterator[None]:
        """Keep hold of the task, which outlives its connection where a client goes away."""
        task = asyncio.current_task()
        if task is None:
            yield
            return
        self._under_way.add(task)
        try:
            yield
        finally:
            self._under_way.discard(task)

    async def _deliver(self, request: BaseRequest, delivery: Delivery) -> StreamResponse:
        transport = request.transport
        if transport is None or transport.is_closing():
            return _Sent()
        match delivery.manner:
            case Manner.CUT:
                _cut(request)
            case Manner.HALF:
                return await _send_half(request, delivery)
            case Manner.ENDLESS | Manner.HUGE:
                return await _send_on(request, delivery)
            case Manner.WHOLE if delivery.status >= HTTPStatus.OK:
                return self._whole(delivery)
            case Manner.WHOLE | Manner.TWICE:
                transport.write(delivery.raw() * (2 if delivery.manner is Manner.TWICE else 1))
        return _Sent()

    def _whole(self, delivery: Delivery) -> Response:
        response = Response(body=delivery.body, status=delivery.status, headers=delivery.headers)
        if self._compresses:
            response.enable_compression()
        return response

    def _promise_stray(self, transport: asyncio.Transport, delivery: Delivery) -> None:
        if delivery.stray_seconds is None:
            self._strays[transport] = delivery.stray
            return
        task = asyncio.ensure_future(self._send_later(transport, delivery.stray, delivery.stray_seconds))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _send_later(self, transport: asyncio.Transport, stray: bytes, seconds: float) -> None:
        await self._clock.sleep(seconds)
        if not transport.is_closing():
            transport.write(stray)

    def _send_stray(self, transport: asyncio.Transport | None) -> None:
        if self._strays and transport is not None and (stray := self._strays.pop(transport, b"")):
            transport.write(stray)
            self._strays = {held: left for held, left in self._strays.items() if not held.is_closing()}


class _Sent(Response):
    """Stands for a reply that went out by other means, or never will."""

    async def prepare(self, request: BaseRequest) -> None:
        """Write no head."""

    async def write_eof(self, data: bytes = b"") -> None:
        """Write no end."""

    @property
    def keep_alive(self) -> bool:
        return True


async def _arrival(request: BaseRequest) -> Arrival:
    content_type = request.content_type
    upload = content_type == "multipart/form-data"
    return Arrival(
        method=request.method,
        path=request.path,
        query=request.query if request.query_string else _NO_QUERY,
        headers=request.headers,
        content_type=request.headers.get("Content-Type", "") if upload else content_type,
        body=await (_read_upload(request) if upload else request.read()),
        cut=lambda: _cut(request),
    )


async def _read_upload(request: BaseRequest) -> bytes:
    """Read a body that may be larger than a JSON one."""
    read = bytearray()
    async for part in request.content.iter_any():
        read += part
        if len(read) > _LARGEST_UPLOAD:
            raise HTTPRequestEntityTooLarge(max_size=_LARGEST_UPLOAD, actual_size=len(read))
    return bytes(read)


def _cut(request: BaseRequest) -> None:
    """Reset the connection, so that the client sees it at once and not as a polite end."""
    transport = request.transport
    if transport is not None:
        held = transport.get_extra_info("socket")
        if held is not None:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _INSTANT_RESET)
        transport.abort()


async def _send_half(request: BaseRequest, delivery: Delivery) -> StreamResponse:
    """Promise the whole body, send half of it, and hang up."""
    response = StreamResponse(status=delivery.status, headers=delivery.headers)
    response.content_length = len(delivery.body)
    await response.prepare(request)
    await response.write(delivery.body[: len(delivery.body) // 2])
    await asyncio.sleep(0)
    if request.transport is not None:
        request.transport.close()
    return response


async def _send_on(request: BaseRequest, delivery: Delivery) -> StreamResponse:
    """Send the body and blanks behind it, which JSON allows: to the promised size, or for as long as someone reads."""
    response = StreamResponse(status=delivery.status, headers=delivery.headers)
    left = delivery.size - len(delivery.body)
    if delivery.manner is Manner.HUGE:
        response.content_length = max(delivery.size, len(delivery.body))
    else:
        response.enable_chunked_encoding()
    with contextlib.suppress(ConnectionError):
        await response.prepare(request)
        await response.write(delivery.body)
        while delivery.manner is Manner.ENDLESS or left > 0:
            await response.write(_FILLING if delivery.manner is Manner.ENDLESS else _FILLING[:left])
            left -= len(_FILLING)
    return response
