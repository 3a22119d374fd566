"""What a person reads in a cell of an OpenDocument sheet: the text that it shows, where that says more than its value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final
from xml.etree import ElementTree as ET

from importer.reading.workbooks.cells import span_text
from importer.reading.workbooks.xlsx_formats import general, iso_text
from importer.records import TypedText
from importer.runtime.regex import regex

TABLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
OPEN_DOCUMENT: Final = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TEXT: Final = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_CALC: Final = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
PARAGRAPHS: Final = frozenset((f"{TEXT}p", f"{TEXT}h"))
_ASIDES: Final = frozenset((f"{TEXT}note", f"{TEXT}ruby-text", f"{OPEN_DOCUMENT}annotation"))
"""Texts in a paragraph that are no part of it: foot notes, reading aids, comments."""

_LONGEST: Final = 1 << 16
"""White space that a count stands for; more than any cell holds is not written out."""

_MOST_DIGITS: Final = 15
_PERCENT: Final = regex(r"-?\d+(?:[.,](\d+))?\s?%")
_MASKED: Final = regex(r"[+(]?\d[\d ()+\-/.\xa0\u202f]*|\([\d ()+\-/.\xa0]+")
_GROUPED: Final = regex(r"[1-9]\d{0,2}(?:[.\xa0\u202f ]\d{3})+|\d+\.\d+")
_SPAN: Final = regex(r"(-?)P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,]\d+)?S)?")


def ods_text(cell: ET.Element) -> str:
    """Write a cell as text, keeping the value behind it."""
    kind = cell.get(f"{OPEN_DOCUMENT}value-type")
    match kind:
        case "float" | "currency":
            return _number(cell.get(f"{OPEN_DOCUMENT}value", ""), _shown(cell))
        case "percentage":
            return _percentage(cell.get(f"{OPEN_DOCUMENT}value", ""), _shown(cell))
        case "date":
            return iso_text(cell.get(f"{OPEN_DOCUMENT}date-value", ""))
        case "time":
            return _time(cell.get(f"{OPEN_DOCUMENT}time-value", ""))
        case "boolean":
            true = cell.get(f"{OPEN_DOCUMENT}boolean-value") == "true"
            return TypedText("TRUE" if true else "FALSE", true)
    stored = cell.get(f"{OPEN_DOCUMENT}string-value")
    return _shown(cell) if stored is None else stored


def is_error(cell: ET.Element) -> bool:
    return cell.get(f"{_CALC}value-type") == "error"


def is_uncalculated(cell: ET.Element) -> bool:
    """Tell a formula whose result was not stored."""
    return cell.get(f"{TABLE}formula") is not None and cell.get(f"{OPEN_DOCUMENT}value-type") is None


def _shown(cell: ET.Element) -> str:
    paragraphs = cell if len(cell) == 1 else [one for one in cell if one.tag in PARAGRAPHS]
    if len(paragraphs) == 1 and paragraphs[0].tag in PARAGRAPHS and not len(paragraphs[0]):
        text = paragraphs[0].text or ""
        return text if text.isprintable() and "  " not in text and text == text.strip() else _collapsed(text)
    return "\n".join(_collapsed("".join(_pieces(one))) for one in paragraphs if one.tag in PARAGRAPHS)


_KEPT: Final = str.maketrans({"\ue000": " ", "\ue001": "\t", "\ue002": "\n"})
"""White space that is written as an element is kept; all other runs of it are one space."""


def _collapsed(text: str) -> str:
    return " ".join(part for part in re.split(r"[ \t\r\n]+", text) if part).translate(_KEPT)


_DEEPEST: Final = 64
"""Parts of a text in parts of it that are told apart; nobody nests so many."""


def _pieces(element: ET.Element, depth: int = 0) -> Iterator[str]:
    if depth > _DEEPEST:
        yield from element.itertext()
        return
    yield element.text or ""
    for child in element:
        if child.tag == f"{TEXT}s":
            yield "\ue000" * _repeated(child.get(f"{TEXT}c"))
        elif child.tag in _SPACES:
            yield _SPACES[child.tag]
        elif child.tag not in _ASIDES:
            yield from _pieces(child, depth + 1)
        yield child.tail or ""


_SPACES: Final = {f"{TEXT}tab": "\ue001", f"{TEXT}line-break": "\ue002"}


def _repeated(count: str | None) -> int:
    return min(int(count), _LONGEST) if count and count.isdecimal() and len(count) < 10 else 1


def _number(value: str, shown: str) -> str:
    """Take a number as it shows where signs or zeros make it more than one: 02134, +44 20 7946 0126."""
    number = general(value)
    digits = re.sub(r"\D", "", shown)
    if number.isdecimal() and digits.endswith(number) and shown != number and _MASKED.fullmatch(shown):
        return number if _GROUPED.fullmatch(shown) else shown
    return number


def _percentage(value: str, shown: str) -> str:
    found = _PERCENT.fullmatch(shown)
    try:
        share = Decimal(value)
    except ArithmeticError:
        return general(value)
    if not found or not share.is_finite() or share.adjusted() > _MOST_DIGITS:
        return general(value)
    return TypedText(f"{share * 100:.{min(len(found[1] or ''), _MOST_DIGITS)}f}%", float(share))


def _time(value: str) -> str:
    from datetime import time, timedelta

    found = _SPAN.fullmatch(value)
    if not found or any(part and len(part) > 9 for part in found.groups()[1:]):
        return value
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    if found[1] or length >= timedelta(days=1):
        return span_text(-length if found[1] else length)
    clock = time(length.seconds // 3600, length.seconds // 60 % 60, length.seconds % 60)
    return TypedText(clock.isoformat(), clock)
