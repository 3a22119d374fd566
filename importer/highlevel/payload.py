"""A record -> the JSON of one call. Pure: no I/O, no clock."""

from __future__ import annotations

from typing import Final

from importer.highlevel import contacts
from importer.highlevel.fields import FIELDS, Nullable
from importer.highlevel.versions import NAMES, USUAL, ApiVersion
from importer.records import ImportMode, Json, Record, TagMode

NOT_IN_UPDATE: Final = ("gender", "createNewIfDuplicateAllowed")
"""Properties that the vendor's update by id refuses with 422, though its upsert takes them."""
NOT_IN_UPSERT: Final = ("type",)
"""The other way round."""

NULL_BY_ID: Final = tuple(facts.name for facts in FIELDS.values() if facts.nullable is Nullable.BY_ID)
"""Properties that only the vendor's update by id empties: null in any other call would refuse the row with 422."""

_BY_KEY: Final = "contact."
"""What a custom field's reference begins with that is its key: no id is known in a preview without an account."""
_OF_KEY: Final = len(_BY_KEY)

# Python 3.11 finds a member of an enum by way of a function, which takes as long as to build two custom fields.
_REPLACE: Final = TagMode.REPLACE
_USUAL_NAME: Final = NAMES[USUAL].custom_value

NEW_IF_DUPLICATE: Final = "createNewIfDuplicateAllowed"


def build_upsert(
    record: Record, *, version: ApiVersion = ApiVersion.V2021_07_28, tag_mode: TagMode
) -> dict[str, Json]:
    """Build the payload of ``POST /contacts/upsert``; tags are in it only where they are to replace the contact's."""
    payload = _build(record, version=version, tag_mode=tag_mode)
    for name in NOT_IN_UPSERT:
        payload.pop(name, None)
    for name in NULL_BY_ID:
        if payload.get(name, "") is None:
            del payload[name]
    return payload


def _build(record: Record, *, version: ApiVersion, tag_mode: TagMode) -> dict[str, Json]:
    payload: dict[str, Json] = {"locationId": record.location_id, **record.fields}
    if "additionalPhones" in payload:
        _keep_apart(payload)
    if version is not USUAL:
        _respell(payload, version)
    if record.custom_fields:
        name = _USUAL_NAME if version is USUAL else NAMES[version].custom_value
        payload["customFields"] = [
            {"id": reference, name: value}
            if reference[:_OF_KEY] != _BY_KEY
            else {"key": reference[_OF_KEY:], name: value}
            for reference, value in record.custom_fields
        ]
    if tag_mode is _REPLACE and (record.tags or record.clears_tags):
        payload["tags"] = list(record.tags)
    return payload


def build_create(
    record: Record, *, version: ApiVersion = ApiVersion.V2021_07_28, tag_mode: TagMode
) -> dict[str, Json]:
    """Build the payload of ``POST /contacts/``, and of an upsert that must not make a second contact."""
    payload = build_upsert(record, version=version, tag_mode=tag_mode)
    payload.pop(NEW_IF_DUPLICATE, None)
    return payload


def build_update(
    record: Record, *, version: ApiVersion = ApiVersion.V2021_07_28, tag_mode: TagMode
) -> dict[str, Json]:
    """Build the payload of ``PUT /contacts/{id}``; what that call refuses is left out, see ``lost_in_update``."""
    payload = _build(record, version=version, tag_mode=tag_mode)
    for name in ("locationId", *NOT_IN_UPDATE):
        payload.pop(name, None)
    return payload


def build_payload(record: Record, *, mode: ImportMode, tag_mode: TagMode) -> dict[str, Json]:
    """Build what a record is sent as: by its contact's id, else as the mode says."""
    if record.contact_id is not None:
        return build_update(record, tag_mode=tag_mode)
    match mode:
        case ImportMode.UPSERT:
            return build_upsert(record, tag_mode=tag_mode)
        case ImportMode.CREATE_ONLY | ImportMode.UPDATE_ONLY:
            # a found contact is upserted as well: neither may make a second one
            return build_create(record, tag_mode=tag_mode)


def lost_in_update(record: Record) -> tuple[str, ...]:
    """Name the values of a record that an update by id cannot carry."""
    return tuple(name for name in NOT_IN_UPDATE[:1] if record.fields.get(name) is not None)


def lost_in_upsert(record: Record) -> tuple[str, ...]:
    """Name the values of a record that only an update by id carries."""
    if record.fields.keys().isdisjoint(NOT_IN_UPSERT):
        return ()  # nearly every row, each of which is asked
    return tuple(name for name in NOT_IN_UPSERT if record.fields.get(name) is not None)


def kept_by_upsert(record: Record) -> tuple[str, ...]:
    """Name the fields that a record asks to be emptied and only an update by id empties."""
    return tuple(name for name in NULL_BY_ID if record.fields.get(name, "") is None)


def _keep_apart(payload: dict[str, Json]) -> None:
    """Leave the primary phone out of the additional ones."""
    phones = payload.pop("additionalPhones")
    if isinstance(phones, list) and (
        others := [each for each in phones if each != {"phone": payload.get("phone")}]
    ):
        payload["additionalPhones"] = others


def match_keys(record: Record) -> tuple[str, ...]:
    """List what makes two records one person, normalised: the vendor matches e-mails without regard to case."""
    if record.contact_id is not None:
        return (f"contact:{record.contact_id}", *_identities(record))
    return _identities(record)


def repeatable(record: Record, keys: tuple[str, ...] | None = None) -> bool:
    """Tell whether sending twice is sure to reach the same contact: it needs a match key and matching switched on.

    ``keys``: its ``match_keys``, where they are known.
    """
    if record.contact_id is not None:
        return True
    known = match_keys(record) if keys is None else keys
    return bool(known) and record.fields.get(NEW_IF_DUPLICATE) is not True


def email_key(record: Record) -> str | None:
    """Give the match key that a record's e-mail is, without regard to case."""
    email = contacts.email_key(record.fields.get("email"))
    return f"email:{email}" if email else None


def phone_key(record: Record) -> str | None:
    """Give the match key that a record's phone is, without what stands between the digits."""
    phone = contacts.phone_key(record.fields.get("phone"))
    return f"phone:{phone}" if phone else None


def creates_anew(record: Record, *, duplicates_allowed: bool) -> bool:
    """Tell whether the vendor makes a new contact of an upsert without looking for one; elsewhere it ignores the wish."""
    return duplicates_allowed and record.fields.get(NEW_IF_DUPLICATE) is True


def _identities(record: Record) -> tuple[str, ...]:
    # Both keys at once: every row passes here more than once, and one by one they take twice as long.
    fields = record.fields
    email, phone = contacts.email_key(fields.get("email")), contacts.phone_key(fields.get("phone"))
    if email and phone:
        return f"email:{email}", f"phone:{phone}"
    if email:
        return (f"email:{email}",)
    return (f"phone:{phone}",) if phone else ()


def _respell(payload: dict[str, Json], version: ApiVersion) -> None:
    channels = payload.get("dndSettings")
    if isinstance(channels, dict):
        names = NAMES[version].dnd_channels
        payload["dndSettings"] = {names.get(channel, channel): value for channel, value in channels.items()}
