"""Custom fields of a location, and which values each type takes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from typing import Any, Final

from importer.runtime.regex import regex
from importer.sandbox.identities import EMAIL
from importer.sandbox.nouns import noun
from importer.sandbox.replies import Refusal
from importer.sandbox.vocabulary import PICKLISTS
from importer.sandbox.wire import JsonObject

_EXACT: Final = 2**53
SILENT: Final = object()
"""A value that is dropped behind a 200."""

NUMBER: Final = regex(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
PHONE: Final = regex(r"\+[1-9][\d\s().-]{5,24}")
TIME: Final = regex(r"([01]\d|2[0-3]):[0-5]\d")
DAY: Final = regex(r"\d{4}-\d{2}-\d{2}")


class UnfitValueError(ValueError):
    """The field's type does not take the value."""


@noun
class CustomField:
    id: str
    name: str
    key: str
    data_type: str
    options: tuple[str, ...] = ()
    model: str = "contact"
    placeholder: str = ""
    position: int = 0
    most_files: int = 1
    accepted: tuple[str, ...] = ()

    def render(self, location_id: str) -> JsonObject:
        """Write the field as the list of custom fields shows it."""
        body: JsonObject = {
            "id": self.id,
            "name": self.name,
            "fieldKey": self.key,
            "placeholder": self.placeholder,
            "dataType": self.data_type,
            "position": self.position,
            "isAllowedCustomOption": False,
            "isMultiFileAllowed": self.most_files > 1,
            "maxFileLimit": self.most_files,
            "locationId": location_id,
            "model": self.model,
            "documentType": "field",
        }
        if self.accepted:
            body["acceptedFormat"] = list(self.accepted)
        if self.data_type in PICKLISTS:
            body["picklistOptions"] = list(self.options)
        return body


def slug(name: str) -> str:
    """Make a field's key from its name: ``Shirt Size`` is ``contact.shirt_size``."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def accept(field: CustomField, value: Any, *, unknown_option: str) -> Any:
    """Turn a sent value into the stored one, ``SILENT`` when the vendor drops it, ``None`` when it clears."""
    if value is None:
        return None
    take = ACCEPTORS.get(field.data_type, _take_text)
    try:
        taken = take(field, value)
    except UnfitValueError:
        if unknown_option == "drop" and field.data_type in PICKLISTS and value != "":
            return SILENT
        shown = value if isinstance(value, str) else str(value)
        raise Refusal(400, f'Invalid Custom Field Value "{shown}" for "{field.id}"') from None
    return taken


def _take_text(_field: CustomField, value: Any) -> Any:
    if isinstance(value, bool | list | dict):
        raise UnfitValueError
    return SILENT if value == "" else str(value)


def _take_number(_field: CustomField, value: Any) -> Any:
    if value == "":
        return SILENT
    number = _number(value)
    if not math.isfinite(number):
        raise UnfitValueError
    return number


def _number(value: Any) -> float:
    if isinstance(value, str) and NUMBER.fullmatch(value):
        number = float(value)
        return int(number) if number.is_integer() and abs(number) < _EXACT else number
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnfitValueError
    return value


def _take_choice(field: CustomField, value: Any) -> Any:
    if value not in field.options:
        raise UnfitValueError
    return value


def _take_choices(field: CustomField, value: Any) -> Any:
    if isinstance(value, str) and value:
        return SILENT  # a plain string leaves a multiple choice as it was
    if not isinstance(value, list) or any(choice not in field.options for choice in value):
        raise UnfitValueError
    return list(value) or None


def _take_day(_field: CustomField, value: Any) -> Any:
    if not isinstance(value, str) or not DAY.fullmatch(value):
        raise UnfitValueError
    try:
        date.fromisoformat(value)
    except ValueError:
        raise UnfitValueError from None
    return f"{value}T00:00:00.000Z"


def _matching(pattern: re.Pattern[str]) -> Callable[[CustomField, Any], Any]:
    def take(_field: CustomField, value: Any) -> Any:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise UnfitValueError
        return value

    return take


def _take_files(_field: CustomField, value: Any) -> Any:
    """Take ``{uuid: {meta, url, documentId}}``, as the upsert's own page shows it; anything else has no effect."""
    if not isinstance(value, dict):
        return SILENT
    files = [held for held in value.values() if isinstance(held, dict) and held.get("url")]
    if len(files) != len(value):
        raise UnfitValueError
    return value


def _take_nothing(_field: CustomField, _value: Any) -> Any:
    return SILENT


ACCEPTORS: Final[dict[str, Callable[[CustomField, Any], Any]]] = {
    "NUMERICAL": _take_number,
    "FLOAT": _take_number,
    "MONETORY": _take_number,
    "MONETARY": _take_number,
    "SINGLE_OPTIONS": _take_choice,
    "RADIO": _take_choice,
    "MULTIPLE_OPTIONS": _take_choices,
    "CHECKBOX": _take_choices,
    "DATE": _take_day,
    "TIME": _matching(TIME),
    "PHONE": _matching(PHONE),
    "EMAIL": _matching(EMAIL),
    "TEXTBOX_LIST": _take_nothing,
    "FILE_UPLOAD": _take_files,
    "SIGNATURE": _take_nothing,
}
