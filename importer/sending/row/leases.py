"""Leases of one location: a row may be sent while the journal has a fresh line of it, and one append writes many."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final

from importer.records import BeforeImage, RowId
from importer.sending.caller import Caller
from importer.sending.journal_batches import JournalBatcher, Receipt
from importer.sending.row.intents import intent_of, planned_image
from importer.sending.row.submitted import SubmittedRow

_AHEAD_SECONDS: Final = 1.0
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
        self._held: dict[RowId, SubmittedRow] = {}
        """Rows on their way through the gate, in the order in which they came to it."""
        self._ahead = 0
        """Rows that go next and are written down, as far as is known without looking."""
        self._low = 0

    def covers(self, submitted: SubmittedRow) -> bool:
        """Tell whether a row may be sent as it stands in the journal."""
        receipt = submitted.receipt
        return (
            receipt is not None
            and receipt.written
            and self._caller.clock.monotonic() <= submitted.leased_until
        )

    async def hold(self, submitted: SubmittedRow) -> None:
        """Return when a row that can be repeated may be sent; raises the StopError of a journal that fails."""
        self._held[submitted.row] = submitted
        receipt = submitted.receipt
        if receipt is None or (receipt.written and not self.covers(submitted)):
            receipt = self._write(list({submitted.row: submitted, **self._next_uncovered()}.values()))
        await receipt.wait()

    def let_go(self, submitted: SubmittedRow) -> None:
        """Take note that a row was sent, or will not be."""
        self._held.pop(submitted.row, None)

    async def hold_exactly(self, submitted: SubmittedRow) -> None:
        """Return when the next attempt of a row, and no other, may leave; likewise."""
        images = _images([submitted])
        submitted.receipt = self._journal.intend([intent_of(submitted, self._caller, exact=True)], images)
        await submitted.receipt.wait()

    async def keep(self, submitted: SubmittedRow, image: BeforeImage) -> None:
        """Return when it is written down what a row found; likewise."""
        submitted.receipt = self._journal.intend([intent_of(submitted, self._caller)], [image])
        await submitted.receipt.wait()

    def look_ahead(self) -> None:
        """Take note that a row went; have those behind it written down before one of them must wait for that."""
        self._ahead -= 1
        if self._ahead <= self._low and (batch := self._next_uncovered()):
            self._write(list(batch.values()))

    def _next_uncovered(self) -> dict[RowId, SubmittedRow]:
        """Give the rows that go soon whose line will not last until then."""
        soon = self._soon()
        coming = [*islice(self._held.values(), soon), *self._following(soon)]
        self._ahead, self._low = soon, soon // 2
        by_then = self._caller.clock.monotonic() + _AHEAD_SECONDS
        return {each.row: each for each in coming if each.repeatable and each.leased_until < by_then}

    def _soon(self) -> int:
        """Tell how many calls gate and pace let go soon; in a window that is used up slots are free one by one."""
        gate = self._caller.gate
        steady = math.ceil(gate.slots.burst / gate.slots.interval_seconds * _AHEAD_SECONDS)
        quick = int(gate.pace * _AHEAD_SECONDS)
        return min(_LONGEST_AHEAD, max(steady, min(quick, gate.room_within(_AHEAD_SECONDS))))

    def _write(self, batch: list[SubmittedRow]) -> Receipt:
        images = _images(batch)
        receipt = self._journal.intend([intent_of(submitted, self._caller) for submitted in batch], images)
        for submitted in batch:
            submitted.receipt = receipt
        return receipt


def _images(batch: Iterable[SubmittedRow]) -> list[BeforeImage]:
    """Give what a comparison knows of the contacts of rows that are written down for the first time."""
    images = (planned_image(submitted.record) for submitted in batch if submitted.receipt is None)
    return [image for image in images if image is not None]
