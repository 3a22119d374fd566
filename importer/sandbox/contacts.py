"""Contacts and how they are found: by id, and by e-mail and phone within a location."""

from __future__ import annotations

import random
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from importer.sandbox.wire import JsonObject, iso_milliseconds

ALPHABET: Final = string.ascii_letters + string.digits
LOWERED: Final = (
    ("email", "emailLowerCase"),
    ("firstName", "firstNameLowerCase"),
    ("lastName", "lastNameLowerCase"),
)
CHANNELS: Final = ("Call", "Email", "SMS", "WhatsApp", "GMB", "FB")
V3_CHANNELS: Final = dict(zip(CHANNELS, ("call", "email", "sms", "whatsApp", "gmb", "fb"), strict=True))

_NOBODY: Final[dict[str, Contact | tuple[Contact, ...]]] = {}
Key = tuple[str, str]
"""An identifier and its normalised value: ``("email", "ann@example.com")``."""


@dataclass(slots=True, eq=False, repr=False)
class Contact:
    """A stored contact. ``properties`` holds what is set, under the vendor's names; channels in the 2021-07-28 spelling."""

    id: str
    location_id: str
    added_at: float
    updated_at: float
    properties: JsonObject = field(default_factory=dict, repr=False)
    tags: list[str] = field(default_factory=list)
    custom_fields: JsonObject = field(default_factory=dict, repr=False)
    additional_emails: tuple[str, ...] = field(default=(), repr=False)
    additional_phones: tuple[str, ...] = field(default=(), repr=False)
    made_by: str = "upsert"
    upserts: int = 0
    workflows: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    enrolments: dict[str, int] = field(default_factory=dict)
    """How often it was added to each: a workflow that allows re-entry, and is soon through, would run so often."""
    followers: tuple[str, ...] = ()
    number: int = 0
    """Its place in the order of arrival, given by the book; neighbours lie side by side in the file."""

    def enrol(self, thing_id: str) -> None:
        self.enrolments[thing_id] = self.enrolments.get(thing_id, 0) + 1

    def keys(self) -> Iterator[Key]:
        """List every identity that it can be found by, additional ones included."""
        if email := self.properties.get("email"):
            yield "email", email.lower()
        if phone := self.properties.get("phone"):
            yield "phone", phone
        for email in self.additional_emails:
            yield "email", email.lower()
        for phone in self.additional_phones:
            yield "phone", phone

    def render(self, *, v3: bool = False) -> JsonObject:
        """Write the contact as replies show it."""
        properties = self.properties
        body: JsonObject = {
            "id": self.id,
            "locationId": self.location_id,
            "type": "lead",
            **properties,
            "tags": list(self.tags),
            "customFields": [{"id": key, "value": value} for key, value in self.custom_fields.items()],
            "dateAdded": iso_milliseconds(self.added_at),
            "dateUpdated": iso_milliseconds(self.updated_at),
        }
        if self.additional_emails:
            body["additionalEmails"] = [{"email": each} for each in self.additional_emails]
        if self.additional_phones:
            body["additionalPhones"] = [{"phone": each} for each in self.additional_phones]
        if self.followers:
            body["followers"] = list(self.followers)
        for name, lowered in LOWERED:
            if name in properties:
                body[lowered] = properties[name].lower()
        if v3 and "dndSettings" in properties:
            body["dndSettings"] = {
                V3_CHANNELS[name]: value for name, value in properties["dndSettings"].items()
            }
        return body


def snapshot(contact: Contact) -> Contact:
    """Copy a contact as it is now; what changes in place later does not change the copy."""
    return replace(
        contact,
        properties=dict(contact.properties),
        tags=list(contact.tags),
        custom_fields=dict(contact.custom_fields),
    )


class ContactBook:
    """All contacts of all locations, in memory, indexed by identity."""

    def __init__(self) -> None:
        self._contacts: dict[str, Contact] = {}
        self._index: dict[tuple[str, str], dict[str, Contact | tuple[Contact, ...]]] = {}
        self._places: dict[str, dict[str, Contact]] = {}
        self._random = random.SystemRandom()
        self._last_number = 0

    def __len__(self) -> int:
        return len(self._contacts)

    def __iter__(self) -> Iterator[Contact]:
        # A copy, made at once: somebody may look from another thread while requests come in.
        return iter(list(self._contacts.values()))

    def count(self, location_id: str) -> int:
        return len(self._places.get(location_id, ()))

    def of_location(self, location_id: str) -> list[Contact]:
        return list(self._places.get(location_id, {}).values())

    def get(self, contact_id: str) -> Contact | None:
        return self._contacts.get(contact_id)

    def holders(self, location_id: str, identifier: str, value: str) -> tuple[Contact, ...]:
        """Find every contact of the location that has the identity, oldest first."""
        held = self._index.get((location_id, identifier), _NOBODY).get(value)
        return () if held is None else _each(held)

    def find(self, location_id: str, identifier: str, value: str) -> Contact | None:
        """Find the oldest contact of the location that has the identity."""
        held = self._index.get((location_id, identifier), _NOBODY).get(value)
        return held[0] if isinstance(held, tuple) else held

    def new_id(self) -> str:
        """Make an id in the vendor's shape; never seeded, or a restart over the same file would repeat ids."""
        number = self._random.getrandbits(119)
        digits = []
        for _ in range(20):
            number, digit = divmod(number, 62)
            digits.append(ALPHABET[digit])
        return "".join(digits)

    def add(self, contact: Contact) -> None:
        contact.number = contact.number or self._last_number + 1
        self._last_number = max(self._last_number, contact.number)
        self._contacts[contact.id] = contact
        self._places.setdefault(contact.location_id, {})[contact.id] = contact
        self._enter(contact, set(contact.keys()))

    def remove(self, contact: Contact) -> None:
        del self._contacts[contact.id]
        del self._places[contact.location_id][contact.id]
        self._leave(contact, set(contact.keys()))

    def reindex(self, contact: Contact, before: Iterable[Key]) -> None:
        """Bring the index up to date after a contact's identities changed from ``before``."""
        old, new = set(before), set(contact.keys())
        self._leave(contact, old - new)
        self._enter(contact, new - old)

    def _enter(self, contact: Contact, keys: Iterable[Key]) -> None:
        for identifier, value in keys:
            places = self._index.setdefault((contact.location_id, identifier), {})
            held = places.get(value)
            places[value] = contact if held is None else (*_each(held), contact)

    def _leave(self, contact: Contact, keys: Iterable[Key]) -> None:
        for identifier, value in keys:
            places = self._index[contact.location_id, identifier]
            others = tuple(other for other in _each(places.pop(value)) if other is not contact)
            if others:
                places[value] = others


def _each(held: Contact | tuple[Contact, ...]) -> tuple[Contact, ...]:
    return held if isinstance(held, tuple) else (held,)


def as_document(contact: Contact) -> JsonObject:
    """Write all of a contact for the file."""
    return {
        "number": contact.number,
        "id": contact.id,
        "locationId": contact.location_id,
        "addedAt": contact.added_at,
        "updatedAt": contact.updated_at,
        "properties": contact.properties,
        "tags": contact.tags,
        "customFields": contact.custom_fields,
        "additionalEmails": contact.additional_emails,
        "additionalPhones": contact.additional_phones,
        "madeBy": contact.made_by,
        "upserts": contact.upserts,
        "workflows": contact.workflows,
        "campaigns": contact.campaigns,
        "enrolments": contact.enrolments,
        "followers": contact.followers,
    }


def from_document(document: dict[str, Any]) -> Contact:
    return Contact(
        number=document["number"],
        id=document["id"],
        location_id=document["locationId"],
        added_at=document["addedAt"],
        updated_at=document["updatedAt"],
        properties=document["properties"],
        tags=document["tags"],
        custom_fields=document["customFields"],
        additional_emails=tuple(document["additionalEmails"]),
        additional_phones=tuple(document["additionalPhones"]),
        made_by=document["madeBy"],
        upserts=document["upserts"],
        workflows=tuple(document["workflows"]),
        campaigns=tuple(document["campaigns"]),
        enrolments=document.get("enrolments", {}),  # files of 0.1.0 lack these two
        followers=tuple(document.get("followers", ())),
    )
