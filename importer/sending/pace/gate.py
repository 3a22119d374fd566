"""The gate of a location: every request passes it, and it lets through what the quota allows.

``Slots`` guarantee that the vendor never has to refuse; ``AsyncLimiter`` smooths the pace inside them, so that a
hundred requests do not leave in one instant. A hold stops the whole location.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from aiolimiter import AsyncLimiter

from importer.errors import StopError
from importer.highlevel.quota import BURST, INTERVAL_SECONDS
from importer.runtime.clock import Clock
from importer.sending.pace.slots import Slots, Ticket

HASTE: Final = 5.0
"""The smoothed pace in quotas: a free burst goes out over a fifth of the interval."""
_AT_ONCE: Final = 0.05
"""The share of the quota that may leave in one instant."""


class Gate:
    """Paces one location. Learns the quota from replies, and holds when told to."""

    def __init__(
        self, *, clock: Clock, burst: int = BURST, interval_seconds: float = INTERVAL_SECONDS
    ) -> None:
        self._clock = clock
        self.slots = Slots(burst=burst, interval_seconds=interval_seconds)
        self._limiter = self._smooth()
        self._held_until = 0.0
        self._changed = asyncio.Event()
        self._closed = asyncio.Event()
        self._winding_up = asyncio.Event()
        # what begins a row may wait for long: it must not stand before what brings others to their end
        self._turnstiles = {True: asyncio.Lock(), False: asyncio.Lock()}
        self._stopped: StopError | None = None
        self._beginning_ends: StopError | None = None
        self._room_until: float | None = None
        self._narrow = False
        self.waiting = 0
        """Requests that stand before the gate: more workers would only make the queue longer."""

    async def enter(self, *, begins: bool = False, keep: Callable[[], int] = int) -> Ticket:
        """Wait for the right to send one request; raises the StopError that closed the gate.

        ``begins``: it begins a row, where all others bring rows to their end; ``keep`` tells how many slots are for those: after
        a first burst that leaves none, nothing that lands could be finished for an interval.
        """
        if not self.waiting and self._ended(begins=begins) is None and self._wait_seconds(keep) <= 0:
            limiter = self._limiter
            if limiter.has_capacity():
                await limiter.acquire()  # does not wait, so nothing can change meanwhile
                return self.slots.take()
        self.waiting += 1
        try:
            async with self._turnstiles[begins]:
                return await self._pass(begins=begins, keep=keep)
        finally:
            self.waiting -= 1

    def leave(self, ticket: Ticket, *, at: float | None = None, late_seconds: float = 0.0) -> None:
        """Take note that a reply came ``at`` a moment (now), or that none will; ``late_seconds``: how much later it may yet be counted."""
        self.slots.leave(ticket, self._clock.monotonic() if at is None else at, late_seconds=late_seconds)
        if self._narrow:
            self._changed.set()

    def hand_back(self, ticket: Ticket) -> None:
        """Take the request back: it never left."""
        self.slots.hand_back(ticket)
        self._changed.set()

    def hold(self, seconds: float) -> None:
        """Let nobody through for so long; the longest of several holds counts."""
        self._held_until = max(self._held_until, self._clock.monotonic() + seconds)

    def remember(self, count: int, age_seconds: float) -> None:
        """Take up slots for requests of an earlier process; ``age_seconds`` from now its window ends (negative: ended)."""
        if count > BURST:
            return  # a larger quota than the usual one: the first reply tells what is left of it
        until = self._clock.monotonic() + age_seconds + self.slots.interval_seconds
        self.slots.fill(count, until)

    @property
    def pace(self) -> float:
        """Requests that may leave in one second at most."""
        return HASTE * self.slots.burst / self.slots.interval_seconds

    @property
    def held(self) -> bool:
        """Tell whether the whole location waits."""
        return self._held_until > self._clock.monotonic()

    def lets_through(self, *, begins: bool) -> bool:
        """Tell whether one who passed a moment ago may still go."""
        return not self.held and self._ended(begins=begins) is None

    def narrow(self) -> None:
        """Let one request through at a time, to probe whether an outage is over."""
        self._narrow = True

    def widen(self) -> None:
        """Let everybody through again."""
        if self._narrow:
            self._narrow = False
            self._changed.set()

    def stop(self, reason: StopError) -> None:
        """Turn everybody away from now on."""
        if self._stopped is None:
            self._stopped = reason
            self._closed.set()
            self._winding_up.set()
            self._changed.set()

    def wind_up(self, reason: StopError) -> None:
        """Turn away what begins a row from now on, also what waits already; what ends one may pass."""
        if self._beginning_ends is None:
            self._beginning_ends = reason
            self._winding_up.set()
            self._changed.set()

    def _ended(self, *, begins: bool) -> StopError | None:
        return self._stopped or (self._beginning_ends if begins else None)

    def learn(self, *, burst: int | None, interval_seconds: float | None) -> None:
        """Take over the quota that the vendor states."""
        if burst in {None, self.slots.burst} and interval_seconds in {None, self.slots.interval_seconds}:
            return
        self.slots.learn(burst=burst, interval_seconds=interval_seconds)
        self._limiter = self._smooth()
        self._changed.set()

    async def _pass(self, *, begins: bool, keep: Callable[[], int]) -> Ticket:
        while True:
            if (ended := self._ended(begins=begins)) is not None:
                raise ended
            wait = self._wait_seconds(keep)
            if wait > 0:
                await self._wait(wait)
                continue
            limiter = self._limiter
            await limiter.acquire()
            # while the pace was waited for, a hold, a stop or other traffic may have come
            unchanged = limiter is self._limiter and self._ended(begins=begins) is None
            if unchanged and self._wait_seconds(keep) <= 0:
                return self.slots.take()

    def _wait_seconds(self, keep: Callable[[], int]) -> float:
        now = self._clock.monotonic()
        if self._room_until is None:
            self._room_until = now + self.slots.interval_seconds
        if self._held_until > now:
            return self._held_until - now
        if self._narrow and self.slots.under_way:
            return self.slots.interval_seconds
        free = self.slots.wait_seconds(now, keep=keep if now < self._room_until else int)
        # all slots are under way: none can be free earlier than one interval from now
        return self.slots.interval_seconds if free is None else free

    def _smooth(self) -> AsyncLimiter:
        at_once = max(1.0, self.slots.burst * _AT_ONCE)
        return AsyncLimiter(at_once, at_once / self.pace)

    async def pause(self, seconds: float, *, begins: bool = False) -> None:
        """Let one worker wait while others go on; raises the StopError when the gate is closed to it meanwhile."""
        # by the clock, not by the loop's timer: what is waited for was measured by the clock
        timer = asyncio.ensure_future(self._clock.sleep(seconds))
        ending = self._winding_up if begins else self._closed
        closed = asyncio.ensure_future(ending.wait())
        try:
            await asyncio.wait((timer, closed), return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            closed.cancel()
        if (ended := self._ended(begins=begins)) is not None:
            raise ended

    async def _wait(self, seconds: float) -> None:
        """Wait for time to pass or for something to change, whichever comes first."""
        self._changed.clear()
        # the loop's own timer, as AsyncLimiter uses: a task for each wait would cost more than the request
        timer = asyncio.get_running_loop().call_later(seconds, self._changed.set)
        try:
            await self._changed.wait()
        finally:
            timer.cancel()
