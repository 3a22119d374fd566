"""The signs that structure a text."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from typing import Any, Final, Self

from importer.records import value_type
from importer.runtime.regex import regex

STAND_IN: Final = "\x1f"
"""Stands for a delimiter of several characters, which ``csv.reader`` does not know."""

ESCAPE: Final = "\\"

LIMIT: Final = 2**31 - 1
"""``csv`` refuses cells over 128 KB unless told; this is the most that it takes on every platform."""


@value_type(frozen=True, slots=True, kw_only=True)
class Dialect:
    """Delimiter, quote and escape, and how many cells most rows have."""

    delimiter: str = ","
    quote: str | None = '"'
    escape: str | None = None
    folds: bool = True
    """Two backslashes stand for one; only counts where a backslash escapes."""
    skip_space: bool = False
    width: int = 0

    def escaping(self, text: str) -> Self:
        r"""Give the same dialect with a backslash before a quote as a quote; ``text`` tells what two of them mean.

        Whoever escapes backslashes too writes none alone: beside ``C:\dir``, two of them are two, as in ``\\server``.
        """
        return replace(self, escape=ESCAPE, folds=_LONE.search(text) is None)

    def verbatim(self) -> Self:
        """Give the same dialect with a backslash as a character like any other."""
        return replace(self, escape=None)

    @property
    def mark(self) -> str | None:
        """What has two meanings, and so makes two dialects of one: a backslash before a quote."""
        return None if self.quote is None or self.delimiter == ESCAPE else ESCAPE + self.quote

    def quotes(self, text: str) -> int:
        """Count the quotes that open or close."""
        if self.escape and self.escape in text:
            text = (text.replace(ESCAPE * 2, "") if self.folds else text).replace(self.mark or "", "")
        return text.count(self.quote) if self.quote else 0

    @property
    def sign(self) -> str:
        """The delimiter as a single character."""
        return self.delimiter if len(self.delimiter) == 1 else STAND_IN

    def options(self) -> dict[str, Any]:
        """Say the same in the words of ``csv.reader``."""
        return {
            "delimiter": self.sign,
            "quotechar": self.quote,
            "quoting": csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            "escapechar": self.escape,
            "skipinitialspace": self.skip_space,
            "strict": True,
        }

    def encode(self, text: str) -> str:
        """Put the stand-in where a delimiter of several characters is, and two backslashes where one is a character.

        ``csv.reader`` would else take a backslash out before any letter. Lines stay lines.
        """
        if len(self.delimiter) > 1:
            text = text.replace(self.delimiter, STAND_IN)
        if self.escape is None or self.escape not in text:
            return text
        kept = f"{self.quote}{ESCAPE * 2}" if self.folds else self.quote
        return re.sub(rf"\\([{kept}]?)", _doubled, text)

    def decode(self, rows: list[list[str]]) -> list[list[str]]:
        """Undo ``encode`` inside cells, where quotes protected the delimiter."""
        if len(self.delimiter) == 1:
            return rows
        return [[cell.replace(STAND_IN, self.delimiter) for cell in row] for row in rows]


_LONE: Final = regex(r"(?<!\\)(?:\\\\)*\\(?![\\\"'])")
"""A backslash that escapes neither a quote nor a backslash."""


def _doubled(match: re.Match[str]) -> str:
    return match[0] if match[1] else ESCAPE * 2
