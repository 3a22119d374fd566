"""Businesses, the vendor's companies: no upsert, and no search by name."""

from __future__ import annotations

from typing import Final

from importer.sandbox import rules
from importer.sandbox.items import Item, Kind
from importer.sandbox.replies import Refusal, Reply, trace_id
from importer.sandbox.vendor import Call, Vendor
from importer.sandbox.wire import iso_milliseconds

_CHANGE: Final[rules.Rules] = dict.fromkeys(
    ("name", "phone", "email", "website", "address", "city", "postalCode", "state", "country", "description"),
    rules.text,
)
_CREATE: Final[rules.Rules] = {**_CHANGE, "locationId": rules.text}
_PAGE: Final = 100


def create(vendor: Vendor, call: Call) -> Reply:
    """Answer ``POST /businesses/``; the reply's ``buiseness`` is the vendor's spelling."""
    rules.require(call.body, _CREATE, needed=("name", "locationId"))
    now = iso_milliseconds(vendor.clock.now())
    made_id = vendor.contacts.new_id()
    body = {"id": made_id, **call.body, "createdAt": now, "updatedAt": now}
    vendor.keep(Item(kind=Kind.BUSINESS, id=made_id, location_id=call.body["locationId"], body=body))
    return Reply(201, {"success": True, "buiseness": body, "traceId": trace_id()})


def list_all(vendor: Vendor, call: Call) -> Reply:
    """Answer ``GET /businesses/``, a page at a time."""
    if not call.location_id:
        raise Refusal(422, ["locationId must be a string", "locationId should not be empty"])
    skip, limit = page(call, most=_PAGE)
    items = vendor.items.of_location(Kind.BUSINESS, call.location_id)[skip : skip + limit]
    return Reply(200, {"businesses": [item.body for item in items], "traceId": trace_id()})


def get(vendor: Vendor, call: Call) -> Reply:
    """Answer ``GET /businesses/{id}``."""
    return Reply(200, {"business": _held(vendor, call).body, "traceId": trace_id()})


def change(vendor: Vendor, call: Call) -> Reply:
    """Answer ``PUT /businesses/{id}``."""
    item = _held(vendor, call)
    rules.require(call.body, _CHANGE)
    item.body.update(call.body, updatedAt=iso_milliseconds(vendor.clock.now()))
    vendor.keep(item)
    return Reply(200, {"success": True, "buiseness": item.body, "traceId": trace_id()})


def delete(vendor: Vendor, call: Call) -> Reply:
    """Answer ``DELETE /businesses/{id}``; its contacts stay, without it."""
    item = _held(vendor, call)
    linked = [
        each
        for each in vendor.contacts.of_location(item.location_id)
        if each.properties.get("businessId") == item.id
    ]
    for contact in linked:
        vendor.touch(contact)
        del contact.properties["businessId"]
    vendor.save(linked)
    vendor.discard(item)
    return Reply(200, {"success": True, "traceId": trace_id()})


def list_contacts(vendor: Vendor, call: Call) -> Reply:
    """Answer ``GET /contacts/business/{businessId}``."""
    skip, limit = page(call, most=_PAGE)
    linked = [
        each
        for each in vendor.contacts.of_location(call.location_id)
        if each.properties.get("businessId") == call.params[0]
    ]
    shown = [each.render(v3=call.v3) for each in linked[skip : skip + limit]]
    return Reply(200, {"contacts": shown, "count": len(linked), "traceId": trace_id()})


def page(call: Call, *, most: int) -> tuple[int, int]:
    """Read ``skip`` and ``limit`` of a query."""
    try:
        skip, limit = int(call.query.get("skip", "0")), int(call.query.get("limit", str(most)))
    except ValueError:
        raise Refusal(422, ["skip must be a number string", "limit must be a number string"]) from None
    return max(skip, 0), min(max(limit, 1), most)


def _held(vendor: Vendor, call: Call) -> Item:
    item = vendor.items.get(Kind.BUSINESS, call.params[0])
    if item is None:
        raise Refusal(404, f"Business not found for id:{call.params[0]}")
    return item
