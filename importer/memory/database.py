"""SQLite files that only their owner can read, and that several processes may hold open."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from importer.errors import SettingsError, StateError

BUSY_SECONDS: Final = 30.0


def open_database(path: Path, schema: str) -> sqlite3.Connection:
    """Open or make a database; SettingsError when it cannot be used at all."""
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
        except sqlite3.Error:
            connection.close()
            raise
    except (OSError, sqlite3.Error) as cause:
        raise SettingsError(
            f"{path} cannot be opened: {cause}. Give another folder with --state, or move it away."
        ) from None
    return connection


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
