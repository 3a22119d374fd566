"""Who is this row? By the location's own rule; where that would meet somebody else, or several, the row is ambiguous."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from importer.highlevel.contacts import HeldContact, email_key, phone_key
from importer.highlevel.payload import NEW_IF_DUPLICATE
from importer.mirror.field_index import ValueKeys
from importer.mirror.foreseen import LocationView
from importer.records import Json, Record, value_type

_NAMES: Final = ("firstName", "lastName", "name")


@value_type(frozen=True, slots=True, kw_only=True)
class Ambiguous:
    """A row that could be several people: which, and what the vendor would do."""

    contact_ids: tuple[str, ...]
    reason: str


Match: TypeAlias = HeldContact | Ambiguous | None
"""None: nobody yet."""


def wanted_keys(record: Record, order: tuple[str, ...], values: ValueKeys | None = None) -> Iterator[str]:
    """Yield what the row's contact may be found by."""
    if values is not None and (key := values.key_of(record)):
        yield key
    for name in order:
        if key := _key(record, name):
            yield f"{name}:{key}"
            yield f"other {name}:{key}"


def find_contact(record: Record, location: LocationView, order: tuple[str, ...]) -> Match:
    """Find the contact of a row. ``order``: by which of email and phone the location matches, the first counts first."""
    if record.contact_id is not None:
        return location.contact(record.contact_id)
    if record.fields.get(NEW_IF_DUPLICATE) is True:
        return None
    if location.values is not None and (key := location.values.key_of(record)):
        return _find_by_value(record, location, order, key, location.values)
    return _find_by_keys(record, location, order)


def _find_by_value(
    record: Record, location: LocationView, order: tuple[str, ...], key: str, values: ValueKeys
) -> Match:
    """Find the contact that holds the row's value; one that holds none yet may be found by e-mail or phone."""
    holders = location.holders(key)
    if len(holders) > 1:
        return Ambiguous(
            contact_ids=holders, reason=f"{len(holders)} contacts have this value of {values.field.name}"
        )
    if holders:
        return _unless_anothers(record, location, order, holders[0], values)
    found = _find_by_keys(record, location, order)
    if isinstance(found, HeldContact) and any(values.keys_of(found)):
        return Ambiguous(
            contact_ids=(found.id,),
            reason=f"the contact with the row's e-mail or phone has another value of {values.field.name}",
        )
    return found


def _unless_anothers(
    record: Record,
    location: LocationView,
    order: tuple[str, ...],
    contact_id: str,
    values: ValueKeys,
) -> Match:
    """Give the contact of a value, unless the row's e-mail or phone is somebody else's."""
    for name in order:
        key = _key(record, name)
        holders = (*location.holders(f"{name}:{key}"), *location.holders(f"other {name}:{key}"))
        if key and holders and contact_id not in holders:
            return Ambiguous(
                contact_ids=(contact_id, *holders),
                reason=f"the value of {values.field.name} is one contact's and the {_WORDS[name]} another's",
            )
    return location.contact(contact_id)


def _find_by_keys(record: Record, location: LocationView, order: tuple[str, ...]) -> Match:
    found: dict[str, str] = {}
    for name in order:
        key = _key(record, name)
        if not key:
            continue
        holders = location.holders(f"{name}:{key}")
        others = tuple(each for each in location.holders(f"other {name}:{key}") if each not in holders)
        if len(holders) + len(others) > 1:
            return Ambiguous(
                contact_ids=(*holders, *others),
                reason=f"{len(holders) + len(others)} contacts have this {_WORDS[name]}; HighLevel would take the one it finds first",
            )
        if others and name == "email":
            return Ambiguous(
                contact_ids=others,
                reason="the e-mail is an additional one of this contact; HighLevel would put it in the place of the first one",
            )
        if holders or others:
            found[name] = (*holders, *others)[0]
    return _agreed(record, found, location)


def _agreed(record: Record, found: dict[str, str], location: LocationView) -> Match:
    if not found:
        return None
    first, *rest = found.items()
    name, contact_id = first
    if rest and rest[0][1] != contact_id:
        other = rest[0][0]
        return Ambiguous(
            contact_ids=(contact_id, rest[0][1]),
            reason=f"the {_WORDS[name]} is one contact's and the {_WORDS[other]} another's; HighLevel would update the "
            f"first and drop the {_WORDS[other]}",
        )
    contact = location.contact(contact_id)
    if (
        contact is not None
        and "phone" in found
        and "email" not in found
        and _is_somebody_else(record, contact)
    ):
        return Ambiguous(
            contact_ids=(contact_id,),
            reason="the phone is a contact's whose e-mail and name both differ; HighLevel would write this person over that one",
        )
    return contact


def _is_somebody_else(record: Record, contact: HeldContact) -> bool:
    """Tell whether e-mail and name of a row both say that it is not the contact which has its phone."""
    email, held = email_key(record.fields.get("email")), email_key(contact.fields.get("email"))
    if not email or not held or email == held:
        return False
    name, held_name = _full_name(record.fields), _full_name(contact.fields)
    return bool(name and held_name) and name != held_name


def _full_name(fields: Mapping[str, Json]) -> str:
    first, last, whole = (str(fields.get(name) or "").strip() for name in _NAMES)
    return " ".join((f"{first} {last}".strip() or whole).casefold().split())


def _key(record: Record, name: str) -> str:
    value = record.fields.get(name)
    return email_key(value) if name == "email" else phone_key(value)


_WORDS: Final = {"email": "e-mail", "phone": "phone"}
