"""Forgetting one person in the journal of a run that is over: how his rows ended stays, and whose they were does not."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from importer.records import RowId, value_type
from importer.runtime.addresses import mention_of
from importer.state.database import Database
from importer.state.journal.integrity import checksum
from importer.state.journal.rows import LANDED_COLUMNS, OUTCOME_COLUMNS
from importer.state.journal.storage import FILE_NAME, open_up_to_date

FORGOTTEN: Final = "Whose row this was is forgotten."
_PAGE: Final = 2_000
_BESIDE: Final = ("earlier_outcomes", "before_images", "undo_lines", "undo_moments", "additions")
"""Tables whose lines are about a person, and of which nothing else depends."""


@value_type(frozen=True, slots=True, kw_only=True)
class PersonTraces:
    """What a person is known by in one run: the e-mail in small letters, contacts, and rows of the sources."""

    email: str
    contact_ids: Collection[str] = ()
    rows: Collection[RowId] = ()


def contacts_of(folder: Path, traces: PersonTraces) -> set[str]:
    """Name the contacts that a person's rows became."""
    with _journal(folder) as db:
        return {contact_id for _, contact_id in _meant(db, traces) if contact_id is not None}


def count_rows(folder: Path, traces: PersonTraces) -> int:
    """Count a person's rows."""
    with _journal(folder) as db:
        return sum(1 for _ in _meant(db, traces))


def forget_rows(folder: Path, traces: PersonTraces) -> None:
    """Take out of a journal whose rows these were; its other rows, its counts and its seal stay as they are."""
    # What was changed still stands in the file, and in its log, until it is written anew.
    with _journal(folder) as db, db.erasing(anew=True):
        forget = _forget_unsealed if db.shared else _forget_sealed
        for row, _ in list(_meant(db, traces)):
            forget(db, row)
            _forget_beside(db, row)


@contextmanager
def _journal(folder: Path) -> Iterator[Database]:
    with closing(open_up_to_date(folder / FILE_NAME, begun=False)) as db:
        yield db


def _meant(db: Database, traces: PersonTraces) -> Iterator[tuple[RowId, str | None]]:
    """Find a person's rows, with the contacts that they became."""
    mentions = mention_of(traces.email).search
    rows, contact_ids = frozenset(traces.rows), frozenset(traces.contact_ids)
    query = 'SELECT "row", contact_id, message, warnings FROM outcomes WHERE "row" > ? ORDER BY "row" LIMIT ?'
    last = -1
    while page := db.execute(query, (last, _PAGE)).fetchall():
        for row, contact_id, *texts in page:
            if row in rows or contact_id in contact_ids or any(map(mentions, filter(None, texts))):
                yield row, contact_id
        last = page[-1][0]


def _forget_sealed(db: Database, row: RowId) -> None:
    """Write the checksums anew, by which somebody else's change of a file is found."""
    _forget_outcome(db, row)
    _forget_landing(db, row)


def _forget_unsealed(db: Database, row: RowId) -> None:
    message = "CASE WHEN message IS NULL THEN NULL ELSE ? END"
    db.execute(
        f'UPDATE outcomes SET contact_id = NULL, warnings = NULL, message = {message} WHERE "row" = ?',  # noqa: S608  (our own text)
        (FORGOTTEN, row),
    )
    db.execute("UPDATE landed SET contact_id = '', warnings = NULL WHERE \"row\" = ?", (row,))


def _forget_outcome(db: Database, row: RowId) -> None:
    *cells, append = db.execute(
        f'SELECT {OUTCOME_COLUMNS}, pass, append FROM outcomes WHERE "row" = ?',  # noqa: S608  (our own names)
        (row,),
    ).fetchone()
    names = [name.strip() for name in OUTCOME_COLUMNS.split(",")]
    cells[names.index("contact_id")] = cells[names.index("warnings")] = None
    message = cells[names.index("message")] and FORGOTTEN
    cells[names.index("message")] = message
    # the trigger keeps the line as it was in earlier_outcomes, from where it goes with the others
    db.execute(
        'UPDATE outcomes SET contact_id = NULL, warnings = NULL, message = ?, checksum = ? WHERE "row" = ?',
        (message, checksum(cells, append=append), row),
    )


def _forget_landing(db: Database, row: RowId) -> None:
    found = db.execute(
        f'SELECT {LANDED_COLUMNS}, append FROM landed WHERE "row" = ?',  # noqa: S608  (our own names)
        (row,),
    ).fetchone()
    if found is None:
        return
    *cells, append = found
    names = [name.strip() for name in LANDED_COLUMNS.split(",")]
    cells[names.index("contact_id")], cells[names.index("warnings")] = "", None
    db.execute(
        "UPDATE landed SET contact_id = '', warnings = NULL, checksum = ? WHERE \"row\" = ?",
        (checksum(cells, append=append), row),
    )


def _forget_beside(db: Database, row: RowId) -> None:
    for table in _BESIDE:
        db.execute(f'DELETE FROM {table} WHERE "row" = ?', (row,))  # noqa: S608  (our own names)
