"""Several things taken back at once, over one block of a run's rows."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Final, TypeVar

_Thing = TypeVar("_Thing")

_AT_ONCE: Final = 60
"""As many under way as keep up with the quota where a reply takes some seconds."""
_LANDING_SECONDS: Final = 6.0


async def each_at_once(things: Iterable[_Thing], act: Callable[[_Thing], Awaitable[None]]) -> None:
    """Act upon each; where one ends the undo, let the calls in the air land, not for ever."""
    waiting = deque(things)

    async def work() -> None:
        while waiting:
            await act(waiting.popleft())

    await _together([work() for _ in range(min(_AT_ONCE, len(waiting)))])


async def _together(work: Iterable[Coroutine[None, None, None]]) -> None:
    tasks = [asyncio.ensure_future(each) for each in work]
    if not tasks:
        return
    try:
        _, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        if left:
            await asyncio.wait(left, timeout=_LANDING_SECONDS)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        if not task.cancelled():
            task.result()
