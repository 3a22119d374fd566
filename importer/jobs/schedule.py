"""When jobs are due, and when they may send; right over daylight-saving changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice

from importer.jobs.model import SendWindow

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Cron expressions in a time zone. In the hour that comes twice a job runs once, one in the missing hour right after it."""

    expressions: tuple[str, ...]
    zone: tzinfo

    def after(self, seconds: float) -> float:
        """Find the first time that is later than ``seconds`` since the epoch."""
        return min(_first(expression, self._local(seconds)) for expression in self.expressions)

    def latest(self, seconds: float) -> float:
        """Find the last time that is not later than ``seconds`` since the epoch."""
        # Backwards, a minute on: cron expressions leave out the very moment they start from.
        start = self._local(seconds).replace(second=0, microsecond=0) + _MINUTE
        start = start.astimezone(UTC).astimezone(self.zone)
        return max(_first(expression, start, reverse=True) for expression in self.expressions)

    def _local(self, seconds: float) -> datetime:
        return datetime.fromtimestamp(seconds, self.zone)


def _first(expression: str, start: datetime, *, reverse: bool = False) -> float:
    from cronsim import CronSim

    return next(islice(CronSim(expression, start, reverse=reverse), 1)).timestamp()


def opens_at(window: SendWindow, zone: tzinfo, seconds: float) -> float:
    """Tell from when on sending is allowed: ``seconds`` itself inside the window, else when it next opens."""
    now = datetime.fromtimestamp(seconds, zone)
    for days in range(-1, 15):
        begins, ends = _span_on(window, now, days)
        if window_day(window, begins) and ends.timestamp() > seconds:
            return max(begins.timestamp(), seconds)
    raise AssertionError("a window without days cannot be written")


def closes_at(window: SendWindow, zone: tzinfo, seconds: float) -> float:
    """Tell when the window that holds ``seconds`` closes; ``seconds`` itself outside of it."""
    now = datetime.fromtimestamp(seconds, zone)
    ends = [
        end.timestamp()
        for begin, end in (_span_on(window, now, days) for days in (-1, 0))
        if window_day(window, begin) and begin.timestamp() <= seconds < end.timestamp()
    ]
    return max(ends, default=seconds)


def window_day(window: SendWindow, begins: datetime) -> bool:
    return begins.weekday() in window.days


def _span_on(window: SendWindow, now: datetime, days: int) -> tuple[datetime, datetime]:
    day = (now + timedelta(days=days)).date()
    first, last = window.between
    begins = datetime.combine(day, first, tzinfo=now.tzinfo)
    ends = datetime.combine(day + timedelta(days=int(last <= first)), last, tzinfo=now.tzinfo)
    return begins, ends
