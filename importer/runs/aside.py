"""What waits for the state is done in threads, so that the loop goes on: a worker begins and ends hundreds of parts at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from typing import ParamSpec, TypeVar

from importer.state.journal import Journal

P = ParamSpec("P")
T = TypeVar("T")


@asynccontextmanager
async def aside(context: AbstractContextManager[T]) -> AsyncIterator[T]:
    """Enter a context in a thread, and leave it in one, with what ended the block.

    Whoever is cancelled while the context is entered leaves it to the thread to leave it: a location's lock that is taken then
    would be held until the process ends.
    """
    deciding, entered_for_us, given_up = threading.Lock(), False, False

    def enter() -> T:
        nonlocal entered_for_us
        entered = context.__enter__()
        with deciding:
            entered_for_us = not given_up
        if not entered_for_us:
            context.__exit__(None, None, None)
        return entered

    try:
        entered = await asyncio.to_thread(enter)
    except asyncio.CancelledError:
        with deciding:
            given_up = True
        if entered_for_us:
            await asyncio.to_thread(context.__exit__, None, None, None)
        raise
    try:
        yield entered
    except BaseException as error:
        if not await asyncio.to_thread(context.__exit__, type(error), error, error.__traceback__):
            raise
    else:
        await asyncio.to_thread(context.__exit__, None, None, None)


async def ask_aside(journal: Journal, ask: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
    """Ask a journal something, or tell it something, in a thread where it is a server's.

    One in a file answers at once, and is for one thread at a time: the loop's, which writes what becomes of the rows.
    """
    if not journal.shared:
        return ask(*args, **more)
    return await asyncio.to_thread(ask, *args, **more)
