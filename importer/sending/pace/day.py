"""The day of a location: how many requests it has had, and how many are left."""

from __future__ import annotations

from typing import Final

from importer.highlevel.quota import DAILY, QuotaReading, same_day
from importer.records import QuotaMark

_SCARCE: Final = 5_000
"""Fewer left than this, and each reading matters, however large the burst quota is."""


class Day:
    """Counts our own requests, and keeps what the vendor says is left. Times are of the wall clock."""

    __slots__ = ("_at", "_read", "_read_after", "_sent", "allowance", "remaining", "under_way", "used")

    def __init__(self, mark: QuotaMark | None, now: float) -> None:
        known = mark is not None and same_day(mark.at, now)
        self._at = now
        self.used = mark.used_today if mark is not None and known else 0
        self.remaining = mark.daily_remaining if mark is not None and known else None
        self.allowance = DAILY
        self.under_way = 0
        self._sent = 0
        self._read: int | None = None
        self._read_after = 0

    def is_full(self, now: float, *, runs: int = 1) -> bool:
        """Tell whether the requests under way may use up all that is left, by what this session's replies say.

        ``runs`` share the day, and each is taken to have as many under way as we have.
        """
        return self._read is not None and self.under_way * runs >= self._read and same_day(self._at, now)

    @property
    def sent(self) -> int:
        """Requests of this session, whatever the day."""
        return self._sent

    @property
    def scarce(self) -> bool:
        """Tell whether every reading of what is left matters."""
        return self._read is not None and self._read < _SCARCE

    def count(self, now: float) -> int:
        """Note a request that leaves; gives its number, for ``learn``."""
        if not same_day(self._at, now):
            self.used, self.remaining, self._read = 0, None, None
        self._at = now
        self.used += 1
        self.under_way += 1
        self._sent += 1
        return self._sent

    def learn(self, quota: QuotaReading, now: float, number: int) -> None:
        """Take in what the reply to a request says.

        Replies overtake each other: more than was known to be left is believed only of a request that left after
        the reading that said less.
        """
        self._at = now
        if quota.daily is not None:
            self.allowance = quota.daily
        left = quota.daily_remaining
        if left is None:
            return
        self.remaining = left
        if self._read is None or left <= self._read or number > self._read_after:
            self._read, self._read_after = left, self._sent

    def end(self) -> None:
        """Count a request that was answered, or lost, as no longer under way."""
        self.under_way -= 1

    def forget(self) -> None:
        """Let one request ask anew what is left."""
        self._read = None
