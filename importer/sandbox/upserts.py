"""Create, update and upsert: matching, what is stored, and what is quietly left out."""

from __future__ import annotations

from typing import Any, Final

from importer.sandbox import rules
from importer.sandbox.contacts import V3_CHANNELS, Contact
from importer.sandbox.identities import matched_email, stored_phone
from importer.sandbox.locations import Location
from importer.sandbox.replies import Refusal, Reply, trace_id
from importer.sandbox.vendor import Call, Vendor
from importer.sandbox.wire import JsonObject

_PLAIN: Final = (
    *("firstName", "lastName", "name", "address1", "city", "state", "postalCode", "country", "website"),
    *("timezone", "companyName", "source", "assignedTo", "dnd", "inboundDndSettings"),
    *("type", "ssn", "keyword", "businessId"),  # on update only; the rules see to that
)
_CHANNELS_BY_V3: Final = {lowered: name for name, lowered in V3_CHANNELS.items()}


def upsert(vendor: Vendor, call: Call) -> Reply:
    """Answer ``POST /contacts/upsert``."""
    rules.require(call.body, rules.UPSERT_V3 if call.v3 else rules.UPSERT, needed=("locationId",))
    draft = Draft(vendor, call)
    if draft.body.get("createNewIfDuplicateAllowed") and draft.location.allow_duplicates:
        draft.require_identity()
        contact, new = draft.create(made_by="upsert"), True
    else:
        if not draft.keys:
            raise Refusal(400, "Pass at least one of number, email query parameter")
        match = _still_there(vendor, call.found) if vendor.settings.racy else draft.match()
        new = match is None
        contact = draft.create(made_by="upsert") if match is None else draft.update(match)
    contact.upserts += 1
    vendor.save((contact,))
    return Reply(200, {"new": new, "contact": contact.render(v3=call.v3), "traceId": trace_id()})


def _still_there(vendor: Vendor, found: Contact | None) -> Contact | None:
    return vendor.contacts.get(found.id) if found else None


def create(vendor: Vendor, call: Call) -> Reply:
    """Answer ``POST /contacts/``."""
    rules.require(call.body, rules.CREATE_V3 if call.v3 else rules.CREATE, needed=("locationId",))
    draft = Draft(vendor, call)
    draft.require_identity()
    draft.refuse_duplicates(of=None)
    contact = draft.create(made_by="create")
    vendor.save((contact,))
    shown = contact.render(v3=call.v3)
    if birthday := shown.get("dateOfBirth"):
        shown["dateOfBirth"] = f"{birthday}T00:00:00.000Z"  # only this reply writes it so
    return Reply(201, {"contact": shown, "traceId": trace_id()})


def update(vendor: Vendor, call: Call) -> Reply:
    """Answer ``PUT /contacts/{id}``."""
    contact = vendor.contacts.get(call.params[0])
    if contact is None:
        raise Refusal(vendor.settings.missing_contact, f"Contact not found for id:{call.params[0]}")
    rules.require(call.body, rules.UPDATE_V3 if call.v3 else rules.UPDATE)
    draft = Draft(vendor, call, location_id=contact.location_id)
    draft.refuse_duplicates(of=contact)
    draft.update(contact)
    vendor.save((contact,))
    return Reply(200, {"succeded": True, "contact": contact.render(v3=call.v3), "traceId": trace_id()})


def _full_name(contact: Contact) -> str:
    parts = (contact.properties.get(name) for name in ("firstName", "lastName"))
    return contact.properties.get("name") or " ".join(part for part in parts if part)


def match_on_arrival(vendor: Vendor, call: Call) -> Contact | None:
    """Match before the latency, as a vendor whose search and insert are two steps would."""
    try:
        return Draft(vendor, call).match()
    except (Refusal, AttributeError, KeyError, TypeError):
        return None  # a bad body is refused when its turn comes


class Draft:
    """A checked body on its way into a contact."""

    def __init__(self, vendor: Vendor, call: Call, *, location_id: str | None = None) -> None:
        self.vendor = vendor
        self.v3 = call.v3
        self.body: JsonObject = call.body
        self.location: Location = vendor.location(location_id or self.body["locationId"])
        self.keys: dict[str, str] = {}
        if email := self.body.get("email"):
            self.keys["email"] = matched_email(email)
        if (phone := self.body.get("phone")) is not None:
            self.keys["phone"] = stored_phone(phone)
        self.additional_phones = [
            stored_phone(each["phone"]) for each in self.body.get("additionalPhones", ())
        ]
        self.custom_fields = self.location.take_custom_fields(self.body.get("customFields", ()))

    def match(self) -> Contact | None:
        """Find the contact by the location's identifiers, in its order."""
        for identifier in self.location.match:
            if found := self._holder(identifier):
                return found
        return None

    def require_identity(self) -> None:
        if not self.keys and not self.body.get("firstName") and not self.body.get("lastName"):
            raise Refusal(422, "Contacts without email, phone, firstName and lastName are not allowed.")

    def refuse_duplicates(self, *, of: Contact | None) -> None:
        if self.location.allow_duplicates:
            return
        for identifier in self.location.match:
            held = self._holder(identifier)
            if held and held is not of:
                meta = {
                    "contactId": held.id,
                    "contactName": _full_name(held),
                    "matchingField": self._matching_field(held, identifier),
                }
                raise Refusal(400, "This location does not allow duplicated contacts.", meta=meta)

    def _matching_field(self, holder: Contact, identifier: str) -> str:
        primary = holder.properties.get("email", "").lower()
        additional = identifier == "email" and primary != self.keys["email"]
        return "additionalEmail" if additional else identifier

    def create(self, *, made_by: str) -> Contact:
        now = self.vendor.clock.now()
        contact = Contact(
            id=self.vendor.contacts.new_id(),
            location_id=self.location.id,
            added_at=now,
            updated_at=now,
            made_by=made_by,
        )
        if gender := self.body.get("gender"):
            contact.properties["gender"] = gender  # an existing contact's gender is not written
        self._write(contact, self.keys)
        self.vendor.enter(contact)
        return contact

    def update(self, contact: Contact) -> Contact:
        self._refuse_permanent(contact)
        before = list(contact.keys())
        self.vendor.touch(contact)
        self._write(contact, self._own_keys(contact))
        self.vendor.contacts.reindex(contact, before)
        return contact

    def _holder(self, identifier: str) -> Contact | None:
        value = self.keys.get(identifier)
        return self.vendor.contacts.find(self.location.id, identifier, value) if value else None

    def _own_keys(self, contact: Contact) -> dict[str, str]:
        """Leave out an identity that belongs to another contact: the vendor drops it and answers 200."""
        if self.location.allow_duplicates:
            return self.keys
        own = {}
        for identifier, value in self.keys.items():
            holder = self._holder(identifier)
            if holder is None or holder is contact or identifier not in self.location.match:
                own[identifier] = value
        return own

    def _write(self, contact: Contact, keys: dict[str, str]) -> None:
        body, properties = self.body, contact.properties
        for name in _PLAIN:
            if name in body:
                _set(properties, name, body[name])
        self._write_identities(contact, keys)
        if birthday := body.get("dateOfBirth"):
            properties["dateOfBirth"] = rules.read_birthday(birthday)
        elif "dateOfBirth" in body:
            properties.pop("dateOfBirth", None)
        if "dndSettings" in body:
            properties["dndSettings"] = {**properties.get("dndSettings", {}), **self._channels()}
        if "tags" in body:
            contact.tags = stored_tags(body["tags"])
            self.vendor.remember_tags(self.location, contact.tags)
        for field_id, value in self.custom_fields.items():
            _set(contact.custom_fields, field_id, value)
        keep_name(properties, body)

    def _write_identities(self, contact: Contact, keys: dict[str, str]) -> None:
        if "email" in self.body:
            self._write_email(contact, keys)
        if "phone" in self.body:
            self._write_phone(contact, keys)
        if "additionalPhones" in self.body:
            primary = contact.properties.get("phone")
            others = dict.fromkeys(self.additional_phones)
            contact.additional_phones = tuple(each for each in others if each != primary)

    def _write_email(self, contact: Contact, keys: dict[str, str]) -> None:
        if self.body["email"] is None:
            contact.properties.pop("email", None)
        elif email := keys.get("email"):
            contact.properties["email"] = self.body["email"]
            # An upsert by an additional address makes it the primary one, and the old primary is lost.
            contact.additional_emails = tuple(
                held for held in contact.additional_emails if held.lower() != email
            )

    def _write_phone(self, contact: Contact, keys: dict[str, str]) -> None:
        if self.body["phone"] is None:
            contact.properties.pop("phone", None)
        elif phone := keys.get("phone"):
            contact.properties["phone"] = phone
            contact.additional_phones = tuple(held for held in contact.additional_phones if held != phone)

    def _channels(self) -> JsonObject:
        sent: JsonObject = self.body["dndSettings"]
        return {_CHANNELS_BY_V3[name]: held for name, held in sent.items()} if self.v3 else sent

    def _refuse_permanent(self, contact: Contact) -> None:
        if "dndSettings" not in self.body:
            return
        held = contact.properties.get("dndSettings", {})
        for channel in self._channels():
            if held.get(channel, {}).get("status") == "permanent":
                raise Refusal(400, f"Not authorized to update permanent dnd setting for {channel}")


def stored_tags(tags: list[str]) -> list[str]:
    """Lower-case and unite tags, as the vendor does on save."""
    return list(dict.fromkeys(tag.strip().lower() for tag in tags if tag.strip()))


def _set(held: JsonObject, name: str, value: Any) -> None:
    """Store a value: ``None`` clears, an empty string is ignored (both reported, neither documented)."""
    if value is None:
        held.pop(name, None)
    elif value != "":
        held[name] = value


def keep_name(properties: JsonObject, body: JsonObject) -> None:
    """Keep the full name in step with its parts, unless the full name itself was sent."""
    if "name" not in body and ("firstName" in body or "lastName" in body):
        parts = (properties.get("firstName"), properties.get("lastName"))
        _set(properties, "name", " ".join(part for part in parts if part) or None)
