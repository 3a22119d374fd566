"""A trial: the first rows that can be sent are sent and brought to their end, and a person looks before the rest."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Final

from importer.errors import TrialDoneError
from importer.records import Outcome, Record, RowId, RowState
from importer.results.wording import rows
from importer.runs.intake import Mapped

_NEVER: Final = 1 << 63
"""Behind every row."""


def trial_done(wanted: int) -> TrialDoneError:
    """Say that a trial is over, of so many rows in all."""
    return TrialDoneError(
        f"The trial of {rows(wanted)} is done: look at them in HighLevel before the rest goes out."
    )


class Trial:
    """Counts the rows that can be sent, in file order; ``wanted`` is None where all of them are sent.

    ``in_all``: rows of the whole trial, where other locations send some of them.

    Each session counts from the first row of the source: so a run that was killed in its trial goes on with exactly
    the rows that are left of it.
    """

    def __init__(self, wanted: int | None, *, in_all: int | None = None) -> None:
        self._wanted = wanted
        self._in_all = in_all or wanted
        self._counted = 0
        self.over = False
        """Whether there is a row that the trial leaves to a resume."""

    def last_row(
        self, piece: Mapped, row_states: Mapping[RowId, RowState], unchanged: Container[RowId]
    ) -> RowId:
        """Tell up to which row of the next piece rows may go."""
        if self._wanted is None:
            return _NEVER
        for item in piece:
            if isinstance(item, Record) and _can_be_sent(item.row, row_states.get(item.row), unchanged):
                if self._counted == self._wanted:
                    self.over = True
                    return item.row - 1
                self._counted += 1
        return _NEVER

    def end(self) -> None:
        """Raise TrialDoneError where rows are left; a trial of all rows is a finished run."""
        if self.over and self._in_all is not None:
            raise trial_done(self._in_all)


def _can_be_sent(row: RowId, state: RowState | None, unchanged: Container[RowId]) -> bool:
    return row not in unchanged and not (isinstance(state, Outcome) and state.code == "unchanged")
