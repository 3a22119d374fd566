"""Keep cells of our files from running as spreadsheet formulas, reversibly.

A CSV cell that a spreadsheet would run (or that already begins with the guard) is written behind one
apostrophe; reading one of our own files takes one apostrophe off again, so every text survives the round trip.

A spreadsheet that splits at semicolons or tabs (Excel does where the comma is the decimal sign) sees further cells
inside of ours, and the rest of a quoted cell behind a line break as a new line. So a sign that begins a formula gets
the apostrophe there too, but only right behind such a delimiter. In a file whose own delimiter is another than the
comma, a spreadsheet that splits at commas does the same to cells that hold some. A workbook needs none of this.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

GUARD: Final = "'"
_DANGEROUS: Final = frozenset(
    ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", GUARD)
)


_SPLITS: Final = ";|\t\r\n"
_SPLITS_OR_COMMA: Final = f"{_SPLITS},"
_BEGIN: Final = "([=+\\-@\uff1d\uff0b\uff0d\uff20])"
# With the guards that stand there already: each gets one more, and loses one when it is read.
_INSIDE: Final = re.compile(f"([{_SPLITS}])('*){_BEGIN}")
_GUARDED_INSIDE: Final = re.compile(f"([{_SPLITS}])'('*){_BEGIN}")
_INSIDE_OR_COMMA: Final = re.compile(f"([{_SPLITS_OR_COMMA}])('*){_BEGIN}")
_GUARDED_INSIDE_OR_COMMA: Final = re.compile(f"([{_SPLITS_OR_COMMA}])'('*){_BEGIN}")
_BETWEEN_CELLS: Final = "\0"
_SIGNS: Final = tuple(sorted(_DANGEROUS))
"""Without one of these nothing in a text can begin a formula."""


def guard_all(cells: Sequence[str], *, commas: bool = False) -> list[str]:
    """Put the guard where a spreadsheet could run something; a call for each cell would cost three times as much.

    ``commas``: the file's delimiter is another, so that its commas stand unprotected inside of cells.
    """
    inside = _INSIDE_OR_COMMA if commas else _INSIDE
    joined = _BETWEEN_CELLS.join(cells)
    # One sign is found many times faster than any of several, and most texts have none of them.
    if any(sign in joined for sign in (_SPLITS_OR_COMMA if commas else _SPLITS)) and inside.search(joined):
        cells = [inside.sub(rf"\1{GUARD}\2\3", text) for text in cells]
    return [GUARD + text if text[:1] in _DANGEROUS else text for text in cells]


def guard_column(cells: Sequence[str]) -> Sequence[str]:
    """Do the same for cells that are alike, as those of a column are: most columns hold no such sign, and stay as they are."""
    joined = "".join(cells)
    return guard_all(cells) if any(sign in joined for sign in _SIGNS) else cells


def unguard(text: str, *, commas: bool = False) -> str:
    """Take the guards off again; the inverse of ``guard_all`` for every text."""
    if GUARD not in text:
        return text
    inside = _GUARDED_INSIDE_OR_COMMA if commas else _GUARDED_INSIDE
    return inside.sub(r"\1\2\3", text[1:] if text.startswith(GUARD) else text)
