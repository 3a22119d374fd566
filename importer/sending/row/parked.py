"""Rows in doubt that wait until the vendor is surely done with their last attempt, while all others go on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from importer.runtime.counting import counted
from importer.sending.caller import Caller
from importer.sending.row.submitted import SubmittedRow


class ParkedRows:
    """Those of one location. Each keeps its lane, so that later rows of its person wait behind it."""

    __slots__ = ("_caller", "_notified", "_rows")

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._rows: list[SubmittedRow] = []
        self._notified = False

    def __len__(self) -> int:
        return len(self._rows)

    def keep(self, submitted: SubmittedRow) -> bool:
        """Take a row whose last attempt, of an earlier session, the vendor may yet be at work on; False for any other."""
        if not (submitted.doubtful and submitted.repeatable) or submitted.last_attempt_at is None:
            return False
        clock = self._caller.clock
        longest = self._caller.done_by(0.0)
        # one from the future means that our clock was set back meanwhile, not that it was sent tomorrow
        age = max(0.0, clock.now() - submitted.last_attempt_at)
        if age >= longest:
            return False
        submitted.last_attempt_at = None  # once is enough, whatever the clock is set to meanwhile
        submitted.not_before = clock.monotonic() + longest - age
        self._rows.append(submitted)
        return True

    def take_due(self, now: float) -> Iterator[SubmittedRow]:
        """Take the rows that may be sent again; says once, of all, why some wait."""
        due = [submitted for submitted in self._rows if submitted.not_before <= now]
        self._rows = [submitted for submitted in self._rows if submitted.not_before > now]
        if self._rows and not self._notified:
            self._notified = True
            self._notify(max(submitted.not_before for submitted in self._rows) - now)
        return iter(due)

    def take_all(self) -> list[SubmittedRow]:
        rows, self._rows = self._rows, []
        return rows

    def _notify(self, seconds: float) -> None:
        until = datetime.fromtimestamp(self._caller.clock.now() + seconds, UTC).astimezone()
        count = len(self._rows)
        self._caller.progress.message(
            f"{counted(count, 'row')} that may or may not have been sent when the run was cut off {'waits' if count == 1 else 'wait'} "
            f"until {until:%H:%M:%S}: HighLevel may still be at work on {'it' if count == 1 else 'them'}, and what is sent again "
            "too soon can make a second contact. All others go on."
        )
