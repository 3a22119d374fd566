"""Slots: the arithmetic that keeps a location inside its quota, whatever window the vendor counts in. Pure.

As many slots as the quota allows requests in one interval. A request takes a slot when it is sent, and the slot is
free again one interval after the *reply*. The vendor counted the request somewhere between the two, so two requests
on one slot are never counted within one interval, be the window fixed, sliding or begun by the first hit, and however
the latency jitters. A request whose reply is lost keeps its slot until it can no longer be under way.

The next request on a slot needs time to arrive as well, and nothing is taken off for it: the way that a vendor, or a
machine, is slow on for a minute may be short in the next, and a slot that was free too early is then refused.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

from importer.highlevel.quota import BURST, INTERVAL_SECONDS

_RESERVE_STEP: Final = 0.2
"""The share of the quota that is left to others with each refusal that was not of our making."""
_CLEARED: Final = 1.1
"""After so many intervals nothing of a run that ended is in the window any more."""
_LARGEST_RESERVE: Final = 0.8
_REGAINED: Final = 0.02
"""The share that is taken back with each interval."""


@dataclass(slots=True, eq=False, repr=False)
class Ticket:
    """A request's right to be sent; remembers how full the slots were, to judge the vendor's own count later."""

    sent: int
    occupied: int
    open: bool = True


class Slots:
    """The slots of one location; all times are of the monotonic clock."""

    __slots__ = (
        "_busy", "_cooling", "_foreign", "_reserve", "_reserved_at", "_sent", "_shared_until", "burst", "interval_seconds", "runs",
    )  # fmt: skip

    def __init__(self, *, burst: int = BURST, interval_seconds: float = INTERVAL_SECONDS) -> None:
        self.burst = burst
        self.interval_seconds = interval_seconds
        self._busy = 0
        self._sent = 0
        self._reserve = 0.0
        self._reserved_at = 0.0
        self.runs = 1
        """Runs that share the quota and know of each other, ourselves included."""
        self._shared_until = 0.0
        self._cooling: deque[float] = deque()
        self._foreign: list[float] = []

    def take(self) -> Ticket:
        """Take a slot; the caller has asked ``wait_seconds`` before."""
        self._busy += 1
        self._sent += 1
        return Ticket(self._sent, self.occupied)

    def leave(self, ticket: Ticket, now: float, *, late_seconds: float = 0.0) -> None:
        """Note that the reply is here: the slot is free one interval from now, or from when it can be counted last."""
        if not ticket.open:
            return
        ticket.open = False
        self._busy -= 1
        if late_seconds:
            heappush(self._foreign, now + late_seconds + self.interval_seconds)
        else:
            self._cooling.append(now + self.interval_seconds)

    def hand_back(self, ticket: Ticket) -> None:
        """Free the slot at once: the request never left, so nobody counted it."""
        if ticket.open:
            ticket.open = False
            self._busy -= 1

    @property
    def occupied(self) -> int:
        """Requests that the vendor may count in the interval that ends now, as of the last look at the clock."""
        return self._busy + len(self._cooling) + len(self._foreign)

    @property
    def under_way(self) -> int:
        return self._busy

    def wait_seconds(self, now: float, *, keep: Callable[[], int] = int) -> float | None:
        """Tell how long until more than ``keep`` slots are free: 0 for now, None for not before a reply comes.

        At most half of the quota is kept; where more than that is free, nobody is asked how much.
        """
        self._expire(now)
        taken = self.occupied
        if self._reserve:
            taken += int(self._reserved(now))
        if taken + self.burst // 2 >= self.burst:
            taken += keep()
        if taken < self.burst and (self.runs == 1 or self._has_share):
            return 0.0
        soonest = [times[0] for times in (self._cooling, self._foreign) if times]
        # a slot that is held in reserve becomes free without any of these; look again soon
        return max(0.001, min(soonest) - now) if soonest else None

    def learn(self, *, burst: int | None, interval_seconds: float | None) -> None:
        """Take over the vendor's own figures."""
        if burst:
            self.burst = burst
        if interval_seconds and interval_seconds != self.interval_seconds:
            longer = interval_seconds - self.interval_seconds
            self.interval_seconds = interval_seconds
            self._cooling = deque(free_at + longer for free_at in self._cooling)
            self._foreign = [free_at + longer for free_at in self._foreign]

    def share(self, runs: int, now: float) -> None:
        """Keep to our share of the quota where so many runs, ourselves included, know of each other.

        One that has ended still counts for an interval: its last requests are in the vendor's window.
        """
        if runs >= self.runs:
            self.runs, self._shared_until = runs, now + self.interval_seconds * _CLEARED
        elif now >= self._shared_until:
            self.runs = runs

    @property
    def _has_share(self) -> bool:
        return self._busy + len(self._cooling) < max(1, self.burst // self.runs)

    def yield_some(self, now: float) -> None:
        """Leave room for somebody else's requests that fill the window, and take it back little by little."""
        self._reserve = min(self.burst * _LARGEST_RESERVE, self._reserved(now) + self.burst * _RESERVE_STEP)
        self._reserved_at = now

    def _reserved(self, now: float) -> float:
        regained = (now - self._reserved_at) / self.interval_seconds * self.burst * _REGAINED
        return max(0.0, self._reserve - regained)

    def reconcile(self, ticket: Ticket, remaining: int, now: float) -> int:
        """Compare the vendor's count with ours; what is above ours, another program sent: slots for it are taken.

        Our count for this is the larger one of what was occupied when the request left and was sent since: slots
        set free in between may still be in the vendor's window.
        """
        ours = max(self.occupied, ticket.occupied + self._sent - ticket.sent)
        foreign = self.burst - remaining - ours
        for _ in range(min(foreign, self.burst)):
            heappush(self._foreign, now + self.interval_seconds)
        return max(0, foreign)

    def fill(self, count: int, until: float) -> None:
        """Hold slots for requests of an earlier process until a moment."""
        for _ in range(min(count, self.burst)):
            heappush(self._foreign, until)

    def _expire(self, now: float) -> None:
        cooling, foreign = self._cooling, self._foreign
        while cooling and cooling[0] <= now:
            cooling.popleft()
        while foreign and foreign[0] <= now:
            heappop(foreign)
