"""SQLite files that only their owner can read, and that several processes may hold open."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Final, Self

from importer.errors import SettingsError, StateError
from importer.runtime.logs import logger_of

logger = logger_of(__name__)

BUSY_SECONDS: Final = 30.0


class DamagedError(Exception):
    """The file is no database, or not any more; never leaves this room."""


def open_database(path: Path, schema: str) -> sqlite3.Connection:
    """Open or make a database; SettingsError when it cannot be used at all."""
    try:
        return open_sound(path, schema)
    except DamagedError as cause:
        raise SettingsError(f"{path} is damaged: {cause}. Move it away; what it knew is lost.") from None


def open_anew(path: Path, schema: str) -> sqlite3.Connection:
    """Open a database that can be done without: a damaged one is put aside and begun again."""
    try:
        return open_sound(path, schema)
    except DamagedError as cause:
        aside = path.with_name(f"{path.name}.damaged")
        logger.warning("%s is damaged (%s) and was put aside as %s.", path, cause, aside.name)
        try:
            for suffix in ("-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            path.replace(aside)
        except OSError as stuck:
            raise SettingsError(f"{path} is damaged and cannot be moved away: {stuck.strerror}.") from None
        return open_database(path, schema)


def open_sound(path: Path, schema: str) -> sqlite3.Connection:
    """Open or make a database; DamagedError when the file is none, SettingsError when it cannot be reached."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Made here and not by SQLite, whose files (-wal and -shm too) take over the mode of the first.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            # Keys are hashes, so every block touches pages all over the file: 32 MiB spare most of the reading.
            connection.execute("PRAGMA cache_size = -32768")
            connection.executescript(schema)
        except sqlite3.OperationalError:
            connection.close()
            raise
        except sqlite3.DatabaseError as cause:
            connection.close()
            raise DamagedError(str(cause)) from None
    except (OSError, sqlite3.Error) as cause:
        raise SettingsError(
            f"{path} cannot be opened: {cause}. Give another folder with --state, or move it away."
        ) from None
    return connection


class Store:
    """One such file of a state folder, open as a context. What is kept in it, and under what name, a subclass says."""

    FILE_NAME: ClassVar[str]
    SCHEMA: ClassVar[str]

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    @classmethod
    def open(cls, state: Path) -> Self:
        path = state / cls.FILE_NAME
        return cls(open_database(path, cls.SCHEMA), path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path) -> Iterator[sqlite3.Connection]:
    """Write all or nothing; StateError when the disk or the file refuses."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
    except sqlite3.Error as cause:
        raise StateError(
            f"{path} cannot be written: {cause}. Make room on the disk, then go on with importer resume."
        ) from None
