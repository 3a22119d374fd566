"""The one seam for time: everything that waits or looks at a clock is handed one."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Seconds: ``monotonic`` for durations, ``now`` since the epoch, ``sleep`` to wait."""

    def monotonic(self) -> float: ...

    def now(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's own clocks."""

    # not by methods that call them: a row looks at the time some twenty times on its way
    monotonic = staticmethod(time.monotonic)
    now = staticmethod(time.time)

    async def sleep(self, seconds: float) -> None:
        import asyncio  # who only looks at the time does not pay for a loop's start

        await asyncio.sleep(seconds)
