"""The vendor's own search for the contact that a record would meet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from importer.highlevel import calls
from importer.highlevel.reply import Reply, ReplyKind
from importer.records import Record
from importer.sending.call_state import CallState, Unanswered
from importer.sending.caller import Caller

FoundContact: TypeAlias = "Mapping[str, Any] | Reply | Unanswered | None"
"""The contact, or None where nobody matches; a reply that refuses the search, or none at all."""


async def find_match(caller: Caller, record: Record) -> FoundContact:
    """Search by what the record is matched on; raises the StopError that ends the location's sending."""
    email, phone = (_text(record, name) for name in ("email", "phone"))
    if not email and not phone:
        return None
    call = calls.search_duplicate(record.location_id, email=email, phone=phone)
    found = await caller.ask(call, CallState(record.row))
    if isinstance(found, Unanswered):
        return found
    match found.kind:
        case ReplyKind.DONE:
            return found.contact if found.contact.get("id") else None
        case ReplyKind.NO_CONTACT:
            return None
        case _:
            return found


def _text(record: Record, name: str) -> str | None:
    value = record.fields.get(name)
    return value if isinstance(value, str) else None
