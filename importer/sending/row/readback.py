"""Did the vendor store what was sent? Pure: a record against the contact in the reply."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from importer.highlevel.files import same_files
from importer.highlevel.payload import NOT_IN_UPDATE, NULL_BY_ID
from importer.highlevel.reply import read_moment
from importer.records import Fault, Json, Record
from importer.runtime.regex import regex

_COMPARED: Final = (
    "firstName", "lastName", "address1", "city", "state", "postalCode", "country", "website", "timezone",
    "companyName", "gender", "source", "assignedTo",
)  # fmt: skip
_ABSENT: Final = object()
_NAMED: Final = regex(r"(?P<name>(custom field )?\S+) (was|belongs|kept|can)")
_DASHES: Final = str.maketrans("/._", "---")


def compare(record: Record, contact: Mapping[str, Any], *, by_id: bool = False) -> tuple[Fault, ...]:
    """Warn of each value that the reply shows to be dropped or changed; what the reply leaves out is unknown."""
    if record.fields.items() <= contact.items():
        return ()
    # nearly every value comes back as it was sent: only the others are worth a closer look
    differing = {name: sent for name, sent in record.fields.items() if contact.get(name, _ABSENT) != sent}
    return tuple(_judge_differing(differing, contact, by_id=by_id)) if differing else ()


def _judge_differing(
    differing: Mapping[str, Json], contact: Mapping[str, Any], *, by_id: bool
) -> Iterator[Fault]:
    yield from _kept_values(differing, contact, by_id=by_id)
    if "email" in contact or "phone" in contact:
        for name in ("email", "phone"):
            if sent := differing.get(name):
                yield from _compare_identity(name, str(sent), contact.get(name))
    for name in _COMPARED:
        sent = differing.get(name)
        if sent is None or name not in contact or (by_id and name in NOT_IN_UPDATE):
            continue
        if _plain(sent) != _plain(contact[name]):
            yield _not_stored(name, contact[name])
    if (sent := differing.get("dateOfBirth")) and "dateOfBirth" in contact:
        stored = contact["dateOfBirth"]
        if _day(sent) != _day(stored):
            yield _not_stored("dateOfBirth", stored)


def _kept_values(
    differing: Mapping[str, Json], contact: Mapping[str, Any], *, by_id: bool
) -> Iterator[Fault]:
    """Warn of values that were to be emptied and are there still: that null empties them is not certain."""
    for name, sent in differing.items():
        if sent is None and contact.get(name) and (by_id or name not in NULL_BY_ID):
            yield Fault(code="not_stored", message=f"{name} kept its value, and was not emptied", fails=False)


def compare_custom(record: Record, contact: Mapping[str, Any]) -> tuple[Fault, ...]:
    """Warn of custom fields that a contact, read by its id, does not hold as they were sent."""
    stored = {
        item.get("id"): item.get("value", item.get("fieldValue"))
        for item in contact.get("customFields") or ()
        if isinstance(item, Mapping)
    }
    return tuple(
        _not_stored(f"custom field {reference}", stored.get(reference))
        for reference, sent in record.custom_fields
        if not _same_custom(sent, stored.get(reference))
    )


def dropped_fields(warnings: Iterable[Fault]) -> Iterator[str]:
    """Name the values that warnings of this module say were not stored as they were sent."""
    for warning in warnings:
        if warning.code == "not_stored" and (found := _NAMED.match(warning.message)):
            yield found["name"]


def lost_fields(names: Iterable[str], *, by_id: bool) -> tuple[Fault, ...]:
    """Warn of values that the call of the row cannot carry: the update by contact id, or all others."""
    how = "cannot be changed on" if by_id else "can be set only on"
    return tuple(
        Fault(
            code="not_stored",
            message=f"{name} {how} a contact that is named by its id",
            fails=False,
        )
        for name in names
    )


def not_emptied(names: Iterable[str]) -> tuple[Fault, ...]:
    """Warn of fields that the call of the row cannot empty."""
    return tuple(
        Fault(
            code="not_stored",
            message=f"{name} can be emptied only on a contact that is named by its id, or compared with before",
            fails=False,
        )
        for name in names
    )


def _compare_identity(name: str, sent: str, stored: object) -> list[Fault]:
    if isinstance(stored, str) and _identity(name, sent) == _identity(name, stored):
        return []
    reason = (
        f"{name} belongs to another contact, or was refused" if not stored else f"{name} kept its old value"
    )
    return [Fault(code="not_stored", message=reason, fails=False)]


def _identity(name: str, value: str) -> str:
    if name == "email":
        return value.strip().lower()
    return "".join(sign for sign in value if sign.isdigit())


def _not_stored(name: str, stored: object) -> Fault:
    how = "was dropped" if stored in (None, "", []) else "was stored differently"
    return Fault(code="not_stored", message=f"{name} {how}", fails=False)


def _plain(value: object) -> str:
    return str(value).strip().rstrip("/").casefold() if value is not None else ""


def _day(value: object) -> str:
    """Bring a date to YYYY-MM-DD: the vendor shows ISO text, or the epoch in milliseconds."""
    if isinstance(value, str):
        return value[:10].translate(_DASHES)
    moment = read_moment(value)
    return "" if moment is None else datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")


def _same_custom(sent: Json, stored: object) -> bool:
    if sent is None or sent == []:
        return stored in (None, "", [])
    if isinstance(sent, dict):
        return same_files(sent, stored)  # type: ignore[arg-type]  # whatever the vendor shows
    if isinstance(sent, list):
        values = stored if isinstance(stored, list) else [stored]
        return {_plain(value) for value in sent} == {_plain(value) for value in values}
    if isinstance(sent, int | float) and not isinstance(sent, bool):
        try:
            return float(sent) == float(str(stored))
        except ValueError:
            return False
    return _plain(sent) == _plain(stored) or (len(str(sent)) == 10 and _day(sent) == _day(stored))
