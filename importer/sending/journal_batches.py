"""Batches for the journal, and the only way to it. What happens in one turn of the loop is written in one append."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Protocol

from importer.errors import StateError, StopError
from importer.records import (
    Addition,
    BeforeImage,
    FollowUpMark,
    Intent,
    Landed,
    Outcome,
    Pulse,
    QuotaMark,
    RowId,
)
from importer.runtime.clock import Clock

_BREATH_SECONDS: Final = 0.02
"""The least time between two appends: under load they grow, instead of coming more often."""
_LONGEST_BREATH_SECONDS: Final = 0.05
_BREATHS: Final = 8
"""So many times what the last append took: a slow disk must not take the loop for itself."""


class JournalWriter(Protocol):
    """What the sender needs of a journal. Each call is one durable transaction, and none awaits."""

    def intend(self, intents: Iterable[Intent], images: Iterable[BeforeImage] = ()) -> None: ...

    def withdraw(self, intents: Iterable[Intent]) -> None:
        """Put back what was known of rows before they were intended: they were not sent after all."""
        ...

    def append(
        self,
        *,
        landed: Iterable[Landed],
        marks: Iterable[FollowUpMark],
        outcomes: Iterable[Outcome],
        images: Iterable[BeforeImage] = (),
    ) -> None:
        """Land, mark and settle rows, all or none: a person's later row must not be known before the earlier one."""
        ...

    def pulse(self, pulse: Pulse) -> None: ...

    def mark_quota(self, marks: Sequence[QuotaMark]) -> None: ...

    def made_here(self, contact_id: str, before: RowId) -> bool:
        """Tell whether an earlier row of this run settled or landed with this contact."""
        ...

    def find_added(self, addition: Addition, location_id: str, contact_id: str) -> str | None:
        """Give the id of what this or an earlier run put beside a contact that says the same, as far as it is remembered."""
        ...

    def added_beside(self, contact_id: str) -> Mapping[str, str]:
        """Give what rows of this run put, or found, beside a contact: by its id, the digest of what it says."""
        ...

    def made_by(self, row: RowId) -> str | Outcome | None:
        """Give the id of the contact that a row of this run created; else how it ended, and None where it did not yet."""
        ...


class JournalBatcher:
    """Collects what rows came to, writes it, and only then tells anyone.

    The writing is a plain callback of the loop, with no ``await`` in it: cancelling a task cannot fall between
    a reply and its outcome. When the journal fails, the run stops and what was not written stays in doubt.
    """

    def __init__(
        self,
        journal: JournalWriter,
        *,
        clock: Clock,
        see: Callable[[Outcome], None],
        notify: Callable[[Outcome], None],
        notify_landed: Callable[[Sequence[RowId]], None] = lambda _rows: None,
        stop: Callable[[StopError], None],
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._see = see
        self._notify = notify
        self._notify_landed = notify_landed
        self._stop = stop
        self._landed: list[Landed] = []
        self._marks: list[FollowUpMark] = []
        self._outcomes: list[Outcome] = []
        self._images: list[BeforeImage] = []
        self._withdrawn: list[Intent] = []
        self._due: asyncio.Handle | None = None
        self._next_at = 0.0
        self._failure: StopError | None = None
        self.stored = 0
        """Contacts that rows of this session reached."""

    def intend(self, intents: list[Intent], images: Sequence[BeforeImage] = ()) -> None:
        """Write down what is about to be sent, and what it found; raises StateError, and then nothing may be sent."""
        try:
            self._write(lambda: self._journal.intend(intents, images))
        except StopError as error:
            self._stop(error)
            raise

    def announce(self, marks: Iterable[FollowUpMark]) -> None:
        """Write down now what is about to be sent and must not be sent twice, with all that waits to be written.

        Raises the StopError of a journal that fails, and then nothing may be sent.
        """
        self._marks += marks
        self.flush()
        if self._failure is not None:
            raise self._failure

    def mark(self, mark: FollowUpMark) -> None:
        """Note how far a follow-up has come, with the next append."""
        self._marks.append(mark)
        self._schedule()

    def land(self, landed: Landed, image: BeforeImage | None = None) -> None:
        self.stored += 1
        self._landed.append(landed)
        if image is not None:
            self._images.append(image)
        self._schedule()

    def settle(self, outcome: Outcome) -> None:
        self.stored += outcome.contact_id is not None
        self._outcomes.append(outcome)
        self._schedule()
        self._see(outcome)

    def withdraw(self, intents: Iterable[Intent]) -> None:
        """Note that rows were not sent after all; until it is written they are in doubt, which costs time and no more."""
        self._withdrawn += intents
        self._schedule()

    def pulse(self, pulse: Pulse) -> None:
        self._try(lambda: self._journal.pulse(pulse))

    def mark_quota(self, marks: Iterable[QuotaMark]) -> None:
        if kept := tuple(marks):
            self._try(lambda: self._journal.mark_quota(kept))

    def made_here(self, contact_id: str, before: RowId) -> bool:
        """Ask the journal, with everything written that is known by now."""
        self.flush()
        return self._journal.made_here(contact_id, before)

    def find_added(self, addition: Addition, location_id: str, contact_id: str) -> str | None:
        """Ask the journal, once it knows all that was added to the contact by now."""
        self._write_added(contact_id)
        return self._journal.find_added(addition, location_id, contact_id)

    def added_beside(self, contact_id: str) -> Mapping[str, str]:
        """Ask likewise."""
        self._write_added(contact_id)
        return self._journal.added_beside(contact_id)

    def _write_added(self, contact_id: str) -> None:
        if any(mark.added is not None and mark.added.contact_id == contact_id for mark in self._marks):
            self.flush()

    def made_by(self, row: RowId) -> str | Outcome | None:
        """Ask the journal, likewise."""
        self.flush()
        return self._journal.made_by(row)

    def flush(self) -> None:
        """Write everything now."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        self._write_withdrawn()
        landed, marks, outcomes = self._landed, self._marks, self._outcomes
        if self._failure is not None or not (landed or marks or outcomes):
            return
        images, self._images = self._images, []
        self._landed, self._marks, self._outcomes = [], [], []
        begun = self._clock.monotonic()
        written = self._try(
            lambda: self._journal.append(landed=landed, marks=marks, outcomes=outcomes, images=images)
        )
        breath = min(
            max(_BREATH_SECONDS, _BREATHS * (self._clock.monotonic() - begun)), _LONGEST_BREATH_SECONDS
        )
        self._next_at = asyncio.get_running_loop().time() + breath
        if not written:
            return
        if landed:
            self._notify_landed([each.row for each in landed])
        for outcome in outcomes:
            self._notify(outcome)

    def _write_withdrawn(self) -> None:
        intents, self._withdrawn = self._withdrawn, []
        if intents and self._failure is None:
            self._try(lambda: self._journal.withdraw(intents))

    def _schedule(self) -> None:
        if self._due is None:
            loop = asyncio.get_running_loop()
            wait = self._next_at - loop.time()
            self._due = loop.call_later(wait, self.flush) if wait > 0 else loop.call_soon(self.flush)

    def _try(self, write: Callable[[], None]) -> bool:
        try:
            self._write(write)
        except StopError as error:
            self._failure = error
            self._stop(error)
            return False
        return True

    @staticmethod
    def _write(write: Callable[[], None]) -> None:
        try:
            write()
        except StopError:
            raise
        except Exception as cause:
            raise StateError(f"The journal cannot be written: {cause}.") from cause
