"""What a run found behind each file that its rows name: whoever goes on with it, or takes it back, needs the files no more."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Self

from importer.errors import SettingsError, StateError
from importer.state.database import Database, Purpose, begin_anew_if_damaged, database_is_there, replacing

FILE_NAME: Final = "files.db"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS files (
    location TEXT NOT NULL, field TEXT NOT NULL, reference TEXT NOT NULL, name TEXT NOT NULL, stored TEXT NOT NULL,
    PRIMARY KEY (location, field, reference)
) WITHOUT ROWID;
"""
_PUT: Final = replacing("files", "location, field, reference, name, stored", key="location, field, reference")
_PURPOSE: Final = Purpose(
    title="The run's list of uploaded files",
    go_on="go on with: importer resume",
    if_damaged="Move it away, and go on with: importer resume.",
    without_it="What was uploaded stays known.",
)


class NamedFiles:
    """The files of one run, by what rows call them."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the list in a run's folder, or begin it. Raises SettingsError."""
        try:
            return cls(begin_anew_if_damaged(folder / FILE_NAME, _PURPOSE, _SCHEMA))
        except StateError as cause:
            raise SettingsError(str(cause)) from cause

    @staticmethod
    def is_in(folder: Path) -> bool:
        return database_is_there(folder / FILE_NAME)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def find(self, location_id: str, field_id: str, reference: str) -> tuple[str, str] | None:
        """Give the name and what the vendor has of a file that was uploaded."""
        found = self._db.execute(
            "SELECT name, stored FROM files WHERE location = ? AND field = ? AND reference = ?",
            (location_id, field_id, reference),
        ).fetchone()
        return None if found is None else (str(found[0]), str(found[1]))

    def note(self, location_id: str, field_id: str, reference: str, *, name: str, stored: str) -> None:
        with self._db.transaction() as database:
            database.execute(_PUT, (location_id, field_id, reference, name, stored))
