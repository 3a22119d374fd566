"""OAuth grants that are kept: written whole or not at all, readable by nobody else, refreshed by one process at a time."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from importer.errors import CredentialsError, SettingsError
from importer.highlevel.secret_folder import secret_store
from importer.records import value_type
from importer.runtime.installation import missing_extra
from importer.runtime.process_lock import LockHeldError, this_process
from importer.settings import Secret, SecretStore

RENEWAL_WAIT_SECONDS: Final = 180.0
"""A renewal that meets a server which does not answer takes as long as its retries; no process needs longer."""
_SERVICE: Final = "highlevel-importer"
_SECRET_NAMES: Final = ("client_secret", "access_token", "refresh_token")


@value_type(frozen=True, slots=True, kw_only=True)
class Grant:
    """What somebody allowed us: for one location, or (``agency``) for the locations of a company."""

    client_id: str
    client_secret: Secret
    access_token: Secret
    refresh_token: Secret
    expires_at: float
    """Of the access token, in seconds since the epoch."""
    agency: bool = False
    location_id: str | None = None
    company_id: str | None = None
    scope: str = ""
    refreshing: bool = False
    """A refresh was begun and never ended: the refresh token may have been used up without us."""

    @property
    def name(self) -> str:
        return f"company-{self.company_id}" if self.agency else f"location-{self.location_id}"


@value_type(frozen=True, slots=True, kw_only=True)
class GrantedTo:
    """Whom a stored grant is of."""

    agency: bool
    location_id: str | None
    company_id: str | None


class StoredGrant:
    """Keeps one grant: in a private place, its secrets in the system's keyring if it was stored so."""

    def __init__(self, store: SecretStore, name: str) -> None:
        self._store = store
        self.name = name

    def read(self) -> Grant:
        """Read the grant; raises CredentialsError where it is damaged or its secrets are gone."""
        try:
            kept = json.loads(self._store.read(self.name))
            hidden = self._read_keyring() if kept.get("keyring") else kept
            return Grant(
                **{name: Secret(hidden[name]) for name in _SECRET_NAMES},
                client_id=kept["client_id"],
                expires_at=float(kept["expires_at"]),
                agency=bool(kept.get("agency")),
                location_id=kept.get("location_id"),
                company_id=kept.get("company_id"),
                scope=kept.get("scope", ""),
                refreshing=bool(kept.get("refreshing")),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise CredentialsError(
                f"The stored grant {self._store.where(self.name)} cannot be read. Connect again with `importer login`."
            ) from None

    def write(self, grant: Grant, *, keyring: bool | None = None) -> None:
        """Store a grant durably before anything of it is used; ``keyring``: where the secrets go, None as before."""
        in_keyring = not self._store.shared and (self._in_keyring() if keyring is None else keyring)
        hidden = {name: getattr(grant, name).reveal() for name in _SECRET_NAMES}
        kept: dict[str, Any] = {
            "client_id": grant.client_id,
            "expires_at": grant.expires_at,
            "agency": grant.agency,
            "location_id": grant.location_id,
            "company_id": grant.company_id,
            "scope": grant.scope,
            "refreshing": grant.refreshing,
        }
        if in_keyring:
            self._write_keyring(hidden)
            kept["keyring"] = True
        else:
            kept |= hidden
        self._store.write(self.name, json.dumps(kept, indent=1).encode())

    @contextlib.contextmanager
    def locked(self, *, since: float, wait_seconds: float = RENEWAL_WAIT_SECONDS) -> Iterator[None]:
        """Hold the grant against other processes; waits for them. Blocks, so call it off the loop.

        Raises CredentialsError when one holds it for far longer than a renewal takes.
        """
        owner = this_process(f"the renewal of {self.name}", since)
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(self._store.locked(self.name, owner, wait_seconds=wait_seconds))
            except LockHeldError as conflict:
                raise CredentialsError(
                    f"The stored grant {self._store.where(self.name)} is held by {conflict.owner or 'another process'}, and not given "
                    f"back within {wait_seconds:g} s. See whether that process hangs, and end it; then run again."
                ) from None
            yield

    def _in_keyring(self) -> bool:
        try:
            return bool(json.loads(self._store.read(self.name)).get("keyring"))
        except (OSError, ValueError):
            return False

    def _read_keyring(self) -> dict[str, str]:
        kept = open_keyring().get_password(_SERVICE, self.name)
        if not kept:
            raise KeyError(self.name)
        secrets_kept: dict[str, str] = json.loads(kept)
        return secrets_kept

    def _write_keyring(self, hidden: dict[str, str]) -> None:
        try:
            open_keyring().set_password(_SERVICE, self.name, json.dumps(hidden))
        except SettingsError:
            raise
        except Exception as cause:  # noqa: BLE001  (each backend has failures of its own)
            raise SettingsError(
                f"The system's keyring refused the grant ({type(cause).__name__}). Log in without --keyring."
            ) from None


class GrantBook:
    """All grants that were stored, by location and company."""

    def __init__(self, place: Path | SecretStore) -> None:
        self._store = secret_store(place)

    def prepare(self, *, keyring: bool) -> None:
        """See that a grant could be stored: its code works once. Raises SettingsError."""
        if keyring and self._store.shared:
            raise SettingsError(
                "The keyring is of this machine alone, and the grant is for all. Log in without --keyring."
            )
        if keyring:
            open_keyring()
        self._store.prepare()

    def vault(self, grant: Grant) -> StoredGrant:
        return StoredGrant(self._store, grant.name)

    def find(self, location_id: str) -> StoredGrant | None:
        """Find the grant for a location: its own, else the newest of an agency."""
        own = f"location-{location_id}"
        if own in self._store.names(own):
            return StoredGrant(self._store, own)
        agencies = self.agencies()
        return agencies[-1] if agencies else None

    def agencies(self) -> list[StoredGrant]:
        """Give the grants of agencies, the oldest first."""
        return [StoredGrant(self._store, name) for name in self._store.names("company-")]

    def listed(self) -> Iterator[GrantedTo]:
        """Say whom grants are of, by location and company; no secret is read, and one that cannot be read is left out."""
        for begins in ("company-", "location-"):
            for name in sorted(self._store.names(begins)):
                with contextlib.suppress(OSError, ValueError, AttributeError):
                    kept = json.loads(self._store.read(name))
                    yield GrantedTo(
                        agency=bool(kept.get("agency")),
                        location_id=kept.get("location_id"),
                        company_id=kept.get("company_id"),
                    )

    def __bool__(self) -> bool:
        return any(self._store.names(begins) for begins in ("location-", "company-"))


def open_keyring() -> Any:
    """Give the system's keyring. Raises SettingsError when the extra is not installed."""
    try:
        import keyring
    except ImportError:
        raise SettingsError(missing_extra("The keyring", "keyring")) from None
    return keyring
