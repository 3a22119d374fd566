"""One run per location at a time, in this process and in any other that shares the state folder."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from importer.errors import SettingsError, StateError
from importer.jobs.loading import NamedJob
from importer.runtime.clock import Clock

ASK_AGAIN_SECONDS: Final = 5.0


class LocationLocks:
    """The locations of a state folder; who holds one has it alone."""

    def __init__(self, folder: Path, base_url: str, clock: Clock) -> None:
        self._folder = folder
        self._base_url = base_url
        self._clock = clock
        self._here: dict[str, asyncio.Lock] = {}

    @asynccontextmanager
    async def alone(self, named: NamedJob) -> AsyncIterator[None]:
        """Wait until nobody else works in the job's location, and hold it. Raises StateError."""
        key = _key(named)
        async with self._here.setdefault(key, asyncio.Lock()):
            name = hashlib.sha256(f"{self._base_url}\n{key}".encode()).hexdigest()[:32]
            while (held := _hold(self._folder / f"location-{name}.lock")) is None:
                await self._clock.sleep(ASK_AGAIN_SECONDS)
            try:
                yield
            finally:
                held.close()


def _key(named: NamedJob) -> str:
    try:
        # Without a location of its own the mapping says it, row by row perhaps: then the mapping is the place.
        return named.location_id or f"mapping {named.mapping}"
    except SettingsError:
        return f"job {named.name}"


def _hold(path: Path) -> sqlite3.Connection | None:
    """Take a lock that the system gives back when the process dies, on every platform: SQLite's own."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    except (OSError, sqlite3.Error) as cause:
        raise StateError(f"The lock {path} cannot be made: {cause}.") from None
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        connection.close()
        return None
    return connection
