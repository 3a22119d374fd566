"""The catalogue of codes that a row's outcome can carry: stable names, and what to do about each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from importer.records import Remedy


@dataclass(frozen=True, slots=True)
class Code:
    """One entry: the stable name, a title, how to mend it, and whether mending the row or running again helps."""

    name: str
    title: str
    mend: str
    remedy: Remedy = Remedy.FIX_ROW


CATALOGUE: Final[tuple[Code, ...]] = (
    # reading
    Code(
        "column_count",
        "The row has more or fewer cells than the header",
        "Look for an unquoted delimiter or a missing one in that row, and quote or add it.",
    ),
    Code(
        "undecodable_bytes",
        "The row has bytes that are not text in the file's encoding",
        "Correct the cell, or declare the file's encoding in the mapping (source: encoding) or with --encoding.",
    ),
    Code(
        "unclosed_quote",
        "A quote opens in the row and is never closed",
        "Close the quote, or take it out, and check the row's cells.",
    ),
    Code(
        "stray_quote",
        "A quote in the row has no partner and was read as a plain character",
        "Look at the row's values; double a quote that belongs to a quoted cell.",
    ),
    # mapping
    # sending
    # results
)

BY_NAME: Final = {code.name: code for code in CATALOGUE}


def remedy_of(name: str) -> Remedy:
    """Tell what helps a row that failed with this code."""
    return BY_NAME[name].remedy
