"""Appends to a journal: what is written of rows is durable, counted in the journal, and then told to its seal."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from importer.errors import StateError
from importer.records import Intent, RowId
from importer.state.database import Database
from importer.state.journal.integrity import Loss, find_loss, keep_loss
from importer.state.journal.rows import OUTCOME_COLUMNS, SqlCells
from importer.state.journal.run import Run
from importer.state.journal.seal import Seal, SealWriter
from importer.state.journal.statements import CHECKED, INTEND, INTEND_AGAIN, SETTLE, SUM_UP_INTENT
from importer.state.journal.storage import encodable


@dataclass(slots=True, kw_only=True)
class Append:
    """What one append adds to the count."""

    intents: int = 0
    """Rows that were never intended before."""
    last_row: RowId = 0


class Appends:
    """Knows how far a journal has come, and what of it is lost."""

    def __init__(self, db: Database, folder: Path, *, opened_at: float) -> None:
        self._db = db
        self._opened_at = opened_at
        self._folder = folder
        self._path = db.path
        self._writer = SealWriter(folder)
        self._seal: Seal | None = None
        self.loss: Loss | None = None
        """The rows that it knows nothing of, and that may have been sent."""

    def compare(self, seal: Seal | None, run: Run) -> None:
        """Find out what is lost."""
        self.loss = find_loss(self._db, seal, run_id=run.id, started_at=run.started_at)

    def write(self, *writes: tuple[str, list[SqlCells]], last_row: RowId = 0) -> None:
        writes = tuple((statement, cells) for statement, cells in writes if cells)
        if not writes:
            return
        with self.one() as append:
            append.last_row = last_row
            append.intents = self._write_any_text(writes)

    def note(self, statement: str, cells: SqlCells) -> None:
        """Write what a kill must not lose, but a power cut may: with many locations, each second writes many.

        The seal does not count it: it could then be ahead of the journal after a power cut.
        """
        self._refuse_if_deleted()
        self._db.execute("PRAGMA synchronous = NORMAL")
        try:
            with self._db.transaction():
                self._write_any_text([(statement, [cells])])
        finally:
            self._db.execute("PRAGMA synchronous = FULL")

    @contextlib.contextmanager
    def one(self) -> Iterator[Append]:
        """Make what is written inside durable at once, count it, and seal it."""
        self._refuse_if_deleted()
        append = Append()
        with self._db.transaction():
            self._keep_loss()
            yield append
            known = self._seal or self._count()
            self._db.execute(
                "UPDATE progress SET appends = appends + 1, intents = intents + ?", (append.intents,)
            )
        self._seal = Seal(
            appends=known.appends + 1,
            intents=known.intents + append.intents,
            last_row=max(known.last_row, append.last_row),
        )
        self._writer.write(self._seal)

    def in_doubt(self, first: RowId, last: RowId) -> dict[RowId, Intent]:
        """Take rows that nothing is known of for intended, and surely sent, where the end of the journal is lost."""
        if self.loss is None or not self.loss.intents:
            return {}
        since = self.loss.since
        # the last attempt is lost as well: the vendor may be at work on one that left just before this journal was opened
        latest = self._opened_at
        return {
            row: Intent(row=row, location_id="", first_attempt_at=since, last_attempt_at=latest, exact=True)
            for row in range(first, min(last, self.loss.last_row) + 1)
        }

    def sync(self) -> None:
        self._writer.sync()

    def close(self) -> None:
        self._writer.close()

    def _keep_loss(self) -> None:
        """Write down what is lost before the seal, which told of it, is written over: later sessions must know too."""
        if self.loss is not None and self.loss.appends:
            keep_loss(self._db, self.loss)
            self.loss = replace(self.loss, appends=0)

    def _count(self) -> Seal:
        appends, intents, last_row = self._db.execute(
            'SELECT appends, intents, (SELECT coalesce(max("row"), 0) FROM intents) FROM progress'
        ).fetchone()
        return Seal(appends=appends, intents=intents, last_row=last_row)

    def _refuse_if_deleted(self) -> None:
        if not self._path.exists():
            # On Unix a deleted file can be written on and on, and is gone with the process.
            raise StateError(
                f"The journal {self._path} was deleted under the run. What was sent so far is in HighLevel; run the "
                "same command again to import all rows anew, which updates those."
            )

    def _write_any_text(self, writes: Sequence[tuple[str, list[SqlCells]]]) -> int:
        try:
            return self._execute(writes)
        except UnicodeEncodeError:
            # A sentence may quote a cell with half of a surrogate pair, which SQLite cannot hold.
            self._db.execute("ROLLBACK")
            self._db.execute("BEGIN IMMEDIATE")
            return self._execute(
                (statement, [encodable(each, checked=statement in CHECKED) for each in cells])
                for statement, cells in writes
            )

    def _execute(self, writes: Iterable[tuple[str, list[SqlCells]]]) -> int:
        """Write; tell how many rows were intended for the first time."""
        intended = 0
        for statement, cells in writes:
            written = self._db.executemany(statement, cells).rowcount
            if statement is INTEND:
                intended += written
                if written < len(cells):
                    self._db.executemany(INTEND_AGAIN, cells)
                    self._db.executemany(SUM_UP_INTENT, [(row,) for row, *_ in cells])
            if statement is SETTLE and written < len(cells):
                self._refuse_overwriting(cells)
        return intended

    def _refuse_overwriting(self, cells: list[SqlCells]) -> None:
        query = f'SELECT {OUTCOME_COLUMNS} FROM outcomes WHERE "row" = ?'  # noqa: S608  (our own names)
        for settled in map(encodable, cells):
            stands = self._db.execute(query, (settled[0],)).fetchone()
            if stands != settled[:-2]:  # without its pass and checksum
                raise StateError(
                    f"Row {settled[0] & 0xFFFF_FFFF} of run {self._folder.name} is settled as {stands[1]} and was to "
                    f"be settled again as {settled[1]}. Nothing was changed; please report this as a bug."
                )
