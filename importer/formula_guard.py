"""Keep cells of our files from running as spreadsheet formulas, reversibly.

A CSV cell that a spreadsheet would run (or that already begins with the guard) is written behind one
apostrophe; reading one of our own files takes one apostrophe off again, so every text survives the round trip.
"""

from __future__ import annotations

from typing import Final

GUARD: Final = "'"
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", GUARD)


def guard(text: str) -> str:
    """Put the guard before a text that a spreadsheet could run as a formula."""
    return GUARD + text if text.startswith(_DANGEROUS) else text


def unguard(text: str) -> str:
    """Take the guard off again; the inverse of ``guard`` for every text."""
    return text[1:] if text.startswith(GUARD) else text
