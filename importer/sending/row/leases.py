"""Leases of one location: a row may be sent while the journal has a fresh line of it, and one append writes many."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from importer.records import BeforeImage
from importer.sending.caller import Caller
from importer.sending.journal_batches import JournalBatcher, Turn
from importer.sending.row.before_images import planned_image
from importer.sending.row.intents import intent_of
from importer.sending.row.submitted import SubmittedRow

_AHEAD_SECONDS: Final = 0.5
"""What the pace lets go within so long is written down together."""
_LONGEST_AHEAD: Final = 512


class Leases:
    """Has rows written down before they are sent, and with each that waits for it those that go next.

    A location that sends at its quota then waits for the journal a few times in each window; which rows go next
    ``following`` tells. A row that cannot be repeated is written down by itself, and exactly, before each attempt.
    """

    def __init__(
        self, caller: Caller, journal: JournalBatcher, following: Callable[[int], Iterable[SubmittedRow]]
    ) -> None:
        self._caller = caller
        self._journal = journal
        self._following = following
        self._ahead = 0
        """Rows that go next and are written down, as far as is known without looking."""
        self._low = 0

    def covers(self, submitted: SubmittedRow) -> bool:
        """Tell whether a row may be sent as it stands in the journal."""
        turn = submitted.turn
        return turn is not None and turn.written and self._caller.clock.monotonic() <= submitted.leased_until

    async def hold(self, submitted: SubmittedRow) -> None:
        """Return when a row that can be repeated may be sent; raises the StopError of a journal that fails."""
        turn = submitted.turn
        if turn is None or (turn.written and not self.covers(submitted)):
            turn = self._write([submitted, *self._next_uncovered()])
        await turn.wait()

    async def hold_exactly(self, submitted: SubmittedRow) -> None:
        """Return when the next attempt of a row, and no other, may leave; likewise."""
        images = _images([submitted])
        submitted.turn = self._journal.intend([intent_of(submitted, self._caller, exact=True)], images)
        await submitted.turn.wait()

    async def keep(self, submitted: SubmittedRow, image: BeforeImage) -> None:
        """Return when it is written down what a row found; likewise."""
        submitted.turn = self._journal.intend([intent_of(submitted, self._caller)], [image])
        await submitted.turn.wait()

    def look_ahead(self) -> None:
        """Take note that a row went; have those behind it written down before one of them must wait for that."""
        self._ahead -= 1
        if self._ahead <= self._low and (batch := self._next_uncovered()):
            self._write(batch)

    def _next_uncovered(self) -> list[SubmittedRow]:
        """Give the rows that go soon whose line will not last until then."""
        coming = list(self._following(self._soon()))
        self._ahead, self._low = len(coming), len(coming) // 2
        by_then = self._caller.clock.monotonic() + _AHEAD_SECONDS
        return [each for each in coming if each.repeatable and each.leased_until < by_then]

    def _soon(self) -> int:
        """Tell how many calls gate and pace let go soon."""
        gate = self._caller.gate
        return min(_LONGEST_AHEAD, int(gate.pace * _AHEAD_SECONDS), gate.room_within(_AHEAD_SECONDS))

    def _write(self, batch: list[SubmittedRow]) -> Turn:
        images = _images(batch)
        turn = self._journal.intend([intent_of(submitted, self._caller) for submitted in batch], images)
        for submitted in batch:
            submitted.turn = turn
        return turn


def _images(batch: Iterable[SubmittedRow]) -> list[BeforeImage]:
    """Give what a comparison knows of the contacts of rows that are written down for the first time."""
    images = (planned_image(submitted.record) for submitted in batch if submitted.turn is None)
    return [image for image in images if image is not None]
