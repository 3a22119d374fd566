"""When jobs are due; right over daylight-saving changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from itertools import islice

from importer.records import value_type

_MINUTE = timedelta(minutes=1)


@value_type(frozen=True, slots=True, kw_only=True)
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
