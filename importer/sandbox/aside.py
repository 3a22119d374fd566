"""A sandbox in a thread of its own, for callers that have no event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from importer.sandbox.server import Sandbox
from importer.sandbox.settings import SandboxSettings
from importer.sandbox.times import Clock


@contextmanager
def sandbox_aside(
    settings: SandboxSettings | None = None, *, clock: Clock | None = None
) -> Iterator[Sandbox]:
    """Run a sandbox beside the calling thread, for as long as the block lasts.

    Its methods may be called from outside: each is one look or one change, and the loop's thread does the rest.
    """
    sandbox = Sandbox(settings, clock=clock)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="sandbox", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(sandbox.start(), loop).result()
        yield sandbox
    finally:
        asyncio.run_coroutine_threadsafe(sandbox.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
