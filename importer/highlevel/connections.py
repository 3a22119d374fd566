"""Tokens that `importer connect` stored: by location and address, in the system's keyring or a private file."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from importer.errors import CredentialsError, SettingsError
from importer.highlevel.grants import open_keyring
from importer.highlevel.secret_folder import secret_store
from importer.records import value_type
from importer.runtime.logs import hide
from importer.runtime.regex import regex
from importer.settings import Connection, Secret, SecretStore

_SERVICE: Final = "highlevel-importer"
_PREFIX: Final = "token-"
_LOCATION: Final = regex(r"[A-Za-z0-9_-]{1,64}")


@value_type(frozen=True, slots=True, kw_only=True)
class StoredConnection:
    """A location that was connected. ``base_url`` is where its token is sent to, and nowhere else."""

    location_id: str
    name: str
    base_url: str
    stored_at: float
    in_keyring: bool


class ConnectionBook:
    """All connections that were stored in a place."""

    def __init__(self, place: Path | SecretStore) -> None:
        self._store = secret_store(place)

    def where(self, location_id: str) -> str:
        """Say where a location's connection is kept. Raises SettingsError for what cannot be a location's id."""
        return self._store.where(self._entry(location_id))

    @property
    def guard(self) -> str:
        """Say who can read what is stored."""
        return self._store.guard

    @property
    def shared(self) -> bool:
        """Tell whether other machines find it, so that no keyring is asked."""
        return self._store.shared

    def prepare(self) -> None:
        """See that a token could be stored. Raises SettingsError."""
        self._store.prepare()

    def store(self, connection: StoredConnection, token: Secret) -> StoredConnection:
        """Keep a token: in the keyring where there is one and it is wanted, else in the file. Raises SettingsError."""
        in_keyring = (
            connection.in_keyring and not self.shared and _put(self._entry(connection.location_id), token)
        )
        kept: dict[str, Any] = {
            "location_id": connection.location_id,
            "name": connection.name,
            "base_url": connection.base_url,
            "stored_at": connection.stored_at,
            **({"keyring": True} if in_keyring else {"token": token.reveal()}),
        }
        self._store.write(self._entry(connection.location_id), json.dumps(kept, indent=1).encode())
        if not in_keyring:
            _drop(self._entry(connection.location_id))
        return _read_connection(kept)

    def all(self) -> Iterator[StoredConnection]:
        """Give the connections, by location; one that cannot be read is left out."""
        for name in sorted(self._store.names(_PREFIX)):
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
                yield _read_connection(json.loads(self._store.read(name)))

    def token(self, location_id: str, base_url: str) -> Secret | None:
        """Find the token of a location for a server; None where none is stored. Raises CredentialsError."""
        if not _LOCATION.fullmatch(location_id):
            return None
        try:
            kept = json.loads(self._store.read(self._entry(location_id)))
            if _read_connection(kept).base_url.rstrip("/") != base_url.rstrip("/"):
                return None  # another server is not to learn it
            token = _get(self._entry(location_id)) if kept.get("keyring") else str(kept["token"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise CredentialsError(
                f"The stored token of location {location_id} cannot be read. Connect it again: importer connect {location_id}"
            ) from None
        hide(token)
        return Secret(token)

    def forget(self, location_id: str) -> bool:
        """Delete a location's connection, token and all; False where there is none."""
        if not self._store.delete(self._entry(location_id)):
            return False
        _drop(self._entry(location_id))
        return True

    def _entry(self, location_id: str) -> str:
        if not _LOCATION.fullmatch(location_id):
            raise SettingsError(
                "That is no location's id. It stands in the sub-account's address: .../location/ID/..."
            )
        return f"{_PREFIX}{location_id}"


def token_of(connection: Connection, location_id: str) -> Secret | None:
    """Choose the token for a location: the one named for the command, its own, the stored one, the one for all."""
    if connection.token_first and connection.token is not None:
        return connection.token
    return connection.tokens.get(location_id) or _stored(connection, location_id) or connection.token


def _stored(connection: Connection, location_id: str) -> Secret | None:
    if connection.sandbox or connection.grants is None:
        return None
    return ConnectionBook(connection.grants).token(location_id, connection.base_url)


def _read_connection(kept: dict[str, Any]) -> StoredConnection:
    return StoredConnection(
        location_id=str(kept["location_id"]),
        name=str(kept["name"]),
        base_url=str(kept["base_url"]),
        stored_at=float(kept["stored_at"]),
        in_keyring=bool(kept.get("keyring")),
    )


def _put(entry: str, token: Secret) -> bool:
    """Give a token to the system's keyring; False where there is none that keeps it."""
    try:
        keyring = open_keyring()
        keyring.set_password(_SERVICE, entry, token.reveal())
        return bool(keyring.get_password(_SERVICE, entry) == token.reveal())
    except Exception:  # noqa: BLE001  (each backend has failures of its own, a machine without a desktop among them)
        return False


def _get(entry: str) -> str:
    try:
        token = open_keyring().get_password(_SERVICE, entry)
    except Exception as cause:
        raise KeyError(entry) from cause
    if not token:
        raise KeyError(entry)
    return str(token)


def _drop(entry: str) -> None:
    with contextlib.suppress(Exception):
        open_keyring().delete_password(_SERVICE, entry)
