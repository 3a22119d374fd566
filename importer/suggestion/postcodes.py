"""Postcode and town in one cell, as addresses are written on letters: ``50667 Köln``, ``1234 AB Ede``, ``A-1010 Wien``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from importer.runtime.regex import regex

if TYPE_CHECKING:
    from importer.yaml.document import Plain

_COUNTRY: Final = r"(?:[A-Z]{1,3}[- ])?"
_CODE: Final = r"\d{4} ?[A-Z]{2}|\d{2}-\d{3}|\d{3} \d{2}|\d{4,5}"

CODE_AND_TOWN: Final = regex(rf"\s*{_COUNTRY}(?!(?:{_CODE})\s*$)({_CODE})[\s,/]+\D")
CODE_STEP: Final[dict[str, Plain]] = {"regex": rf"^{_COUNTRY}({_CODE})(?!\w)"}
"""Blank where the cell begins with no postcode."""
TOWN_STEP: Final[dict[str, Plain]] = {
    "regex": {"pattern": rf"^{_COUNTRY}(?:{_CODE})(?!\w)[\s,/]*", "replace": ""}
}
"""All of the cell where it begins with no postcode."""


def code_of(cell: str) -> str:
    """Give the postcode that a cell begins with, before a town; else the cell."""
    found = CODE_AND_TOWN.match(cell)
    return found[1] if found else cell
