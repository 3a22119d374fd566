"""How many rows may wait in memory, over all locations, and when more of them are wanted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_LEAST_ENOUGH: Final = 48
"""Rows that a location has enough with, however many share the memory: they last a second of its first burst."""


@dataclass(slots=True, eq=False, repr=False)
class Capacity:
    """Room for rows of one kind, shared by all locations."""

    limit: int
    taken: int = 0
    batches: int = 0
    """Of rows that wait for others to share a call with: calls that wait."""

    @property
    def full(self) -> bool:
        return self.taken >= self.limit

    @property
    def exceeded(self) -> bool:
        return self.taken > self.limit


class Demand:
    """Whether more rows are wanted: while one location has little left to send, the next in the file may be its.

    Without that a file that names many locations would be read to its end at once, onto the disk, in the time of those
    who send.
    """

    __slots__ = ("_active", "_enough", "_rows", "_short", "_wake")

    def __init__(self, rows: int, wake: Callable[[], None]) -> None:
        self._rows = self._enough = rows
        self._wake = wake
        self._active: set[str] = set()
        self._short: set[str] = set()

    def join(self, location_id: str) -> None:
        self._active.add(location_id)
        self._short.add(location_id)
        self._share()

    def leave(self, location_id: str) -> None:
        """Wait for a location no longer that takes no more rows."""
        self._active.discard(location_id)
        self._short.discard(location_id)
        self._share()
        self._wake()

    @property
    def met(self) -> bool:
        """Tell whether each location has enough to send."""
        return bool(self._active) and not self._short

    def fill(self, location_id: str, waiting: int) -> None:
        """Take note that a row was put to those that wait."""
        if waiting >= self._enough:
            self._short.discard(location_id)

    def use(self, location_id: str, waiting: int) -> None:
        """Take note that one was taken. The reader goes on once half is gone: a switch to it for each row would cost more than the row."""
        if location_id in self._active and location_id not in self._short and waiting <= self._enough // 2:
            self._short.add(location_id)
            self._wake()

    def _share(self) -> None:
        self._enough = max(min(_LEAST_ENOUGH, self._rows), self._rows // max(1, len(self._active)))
