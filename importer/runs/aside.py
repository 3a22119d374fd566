"""What waits for the state is done in threads, so that the loop goes on: a worker begins and ends hundreds of parts at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from typing import ParamSpec, TypeVar

from importer.state.journal import Journal

P = ParamSpec("P")
T = TypeVar("T")


@asynccontextmanager
async def aside(context: AbstractContextManager[T]) -> AsyncIterator[T]:
    """Enter a context in a thread, and leave it in one, with what ended the block."""
    entered = await asyncio.to_thread(context.__enter__)
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
