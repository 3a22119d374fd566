"""How a process that works by itself is, for whoever looks from outside: three pages, on loopback unless told otherwise."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

from importer.errors import SettingsError
from importer.records import Json

if TYPE_CHECKING:
    from aiohttp import web

LOOPBACK: Final = "127.0.0.1"
_LOCAL_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})

Sample: TypeAlias = tuple[str, str, float]
"""A metric's name, its labels as Prometheus writes them, and its value."""


def prometheus_text(kinds: Mapping[str, tuple[str, str]], samples: Iterable[Sample], *, prefix: str) -> str:
    """Write metrics in Prometheus' text format; ``kinds``: of each metric its type and what it means."""
    found = list(samples)
    lines: list[str] = []
    for name, (kind, meaning) in kinds.items():
        shown = prefix + name
        lines += [f"# HELP {shown} {meaning}", f"# TYPE {shown} {kind}"]
        lines += [f"{shown}{labels} {value:.15g}" for sample, labels, value in found if sample == name]
    return "\n".join(lines) + "\n"


@asynccontextmanager
async def health_pages(
    *,
    status: Callable[[], dict[str, Json]],
    metrics: Callable[[], str],
    host: str = LOOPBACK,
    port: int,
) -> AsyncIterator[int]:
    """Answer /health, /status and /metrics while the block runs; gives the port. Raises SettingsError when it is taken."""
    from aiohttp import web

    runner = web.AppRunner(
        _application(status, metrics, names=_LOCAL_NAMES if host in _LOCAL_NAMES else None),
        access_log=None,
        handle_signals=False,
        shutdown_timeout=1.0,
    )
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as cause:
            raise SettingsError(
                f"The health endpoint cannot listen on {host}:{port}: {cause.strerror}. Give another one with --health."
            ) from None
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _application(
    status: Callable[[], dict[str, Json]], metrics: Callable[[], str], *, names: frozenset[str] | None
) -> web.Application:
    """Make the three pages; ``names``: who asks must call us by one of these, where only this machine shall ask."""
    from aiohttp import web

    @web.middleware
    async def called_by_name(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        # A web page can have its own name point at this machine, and its scripts then read what we answer.
        name = re.sub(r":\d+$", "", request.headers.get("Host", "")).lower()
        if names is not None and name not in names:
            raise web.HTTPForbidden(text="Ask for localhost or 127.0.0.1, or give --health another host.\n")
        return await handler(request)

    async def health(_: web.Request) -> web.Response:
        # Alive is alive: what fails is told by metrics, and a restart would not mend it.
        return web.json_response({"status": "ok"})

    async def jobs(_: web.Request) -> web.Response:
        return web.json_response(status())

    async def numbers(_: web.Request) -> web.Response:
        kind = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        return web.Response(body=metrics().encode(), headers=kind)

    application = web.Application(middlewares=[called_by_name])
    application.router.add_get("/health", health)
    application.router.add_get("/status", jobs)
    application.router.add_get("/metrics", numbers)
    return application
