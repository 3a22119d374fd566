"""Forgetting one person in the journal of a run that is over: how his rows ended stays, and whose they were does not."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from importer.records import RowId, value_type
from importer.runtime.addresses import mention_of
from importer.state.database import Database
from importer.state.journal.integrity import checksum
from importer.state.journal.rows import LANDED_COLUMNS, OUTCOME_COLUMNS
from importer.state.journal.storage import FILE_NAME, open_up_to_date

FORGOTTEN: Final = "Whose row this was is forgotten."
_MEANT: Final = (
    'SELECT "row" FROM outcomes WHERE "row" IN (SELECT "row" FROM meant_rows) '
    "OR contact_id IN (SELECT id FROM meant_contacts) "
    "OR mentions(message) OR mentions(warnings)"
)
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
    with _meaning(folder, traces) as db:
        found = db.execute(
            f'SELECT DISTINCT contact_id FROM outcomes WHERE contact_id IS NOT NULL AND "row" IN ({_MEANT})'  # noqa: S608  (our own text)
        )
        return {contact_id for (contact_id,) in found}


def count_rows(folder: Path, traces: PersonTraces) -> int:
    """Count a person's rows."""
    with _meaning(folder, traces) as db:
        found = db.execute(f"SELECT count(*) FROM ({_MEANT})")  # noqa: S608  (likewise)
        return int(found.fetchone()[0])


def forget_rows(folder: Path, traces: PersonTraces) -> None:
    """Take out of a journal whose rows these were; its other rows, its counts and its seal stay as they are."""
    with _meaning(folder, traces) as db:
        with db.transaction():
            rows = [row for (row,) in db.execute(_MEANT).fetchall()]
            for row in rows:
                _forget_outcome(db, row)
                _forget_landing(db, row)
                _forget_beside(db, row)
        # What was deleted still stands in the file, and in its log, until it is written anew.
        db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


@contextmanager
def _meaning(folder: Path, traces: PersonTraces) -> Iterator[Database]:
    db = open_up_to_date(folder / FILE_NAME, begun=False)
    try:
        db.execute("PRAGMA secure_delete = ON")
        wanted = mention_of(traces.email)
        db.create_function(
            "mentions", 1, lambda text: isinstance(text, str) and wanted.search(text) is not None
        )
        db.execute('CREATE TEMP TABLE meant_rows ("row" INTEGER PRIMARY KEY)')
        db.execute("CREATE TEMP TABLE meant_contacts (id TEXT PRIMARY KEY)")
        db.executemany("INSERT OR IGNORE INTO meant_rows VALUES (?)", [(row,) for row in traces.rows])
        db.executemany(
            "INSERT OR IGNORE INTO meant_contacts VALUES (?)", [(each,) for each in traces.contact_ids]
        )
        yield db
    finally:
        db.close()


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
