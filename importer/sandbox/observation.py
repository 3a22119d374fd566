"""What the sandbox tells about itself, under ``/_sandbox``: no quota, no faults, no token."""

from __future__ import annotations

from collections import Counter

from importer.sandbox.contacts import Contact
from importer.sandbox.items import Kind
from importer.sandbox.vendor import Vendor
from importer.sandbox.wire import JsonObject, iso_milliseconds


def state(vendor: Vendor) -> JsonObject:
    """Count requests, refusals by kind, contacts, and the busiest window, in all and by location."""
    tally = vendor.tally
    busiest = max(
        ((meter.busiest.most, place) for (_, place), meter in list(vendor.meters.items())), default=(0, "")
    )
    return {
        "requests": tally.requests,
        "replies": {str(status): count for status, count in sorted(tally.replies.items())},
        "refusals": dict(sorted(tally.refusals.items())),
        "faults": dict(sorted(tally.faults.items())),
        "paths": dict(sorted(tally.paths.items())),
        "contacts": len(vendor.contacts),
        "items": dict(sorted(Counter(item.kind.value for item in vendor.items).items())),
        "overlapping_upserts": tally.overlapping_upserts,
        "busiest_window": {
            "requests": busiest[0],
            "seconds": vendor.settings.interval_seconds,
            "location_id": busiest[1],
        },
        "locations": {held: _location_state(vendor, held) for held in sorted(vendor.locations)},
    }


def contacts(vendor: Vendor, location_id: str | None) -> JsonObject:
    """List contacts, oldest first, with what a reconciliation needs."""
    held = [_contact(vendor, each) for each in vendor.contacts if location_id in (None, each.location_id)]
    return {"contacts": held, "total": len(held)}


def items(vendor: Vendor, location_id: str | None) -> JsonObject:
    """List notes, tasks, opportunities, businesses, appointments, messages and files, oldest first."""
    held = [
        {"kind": item.kind.value, "madeBy": item.made_by, "contactId": item.contact_id, **item.body}
        for item in vendor.items
        if location_id in (None, item.location_id)
    ]
    return {"items": held, "total": len(held)}


def _location_state(vendor: Vendor, location_id: str) -> JsonObject:
    meters = [meter for (_, place), meter in list(vendor.meters.items()) if place == location_id]
    return {
        "contacts": vendor.contacts.count(location_id),
        "busiest_window": max((meter.busiest.most for meter in meters), default=0),
        "used_today": sum(meter.used_today for meter in meters),
    }


def _contact(vendor: Vendor, contact: Contact) -> JsonObject:
    location = vendor.location(contact.location_id)
    names: dict[str, str] = {held["id"]: held["name"] for held in (*location.workflows, *location.campaigns)}
    return {
        "id": contact.id,
        "locationId": contact.location_id,
        "email": contact.properties.get("email"),
        "phone": contact.properties.get("phone"),
        "properties": contact.properties,
        "tags": contact.tags,
        "customFields": [{"id": key, "value": value} for key, value in contact.custom_fields.items()],
        "dateAdded": iso_milliseconds(contact.added_at),
        "dateUpdated": iso_milliseconds(contact.updated_at),
        "madeBy": contact.made_by,
        "upserts": contact.upserts,
        "workflows": [names.get(held, held) for held in contact.workflows],
        "enrolments": {names.get(held, held): count for held, count in contact.enrolments.items()},
        "campaigns": [names.get(held, held) for held in contact.campaigns],
        "followers": list(contact.followers),
        "additionalEmails": list(contact.additional_emails),
        "additionalPhones": list(contact.additional_phones),
        "notes": _counted(vendor, Kind.NOTE, contact),
        "tasks": _counted(vendor, Kind.TASK, contact),
        "opportunities": _counted(vendor, Kind.OPPORTUNITY, contact),
    }


def _counted(vendor: Vendor, kind: Kind, contact: Contact) -> int:
    return len(vendor.items.of_contact(kind, contact.id))
