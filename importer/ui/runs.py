"""Runs as the screen shows and steers them, whoever started them: their folders say where they stand and take wishes."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, Final

from importer.errors import ImporterError, SettingsError
from importer.records import Counts, Json, value_type
from importer.runtime.environment import user_at_host
from importer.state import StateFolder
from importer.state.journal import Run
from importer.state.remote import EndWish, leave_wish, read_progress

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
_LOOKED_AT: Final = 40
"""So many of the newest runs may be under way: more than anybody has at once."""


@value_type(frozen=True, slots=True, kw_only=True)
class RunLine:
    """One run in a list."""

    run: Run
    counts: Counts
    retryable: int

    def to_json(self) -> dict[str, Json]:
        run = self.run
        return {
            "run_id": run.id,
            "state": run.state.value if run.undone_at is None else "undone",
            "reason": run.reason,
            "reason_code": run.reason_code,
            "started_at": run.started_at,
            "source": ", ".join(source.name for source in run.sources),
            "mapping": run.mapping_path.name,
            "location_id": run.location_id,
            "sandbox": run.sandbox,
            "rows": self.counts.read,
            "created": self.counts.created,
            "updated": self.counts.updated,
            "skipped": self.counts.skipped,
            "failed": self.counts.failed,
            "pending": self.counts.pending,
            "retryable": self.retryable,
        }


class ScreenRuns:
    """The runs of one state folder."""

    def __init__(self, state: Path) -> None:
        self._folder = StateFolder(state)

    def find(self, run_id: str) -> Run:
        """Read a run by its whole id. Raises SettingsError where there is none: an id is looked up, not made a path."""
        if run_id not in self._folder.run_ids():
            raise SettingsError("There is no such run in this state folder; it may have been forgotten.")
        return self._folder.run(run_id)

    def line(self, run: Run) -> RunLine:
        with self._folder.open_journal(run, thorough=False) as journal:
            return RunLine(run=run, counts=journal.counts(), retryable=journal.retryable())

    def newest(self, most: int) -> list[RunLine]:
        """List runs, the newest first; what cannot be read is left out."""
        found: list[RunLine] = []
        for run_id in self._folder.run_ids()[:most]:
            with contextlib.suppress(ImporterError):
                found.append(self.line(self._folder.run(run_id)))
        return found

    def under_way(self) -> list[dict[str, Json]]:
        """Say where each run stands on which a process works now."""
        found = []
        for run_id in self._folder.run_ids()[:_LOOKED_AT]:
            with contextlib.suppress(ImporterError):
                if self._folder.holder(run_id) is not None:
                    found.append(self.progress(self._folder.run(run_id)))
        return found

    def any_under_way(self) -> bool:
        return any(self._folder.holder(run_id) is not None for run_id in self._folder.run_ids()[:_LOOKED_AT])

    def is_held(self, run_id: str) -> bool:
        """Tell whether a process works on a run."""
        return self._folder.holder(run_id) is not None

    def forget(self, run_id: str) -> None:
        """Delete what is kept of a run. Raises RunConflictError while somebody works on it."""
        self._folder.forget(run_id)

    def progress(self, run: Run) -> dict[str, Json]:
        """Say where a run stands, by what it wrote itself."""
        snapshot: dict[str, Any] = read_progress((self.results(run), self._folder.run_folder(run.id))) or {}
        owner = self._folder.holder(run.id)
        undoing = owner is not None and "undo" in owner.work
        return {
            **snapshot,
            "run_id": run.id,
            "under_way": owner is not None and not undoing,
            "undoing": undoing,
            "state": run.state.value if run.undone_at is None else "undone",
            "reason": run.reason,
            "reason_code": run.reason_code,
            "source": ", ".join(source.name for source in run.sources),
            "location_id": run.location_id,
            "sandbox": run.sandbox,
        }

    def wish(self, run_id: str, wish: EndWish) -> None:
        """Ask the process that works on a run to end. Raises SettingsError where none does."""
        run = self.find(run_id)
        owner = self._folder.holder(run.id)
        if owner is None:
            raise SettingsError("This run is not under way any more.")
        folder = self._folder.run_folder(run.id)
        leave_wish(folder, wish, by=f"the screen, {user_at_host()}", pid=owner.pid)

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
        for run_id in self._folder.run_ids()[:_LOOKED_AT]:
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
            return [{"code": each.code, "rows": each.count} for each in journal.errors()]
