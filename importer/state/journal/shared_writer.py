"""One writer for all parts that a process has of a run: by one session, which holds their locations, in a thread of its own.

What parts have to write while a transaction is on its way to the disk is the next one. Each names the epoch in which its
part was taken: who was overtaken is told so, and the others' rows are written all the same.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from importer.errors import StateError
from importer.records import value_type
from importer.state.journal.rows import SqlCells
from importer.state.journal.shared_statements import (
    BULKS,
    IF_HELD,
    OUTCOMES,
    PULSE_OF_PART,
    arrays_of,
    copy_lines,
    held_check,
    rows_of,
)
from importer.state.journal.statements import INTEND, PULSE, SETTLE, WITHDRAW
from importer.state.journal.storage import encodable
from importer.state.postgres.address import Address
from importer.state.postgres.database import PostgresDatabase
from importer.state.purpose import AlreadyThereError

_NOW: Final = "extract(epoch FROM clock_timestamp())"
_FORGET_IMAGES: Final = 'DELETE FROM before_images WHERE "row" = ?'
_GATHERING_SECONDS: Final = 0.01
"""The least time between two transactions of several parts: under load they grow, instead of coming more often."""
_NOTING_SECONDS: Final = 0.25
"""A mark of the quota speaks for two seconds, and is written each second."""
_LONGEST_TRANSACTION: Final = 5_000
"""Rows after which no further part's are taken along: others wait for its end."""
_FEW: Final = 200
"""Outcomes; more of them COPY writes at less cost, though it takes three exchanges with the server more."""
_NOT_AT_ONCE: Final = "SET LOCAL synchronous_commit = off"
_PASS: Final = 11
"""Where an outcome's cells have it; the part comes after it."""
Writes: TypeAlias = Sequence[tuple[str, list[SqlCells]]]


class FencedError(StateError):
    """Somebody else took over what this process worked on: it writes nothing more, and so sends nothing more."""


@dataclass(slots=True, kw_only=True, eq=False)
class Holding:
    """A part as it was taken, or all of a run."""

    name: str
    """As people know it."""
    part: int
    """Whose rows it writes."""
    epochs: Mapping[int, int]
    session: int
    failure: Exception | None = None
    """What kept a note of it from being written."""

    def refusal(self, found: Mapping[int, int], session: int | None, address: Address) -> FencedError | None:
        """Say why it may not write, given the epochs of now; None where it may."""
        if session is not None and session != self.session and self.epochs.items() <= found.items():
            return FencedError(
                f"The connection to {address.text} goes through a pooler that gives each transaction another session "
                "(PgBouncer with pool_mode = transaction): no lock holds there. Name the server itself, or a pooler with "
                "pool_mode = session."
            )
        if session == self.session and self.epochs.items() <= found.items():
            return None
        return FencedError(
            f"Another process took over {self.name}: this one sends nothing more of it. Look who it is with: importer show"
        )


@dataclass(slots=True, kw_only=True, eq=False)
class _Append:
    holding: Holding
    writes: Writes
    future: Future[None] = field(default_factory=Future)


@value_type(frozen=True, slots=True, kw_only=True)
class _Note:
    holding: Holding
    statement: str
    rows: Sequence[SqlCells]


class SharedWriter:
    """Writes for the parts of a run, of which it may be one alone."""

    def __init__(self, db: PostgresDatabase) -> None:
        db.keep_session()
        self.db = db
        self.users = 1
        self._waiting: list[_Append] = []
        self._notes: list[_Note] = []
        self._noted_at = 0.0
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closing = False

    @property
    def lost(self) -> bool:
        """Whether its session is gone, and its locks with it: it writes nothing any more."""
        return self.db.session_is_lost

    def take(self, part: int | None, *, name: str, holder: str) -> Holding:
        """Take a part, or all of a run: whoever had it before can write nothing any more. Raises StateError."""
        ours = "TRUE" if part is None else f"id = {part}"
        with self.db.transaction():
            raised = f"UPDATE parts SET epoch = epoch + 1, holder = ?, since = {_NOW} WHERE {ours}"  # noqa: S608  (a number)
            self.db.execute(raised, (holder,))
            epochs = dict(self.db.execute(f"SELECT id, epoch FROM parts WHERE {ours}").fetchall())  # noqa: S608
            session = self.db.execute("SELECT pg_backend_pid()").fetchone()[0]
        return Holding(name=name, part=1 if part is None else part, epochs=epochs, session=session)

    def begin(self, holding: Holding, writes: Writes) -> Future[None]:
        """Begin to write rows of a part, all or none of them; the future is done when they are durable, or fails."""
        append = _Append(holding=holding, writes=[(statement, cells) for statement, cells in writes if cells])
        append.future.set_running_or_notify_cancel()  # who does not wait any more takes nothing back
        with self._wake:
            if self._closing:
                append.future.set_exception(
                    StateError(f"{holding.name} is closed: nothing more of it is written.")
                )
            else:
                self._waiting.append(append)
                self._start()
        return append.future

    def note(self, holding: Holding, statement: str, rows: Iterable[SqlCells]) -> None:
        """Write, in a moment, what a power cut may lose; what keeps it from being written fails the next append."""
        note = _Note(holding=holding, statement=statement, rows=list(rows))
        with self._wake:
            self._notes.append(note)
            self._start()

    def finish(self, holding: Holding) -> None:
        """Wait until all that was begun for a part, and all that was noted, is written or cannot be."""
        with contextlib.suppress(StateError):  # told to whoever began it
            self.begin(holding, ()).result()

    @contextlib.contextmanager
    def one(self, holding: Holding, db: PostgresDatabase) -> Iterator[None]:
        """Make what is written inside durable at once, by the session that holds the part. Raises FencedError."""
        with db.by_session_of(self.db), _ended(db):
            refused = self._refused([holding], db.begin(_check_of([holding])))
            if holding in refused:
                raise refused[holding]
            yield

    def close(self) -> None:
        """Write what is left, and end."""
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join()

    # in its thread

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
            self._thread.start()
        self._wake.notify_all()

    def _work(self) -> None:
        while True:
            begun = time.monotonic()
            appends, notes = self._next()
            if not (appends or notes):
                return
            self._write([each for each in appends if each.writes])
            self._write_notes(notes)
            for each in appends:
                if not each.future.done():
                    each.future.set_result(None)
            if self.users > 1:
                time.sleep(max(0.0, begun + _GATHERING_SECONDS - time.monotonic()))

    def _next(self) -> tuple[list[_Append], list[_Note]]:
        """Wait for something to write; nothing is the end."""
        with self._wake:
            while not (self._waiting or self._closing or self._notes_are_due()):
                self._wake.wait(_NOTING_SECONDS if self._notes else None)
            appends = self._taken_along()
            notes: list[_Note] = []
            if self._closing or self._notes_are_due() or not all(each.writes for each in appends):
                notes, self._notes, self._noted_at = self._notes, [], time.monotonic()
            return appends, notes

    def _notes_are_due(self) -> bool:
        return bool(self._notes) and time.monotonic() >= self._noted_at + _NOTING_SECONDS

    def _taken_along(self) -> list[_Append]:
        """Take the first append of each part, as many as a transaction is to have."""
        taken: dict[Holding, _Append] = {}
        rows = 0
        for each in self._waiting:
            if each.holding not in taken and rows < _LONGEST_TRANSACTION:
                taken[each.holding] = each
                rows += sum(len(cells) for _, cells in each.writes)
        self._waiting = [each for each in self._waiting if taken.get(each.holding) is not each]
        return list(taken.values())

    def _write(self, appends: list[_Append]) -> None:
        try:
            refused = self._write_together([each for each in appends if each.holding.failure is None])
        except Exception as error:  # noqa: BLE001  (told to whoever waits)
            if (
                len(appends) > 1 and not self.lost
            ):  # what one of them has must not keep the others from writing
                for each in appends:
                    self._write([each])
                return
            refused = {each.holding: error for each in appends}
        for each in appends:
            if (refusal := each.holding.failure or refused.get(each.holding)) is not None:
                each.future.set_exception(refusal)

    def _write_together(self, appends: Sequence[_Append]) -> Mapping[Holding, Exception]:
        try:
            return self._write_once(appends, anew=True)
        except AlreadyThereError:  # settled before: as they stand, or in a retry, or by mistake
            return self._write_once(appends, anew=False)

    def _write_once(self, appends: Sequence[_Append], *, anew: bool) -> Mapping[Holding, Exception]:
        """Write what parts have, but for those that somebody took over; gives these with the reason."""
        if not appends:
            return {}
        if rows := _for_one_exchange(appends, anew=anew):
            return self._write_if_held(appends, rows)
        holdings = [each.holding for each in appends]
        with self.db.by_session_of(self.db), _ended(self.db):
            refused = self._refused(holdings, self.db.begin(_check_of(holdings)))
            for statement, rows in _together(each for each in appends if each.holding not in refused):
                write_rows(self.db, statement, rows, anew=anew)
        return refused

    def _write_if_held(
        self, appends: Sequence[_Append], written: Sequence[tuple[str, Sequence[SqlCells]]]
    ) -> Mapping[Holding, Exception]:
        """Write rows in one exchange with the server instead of three or four."""
        holdings = [each.holding for each in appends]
        epochs = {part: epoch for each in holdings for part, epoch in each.epochs.items()}
        # of two intents of a row the later counts; of two outcomes none may go unseen
        given = [rows if kind is SETTLE else rows_of(BULKS[kind], rows) for kind, rows in written]
        arrays = [each for rows in given for each in arrays_of(rows)]
        taken = arrays_of(list(epochs.items()))
        statement = IF_HELD[tuple(kind for kind, _ in written)]
        return self._refused(holdings, self.db.ask(statement, [*arrays, *taken, str(holdings[0].session)]))

    def _refused(
        self, holdings: Iterable[Holding], found: Iterable[tuple[Any, ...]]
    ) -> Mapping[Holding, Exception]:
        answer = list(found)
        epochs = {part: epoch for part, epoch, _ in answer}
        session = answer[0][2] if answer else None
        refusals = {each: each.refusal(epochs, session, self.db.address) for each in holdings}
        return {each: refusal for each, refusal in refusals.items() if refusal is not None}

    def _write_notes(self, notes: Sequence[_Note]) -> None:
        holdings = {each.holding: None for each in notes}
        try:
            if holdings:
                self._note_once(list(holdings), notes)
        except Exception as error:  # noqa: BLE001  (told with the next append; this thread must not end before that)
            for each in holdings:
                each.failure = error

    def _note_once(self, holdings: Sequence[Holding], notes: Sequence[_Note]) -> None:
        with self.db.by_session_of(self.db), _ended(self.db):
            refused = self._refused(holdings, self.db.begin(f"{_NOT_AT_ONCE}; {_check_of(holdings)}"))
            rows: dict[str, list[SqlCells]] = {}
            for each in notes:
                if each.holding not in refused:
                    rows.setdefault(each.statement, []).extend(_note_cells(each))
            for statement, cells in rows.items():
                self.db.executemany(PULSE_OF_PART if statement is PULSE else statement, cells)


class PartWriters:
    """The writers of a process that works on many parts: one for each run."""

    def __init__(self) -> None:
        self._writers: dict[tuple[Address, str], SharedWriter] = {}
        self._lock = threading.Lock()

    def lend(self, db: PostgresDatabase) -> SharedWriter:
        """Give the writer of a run to one of its parts, and begin one where there is none, or none any more. Raises StateError."""
        key = (db.address, db.schema)
        with self._lock:
            writer = self._writers.get(key)
            if writer is not None and not writer.lost:
                writer.users += 1
                return writer
            own = PostgresDatabase(db.address, schema=db.schema, path=db.path, purpose=db.purpose)
            writer = self._writers[key] = SharedWriter(own)
            return writer

    def take_back(self, writer: SharedWriter) -> None:
        """End a writer that no part has any more."""
        with self._lock:
            writer.users -= 1
            if writer.users:
                return
            self._writers = {key: each for key, each in self._writers.items() if each is not writer}
        writer.close()
        writer.db.close()


def write_rows(db: PostgresDatabase, statement: str, rows: Sequence[SqlCells], *, anew: bool) -> None:
    """Write rows of one kind, of one part or many; ``anew``: outcomes are of rows that have none. Raises StateError."""
    bulk = BULKS[statement]
    if statement is SETTLE and anew:
        first = [cells for cells in rows if cells[_PASS] == 1]
        if first:
            db.copy("all_outcomes", f"{OUTCOMES}, part", copy_lines(first))
        rows = [cells for cells in rows if cells[_PASS] != 1]
    if not rows:
        return
    written = db.bulk(bulk.text, arrays_of(rows_of(bulk, rows)))
    if statement is SETTLE and written < len(rows):
        _refuse_overwriting(db, rows)
    if statement is WITHDRAW:
        # what a row found that was not sent is found anew, and may be something else by then
        db.executemany(_FORGET_IMAGES, [(row,) for row, _, _, _, attempts, *_ in rows if not attempts])


def _refuse_overwriting(db: PostgresDatabase, rows: Sequence[SqlCells]) -> None:
    query = f'SELECT {OUTCOMES} FROM all_outcomes WHERE "row" = ?'  # noqa: S608  (our own names)
    for settled in map(encodable, rows):
        stands = db.execute(query, (settled[0],)).fetchone()
        if stands[:_PASS] != settled[:_PASS]:
            raise StateError(
                f"Row {settled[0] & 0xFFFF_FFFF} of run {db.path.parent.name} is settled as {stands[1]} and was to "
                f"be settled again as {settled[1]}. Nothing was changed; please report this as a bug."
            )


def _together(appends: Iterable[_Append]) -> list[tuple[str, list[SqlCells]]]:
    """Put rows of one kind together, each with its part where the table has one; what is taken back goes last."""
    found: dict[str, list[SqlCells]] = {}
    for each in appends:
        own = (each.holding.part,)
        for statement, cells in each.writes:
            rows = found.setdefault(statement, [])
            rows += [(*row, *own) for row in cells] if BULKS[statement].parted else cells
    return sorted(found.items(), key=lambda written: (written[0] is WITHDRAW, written[0] is not INTEND))


def _for_one_exchange(appends: Sequence[_Append], *, anew: bool) -> Sequence[tuple[str, list[SqlCells]]]:
    """Give the rows that one exchange writes: intents, and a few first outcomes; nothing where there are others, or more."""
    if any(len(each.holding.epochs) != 1 for each in appends):
        return ()
    written = _together(appends)
    if tuple(kind for kind, _ in written) not in IF_HELD:
        return ()
    settled = dict(written).get(SETTLE, ())
    few = len(settled) <= _FEW and all(cells[_PASS] == 1 for cells in settled)
    return written if not settled or (anew and few) else ()


def _check_of(holdings: Iterable[Holding]) -> str:
    return held_check({part for each in holdings for part in each.epochs})


def _note_cells(note: _Note) -> Sequence[SqlCells]:
    if note.statement is not PULSE:
        return note.rows
    return [(*row, note.holding.part) for row in note.rows]


@contextlib.contextmanager
def _ended(db: PostgresDatabase) -> Iterator[None]:
    """End the transaction that is begun inside: durable, or as if it had never been."""
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(StateError):  # with the connection gone, the server has rolled back already
            db.execute("ROLLBACK")
        raise
