"""The state folder: a folder for each run, locks, and what is remembered of quotas. For its owner's eyes only."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from importer.errors import ImporterError, RunConflictError, SettingsError, StateError
from importer.records import QuotaMark, value_type
from importer.runtime.clock import Clock, SystemClock
from importer.runtime.environment import variables
from importer.runtime.logs import logger_of
from importer.runtime.process_lock import LockHeldError, Owner, this_process
from importer.state.journal import Identity, Journal, NeverBegunError, Run, RunState, read_identity
from importer.state.journal.storage import FILE_NAME as JOURNAL_NAME
from importer.state.journal.undo_book import IMAGES_MARK
from importer.state.locks import holder, locked
from importer.state.neighbours import Neighbours
from importer.state.parts import is_split
from importer.state.past_runs import PastRuns, unusable
from importer.state.place import state_words
from importer.state.plans import StoredPlan
from importer.state.postgres.faces import Face, face_of
from importer.state.previous import Previous, find_last_of_mapping, find_previous
from importer.state.quota import QuotaMemory, latest

if TYPE_CHECKING:
    from importer.state.postgres.locks import HeldLocations

logger = logger_of(__name__)

KEEP_DAYS_VARIABLE: Final = "IMPORTER_KEEP_DAYS"
DAY_SECONDS: Final = 86_400
KEEP_IMAGES_DAYS: Final = 30

_KILLED: Final = "the process ended without a word (killed, or a power cut)"
_KEPT: Final = (
    "Run %s stored %d contacts that still wait for their tags, or what else follows: %s does not delete it. "
    "Finish it with: importer resume %s; or delete it with: importer forget %s"
)
_FORGOTTEN: Final = ".forgotten-"
_DRAFT_SECONDS: Final = 3_600
_QUOTA_SECONDS: Final = DAY_SECONDS + 3_600
_MARK_AHEAD_SECONDS: Final = 2.0
"""A mark speaks for a moment to come, since the process may be killed before the next one is written."""
_UNDO: Final = "the undo of run"
"""What a lock is held for that an undo holds, with the id behind it."""


@value_type(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A folder made for a run that has not begun: its sources are staged into ``sources``."""

    id: str
    path: Path
    sources: Path
    started_at: float

    def discard(self) -> None:
        """Delete it, copies and all: the run does not take place."""
        if (face := face_of(self.path / JOURNAL_NAME)) is not None:
            _drop_run(face, self.path)
        shutil.rmtree(self.path, ignore_errors=True)


class StateFolder:
    """All that outlives a process, under one path. Folders that are made here are 0700, files 0600."""

    def __init__(self, path: Path, *, clock: Clock | None = None) -> None:
        self.path = path
        self._clock = clock or SystemClock()
        self._locks = path / "locks"
        self._past = PastRuns(path, read=self.run, locked=self._at_rest)

    # runs

    def new_run(self) -> NewRun:
        """Make the folder of a new run; ids sort by time and are short enough to type."""
        _make_private(self.path, self._past.path)
        started_at = self._clock.now()
        moment = int(started_at * 65_536)
        while True:
            path = self.run_folder(_run_id(moment))
            try:
                path.mkdir(mode=0o700)
            except FileExistsError:
                moment += 1
                continue
            except OSError as cause:
                raise unusable(self.path, cause) from cause
            _make_private(path / "sources")
            if face_of(path / JOURNAL_NAME) is not None:  # a worker's role makes no tables
                QuotaMemory(self.path).begin()
            return NewRun(id=path.name, path=path, sources=path / "sources", started_at=started_at)

    def run_folder(self, run_id: str) -> Path:
        return self._past.path / run_id

    def open_journal(self, run: Run, *, thorough: bool = True) -> Journal:
        return Journal.open(self.run_folder(run.id), thorough=thorough, clock=self._clock)

    def runs(self) -> Iterator[Run]:
        """Yield the runs, newest first; a run whose process died shows as stopped. Damaged ones are left out."""
        for run_id in self.run_ids():
            with contextlib.suppress(ImporterError):
                yield self.run(run_id)

    def run_ids(self) -> tuple[str, ...]:
        """List the ids of all runs that began, damaged ones too, newest first."""
        return self._past.ids()

    def newest_ids(self, begins: str = "") -> Iterator[str]:
        """Give the ids of ``run_ids`` that begin so, one after the other, without a look at those that nobody takes."""
        return self._past.newest(begins)

    def run(self, run_id: str) -> Run:
        """Read one run by its full id."""
        with Journal.open(self.run_folder(run_id), thorough=False) as journal:
            run = journal.run
        return self.as_it_stands(run)

    def as_it_stands(self, run: Run) -> Run:
        """Give a run as its journal has it, but stopped where the process that worked on it died."""
        if run.state is not RunState.RUNNING or self.holder(run.id) is not None:
            return run
        # Of a run over many workers, parts are under way or wait for one, whoever holds the run as a whole.
        if not is_split(self.run_folder(run.id)):
            return replace(run, state=RunState.STOPPED, reason=_KILLED, reason_code="killed")
        return run

    def find(self, wanted: str | None = None) -> Run:
        """Find a run by the beginning of its id, or the newest; SettingsError when there is none, or several."""
        if wanted is None:
            return self._newest()
        return self.run(self.match_id(wanted))

    def _newest(self) -> Run:
        for run_id in self.newest_ids():
            with contextlib.suppress(NeverBegunError):
                return self.run(run_id)
        raise SettingsError(f"There are no runs in {state_words(self.path)}. Start one with: importer run")

    def match_id(self, wanted: str) -> str:
        """Complete the beginning of an id, of a damaged run too; SettingsError for none or several."""
        if not wanted.strip():
            raise SettingsError("An empty text names no run. Give the beginning of an id; see: importer runs")
        matching = list(self.newest_ids(wanted))
        if wanted in matching:
            return wanted
        if not matching:
            raise SettingsError(f"There is no run {wanted!r} in {state_words(self.path)}. See: importer runs")
        if len(matching) > 1:
            raise SettingsError(
                f"{wanted!r} could be any of the runs {', '.join(matching)}. Give more of the id."
            )
        return matching[0]

    def previous(self, candidate: Run) -> Previous | None:
        """Find the run that ``candidate`` would repeat; ask while holding its lock.

        Raises StateError when a damaged run has the same source: it may have sent half of it.
        """
        same = self._past.with_sources_of(Identity.of(candidate), but=candidate.id)
        return find_previous(candidate, same)

    def runs_of_contents(self, place: str, contents: tuple[str, ...]) -> Iterator[Callable[[], Run]]:
        """Give the ways to read the runs that had sources of these bytes in a place, newest first."""
        for identity, read in self._past.with_contents(place, contents):
            if (identity.place, identity.contents) == (place, contents):
                yield read

    def imported_by(self, run_id: str) -> str:
        """Name the sources of a run, as far as is known without opening its journal."""
        identity = read_identity(self.run_folder(run_id))
        return "" if identity is None else ", ".join(Path(each).name for each in identity.references)

    def last_of_mapping(self, place: str, mapping: Path, *, but: str = "") -> Run | None:
        """Find the newest run by a mapping file in a place, but for the one of an id."""
        return find_last_of_mapping(place, mapping, self._past.by_mapping(place, mapping, but=but))

    def origin_of(self, reference: str) -> str | None:
        """Tell which run wrote a ``failed`` file, by the folder it lies in: its results folder bears the run's id."""
        path = Path(reference)
        if not path.name.startswith("failed."):
            return None
        name = path.absolute().parent.name
        return name if name and self._past.has(name) else None

    # locks

    @contextlib.contextmanager
    def lock(self, run: Run, *, undoing: bool = False) -> Iterator[None]:
        """Hold a run and its sources in their place; RunConflictError tells who else holds one of them, and for what."""
        owner = self._owner(run.id, undoing=undoing)
        with contextlib.ExitStack() as held:
            try:
                for path in self._lock_paths(run):
                    held.enter_context(locked(path, owner))
            except LockHeldError as conflict:
                raise _conflict(run, conflict.owner) from None
            yield

    def holder(self, run_id: str) -> Owner | None:
        """Tell which live process works on a run."""
        return holder(self._run_lock(run_id))

    @contextlib.contextmanager
    def _at_rest(self, run_id: str) -> Iterator[None]:
        with locked(self._run_lock(run_id), self._owner(run_id), wait_seconds=0):
            yield

    def _lock_paths(self, run: Run) -> Iterator[Path]:
        yield self._run_lock(run.id)
        keys = {
            hashlib.sha256(
                # whatever is corrected in it: two runs of one file would send its rows twice
                "\n".join((source.content_sha256, run.place, run.location_id or "*")).encode()
            ).hexdigest()
            for source in run.sources
        }
        for key in sorted(keys):
            yield self._locks / f"source-{key[:32]}.lock"

    def _owner(self, run_id: str, *, undoing: bool = False) -> Owner:
        work = f"{_UNDO} {run_id}" if undoing else f"run {run_id}"
        return this_process(work, self._clock.now())

    def _run_lock(self, run_id: str) -> Path:
        return self._locks / f"{run_id}.lock"

    # people's data

    def forget(self, run_id: str) -> None:
        """Delete a run's journal, its copies of the sources and its mapping; what it used of a quota stays known."""
        with self.idle(run_id):
            self._keep_quota(run_id)
            self._delete(self.run_folder(run_id))
        self._past.let_go()

    @contextlib.contextmanager
    def idle(self, run_id: str) -> Iterator[None]:
        """Keep everybody from a run's folder; RunConflictError tells who is at work there."""
        try:
            with locked(self._run_lock(run_id), self._owner(run_id)):
                self._refuse_workers(run_id)
                yield
        except LockHeldError as conflict:
            raise RunConflictError(
                f"{conflict.owner or run_id} is at work. Stop it first, or wait for its end."
            ) from None

    def _refuse_workers(self, run_id: str) -> None:
        if (face := face_of(self.run_folder(run_id) / JOURNAL_NAME)) is not None:
            from importer.state.postgres.schemas import refuse_in_use

            refuse_in_use(face, run_id)

    def unfinished_rows(self, run_id: str) -> int:
        """Count the contacts of a run that wait for what follows; 0 for one whose journal cannot be read any more."""
        with (
            contextlib.suppress(ImporterError),
            self.open_journal(self.find(run_id), thorough=False) as journal,
        ):
            # of a run that was taken back nothing is to be finished any more
            return 0 if journal.run.undone_at else journal.unfinished_rows()
        return 0

    def sweep(self, keep_days: float | None) -> tuple[str, ...]:
        """Forget the runs that ended more than ``keep_days`` ago, and what an interrupted start or forget left."""
        self._sweep_leftovers()
        self._sweep_images()
        if keep_days is None:
            return ()
        before = max(0.0, self._clock.now() - keep_days * DAY_SECONDS)
        forgotten = []
        oldest_kept = _run_id(int(before * 65_536))
        for run_id in self.run_ids():
            if run_id < oldest_kept and self._ended_before(run_id, before):
                if rows := self.unfinished_rows(run_id):
                    logger.warning(_KEPT, run_id, rows, KEEP_DAYS_VARIABLE, run_id, run_id)
                    continue
                with contextlib.suppress(RunConflictError):
                    self.forget(run_id)
                    forgotten.append(run_id)
        return tuple(forgotten)

    def _sweep_images(self) -> None:
        """Forget what runs found at their contacts, and what they decided by it, some weeks after they ended."""
        before = max(0.0, self._clock.now() - KEEP_IMAGES_DAYS * DAY_SECONDS)
        for run_id in self._past.with_images(_run_id(int(before * 65_536))):
            if self._ended_before(run_id, before):
                with contextlib.suppress(ImporterError, LockHeldError, OSError):
                    self._forget_images(run_id)
                    (self.run_folder(run_id) / IMAGES_MARK).unlink(missing_ok=True)

    def _forget_images(self, run_id: str) -> None:
        folder = self.run_folder(run_id)
        with locked(self._run_lock(run_id), self._owner(run_id)):
            self._refuse_workers(run_id)
            with Journal.open(folder, thorough=False, clock=self._clock) as journal:
                journal.forget_images()
            StoredPlan.discard(folder)

    def _ended_before(self, run_id: str, moment: float) -> bool:
        try:
            run = self.run(run_id)
        except ImporterError:
            return True  # damaged, and begun before
        return (run.finished_at or run.started_at) < moment and run.state is not RunState.RUNNING

    def _sweep_leftovers(self) -> None:
        for folder in self._past.leftovers():
            if folder.name.startswith(_FORGOTTEN) or self._abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)

    def _abandoned(self, entry: Path) -> bool:
        # A run that is staging a large download has no journal yet either.
        return entry.is_dir() and entry.stat().st_mtime < self._clock.now() - _DRAFT_SECONDS

    def _delete(self, folder: Path) -> None:
        # Renamed first: cut in the middle, what is left is not taken for a run, and the next sweep deletes it.
        if (face := face_of(folder / JOURNAL_NAME)) is not None:
            _drop_run(face, folder)
            shutil.rmtree(
                folder, ignore_errors=True
            )  # this machine's scratch; others' sweeps see that the run is gone
            return
        doomed = folder.with_name(f"{_FORGOTTEN}{folder.name}-{secrets.token_hex(2)}")
        try:
            folder.rename(doomed)
            shutil.rmtree(doomed)
        except OSError as cause:
            raise StateError(
                f"{folder} cannot be deleted whole: {cause.strerror}. Close what has its files open, then again."
            ) from cause

    # quota

    def quota_marks(self, base_url: str, location_ids: Iterable[str] | None = None) -> dict[str, QuotaMark]:
        """Tell what was last known of the quota of locations: of every run of the last day, forgotten ones too."""
        since = self._clock.now() - _QUOTA_SECONDS
        found = latest(QuotaMemory(self.path).marks(base_url), self._past.quota_marks(base_url, since))
        wanted = None if location_ids is None else set(location_ids)
        # A mark from later than now was written before the clock was set back: nobody is to wait for that hour again.
        latest_at = self._clock.now() + _MARK_AHEAD_SECONDS
        return {
            key: replace(mark, at=min(mark.at, latest_at))
            for key, mark in found.items()
            if wanted is None or key in wanted
        }

    def sharing(self, journal: Journal, base_url: str) -> HeldLocations | Neighbours:
        """Give a run its view of the others that send to the same locations; over many machines, each has its own alone."""
        return journal.location_locks(base_url) or self.neighbours(journal.run.id, base_url)

    def neighbours(self, run_id: str, base_url: str) -> Neighbours:
        """Give a run its view of the others of this machine that send to the same locations."""
        folder = self.path / "sending"
        _make_private(self.path, folder)
        return Neighbours(
            folder,
            base_url=base_url,
            run_id=run_id,
            alive=lambda other: self.holder(other) is not None,
        )

    def remember_quota(self, base_url: str, marks: Mapping[str, QuotaMark]) -> None:
        """Keep marks beyond the run that made them."""
        _make_private(self.path)
        QuotaMemory(self.path).remember(base_url, marks)

    def run_ids_since(self, since: float) -> Iterator[str]:
        """Name the runs whose journals were written to since a moment, newest first."""
        return self._past.used_since(since)

    def _keep_quota(self, run_id: str) -> None:
        # A damaged journal must be deletable all the same.
        with (
            contextlib.suppress(ImporterError),
            Journal.open(self.run_folder(run_id), thorough=False) as journal,
        ):
            if marks := journal.quota_marks():
                self.remember_quota(journal.run.base_url, marks)


def keep_days_from_environment() -> float | None:
    """Read IMPORTER_KEEP_DAYS; None keeps runs for good."""
    text = variables().get(KEEP_DAYS_VARIABLE, "").strip()
    if not text:
        return None
    try:
        days = float(text)
    except ValueError:
        days = -1
    if not 0 <= days < 1e6:
        raise SettingsError(f"{KEEP_DAYS_VARIABLE} is {text!r}: give a number of days, such as 30.")
    return days


def _drop_run(face: Face, folder: Path) -> None:
    from importer.state.kept_files import KeptFiles
    from importer.state.postgres.schemas import drop_run

    KeptFiles(folder).delete_all()
    drop_run(face, folder.name)


def _run_id(moment: int) -> str:
    """Name a run by the moment of its start, in 65,536ths of a second: ids sort by time."""
    stamp = datetime.fromtimestamp(moment // 65_536, tz=UTC).strftime("%Y%m%d-%H%M%S")
    return f"{stamp}-{moment % 65_536:04x}"


def _conflict(run: Run, owner: Owner | None) -> RunConflictError:
    names = ", ".join(source.name for source in run.sources)
    what = f"{names} is being imported by {owner or 'another process'}"
    if owner is not None and owner.work.startswith(_UNDO):
        what = f"The import of {names} is being taken back by {owner}"
    return RunConflictError(f"{what}. Wait for its end, or stop it with Ctrl-C.")


def _make_private(*folders: Path) -> None:
    try:
        for folder in folders:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as cause:
        raise unusable(folders[0], cause) from cause
