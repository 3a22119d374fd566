"""Who else sends to a location from this state folder just now: runs that know of each other share its quota."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from importer.errors import StateError

_FIRST: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
_MORE: Final = os.O_WRONLY | os.O_APPEND


class Neighbours:
    """The runs that send to the locations of one vendor address: each has a file that lists its locations.

    One file for a run, and not one for each of its locations: to make six hundred took half a second, and they were all looked for
    once a second. Such a file outlives a process that is killed; ``alive`` tells whether its run is really at work (it
    holds the run's lock, which no dead process does).
    """

    def __init__(self, folder: Path, *, base_url: str, run_id: str, alive: Callable[[str], bool]) -> None:
        self._folder = folder
        self._base_url = base_url
        self._run_id = run_id
        self._alive = alive
        self._ours: dict[str, str] = {}
        """Our locations, by what they are called in the files."""
        self._read: dict[str, tuple[tuple[int, int], frozenset[str]]] = {}
        """The files of other runs, as of their size and time."""

    def enter(self, location_id: str) -> None:
        """Make known that this run sends to a location. Raises StateError."""
        name = hashlib.sha256(f"{self._base_url}\n{location_id}".encode()).hexdigest()[:32]
        try:
            self._add(name)
        except OSError as cause:
            raise StateError(
                f"{self._folder / self._run_id} cannot be made: {cause.strerror}. Make the state folder writable, or "
                "name another one with --state."
            ) from cause
        self._ours[name] = location_id

    def count(self, location_id: str) -> int:
        """Tell how many other runs send to a location now; 0 where it cannot be told."""
        return self.count_all().get(location_id, 0)

    def count_all(self) -> Mapping[str, int]:
        """Tell likewise of each of our locations that others send to."""
        counts: Counter[str] = Counter()
        with contextlib.suppress(OSError, StateError):
            there = os.listdir(self._folder)  # noqa: PTH208  (names alone: it is asked once a second)
            if self._ours and self._run_id not in there:
                # whoever took us for dead, a moment before we began, has cleared it away
                self._write(list(self._ours), _FIRST)
            for other in there:
                if other != self._run_id:
                    counts.update(self._shared_with(other))
        return counts

    def leave(self) -> None:
        """Make room for the others."""
        if self._ours:
            with contextlib.suppress(OSError):
                (self._folder / self._run_id).unlink()
        self._ours.clear()

    def _shared_with(self, other: str) -> list[str]:
        """Give the locations that another run sends to as well; one that is dead is cleared away."""
        path = self._folder / other
        if not self._alive(other):
            self._read.pop(other, None)
            with contextlib.suppress(OSError):
                path.unlink()
            return []
        try:
            stat = path.stat()
            known = stat.st_size, stat.st_mtime_ns
            if other not in self._read or self._read[other][0] != known:
                self._read[other] = known, frozenset(path.read_text(encoding="ascii").splitlines())
        except (OSError, ValueError):
            return []  # it left just now
        theirs = self._read[other][1]
        return [location_id for name, location_id in self._ours.items() if name in theirs]

    def _add(self, name: str) -> None:
        try:
            # what an earlier process of this run left is not ours
            self._write([name], _MORE if self._ours else _FIRST)
        except FileNotFoundError:  # cleared away: written anew, and whole
            self._write([*self._ours, name], _FIRST)

    def _write(self, names: list[str], how: int) -> None:
        """Write names in one go: whoever reads meanwhile sees whole lines, or looks again in a second."""
        handle = os.open(self._folder / self._run_id, how, 0o600)
        try:
            os.write(handle, "".join(f"{name}\n" for name in names).encode())
        finally:
            os.close(handle)
