"""Files of a run that all machines need: in the run's folder, or in the Postgres that it is the face of, in pieces."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from importer.errors import StateError
from importer.state.purpose import Database

PIECE_BYTES: Final = 1 << 20


def put_file(db: Database, name: str, path: Path) -> None:
    """Keep a file's bytes under a name, in the place of what was there. Raises StateError."""
    try:
        with path.open("rb") as file:
            db.execute("DELETE FROM files WHERE name = ?", (name,))
            for number, content in enumerate(_pieces(file)):
                digest = hashlib.sha256(content).hexdigest()
                db.execute("INSERT INTO files VALUES (?, ?, ?, ?)", (name, number, digest, content))
    except OSError as cause:
        raise StateError(f"{path} cannot be read: {cause.strerror}.") from cause


def fetch_file(db: Database, name: str, path: Path) -> Path:
    """Write what is kept under a name to a private file, whole or not at all. Raises StateError."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(aside, flags, 0o600), "wb") as file:
            for content in _kept(db, name):
                file.write(content)
        aside.replace(path)
    except OSError as cause:
        raise StateError(
            f"{path} cannot be written: {cause.strerror}. See that the disk has room."
        ) from cause
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
    return path


def file_names(db: Database) -> tuple[str, ...]:
    """List what is kept."""
    return tuple(name for (name,) in db.execute("SELECT name FROM files WHERE number = 0 ORDER BY name"))


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    # an empty file is one empty piece
    yield file.read(PIECE_BYTES)
    while content := file.read(PIECE_BYTES):
        yield content


def _kept(db: Database, name: str) -> Iterator[bytes]:
    query = "SELECT sha256, content FROM files WHERE name = ? AND number = ?"
    number = 0
    while found := db.execute(query, (name, number)).fetchone():
        digest, content = found
        if hashlib.sha256(content).hexdigest() != digest:
            raise StateError(
                f"{db.purpose.title} holds {name} otherwise than it was kept. {db.purpose.if_damaged}"
            )
        yield content
        number += 1
    if not number:
        raise StateError(f"{db.purpose.title} has no file {name}. {db.purpose.if_damaged}")
