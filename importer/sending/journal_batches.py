"""Batches for the journal, and the only way to it. What happens in one turn of the loop is written in one append."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import Final, Protocol

from importer.errors import StateError, StopError
from importer.records import (
    Addition,
    Append,
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
_LATE_SECONDS: Final = 0.1
"""An append that takes longer may never end. Rows go no slower for it on a disk that takes a third of a second for each."""
LONGEST_APPEND: Final = 1_000
"""Lines after which an append is not waited for any longer: binding so many takes some 10 ms, in which the loop stands still."""


class JournalWriter(Protocol):
    """What the sender needs of a journal."""

    def write(self, append: Append) -> Future[None]:
        """Begin to write an append, of which one is under way at a time.

        It is durable when the future is done, which must not need the caller's thread; where it failed, nothing of it
        was written.
        """
        ...

    def written(self, append: Append) -> None:
        """Take note that an append is durable; called by the one who had it written, before anybody else is told."""
        ...

    def pulse(self, *pulses: Pulse) -> None: ...

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


class Receipt:
    """An append that is to come, for those who wait until it is durable."""

    __slots__ = ("_ended", "_failure", "written")

    def __init__(self) -> None:
        self._ended = asyncio.Event()
        self._failure: StopError | None = None
        self.written = False

    async def wait(self) -> None:
        """Return when it is durable; raises StateError, and then nothing may be sent on the strength of it."""
        if not self.written:
            await self._ended.wait()  # an event: whoever is cancelled leaves the others waiting
        if self._failure is not None:
            raise self._failure

    def end(self, failure: StopError | None = None) -> None:
        self._failure = failure
        self.written = failure is None  # a row that has its ticket already must not leave on one that failed
        self._ended.set()


class JournalBatcher:
    """Collects what rows of all locations come to, and what is about to be sent, writes it, and only then tells anyone.

    The writing is begun by a plain callback of the loop, with no ``await`` in it: cancelling a task cannot fall between
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
        self._intents: list[Intent] = []
        self._landed: list[Landed] = []
        self._marks: list[FollowUpMark] = []
        self._outcomes: list[Outcome] = []
        self._images: list[BeforeImage] = []
        self._withdrawn: list[Intent] = []
        self._lines = 0
        """How many of these there are."""
        self._receipt = Receipt()
        self._writing: _Writing | None = None
        self._due: asyncio.Handle | None = None
        self._next_at = 0.0
        self._failure: StopError | None = None
        self.stored = 0
        """Contacts that rows of this session reached."""

    def intend(self, intents: Sequence[Intent], images: Sequence[BeforeImage] = ()) -> Receipt:
        """Write down what is about to be sent, and what it found, with the next append; nothing may be sent before that is durable."""
        receipt = self._receipt
        self._intents += intents
        self._images += images
        self._gather(len(intents) + len(images))
        return receipt

    async def wait_until_durable(self) -> None:
        """Return when all that was handed in so far is durable, with what others hand in meanwhile; the loop goes on.

        Raises the StopError of a journal that fails.
        """
        if self._lines:
            await self._receipt.wait()
        elif self._writing is not None:
            await self._writing.receipt.wait()
        elif self._failure is not None:
            raise self._failure

    @property
    def is_late(self) -> bool:
        """Tell whether the append under way takes so long that nobody may ever learn of what is sent meanwhile."""
        writing = self._writing
        if writing is None or writing.future.done():
            return False
        return self._clock.monotonic() - writing.begun > _LATE_SECONDS

    async def catch_up(self) -> None:
        """Return when the append under way is durable; raises the StopError of a journal that fails."""
        if self._writing is not None:
            await self._writing.receipt.wait()

    def announce(self, marks: Sequence[FollowUpMark]) -> Receipt:
        """Write down what is about to be sent and must not be sent twice, with the next append; nothing of it may be sent before."""
        receipt = self._receipt
        self._marks += marks
        self._gather(len(marks))
        return receipt

    def mark(self, mark: FollowUpMark) -> None:
        """Note how far a follow-up has come, with the next append."""
        self._marks.append(mark)
        self._gather()

    def land(self, landed: Landed, image: BeforeImage | None = None) -> None:
        self.stored += 1
        self._landed.append(landed)
        if image is not None:
            self._images.append(image)
        self._gather()

    def settle(self, outcome: Outcome) -> None:
        self.stored += outcome.contact_id is not None
        self._outcomes.append(outcome)
        self._see(outcome)
        self._gather()

    def withdraw(self, intents: Iterable[Intent]) -> None:
        """Note that rows were not sent after all; until it is written they are in doubt, which costs time and no more."""
        self._withdrawn += intents
        self._gather()

    def pulse(self, pulses: Iterable[Pulse]) -> None:
        if kept := tuple(pulses):
            self._try(lambda: self._journal.pulse(*kept))

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
        under_way = self._writing.append.marks if self._writing is not None else ()
        marks = (*under_way, *self._marks)
        if any(mark.added is not None and mark.added.contact_id == contact_id for mark in marks):
            self.flush()

    def made_by(self, row: RowId) -> str | Outcome | None:
        """Ask the journal, likewise."""
        self.flush()
        return self._journal.made_by(row)

    def flush(self) -> None:
        """Write everything now, and wait for it."""
        self._finish()
        if self._lines:
            self._begin()
            self._finish()

    def _gather(self, lines: int = 1) -> None:
        self._lines += lines
        if self._lines >= LONGEST_APPEND:
            self.flush()
        elif self._due is None and self._writing is None:
            self._schedule()

    def _schedule(self) -> None:
        loop = asyncio.get_running_loop()
        wait = self._next_at - loop.time()
        self._due = loop.call_later(wait, self._begin) if wait > 0 else loop.call_soon(self._begin)

    def _begin(self) -> None:
        """Begin to write what was gathered; who comes later gathers for the next append."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        receipt, self._receipt = self._receipt, Receipt()
        append = self._take()
        if self._failure is not None:
            receipt.end(self._failure)
            return
        writing = self._writing = _Writing(append, receipt, begun=self._clock.monotonic())
        try:
            writing.future = self._journal.write(append)
        except Exception as cause:  # noqa: BLE001  (whatever it is, it ends the run: see _finish)
            writing.future.set_exception(cause)
        if writing.future.done():
            self._finish()
        else:
            loop = asyncio.get_running_loop()
            writing.future.add_done_callback(lambda _: _call_back(loop, self._finish_own, writing))

    def _take(self) -> Append:
        append = Append(
            intents=self._intents,
            withdrawn=self._withdrawn,
            images=self._images,
            landed=self._landed,
            marks=self._marks,
            outcomes=self._outcomes,
        )
        self._intents, self._withdrawn, self._images = [], [], []
        self._landed, self._marks, self._outcomes = [], [], []
        self._lines = 0
        return append

    def _finish_own(self, writing: _Writing) -> None:
        if writing is self._writing:  # else somebody could not wait for the loop's turn
            self._finish()

    def _finish(self) -> None:
        """Wait for the append that is under way, if one is, and tell what it wrote."""
        writing, self._writing = self._writing, None
        if writing is None:
            return
        self._try(lambda: self._hear(writing))
        took = self._clock.monotonic() - writing.begun
        breath = min(max(_BREATH_SECONDS, _BREATHS * took), _LONGEST_BREATH_SECONDS)
        self._next_at = asyncio.get_running_loop().time() + breath
        writing.receipt.end(self._failure)
        if self._failure is None:
            self._notify_all(writing.append)
        if self._lines and self._due is None:
            self._schedule()

    def _hear(self, writing: _Writing) -> None:
        writing.future.result()
        self._journal.written(writing.append)

    def _notify_all(self, append: Append) -> None:
        if append.landed:
            self._notify_landed([each.row for each in append.landed])
        for outcome in append.outcomes:
            self._notify(outcome)

    def _try(self, write: Callable[[], None]) -> None:
        """Write; what keeps the journal from it ends the run."""
        try:
            write()
        except Exception as cause:  # noqa: BLE001  (likewise)
            error = cause if isinstance(cause, StopError) else _unwritten(cause)
            self._failure = self._failure or error
            self._stop(error)


class _Writing:
    """An append that is under way."""

    __slots__ = ("append", "begun", "future", "receipt")

    def __init__(self, append: Append, receipt: Receipt, *, begun: float) -> None:
        self.append = append
        self.receipt = receipt
        self.begun = begun
        self.future: Future[None] = Future()


def _unwritten(cause: Exception) -> StateError:
    error = StateError(f"The journal cannot be written: {cause}.")
    error.__cause__ = cause
    return error


def _call_back(loop: asyncio.AbstractEventLoop, ended: Callable[[_Writing], None], writing: _Writing) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: whoever closed it waited for the append
        loop.call_soon_threadsafe(ended, writing)
