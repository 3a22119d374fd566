"""Time that passes only when nothing else is left to do, so that hours of pacing are tried in seconds."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

Result = TypeVar("Result")

EPOCH: Final = 1_790_000_000.0


class _Leap(selectors.DefaultSelector):
    """Waits for no timer: it moves the clock instead."""

    def __init__(self) -> None:
        super().__init__()
        self.elapsed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        self.elapsed += 1e-7  # a turn of a real loop takes time too; AsyncLimiter relies on it
        if not ready and timeout is not None and timeout > 0:
            self.elapsed += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._leap = _Leap()
        super().__init__(self._leap)

    def time(self) -> float:
        return self._leap.elapsed

    def stand_still(self, seconds: float) -> None:
        self._leap.elapsed += seconds


class VirtualClock:
    """The importer's clock, on the loop's virtual time."""

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    def now(self) -> float:
        return EPOCH + asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def run_virtually(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


def stand_still(seconds: float) -> None:
    """Keep the virtual loop from all of its work for so long, as a process does that gets no processor."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    loop.stand_still(seconds)
