"""The filters of ``POST /contacts/search``: which fields they know, and what their operators mean."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from importer.runtime.regex import regex
from importer.sandbox.contacts import Contact
from importer.sandbox.replies import Refusal

_PLAIN: Final = frozenset(
    {
        *("email", "phone", "firstName", "lastName", "companyName", "city", "state", "country", "postalCode"),
        *("website", "source", "type", "assignedTo", "dnd", "timezone", "dateOfBirth", "businessId"),
    }
)
_OTHERS: Final[dict[str, Callable[[Contact], Any]]] = {
    "id": lambda contact: contact.id,
    "tags": lambda contact: contact.tags,
    "followers": lambda contact: list(contact.followers),
    "address": lambda contact: contact.properties.get("address1"),
    "firstNameLowerCase": lambda contact: _lowered(contact, "firstName"),
    "lastNameLowerCase": lambda contact: _lowered(contact, "lastName"),
    "dateAdded": lambda contact: milliseconds(contact.added_at),
    "dateUpdated": lambda contact: milliseconds(contact.updated_at),
}
# Since June 2026, for these three channels; `additional_phones` is still refused.
_DND: Final = regex(r"dndSettings\.(Email|SMS|Call)\.status|inboundDndSettings\.(all)\.status")
_CUSTOM: Final = regex(r"customFields\.(\w+)")
_LONGEST_VALUE: Final = 75
DATES: Final = frozenset({"dateAdded", "dateUpdated"})


def milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def value_of(contact: Contact, field: str) -> Any:
    """Read what a filter or a sort calls ``field``; 400 where the vendor's index has no such field."""
    if field in _PLAIN:
        return contact.properties.get(field)
    if read := _OTHERS.get(field):
        return read(contact)
    if found := _DND.fullmatch(field):
        settings = "dndSettings" if found[1] else "inboundDndSettings"
        return contact.properties.get(settings, {}).get(found[1] or found[2], {}).get("status")
    if found := _CUSTOM.fullmatch(field):
        return contact.custom_fields.get(found[1])
    raise Refusal(400, f"Invalid field: {field}")


def passes(contact: Contact, rule: Any) -> bool:
    """Tell whether a contact passes a filter, or a group of them."""
    if not isinstance(rule, dict):
        raise Refusal(422, ["each value in filters must be an object"])
    if "group" in rule:
        return _passes_group(contact, rule)
    operator = rule.get("operator")
    field = rule.get("field")
    if not isinstance(field, str) or not isinstance(operator, str) or operator not in _OPERATORS:
        raise Refusal(422, ["field must be a string", f"operator must be one of: {', '.join(_OPERATORS)}"])
    return _OPERATORS[operator](field, value_of(contact, field), rule.get("value"))


def _passes_group(contact: Contact, rule: Any) -> bool:
    rules = rule.get("filters")
    if rule["group"] not in ("AND", "OR") or not isinstance(rules, list):
        raise Refusal(422, ["group must be one of: AND, OR", "filters must be an array"])
    judge = any if rule["group"] == "OR" else all
    return judge([passes(contact, each) for each in rules])


def _lowered(contact: Contact, name: str) -> str | None:
    held = contact.properties.get(name)
    return held.lower() if isinstance(held, str) else None


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _equals(field: str, stored: Any, value: Any) -> bool:
    wanted = value if isinstance(value, list) else [value]
    for each in wanted:
        if isinstance(each, str) and len(each) > _LONGEST_VALUE:
            raise Refusal(422, [f"value must be shorter than or equal to {_LONGEST_VALUE} characters"])
    sought = [moment(each) if field in DATES else _folded(each) for each in wanted]
    held = stored if isinstance(stored, list) else [stored]
    return any(_folded(each) in sought for each in held if each is not None)


def _contains(_field: str, stored: Any, value: Any) -> bool:
    if not isinstance(value, str):
        raise Refusal(422, ["value must be a string"])
    held = stored if isinstance(stored, list) else [stored]
    return any(isinstance(each, str) and value.casefold() in each.casefold() for each in held)


def _exists(_field: str, stored: Any, _value: Any) -> bool:
    return stored not in (None, "", [])


def _within(field: str, stored: Any, value: Any) -> bool:
    if not isinstance(value, dict) or not value or not set(value) <= set(_BOUNDS):
        raise Refusal(422, [f"value must be an object of {', '.join(_BOUNDS)}"])
    if stored is None:
        return False
    edges = {name: moment(edge) if field in DATES else edge for name, edge in value.items()}
    try:
        return all(_BOUNDS[name](stored, edge) for name, edge in edges.items())
    except TypeError:
        raise Refusal(422, ["value cannot be compared with the field"]) from None


_BOUNDS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "gte": lambda stored, edge: bool(stored >= edge),
    "gt": lambda stored, edge: bool(stored > edge),
    "lte": lambda stored, edge: bool(stored <= edge),
    "lt": lambda stored, edge: bool(stored < edge),
}
_OPERATORS: Final[dict[str, Callable[[str, Any, Any], bool]]] = {
    "eq": _equals,
    "not_eq": lambda field, stored, value: not _equals(field, stored, value),
    "contains": _contains,
    "not_contains": lambda field, stored, value: not _contains(field, stored, value),
    "exists": _exists,
    "not_exists": lambda field, stored, value: not _exists(field, stored, value),
    "range": _within,
}


def moment(value: Any) -> int:
    """Read a date of a filter or cursor: ISO text or milliseconds since the epoch."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return round(value)
        except (OverflowError, ValueError):
            raise Refusal(422, ["value must be a valid date"]) from None
    try:
        read = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise Refusal(422, ["value must be a valid date"]) from None
    return milliseconds((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp())
