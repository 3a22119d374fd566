"""The sandbox's own seam for time, so that a test moves a window on instead of waiting for it."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """``now`` in seconds since the epoch, and ``sleep`` for latency and slow replies."""

    def now(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class WallClock:
    """The machine's clock, or one that is so many seconds ahead of it."""

    def __init__(self, ahead_seconds: float = 0.0) -> None:
        self._ahead = ahead_seconds

    def now(self) -> float:
        return time.time() + self._ahead

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class MovableClock:
    """A clock that stands still until it is moved; sleepers wake when their time has come."""

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self._now = start
        self._moved = asyncio.Event()

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds
        self._moved.set()
        self._moved = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        due = self._now + seconds
        while self._now < due:
            await self._moved.wait()
