"""Countries, states, time zones and postal codes."""

from __future__ import annotations

from typing import Final

from importer.highlevel.countries import country_code
from importer.highlevel.timezones import timezone_name
from importer.mapping.values.fault import ReadValue, ValueFault, quoted
from importer.mapping.values.states import state_code
from importer.mapping.values.texts import read_plain_text, read_text
from importer.records import TypedText

_NOT_LISTED: Final = "no country that the vendor knows"


def read_country(text: str) -> ReadValue:
    code = country_code(text)
    return code or ValueFault("invalid_country", f"{quoted(text)} is {_NOT_LISTED}")


def read_timezone(text: str) -> ReadValue:
    name = timezone_name(text)
    return name or ValueFault("invalid_timezone", f"{quoted(text)} is no time zone")


def read_state(text: str) -> ReadValue:
    """Write a US or Canadian state as its code; any other text stays."""
    return state_code(text) or read_text(text)


def read_postal_code(text: str) -> ReadValue:
    """Keep the code as a text, with its zeros; the ``.0`` of a spreadsheet goes, and the apostrophe against it."""
    plain = str(text).lstrip("'\u2019")
    head, dot, tail = plain.partition(".")
    if dot and tail.strip("0") == "" and tail and head.isdigit():
        return head
    if (
        isinstance(text, TypedText)
        and isinstance(text.value, float)
        and text.value == int(text.value)
        and "." in plain
    ):
        return str(int(text.value))
    return read_plain_text(text) if plain == text else read_text(plain)
