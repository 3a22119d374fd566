"""Notes beside a mirror's contacts, kept as they were read: the vendor does not tell whose have changed since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from importer.highlevel.notes import HeldNote
from importer.highlevel.wire import decode, encode
from importer.state.database import Database, replacing

_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS notes (id TEXT PRIMARY KEY, read_at REAL NOT NULL, content BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS notes_read (whole_at REAL NOT NULL)",
)
_PUT: Final = replacing("notes", "id, read_at, content", key="id")
WHOLE_SECONDS: Final = 3_600.0
"""For so long what was read whole is taken for what is there, as a mirror is."""
CUT_OFF_SECONDS: Final = 86_400.0
"""A reading that was cut off goes on with what is no older."""


class KeptNotes:
    """The notes in the file of one mirror."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def begin(self, now: float) -> None:
        """Make room, and delete what is too old to go on with."""
        with self._db.transaction():
            for statement in _SCHEMA:
                self._db.execute(statement)
            whole = self._db.execute("SELECT max(whole_at) FROM notes_read").fetchone()[0]
            oldest = now - (CUT_OFF_SECONDS if whole is None else WHOLE_SECONDS)
            if whole is not None and whole < oldest:
                self._db.execute("DELETE FROM notes_read")
                self._db.execute("DELETE FROM notes")
            elif whole is None:
                self._db.execute("DELETE FROM notes WHERE read_at < ?", (oldest,))

    def finish(self, now: float) -> None:
        """Note that those of all contacts are there."""
        with self._db.transaction():
            if self._db.execute("SELECT 1 FROM notes_read").fetchone() is None:
                self._db.execute("INSERT INTO notes_read VALUES (?)", (now,))

    def keep(self, notes: Mapping[str, Sequence[HeldNote]], now: float) -> None:
        """Keep the notes of contacts."""
        rows = [
            (contact_id, now, encode([[each.id, each.body, each.title, each.added_at] for each in some]))
            for contact_id, some in notes.items()
        ]
        with self._db.transaction():
            self._db.executemany(_PUT, rows)

    def find(self, contact_ids: Iterable[str]) -> dict[str, tuple[HeldNote, ...]]:
        """Give the notes of those contacts that were read."""
        found: dict[str, tuple[HeldNote, ...]] = {}
        for contact_id in contact_ids:
            row = self._db.execute("SELECT content FROM notes WHERE id = ?", (contact_id,)).fetchone()
            if row is not None:
                found[contact_id] = tuple(
                    HeldNote(id=note_id, body=body, title=title, added_at=added_at)
                    for note_id, body, title, added_at in decode(row[0])
                )
        return found

    def drop(self, contact_ids: Iterable[str]) -> None:
        """Delete those of contacts that are gone, or to be forgotten."""
        if self._db.columns("notes"):
            self._db.executemany("DELETE FROM notes WHERE id = ?", [(each,) for each in contact_ids])
