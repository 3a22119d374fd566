"""Forgetting one person everywhere in the state folder: what is there of him, and that it goes."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from importer.errors import ImporterError, RunConflictError, SettingsError
from importer.mapping import parse_mapping
from importer.mirror.folder import MirrorFolder
from importer.mirror.store import Mirror
from importer.reading.mentions import mentions
from importer.records import RowId, row_id, value_type
from importer.runs.intake import open_staged
from importer.runs.remembered import recalled
from importer.runtime.addresses import mention_of
from importer.runtime.clock import Clock, SystemClock
from importer.settings import Connection, ReadingOptions
from importer.sources import StagedSource
from importer.sources.corrections import kept_corrections
from importer.state import StateFolder
from importer.state.database import delete_database
from importer.state.journal import Run, RunState
from importer.state.journal.forgetting import PersonTraces, contacts_of, count_rows, forget_rows
from importer.state.journal.storage import fetch_sources
from importer.state.kept_files import KeptFiles
from importer.state.memory import KeyHolders, Memory
from importer.state.named_files import FILE_NAME as NAMED_FILES
from importer.state.plans import Plans

_OWN_PLAN: Final = "plan.db"


@value_type(frozen=True, slots=True, kw_only=True)
class ForgottenIn:
    """What went of one run. ``beyond``: its sources and results, which are the user's own files."""

    run_id: str
    rows: int
    copies: tuple[str, ...]
    beyond: tuple[Path, ...]


@value_type(frozen=True, slots=True, kw_only=True)
class ForgottenPerson:
    """What was found of a person, and deleted. ``unread``: what could not be looked through, and why."""

    runs: tuple[ForgottenIn, ...] = ()
    plans: tuple[str, ...] = ()
    mirrored: int = 0
    remembered: int = 0
    unread: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        return not (self.runs or self.plans or self.mirrored or self.remembered)


@value_type(frozen=True, slots=True, kw_only=True)
class _Found:
    """A run, the rows of a person in its copies, and the copies that hold him."""

    run: Run
    rows: tuple[RowId, ...] = ()
    copies: tuple[StagedSource, ...] = ()


def forget_person(
    email: str, state_path: Path, *, reading: ReadingOptions, clock: Clock | None = None
) -> ForgottenPerson:
    """Delete what the state folder holds of a person. Raises RunConflictError, and deletes nothing, where a run still needs it."""
    wanted = email.strip().lower()
    if "@" not in wanted or any(sign.isspace() for sign in wanted):
        raise SettingsError(f"{email!r} is no e-mail address.")
    return _Forgetting(wanted, StateFolder(state_path), reading, clock or SystemClock()).go()


class _Forgetting:
    def __init__(self, email: str, state: StateFolder, reading: ReadingOptions, clock: Clock) -> None:
        self._email = email
        self._mention = mention_of(email)
        self._state = state
        self._reading = reading
        self._mirrors = MirrorFolder(state.path, clock=clock)
        self._contacts: set[str] = set()
        self._unread: list[str] = []

    def go(self) -> ForgottenPerson:
        found = list(self._look_through_runs())
        self._look_through_mirrors()
        meant = [each for each in found if self._is_meant(each)]
        self._refuse_unfinished(meant)
        with contextlib.ExitStack() as locks:
            for each in meant:
                locks.enter_context(self._state.idle(each.run.id))
            forgotten = tuple(map(self._forget_run, meant))
        return ForgottenPerson(
            runs=forgotten,
            plans=tuple(self._forget_plans()),
            mirrored=self._forget_mirrored(),
            remembered=self._forget_remembered([each.run for each in found]),
            unread=tuple(self._unread),
        )

    # where the person is

    def _look_through_runs(self) -> Iterator[_Found]:
        for run_id in self._state.run_ids():
            try:
                run = self._state.run(run_id)
            except ImporterError as cause:
                self._unread.append(str(cause))
                continue
            found = self._look_through(run)
            self._contacts |= contacts_of(
                self._state.run_folder(run_id), PersonTraces(email=self._email, rows=found.rows)
            )
            yield found

    def _look_through(self, run: Run) -> _Found:
        self._bring_copies(run)
        there = [source for source in run.sources if source.path.is_file()]
        rows: list[RowId] = []
        copies: list[StagedSource] = []
        for source in there:
            his, trouble = self._try_rows_in(run, source)
            rows.extend(his)
            try:
                if his or mentions(source.path, self._email) or self._is_corrected(source):
                    copies.append(source)
                    continue
            except ImporterError as cause:
                trouble = trouble or str(cause)
            if trouble is not None:
                self._unread.append(f"The copy of {source.name} that run {run.id} keeps: {trouble}")
        return _Found(run=run, rows=tuple(rows), copies=tuple(copies))

    def _bring_copies(self, run: Run) -> None:
        """Bring what other machines took copies of; where a person was forgotten before, there are none."""
        folder = self._state.run_folder(run.id)
        if not KeptFiles(folder).are_there:
            return
        try:
            fetch_sources(run, folder)
        except ImporterError as cause:
            self._unread.append(str(cause))

    def _try_rows_in(self, run: Run, copy: StagedSource) -> tuple[list[RowId], str | None]:
        try:
            return list(self._rows_in(run, copy)), None
        except ImporterError as cause:
            return [], str(cause)

    def _rows_in(self, run: Run, copy: StagedSource) -> Iterator[RowId]:
        """Read a copy as the run did, for the rows that have the e-mail in any cell."""
        mapping = parse_mapping(run.mapping_text, name=str(run.mapping_path))
        connection = Connection(base_url=run.base_url)
        settings = recalled(run, connection=connection, state=self._state.path, reading=self._reading)
        (source,) = open_staged([copy], mapping, settings.reading)
        for block in source.blocks():
            for number, cells in zip(block.numbers, block.rows, strict=True):
                if any(map(self._mention.search, cells)):
                    yield row_id(copy.index, number)

    def _is_corrected(self, copy: StagedSource) -> bool:
        """Look at what corrections put in place of what, since a walk shows only the latter."""
        corrections = kept_corrections(copy) if copy.corrections_path.is_file() else None
        texts = (text for each in corrections or () for text in (each.before, each.after))
        cells = (cell for text in texts for cell in ((text,) if isinstance(text, str) else text))
        return any(map(self._mention.search, cells))

    def _look_through_mirrors(self) -> None:
        for path in self._mirrors.all():
            with self._open_mirror(path) as mirror:
                if mirror is not None:
                    self._contacts.update(mirror.find((f"email:{self._email}",)).contacts)

    @contextlib.contextmanager
    def _open_mirror(self, path: Path) -> Iterator[Mirror | None]:
        try:
            mirror = Mirror.open(path)
        except ImporterError as cause:
            self._unread.append(str(cause))
            yield None
            return
        with mirror:
            yield mirror

    def _traces(self, found: _Found) -> PersonTraces:
        return PersonTraces(email=self._email, contact_ids=self._contacts, rows=found.rows)

    def _is_meant(self, found: _Found) -> bool:
        folder = self._state.run_folder(found.run.id)
        return bool(found.copies) or count_rows(folder, self._traces(found)) > 0

    def _refuse_unfinished(self, found: Sequence[_Found]) -> None:
        """Refuse while a run has rows to send: without its copies it could never end."""
        for each in found:
            run = each.run
            if run.state is RunState.FINISHED and not self._state.unfinished_rows(run.id):
                continue
            raise RunConflictError(
                f"Run {run.id} has this person, and is not finished: nothing was deleted. Finish it with: importer resume "
                f"{run.id}; or delete all of it with: importer forget {run.id}"
            )

    # and goes

    def _forget_run(self, found: _Found) -> ForgottenIn:
        run, folder = found.run, self._state.run_folder(found.run.id)
        rows = count_rows(folder, self._traces(found))
        forget_rows(folder, self._traces(found))
        # A row of the same person without the e-mail stands in a copy that does not mention it.
        for source in run.sources:
            source.path.unlink(missing_ok=True)
            source.corrections_path.unlink(missing_ok=True)
            source.rows_path.unlink(missing_ok=True)
        for name in (_OWN_PLAN, NAMED_FILES):
            delete_database(folder / name)
        for name in ("mirrors", "parts"):  # of an embedded sandbox; what a worker on this machine was given
            shutil.rmtree(folder / name, ignore_errors=True)
        KeptFiles(folder).delete_all()
        return ForgottenIn(
            run_id=run.id,
            rows=rows,
            copies=tuple(source.name for source in run.sources),
            beyond=tuple(_beyond(run)),
        )

    def _forget_plans(self) -> Iterator[str]:
        """Delete the plans that have the person: one without his rows would not be the plan that was approved."""
        plans = Plans(self._state.path)
        contacts = "".join(f"|{re.escape(each)}" for each in sorted(self._contacts))
        wanted = re.compile(f"{self._mention.pattern}{contacts}", re.IGNORECASE)
        doomed = [plan_id for plan_id, stored in plans.open_each() if stored.mentions(wanted)]
        for plan_id in doomed:
            plans.discard(plan_id)
            yield plan_id

    def _forget_mirrored(self) -> int:
        gone = 0
        for path in self._mirrors.all():
            with self._open_mirror(path) as mirror:
                if mirror is not None and (his := mirror.by_ids(self._contacts)):
                    mirror.forget(his)
                    gone += len(his)
        return gone

    def _forget_remembered(self, runs: Sequence[Run]) -> int:
        forgotten = 0
        places = {(run.base_url.rstrip("/"), run.location_id) for run in runs if run.location_id is not None}
        if Memory.is_in(self._state.path):
            with Memory.open(self._state.path) as memory:
                places |= memory.places()
                forgotten += memory.forget(f"email:{self._email}", self._contacts)
        if KeyHolders.is_in(self._state.path):
            for server in sorted({server for server, _ in places}):
                texts = [f"{location}\0email:{self._email}" for place, location in places if place == server]
                with KeyHolders.open(self._state.path, place=server, run_id="") as holders:
                    forgotten += holders.forget(texts)
        return forgotten


def _beyond(run: Run) -> Iterator[Path]:
    """Name the files and folders of the user's own that have the person still."""
    for source in run.sources:
        path = run.working_folder / source.reference
        if path.is_file():
            yield path
    results = Path(str(run.options.get("output", ""))) / run.id
    if results.is_dir():
        yield results
