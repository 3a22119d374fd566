"""Taking back a run of deals, notes, tasks or companies: what a row made goes, where it is as the row left it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from importer.errors import CredentialsError
from importer.highlevel import companies
from importer.highlevel.additions import KINDS, edited_parts, shown_one
from importer.highlevel.calls import Call
from importer.highlevel.catalog import Catalog
from importer.highlevel.equality import is_blank, same_field
from importer.highlevel.fields import COMPANY_FIELDS
from importer.highlevel.reply import Reply, ReplyKind
from importer.records import (
    Added,
    Addition,
    Change,
    Intent,
    Json,
    Landed,
    Outcome,
    Record,
    RowId,
    RowObject,
    RowState,
    Status,
    UndoLine,
    UndoStatus,
    value_type,
)
from importer.runs.resolving import Catalogs
from importer.runs.undo.acting import Asking, UndoWriter
from importer.runs.undo.at_once import each_at_once
from importer.runs.undo.beats import UndoBeats
from importer.runs.undo.written import RunAgain
from importer.sending.call_state import CallState, Unanswered
from importer.state.journal import Journal

_DOUBT: Final = "Whether the row was stored is not known. Resume the run, or retry it, then take it back."
_UNSURE: Final = {"service_down", "unconfirmed"}
_GONE: Final = "It is gone already."


@value_type(frozen=True, slots=True, kw_only=True)
class WrittenObject:
    """One thing that rows of a run made, or wrote to; ``rows`` are several where they name one company."""

    rows: tuple[RowId, ...]
    location_id: str
    contact_id: str
    id: str
    made: bool
    wanted: Addition
    changes: tuple[Change, ...] = ()
    """What the rows wrote over."""

    def joined(self, later: WrittenObject) -> WrittenObject:
        """Take in what a later row wrote to it."""
        written = {change.reference: change.new for change in later.changes}
        content = {**self.wanted.content, **(written if self.made else later.wanted.content)}
        return replace(
            self,
            rows=(*self.rows, *later.rows),
            made=self.made or later.made,
            wanted=replace(self.wanted, content=content),
            changes=(*self.changes, *later.changes),
        )


@value_type(frozen=True, slots=True, kw_only=True)
class _End:
    status: UndoStatus
    reason: str = ""


class ObjectActs:
    """Goes over the rows of a run whose rows are no contacts, and takes back what they made, many at once."""

    def __init__(  # noqa: PLR0913  (what an undo is handed, each from another place)
        self,
        again: RunAgain,
        journal: Journal,
        *,
        asking: Asking,
        catalogs: Catalogs,
        book: UndoWriter,
        is_done: Callable[[RowId], bool],
        check: Callable[[], None],
        dry: bool,
        beats: UndoBeats,
    ) -> None:
        self._beats = beats
        self._again = again
        self._journal = journal
        self._catalogs = catalogs
        self._asking = asking
        self._book = book
        self._is_done = is_done
        self._check = check
        self._dry = dry

    async def carry_out(self) -> None:
        """Take back what is left. Raises StopError."""
        self._beats.begin()
        pieces = self._pieces()
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            await each_at_once([each for each in piece if not self._are_done(each)], self._one)

    def _are_done(self, written: WrittenObject) -> bool:
        return all(map(self._is_done, written.rows))

    def _pieces(self) -> Iterator[list[WrittenObject]]:
        """Give what rows wrote, a block at a time; companies at the end, since any later row may name one."""
        of_all: dict[str, WrittenObject] = {}
        for mapped in self._again.mapped(self._catalogs):
            found = list(self._written(mapped)) if mapped else []
            if self._again.mapping.row_object is not RowObject.COMPANY:
                yield found
                continue
            for each in found:
                before = of_all.get(each.id)
                of_all[each.id] = each if before is None else before.joined(each)
        yield list(of_all.values())

    def _written(self, mapped: list[Record | Outcome]) -> Iterator[WrittenObject]:
        states = self._journal.row_states(mapped[0].row, mapped[-1].row)
        for item in mapped:
            if (state := states.get(item.row)) is None or not isinstance(item, Record) or not item.additions:
                continue
            if (written := self._one_written(item, state)) is not None:
                yield written
            else:
                self._settle((item.row,), "", self._without(state))

    def _one_written(self, record: Record, state: RowState) -> WrittenObject | None:
        (wanted,), added = record.additions, next(iter(self._journal.undo.made_beside(record.row)), None)
        images = self._journal.undo.images(record.row)
        if added is None and not (images and isinstance(state, Outcome) and state.status is Status.UPDATED):
            return None
        changes = tuple(change for image in images for change in image.changes)
        contact_id = images[0].contact_id if added is None else added.contact_id
        return WrittenObject(
            rows=(record.row,),
            location_id=record.location_id,
            contact_id=_contact_of(added),
            id=contact_id if added is None else added.id,
            made=added is not None,
            wanted=wanted,
            changes=changes,
        )

    def _without(self, state: RowState) -> _End:
        """End a row of which nothing is known to have been made."""
        doubtful = isinstance(state, Landed) or (
            isinstance(state, Intent) and self._again.mapping.row_object is RowObject.COMPANY
        )
        doubtful = doubtful or (isinstance(state, Outcome) and state.code in _UNSURE)
        if doubtful:
            return _End(status=UndoStatus.KEPT, reason=_DOUBT)
        return _End(status=UndoStatus.NOTHING, reason="The row made nothing.")

    async def _one(self, written: WrittenObject) -> None:
        self._check()
        catalog = self._catalogs.get(written.location_id)
        if isinstance(catalog, Catalog):
            end = await self._take_back(written)
        else:
            end = _refused(catalog)
        self._beats.add()
        self._settle(written.rows, written.contact_id, end)

    async def _take_back(self, written: WrittenObject) -> _End:
        act = _CompanyUndo if written.wanted.kind not in KINDS else _BesideUndo
        return await act(self._asking, self._book, dry=self._dry).go(written)

    def _settle(self, rows: tuple[RowId, ...], contact_id: str, end: _End) -> None:
        self._book.settle(
            UndoLine(row=row, contact_id=contact_id or None, status=end.status, reason=end.reason)
            for row in rows
        )


class _ObjectUndo:
    """One thing looked at, judged, and taken away."""

    def __init__(self, asking: Asking, book: UndoWriter, *, dry: bool) -> None:
        self._asking = asking
        self._book = book
        self._dry = dry

    async def _perform(self, written: WrittenObject, call: Call) -> Reply | Unanswered:
        return await self._asking.perform(written.location_id, call, CallState(written.rows[0], soft=True))

    async def _remove(self, written: WrittenObject, call: Call) -> _End:
        """Delete it, written down before: after a kill, one that is gone was deleted by us."""
        if self._dry:
            return _End(status=UndoStatus.DELETED)
        self._begin(written)
        reply = await self._perform(written, call)
        if isinstance(reply, Unanswered):
            words = f"Whether it was deleted is not known: no usable reply came ({reply.words})."
            return _End(status=UndoStatus.BEGUN, reason=words)
        if reply.kind in {ReplyKind.DONE, ReplyKind.NO_CONTACT}:
            return _End(status=UndoStatus.DELETED)
        return _End(status=UndoStatus.FAILED, reason=f"HighLevel did not delete it: {reply.said}.")

    def _begin(self, written: WrittenObject) -> None:
        self._book.settle(
            UndoLine(row=row, contact_id=written.contact_id or None, status=UndoStatus.BEGUN)
            for row in written.rows
        )

    def _unseen(self, written: WrittenObject, reply: Reply | Unanswered) -> _End:
        """End what cannot be looked at: gone by our own hand, gone before, or not readable."""
        if isinstance(reply, Reply) and reply.kind is ReplyKind.NO_CONTACT:
            if self._book.begun(written.rows[0]):
                return _End(status=UndoStatus.DELETED)
            return _End(status=UndoStatus.NOTHING, reason=_GONE)
        words = reply.words if isinstance(reply, Unanswered) else reply.said
        return _End(status=UndoStatus.FAILED, reason=f"It could not be looked at: {words}.")


class _BesideUndo(_ObjectUndo):
    """A deal, note or task: deleted where nobody worked on it since."""

    async def go(self, written: WrittenObject) -> _End:
        kind = KINDS[written.wanted.kind]
        reply = await self._perform(written, kind.show(written.contact_id, written.id))
        shown = shown_one(kind, reply.body) if isinstance(reply, Reply) else {}
        if not shown:
            return self._unseen(written, reply)
        if parts := edited_parts(written.wanted, shown):
            reason = f"Kept, since somebody worked on it after the run: {', '.join(parts)}."
            return _End(status=UndoStatus.KEPT, reason=reason)
        return await self._remove(written, kind.remove(written.location_id, written.contact_id, written.id))


class _CompanyUndo(_ObjectUndo):
    """A company: deleted where the run made it, it has no contacts and is as the run left it; else its old values go back."""

    async def go(self, written: WrittenObject) -> _End:
        reply = await self._perform(written, companies.get_company(written.id))
        shown = companies.shown_company(reply.body) if isinstance(reply, Reply) else {}
        if not shown:
            return self._unseen(written, reply)
        if not written.made:
            return await self._restore(written, shown)
        if names := _edited(written, shown):
            return _End(
                status=UndoStatus.KEPT, reason=f"The company is not as the run left it: {', '.join(names)}."
            )
        if (kept := await self._kept_for_members(written)) is not None:
            return kept
        return await self._remove(written, companies.delete_company(written.id))

    async def _kept_for_members(self, written: WrittenObject) -> _End | None:
        reply = await self._perform(written, companies.list_members(written.location_id, written.id))
        members = companies.members_of(reply.body) if isinstance(reply, Reply) else None
        if members == 0:
            return None
        if members is None:
            return _End(status=UndoStatus.KEPT, reason="Whether it has contacts cannot be read.")
        return _End(status=UndoStatus.KEPT, reason="Contacts belong to it. Take back first what linked them.")

    async def _restore(self, written: WrittenObject, shown: Mapping[str, Any]) -> _End:
        """Put old values back where the company holds what the run wrote; a blank is not written: nothing says that it empties."""
        ours = [
            each
            for each in written.changes
            if same_field(each.reference, each.new, shown.get(each.reference))
        ]
        back: dict[str, Json] = {
            each.reference: each.old for each in reversed(ours) if not is_blank(each.old)
        }
        stay = [each.reference for each in written.changes if each.reference not in back]
        if back and not self._dry:
            self._begin(written)
            reply = await self._perform(written, companies.update_company(written.id, back))
            if isinstance(reply, Unanswered) or reply.kind is not ReplyKind.DONE:
                return _End(status=UndoStatus.FAILED, reason=f"The old values are not there: {reply.words}.")
        if stay:
            reason = f"Kept, since it was blank before or somebody changed it after the run: {', '.join(dict.fromkeys(stay))}."
            return _End(status=UndoStatus.KEPT, reason=reason)
        return _End(status=UndoStatus.RESTORED)


def _edited(written: WrittenObject, shown: Mapping[str, Any]) -> tuple[str, ...]:
    content = written.wanted.content
    return tuple(name for name in COMPANY_FIELDS if not same_field(name, content.get(name), shown.get(name)))


def _contact_of(added: Added | None) -> str:
    return "" if added is None else added.contact_id


def _refused(catalog: CredentialsError | None) -> _End:
    return _End(status=UndoStatus.KEPT, reason=f"Its location refuses us: {catalog}")
