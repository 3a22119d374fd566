"""One timer for all exchanges under way: a timer for each costs more than an eighth of the whole exchange."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

Result = TypeVar("Result")


class Watchdog:
    """Cuts off what takes too long, to within a quarter of its time or a second."""

    def __init__(self, limit_seconds: float) -> None:
        self._limit = limit_seconds
        self._step = min(1.0, limit_seconds / 4)
        self._due: dict[asyncio.Task[Any], float] = {}
        self._overdue: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def watch(self, exchange: Awaitable[Result]) -> Result:
        """Wait for an exchange; raises TimeoutError when it was cut off."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  (a coroutine runs in one)
        loop = asyncio.get_running_loop()
        if self._timer is None:
            self._timer = loop.call_later(self._step, self._look)
        self._due[task] = loop.time() + self._limit
        try:
            result = await exchange
        except asyncio.CancelledError:
            if task not in self._overdue:
                raise
            self._overdue.discard(task)
            if task.uncancel() > 0:  # somebody else cancelled too
                raise
            raise TimeoutError from None
        finally:
            del self._due[task]
        if task in self._overdue:
            await self._swallow(task)
        return result

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for task, due in self._due.items():
            if due > now:
                break  # they are in order of their time
            if task not in self._overdue:
                self._overdue.add(task)
                task.cancel()
        self._timer = loop.call_later(self._step, self._look) if self._due else None

    async def _swallow(self, task: asyncio.Task[Any]) -> None:
        """Take the cancellation that was on its way when the exchange ended after all: it must hit nothing else."""
        self._overdue.discard(task)
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            if task.uncancel() > 0:
                raise
