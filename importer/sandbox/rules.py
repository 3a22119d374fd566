"""Which properties a request body may have, and of which type: the vendor's whitelist and its 422 messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final, TypeAlias

from importer.runtime.regex import regex
from importer.sandbox.contacts import CHANNELS, V3_CHANNELS
from importer.sandbox.identities import EMAIL
from importer.sandbox.replies import Refusal
from importer.sandbox.vocabulary import COUNTRIES
from importer.sandbox.wire import JsonObject

Rule: TypeAlias = Callable[[str, Any], Iterable[str]]
Rules: TypeAlias = Mapping[str, Rule]

_YEAR_FIRST: Final = regex(r"(?P<year>\d{4})([/._-])(?P<month>\d{2})\2(?P<day>\d{2})")
_YEAR_LAST: Final = regex(r"(?P<month>\d{2})([/._-])(?P<day>\d{2})\2(?P<year>\d{4})")
_ITEM_KEYS: Final = frozenset({"id", "key", "field_value", "fieldValue", "value"})


def require(body: Any, rules: Rules, *, needed: tuple[str, ...] = ()) -> None:
    """Refuse a body with an undeclared property or a wrong type: 422, all faults in one list."""
    if not isinstance(body, dict):
        raise Refusal(400, "Unexpected end of JSON input")
    faults = [f"property {name} should not exist" for name in body if name not in rules]
    for name in needed:
        if name not in body:
            faults.extend((f"{name} should not be empty", *rules[name](name, None)))
    for name, value in body.items():
        if name in rules:
            faults.extend(rules[name](name, value))
    if faults:
        raise Refusal(422, faults)


def read_birthday(text: str) -> str | None:
    """Read one of the eight accepted layouts as ``YYYY-MM-DD``; none of them puts the day first."""
    found = _YEAR_FIRST.fullmatch(text) or _YEAR_LAST.fullmatch(text)
    if not found:
        return None
    try:
        return date(int(found["year"]), int(found["month"]), int(found["day"])).isoformat()
    except ValueError:
        return None


def text(name: str, value: Any) -> Iterable[str]:
    return () if isinstance(value, str) else (f"{name} must be a string",)


def nullable_text(name: str, value: Any) -> Iterable[str]:
    return () if value is None or isinstance(value, str) else (f"{name} must be a string",)


def flag(name: str, value: Any) -> Iterable[str]:
    return () if isinstance(value, bool) else (f"{name} must be a boolean value",)


def email(name: str, value: Any) -> Iterable[str]:
    if value is None or (isinstance(value, str) and EMAIL.fullmatch(value)):
        return ()
    return (f"{name} must be an email",)


def country(name: str, value: Any) -> Iterable[str]:
    return () if isinstance(value, str) and value in COUNTRIES else (f"{name} must be a valid enum value",)


def birthday(name: str, value: Any) -> Iterable[str]:
    if value is None or (isinstance(value, str) and read_birthday(value)):
        return ()
    return (f"{name} must be a valid date",)


def texts(name: str, value: Any) -> Iterable[str]:
    if not isinstance(value, list):
        return (f"{name} must be an array",)
    if all(isinstance(item, str) for item in value):
        return ()
    return (f"each value in {name} must be a string",)


def phone_items(name: str, value: Any) -> Iterable[str]:
    """Check ``[{"phone": ...}]``; strings are refused in the words that were seen."""
    if not isinstance(value, list):
        yield f"{name} must be an array"
        return
    for index, item in enumerate(value):
        if not isinstance(item, dict):
            yield f"each value in nested property {name} must be either object or array"
            return
        yield from (f"{name}.{index}.property {key} should not exist" for key in item if key != "phone")
        if not isinstance(item.get("phone"), str):
            yield f"{name}.{index}.phone must be a string"


def number(name: str, value: Any) -> Iterable[str]:
    return (
        ()
        if isinstance(value, int | float) and not isinstance(value, bool)
        else (f"{name} must be a number",)
    )


def anything(_name: str, _value: Any) -> Iterable[str]:
    return ()


def mapping(name: str, value: Any) -> Iterable[str]:
    return () if isinstance(value, dict) else (f"{name} must be an object",)


def one_of(*choices: str) -> Rule:
    def rule(name: str, value: Any) -> Iterable[str]:
        if value in choices and isinstance(value, str):
            return ()
        return (f"{name} must be one of the following values: {', '.join(choices)}",)

    return rule


def moment(name: str, value: Any) -> Iterable[str]:
    """Check an ISO date with its time."""
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return (f"{name} must be a valid ISO 8601 date string",)
    return ()


def _setting(name: str, value: Any, statuses: tuple[str, ...], extras: tuple[str, ...]) -> Iterable[str]:
    if not isinstance(value, dict):
        yield f"{name} must be an object"
        return
    if value.get("status") not in statuses:
        yield f"{name}.status must be one of the following values: {', '.join(statuses)}"
    for key, held in value.items():
        if key in extras and not isinstance(held, str):
            yield f"{name}.{key} must be a string"
        if key not in ("status", *extras):
            yield f"{name}.property {key} should not exist"


def _settings(channels: Iterable[str], statuses: tuple[str, ...], extras: tuple[str, ...]) -> Rule:
    known = frozenset(channels)

    def rule(name: str, value: Any) -> Iterable[str]:
        if not isinstance(value, dict):
            yield f"{name} must be an object"
            return
        for channel, setting in value.items():
            if channel in known:
                yield from _setting(f"{name}.{channel}", setting, statuses, extras)
            else:
                yield f"{name}.property {channel} should not exist"

    return rule


def custom_field_items(name: str, value: Any) -> Iterable[str]:
    if not isinstance(value, list):
        yield f"{name} must be an array"
        return
    for index, item in enumerate(value):
        yield from _item(f"{name}.{index}", item)


def _item(place: str, item: Any) -> Iterable[str]:
    if not isinstance(item, dict):
        yield f"{place} must be an object"
        return
    for key in item:
        if key not in _ITEM_KEYS:
            yield f"{place}.property {key} should not exist"
    if not isinstance(item.get("id", item.get("key")), str):
        yield f"{place}.id must be a string"


_DND_STATUSES: Final = ("active", "inactive", "permanent")

_CREATE: Final[JsonObject] = {
    "locationId": text,
    **dict.fromkeys(("firstName", "lastName", "name", "phone", "address1", "city", "state"), nullable_text),
    **dict.fromkeys(("website", "timezone", "companyName"), nullable_text),
    **dict.fromkeys(("postalCode", "gender", "source", "assignedTo"), text),
    "email": email,
    "country": country,
    "dateOfBirth": birthday,
    "dnd": flag,
    "dndSettings": _settings(CHANNELS, _DND_STATUSES, ("message", "code")),
    "inboundDndSettings": _settings(("all",), ("active", "inactive"), ("message",)),
    "tags": texts,
    "customFields": custom_field_items,
    "additionalPhones": phone_items,
}


def _v3(rules: Rules) -> Rules:
    return {**rules, "dndSettings": _settings(V3_CHANNELS.values(), _DND_STATUSES, ("message", "code"))}


_NOT_ON_UPDATE: Final = ("locationId", "gender")
CREATE: Final[Rules] = _CREATE
UPSERT: Final[Rules] = {**CREATE, "createNewIfDuplicateAllowed": flag}
UPDATE: Final[Rules] = {
    **{name: rule for name, rule in CREATE.items() if name not in _NOT_ON_UPDATE},
    **dict.fromkeys(("source", "assignedTo", "type", "ssn", "keyword", "businessId"), nullable_text),
}
CREATE_V3: Final = _v3(CREATE)
UPSERT_V3: Final = _v3(UPSERT)
UPDATE_V3: Final = _v3(UPDATE)
TAGS: Final[Rules] = {"tags": texts}
BULK_TAGS: Final[Rules] = {"contacts": texts, "tags": texts, "locationId": text, "removeAllTags": flag}
BULK_BUSINESS: Final[Rules] = {"ids": texts, "locationId": text, "businessId": nullable_text}
FOLLOWERS: Final[Rules] = {"followers": texts}
WORKFLOW: Final[Rules] = {"eventStartTime": text}
