"""The screen's socket: listens on loopback alone, asks the guard, hands requests to the routes, ends itself when idle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from importer.errors import ImporterError, SettingsError
from importer.runtime.logs import logger_of
from importer.ui.drafts import ChangedElsewhereError
from importer.ui.guard import LOOPBACK, Admission, Refusal, RequestFacts, headers_of
from importer.ui.routes import answer, find_route, page_of_refusal
from importer.ui.screen import Screen
from importer.ui.surface import RefusedRequestError, ScreenReply, ScreenRequest

if TYPE_CHECKING:
    from aiohttp import web

logger = logger_of(__name__)

_BODY_LIMIT: Final = 64 * 1024
_CONNECTIONS: Final = 64
_CHUNK: Final = 256 * 1024
_SLOW_SECONDS: Final = 30.0
"""So long may a request's head and a small body take; an upload is as slow as its disk."""


@asynccontextmanager
async def serving(screen: Screen, *, port: int = 0) -> AsyncIterator[Admission]:
    """Answer on 127.0.0.1 while the block runs; gives who may come in. Raises SettingsError where the port is taken."""
    import socket

    from aiohttp import web

    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows lets a second program listen beside the first
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((LOOPBACK, port))
    except OSError as cause:
        listening.close()
        raise SettingsError(
            f"The screen cannot listen on {LOOPBACK}:{port}: {cause.strerror}. Name another port (--port), or none at all."
        ) from None
    admission = Admission(port=listening.getsockname()[1])
    screen.admission = admission
    runner = web.AppRunner(
        _application(screen, admission), access_log=None, handle_signals=False, shutdown_timeout=1.0
    )
    await runner.setup()
    try:
        await web.SockSite(runner, listening, backlog=_CONNECTIONS).start()
        yield admission
    finally:
        await runner.cleanup()
        listening.close()


def _application(screen: Screen, admission: Admission) -> web.Application:
    from aiohttp import web

    busy = asyncio.Semaphore(_CONNECTIONS)

    async def handle(request: web.Request) -> web.StreamResponse:
        facts = RequestFacts(
            method=request.method,
            path=request.path,
            host=request.headers.get("Host", ""),
            headers={name.lower(): value for name, value in request.headers.items()},
            cookies=dict(request.cookies),
        )
        if (refusal := admission.judge(facts)) is not None:
            return await _sent(request, _refused(screen, facts, refusal))
        if busy.locked():
            return await _sent(
                request, _refused(screen, facts, Refusal(503, "Too many requests at once. Try again."))
            )
        async with busy:
            return await _sent(request, await _answered(screen, request, facts))

    application = web.Application(client_max_size=_BODY_LIMIT)
    application.router.add_route("*", "/{tail:.*}", handle)
    return application


async def _answered(screen: Screen, request: web.Request, facts: RequestFacts) -> ScreenReply:
    screen.heard()
    found = find_route(facts.method, facts.path)
    if isinstance(found, Refusal):
        return _refused(screen, facts, found)
    route, named = found
    try:
        asked = ScreenRequest(
            method=facts.method,
            path=facts.path,
            named=named,
            query=dict(request.query),
            headers=facts.headers,
            body=b"" if route.streams else await _body(request),
            stream=request.content.iter_chunked(_CHUNK) if route.streams else None,
        )
        return await answer(screen, route, asked)
    except (asyncio.CancelledError, ConnectionError):
        raise
    except Exception as failure:  # noqa: BLE001  (whoever asked gets an answer, whatever went wrong)
        return _refused(screen, facts, _explained(screen, facts, failure))


async def _body(request: web.Request) -> bytes:
    from aiohttp import web

    try:
        async with asyncio.timeout(_SLOW_SECONDS):
            return await request.read()
    except TimeoutError:
        raise RefusedRequestError(408, "The request did not come to its end.") from None
    except web.HTTPRequestEntityTooLarge:
        raise RefusedRequestError(413, "The request is too large.") from None


def _explained(screen: Screen, facts: RequestFacts, failure: Exception) -> Refusal:
    match failure:
        case RefusedRequestError():
            return Refusal(failure.status, str(failure))
        case ChangedElsewhereError():
            return Refusal(409, str(failure))
        case ImporterError():
            return Refusal(422, str(failure))
        case OSError():
            return Refusal(507, screen.words("server.disk", why=failure.strerror or type(failure).__name__))
    logger.error("The screen could not answer %s %s.", facts.method, facts.path, exc_info=failure)
    return Refusal(500, screen.words("server.mistake"))


def _refused(screen: Screen, facts: RequestFacts, refusal: Refusal) -> ScreenReply:
    # Scripts and /enter are open to everybody: what refuses them must not hold what only our own pages may know.
    stranger = refusal.status == 421 or screen.admission is None or not screen.admission.knows(facts)
    return page_of_refusal(screen, refusal, as_data=facts.path.startswith("/api/"), stranger=stranger)


async def _sent(request: web.Request, reply: ScreenReply) -> web.StreamResponse:
    from aiohttp import web

    headers = {**headers_of(reply.kind), **reply.headers, "Content-Type": _typed(reply.content_type)}
    if request.content.at_eof() is False and reply.status >= 400:
        headers["Connection"] = "close"  # what is left of an upload that was refused is not read
    if reply.file is None:
        return web.Response(status=reply.status, body=reply.body, headers=headers)
    response: web.StreamResponse = web.FileResponse(reply.file, status=reply.status, headers=headers)
    return response


def _typed(content_type: str) -> str:
    textual = content_type.startswith("text/") or content_type == "application/json"
    return f"{content_type}; charset=utf-8" if textual and "charset" not in content_type else content_type


async def until_idle(screen: Screen, *, seconds: float, beat: float = 60.0) -> None:
    """Return once nobody asked anything for so long, and no run was under way meanwhile."""
    while True:
        if await asyncio.to_thread(screen.any_run_under_way):
            screen.heard()
        if (idle := screen.idle_seconds) >= seconds:
            return
        await screen.clock.sleep(min(beat, max(seconds - idle, 1.0)))


__all__ = ["serving", "until_idle"]
