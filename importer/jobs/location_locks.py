"""One run per location at a time, in this process and in any other that shares the state folder."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from importer.errors import SettingsError
from importer.jobs.named_job import NamedJob
from importer.runtime.clock import Clock
from importer.runtime.logs import logger_of
from importer.runtime.process_lock import LockHeldError, this_process
from importer.state.locks import locked

logger = logger_of(__name__)

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
            with ExitStack() as held:
                await self._hold(named, self._folder / f"location-{name}.lock", held)
                yield

    async def _hold(self, named: NamedJob, path: Path, held: ExitStack) -> None:
        announced = ""
        while True:
            try:
                owner = this_process(f"job {named.name}", self._clock.now())
                held.enter_context(locked(path, owner, wait_seconds=0))
            except LockHeldError as conflict:
                who = f"{conflict.owner or 'another process'}"
                if who != announced:  # said once, not every few seconds of a night
                    logger.info("Job %s waits: %s works in its location.", named.name, who)
                announced = who
                await self._clock.sleep(ASK_AGAIN_SECONDS)
            else:
                return


def _key(named: NamedJob) -> str:
    try:
        # Without a location of its own the mapping says it, row by row perhaps: then the mapping is the place.
        return named.location_id or f"mapping {named.mapping}"
    except SettingsError:
        return f"job {named.name}"
