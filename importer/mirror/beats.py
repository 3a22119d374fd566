"""How far the reading of a location has come, said now and then, and how long it goes on at the pace it was answered so far."""

from __future__ import annotations

from typing import Final

from importer.results.wording import duration
from importer.runtime.clock import Clock
from importer.runtime.counting import counted
from importer.runtime.progress import SendingProgress

_SECONDS: Final = 10.0


class ReadingBeats:
    """Tells whoever watches; a large location is read in parts, which do not know how many contacts there are in all."""

    def __init__(self, location_id: str, clock: Clock, progress: SendingProgress) -> None:
        self._location_id = location_id
        self._clock = clock
        self._progress = progress
        self._total: int | None = None
        self._first: tuple[float, int] | None = None
        self._said_at = clock.monotonic()

    def add(self, contacts: int, total: int | None) -> None:
        """Take in that so many contacts are held by now."""
        now = self._clock.monotonic()
        self._total = self._total if total is None else total
        self._first = self._first or (now, contacts)
        if now - self._said_at < _SECONDS:
            return
        self._said_at = now
        total = self._total
        of_all = f" of {total:,}" if total is not None else ""
        noun = counted(total or contacts, "contact").rpartition(" ")[2]
        self._progress.message(
            f"Location {self._location_id}: {contacts:,}{of_all} {noun} read{self._left(now, contacts)}."
        )

    def _left(self, now: float, contacts: int) -> str:
        since, before = self._first or (now, contacts)
        if self._total is None or contacts <= before or contacts >= self._total:
            return ""
        seconds = (now - since) / (contacts - before) * (self._total - contacts)
        return f"; about {duration(seconds)} left"
