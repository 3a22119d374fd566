"""What a person does on the vendor's screen while the API is used: ``POST /_sandbox/edit``."""

from __future__ import annotations

from typing import Any, Final

from importer.sandbox.contacts import Contact
from importer.sandbox.identities import stored_phone
from importer.sandbox.items import Item, Kind
from importer.sandbox.replies import Refusal
from importer.sandbox.upserts import keep_name, stored_tags
from importer.sandbox.vendor import Vendor
from importer.sandbox.wire import JsonObject, iso_milliseconds

KNOWN: Final = frozenset(
    {
        *("contactId", "fields", "customFields", "addTags", "removeTags", "additionalEmails"),
        *("additionalPhones", "note", "task", "appointment", "message", "opportunity", "delete"),
    }
)


def edit(vendor: Vendor, body: Any) -> Contact:
    """Change a contact as a person would; ``dateUpdated`` moves. Raises Refusal for what no contact has."""
    if not isinstance(body, dict) or not set(body) <= KNOWN:
        raise Refusal(422, [f"an edit has {', '.join(sorted(KNOWN))}"])
    contact = vendor.contacts.get(str(body.get("contactId")))
    if contact is None:
        raise Refusal(404, f"Contact with id {body.get('contactId')} not found")
    if body.get("delete"):
        vendor.forget(contact)
        return contact
    before = list(contact.keys())
    vendor.touch(contact)
    _change(vendor, contact, body)
    vendor.contacts.reindex(contact, before)
    vendor.save((contact,))
    for kind in (Kind.NOTE, Kind.TASK, Kind.APPOINTMENT, Kind.MESSAGE, Kind.OPPORTUNITY):
        if kind.value in body:
            vendor.keep(_beside(vendor, contact, kind, body[kind.value]))
    return contact


def _change(vendor: Vendor, contact: Contact, body: JsonObject) -> None:
    fields: JsonObject = {
        name: stored_phone(value) if name == "phone" and value else value
        for name, value in body.get("fields", {}).items()
    }
    for name, value in fields.items():
        contact.properties[name] = value
        if value is None:
            del contact.properties[name]
    keep_name(contact.properties, fields)
    location = vendor.location(contact.location_id)
    for reference, value in body.get("customFields", {}).items():
        contact.custom_fields[location.furnish_custom_field(reference).id] = value
    gone = stored_tags(body.get("removeTags", []))
    tags = dict.fromkeys((*contact.tags, *stored_tags(body.get("addTags", []))))
    contact.tags = [tag for tag in tags if tag not in gone]
    vendor.remember_tags(location, contact.tags)
    contact.additional_emails = tuple(body.get("additionalEmails", contact.additional_emails))
    contact.additional_phones = tuple(body.get("additionalPhones", contact.additional_phones))


def _beside(vendor: Vendor, contact: Contact, kind: Kind, given: Any) -> Item:
    """Make an item from its text, or from its body."""
    made_id = vendor.contacts.new_id()
    named = {Kind.NOTE: "body", Kind.MESSAGE: "body"}.get(
        kind, "name" if kind is Kind.OPPORTUNITY else "title"
    )
    told = given if isinstance(given, dict) else {named: str(given)}
    now = iso_milliseconds(vendor.clock.now())
    standard: dict[Kind, JsonObject] = {
        Kind.NOTE: {"dateAdded": now, "body": ""},
        Kind.TASK: {"title": "", "dueDate": now, "completed": False},
        Kind.APPOINTMENT: {
            "title": "",
            "status": "booked",
            "startTime": now,
            "locationId": contact.location_id,
        },
        Kind.MESSAGE: {"body": "", "conversationId": f"conversation{contact.id}"},
        Kind.OPPORTUNITY: _opportunity(vendor, contact, now),
    }
    body = {"id": made_id, "contactId": contact.id, **standard[kind], **told}
    return Item(
        kind=kind,
        id=made_id,
        location_id=contact.location_id,
        contact_id=contact.id,
        made_by="person",
        body=body,
    )


def _opportunity(vendor: Vendor, contact: Contact, now: str) -> JsonObject:
    pipeline = vendor.location(contact.location_id).pipelines[0]
    return {
        "name": "",
        "status": "open",
        "monetaryValue": 0,
        "pipelineId": pipeline["id"],
        "pipelineStageId": pipeline["stages"][0]["id"],
        "locationId": contact.location_id,
        "customFields": [],
        "createdAt": now,
        "updatedAt": now,
    }
