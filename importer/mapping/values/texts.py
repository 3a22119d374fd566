"""Cell text made clean without changing what it says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from importer.mapping.values.fault import ReadValue, quoted, warn
from importer.records import TypedText

# Spaces that spreadsheets and web pages leave at the ends of a cell. Inside a text they stay: a zero-width joiner
# holds an emoji together, a direction mark a right-to-left name.
_ENDS: Final = (
    " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
    "\u2009\u200a\u2028\u2029\u202f\u205f\u3000\u200b\u200c\u200d\u2060\ufeff\u00ad"
)
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_MOJIBAKE: Final = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf\u20ac\u201a-\u2122\u0152-\u017e\u0192\u02c6\u02dc]"
)


def clean(text: str) -> str:
    """Compose accents (NFC), trim white space of all kinds at the ends, take control characters out."""
    if isinstance(text, TypedText):
        return _clean_typed(text)
    if text.isascii() and text.isprintable():
        return text.strip()
    return _clean_text(text)


def _clean_text(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _CONTROLS.sub("", text)).strip(_ENDS)


def _clean_typed(text: TypedText) -> str:
    cleaned = _clean_text(str(text))
    return TypedText(cleaned, text.value) if cleaned else ""


def clean_column(cells: Sequence[str]) -> list[str]:
    """Clean a whole column; a plain one costs a strip per cell."""
    joined = "".join(cells)
    if joined.isascii() and joined.isprintable() and set(map(type, cells)) <= {str}:
        return [cell.strip() for cell in cells]
    # a call for each cell would cost more than the look at it, and nearly all are plain in such a column too
    return [
        cell.strip() if cell.isascii() and cell.isprintable() and type(cell) is str else clean(cell)
        for cell in cells
    ]


def read_text(text: str) -> ReadValue:
    """Take a text as it stands, and flag one that was decoded wrongly somewhere on its way."""
    text = str(text)
    if text.isascii():
        return text
    return _flag_garbled(text)


def _flag_garbled(text: str) -> ReadValue:
    if "\ufffd" in text:
        return warn(
            "garbled_text", f"{quoted(text)} has characters that were lost before the file was made", text
        )
    if not _MOJIBAKE.search(text):
        return text
    meant = repair(text)
    if meant is None:
        return text
    return warn("garbled_text", f"{quoted(text)} looks wrongly decoded; {quoted(meant)} may be meant", text)


def repair(text: str) -> str | None:
    """Guess what a wrongly decoded text meant; None when it does not look like one. Never applied by itself."""
    try:
        raw = bytes(_byte(sign) for sign in text)
        meant = raw.decode("utf-8")
    except (UnicodeError, ValueError):
        return None
    return meant if meant != text and len(meant) < len(text) else None


def _byte(sign: str) -> int:
    return ord(sign) if ord(sign) < 256 else sign.encode("cp1252")[0]
