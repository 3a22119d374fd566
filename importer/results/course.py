"""How far a run is, how fast it goes, and when it will be done. Pure: the time is handed in."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from typing import Final

from importer.records import Status, value_type
from importer.results import wording

_WINDOW_SECONDS: Final = 30.0
_BURST_SECONDS: Final = 12.0
_ENOUGH_ROWS: Final = 30
_SHOWN: Final = (Status.CREATED, Status.UPDATED, Status.SKIPPED, Status.FAILED)


@value_type(frozen=True, slots=True)
class _Mark:
    """How far things were at one moment."""

    at: float
    settled: int
    answered: int


class Course:
    """Count rows as they settle, and requests as they are answered.

    Rows settle in batches where follow-ups go out for many contacts at once, so the pace is read off the requests
    too. ``planned_seconds`` is the least time that the quota allows for ``planned_rows``.
    """

    def __init__(self, *, now: float) -> None:
        self.planned_rows = 0
        self.planned_seconds = 0.0
        self.settled_rows = 0
        self._waiting: set[int] = set()
        self.requests = 0
        self.throttled = 0
        self.counts: Counter[Status] = Counter()
        self._rows_a_request = 0.0
        self._held: dict[str, float] = {}
        self._held_for = ""
        self._locations: set[str] = set()
        self._marks: deque[_Mark] = deque([_Mark(now, 0, 0)])

    def plan(self, rows: int, requests: int, seconds: float) -> None:
        """Say what is left to do, and what it takes."""
        self.planned_rows = self.settled_rows + rows
        self.planned_seconds = seconds * (self.planned_rows / rows) if rows else 0.0
        self._rows_a_request = rows / requests if requests else 0.0

    def land(self, rows: Iterable[int]) -> None:
        """Count rows that are stored, and wait for what follows."""
        self._waiting.update(rows)

    @property
    def sent_rows(self) -> int:
        """Rows that are settled, or stored and waiting for their tags alone: of those a batch settles at once."""
        return self.settled_rows + self.stored_rows

    @property
    def stored_rows(self) -> int:
        """Rows that are stored and wait for their tags."""
        return len(self._waiting)

    def progressed(self) -> str:
        """Say how many of the rows are sent; where some of these wait for their tags, how many are settled too."""
        planned = wording.rows(self.planned_rows)
        if not self._waiting:
            return f"{self.settled_rows:,} of {planned}"
        return f"{self.sent_rows:,} of {planned} sent, {self.settled_rows:,} settled"

    def settle(self, row: int, status: Status, now: float) -> None:
        self._waiting.discard(row)
        self.counts[status] += 1
        self.settled_rows += 1
        self._mark(now)

    def request(self, location_id: str, now: float, *, throttled: bool) -> None:
        self.requests += 1
        self.throttled += throttled
        self._locations.add(location_id)
        self._mark(now)

    def hold(self, location_id: str, until: float, reason: str) -> None:
        self._locations.add(location_id)
        self._held[location_id] = until
        self._held_for = reason

    def held_seconds(self, now: float) -> float:
        """Tell the time until any location sends again; 0 when one does already."""
        return max(min((self._held.get(name, 0.0) - now for name in self._locations), default=0.0), 0.0)

    def rows_per_second(self, now: float) -> float:
        """Give the pace of the last half minute."""
        before = self._marks[0]
        if now <= before.at:
            return 0.0
        settled = self.settled_rows - before.settled
        carried = (self.requests - self.throttled - before.answered) * self._rows_a_request
        return max(settled, carried) / (now - before.at)

    def seconds_left(self, now: float) -> float | None:
        """Tell the time until the last row: at the pace seen, but never faster than the quota lets the rest through."""
        left = self.planned_rows - self._arrived()
        if left <= 0:
            return 0.0 if self.planned_rows else None
        pace = self.rows_per_second(now)
        by_pace = left / pace if pace and self._telling(now) else 0.0
        longest = max(by_pace, 0.0 if self._unbound(pace, now) else left * self._planned_pause)
        return longest + self.held_seconds(now) if longest else None

    def _arrived(self) -> float:
        """Rows that are done, or whose requests are: those wait for their follow-ups alone."""
        return max(self.sent_rows, (self.requests - self.throttled) * self._rows_a_request)

    def _mark(self, now: float) -> None:
        if now - self._marks[-1].at < 1.0:
            return
        self._marks.append(_Mark(now, self.settled_rows, self.requests - self.throttled))
        while len(self._marks) > 2 and now - self._marks[1].at >= _WINDOW_SECONDS:
            self._marks.popleft()

    @property
    def _planned_pause(self) -> float:
        return self.planned_seconds / self.planned_rows

    def _telling(self, now: float) -> bool:
        """Tell whether enough was seen for the pace to mean something: the first reply alone would foretell hours."""
        before = self._marks[0]
        return now - before.at >= _BURST_SECONDS or self.settled_rows - before.settled >= _ENOUGH_ROWS

    def _unbound(self, pace: float, now: float) -> bool:
        """Tell whether rows go through faster than the quota foreseen, and not just in its first burst: a sandbox."""
        return now - self._marks[0].at >= _BURST_SECONDS and pace * self._planned_pause > 1.5

    def line(self, now: float) -> str:
        """Say it in one line."""
        share = self.sent_rows / self.planned_rows if self.planned_rows else 0.0
        return f"{self.progressed()} ({share * 100:.0f} %), {self.motion(now)}; {self.tallied()}"

    def motion(self, now: float) -> str:
        """Say the pace and the time left, or the hold."""
        left = self.seconds_left(now)
        ahead = "" if not left else f", {wording.duration(left)} left"
        if held := self.held_seconds(now):
            return f"waiting {wording.duration(held)} ({self._held_for}){ahead}"
        return f"{self.rows_per_second(now):.1f} rows/s{ahead}"

    def tallied(self, *, short: bool = False) -> str:
        """Say the counts by outcome; ``short`` leaves out what no row has met yet."""
        shown = [status for status in _SHOWN if self.counts[status] or not short]
        return ", ".join(f"{status.value} {self.counts[status]:,}" for status in shown)
