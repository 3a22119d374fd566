"""Locks by path: of one machine's processes in a state folder, of all machines' in the Postgres that a folder is the face of."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Final

from importer.runtime import process_lock
from importer.runtime.process_lock import PATIENCE_SECONDS, LockHeldError, Owner
from importer.state.database import Database, Purpose, database_is_there, ensure_database, replacing
from importer.state.postgres.faces import Face, face_around

_FILE_NAME: Final = "locks.db"
_SCHEMA: Final = "CREATE TABLE IF NOT EXISTS owners (key INTEGER PRIMARY KEY, owner TEXT NOT NULL);"
_PURPOSE: Final = Purpose(
    title="The list of who works on what",
    go_on="run the same command again",
    if_damaged="Restore the database from a backup.",
)
_TRY_SECONDS: Final = 0.05


@contextlib.contextmanager
def locked(path: Path, owner: Owner, *, wait_seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Hold the lock of a path; raise LockHeldError with its owner when another process, or another task of ours, keeps it.

    It is free as soon as its process, or the connection of that, is gone. Waiting blocks. Raises StateError.
    """
    face = face_around(path)
    if face is None:
        with process_lock.locked(path, owner, wait_seconds=wait_seconds):
            yield
        return
    with contextlib.closing(_owners(face)) as db:
        _keep_session(db)
        key = _key(face, path)
        _acquire(db, key, wait_seconds)
        db.execute(replacing("owners", "key, owner", key="key"), (key, json.dumps(asdict(owner))))
        try:
            yield
        finally:
            with contextlib.suppress(Exception):  # the lock goes with its connection in any case
                db.execute("DELETE FROM owners WHERE key = ?", (key,))


def holder(path: Path) -> Owner | None:
    """Tell who holds the lock of a path, without waiting; None when nobody does."""
    face = face_around(path)
    if face is None:
        return process_lock.holder(path)
    if not database_is_there(face.folder / _FILE_NAME):
        return None
    from importer.state.postgres.database import in_postgres
    from importer.state.postgres.locks import holder_of

    with contextlib.closing(_owners(face)) as db:
        key = _key(face, path)
        if holder_of(in_postgres(db), key) is None:
            return None
        return _owner(db, key) or Owner(work="another process", pid=0, host="?", started_at=0.0)


def _owners(face: Face) -> Database:
    return ensure_database(face.folder / _FILE_NAME, _PURPOSE, _SCHEMA)


def _keep_session(db: Database) -> None:
    from importer.state.postgres.database import in_postgres

    in_postgres(db).keep_session()


def _acquire(db: Database, key: int, wait_seconds: float) -> None:
    until = time.monotonic() + wait_seconds
    while not db.execute("SELECT pg_try_advisory_lock(?)", (key,)).fetchone()[0]:
        if time.monotonic() >= until:
            raise LockHeldError(_owner(db, key))
        time.sleep(_TRY_SECONDS)


def _owner(db: Database, key: int) -> Owner | None:
    found = db.execute("SELECT owner FROM owners WHERE key = ?", (key,)).fetchone()
    try:
        return None if found is None else Owner(**json.loads(found[0]))
    except (ValueError, TypeError):
        return None


def _key(face: Face, path: Path) -> int:
    from importer.state.postgres.database import lock_key

    return lock_key("path", path.absolute().relative_to(face.folder).as_posix())
