"""Which contents were uploaded for which custom field, and what the vendor has of them: hashes, and addresses of its own.

The vendor lists no files, so that nobody can look up whether one is there: this is written before each upload, and after it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Self

from importer.errors import SettingsError, StateError
from importer.records import value_type
from importer.state.database import Database, Purpose, begin_anew_if_damaged, database_is_there, replacing
from importer.state.memory.fingerprints import key_hasher
from importer.state.memory.salt import salt_of

_FILE_NAME: Final = "uploads.db"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS salt (value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS uploads (key BLOB PRIMARY KEY, run TEXT NOT NULL, stored TEXT) WITHOUT ROWID;
"""
_PUT: Final = replacing("uploads", "key, run, stored", key="key")
_PURPOSE: Final = Purpose(
    title="The memory of uploaded files",
    go_on="go on with: importer resume",
    if_damaged="Move it away, and go on with: importer resume.",
    without_it="Files are then uploaded once more.",
)


@value_type(frozen=True, slots=True, kw_only=True)
class UploadKey:
    """A content for a custom field of a location; ``digest``: its SHA-256."""

    location_id: str
    field_id: str
    digest: str


@value_type(frozen=True, slots=True, kw_only=True)
class KnownUpload:
    """What became of an upload. ``stored``: None where it was begun by ``run_id`` and its end is not known."""

    run_id: str
    stored: str | None = None


class KnownUploads:
    """The uploads to one place; several processes may use the file at once."""

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

    @classmethod
    def open_if_there(cls, state: Path, *, place: str) -> Self | None:
        """Open the file of a state folder for a look; None where no run uploaded anything yet. Raises SettingsError."""
        return cls.open(state, place=place) if database_is_there(state / _FILE_NAME) else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def find(self, upload: UploadKey) -> KnownUpload | None:
        row = self._db.execute(
            "SELECT run, stored FROM uploads WHERE key = ?", (self._key(upload),)
        ).fetchone()
        return None if row is None else KnownUpload(run_id=row[0], stored=row[1])

    def begin(self, upload: UploadKey, run_id: str) -> None:
        """Note that it is about to be sent. Raises StateError, and then it must not be."""
        self._write(upload, run_id, None)

    def finish(self, upload: UploadKey, run_id: str, stored: str) -> None:
        self._write(upload, run_id, stored)

    def withdraw(self, upload: UploadKey) -> None:
        """Note that it surely was not done."""
        with self._db.transaction() as database:
            database.execute("DELETE FROM uploads WHERE key = ?", (self._key(upload),))

    def _write(self, upload: UploadKey, run_id: str, stored: str | None) -> None:
        with self._db.transaction() as database:
            database.execute(_PUT, (self._key(upload), run_id, stored))

    def _key(self, upload: UploadKey) -> bytes:
        return self._hash(f"{self._place}\n{upload.location_id}\n{upload.field_id}\n{upload.digest}")
