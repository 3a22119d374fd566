"""Cell text made clean without changing what it says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import chain, product
from typing import Final

from importer.mapping.values.blanks import MARKERS, read_marker
from importer.mapping.values.fault import ReadValue, ValueFault, quoted, warn
from importer.records import TypedText
from importer.runtime.regex import regex

# Spaces that spreadsheets and web pages leave at the ends of a cell. Inside a text they stay: a zero-width joiner
# holds an emoji together, a direction mark a right-to-left name.
_ENDS: Final = (
    " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
    "\u2009\u200a\u2028\u2029\u202f\u205f\u3000\u200b\u200c\u200d\u2060\ufeff\u00ad"
)
_DIRECTIONS: Final = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""What address books and chats put around a number or an address, so that it is not turned round; nobody sees it."""
_RIGHT_TO_LEFT: Final = regex("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_FIXED_SPACES: Final = dict.fromkeys(
    map(ord, "\xa0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f"), " "
)
"""Spaces of typesetters and web pages; between two names they look like the usual one, and nobody who searches types them."""
_LINE_BREAKS: Final = regex("\r\n?|[\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
"""Line breaks and list separators, as databases write them: FileMaker's are U+000B and U+001D."""
_CONTROLS: Final = regex(r"[\x00-\x08\x0e-\x1b\x7f-\x9f]")
_BETWEEN_WORDS: Final = regex(r"(?<=\w)[\x01-\x06\x08\x0e-\x1b\x7f-\x9f]+(?=\w)")
"""All but zero bytes and bells, which are padding and no separators anywhere."""
# What Windows means by the characters that Latin-1 has no letters for; web pages are read so, too.
_WINDOWS: Final = {
    number: meant
    for number in range(0x80, 0xA0)
    if number != 0x85 and (meant := bytes([number]).decode("cp1252", "ignore"))
}
_MOJIBAKE: Final = regex("[\u00c2-\u00f4][\u0080-\u00bf\u20ac\u201a-\u2122\u0152-\u017e\u0192\u02c6\u02dc]")
_ENTITY: Final = regex(r"&(?:#\d{2,7}|#[xX][\da-fA-F]{2,6}|[A-Za-z]{2,30}\d{0,2});")
_FORMULA_TEXT: Final = regex(
    r'=\s*(?:T\(\s*)?"((?:[^"]|"")*)"\s*\)?|=\s*HYPERLINK\(\s*"(?:[^"]|"")*"\s*[,;]\s*"((?:[^"]|"")*)"\s*\)',
    re.IGNORECASE,
)
_APOSTROPHES: Final = "'\u2019`\u00b4"


def clean(text: str) -> str:
    """Compose accents (NFC), trim white space of all kinds at the ends, make line breaks of what separates.

    ``="02134"`` is how exports keep a spreadsheet from reading a number; the text is what stands between the quotes.
    """
    if isinstance(text, TypedText):
        cleaned = _clean_text(str(text))
        return TypedText(cleaned, text.value) if cleaned else ""
    plain = text.strip() if text.isascii() and text.isprintable() else _clean_text(text)
    return _out_of_formula(plain) if plain[:1] == "=" else plain


def _out_of_formula(text: str) -> str:
    found = _FORMULA_TEXT.fullmatch(text)
    return text if found is None else clean((found[1] or found[2] or "").replace('""', '"'))


def _clean_text(text: str) -> str:
    text = _LINE_BREAKS.sub("\n", text).translate(_FIXED_SPACES)
    if _CONTROLS.search(text):
        # A control character between two words parts them: left out, it would glue them together.
        text = _CONTROLS.sub("", _BETWEEN_WORDS.sub(" ", text.translate(_WINDOWS)))
    text = unicodedata.normalize("NFC", text).strip(_ENDS)
    return text.strip(_ENDS + _DIRECTIONS) if _is_marked_in_vain(text) else text


def _is_marked_in_vain(text: str) -> bool:
    """Tell marks of direction around a text of which no letter is written from the right; in a Hebrew name they count."""
    return (
        bool(text) and (text[0] in _DIRECTIONS or text[-1] in _DIRECTIONS) and not _RIGHT_TO_LEFT.search(text)
    )


def clean_column(cells: Sequence[str], *, typed: bool) -> list[str]:
    """Clean a whole column; one where nothing has to be cleaned inside a cell costs a strip per cell, or not even that.

    ``typed``: cells may have a value of a workbook behind them.
    """
    joined = "".join(cells)
    if not typed and _is_clean(joined):
        return list(map(str.strip, cells) if " " in joined or "\n" in joined else cells)
    # a call for each cell would cost more than the look at it, and nearly all are plain in such a column too
    return [
        cell.strip()
        if cell.isascii() and cell.isprintable() and type(cell) is str and "=" not in cell
        else clean(cell)
        for cell in cells
    ]


def _is_clean(text: str) -> bool:
    """Tell texts without controls, unusual spaces, accents apart from their letters or formulas in them."""
    if "=" in text or not (text.isprintable() or text.replace("\n", "").isprintable()):
        return False
    return text.isascii() or unicodedata.is_normalized("NFC", text)


def unmarked(text: str) -> str:
    """Take off the apostrophe by which a spreadsheet marks a text; only where no value of the kind begins with one."""
    return text[1:].lstrip() if text[:1] in _APOSTROPHES else text


_KEPT_DIGITS: Final = 10**15


def read_typed(text: str) -> ReadValue:
    """Take a text with the value that a workbook has behind it; a number of more digits than it keeps is flagged."""
    if not isinstance(text, TypedText):
        return read_text(text)
    if not isinstance(text.value, int | float) or abs(text.value) < _KEPT_DIGITS:
        return text
    sentence = f"{quoted(text)} is a number of more digits than a spreadsheet keeps: the last ones are not those that were typed"
    return warn("damaged_number", sentence, text)


def read_text(text: str) -> ReadValue:
    """Take a text as it stands, and flag one that says nothing or was damaged somewhere on its way."""
    text = str(text)
    if text in MARKERS:
        return read_marker(text)
    if "&" in text and (meant := without_entities(text)) != text:
        return warn(
            "html_entities", f"{quoted(text)} has entities of a web page; {quoted(meant)} may be meant", text
        )
    return text if text.isascii() else _flag_garbled(text)


def read_plain_text(text: str) -> ReadValue:
    """Take a text that is no date, such as an address; a spreadsheet makes dates of house numbers."""
    if isinstance(text, TypedText) and isinstance(damaged := read_typed(text), ValueFault):
        return replace(damaged, value=str(text))
    if (isinstance(text, TypedText) and isinstance(text.value, date)) or text in _DATE_TEXTS:
        sentence = f"{quoted(text)} is a date; a text such as 12-3 may have become one in a spreadsheet"
        return warn("turned_into_date", sentence, str(text))
    return read_text(text)


_SHOWN_MONTHS: Final = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Mrz Mai Okt Dez"
_SHOWN_DAYS: Final = [
    form.format(day) for form in ("{0}-", "{0:02}-", "{0}. ", "{0:02}. ") for day in range(1, 32)
]
_SHOWN_YEARS: Final = [f"-{year:02}" for year in range(100)]
_DATE_TEXTS: Final = frozenset(
    "".join(parts)
    for parts in chain(
        product(_SHOWN_DAYS, _SHOWN_MONTHS.split()), product(_SHOWN_MONTHS.split(), _SHOWN_YEARS)
    )
)
"""How spreadsheets show 12-3 and 3-12 once they took it for a day: 12-Mar, Mar-12, 12. Mrz."""


_DAMAGED: Final = MARKERS | _DATE_TEXTS


def column_needs_look(texts: Sequence[str], *, dates: bool) -> bool:
    """Tell whether any text of a column is one to be flagged, at the cost of a look-up per cell."""
    if not (_DAMAGED if dates else MARKERS).isdisjoint(texts):
        return True
    joined = "".join(texts)
    if "&" in joined and _ENTITY.search(joined) is not None:
        return True
    return not joined.isascii() and ("\ufffd" in joined or _MOJIBAKE.search(joined) is not None)


def without_entities(text: str) -> str:
    """Put the characters in for what a web form encoded: ``&#039;``, ``&amp;``."""
    return _ENTITY.sub(lambda match: _character(match[0]), text)


def _character(entity: str) -> str:
    import html.entities  # two thousand names, which few files need

    return html.unescape(entity) if entity[1] == "#" or entity[1:] in html.entities.html5 else entity


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
