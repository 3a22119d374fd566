"""Secrets in Postgres, for all machines: encrypted by a key that only their environment has, renewed by one process at a time."""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import time
from collections.abc import Iterator
from typing import Any, Final

from importer.errors import SettingsError, StateError
from importer.records import value_type
from importer.runtime.environment import variables
from importer.runtime.installation import missing_extra
from importer.runtime.logs import hide
from importer.runtime.process_lock import LockHeldError, Owner
from importer.state.postgres.database import PostgresDatabase
from importer.state.postgres.faces import Face
from importer.state.postgres.schemas import ensure_schema
from importer.state.purpose import Purpose

KEY_VARIABLE: Final = "IMPORTER_STATE_KEY"
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_HOW_TO_MAKE: Final = "the output of: openssl rand -base64 32"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, content BLOB NOT NULL, written INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS renewals (name TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS owners (
    name TEXT PRIMARY KEY, work TEXT NOT NULL, pid INTEGER NOT NULL, host TEXT NOT NULL, started_at REAL NOT NULL
);
"""
_PURPOSE: Final = Purpose(
    title="The stored tokens",
    go_on="try again",
    if_damaged="Restore the database from a backup, or connect the locations again.",
)
_WRITE: Final = """
INSERT INTO secrets (name, content, written) VALUES (?, ?, (SELECT coalesce(max(written), 0) + 1 FROM secrets))
ON CONFLICT (name) DO UPDATE SET content = excluded.content, written = excluded.written
"""
_OWN: Final = """
INSERT INTO owners (name, work, pid, host, started_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET
work = excluded.work, pid = excluded.pid, host = excluded.host, started_at = excluded.started_at
"""
# Not by the schema's lock of writers: whoever renews writes in between, so that a crash leaves a trace of it.
_TAKE: Final = "SELECT name FROM renewals WHERE name = ? FOR UPDATE SKIP LOCKED"
_TRY_SECONDS: Final = 0.1


@value_type(frozen=True, slots=True)
class SecretTable:
    """A ``SecretStore`` in the Postgres behind a face folder."""

    face: Face

    @property
    def guard(self) -> str:
        return f"encrypted by the key in {KEY_VARIABLE}"

    @property
    def shared(self) -> bool:
        return True

    def prepare(self) -> None:
        _ciphers()
        with self._settings_errors(), self._open():
            pass

    def read(self, name: str) -> bytes:
        with self._settings_errors(), self._open() as db:
            found = db.execute("SELECT content FROM secrets WHERE name = ?", (name,)).fetchone()
        if found is None:
            raise FileNotFoundError(name)
        return _decrypted(bytes(found[0]), name)

    def write(self, name: str, content: bytes) -> None:
        sealed = _encrypted(content, name)
        with self._settings_errors(), self._open() as db, db.transaction():
            db.execute(_WRITE, (name, sealed))

    def delete(self, name: str) -> bool:
        with self._settings_errors(), self._open() as db:
            return db.execute("DELETE FROM secrets WHERE name = ?", (name,)).rowcount > 0

    def names(self, begins: str) -> list[str]:
        query = "SELECT name FROM secrets WHERE starts_with(name, ?) ORDER BY written"
        with self._settings_errors(), self._open() as db:
            return [name for (name,) in db.execute(query, (begins,))]

    @contextlib.contextmanager
    def locked(self, name: str, owner: Owner, *, wait_seconds: float) -> Iterator[None]:
        """Hold a row against all machines; whoever dies gives it back with his connection. Raises LockHeldError."""
        with self._settings_errors(), self._open() as db:
            db.keep_session()
            db.execute("INSERT OR IGNORE INTO renewals (name) VALUES (?)", (name,))
            _take(db, name, wait_seconds)
            try:
                self._own(name, owner)
                yield
            finally:
                with contextlib.suppress(StateError):  # with the connection gone, the row is free already
                    db.execute("ROLLBACK")

    def where(self, name: str) -> str:
        return f"{name} in {self.face.address.text}"

    def _own(self, name: str, owner: Owner) -> None:
        # by another connection: the one that holds the row has written nothing that others could see yet
        with self._open() as db:
            db.execute(_OWN, (name, owner.work, owner.pid, owner.host, owner.started_at))

    @contextlib.contextmanager
    def _open(self) -> Iterator[PostgresDatabase]:
        place = self.face.folder / "secrets.db"
        with contextlib.closing(ensure_schema(self.face, place, _PURPOSE, _SCHEMA)) as db:
            yield db

    @contextlib.contextmanager
    def _settings_errors(self) -> Iterator[None]:
        try:
            yield
        except StateError as cause:
            raise SettingsError(str(cause)) from cause


def _take(db: PostgresDatabase, name: str, wait_seconds: float) -> None:
    until = time.monotonic() + wait_seconds
    while True:
        db.execute("BEGIN")
        if db.execute(_TAKE, (name,)).fetchone() is not None:
            return
        db.execute("ROLLBACK")
        if time.monotonic() >= until:
            raise LockHeldError(_owner_of(db, name))
        time.sleep(_TRY_SECONDS)


def _owner_of(db: PostgresDatabase, name: str) -> Owner | None:
    query = "SELECT work, pid, host, started_at FROM owners WHERE name = ?"
    found = db.execute(query, (name,)).fetchone()
    if found is None:
        return None
    work, pid, host, started_at = found
    return Owner(work=work, pid=pid, host=host, started_at=started_at)


def _encrypted(content: bytes, name: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    # with its name, so that nobody who may only write to the table can give one location the token of another
    sealed: bytes = _ciphers()[0].encrypt(nonce, content, name.encode())
    return nonce + sealed


def _decrypted(kept: bytes, name: str) -> bytes:
    from cryptography.exceptions import InvalidTag

    for cipher in _ciphers():
        with contextlib.suppress(InvalidTag):
            content: bytes = cipher.decrypt(kept[:_NONCE_BYTES], kept[_NONCE_BYTES:], name.encode())
            return content
    raise SettingsError(
        f"{name} was stored under another key than {KEY_VARIABLE} holds. Set it to the key of the machine that stored it "
        "(several, with commas between them, are tried one after the other), or connect the location again."
    )


def _ciphers() -> list[Any]:
    """Give a cipher for each key: the first one encrypts, the others are older ones that still have to be read."""
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError:
        raise SettingsError(missing_extra("Storing tokens in Postgres", "postgres")) from None
    given = [each.strip() for each in variables().get(KEY_VARIABLE, "").split(",") if each.strip()]
    if not given:
        raise SettingsError(
            f"Tokens are stored in Postgres encrypted, and {KEY_VARIABLE} is not set. Set it on all machines to the same key: "
            f"{_HOW_TO_MAKE}."
        )
    return [AESGCM(_key(each)) for each in given]


def _key(text: str) -> bytes:
    hide(text)
    try:
        key = base64.b64decode(text, altchars=b"-_" if set("-_") & set(text) else None, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        raise SettingsError(f"{KEY_VARIABLE} holds no key of 32 bytes in base64. Set it to {_HOW_TO_MAKE}.")
    return key
