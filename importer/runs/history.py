"""Past runs and those under way, to look at: nothing here changes a run, and none of it is asked of a million rows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import field
from pathlib import Path
from typing import Any, Final

from importer.errors import ImporterError, SettingsError
from importer.records import Counts, Outcome, RowId, Status, number_of, source_of, value_type
from importer.runtime.clock import Clock, SystemClock
from importer.state import StateFolder
from importer.state.ended import RunCause, ended_of
from importer.state.journal import Run, RunState
from importer.state.lineage import successors_of
from importer.state.remote import read_progress

_MOST_ROWS: Final = 1_000
_NO_ROW_BEHIND: Final = (1 << 63) - 1
"""SQLite takes no larger number."""
_COUNTED: Final = ("created", "updated", "skipped", "failed", "pending")


@value_type(frozen=True, slots=True, kw_only=True)
class PastRow:
    """How a row ended. ``number`` is the source's own, as a spreadsheet counts; ``source`` is the place of its source."""

    id: RowId
    """What the next page begins behind."""
    outcome: Outcome

    @property
    def number(self) -> int:
        return number_of(self.id)

    @property
    def source(self) -> int:
        return source_of(self.id)


@value_type(frozen=True, slots=True, kw_only=True)
class PastRun:
    """One run, at rest or under way, as it was when it was read."""

    run: Run
    """What was noted at its begin and end: state, times, options, who began it."""
    counts: Counts
    """Of the whole run. Under way they are half a second old at most; ``pending`` is 0 until its sources are read."""
    causes: tuple[RunCause, ...]
    """Why rows failed or were skipped, and what was warned of; none of a run that is under way."""
    followed_by: tuple[str, ...] = ()
    """The runs that sent its failed rows again, corrected."""
    progress: dict[str, Any] | None = None
    """Where a run under way stands, as ``progress.json`` has it."""
    state_folder: StateFolder = field(repr=False)
    """Where it lies."""

    @property
    def id(self) -> str:
        """The run's id, as everywhere."""
        return self.run.id

    @property
    def under_way(self) -> bool:
        """Whether a process is at it just now."""
        return self.run.state is RunState.RUNNING

    @property
    def folder(self) -> Path:
        """Where its results are, or will be."""
        return Path(str(self.run.options.get("output", ""))) / self.run.id

    def files(self) -> tuple[Path, ...]:
        """List the files of its results as they are now; somebody may have changed, added or moved some."""
        with contextlib.suppress(OSError):
            found = (path for path in self.folder.iterdir() if path.is_file() and path.name[0] != ".")
            return tuple(sorted(found))
        return ()

    def rows(
        self,
        *,
        status: Status | str | None = None,
        code: str | None = None,
        after: RowId = 0,
        count: int = 100,
    ) -> tuple[PastRow, ...]:
        """Give the next rows that have an outcome, in source order: those behind ``after``, the ``id`` of the row shown last.

        Raises StateError for a damaged journal, and SettingsError for a status that no row can have.
        """
        wanted = None if status is None else _status(status)
        with self.state_folder.open_journal(self.run, thorough=False) as journal:
            found = journal.page(
                after=min(after, _NO_ROW_BEHIND),
                status=wanted,
                code=code,
                count=min(max(count, 0), _MOST_ROWS),
            )
            return tuple(PastRow(id=outcome.row, outcome=outcome) for outcome in found)


class RunHistory:
    """The runs of one state folder, whoever began them."""

    def __init__(self, state: Path, *, clock: Clock | None = None) -> None:
        self._folder = StateFolder(state, clock=clock or SystemClock())

    def __iter__(self) -> Iterator[PastRun]:
        """Walk the runs, newest first; one that is damaged is left out."""
        for run_id in self._folder.newest_ids():
            with contextlib.suppress(ImporterError):
                yield self._read(self._folder.run(run_id))

    def find(self, wanted: str | None = None) -> PastRun:
        """Find a run by the beginning of its id, the newest by default. Raises SettingsError where there is none, or several."""
        return self._read(self._folder.find(wanted))

    def _read(self, run: Run) -> PastRun:
        folder = self._folder.run_folder(run.id)
        successors = successors_of(folder)
        if run.state is RunState.RUNNING:
            places = (Path(str(run.options.get("output", ""))) / run.id, folder)
            progress = read_progress(places)
            return PastRun(
                run=run,
                counts=_counts_in(progress),
                causes=(),
                followed_by=successors,
                progress=progress,
                state_folder=self._folder,
            )
        with self._folder.open_journal(run, thorough=False) as journal:
            ended = ended_of(journal)
        return PastRun(
            run=run,
            counts=ended.counts,
            causes=ended.causes,
            followed_by=successors,
            state_folder=self._folder,
        )


def _status(said: Status | str) -> Status:
    try:
        return Status(said)
    except ValueError:
        known = ", ".join(each.value for each in Status)
        raise SettingsError(f"{said!r} is no status of a row. There are: {known}.") from None


def _counts_in(progress: dict[str, Any] | None) -> Counts:
    try:
        return Counts(**{name: int((progress or {}).get(name, 0)) for name in _COUNTED})
    except (
        TypeError,
        ValueError,
        OverflowError,
    ):  # the file lies in a folder of the user's, who may have written to it
        return Counts()
