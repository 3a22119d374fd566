"""Appends to a journal in a file: what is written of rows is durable, counted in the journal, and then told to its seal."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Final

from importer.errors import StateError
from importer.records import Intent, RowId
from importer.state.database import Database
from importer.state.journal.appends import done
from importer.state.journal.integrity import (
    Loss,
    checked,
    find_loss,
    keep_loss,
    read_progress,
    refuse_altered,
    unproven,
)
from importer.state.journal.rows import OUTCOME_COLUMNS, SqlCells
from importer.state.journal.run import Run
from importer.state.journal.seal import Seal, SealWriter
from importer.state.journal.statements import (
    FORGET_IMAGES_OF,
    INTEND,
    INTEND_AGAIN,
    REMEMBER,
    SUM_UP_INTENT,
    WITHDRAW,
)
from importer.state.journal.storage import encodable, sum_up_run

_BEHIND_BY_A_KILL: Final = 1
"""So far a seal stays behind where the process is killed between the two; further only where it was not on the disk."""


class SealedAppends:
    """Knows how far a journal has come, and what of it is lost."""

    turn: Final = 0
    """One machine has the file: nobody takes its rows over unseen."""

    def __init__(self, db: Database, run: Run, seal: Seal | None, *, opened_at: float) -> None:
        self._db = db
        self._path_text = str(db.path)
        self._run = run
        self._opened_at = opened_at
        self._writer = SealWriter(db.path.parent)
        self._seal = seal
        """As it was when the journal was opened."""
        self._progress: Seal | None = None
        """As it is; None as long as nobody asked, since that reads the journal."""
        self._loss: Loss | None = None

    @property
    def loss(self) -> Loss | None:
        """The rows that the journal knows nothing of, and that may have been sent."""
        self._look()
        return self._loss

    def refuse_altered(self) -> None:
        """Read all rows; raises DamagedError where one is not as it was written."""
        refuse_altered(self._db, self._seal, self._look())

    def doubts(self) -> Iterator[str]:
        """Say what is lost, or cannot be proven to be whole."""
        if self.loss is not None and self.loss.appends:
            yield self.loss.sentence
        if self._seal is not None and self._look().appends - self._seal.appends > _BEHIND_BY_A_KILL:
            yield unproven(self._db.path)

    def _look(self) -> Seal:
        if self._progress is None:
            self._progress = read_progress(self._db)
            self._loss = find_loss(
                self._db, self._seal, self._progress, run_id=self._run.id, started_at=self._run.started_at
            )
        return self._progress

    def begin(self, *writes: tuple[str, list[SqlCells]], last_row: RowId = 0) -> Future[None]:
        return done(lambda: self.write(*writes, last_row=last_row))

    def write(self, *writes: tuple[str, list[SqlCells]], last_row: RowId = 0) -> None:
        writes = tuple((statement, cells) for statement, cells in writes if cells)
        if not writes:
            return
        before = self._begin()
        with self._db.transaction():
            append = self._number(before)
            intents = self._write_any_text(writes, append)
        self._end(before, append, intents=intents, last_row=last_row)

    def note(self, statement: str, rows: Iterable[SqlCells]) -> None:
        """Write what a kill must not lose, but a power cut may: with many locations, each second writes many.

        The seal does not count it: it could then be ahead of the journal after a power cut.
        """
        self._refuse_if_deleted()
        with self._db.relaxed():
            self._db.executemany(statement, [encodable(cells) for cells in rows])

    @contextlib.contextmanager
    def one(self) -> Iterator[None]:
        """Make what is written of the run inside durable at once, count it, and seal it."""
        before = self._begin()
        with self._db.transaction():
            append = self._number(before)
            self._db.execute("UPDATE run SET append = ?", (append,))
            yield
            sum_up_run(self._db)
        self._end(before, append)

    @contextlib.contextmanager
    def erasing(self) -> Iterator[None]:
        """Likewise, and leave nothing in the file or its log of what it deletes."""
        self._db.execute("PRAGMA secure_delete = ON")
        with self.one():
            yield
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _begin(self) -> Seal:
        self._refuse_if_deleted()
        return self._progress or self._look()

    def _number(self, before: Seal) -> int:
        """Number the append that begins, and write down what is lost before the seal, which told of it, is written over."""
        if self._loss is None or not self._loss.appends:
            return before.appends + 1
        known = before.appends + self._loss.appends
        keep_loss(self._db, self._loss, known)
        return known + 1

    def _end(self, before: Seal, append: int, *, intents: int = 0, last_row: RowId = 0) -> None:
        if self._loss is not None:
            self._loss = replace(self._loss, appends=0)
        self._progress = Seal(
            appends=append, intents=before.intents + intents, last_row=max(before.last_row, last_row)
        )
        self._writer.write(self._progress)

    def as_it_may_be(self, intent: Intent) -> Intent:
        """Take an intent's last attempt for one made just now, where a later one may be lost."""
        if self.loss is None:
            return intent
        return replace(intent, last_attempt_at=max(intent.last_attempt_at or 0.0, self._opened_at))

    def in_doubt(self, first: RowId, last: RowId) -> dict[RowId, Intent]:
        """Take rows that nothing is known of for intended, and surely sent, where the end of the journal is lost."""
        if (loss := self.loss) is None or not loss.intents:
            return {}
        # the last attempt is lost as well: the vendor may be at work on one that left just before this journal was opened
        latest = self._opened_at
        return {
            row: Intent(
                row=row, location_id="", first_attempt_at=loss.since, last_attempt_at=latest, exact=True
            )
            for row in range(first, min(last, loss.last_row) + 1)
        }

    def index_contacts(self) -> None:
        with self._db.transaction():
            for table in ("outcomes", "landed"):
                self._db.execute(f"CREATE INDEX IF NOT EXISTS {table}_contact ON {table} (contact_id)")

    def sync(self) -> None:
        self._writer.sync()

    def finish_notes(self) -> None:
        """Wait for nothing: a note is written when it is made."""

    def location_locks(self, base_url: str) -> None:  # noqa: ARG002  (one machine has the file)
        return None

    def close(self) -> None:
        self._writer.close()

    def _refuse_if_deleted(self) -> None:
        if not os.path.exists(self._path_text):  # noqa: PTH110  (asked before each append, and a third of the price)
            # On Unix a deleted file can be written on and on, and is gone with the process.
            raise StateError(
                f"The journal {self._db.path} was deleted under the run. What was sent so far is in HighLevel; run the "
                "same command again to import all rows anew, which updates those."
            )

    def _write_any_text(self, writes: Sequence[tuple[str, list[SqlCells]]], append: int) -> int:
        try:
            return self._execute(writes, append)
        except UnicodeEncodeError:
            # A sentence may quote a cell with half of a surrogate pair, which SQLite cannot hold.
            self._db.execute("ROLLBACK")
            self._db.execute("BEGIN IMMEDIATE")
            self._number(self._look())
            plain = [(statement, [encodable(each) for each in cells]) for statement, cells in writes]
            return self._execute(plain, append)

    def _execute(self, writes: Iterable[tuple[str, list[SqlCells]]], append: int) -> int:
        """Write; tell how many rows were intended for the first time."""
        intended = 0
        for statement, cells in writes:
            if statement is INTEND:
                intended += self._intend(cells, append)
            elif statement is WITHDRAW:
                self._withdraw(cells, append)
            elif statement is REMEMBER:
                self._db.executemany(REMEMBER, checked(cells, append))
            elif self._db.executemany(statement, checked(cells, append)).rowcount < len(cells):
                self._refuse_overwriting(cells)
        return intended

    def _intend(self, cells: list[SqlCells], append: int) -> int:
        numbered = [(*each, append) for each in cells]
        written = self._db.executemany(INTEND, numbered).rowcount
        if written < len(cells):
            self._db.executemany(INTEND_AGAIN, numbered)
            self._db.executemany(SUM_UP_INTENT, [(row,) for row, *_ in cells])
        return written

    def _withdraw(self, cells: list[SqlCells], append: int) -> None:
        self._db.executemany(WITHDRAW, [(*each, append) for each in cells])
        self._db.executemany(SUM_UP_INTENT, [(row,) for row, *_ in cells])
        # what a row found that was not sent is found anew, and may be something else by then
        self._db.executemany(FORGET_IMAGES_OF, [(row,) for row, *_, attempts, _ in cells if not attempts])

    def _refuse_overwriting(self, cells: list[SqlCells]) -> None:
        query = f'SELECT {OUTCOME_COLUMNS} FROM outcomes WHERE "row" = ?'  # noqa: S608  (our own names)
        for settled in map(encodable, cells):
            stands = self._db.execute(query, (settled[0],)).fetchone()
            if stands != settled[:-1]:  # without its pass
                raise StateError(
                    f"Row {settled[0] & 0xFFFF_FFFF} of run {self._run.id} is settled as {stands[1]} and was to "
                    f"be settled again as {settled[1]}. Nothing was changed; please report this as a bug."
                )
