"""Leases of one location: a row may be sent while the journal has a fresh line of it, and one append writes many."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final

from importer.records import BeforeImage, RowId
from importer.sending.caller import Caller
from importer.sending.journal_batches import JournalBatcher, Receipt
from importer.sending.row.intents import LEASE_SECONDS, intent_of, planned_image
from importer.sending.row.submitted import SubmittedRow

_AHEAD_SECONDS: Final = 1.0
"""What goes within so long is written down together."""
_LAST_SECONDS: Final = 0.5
"""A line that lasts no longer is written anew, with others."""
_AT_ONCE: Final = 5
"""So many are written with one that waits for it, however slowly rows went: a window that was full lets them go together."""
_LONGEST_AHEAD: Final = 512
_LONGEST_LEASE_SECONDS: Final = 60.0


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
        self._lease_seconds = LEASE_SECONDS
        self._look_after = 0
        """So many rows may go before there is a look ahead."""
        self._went = 0
        """Rows that went in the second that began then."""
        self._since = 0.0
        self._rate = 0.0
        """How many went in the one before."""

    def covers(self, submitted: SubmittedRow) -> bool:
        """Tell whether a row may be sent as it stands in the journal, which hears of what comes of it."""
        return self._is_written(submitted) and not self._journal.is_late

    def _is_written(self, submitted: SubmittedRow) -> bool:
        receipt = submitted.receipt
        return (
            receipt is not None
            and receipt.written
            and self._caller.clock.monotonic() <= submitted.leased_until
        )

    def hold_covered(self, submitted: SubmittedRow) -> bool:
        """Hold a row that may be sent at once, as nearly all may; False for one that must wait by ``hold``."""
        if not self.covers(submitted):
            return False
        self._held[submitted.row] = submitted
        return True

    async def hold(self, submitted: SubmittedRow) -> None:
        """Return when a row that can be repeated may be sent; raises the StopError of a journal that fails."""
        self._held[submitted.row] = submitted
        if submitted.receipt is not None:
            await submitted.receipt.wait()
        while not self.covers(submitted):
            if self._is_written(submitted):
                # Whoever is cut off from the journal and not from the vendor would send what others send again.
                await self._journal.catch_up()
                continue
            batch = {submitted.row: submitted, **self._next_uncovered(least=_AT_ONCE)}
            await self._write(list(batch.values())).wait()
            if not self._is_written(submitted):  # the disk, or this machine, takes longer than a line lasts
                self._lease_seconds = min(2 * self._lease_seconds, _LONGEST_LEASE_SECONDS)

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
        self._went += 1
        self._look_after -= 1
        if self._look_after < 0 and (batch := self._next_uncovered()):
            self._write(list(batch.values()))

    def _next_uncovered(self, *, least: int = 1) -> dict[RowId, SubmittedRow]:
        """Give the rows that go soon whose line will not last until then."""
        now = self._caller.clock.monotonic()
        soon = max(least, self._soon(now))
        coming = [*islice(self._held.values(), soon), *self._following(soon)]
        self._look_after = soon // 2
        by_then = now + _LAST_SECONDS
        return {each.row: each for each in coming if each.repeatable and each.leased_until < by_then}

    def _soon(self, now: float) -> int:
        """Tell how many rows go soon, by how many went in the last second.

        Not by what the quota lets go: where a process has more locations than it can serve, lines would run out unused.
        """
        seconds = now - self._since
        if seconds >= _AHEAD_SECONDS:
            self._rate, self._went, self._since = self._went / seconds, 0, now
        soon = max(self._rate * _AHEAD_SECONDS, self._went)
        # the pace counts where a location begins, and gives a row to each of its workers at once
        return min(_LONGEST_AHEAD, math.ceil(min(soon, self._caller.gate.pace * _AHEAD_SECONDS)))

    def _write(self, batch: list[SubmittedRow]) -> Receipt:
        images = _images(batch)
        lasts = self._lease_seconds
        receipt = self._journal.intend(
            [intent_of(each, self._caller, lease_seconds=lasts) for each in batch], images
        )
        for submitted in batch:
            submitted.receipt = receipt
        return receipt


def _images(batch: Iterable[SubmittedRow]) -> list[BeforeImage]:
    """Give what a comparison knows of the contacts of rows that are written down for the first time."""
    images = (planned_image(submitted.record) for submitted in batch if submitted.receipt is None)
    return [image for image in images if image is not None]
