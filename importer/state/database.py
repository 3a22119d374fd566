"""Where the state's databases are opened: files that only their owner can read, or schemas of the Postgres that a folder is the face of."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import ClassVar, Self

from importer.errors import SettingsError, StateError
from importer.state import sqlite
from importer.state.postgres.faces import face_of
from importer.state.purpose import DamagedError, Database, Purpose, SqlAnswer
from importer.state.sqlite import statements, sync_file, sync_folder

__all__ = [
    "DamagedError",
    "Database",
    "Purpose",
    "ScratchFile",
    "SqlAnswer",
    "StateFile",
    "begin_anew_if_damaged",
    "create_database",
    "database_is_there",
    "databases_below",
    "delete_database",
    "ensure_database",
    "open_database",
    "replacing",
    "scratch_database",
    "statements",
    "sync_file",
    "sync_folder",
]


def open_database(path: Path, purpose: Purpose) -> Database:
    """Open one that is there."""
    if (face := face_of(path)) is not None:
        opened: Database = _schemas().open_schema(face, path, purpose)
        return opened
    return sqlite.open_database(path, purpose)


def create_database(path: Path, purpose: Purpose) -> Database:
    """Make one that nobody else made before, and open it."""
    if (face := face_of(path)) is not None:
        made: Database = _schemas().create_schema(face, path, purpose)
        return made
    return sqlite.create_database(path, purpose)


def ensure_database(path: Path, purpose: Purpose, schema: str) -> Database:
    """Open one, making it, its folder and its tables where they are missing."""
    if (face := face_of(path)) is not None:
        ensured: Database = _schemas().ensure_schema(face, path, purpose, schema)
        return ensured
    return sqlite.ensure_database(path, purpose, schema)


def begin_anew_if_damaged(path: Path, purpose: Purpose, schema: str) -> Database:
    """Open one that can be done without: a damaged file is put aside and begun again."""
    if (face := face_of(path)) is not None:
        ensured: Database = _schemas().ensure_schema(face, path, purpose, schema)
        return ensured
    return sqlite.begin_anew_if_damaged(path, purpose, schema)


def database_is_there(path: Path) -> bool:
    """Tell whether somebody made it."""
    if (face := face_of(path)) is not None:
        return bool(_schemas().schema_is_there(face, path))
    return path.is_file()


def scratch_database(path: Path, purpose: Purpose, schema: str) -> Database:
    """Open one that this process alone needs, and no longer than it is open: in a file, wherever the state lies."""
    return sqlite.ensure_database(path, purpose, schema)


def delete_database(path: Path) -> None:
    """Delete one that is not needed any more; one that somebody reads may stay until the next time."""
    if (face := face_of(path)) is not None:
        _schemas().delete_schema(face, path)
    else:
        sqlite.delete_database(path)


def databases_below(folder: Path, pattern: str) -> list[Path]:
    """List those below a folder whose paths are like a pattern (``*/plan.db``)."""
    if (face := face_of(folder / pattern)) is not None:
        found: list[Path] = _schemas().schemas_below(face, folder, pattern)
        return found
    return list(folder.glob(pattern))


def replacing(table: str, columns: str, *, key: str) -> str:
    """Write the statement that puts a row in the place of the one with the same key, or beside the others."""
    names = [name.strip() for name in columns.split(",")]
    keys = [name.strip() for name in key.split(",")]
    changed = ", ".join(f"{name} = excluded.{name}" for name in names if name not in keys)
    marks = ", ".join("?" * len(names))
    then = f"UPDATE SET {changed}" if changed else "NOTHING"
    return f"INSERT INTO {table} ({columns}) VALUES ({marks}) ON CONFLICT ({key}) DO {then}"  # noqa: S608  (our own names)


def _schemas() -> ModuleType:
    from importer.state.postgres import schemas  # brings psycopg

    return schemas


class StateFile:
    """One database of the state folder, open as a context. What is kept in it, and where, a subclass says."""

    FILE_NAME: ClassVar[str]
    PURPOSE: ClassVar[Purpose]
    SCHEMA: ClassVar[str]

    def __init__(self, db: Database) -> None:
        self._db = db

    @classmethod
    def open(cls, state: Path) -> Self:
        """Open the file, or begin it; SettingsError when it cannot be used: nothing was sent yet."""
        try:
            return cls(ensure_database(state / cls.FILE_NAME, cls.PURPOSE, cls.SCHEMA))
        except StateError as cause:
            raise SettingsError(str(cause)) from cause

    @classmethod
    def is_in(cls, folder: Path) -> bool:
        """Tell whether a folder has such a file."""
        return database_is_there(folder / cls.FILE_NAME)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()


class ScratchFile:
    """A database that is needed no longer than it is open, as a context. What it holds, a subclass says."""

    PURPOSE: ClassVar[Purpose]
    SCHEMA: ClassVar[str]

    def __init__(self, db: Database) -> None:
        self._db = db

    @classmethod
    def scratch(cls, path: Path) -> Self:
        return cls(scratch_database(path, cls.PURPOSE, cls.SCHEMA))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()
