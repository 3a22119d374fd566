"""Who is this row? By the location's own rule; where that would meet somebody else, or several, the row is ambiguous."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

RowKeys: TypeAlias = Mapping[str, str]
"""What a row's contact may be found by, under the names of the fields."""
_VALUE: Final = "value"
"""Stands for the custom field by which contacts are found."""


def look_for(records: Sequence[Record], location: LocationView, order: tuple[str, ...]) -> list[RowKeys]:
    """Look at whomever a block of rows may mean, at once; gives what each row's contact is found by.

    ``order``: by which of email and phone the location matches, the first counts first.
    """
    keys = [_row_keys(record, order, location.values) for record in records]
    location.look(
        [key for each in keys for key in each.values()],
        [record.contact_id for record in records if record.contact_id],
    )
    return keys


def _row_keys(record: Record, order: tuple[str, ...], values: ValueKeys | None) -> RowKeys:
    found = {name: f"{name}:{key}" for name in order if (key := _key(record, name))}
    if values is not None and (key := values.key_of(record)):
        found[_VALUE] = key
    return found


def find_contact(record: Record, location: LocationView, keys: RowKeys) -> Match:
    """Find the contact of a row, among those that were looked at."""
    if record.contact_id is not None:
        return location.contact(record.contact_id)
    if record.fields.get(NEW_IF_DUPLICATE) is True:
        return None
    if location.values is None or _VALUE not in keys:
        return _find_by_keys(record, location, keys)
    others = {name: key for name, key in keys.items() if name != _VALUE}
    return _find_by_value(record, location, others, keys[_VALUE], location.values)


def _find_by_value(
    record: Record, location: LocationView, keys: RowKeys, value: str, values: ValueKeys
) -> Match:
    """Find the contact that holds the row's value; one that holds none yet may be found by e-mail or phone."""
    holders = location.holders(value)
    if len(holders) > 1:
        return Ambiguous(
            contact_ids=holders, reason=f"{len(holders)} contacts have this value of {values.field.name}"
        )
    if holders:
        return _unless_anothers(location, keys, holders[0], values)
    found = _find_by_keys(record, location, keys)
    if isinstance(found, HeldContact) and any(values.keys_of(found)):
        return Ambiguous(
            contact_ids=(found.id,),
            reason=f"the contact with the row's e-mail or phone has another value of {values.field.name}",
        )
    return found


def _unless_anothers(location: LocationView, keys: RowKeys, contact_id: str, values: ValueKeys) -> Match:
    """Give the contact of a value, unless the row's e-mail or phone is somebody else's."""
    for name, key in keys.items():
        holders = (*location.holders(key), *location.additional_holders(key))
        if holders and contact_id not in holders:
            return Ambiguous(
                contact_ids=(contact_id, *holders),
                reason=f"the value of {values.field.name} is one contact's and the {_WORDS[name]} another's",
            )
    return location.contact(contact_id)


def _find_by_keys(record: Record, location: LocationView, keys: RowKeys) -> Match:
    found: dict[str, str] = {}
    for name, key in keys.items():
        holders = location.holders(key)
        others = location.additional_holders(key)
        if not others and len(holders) < 2:  # as of nearly all rows
            if holders:
                found[name] = holders[0]
            continue
        others = tuple(each for each in others if each not in holders)
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
        found[name] = (holders or others)[0]
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
