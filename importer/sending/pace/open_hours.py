"""When rows may be sent by the clock of the people who are written to; right over daylight-saving changes."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import datetime, time, timedelta, tzinfo
from typing import Protocol

from importer.records import value_type
from importer.settings import OpenHours

_ALWAYS = frozenset(range(7))


class Window(Protocol):
    """Hours of some weekdays; over midnight where the last is not later than the first."""

    @property
    def between(self) -> tuple[time, time]: ...

    @property
    def days(self) -> AbstractSet[int]: ...


@value_type(frozen=True, slots=True, kw_only=True)
class LocalHours:
    """Open hours by the clock of one location."""

    hours: OpenHours
    zone: tzinfo

    @property
    def between(self) -> tuple[time, time]:
        return self.hours.between

    @property
    def days(self) -> AbstractSet[int]:
        return _ALWAYS

    def wait_seconds(self, now: float) -> float:
        """Tell how long it is until sending is allowed; 0 where it is."""
        return opens_at(self, self.zone, now) - now

    def __str__(self) -> str:
        return f"{self.hours} ({self.zone})"


def zone_of(name: str | None) -> tzinfo | None:
    """Find a time zone by its name; None where there is none."""
    from zoneinfo import ZoneInfo  # few runs have hours

    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


def opens_at(window: Window, zone: tzinfo, seconds: float) -> float:
    """Tell from when on sending is allowed: ``seconds`` itself inside the window, else when it next opens."""
    now = datetime.fromtimestamp(seconds, zone)
    for days in range(-1, 15):
        begins, ends = _span_on(window, now, days)
        if begins.weekday() in window.days and ends.timestamp() > seconds:
            return max(begins.timestamp(), seconds)
    raise AssertionError("a window without days cannot be written")


def closes_at(window: Window, zone: tzinfo, seconds: float) -> float:
    """Tell when the window that holds ``seconds`` closes; ``seconds`` itself outside of it."""
    now = datetime.fromtimestamp(seconds, zone)
    ends = [
        end.timestamp()
        for begin, end in (_span_on(window, now, days) for days in (-1, 0))
        if begin.weekday() in window.days and begin.timestamp() <= seconds < end.timestamp()
    ]
    return max(ends, default=seconds)


def _span_on(window: Window, now: datetime, days: int) -> tuple[datetime, datetime]:
    day = (now + timedelta(days=days)).date()
    first, last = window.between
    begins = datetime.combine(day, first, tzinfo=now.tzinfo)
    ends = datetime.combine(day + timedelta(days=int(last <= first)), last, tzinfo=now.tzinfo)
    return begins, ends
