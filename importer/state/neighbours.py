"""Who else sends to a location from this state folder just now: runs that know of each other share its quota."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from importer.errors import StateError


class Neighbours:
    """The runs that send to the locations of one vendor address, told apart by an empty file for each.

    Such a file outlives a process that is killed; ``alive`` tells whether its run is really at work (it holds the
    run's lock, which no dead process does).
    """

    def __init__(self, folder: Path, *, base_url: str, run_id: str, alive: Callable[[str], bool]) -> None:
        self._folder = folder
        self._base_url = base_url
        self._run_id = run_id
        self._alive = alive
        self._ours: dict[str, Path] = {}
        self._folders: dict[str, str] = {}

    def enter(self, location_id: str) -> None:
        """Make known that this run sends to a location. Raises StateError."""
        name = hashlib.sha256(f"{self._base_url}\n{location_id}".encode()).hexdigest()[:32]
        mark = self._folder / name / self._run_id
        try:
            try:
                _set(mark)
            except FileNotFoundError:
                _set(mark)  # the last of the others left just now, and took the folder with it
        except OSError as cause:
            raise StateError(
                f"{mark} cannot be made: {cause.strerror}. Make the state folder writable, or name another one "
                "with --state."
            ) from cause
        self._ours[location_id] = mark
        self._folders[location_id] = str(mark.parent)

    def count(self, location_id: str) -> int:
        """Tell how many other runs send to a location now; 0 where it cannot be told."""
        mark = self._ours.get(location_id)
        if mark is None:
            return 0
        others = 0
        with contextlib.suppress(OSError, StateError):
            # By names alone: it is asked once a second for each of hundreds of locations, and paths take a third longer.
            for other in os.listdir(self._folders[location_id]):  # noqa: PTH208
                if other == self._run_id:
                    continue
                if self._alive(other):
                    others += 1
                else:
                    (mark.parent / other).unlink(missing_ok=True)
        return others

    def leave(self) -> None:
        """Make room for the others."""
        for mark in self._ours.values():
            with contextlib.suppress(OSError):
                mark.unlink()
                mark.parent.rmdir()  # refused while others are there
        self._ours.clear()


def _set(mark: Path) -> None:
    mark.parent.mkdir(mode=0o700, exist_ok=True)
    mark.touch(mode=0o600)
