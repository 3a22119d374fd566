"""The day of a location: how many requests it has had, and how many are left."""

from __future__ import annotations

from importer.highlevel.quota import DAILY, QuotaReading, same_day
from importer.records import QuotaMark


class Day:
    """Counts our own requests, and keeps what the vendor says is left. Times are of the wall clock."""

    __slots__ = ("_at", "allowance", "remaining", "used")

    def __init__(self, mark: QuotaMark | None, now: float) -> None:
        known = mark is not None and same_day(mark.at, now)
        self._at = now
        self.used = mark.used_today if mark is not None and known else 0
        self.remaining = mark.daily_remaining if mark is not None and known else None
        self.allowance = DAILY

    def count(self, now: float) -> None:
        if not same_day(self._at, now):
            self.used, self.remaining = 0, None
        self._at = now
        self.used += 1

    def learn(self, quota: QuotaReading, now: float) -> None:
        self._at = now
        if quota.daily is not None:
            self.allowance = quota.daily
        if quota.daily_remaining is not None:
            self.remaining = quota.daily_remaining
