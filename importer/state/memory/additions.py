"""What was put beside which contact, as hashes: a second run of the same file need not ask for each of its notes.

What is lost of it costs a look at the contact's own list, and no second note.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final, Self

from importer.errors import SettingsError, StateError
from importer.records import Added
from importer.state.database import Database, Purpose, begin_anew_if_damaged, replacing
from importer.state.memory.fingerprints import key_hasher
from importer.state.memory.salt import salt_of

_FILE_NAME: Final = "additions.db"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS salt (value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS additions (key BLOB PRIMARY KEY, id TEXT NOT NULL) WITHOUT ROWID;
"""
_PUT: Final = replacing("additions", "key, id", key="key")
_PURPOSE: Final = Purpose(
    title="The memory of what was added beside contacts",
    go_on="go on with: importer resume",
    if_damaged="Move it away, and go on with: importer resume.",
    without_it="What is there already is then looked up.",
    # what a power cut takes is looked up, and each reply would cost a wait for the disk
    pragmas=("synchronous = NORMAL",),
)


class KnownAdditions:
    """The additions that one place is known to have; several processes may use the file at once."""

    def __init__(self, db: Database, *, place: str) -> None:
        self._db = db
        self._place = place
        self._hash = key_hasher(salt_of(self._db))

    @classmethod
    def open(cls, state: Path, *, place: str) -> Self:
        """Open the file of a state folder, or begin it; a damaged one is begun anew. ``place``: the contacts' server."""
        try:
            db = begin_anew_if_damaged(state / _FILE_NAME, _PURPOSE, _SCHEMA)
        except StateError as cause:
            raise SettingsError(str(cause)) from cause
        return cls(db, place=place)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def find(self, *, location_id: str, contact_id: str, digest: str) -> str | None:
        """Give the id of what was put beside a contact and says this."""
        key = self._key(location_id, contact_id, digest)
        found = self._db.execute("SELECT id FROM additions WHERE key = ?", (key,)).fetchone()
        return None if found is None else str(found[0])

    def learn(self, added: Iterable[Added]) -> None:
        """Note what is there."""
        rows = [(self._key(each.location_id, each.contact_id, each.digest), each.id) for each in added]
        if rows:
            with self._db.transaction() as database:
                database.executemany(_PUT, rows)

    def forget(self, added: Iterable[Added]) -> None:
        """Forget what is taken away again."""
        with self._db.transaction() as database:
            database.executemany(
                "DELETE FROM additions WHERE key = ?",
                ((self._key(each.location_id, each.contact_id, each.digest),) for each in added),
            )

    def _key(self, location_id: str, contact_id: str, digest: str) -> bytes:
        return self._hash(f"{self._place}\n{location_id}\n{contact_id}\n{digest}")
