"""The vendor's own search for the contact that a record would meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from importer.highlevel import calls
from importer.highlevel.calls import Call
from importer.highlevel.reply import Reply, ReplyKind
from importer.records import Record
from importer.sending.call_state import CallState, Unanswered
from importer.sending.caller import Caller
from importer.sending.looking import ContactCallState
from importer.sending.row.evidence import can_be_of

FoundContact: TypeAlias = "Mapping[str, Any] | Reply | Unanswered | None"
"""The contact, or None where nobody matches; a reply that refuses the search, or none at all."""


class MatchCallState(CallState):
    """The call that searches for a record's contact: somebody else, or somebody without an id, is not what it found."""

    __slots__ = ("_caller", "_record")

    def __init__(self, record: Record, caller: Caller) -> None:
        super().__init__(record.row)
        self._caller = caller
        # found by e-mail or phone, it may be another than the one that the row names
        self._record = replace(record, contact_id=None)

    def recognises(self, reply: Reply) -> bool:
        if reply.kind is not ReplyKind.DONE or not reply.contact:
            return True
        return bool(reply.contact.get("id")) and can_be_of(self._record, reply.contact)

    async def claims(self, reply: Reply) -> bool:
        return await is_of(self._record, reply, self._caller)


async def is_of(record: Record, reply: Reply, caller: Caller) -> bool:
    """Ask the contact of a reply itself: it may be known by an additional address that the reply does not show."""
    if reply.contact_id is None:
        return False
    state = ContactCallState(record.row, reply.contact_id)
    shown = await caller.ask(calls.get_contact(reply.contact_id), state)
    return (
        isinstance(shown, Reply) and shown.contact_id == reply.contact_id and can_be_of(record, shown.contact)
    )


async def find_match(caller: Caller, record: Record, *, surely: bool = False) -> FoundContact:
    """Search by what the record is matched on; raises the StopError that ends the location's sending.

    ``surely``: the contact may have been made a moment ago, and a second one must not be.
    """
    email, phone = (_text(record, name) for name in ("email", "phone"))
    if not email and not phone:
        return None
    call = calls.search_duplicate(record.location_id, email=email, phone=phone)
    found = await _ask(caller, call, record)
    if found is None and (surely or caller.crossed):
        # "nobody" shows nobody, so that it cannot be told from the reply to another row's search
        found = await _ask(caller, call, record)
    return found


async def _ask(caller: Caller, call: Call, record: Record) -> FoundContact:
    found = await caller.ask(call, MatchCallState(record, caller))
    if isinstance(found, Unanswered):
        return found
    match found.kind:
        case ReplyKind.DONE:
            return found.contact or None
        case ReplyKind.NO_CONTACT:
            return None
        case _:
            return found


def _text(record: Record, name: str) -> str | None:
    value = record.fields.get(name)
    return value if isinstance(value, str) else None
