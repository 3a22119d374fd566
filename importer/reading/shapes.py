"""What a single cell looks like: evidence for dialects, header rows and shifted rows."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

from importer.reading.short_texts import remembered
from importer.runtime.regex import regex


class Shape(Enum):
    BLANK = auto()
    EMAIL = auto()
    PHONE = auto()
    URL = auto()
    DATE = auto()
    TIME = auto()
    NUMBER = auto()
    WORDS = auto()
    """Plain text without a sign that often delimits."""
    OTHER = auto()


_PATTERNS: Final[tuple[tuple[Shape, re.Pattern[str]], ...]] = (
    (
        Shape.NUMBER,
        regex(
            r"[-+(]?[$€£¥]?\s?[-+]?(?:\d{1,3}(?:[,. ]\d{3})+|\d+)(?:[.,]\d+)?(?:[eE][-+]?\d+)?\s?[%$€£)]?|[-+]?[.,]\d+"
        ),
    ),
    (Shape.EMAIL, regex(r"(?:mailto:)?[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]+", re.IGNORECASE)),
    (Shape.URL, regex(r"(?:https?://|ftp://|www\.)\S+", re.IGNORECASE)),
    (
        Shape.DATE,
        regex(
            r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})|\d{1,2}[-/. ][A-Za-z]{3,9}[-/., ]{1,2}\d{2,4}"
            r"|[A-Za-z]{3,9}\.? \d{1,2},? \d{4})(?:[T ]\s?\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s?(?:[AaPp]\.?[Mm]\.?|Z|UTC|GMT|[-+]\d{2}:?\d{2})?)?"
        ),
    ),
    (Shape.TIME, regex(r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s?(?:[AaPp]\.?[Mm]\.?)?")),
    (
        Shape.PHONE,
        regex(r"(?:tel:)?\+?\(?\d(?:[\s().\-/]{0,3}\d){6,14}(?:\s?(?:x|ext\.?)\s?\d{1,6})?", re.IGNORECASE),
    ),
    (Shape.WORDS, regex(r"[^\W_][^,;|\t\"\r\n]*")),
)

_MAYBE_PHONE: Final = regex(r"\+\d{7,15}|\d{10,15}")


@remembered
def shape_of(text: str) -> Shape:
    """Name the kind of thing that a cell holds."""
    text = text.strip()
    if not text:
        return Shape.BLANK
    for shape, pattern in _PATTERNS:
        if pattern.fullmatch(text):
            return Shape.PHONE if shape is Shape.NUMBER and _MAYBE_PHONE.fullmatch(text) else shape
    return Shape.OTHER


DATA_SHAPES: Final = frozenset({Shape.EMAIL, Shape.PHONE, Shape.URL, Shape.DATE, Shape.TIME, Shape.NUMBER})
"""Shapes that a value has and a header as a rule has not."""

PERSONAL_SHAPES: Final = frozenset({Shape.EMAIL, Shape.PHONE})
"""Shapes that no header has: where the first row holds one, the file has no header."""

_ADDRESS: Final = r"[^\s@<>()\[\]]+\s?(?:@|\(at\)|\[at\])\s?[^\s@<>()\[\]]+(?:\.|\s?[(\[]dot[)\]]\s?)\w{2,}"
_NAMED_ADDRESS: Final = regex(rf"['<]?{_ADDRESS}(?:>|\s?\([^)]*\)|[;,].*)?|.*<{_ADDRESS}>", re.IGNORECASE)
_LABEL: Final = regex(
    r"^(?:['\u2019]|=\"|[^\w\s+(]{1,2}\s|[a-z]{1,6}\s?[.:]\s?)|(?:\s?\([^)]*[a-z][^)]*\)|\")$", re.IGNORECASE
)
_DASHES: Final = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"))
_PHONE_DIGITS: Final = 9
"""A number of so many digits in the first row is somebody's; years, quarters and day numbers have fewer."""


def is_personal(text: str) -> bool:
    """Tell somebody's address or number in any spelling: ``Ann <ann@example.com>``, ``p: 212.555.0130 (home)``."""
    if shape_of(text) in PERSONAL_SHAPES:
        return True
    if len(text) > _LONGEST:
        return False
    text = text.strip().translate(_DASHES)
    if _NAMED_ADDRESS.fullmatch(text):
        return True
    bare = re.split(r"\s[/;,]\s", _LABEL.sub("", text))[0]
    if shape_of(bare) is Shape.PHONE:
        return True
    digits = sum(map(str.isdigit, bare))
    return shape_of(bare) is Shape.NUMBER and (
        digits >= _PHONE_DIGITS or _ROUNDED.fullmatch(bare) is not None
    )


_LONGEST: Final = 200
_ROUNDED: Final = regex(r"\d[.,]\d+E\+(?:0?9|1[0-4])", re.IGNORECASE)
"""A phone number that a spreadsheet wrote as a power of ten."""
