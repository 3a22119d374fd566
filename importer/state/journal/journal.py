"""The truth of one run: what may have been sent, what landed, how each row ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self, TypeVar

from importer.errors import StateError
from importer.records import (
    Added,
    Append,
    BeforeImage,
    Counts,
    FollowUpMark,
    Intent,
    Landed,
    Outcome,
    Pulse,
    QuotaMark,
    Remedy,
    RowId,
    RowState,
    Status,
)
from importer.runtime.clock import Clock, SystemClock
from importer.runtime.counting import counted
from importer.runtime.logs import logger_of
from importer.state.database import DamagedError, Database, create_database, database_is_there
from importer.state.journal import figures
from importer.state.journal.appends import Appends
from importer.state.journal.integrity import LAST_ROW, Loss, damaged
from importer.state.journal.rows import (
    ADDED_COLUMNS,
    INTENT_COLUMNS,
    LANDED_COLUMNS,
    MARK_COLUMNS,
    OUTCOME_COLUMNS,
    QUOTA_COLUMNS,
    SqlCells,
    added_cells,
    added_of,
    image_cells,
    intent_cells,
    intent_of,
    landed_cells,
    landed_of,
    mark_cells,
    mark_of,
    outcome_cells,
    outcome_of,
)
from importer.state.journal.run import Operator, Run, RunState, Session, SessionKind
from importer.state.journal.seal import SEAL_NAME, Seal, read_seal
from importer.state.journal.sealed_appends import SealedAppends
from importer.state.journal.statements import (
    ADD,
    BY_DATE,
    INTEND,
    LAND,
    MADE_BY,
    MADE_HERE,
    MARK,
    MARK_QUOTA,
    OPEN,
    PULSE,
    REMEMBER,
    SETTLE,
    WITHDRAW,
)
from importer.state.journal.storage import (
    BEGINNING,
    FILE_NAME,
    PURPOSE,
    NeverBegunError,
    begin_session,
    fetch_sources,
    keep_beside,
    keep_sources,
    migrate_to_date,
    open_up_to_date,
    read_quota_marks,
    read_run,
    sync_run,
    write_run,
)
from importer.state.journal.undo_book import IMAGES_MARK, UndoBook, images_of, reached_contacts
from importer.state.quota import REMEMBER_IN_POSTGRES, QuotaMemory

if TYPE_CHECKING:
    from importer.state.journal.shared_writer import PartWriters
    from importer.state.postgres.locks import HeldLocations

_PAGE: Final = 2_000

logger = logger_of(__name__)

_REFUSED: Final = "FROM outcomes WHERE status = ? AND remedy = ?"
_REFUSED_VALUES: Final = (Status.FAILED.value, Remedy.FIX_ROW.value)
_Answer = TypeVar("_Answer")


class Journal:
    """One run's SQLite file, or schema of Postgres; there it may be that of one part, and then knows of no other.

    What is written of rows is one durable transaction: when it returns, a power cut changes nothing.
    A row's state only ever goes forward: nothing, intent, landed (with a mark for each of its follow-ups), outcome; an orderly stop
    takes back the intents of rows that it kept from being sent. An outcome is never replaced, save that of a failed row which a retry settles anew; the earlier one is kept beside it.
    """

    def __init__(
        self,
        folder: Path,
        db: Database,
        run: Run,
        clock: Clock,
        appends: Appends,
    ) -> None:
        self.folder = folder
        self.run = run
        self.path = folder / FILE_NAME
        self._db = db
        self._clock = clock
        self._pass: int = db.execute("SELECT pass FROM run").fetchone()[0]
        self._contacts_indexed = False
        self._images_marked = False
        self._quota_begun = False
        self._appends = appends

    @classmethod
    def create(
        cls, folder: Path, run: Run, *, clock: Clock | None = None, operator: Operator | None = None
    ) -> Self:
        """Begin a run in a folder that holds its staged sources already."""
        keep_beside(folder, run)
        clock = clock or SystemClock()
        db = create_database(folder / FILE_NAME, BEGINNING)
        try:
            if db.shared:
                keep_sources(run, folder)
            with db.relaxed():  # it goes to the disk with the append behind it; before that, no run has begun
                migrate_to_date(db)
                write_run(db, run, folder, operator)
            journal = cls(folder, db, run, clock, _appends_to(db, run, clock))
            with journal._appends.one():
                pass  # from here on a seal is there
            journal._appends.sync()  # and can be read after a power cut
            # With its log gone, a short run would otherwise be gone whole.
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            if not db.shared:
                sync_run(folder, run)
        except BaseException:
            db.close()
            raise
        db.purpose = PURPOSE
        return journal

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        thorough: bool = True,
        clock: Clock | None = None,
        part: str | None = None,
        writers: PartWriters | None = None,
    ) -> Self:
        """Open a run's journal; ``thorough`` reads it through for damage, which takes seconds for a million rows.

        ``part`` is the location whose rows it speaks of, where a run in Postgres was split; ``writers``: by which it is
        written, where this process has several parts. Raises DamagedError for a
        journal that is not as it was written. Of one that ends earlier than its seal says, ``loss`` tells what may be
        missing.
        """
        clock = clock or SystemClock()
        seal = _refuse_missing(folder)
        # A seal that cannot be read may be that of a run that sent all its rows.
        begun = seal.intents > 0 if seal is not None else (folder / SEAL_NAME).exists()
        db = open_up_to_date(folder / FILE_NAME, begun=begun)
        try:
            if thorough:  # going on with a damaged one could send rows twice
                db.refuse_damage()
            run = read_run(db, folder)
            journal = cls(folder, db, run, clock, _appends_to(db, run, clock, seal, part, writers))
            if thorough and db.shared:
                fetch_sources(run, folder)
            if thorough:
                journal._appends.refuse_altered()
                for sentence in journal._appends.doubts():
                    logger.warning("%s", sentence)
        except BaseException:
            db.close()
            raise
        return journal

    def close(self) -> None:
        try:
            self._appends.close()
        finally:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def shared(self) -> bool:
        """Whether it is in Postgres: what is asked of it waits for the server, and any thread may ask."""
        return self._db.shared

    @property
    def loss(self) -> Loss | None:
        """What is known to be lost of it; rows that may have been sent are in doubt."""
        return self._appends.loss

    @property
    def turn(self) -> int:
        """Number the taking by which this writes: whoever takes the same rows over has a higher number."""
        return self._appends.turn

    # what the sender writes

    def write(self, append: Append) -> Future[None]:
        """Begin to write an append; it is durable when the future is done, and where that failed nothing of it was written.

        In one step: with a cut between two, a person's later row could be known and the earlier one in doubt, and a
        resume would send the earlier one again, over the newer values. Of a row intended before, the earliest attempt
        stays known; settling a row again as it stands is harmless; in another way it is refused, and none is written.
        """
        intended = {intent.row for intent in append.intents}
        ended: tuple[Landed | Outcome, ...] = (*append.landed, *append.outcomes)
        return self._appends.begin(
            (INTEND, [intent_cells(intent) for intent in append.intents]),
            (REMEMBER, self._new_images(append.images)),
            (LAND, [landed_cells(each) for each in append.landed]),
            (MARK, [mark_cells(mark) for mark in append.marks]),
            (ADD, [added_cells(mark, mark.added) for mark in append.marks if mark.added is not None]),
            (BY_DATE, [(each.row,) for each in ended if each.by_date]),
            (SETTLE, [(*outcome_cells(outcome), self._pass) for outcome in append.outcomes]),
            (WITHDRAW, [
                intent_cells(intent)
                for intent in append.withdrawn
                if intent.row in intended or self._is_intended(intent.row)
            ]),
            last_row=max(intended, default=0),
        )  # fmt: skip

    def intend(self, intents: Iterable[Intent], images: Iterable[BeforeImage] = ()) -> None:
        """Write down rows before they are sent, and what they found."""
        self.write(Append(intents=list(intents), images=list(images))).result()

    def withdraw(self, intents: Iterable[Intent]) -> None:
        """Put back what was known of rows before a session intended them, and did not send them after all.

        Without ``attempts`` they were never sent, and nothing is known of them any more.
        """
        self.write(Append(withdrawn=list(intents))).result()

    def settle(self, outcomes: Iterable[Outcome]) -> None:
        """End rows."""
        self.append(outcomes=outcomes)

    def append(
        self,
        *,
        landed: Iterable[Landed] = (),
        marks: Iterable[FollowUpMark] = (),
        outcomes: Iterable[Outcome] = (),
        images: Iterable[BeforeImage] = (),
    ) -> None:
        """Land and settle rows, and mark follow-ups of landed ones, at once; with what the landed ones found."""
        self.write(
            Append(landed=list(landed), marks=list(marks), outcomes=list(outcomes), images=list(images))
        ).result()

    def pulse(self, *pulses: Pulse) -> None:
        """Keep stretches of sending for the report."""
        names = figures.PULSE_COLUMNS.split(", ")
        self._appends.note(PULSE, [tuple(getattr(pulse, name) for name in names) for pulse in pulses])

    def mark_quota(self, marks: Iterable[QuotaMark]) -> None:
        """Keep what is used of locations' quotas."""
        names = QUOTA_COLUMNS.split(", ")
        cells = [tuple(getattr(mark, name) for name in names) for mark in marks]
        self._appends.note(MARK_QUOTA, cells)
        if self._db.shared:  # where the runs of other machines look as well
            self._remember_quota(cells)

    def made_here(self, contact_id: str, before: RowId) -> bool:
        """Tell whether another row of this run has this contact already, so that ``before`` cannot have made it.

        Any earlier row counts, and a later one that made the contact: in a retry, the later row went first.
        """
        self._index_contacts()
        found = self._db.execute(MADE_HERE, {"contact": contact_id, "row": before}).fetchone()
        return bool(found[0])

    def made_by(self, row: RowId) -> str | Outcome | None:
        """Give the id of the contact that a row created; else how it ended, and None where it did not yet."""
        found = self._db.execute(MADE_BY, {"row": row}).fetchone()
        if found is not None:
            return str(found[0])
        return next(map(outcome_of, self._rows("outcomes", OUTCOME_COLUMNS, row, row)), None)

    def location_locks(self, base_url: str) -> HeldLocations | None:
        """Give the locks of locations that are held by the session that writes this; None for a file, which one machine has."""
        return self._appends.location_locks(base_url)

    # what the pipeline asks and says

    def row_states(self, first: RowId, last: RowId) -> dict[RowId, RowState]:
        """Tell what is known of the rows from ``first`` to ``last``; a row that is not there was never sent.

        In a retry, a failed row that is worth another try stands as before its outcome: landed when only its
        follow-ups failed (with what is known of each), else as an intent with its very first attempt, so that evidence
        from then still counts.
        """
        found: dict[RowId, RowState] = dict(self._appends.in_doubt(first, last))
        for cells in self._rows("intents", INTENT_COLUMNS, first, last, "attempts > 0"):
            found[cells[0]] = self._appends.as_it_may_be(intent_of(cells))
        marks: dict[RowId, tuple[FollowUpMark, ...]] = {}
        for mark in map(mark_of, self._rows("follow_ups", MARK_COLUMNS, first, last)):
            marks[mark.row] = (*marks.get(mark.row, ()), mark)
        for cells in self._rows("landed", LANDED_COLUMNS, first, last):
            intent = found.get(cells[0])
            since = intent.first_attempt_at if isinstance(intent, Intent) else None
            found[cells[0]] = landed_of(cells, marks.get(cells[0], ()), first_attempt_at=since)
        closed = f"NOT ({OPEN.format(self._pass)})"
        for cells in self._rows("outcomes", OUTCOME_COLUMNS, first, last, closed):
            found[cells[0]] = outcome_of(cells)
        return found

    def outcomes(self, first: RowId = 0, last: RowId = LAST_ROW) -> Iterator[Outcome]:
        """Yield the latest outcome of each settled row, in source order; rows settled meanwhile are met too."""
        while True:
            page = self._rows("outcomes", OUTCOME_COLUMNS, first, last, limit=_PAGE)
            yield from self._with_added(map(outcome_of, page), first, page[-1][0] if page else last)
            if len(page) < _PAGE:
                return
            first = page[-1][0] + 1

    def unfinished(self, first: RowId = 0, last: RowId = LAST_ROW) -> Iterator[Outcome]:
        """Show the rows whose contact is stored while something that follows is still due, as what they are so far."""
        return self._with_added(figures.unfinished(self._db, first, last), first, last)

    def added_beside(self, contact_id: str) -> dict[str, str]:
        """Give what rows of this run put, or found, beside a contact: by its id, the digest of what it says."""
        query = "SELECT id, digest FROM additions WHERE contact_id = ?"
        return dict(self._db.execute(query, (contact_id,)))

    def _with_added(self, outcomes: Iterable[Outcome], first: RowId, last: RowId) -> Iterator[Outcome]:
        """Put with each outcome what stands beside its contact for it."""
        added: dict[RowId, tuple[Added, ...]] = {}
        for cells in self._rows("additions", ADDED_COLUMNS, first, last):
            added[cells[0]] = (*added.get(cells[0], ()), added_of(cells))
        if not added:
            yield from outcomes
            return
        for outcome in outcomes:
            own = added.get(outcome.row)
            yield replace(outcome, added=own) if own else outcome

    def begin(self, kind: SessionKind, operator: Operator | None = None) -> None:
        """Note that a process goes on with the run; ``SessionKind.RETRY`` opens the failed rows worth another try."""
        ended = "the process ended without a word (killed, or a power cut)"
        with self._appends.one():
            self._db.execute(
                "UPDATE sessions SET state = 'stopped', reason = ? WHERE state = 'running'", (ended,)
            )
            begin_session(self._db, kind, self._clock.now(), operator)
            step = 1 if kind is SessionKind.RETRY else 0
            self._db.execute(
                "UPDATE run SET state = 'running', reason = NULL, reason_code = NULL, finished_at = NULL, "
                "pass = pass + ?",
                (step,),
            )
            self._pass += step
        self.run = replace(self.run, state=RunState.RUNNING, reason=None, reason_code=None, finished_at=None)

    def set_state(self, state: RunState, reason: str | None = None, *, code: str | None = None) -> None:
        """End the session. A run is not finished before each row has its outcome: that is checked here."""
        if state is RunState.FINISHED:
            self.check_accounting()
        ended_at = None if state is RunState.RUNNING else self._clock.now()
        # Known before it is written: a full disk refuses the line that says why the run stopped.
        self.run = replace(self.run, state=state, reason=reason, reason_code=code, finished_at=ended_at)
        with self._appends.one():
            self._db.execute(
                "UPDATE sessions SET state = ?, reason = ?, ended_at = ? "
                "WHERE id = (SELECT max(id) FROM sessions)",
                (state.value, reason, ended_at),
            )
            self._db.execute(
                "UPDATE run SET state = ?, reason = ?, reason_code = ?, finished_at = ?",
                (state.value, reason, code, ended_at),
            )
        self._appends.sync()

    def set_rows_read(self, rows: int) -> None:
        """Say how many rows the sources have; what is not settled of them is pending."""
        with self._appends.one():
            self._db.execute("UPDATE run SET rows_read = ?", (rows,))

    def check_accounting(self) -> None:
        """See that created + updated + skipped + failed = rows read; raise StateError when the sum is off."""
        counts = self.counts()
        if unfinished := self.unfinished_rows():
            raise StateError(
                f"The accounts of run {self.run.id} do not balance: the follow-ups of {counted(unfinished, 'row')} are still due. "
                f"Nothing is lost; go on with: importer resume {self.run.id}"
            )
        if counts.pending:
            problem = "more rows were settled than read" if counts.pending < 0 else "rows have no outcome"
            raise StateError(
                f"The accounts of run {self.run.id} do not balance: {problem} ({abs(counts.pending)} of "
                f"{counts.read}). Nothing is lost; go on with: importer resume {self.run.id}"
            )

    # what reports ask

    @property
    def rows_read(self) -> int:
        return int(self._db.execute("SELECT rows_read FROM run").fetchone()[0])

    @property
    def untouched(self) -> bool:
        """Tell that no row was ever intended, let alone sent or settled: deleting the run loses nothing."""
        query = "SELECT EXISTS (SELECT 1 FROM intents) OR EXISTS (SELECT 1 FROM outcomes)"
        return self._read(lambda db: not db.execute(query).fetchone()[0])

    @property
    def retrying(self) -> bool:
        """Tell that the run is in a retry, or was in one when it was stopped."""
        return self._pass > 1

    def counts(self) -> Counts:
        return self._read(lambda db: figures.count_rows(db, self.rows_read))

    def rows_ended(self, statuses: Iterable[Status]) -> set[RowId]:
        """Find the rows that ended in one of these ways."""
        return self._read(lambda db: figures.find_ended(db, tuple(statuses)))

    def page(
        self, *, after: RowId, status: Status | None, code: str | None, count: int
    ) -> tuple[Outcome, ...]:
        """Give the next outcomes behind a row, of one status or code where that is wanted."""
        return self._read(lambda db: figures.page_of(db, after=after, status=status, code=code, count=count))

    def skips(self) -> dict[str, int]:
        """Count skipped rows by code, the most frequent first."""
        return self._read(figures.count_skips)

    def sent_rows(self) -> int:
        """Count the rows that were sent and have an outcome."""
        return figures.count_sent(self._db)

    def unfinished_rows(self) -> int:
        return self._read(figures.count_unfinished)

    def counts_by_location(self) -> dict[str | None, Counts]:
        return self._read(figures.count_locations)

    def errors(self) -> tuple[figures.CodeCount, ...]:
        return self._read(figures.count_errors)

    def warnings(self) -> tuple[figures.CodeCount, ...]:
        return self._read(figures.count_warnings)

    def finish_notes(self) -> None:
        """Return when all that was noted of pace and quota can be read, by other processes too, or cannot be written."""
        self._appends.finish_notes()

    def pulses(self) -> tuple[Pulse, ...]:
        self.finish_notes()
        return self._read(lambda db: tuple(figures.read_pulses(db)))

    def traffic(self) -> figures.RequestFigures:
        self.finish_notes()
        return self._read(figures.sum_traffic)

    def sessions(self) -> tuple[Session, ...]:
        return self._read(figures.read_sessions)

    def seconds(self) -> float:
        return self._read(figures.sum_seconds)

    def quota_marks(self) -> dict[str, QuotaMark]:
        self.finish_notes()
        return self._read(read_quota_marks)

    def least_daily_remaining(self) -> int | None:
        """Give what the day leaves to the location that it leaves least to, as far as that is known."""
        self.finish_notes()
        query = "SELECT min(daily_remaining) FROM quota_marks"
        return self._read(lambda db: db.execute(query).fetchone()[0])  # type: ignore[no-any-return]

    def retryable(self) -> int:
        """Count the failed rows that are worth another try."""
        query = "SELECT count(*) FROM outcomes WHERE status = ? AND remedy = ?"
        cells = (Status.FAILED.value, Remedy.RUN_AGAIN.value)
        return self._read(lambda db: int(db.execute(query, cells).fetchone()[0]))

    def refused_rows(self) -> Iterator[RowId]:
        """List the failed rows that only a correction helps: what they hold, nobody has."""
        for (row,) in self._db.each(f'SELECT "row" {_REFUSED}', _REFUSED_VALUES):
            yield row

    @property
    def has_refused_rows(self) -> bool:
        """Tell whether there is such a row."""
        return bool(self._db.execute(f"SELECT EXISTS (SELECT 1 {_REFUSED})", _REFUSED_VALUES).fetchone()[0])

    @property
    def undo(self) -> UndoBook:
        """What is written and asked where the run is taken back."""
        self._index_contacts()
        return UndoBook(self._db, self._appends, self._clock)

    def forget_images(self) -> None:
        """Delete what rows found at their contacts; updates cannot be taken back any more."""
        with self._appends.erasing():
            self._db.execute("DELETE FROM before_images")

    def reached_contacts(self) -> Iterator[str]:
        """List the contacts that the run reached."""
        return reached_contacts(self._db)

    # how

    def _is_intended(self, row: RowId) -> bool:
        # an append that writes nothing would be missed later: the journal would not be as far as its seal
        return self._db.execute('SELECT 1 FROM intents WHERE "row" = ?', (row,)).fetchone() is not None

    def _new_images(self, images: Iterable[BeforeImage]) -> list[SqlCells]:
        """Give what is to be written of images: of a row that found something before, what it knows together."""
        found = []
        for image in images:
            known = next((each for each in images_of(self._db, image.row) if each.part is image.part), None)
            together = image if known is None else known.followed_by(image)
            if together != known:
                found.append(image_cells(together))
        if found:
            self._mark_images()
        return found

    def _mark_images(self) -> None:
        if not (self._images_marked or self._db.shared):
            (self.folder / IMAGES_MARK).touch(mode=0o600)
            self._images_marked = True

    def _rows(
        self,
        table: str,
        columns: str,
        first: RowId,
        last: RowId,
        condition: str = "1 = 1",
        *,
        limit: int | None = None,
    ) -> list[SqlCells]:
        most = "" if limit is None else f" LIMIT {limit}"
        query = (
            f'SELECT {columns} FROM {table} WHERE "row" BETWEEN ? AND ? AND {condition} ORDER BY "row"{most}'  # noqa: S608  (our own names)
        )
        return self._db.execute(query, (first, last)).fetchall()

    def _read(self, ask: Callable[[Database], _Answer]) -> _Answer:
        try:
            return ask(self._db)
        except (ValueError, TypeError, KeyError) as cause:  # a word or a number that we do not write
            raise damaged(self._db, f"it holds what was never written: {cause}") from cause

    def _remember_quota(self, cells: list[SqlCells]) -> None:
        if not self._quota_begun:
            QuotaMemory(self.folder.parent.parent).begin()
            self._quota_begun = True
        self._appends.note(REMEMBER_IN_POSTGRES, [(self.run.base_url, *each) for each in cells])

    def _index_contacts(self) -> None:
        if not self._contacts_indexed:
            self._appends.index_contacts()
            self._contacts_indexed = True


def _refuse_missing(folder: Path) -> Seal | None:
    """Read the seal of a run that is there, before its journal: a run at work writes the journal first."""
    path = folder / FILE_NAME
    if not database_is_there(path):
        if (folder / SEAL_NAME).is_file():
            raise DamagedError(
                f"{PURPOSE.title} {path} is gone, and what was sent with it. {PURPOSE.if_damaged}"
            )
        raise NeverBegunError(f"There is no journal in {folder}: the run was deleted, or never began.")
    return read_seal(folder)


def _appends_to(
    db: Database,
    run: Run,
    clock: Clock,
    seal: Seal | None = None,
    part: str | None = None,
    writers: PartWriters | None = None,
) -> Appends:
    if not db.shared:
        return SealedAppends(db, run, seal, opened_at=clock.now())
    from importer.state.journal.shared_appends import shared_appends

    return shared_appends(db, run_id=run.id, part=part, writers=writers)
