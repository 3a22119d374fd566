"""What a contact holds, under the names by which an upsert writes it, from a search's hit or a read by id. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from importer.records import Json, value_type

_PLAIN: Final = frozenset({
    "firstName", "lastName", "name", "email", "phone", "address1", "city", "state", "postalCode", "country", "website",
    "timezone", "type", "companyName", "gender", "source", "assignedTo", "dnd", "dndSettings", "inboundDndSettings",
})  # fmt: skip
_OTHER_NAMES: Final = {
    "address1": "address",
    "name": "contactName",
    "firstName": "firstNameLowerCase",
    "lastName": "lastNameLowerCase",
}
"""What the search calls them where it has no value under the upsert's name."""
ADDITIONAL: Final = "other "
"""How a key begins that a contact holds as an additional one."""
NOT_IN_SEARCH: Final = frozenset({"dndSettings", "inboundDndSettings", "timezone"})
"""What a hit of the search does not show; only a read by id tells."""


@value_type(frozen=True, slots=True, kw_only=True)
class HeldContact:
    """A contact as the location holds it. ``custom_fields`` go by id; ``added`` and ``updated`` as the vendor writes them."""

    id: str
    fields: Mapping[str, Json] = field(repr=False)
    custom_fields: Mapping[str, Json] = field(default_factory=dict, repr=False)
    tags: tuple[str, ...] = field(default=(), repr=False)
    emails: tuple[str, ...] = field(default=(), repr=False)
    """The additional ones."""
    phones: tuple[str, ...] = field(default=(), repr=False)
    """The additional ones."""
    added: Json = None
    updated: Json = None
    seen_by_id: bool = False
    """What the search does not show is known, too: a field that is not there is blank."""

    def found_by(self) -> list[str]:
        """Give what finds the contact: each of its e-mails and phones, the additional ones marked as such."""
        found = []
        if email := email_key(self.fields.get("email")):
            found.append(f"email:{email}")
        if phone := phone_key(self.fields.get("phone")):
            found.append(f"phone:{phone}")
        if self.emails or self.phones:
            found += [f"{ADDITIONAL}email:{key}" for each in self.emails if (key := email_key(each))]
            found += [f"{ADDITIONAL}phone:{key}" for each in self.phones if (key := phone_key(each))]
        return found


def held_value(held: HeldContact, reference: str, *, custom: bool = False) -> Json:
    """Tell what a contact holds under the name, or the custom field's id, by which it is written."""
    if custom:
        return held.custom_fields.get(reference)
    if reference == "additionalPhones":
        return [{"phone": phone} for phone in held.phones]
    if reference == "name" and "name" not in held.fields:
        return " ".join(str(each) for name in ("firstName", "lastName") if (each := held.fields.get(name)))
    return held.fields.get(reference)


def email_key(value: object) -> str:
    """Write an e-mail as the vendor compares it; empty for what is none."""
    return value.strip().lower() if isinstance(value, str) else ""


def phone_key(value: object) -> str:
    """Write a phone as the vendor compares it, in compact E.164; empty for what is none."""
    if not isinstance(value, str):
        return ""
    if value[:1] == "+" and value[1:].isdigit():
        return value  # nearly all are compact already
    return "".join(sign for sign in value if sign.isdigit() or sign == "+")


def read_contact(contact: Mapping[str, Any]) -> HeldContact:
    """Read a contact of a reply; raises ValueError where it has no id."""
    contact_id = contact.get("id")
    if not isinstance(contact_id, str) or not contact_id:
        raise ValueError("a contact without an id")
    get = contact.get
    fields: dict[str, Json] = {name: value for name, value in contact.items() if value and name in _PLAIN}
    for name, other in _OTHER_NAMES.items():
        if name not in fields and (value := get(other)):
            fields[name] = value
    if (born := get("dateOfBirth")) is not None and (birthday := day_of(born)):
        fields["dateOfBirth"] = birthday
    return HeldContact(
        id=contact_id,
        fields=fields,
        custom_fields=_custom_values(values) if (values := get("customFields")) else {},
        tags=_texts(tags) if (tags := get("tags")) else (),
        emails=_listed(others, "email") if (others := get("additionalEmails")) else (),
        phones=_listed(others, "phone") if (others := get("additionalPhones")) else (),
        added=get("dateAdded"),
        updated=get("dateUpdated"),
    )


def day_of(value: object) -> str | None:
    """Bring a date to YYYY-MM-DD: the vendor shows ISO text, or the epoch in milliseconds (before 1970, too)."""
    if isinstance(value, str) and value:
        return value[:10].replace("/", "-")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return _day_of_epoch(value)


@lru_cache(maxsize=65_536)
def _day_of_epoch(value: float) -> str | None:
    try:
        return datetime.fromtimestamp(value / 1000, UTC).strftime("%Y-%m-%d")
    except (OverflowError, ValueError, OSError):
        return None


def _custom_values(items: object) -> dict[str, Json]:
    if not isinstance(items, list):
        return {}
    held: dict[str, Json] = {}
    for item in items:
        if isinstance(item, dict) and isinstance(item.get("id"), str):
            value = item.get("value", item.get("fieldValue"))
            if value not in (None, "", []):
                held[item["id"]] = value
    return held


def _texts(items: object) -> tuple[str, ...]:
    return tuple([each for each in items if isinstance(each, str)]) if isinstance(items, list) else ()


def _listed(items: object, name: str) -> tuple[str, ...]:
    """Read additional addresses: texts, or objects that hold one under ``name``."""
    if not isinstance(items, list):
        return ()
    found = (each.get(name) if isinstance(each, dict) else each for each in items)
    return tuple(each for each in found if isinstance(each, str) and each)
