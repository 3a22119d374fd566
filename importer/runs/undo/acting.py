"""Taking one contact back: looked at, judged, and only then deleted or given its old values, each step told to the journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from typing import Any, Final, Protocol

from importer.highlevel import calls
from importer.highlevel.additions import KINDS, OPPORTUNITY, AdditionKind
from importer.highlevel.calls import Call
from importer.highlevel.histories import HISTORIES, History
from importer.highlevel.payload import build_update, repeatable
from importer.highlevel.reply import Reply, ReplyKind
from importer.highlevel.versions import ApiVersion
from importer.records import Change, Record, RowId, TagMode, UndoLine, UndoStatus, value_type
from importer.runs.undo.deciding import (
    RowInDoubt,
    WrittenContact,
    back,
    calls_for,
    not_restored,
    restoration,
    touched,
    touched_beside,
    untouched_beside,
)
from importer.runs.undo.origin import other_origin
from importer.sending.call_state import CallState, Unanswered
from importer.sending.looking import ContactCallState
from importer.sending.row.evidence import latest_moment
from importer.sending.row.matching import FoundContact

IN_DOUBT: Final = "Whether this row was sent is not known: the run was cut off, or no reply came. Look for its contact in HighLevel."
_REFUSED_LOOK: Final = {
    ReplyKind.SCOPE_MISSING,
    ReplyKind.LOCATION_REFUSED,
    ReplyKind.CONTACT_REFUSED,
    ReplyKind.MISDIRECTED,
}


class UndoWriter(Protocol):
    """What an undo writes down, and asks, of each contact."""

    def taken_up_by(self, contact_id: str) -> str | None: ...

    def reaches(self, contact_id: str) -> bool: ...

    def begun(self, row: RowId) -> bool: ...

    def settle(self, lines: Iterable[UndoLine]) -> None: ...


class Asking(Protocol):
    """The way to one location: a call in, its final reply out."""

    async def perform(self, location_id: str, call: Call, state: CallState) -> Reply | Unanswered: ...

    async def find(self, record: Record) -> FoundContact: ...


@value_type(frozen=True, slots=True, kw_only=True)
class End:
    """What taking a contact back came to. ``with_tags``: those that the run added or took are yet to be put back."""

    status: UndoStatus
    reason: str = field(default="", repr=False)
    with_tags: bool = False
    contact_id: str | None = None
    """Of a contact that was only found now."""

    def lines(self, written: WrittenContact) -> list[UndoLine]:
        contact_id = self.contact_id or written.contact_id or None
        return [
            UndoLine(row=row, contact_id=contact_id, status=self.status, reason=self.reason)
            for row in written.rows
        ]


@value_type(frozen=True, slots=True, kw_only=True)
class UndoRules:
    """How contacts are taken back. ``dry``: look and judge, and write nothing."""

    dry: bool
    with_history: bool
    version: ApiVersion
    data_types: Mapping[str, Mapping[str, str]]
    """Of custom fields, by location and id."""


class ContactUndo:
    """Takes contacts back, one at a call; several calls may be under way at once."""

    def __init__(self, asking: Asking, book: UndoWriter, rules: UndoRules) -> None:
        self._asking = asking
        self._book = book
        self._rules = rules
        self._unreadable: dict[str, str] = {}
        """Why nothing can be deleted in a location: what lies beside its contacts may not be read."""

    async def go(self, written: WrittenContact) -> End:
        """Take back what the run did to a contact, but for its tags. Raises what ends the location's sending."""
        if written.doubt is not None:
            return await self._clear_up(written, written.doubt)
        if (run_id := self._book.taken_up_by(written.contact_id)) is not None:
            return _kept(f"Run {run_id} wrote to the contact since. Take that run back first.")
        if written.created:
            return await self._delete(written)
        return await self._restore(written)

    # rows that may have been sent

    async def _clear_up(self, written: WrittenContact, doubt: RowInDoubt) -> End:
        """Find out what became of a row in doubt; a contact that was made while it was under way is its own."""
        if not repeatable(doubt.record):
            return _kept(IN_DOUBT)  # nothing tells its contact from another
        found = await self._asking.find(doubt.record)
        if isinstance(found, Reply | Unanswered):
            return _failed(f"{IN_DOUBT} It could not be looked for: {found.words}.")
        if found is None and self._book.begun(written.rows[0]):
            return End(status=UndoStatus.DELETED)
        if found is None:
            return _nothing("Nobody has its e-mail or phone: it was not sent, or not stored.")
        contact_id, added = str(found.get("id")), latest_moment(found.get("dateAdded"))
        if added is None or not doubt.can_have_made(added) or self._book.reaches(contact_id):
            return replace(_kept(IN_DOUBT), contact_id=contact_id)
        own = replace(written, contact_id=contact_id, created=True, by_date=True, doubt=None)
        return replace(await self.go(own), contact_id=contact_id)

    # contacts that the run created

    async def _delete(self, written: WrittenContact) -> End:
        if (why := self._unreadable.get(written.location_id)) is not None:
            return _kept(why)
        found = await self._look(written)
        if not isinstance(found, Mapping):
            return found
        data_types = self._rules.data_types.get(written.location_id, {})
        if names := touched(written, found, data_types):
            return _kept(f"The contact is not as the run left it: {_listed(names)}.")
        if written.by_date and (origin := other_origin(written, found)):
            return _kept(
                f"Somebody else may have made it ({origin}): the reply to its row was lost, and its date alone speaks for the run."
            )
        if not self._rules.with_history and (end := await self._look_beside(written)):
            return end
        return End(status=UndoStatus.DELETED) if self._rules.dry else await self._delete_now(written)

    async def _delete_now(self, written: WrittenContact) -> End:
        self._begin(written)
        if (left := await self._clear_deals(written)) is not None:
            return _kept(left)
        reply = await self._perform(written, calls.delete_contact(written.contact_id))
        if isinstance(reply, Reply) and reply.kind is ReplyKind.NO_CONTACT:
            return await self._surely_gone(written)
        return _deleted(reply)

    async def _surely_gone(self, written: WrittenContact) -> End:
        """Look once more where a deletion met nobody: something in between answers 404 as well."""
        found = await self._look(written)
        if isinstance(found, End):
            return found
        return _failed("HighLevel did not delete it: it says that the contact is not there, and shows it.")

    async def _clear_deals(self, written: WrittenContact) -> str | None:
        """Take away the run's own deals first: other than notes and tasks, they outlive their contact."""
        if not any(added.kind == OPPORTUNITY.name for added in written.added):
            return None
        return await self._clear_kind(written, OPPORTUNITY)

    async def _look_beside(self, written: WrittenContact) -> End | None:
        """Tell why a contact must stay: something lies beside it that its deletion would lose, or cannot be seen."""
        for history in HISTORIES:
            call = history.call(written.location_id, written.contact_id)
            reply = await self._perform(written, call)
            if isinstance(reply, Unanswered):
                return _failed(f"Whether it has {_one(history.noun)} could not be read ({reply.words}).")
            if reply.kind is ReplyKind.SCOPE_MISSING:
                return _kept(self._note_unreadable(written.location_id, history))
            if reply.kind is not ReplyKind.DONE:
                return _kept(f"Whether it has {_one(history.noun)} cannot be read: {reply.said}.")
            kind = history.addition
            ours = untouched_beside(written, kind, reply.body) if kind else frozenset()
            count = history.count(written.contact_id, reply.body, but=ours)
            if count is None:
                return _kept(
                    f"Whether it has {_one(history.noun)} cannot be read: the reply lists none and denies none."
                )
            if count:
                return _kept(f"It has {_one(history.noun)} by now, which the run did not make.")
        return None

    def _note_unreadable(self, location_id: str, history: History) -> str:
        why = (
            f"Whether it has {_one(history.noun)} cannot be read: the token lacks the scope {history.scope}. Add it and take "
            "the run back again; --with-history deletes without looking."
        )
        return self._unreadable.setdefault(location_id, why)

    # contacts that it updated

    async def _restore(self, written: WrittenContact) -> End:
        if not written.changes:
            return await self._clear_beside(written, self._without_values(written))
        found = await self._look(written)
        if not isinstance(found, Mapping):
            return found
        due = restoration(written, found)
        writes = bool(due.changes) and not self._rules.dry
        if writes and (end := await self._put_back(written, due.changes)) is not None:
            return end
        return await self._clear_beside(written, self._restored(written, due.changes, due.kept))

    async def _clear_beside(self, written: WrittenContact, end: End) -> End:
        """Take away what the run put beside a contact that was there, but for what somebody wrote into since."""
        if left := {each.kind for each in written.additions} - KINDS.keys():
            stays = f"What the run gave it stays: {_listed(sorted(left))}."
            end = replace(end, status=UndoStatus.KEPT, reason=f"{end.reason} {stays}".strip())
        for kind in dict.fromkeys(added.kind for added in written.added if added.kind in KINDS):
            words = await self._clear_kind(written, KINDS[kind])
            if words is not None:
                reason = f"{end.reason} {words}".strip()
                end = End(status=UndoStatus.KEPT, reason=reason)
            elif end.status is UndoStatus.NOTHING:
                end = End(status=UndoStatus.RESTORED)
        return replace(end, with_tags=True)

    async def _clear_kind(self, written: WrittenContact, kind: AdditionKind) -> str | None:
        """Take away all of one kind; gives what is left, in a sentence."""
        location_id, contact_id = written.location_id, written.contact_id
        reply = await self._perform(written, kind.look(location_id, contact_id))
        if isinstance(reply, Unanswered) or reply.kind is not ReplyKind.DONE:
            return f"Its {kind.name} could not be looked at."
        if touched_beside(written, kind.name, reply.body):
            return f"Kept, since somebody wrote into it after the run: {kind.name}."
        for item_id in () if self._rules.dry else untouched_beside(written, kind.name, reply.body):
            gone = await self._perform(written, kind.remove(location_id, contact_id, item_id))
            if isinstance(gone, Unanswered) or gone.kind not in {ReplyKind.DONE, ReplyKind.NO_CONTACT}:
                return f"Its {kind.name} could not be taken away."
        return None

    def _without_values(self, written: WrittenContact) -> End:
        """End a contact of which no old value is known, or of which the run changed none."""
        tagged = bool(written.tags_added or written.tags_removed)
        if written.values_known:
            return End(status=UndoStatus.RESTORED) if tagged else _nothing("The run changed nothing of it.")
        done = "Its tags are as before. " if tagged else ""
        return _kept(
            f"{done}What else it held before is not known: the run kept no before-images (--before-images, --compare)."
        )

    def _restored(self, written: WrittenContact, changes: tuple[Change, ...], kept: tuple[str, ...]) -> End:
        if kept:
            done = f"Put back: {_listed(change.name for change in changes)}. " if changes else ""
            return _kept(f"{done}Kept, since somebody changed it after the run: {_listed(kept)}.")
        if not written.values_known:
            return _kept("Of some rows the old values are not known; those that are were put back.")
        if changes or written.tags_added or written.tags_removed or self._book.begun(written.rows[0]):
            return End(status=UndoStatus.RESTORED)
        return _nothing("The contact holds its old values already.")

    async def _put_back(self, written: WrittenContact, changes: tuple[Change, ...]) -> End | None:
        """Write old values and read them back; an end where that failed."""
        self._begin(written)
        refused: list[str] = []
        for some in calls_for(changes):
            body = build_update(_record(written, some), version=self._rules.version, tag_mode=TagMode.ADD)
            reply = await self._perform(written, calls.update(written.contact_id, body))
            if isinstance(reply, Unanswered):
                return _unknown(f"The old values may not be there: no usable reply came ({reply.words}).")
            if reply.kind is not ReplyKind.DONE:
                names = _listed(change.name for change in some)
                refused.append(f"HighLevel refused the old value of {names}: {reply.said}")
        shown = await self._look(written)
        if not isinstance(shown, Mapping):
            return _failed("The old values were written, and could not be read back.")
        if refused:
            return _failed(f"{'; '.join(refused)}.")
        if missing := not_restored(changes, shown):
            return _failed(f"Written, and not there when read back: {_listed(missing)}.")
        return None

    # calls

    async def _look(self, written: WrittenContact) -> Mapping[str, Any] | End:
        reply = await self._read(written)
        if isinstance(reply, Reply) and reply.kind is ReplyKind.NO_CONTACT:
            reply = await self._read(
                written
            )  # something in between answers 404 as well; said twice, it is believed
        if isinstance(reply, Unanswered):
            return _failed(f"The contact could not be read ({reply.words}).")
        match reply.kind:
            case ReplyKind.DONE:
                return reply.contact
            case ReplyKind.NO_CONTACT if written.created and self._book.begun(written.rows[0]):
                return End(status=UndoStatus.DELETED)
            case ReplyKind.NO_CONTACT:
                return _nothing("The contact is gone already.")
            case kind if kind in _REFUSED_LOOK:
                return _kept(f"The contact cannot be read: {reply.said}.")
            case _:
                return _failed(f"The contact could not be read: {reply.said}.")

    async def _read(self, written: WrittenContact) -> Reply | Unanswered:
        return await self._perform(written, calls.get_contact(written.contact_id))

    async def _perform(self, written: WrittenContact, call: Call) -> Reply | Unanswered:
        state = ContactCallState(written.rows[0], written.contact_id, soft=True)
        return await self._asking.perform(written.location_id, call, state)

    def _begin(self, written: WrittenContact) -> None:
        """Write down that the contact is about to be changed: after a kill, one that is gone is then known to be ours."""
        self._book.settle(End(status=UndoStatus.BEGUN).lines(written))


def _record(written: WrittenContact, changes: Iterable[Change]) -> Record:
    """Make the record that holds old values."""
    fields = {change.reference: back(change) for change in changes if not change.custom}
    custom = tuple((change.reference, back(change)) for change in changes if change.custom)
    return Record(
        row=written.rows[0],
        location_id=written.location_id,
        fields=fields,
        custom_fields=custom,
        contact_id=written.contact_id,
    )


def _deleted(reply: Reply | Unanswered) -> End:
    if isinstance(reply, Unanswered):
        return _unknown(f"Whether it was deleted is not known: no usable reply came ({reply.words}).")
    if reply.kind is ReplyKind.DONE:
        return End(status=UndoStatus.DELETED)
    return _failed(f"HighLevel did not delete it: {reply.said}.")


def _kept(reason: str) -> End:
    return End(status=UndoStatus.KEPT, reason=reason)


def _failed(reason: str) -> End:
    return End(status=UndoStatus.FAILED, reason=reason)


def _unknown(reason: str) -> End:
    """Leave it begun: whoever takes the run back once more sees what came of it."""
    return End(status=UndoStatus.BEGUN, reason=reason)


def _nothing(reason: str) -> End:
    return End(status=UndoStatus.NOTHING, reason=reason)


def _one(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
