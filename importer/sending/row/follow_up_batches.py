"""Batches of follow-ups: landed rows that get the same wait for each other, so that one call serves many contacts."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from importer.highlevel.follow_ups import Step
from importer.records import FollowUpState, value_type
from importer.sending.capacity import Capacity
from importer.sending.journal_batches import JournalBatcher, Receipt
from importer.sending.row.submitted import Held


@dataclass(slots=True, eq=False, repr=False)
class Splits:
    """How often a batch that was refused as a whole may yet be divided, its parts together.

    Nine splits find one contact among 500; a refusal that is about all of them must not cost a call for each.
    """

    left: int = 40


@value_type(frozen=True, slots=True, kw_only=True)
class FollowUpBatch:
    """One call: the rows whose next follow-up is this one; a single row, where the call takes one contact."""

    step: Step
    rows: tuple[Held, ...]
    splits: Splits = field(default_factory=Splits)
    receipt: Receipt | None = field(default=None, repr=False, compare=False)
    """Of its announcement: it is not sent before that is durable."""

    def halves(self) -> tuple[FollowUpBatch, ...]:
        """Divide it by its contacts; empty where there is one alone, or no split left."""
        contact_ids = list(dict.fromkeys(held.landed.contact_id for held in self.rows))
        if len(contact_ids) < 2 or not self.splits.left:
            return ()
        self.splits.left -= 1
        first = set(contact_ids[: len(contact_ids) // 2])
        return tuple(
            replace(self, rows=tuple(held for held in self.rows if (held.landed.contact_id in first) is here))
            for here in (True, False)
        )


@dataclass(slots=True, eq=False, repr=False)
class _OpenBatch:
    since: float
    rows: list[Held] = field(default_factory=list)


class FollowUpBatcher:
    """The waiting rows of one location, by what they get next."""

    __slots__ = ("_capacity", "_open", "held")

    def __init__(self, capacity: Capacity) -> None:
        self._capacity = capacity
        self._open: dict[Step, _OpenBatch] = {}
        self.held = 0

    def add(self, held: Held, now: float) -> FollowUpBatch | None:
        """Put a row to those that get the same; gives a batch that is full, or that makes room."""
        step = held.due[0]
        if step.kind.contacts_a_call == 1:
            return FollowUpBatch(step=step, rows=(held,))
        batch = self._open.get(step)
        if batch is None:
            batch = self._open[step] = _OpenBatch(now)
            self._capacity.batches += 1
        batch.rows.append(held)
        self.held += 1
        self._capacity.taken += 1
        if len(batch.rows) >= step.kind.contacts_a_call:
            return self._take(step)
        return self._take_fullest() if self._capacity.exceeded else None

    def take_older(self, than: float) -> Iterator[FollowUpBatch]:
        """Take the batches that have waited since before a moment."""
        for step in [step for step, batch in self._open.items() if batch.since <= than]:
            yield self._take(step)

    def take_all(self) -> Iterator[FollowUpBatch]:
        for step in list(self._open):
            yield self._take(step)

    def _take_fullest(self) -> FollowUpBatch:
        return self._take(max(self._open, key=lambda step: len(self._open[step].rows)))

    def _take(self, step: Step) -> FollowUpBatch:
        rows = self._open.pop(step).rows
        self.held -= len(rows)
        self._capacity.taken -= len(rows)
        self._capacity.batches -= 1
        return FollowUpBatch(step=step, rows=tuple(rows))


class FollowUpQueue:
    """Batches whose turn has come.

    One that must not be sent twice is announced in the journal when it is handed out, and waits until that is durable: what
    a kill leaves announced may have been done. Several are announced in one append, as many as the pace lets go soon.
    """

    __slots__ = ("_announced", "_batches", "_journal", "_most", "_receipt")

    def __init__(self, journal: JournalBatcher, *, most: Callable[[], int]) -> None:
        self._journal = journal
        self._most = most
        self._batches: deque[FollowUpBatch] = deque()
        self._announced = 0
        """So many at the head need no announcement any more."""
        self._receipt: Receipt | None = None

    def __len__(self) -> int:
        return len(self._batches)

    def put(self, batch: FollowUpBatch) -> None:
        self._batches.append(batch)

    def take(self) -> FollowUpBatch:
        """Take the next one, with the receipt that it has to wait for."""
        if not self._announced:
            following = tuple(islice(self._batches, self._most()))
            self._announced = len(following)
            self._receipt = _announce(self._journal, following)
        self._announced -= 1
        batch = self._batches.popleft()
        return batch if batch.step.kind.repeatable else replace(batch, receipt=self._receipt)

    def clear(self) -> int:
        """Leave all to a later run; gives how many rows these are."""
        for batch in islice(self._batches, self._announced):
            take_back(self._journal, batch)
        left = sum(len(batch.rows) for batch in self._batches)
        self._batches.clear()
        self._announced = 0
        return left


def _announce(journal: JournalBatcher, batches: Iterable[FollowUpBatch]) -> Receipt | None:
    marks = [
        held.mark(batch.step, FollowUpState.SENT)
        for batch in batches
        if not batch.step.kind.repeatable
        for held in batch.rows
    ]
    return journal.announce(marks) if marks else None


async def until_announced(journal: JournalBatcher, batch: FollowUpBatch) -> None:
    """Return when a batch may be sent; raises the StopError of a journal that fails, and then it must not be."""
    if batch.receipt is None:
        return
    try:
        await batch.receipt.wait()
    except BaseException:
        take_back(journal, batch)
        raise


def take_back(journal: JournalBatcher, batch: FollowUpBatch) -> None:
    """Write down that an announced batch was surely not done; one that an earlier session may have done stays in doubt."""
    if not (batch.step.kind.repeatable or batch.step.doubtful):
        for held in batch.rows:
            journal.mark(held.mark(batch.step, FollowUpState.OPEN))
