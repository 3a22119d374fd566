"""The breaker of a location: an outage pauses its sending instead of burning rows. Pure; times are handed in."""

from __future__ import annotations

from typing import Final

from importer.sending.policy import RetryPolicy

_ROWS_FOR_AN_OUTAGE: Final = 3
"""One row that always fails is that row's trouble; an outage meets several."""
_LONGEST_PAUSE_SECONDS: Final = 60.0


class Breaker:
    """Counts failures without a success between them; opens when they are an outage."""

    __slots__ = (
        "_down_since", "_failures", "_nobodys_fault", "_opened_at", "_policy", "_rows", "_trips",
    )  # fmt: skip

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy
        self._failures = 0
        self._rows: set[int] = set()
        self._trips = 0
        self._opened_at = 0.0
        self._down_since: float | None = None
        self._nobodys_fault = False

    @property
    def open(self) -> bool:
        return self._trips > 0

    def succeed(self) -> None:
        """Note that the vendor did what it was asked: whatever was, is over."""
        if self._down_since is not None:
            self._failures, self._trips, self._down_since = 0, 0, None
            self._nobodys_fault = False
            self._rows.clear()

    def fail(self, row: int, now: float, *, nobodys_fault: bool = False) -> None:
        """Count an attempt for a row that came to nothing; ``nobodys_fault``: it would have for any row."""
        if self._down_since is None:
            self._down_since = now
        self._failures += 1
        self._nobodys_fault = self._nobodys_fault or nobodys_fault
        if len(self._rows) < _ROWS_FOR_AN_OUTAGE:
            self._rows.add(row)

    def trip(self, sent_at: float, now: float, *, chance: float) -> float | None:
        """Open if this is an outage; gives the seconds to pause before one attempt probes again.

        An attempt that was under way when the breaker opened says nothing new, and does not lengthen the pause.
        """
        if self._failures < self._policy.trip_after or not self._concerns_all:
            return None
        if self.open and sent_at <= self._opened_at:
            return 0.0
        self._trips += 1
        self._opened_at = now
        ceiling = min(_LONGEST_PAUSE_SECONDS, self._policy.first_wait_seconds * 2.0 ** min(self._trips, 30))
        return ceiling * (0.5 + 0.5 * chance)

    @property
    def _concerns_all(self) -> bool:
        return self._nobodys_fault or len(self._rows) >= _ROWS_FOR_AN_OUTAGE

    def down_seconds(self, now: float) -> float:
        """Tell for how long nothing has succeeded."""
        return 0.0 if self._down_since is None else now - self._down_since

    def hopeless(self, now: float) -> bool:
        """Tell whether the outage has lasted longer than a run should wait."""
        return self.down_seconds(now) >= self._policy.outage_seconds
