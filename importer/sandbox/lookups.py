"""Reading and deleting contacts: by id, by identity and by list."""

from __future__ import annotations

from typing import Any, Final

from importer.sandbox.contacts import Contact
from importer.sandbox.identities import matched_email, stored_phone
from importer.sandbox.replies import Refusal, Reply, trace_id
from importer.sandbox.vendor import WRONG_CLASS, Call, Vendor
from importer.sandbox.wire import JsonObject

_LARGEST_PAGE: Final = 100
_LARGEST_LOOKUP: Final = 20


def held(vendor: Vendor, contact_id: str) -> Contact:
    """Find a contact; a missing one is 400 in most reports, and 404 in others."""
    contact = vendor.contacts.get(contact_id)
    if contact is None:
        raise Refusal(vendor.settings.missing_contact, f"Contact with id {contact_id} not found")
    return contact


def get(vendor: Vendor, call: Call) -> Reply:
    """Answer ``GET /contacts/{id}``."""
    contact = held(vendor, call.params[0])
    return Reply(200, {"contact": contact.render(v3=call.v3), "traceId": trace_id()})


def delete(vendor: Vendor, call: Call) -> Reply:
    """Answer ``DELETE /contacts/{id}``."""
    vendor.forget(held(vendor, call.params[0]))
    return Reply(200, {"succeded": True, "traceId": trace_id()})


def search_duplicate(vendor: Vendor, call: Call) -> Reply:
    """Answer ``GET /contacts/search/duplicate``: the location's order, or e-mail first where duplicates may be."""
    values = {"email": call.query.get("email", ""), "phone": call.query.get("number", "")}
    if not call.location_id:
        raise Refusal(422, ["locationId must be a string", "locationId should not be empty"])
    if not any(values.values()):
        raise Refusal(400, "Pass at least one of number, email query parameter")
    location = vendor.location(call.location_id)
    order = ("email", "phone") if location.allow_duplicates else location.match
    found = next((hit for name in order if (hit := _find(vendor, location.id, name, values[name]))), None)
    return Reply(200, {"contact": found.render(v3=call.v3) if found else None, "traceId": trace_id()})


def look_up(vendor: Vendor, call: Call) -> Reply:
    """Answer v3's ``GET /contacts/lookup``: every contact that has the e-mail or phone, additional ones included."""
    if call.account is None or call.account.client_id is None:
        raise Refusal(401, WRONG_CLASS)
    asked = [name for name in ("email", "phone") if call.query.get(name)]
    if not call.location_id:
        raise Refusal(422, ["locationId must be a string", "locationId should not be empty"])
    if len(asked) != 1:
        raise Refusal(422, ["exactly one of email, phone must be provided"])
    size = _whole(call.query.get("limit"), _LARGEST_LOOKUP)
    if size > _LARGEST_LOOKUP:
        raise Refusal(422, [f"limit must not be greater than {_LARGEST_LOOKUP}"])
    (name,) = asked
    key = matched_email(call.query[name]) if name == "email" else call.query[name]
    hits = vendor.contacts.holders(call.location_id, name, key)[:size]
    shown = [contact.render(v3=call.v3) for contact in hits]
    return Reply(200, {"contacts": shown, "nextCursor": None, "traceId": trace_id()})


def list_contacts(vendor: Vendor, call: Call) -> Reply:
    """Answer the deprecated ``GET /contacts/``, oldest first."""
    if not call.location_id:
        raise Refusal(403, "The token does not have access to this location.")
    size = min(_whole(call.query.get("limit"), 20), _LARGEST_PAGE)
    contacts = vendor.contacts.of_location(call.location_id)
    after = call.query.get("startAfterId")
    first = next((i + 1 for i, contact in enumerate(contacts) if contact.id == after), 0)
    shown = contacts[first : first + size]
    meta: JsonObject = {"total": len(contacts)}
    if shown:
        meta |= {"startAfterId": shown[-1].id, "startAfter": round(shown[-1].added_at * 1000)}
    return Reply(
        200, {"contacts": [contact.render() for contact in shown], "meta": meta, "traceId": trace_id()}
    )


def _find(vendor: Vendor, location_id: str, identifier: str, value: str) -> Contact | None:
    if not value:
        return None
    try:
        key = matched_email(value) if identifier == "email" else stored_phone(value)
    except Refusal:
        return None
    return vendor.contacts.find(location_id, identifier, key)


def _whole(value: Any, default: int) -> int:
    try:
        return max(int(value), 1)
    except (TypeError, ValueError, OverflowError):
        return default
