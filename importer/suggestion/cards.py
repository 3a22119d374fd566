"""What the columns of a vCard file are called: by the standard's names (RFC 6350), in capitals, with dots between."""

from __future__ import annotations

from typing import Final

from importer.records import value_type
from importer.runtime.regex import regex

_COLUMN: Final = regex(r"([A-Z]+)(?:\.([A-Z ]+))??(?:\.([A-Z][a-z][A-Za-z ]*?))?(?: (\d+))?")
_FIELDS: Final = {
    ("FN", None): "name",
    ("N", "Given Name"): "firstName",
    ("N", "Family Name"): "lastName",
    ("ORG", None): "companyName",
    ("ORG", "Unit"): "",
    ("BDAY", None): "dateOfBirth",
    ("URL", None): "website",
    ("ADR", "Street Address"): "address1",
    ("ADR", "Extended Address"): "address2",
    ("ADR", "Locality"): "city",
    ("ADR", "Region"): "state",
    ("ADR", "Postal Code"): "postalCode",
    ("ADR", "Country Name"): "country",
}
_PREFERRED: Final = {"EMAIL.PREF": "email", "TEL.PREF": "phone"}
"""What the card itself says to take; it comes before all others. Of addresses it is a group as home and work are."""


@value_type(frozen=True, slots=True)
class CardName:
    """A column's field (blank: none, whatever its words say), the kind of its address (home, work), and its number among several; 0 is the preferred one."""

    field: str
    place: str = ""
    number: int = 1


def card_name(header: str) -> CardName | None:
    """Read a header of the vCard reader; None for all others."""
    if header in _PREFERRED:
        return CardName(_PREFERRED[header], number=0)
    found = _COLUMN.fullmatch(header)
    field = _FIELDS.get((found[1], found[3])) if found else None
    if found is None or field is None:
        return None
    place = "preferred" if found[2] == "PREF" else (found[2] or "").lower()
    return CardName(field, place, int(found[4] or 1))
