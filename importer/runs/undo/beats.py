"""How far taking a run back has come, said now and then: reading a contact and what lies beside it takes six calls."""

from __future__ import annotations

from typing import Final

from importer.results.wording import duration, number
from importer.runs.context import RunContext
from importer.runtime.counting import counted

_SECONDS: Final = 5.0


class UndoBeats:
    """Counts what was gone over, and tells whoever watches. ``total``: what there is to go over, at the beginning."""

    def __init__(self, context: RunContext, *, total: int, noun: tuple[str, str], dry: bool) -> None:
        self._progress = context.progress
        self._clock = context.clock
        self._total = total
        self._noun = noun
        self._dry = dry
        self._count = 0
        self._began = self._clock.monotonic()
        self._due = self._began + _SECONDS

    def begin(self) -> None:
        """Say what is to come; of an undo that writes it was said with the question."""
        if self._dry and self._total:
            one, several = self._noun
            self._progress.message(
                f"Looking at {counted(self._total, one, several)}, and at what lies beside each; nothing is written."
            )

    def add(self) -> None:
        """Count one, and say how far it is where that was not said lately."""
        self._count += 1
        now = self._clock.monotonic()
        if now < self._due or self._count >= self._total:
            return
        self._due = now + _SECONDS
        left = (now - self._began) / self._count * (self._total - self._count)
        done = "looked at" if self._dry else "looked at or taken back"
        self._progress.message(
            f"{number(self._count)} of {counted(self._total, *self._noun)} {done}; about {duration(left)} left."
        )

    def begin_tags(self, contacts: int) -> None:
        """Say that the contacts are gone over, and that tags follow."""
        if contacts:
            self._progress.message(f"Now the tags of {counted(contacts, 'contact')} are put back.")
