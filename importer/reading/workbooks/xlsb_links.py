"""The links of an .xlsb sheet that write to somebody: records behind its cells, and formulas."""

from __future__ import annotations

import struct
from typing import Final

from importer.reading.workbooks.links import LinkNotes
from importer.reading.workbooks.xlsb_records import wide_text

LINK: Final = 494
_SIGN: Final = "mailto:".encode("utf-16-le")
_TEXT_TOKEN: Final = 0x17
_BEFORE: Final = 3
"""Bytes in front of a text in a formula: what it is, and how long."""


def links_of(areas: list[bytes], targets: dict[str, str], notes: LinkNotes) -> None:
    """Take down the links of areas; each names its target by an id of the sheet's part."""
    for body in areas:
        first, last, column = struct.unpack_from("<III", body)
        key, _ = wide_text(body, 16)
        notes.put(column, first + 1, last + 1, targets.get(key, ""))


def target_in(formula: bytes) -> str:
    """Find the text of a formula that writes to somebody, such as HYPERLINK("mailto:ann@x.com", "Write me")."""
    place = formula.find(_SIGN)
    if place < _BEFORE or formula[place - _BEFORE] != _TEXT_TOKEN:
        return ""
    (length,) = struct.unpack_from("<H", formula, place - 2)
    return formula[place : place + 2 * length].decode("utf-16-le", "replace")
