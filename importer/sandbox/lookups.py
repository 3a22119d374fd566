"""Reading and deleting contacts: by id, by duplicate search, by search and by list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from importer.sandbox.contacts import Contact
from importer.sandbox.identities import matched_email, stored_phone
from importer.sandbox.replies import Refusal, Reply, trace_id
from importer.sandbox.vendor import Call, Vendor
from importer.sandbox.wire import JsonObject

_LARGEST_PAGE: Final = 100


def held(vendor: Vendor, contact_id: str) -> Contact:
    """Find a contact; a missing one is 400 here, not 404."""
    contact = vendor.contacts.get(contact_id)
    if contact is None:
        raise Refusal(400, f"Contact with id {contact_id} not found")
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


def search(vendor: Vendor, call: Call) -> Reply:
    """Answer ``POST /contacts/search``, which lags behind writes."""
    body = call.body if isinstance(call.body, dict) else {}
    if not isinstance(body.get("locationId"), str):
        raise Refusal(422, ["locationId must be a string"])
    size = _whole(body.get("pageLimit"), 20)
    first = (_whole(body.get("page"), 1) - 1) * size
    visible = [contact for contact in _of(vendor, call.location_id) if _visible(vendor, contact)]
    hits = [contact for contact in visible if _wanted(contact, body)]
    shown = [_search_row(contact, v3=call.v3) for contact in hits[first : first + size]]
    return Reply(200, {"contacts": shown, "total": len(hits), "traceId": trace_id()})


def list_contacts(vendor: Vendor, call: Call) -> Reply:
    """Answer the deprecated ``GET /contacts/``, oldest first."""
    if not call.location_id:
        raise Refusal(403, "The token does not have access to this location.")
    size = min(_whole(call.query.get("limit"), 20), _LARGEST_PAGE)
    contacts = list(_of(vendor, call.location_id))
    after = call.query.get("startAfterId")
    first = next((i + 1 for i, contact in enumerate(contacts) if contact.id == after), 0)
    shown = contacts[first : first + size]
    meta: JsonObject = {"total": len(contacts)}
    if shown:
        meta |= {"startAfterId": shown[-1].id, "startAfter": round(shown[-1].added_at * 1000)}
    return Reply(
        200, {"contacts": [contact.render() for contact in shown], "meta": meta, "traceId": trace_id()}
    )


def _of(vendor: Vendor, location_id: str) -> Iterator[Contact]:
    return (contact for contact in vendor.contacts if contact.location_id == location_id)


def _find(vendor: Vendor, location_id: str, identifier: str, value: str) -> Contact | None:
    if not value:
        return None
    try:
        key = matched_email(value) if identifier == "email" else stored_phone(value)
    except Refusal:
        return None
    return vendor.contacts.find(location_id, identifier, key)


def _visible(vendor: Vendor, contact: Contact) -> bool:
    return vendor.clock.now() - contact.updated_at >= vendor.settings.search_lag_seconds


def _wanted(contact: Contact, body: JsonObject) -> bool:
    query = body.get("query")
    if isinstance(query, str) and query and not _mentions(contact, query.lower()):
        return False
    filters = body.get("filters")
    return all(_passes(contact, rule) for rule in filters) if isinstance(filters, list) else True


def _mentions(contact: Contact, query: str) -> bool:
    return any(query in str(contact.properties.get(name, "")).lower() for name in ("name", "email", "phone"))


def _passes(contact: Contact, rule: Any) -> bool:
    if not isinstance(rule, dict):
        raise Refusal(422, ["each value in filters must be an object"])
    stored = contact.tags if rule.get("field") == "tags" else contact.properties.get(str(rule.get("field")))
    value = rule.get("value")
    if rule.get("operator") == "eq":
        return bool(stored == value)
    if isinstance(stored, list):
        return value in stored
    return isinstance(stored, str) and str(value).lower() in stored.lower()


def _search_row(contact: Contact, *, v3: bool) -> JsonObject:
    """Write a hit as the search does: ``address`` for ``address1``, and the birthday as a number."""
    body = contact.render(v3=v3)
    if birthday := body.get("dateOfBirth"):
        body["dateOfBirth"] = round(datetime.fromisoformat(f"{birthday}T00:00:00+00:00").timestamp() * 1000)
    if "address1" in body:
        body["address"] = body.pop("address1")
    return body


def _whole(value: Any, default: int) -> int:
    try:
        return max(int(value), 1)
    except (TypeError, ValueError, OverflowError):
        return default
