"""The SQLite file under a journal: opened for durability, its errors in our words."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from importer.errors import StateError

BUSY_SECONDS: Final = 10.0

_CAUSES: Final[dict[int, tuple[str, str]]] = {
    # primary result code: (what happened, what to do next)
    sqlite3.SQLITE_FULL: ("the disk is full", "Free some space, then go on with: importer resume"),
    sqlite3.SQLITE_BUSY: (
        "another program has it locked",
        "Close what has the file open (a backup, a virus scanner, a database viewer), then: importer resume",
    ),
    sqlite3.SQLITE_LOCKED: ("another program has it locked", "Close it, then go on with: importer resume"),
    sqlite3.SQLITE_READONLY: (
        "it cannot be written",
        "Make the state folder writable, or name another one with --state.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "it cannot be opened",
        "See that the state folder is there and that you may read and write it.",
    ),
    sqlite3.SQLITE_IOERR: (
        "the disk reported an error",
        "See that the disk is there and sound, then go on with: importer resume",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "it is damaged",
        "Restore the state folder from a backup, or start afresh with: importer run ... --fresh",
    ),
    sqlite3.SQLITE_NOTADB: (
        "it is damaged (no SQLite file)",
        "Restore the state folder from a backup, or start afresh with: importer run ... --fresh",
    ),
}


def state_error(cause: sqlite3.Error, path: Path) -> StateError:
    """Say in a user's words why SQLite could not go on, and what to do next."""
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    what, then = _CAUSES.get(code, ("it cannot be used", "Nothing that was settled is lost; try again."))
    return StateError(f"The journal {path} failed: {what} ({cause}). {then}")


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Let no sqlite3 error out of this room."""
    try:
        yield
    except sqlite3.Error as cause:
        raise state_error(cause, path) from cause


@contextlib.contextmanager
def transaction(db: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Make everything inside durable at once, or none of it."""
    with translated(path):
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
            db.execute("COMMIT")
        except BaseException:
            # On a full disk SQLite may have rolled back already, and a second ROLLBACK would hide the cause.
            with contextlib.suppress(sqlite3.Error):
                db.execute("ROLLBACK")
            raise


def open_database(path: Path) -> sqlite3.Connection:
    """Open an existing file such that a commit survives a power cut.

    ``synchronous=FULL`` syncs the write-ahead log at each commit: an intent that is not on the disk when its
    request goes out would turn a created contact into an updated one after a power cut. ``fullfsync`` is what
    macOS needs for the same. Where the file system cannot hold a write-ahead log (network shares), SQLite stays
    with its older journal, which is slower and as safe.
    """
    with translated(path):
        # One thread at a time uses it, but results may be written from another than the run's.
        db = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA fullfsync = ON")
            db.execute("PRAGMA trusted_schema = OFF")
        except BaseException:
            db.close()
            raise
    return db


def create_database(path: Path) -> sqlite3.Connection:
    """Make a file that only its owner can read (``-wal`` and ``-shm`` follow its mode), and open it."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as cause:
        raise StateError(
            f"The journal {path} cannot be made: {cause.strerror}. Name another folder with --state."
        ) from cause
    return open_database(path)


def sync_file(path: Path) -> None:
    """Put a file's bytes on the disk before anything is done on the strength of them."""
    with path.open("rb+") as opened:
        os.fsync(opened.fileno())


def sync_folder(path: Path) -> None:
    """Put a folder's entries on the disk: a file that was synced can still vanish with its name."""
    if os.name == "nt":  # Windows cannot open a folder for that, and keeps names safe itself
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
