"""The vendor's quota: a burst window and a day, for each client in each location."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Protocol

from importer.sandbox.settings import SandboxSettings, Window

UNLIMITED: Final = 1_000_000
"""What the headers say when a quota is turned off, so that clients learn a pace that never binds."""
DAY_SECONDS: Final = 86_400


class Verdict(Enum):
    ADMITTED = auto()
    BURST_SPENT = auto()
    DAY_SPENT = auto()


class BurstWindow(Protocol):
    def remaining(self, now: float) -> int: ...

    def take(self, now: float) -> None: ...

    def opens_in(self, now: float) -> float: ...


@dataclass(slots=True, eq=False, repr=False)
class FixedWindow:
    """Counts from one whole interval of the clock to the next."""

    limit: int
    interval: float
    started: float = 0.0
    used: int = 0

    def remaining(self, now: float) -> int:
        start = now - now % self.interval
        if start != self.started:
            self.started, self.used = start, 0
        return self.limit - self.used

    def take(self, now: float) -> None:  # noqa: ARG002  (the other windows need it)
        self.used += 1

    def opens_in(self, now: float) -> float:
        return self.started + self.interval - now


@dataclass(slots=True, eq=False, repr=False)
class FirstHitWindow:
    """Counts from the first request after the last window ended."""

    limit: int
    interval: float
    started: float | None = None
    used: int = 0

    def remaining(self, now: float) -> int:
        if self.started is not None and now >= self.started + self.interval:
            self.started, self.used = None, 0
        return self.limit - self.used

    def take(self, now: float) -> None:
        if self.started is None:
            self.started = now
        self.used += 1

    def opens_in(self, now: float) -> float:
        return (now if self.started is None else self.started) + self.interval - now


class SlidingWindow:
    """Counts the admitted requests of the last interval, at any moment."""

    def __init__(self, limit: int, interval: float) -> None:
        self._limit = limit
        self._interval = interval
        self._taken: deque[float] = deque()

    def remaining(self, now: float) -> int:
        while self._taken and self._taken[0] <= now - self._interval:
            self._taken.popleft()
        return self._limit - len(self._taken)

    def take(self, now: float) -> None:
        self._taken.append(now)

    def opens_in(self, now: float) -> float:
        return self._taken[0] + self._interval - now if self._taken else 0.0


class OpenWindow:
    """No burst quota."""

    def remaining(self, now: float) -> int:  # noqa: ARG002  (as the other windows)
        return UNLIMITED

    def take(self, now: float) -> None:
        """Count nothing."""

    def opens_in(self, now: float) -> float:  # noqa: ARG002  (as the other windows)
        return 0.0


class BusiestWindow:
    """The most requests that arrived within any one interval, refused ones included."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._arrivals: deque[float] = deque()
        self.most = 0

    def note(self, now: float) -> None:
        arrivals = self._arrivals
        arrivals.append(now)
        while arrivals[0] <= now - self._interval:
            arrivals.popleft()
        self.most = max(self.most, len(arrivals))


class Meter:
    """The quota of one client in one location. What it refuses does not count as used."""

    def __init__(self, settings: SandboxSettings) -> None:
        self._burst = settings.burst or UNLIMITED
        self._interval = settings.interval_seconds
        self._window = open_window(settings)
        self._daily = settings.daily or UNLIMITED * 1000
        self._day = -1
        self.used_today = 0
        self.busiest = BusiestWindow(self._interval)

    def ask(self, now: float) -> Verdict:
        """Admit or refuse one request that arrives now."""
        self.busiest.note(now)
        self._turn_day(now)
        if self.used_today >= self._daily:
            return Verdict.DAY_SPENT
        if self._window.remaining(now) <= 0:
            return Verdict.BURST_SPENT
        self._window.take(now)
        self.used_today += 1
        return Verdict.ADMITTED

    def leave_for_today(self, remaining: int, now: float) -> None:
        self._turn_day(now)
        self.used_today = self._daily - remaining

    def opens_in(self, now: float, verdict: Verdict) -> float:
        if verdict is Verdict.DAY_SPENT:
            return DAY_SECONDS - now % DAY_SECONDS
        return self._window.opens_in(now)

    def headers(self, now: float) -> dict[str, str]:
        self._turn_day(now)
        return {
            "X-RateLimit-Max": str(self._burst),
            "X-RateLimit-Remaining": str(max(self._window.remaining(now), 0)),
            "X-RateLimit-Interval-Milliseconds": str(round(self._interval * 1000)),
            "X-RateLimit-Limit-Daily": str(self._daily),
            "X-RateLimit-Daily-Remaining": str(max(self._daily - self.used_today, 0)),
            "X-RateLimit-Daily-Reset": str(round((DAY_SECONDS - now % DAY_SECONDS) * 1000)),
        }

    def _turn_day(self, now: float) -> None:
        day = int(now // DAY_SECONDS)
        if day != self._day:
            self._day, self.used_today = day, 0


def open_window(settings: SandboxSettings) -> BurstWindow:
    if not settings.burst:
        return OpenWindow()
    match settings.window:
        case Window.FIXED:
            return FixedWindow(settings.burst, settings.interval_seconds)
        case Window.FIRST_HIT:
            return FirstHitWindow(settings.burst, settings.interval_seconds)
        case Window.SLIDING:
            return SlidingWindow(settings.burst, settings.interval_seconds)
