"""Locks that a Postgres session holds: with the connection goes the lock, and with the lock the power to write."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Final

from importer.errors import RunConflictError, StateError
from importer.state.postgres.database import PostgresDatabase, in_use_key, lock_key

_HOLDER: Final = """
    SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND classid = ?::bigint::oid AND objid = ?::bigint::oid
        AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_LONGEST_NAME: Final = 63


class LocationHeldError(RunConflictError):
    """Another process sends to a location, and may be in the middle of it."""


class HeldLocations:
    """The locations that the session of a run's journal may send to. No other process sends to one of them meanwhile.

    On the very connection that the journal is written by: when Postgres drops it, the locks are free, and this process
    can write no intent any more, and so begins nothing new. ``owner``: the part that it is for, of those who share it.
    """

    def __init__(self, db: PostgresDatabase, *, base_url: str, holder: str, owner: object) -> None:
        self._db = db
        self._owner = owner
        self._base_url = base_url.rstrip("/")
        self._held: dict[str, int] = {}
        db.keep_session()
        name_session(db, holder)

    def enter(self, location_id: str) -> None:
        """Take a location. Raises LocationHeldError, which says who has it."""
        if location_id in self._held:
            return
        if not self._held:  # nobody drops the run meanwhile
            self._db.execute("SELECT pg_advisory_lock_shared(?)", (in_use_key(self._db.schema),))
        key = self._key(location_id)
        if not self._db.try_lock(key, self._owner):
            holder = holder_of(self._db, key) or "another process"
            if not self._held:
                self._let_go()
            raise LocationHeldError(
                f"Location {location_id} is being sent to by {holder}. Wait for its end, then run the same command again; or stop it."
            )
        self._held[location_id] = key

    def count(self, location_id: str) -> int:  # noqa: ARG002
        """Tell how many others send to a location that is ours: none."""
        return 0

    def count_all(self) -> Mapping[str, int]:
        """Tell likewise of all."""
        return {}

    def leave(self) -> None:
        """Give the locations back."""
        with contextlib.suppress(StateError):  # with the connection gone, they are free already
            for key in self._held.values():
                self._db.unlock(key, self._owner)
            if self._held:
                self._let_go()
        self._held.clear()

    def _let_go(self) -> None:
        self._db.execute("SELECT pg_advisory_unlock_shared(?)", (in_use_key(self._db.schema),))

    def _key(self, location_id: str) -> int:
        return lock_key("location", self._base_url, location_id)


def name_session(db: PostgresDatabase, holder: str) -> None:
    """Say who a session is, for whoever finds its lock held, and in the server's list of sessions."""
    name = holder.encode("ascii", "replace").decode()[:_LONGEST_NAME]
    db.execute("SELECT set_config('application_name', ?, false)", (name,))


def holder_of(db: PostgresDatabase, key: int) -> str | None:
    """Tell whose session holds an advisory lock."""
    found = db.execute(_HOLDER, (key >> 32 & 0xFFFF_FFFF, key & 0xFFFF_FFFF)).fetchone()
    return None if found is None else str(found[0])
