"""Where mirrors lie: for each location a folder of the state folder, with the mirror and perhaps a draft of the next."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from importer.errors import RunConflictError, SettingsError, StateError
from importer.runtime.clock import Clock
from importer.runtime.process_lock import LockHeldError, this_process
from importer.state.database import DamagedError, databases_below, delete_database
from importer.state.locks import locked

if TYPE_CHECKING:
    from importer.mirror.store import MirrorFacts

KEEP_DAYS: Final = 7
"""For so long a mirror is kept after it was last read: it holds people's data."""
_DRAFT_SECONDS: Final = 86_400
"""A reading that was cut off longer ago begins anew: too much may have changed."""


class MirrorHeldError(RunConflictError):
    """Another process reads a location, and is through with it before long."""

    code = "mirror_held"


class MirrorFolder:
    """The mirrors of one state folder."""

    def __init__(self, state: Path, *, clock: Clock) -> None:
        self._path = state / "mirrors"
        self._locks = state / "locks"
        self._clock = clock

    def newest(self, base_url: str, location_id: str) -> Path | None:
        """Find the whole mirror of a location, the newest first; a damaged one is deleted."""
        for path, facts in self._files(base_url, location_id):
            if facts.whole:
                return path
        return None

    def draft(self, base_url: str, location_id: str) -> Path | None:
        """Find a reading that was cut off, and is worth going on with."""
        whole = self.newest(base_url, location_id)
        for path, facts in self._files(base_url, location_id):
            if path == whole:
                return None
            if not facts.whole and facts.begun_at > self._clock.now() - _DRAFT_SECONDS:
                return path
        return None

    def new_path(self, base_url: str, location_id: str) -> Path:
        """Name the file of a new reading; names sort by time. Raises SettingsError."""
        folder = self._place(base_url, location_id)
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as cause:
            raise SettingsError(
                f"The state folder {self._path.parent} cannot be used: {cause.strerror}. Name another one with --state."
            ) from None
        return folder / f"{_stamp(self._clock.now())}.db"

    @contextlib.contextmanager
    def reading(self, base_url: str, location_id: str) -> Iterator[None]:
        """Read a location by one process at a time; MirrorHeldError names the other."""
        name = self._place(base_url, location_id).name
        owner = this_process(f"reading the contacts of location {location_id}", self._clock.now())
        try:
            with locked(self._locks / f"mirror-{name}.lock", owner):
                yield
        except LockHeldError as held:
            raise MirrorHeldError(
                f"The contacts of location {location_id} are being read by {held.owner or 'another process'}. "
                "Wait for its end."
            ) from None

    def all(self) -> tuple[Path, ...]:
        """List the mirrors and drafts of all locations."""
        return tuple(sorted(databases_below(self._path, "*/*.db")))

    def keep_only(self, wanted: Path) -> None:
        """Delete the other mirrors and drafts of a location; what another process has open goes with a later reading."""
        for path in databases_below(wanted.parent, "*.db"):
            if path != wanted:
                delete_database(path)

    def discard(self, path: Path) -> None:
        delete_database(path)

    def sweep(self) -> None:
        """Delete what was not read for ``KEEP_DAYS``."""
        oldest = self._clock.now() - KEEP_DAYS * 86_400
        for path in databases_below(self._path, "*/*.db"):
            with contextlib.suppress(SettingsError):
                # one whose name is younger need not be opened
                if path.stem < _stamp(oldest) and (facts := _facts(path)) and facts.as_of < oldest:
                    delete_database(path)

    def _place(self, base_url: str, location_id: str) -> Path:
        # a location's id is what somebody typed: as a name it could lead out of the folder
        return self._path / hashlib.sha256(f"{base_url}\n{location_id}".encode()).hexdigest()[:32]

    def _files(self, base_url: str, location_id: str) -> Iterator[tuple[Path, MirrorFacts]]:
        for path in sorted(databases_below(self._place(base_url, location_id), "*.db"), reverse=True):
            if (facts := _facts(path)) is not None:
                yield path, facts


def _stamp(moment: float) -> str:
    return f"{int(moment * 1000):016d}"


def _facts(path: Path) -> MirrorFacts | None:
    """Read what is known of a mirror; a damaged one is deleted. Raises SettingsError."""
    from importer.mirror.store import Mirror  # each start sweeps the folder, and most find no mirror

    try:
        with Mirror.open(path) as mirror:
            return mirror.facts
    except (DamagedError, TypeError, ValueError):
        delete_database(path)
        return None
    except StateError as cause:
        raise SettingsError(str(cause)) from cause
