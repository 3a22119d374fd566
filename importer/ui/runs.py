"""Runs as the screen shows and steers them, whoever started them: their folders say where they stand and take wishes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

from importer.codes import BY_NAME
from importer.errors import ImporterError, SettingsError
from importer.records import Json, Outcome, RowId, Status, number_of
from importer.runs.history import PastRow, RunHistory
from importer.runs.over_workers import RunOverWorkers
from importer.runtime.environment import base_url, user_at_host
from importer.settings import DEFAULT_BASE_URL
from importer.state import StateFolder
from importer.state.journal import Run, RunState, SessionKind, place_of
from importer.state.lineage import successors_of
from importer.state.parts import is_split, wish_for_end
from importer.state.remote import EndWish, read_progress
from importer.ui.found_rows import search_rows
from importer.ui.past import FoundRuns, Holdings, PastLines, RunLine, RunSearch, holdings_of, line_of

SHOWN_FILES: Final = {
    "results.csv": "text/csv",
    "results.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "failed.csv": "text/csv",
    "failed.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "undo.csv": "text/csv",
    "same-contact.csv": "text/csv",
    "report.html": "text/html",
    "summary.json": "application/json",
}
"""What can be fetched of a run's folder of results, and as what."""
_ENDED_ON_PURPOSE: Final = frozenset({"trial_done", "paused", "too_many_failures"})
_ARRIVED: Final = (Status.CREATED, Status.UPDATED, Status.SKIPPED)
_REASONS: Final = 8
_MET_BEFORE: Final = 3
_LOOKED_AT: Final = 40
"""So many of the newest runs may be under way: more than anybody has at once."""


class ScreenRuns:
    """The runs of one state folder."""

    def __init__(self, state: Path) -> None:
        self._folder = StateFolder(state)
        self._past = PastLines(self._folder)
        self._over_workers: dict[str, RunOverWorkers] = {}

    def find(self, run_id: str) -> Run:
        """Read a run by its whole id. Raises SettingsError where there is none: an id is looked up, not made a path."""
        if run_id not in self._folder.newest_ids(run_id):
            raise SettingsError("There is no such run in this state folder; it may have been forgotten.")
        return self._folder.run(run_id)

    def line(self, run: Run) -> RunLine:
        return line_of(self._folder, run.id)

    def newest(self, most: int) -> tuple[RunLine, ...]:
        """List runs, the newest first; what cannot be read is left out."""
        return self.page(RunSearch(), names=dict, first=0, count=most).lines

    def page(
        self, wanted: RunSearch, *, names: Callable[[], Mapping[str, str]], first: int, count: int
    ) -> FoundRuns:
        """Give one page of the runs that somebody looks for, the newest first."""
        return self._past.page(wanted, names=names, first=first, count=count)

    def of_contents(self, content_sha256: str) -> list[RunLine]:
        """List the newest runs of a file, known by its bytes, whichever server they went to."""
        found: dict[str, RunLine] = {}
        for sandbox in (True, False):
            place = place_of(base_url(), sandbox=sandbox)
            for read in islice(self._folder.runs_of_contents(place, (content_sha256,)), _MET_BEFORE):
                with contextlib.suppress(ImporterError):
                    run = read()
                    found[run.id] = self.line(run)
        return [found[run_id] for run_id in sorted(found, reverse=True)[:_MET_BEFORE]]

    def warm(self) -> None:
        """Read all runs beforehand, so that the first search need not."""
        self._past.warm()

    def stands_at_a_stop(self, run: Run) -> bool:
        """Tell whether a run of the whole file was ended on purpose before its end: nothing of it is on its way any more.

        One that took up the rest of another knows nothing of the rows that arrived before it.
        """
        on_purpose = run.state is RunState.STOPPED and run.reason_code in _ENDED_ON_PURPOSE
        return on_purpose and run.follows is None

    def arrived(self, run: Run) -> list[int]:
        """Number the rows of a run that have not to be sent any more."""
        with self._folder.open_journal(run, thorough=False) as journal:
            return sorted(number_of(row) for row in journal.rows_ended(_ARRIVED))

    def followed_by(self, run_id: str) -> tuple[str, ...]:
        """Name the runs that took up rows of this one, oldest first."""
        return successors_of(self._folder.run_folder(run_id))

    def under_way(self) -> list[dict[str, Json]]:
        """Say where each run stands on which a process works now."""
        found = []
        for run_id in islice(self._folder.newest_ids(), _LOOKED_AT):
            with contextlib.suppress(ImporterError):
                if self._folder.holder(run_id) is not None or self._waits_for_workers(run_id):
                    found.append(self.progress(self._folder.run(run_id)))
        return found

    def _waits_for_workers(self, run_id: str) -> bool:
        """Tell whether parts of a run are sent by workers, or wait for one: nobody holds the run as a whole."""
        folder = self._folder.run_folder(run_id)
        return is_split(folder) and self._folder.run(run_id).state is RunState.RUNNING

    def any_under_way(self) -> bool:
        return any(
            self._folder.holder(run_id) is not None
            for run_id in islice(self._folder.newest_ids(), _LOOKED_AT)
        )

    def is_held(self, run_id: str) -> bool:
        """Tell whether a process works on a run."""
        return self._folder.holder(run_id) is not None

    def holdings(self, run: Run) -> Holdings:
        """Say what forgetting a run would take, and what not."""
        results = self.results(run)
        return holdings_of(self._folder, self.line(run), results=str(results) if results.is_dir() else None)

    def forget(self, run_id: str) -> None:
        """Delete what is kept of a run. Raises RunConflictError while somebody works on it."""
        self._folder.forget(run_id)

    def progress(self, run: Run) -> dict[str, Json]:
        """Say where a run stands, by what it wrote itself."""
        snapshot, by_workers = self._snapshot(run)
        owner = self._folder.holder(run.id)
        undoing = owner is not None and "undo" in owner.work
        return {
            **snapshot,
            "run_id": run.id,
            "under_way": not undoing and (owner is not None or by_workers),
            "undoing": undoing,
            "state": run.state.value if run.undone_at is None else "undone",
            "reason": run.reason,
            "reason_code": run.reason_code,
            "source": ", ".join(source.name for source in run.sources),
            "location_id": run.location_id,
            "sandbox": run.sandbox,
        }

    def _snapshot(self, run: Run) -> tuple[dict[str, Any], bool]:
        """Say what is known of a run's rows, and whether workers are at it, or are to be."""
        folder = self._folder.run_folder(run.id)
        if is_split(folder):
            watched = self._over_workers.setdefault(run.id, RunOverWorkers(self._folder, run.id))
            return watched.look(), run.state is RunState.RUNNING
        return read_progress((self.results(run), folder)) or {}, False

    def wish(self, run_id: str, wish: EndWish) -> None:
        """Ask whoever works on a run to end. Raises SettingsError where nobody does."""
        run = self.find(run_id)
        owner = self._folder.holder(run.id)
        if owner is None and not self._waits_for_workers(run.id):
            raise SettingsError("This run is not under way any more.")
        folder = self._folder.run_folder(run.id)
        pid = None if owner is None else owner.pid
        wish_for_end(folder, wish, by=f"the screen, {user_at_host()}", pid=pid)

    def results(self, run: Run) -> Path:
        return run.working_folder / str(run.options.get("output", "")) / run.id

    def files(self, run: Run) -> list[str]:
        """List the files of a run that can be fetched and are there."""
        folder = self.results(run)
        return [name for name in SHOWN_FILES if (folder / name).is_file()]

    def file(self, run_id: str, name: str) -> Path:
        """Find one of a run's files. Raises SettingsError for any name that is not of the list, or not there."""
        path = self.results(self.find(run_id)) / name if name in SHOWN_FILES else None
        if path is None or not path.is_file() or path.is_symlink():
            raise SettingsError("The run has no such file.")
        return path

    def ids(self) -> frozenset[str]:
        """Name all runs there are."""
        return frozenset(self._folder.run_ids())

    def begun_with(self, source: Path, *, besides: frozenset[str]) -> str | None:
        """Find the run of a file that is none of those there were before."""
        for run_id in islice(self._folder.newest_ids(), _LOOKED_AT):
            if run_id in besides:
                continue
            with contextlib.suppress(ImporterError):
                run = self._folder.run(run_id)
                if any(Path(each.reference) == source for each in run.sources):
                    return run.id
        return None

    def causes(self, run: Run) -> list[dict[str, Json]]:
        """Say why rows failed, the most frequent cause first."""
        with self._folder.open_journal(run, thorough=False) as journal:
            found = [(each.code, each.count) for each in journal.errors()]
        return [
            {
                "code": code,
                "rows": count,
                "title": BY_NAME[code].title if code in BY_NAME else code,
            }
            for code, count in found
        ]

    def undo_stands_open(self, run: Run) -> bool:
        """Tell whether somebody began to take a run back, and it is not at its end."""
        if run.undone_at is None:
            return False
        with self._folder.open_journal(run, thorough=False) as journal:
            undos = [each for each in journal.sessions() if each.kind is SessionKind.UNDO]
        return bool(undos) and undos[-1].state is not RunState.FINISHED

    def taken_back(self, run: Run) -> dict[str, Json]:
        """Say what taking a run back came to, with the reasons for what stayed."""
        with self._folder.open_journal(run, thorough=False) as journal:
            counts, reasons = journal.undo.counts(), journal.undo.reasons(_REASONS)
        return {**{status.value: rows for status, rows in counts.items()}, "reasons": {**reasons}}

    def rows(self, run: Run, *, status: str, after: RowId, count: int) -> list[dict[str, Json]]:
        """Give how rows ended, in source order, from those behind a row on. Raises SettingsError."""
        past = RunHistory(self._folder.path).find(run.id)
        return [
            self._said_of(run, each) for each in past.rows(status=status or None, after=after, count=count)
        ]

    def search(
        self, run: Run, text: str, *, status: str, after: RowId, count: int
    ) -> tuple[list[dict[str, Json]], RowId | None]:
        """Find rows that hold a text, with the cell that does, and say how far was looked. Raises SettingsError."""
        table = self.file(run.id, "results.csv")
        sources = [source.name for source in run.sources]
        found = search_rows(table, text, sources=sources, status=status, after=after, count=count)
        past = RunHistory(self._folder.path).find(run.id)
        return [
            self._said_of(run, ended) | {"column": each.column, "cell": each.cell}
            for each in found.rows
            for ended in past.rows(after=each.id - 1, count=1)
            if ended.id == each.id
        ], found.looked_to

    def _said_of(self, run: Run, row: PastRow) -> dict[str, Json]:
        return {
            "row": row.number,
            "source": row.source,
            "id": row.id,
            "status": row.outcome.status.value,
            "code": row.outcome.code,
            "message": row.outcome.message,
            "contact_id": row.outcome.contact_id,
            "link": self._link(run, row.outcome),
        }

    @staticmethod
    def _link(run: Run, outcome: Outcome) -> str | None:
        """Give the address of a row's contact in HighLevel; none of a stand-in's."""
        location = outcome.location_id or run.location_id
        if (
            run.sandbox
            or outcome.contact_id is None
            or location is None
            or run.base_url.rstrip("/") != DEFAULT_BASE_URL
        ):
            return None
        return f"https://app.gohighlevel.com/v2/location/{location}/contacts/detail/{outcome.contact_id}"
