"""Notes and tasks of a contact. Neither has an upsert: two equal calls make two."""

from __future__ import annotations

from typing import Final

from importer.sandbox import rules
from importer.sandbox.items import Item, Kind
from importer.sandbox.lookups import held
from importer.sandbox.replies import Refusal, Reply, trace_id
from importer.sandbox.vendor import Call, Vendor
from importer.sandbox.wire import JsonObject, iso_milliseconds

_NOTE: Final[rules.Rules] = {
    **dict.fromkeys(("body", "userId", "title", "color"), rules.text),
    "pinned": rules.flag,
}
_TASK: Final[rules.Rules] = {
    **dict.fromkeys(("title", "body", "assignedTo"), rules.text),
    "dueDate": rules.moment,
    "completed": rules.flag,
}
_COMPLETED: Final[rules.Rules] = {"completed": rules.flag}


def add_note(vendor: Vendor, call: Call) -> Reply:
    """Answer ``POST /contacts/{id}/notes``; the vendor dates it, nobody else can."""
    contact = held(vendor, call.params[0])
    rules.require(call.body, _NOTE, needed=("body",))
    dated = {"dateAdded": iso_milliseconds(vendor.clock.now()), "pinned": False}
    return Reply(201, _added(vendor, Kind.NOTE, contact.id, contact.location_id, {**dated, **call.body}))


def list_notes(vendor: Vendor, call: Call) -> Reply:
    """Answer ``GET /contacts/{id}/notes``."""
    return _listed(vendor, call, Kind.NOTE, "notes")


def get_note(vendor: Vendor, call: Call) -> Reply:
    """Answer ``GET /contacts/{id}/notes/{noteId}``."""
    return _shown(_item(vendor, call, Kind.NOTE))


def change_note(vendor: Vendor, call: Call) -> Reply:
    """Answer ``PUT /contacts/{id}/notes/{noteId}``."""
    return _changed(vendor, call, Kind.NOTE, _NOTE)


def delete_note(vendor: Vendor, call: Call) -> Reply:
    """Answer ``DELETE /contacts/{id}/notes/{noteId}``."""
    return _deleted(vendor, call, Kind.NOTE)


def add_task(vendor: Vendor, call: Call) -> Reply:
    """Answer ``POST /contacts/{id}/tasks``."""
    contact = held(vendor, call.params[0])
    rules.require(call.body, _TASK, needed=("title", "dueDate", "completed"))
    return Reply(201, _added(vendor, Kind.TASK, contact.id, contact.location_id, dict(call.body)))


def list_tasks(vendor: Vendor, call: Call) -> Reply:
    """Answer ``GET /contacts/{id}/tasks``."""
    return _listed(vendor, call, Kind.TASK, "tasks")


def get_task(vendor: Vendor, call: Call) -> Reply:
    """Answer ``GET /contacts/{id}/tasks/{taskId}``."""
    return _shown(_item(vendor, call, Kind.TASK))


def change_task(vendor: Vendor, call: Call) -> Reply:
    """Answer ``PUT /contacts/{id}/tasks/{taskId}``."""
    return _changed(vendor, call, Kind.TASK, _TASK)


def complete_task(vendor: Vendor, call: Call) -> Reply:
    """Answer ``PUT /contacts/{id}/tasks/{taskId}/completed``."""
    rules.require(call.body, _COMPLETED, needed=("completed",))
    return _changed(vendor, call, Kind.TASK, _COMPLETED)


def delete_task(vendor: Vendor, call: Call) -> Reply:
    """Answer ``DELETE /contacts/{id}/tasks/{taskId}``."""
    return _deleted(vendor, call, Kind.TASK)


def _added(vendor: Vendor, kind: Kind, contact_id: str, location_id: str, body: JsonObject) -> JsonObject:
    made_id = vendor.contacts.new_id()
    item = Item(
        kind=kind,
        id=made_id,
        location_id=location_id,
        contact_id=contact_id,
        body={"id": made_id, "contactId": contact_id, **body},
    )
    vendor.keep(item)
    return {kind.value: item.body, "traceId": trace_id()}


def _listed(vendor: Vendor, call: Call, kind: Kind, name: str) -> Reply:
    contact = held(vendor, call.params[0])
    items = [item.body for item in vendor.items.of_contact(kind, contact.id)]
    return Reply(200, {name: items, "traceId": trace_id()})


def _item(vendor: Vendor, call: Call, kind: Kind) -> Item:
    """Find one of the contact's own; a missing one is 404, other than a missing contact."""
    contact = held(vendor, call.params[0])
    item = vendor.items.get(kind, call.params[1])
    if item is None or item.contact_id != contact.id:
        raise Refusal(404, f"{kind.value.capitalize()} not found for id:{call.params[1]}")
    return item


def _shown(item: Item) -> Reply:
    return Reply(200, {item.kind.value: item.body, "traceId": trace_id()})


def _changed(vendor: Vendor, call: Call, kind: Kind, known: rules.Rules) -> Reply:
    item = _item(vendor, call, kind)
    rules.require(call.body, known)
    item.body.update(call.body)
    vendor.keep(item)
    return _shown(item)


def _deleted(vendor: Vendor, call: Call, kind: Kind) -> Reply:
    vendor.discard(_item(vendor, call, kind))
    return Reply(200, {"succeded": True, "traceId": trace_id()})
