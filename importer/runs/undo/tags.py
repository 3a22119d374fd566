"""Tags that a run added or took, put back for many contacts in one call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, replace

from importer.highlevel.follow_ups import ADD_TAGS, BULK_TAG_LIMIT, REMOVE_TAGS, FollowUp
from importer.highlevel.reply import Reply, ReplyKind
from importer.records import UndoStatus, value_type
from importer.runs.undo.acting import Asking, End, UndoWriter
from importer.runs.undo.deciding import WrittenContact
from importer.sending.call_state import Unanswered
from importer.sending.looking import ContactsCallState


@value_type(frozen=True, slots=True)
class TagChange:
    """What one call does: these tags, taken from or given back to contacts of one location."""

    location_id: str
    kind: FollowUp
    tags: tuple[str, ...] = field(repr=False)


@value_type(frozen=True, slots=True)
class _WaitingContact:
    """A contact on its way through its tag changes, with what it has come to so far."""

    written: WrittenContact
    end: End
    due: tuple[TagChange, ...]


@value_type(frozen=True, slots=True)
class TagBatch:
    """One call, and the contacts that it is for."""

    change: TagChange
    contacts: tuple[_WaitingContact, ...]


class TagsUndo:
    """Collects the contacts whose tags change alike."""

    def __init__(self, asking: Asking, book: UndoWriter) -> None:
        self._asking = asking
        self._book = book
        self._waiting: dict[TagChange, list[_WaitingContact]] = {}

    def add(self, written: WrittenContact, end: End) -> TagBatch | None:
        """Take in a contact; gives a batch that is full. One whose tags stay as they are is settled at once."""
        return self._go_on(_WaitingContact(written, end, tuple(_changes(written)) if end.with_tags else ()))

    def take_all(self) -> list[TagBatch]:
        """Take what waits for company that will not come any more."""
        return [self._take(change) for change in list(self._waiting)]

    async def perform(self, batch: TagBatch) -> list[TagBatch]:
        """Change the tags of a batch; gives the batches that are full by it. Raises what ends the location's sending."""
        change = batch.change
        contact_ids = [each.written.contact_id for each in batch.contacts]
        begun = End(status=UndoStatus.BEGUN)
        self._book.settle(line for each in batch.contacts for line in begun.lines(each.written))
        reply = await self._asking.perform(
            change.location_id,
            change.kind.call(change.location_id, contact_ids, change.tags),
            ContactsCallState(batch.contacts[0].written.rows[0], contact_ids, soft=True),
        )
        full = [self._go_on(_after(each, change.kind, reply)) for each in batch.contacts]
        return [each for each in full if each is not None]

    def _go_on(self, waiting: _WaitingContact) -> TagBatch | None:
        if not waiting.due:
            self._book.settle(waiting.end.lines(waiting.written))
            return None
        change = waiting.due[0]
        others = self._waiting.setdefault(change, [])
        others.append(waiting)
        return self._take(change) if len(others) >= BULK_TAG_LIMIT else None

    def _take(self, change: TagChange) -> TagBatch:
        return TagBatch(change, tuple(self._waiting.pop(change)))


def _changes(written: WrittenContact) -> Iterator[TagChange]:
    for kind, tags in ((REMOVE_TAGS, written.tags_added), (ADD_TAGS, written.tags_removed)):
        if tags:
            yield TagChange(written.location_id, kind, tuple(sorted(tags)))


def _after(waiting: _WaitingContact, kind: FollowUp, reply: Reply | Unanswered) -> _WaitingContact:
    words = _refusal(waiting.written, kind, reply)
    if words is None:
        return replace(waiting, due=waiting.due[1:])
    before = f"{waiting.end.reason} " if waiting.end.reason else ""
    end = End(status=UndoStatus.FAILED, reason=f"{before}Its tags could not be put back: {words}.")
    return _WaitingContact(waiting.written, end, ())


def _refusal(written: WrittenContact, kind: FollowUp, reply: Reply | Unanswered) -> str | None:
    if isinstance(reply, Unanswered):
        return f"no usable reply came ({reply.words})"
    if reply.kind is not ReplyKind.DONE:
        return reply.said
    return kind.read_errors(reply.body).get(written.contact_id)
