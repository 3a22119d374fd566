"""The signs that structure a text."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import Any, Final

STAND_IN: Final = "\x1f"
"""Stands for a delimiter of several characters, which ``csv.reader`` does not know."""

LIMIT: Final = 2**31 - 1
"""``csv`` refuses cells over 128 KB unless told; this is the most that it takes on every platform."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """Delimiter, quote and escape, and how many cells most rows have."""

    delimiter: str = ","
    quote: str | None = '"'
    escape: str | None = None
    skip_space: bool = False
    width: int = 0

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
        """Put the stand-in where a delimiter of several characters is."""
        return text if len(self.delimiter) == 1 else text.replace(self.delimiter, STAND_IN)

    def decode(self, rows: list[list[str]]) -> list[list[str]]:
        """Undo ``encode`` inside cells, where quotes protected the delimiter."""
        if len(self.delimiter) == 1:
            return rows
        return [[cell.replace(STAND_IN, self.delimiter) for cell in row] for row in rows]
