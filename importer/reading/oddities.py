"""Rows that are no data although they stand among it: totals, notes, repeated headers, a second table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from importer.reading.grid import Cells
from importer.reading.profile import Profile
from importer.reading.shapes import PERSONAL_SHAPES, Shape, shape_of
from importer.records import Fault

_FOOTER: Final = re.compile(
    r"(?:grand\s+|sub-?\s?)?totals?\b(?!\s+\w+\s+\w+\s+\w+)|(?:total|count|sum|records?|rows?|contacts?)\s?[:=]|\d+\s+(?:records?|rows?|contacts?|entries|results)\b"
    r"|(?:generated|exported|report(?:ed)?|printed|downloaded|source|page|notes?|copyright|confidential|disclaimer)\b\s?(?::|\d|by\b|on\b|from\b|at\b|©)"
    r"|(?:©|\(c\)\s|---|===|\*\*\*|end of (?:report|file|list|data)\b|summe\b|gesamt\b|totale\b)",
    re.IGNORECASE,
)

REPEATED: Final = Fault(code="repeated_header", message="The row repeats the header; it is no contact.")
_FOOTER_FAULT: Final = Fault(
    code="footer_row",
    message="The row stands at the end of the table and reads like a total or a note, not like a contact.",
)
_SECOND: Final = Fault(
    code="second_table",
    message="The row belongs to a second table below the first, with other columns. Import it from a file of its own.",
)


class Oddities:
    """Judges rows one by one, in order; only rows where something may be odd are shown to it."""

    def __init__(self, *, header: Sequence[str], width: int, profile: Profile) -> None:
        self._header = [*header, *[""] * (width - len(header))]
        self._width = width
        self._profile = profile
        self._below = False

    def repeats_header(self, rows: Sequence[Cells]) -> bool:
        """Tell whether one of many rows repeats the header, at the speed of a list comparison."""
        return self._header in rows

    def footer(self, cells: Cells) -> Fault | None:
        """Say that one of the last rows is a total or a note."""
        return _FOOTER_FAULT if self._is_footer(cells) else None

    def fault(self, cells: Cells, *, after_gap: bool) -> Fault | None:
        """Say what a row is that is no data; None for a row of the table."""
        if list(cells) == self._header:
            return REPEATED
        if after_gap and self._is_footer(cells):
            return _FOOTER_FAULT
        if after_gap or self._below:
            self._below = self._is_second(cells)
            return _SECOND if self._below else None
        return None

    def shifted(self, cells: Cells) -> bool:
        """Tell a row whose surplus cell is blank because a blank cell further left pushed all others on."""
        hits, misses = self._profile.matches(cells[: self._width])
        if not misses:
            return False
        for column in range(self._width):
            if not cells[column].strip():
                back = [*cells[:column], *cells[column + 1 :]]
                better, worse = self._profile.matches(back[: self._width])
                if better > hits and worse < misses:
                    return True
        return False

    def _is_footer(self, cells: Cells) -> bool:
        filled = [cell.strip() for cell in cells if cell.strip()]
        if self._width < 3 or not filled or len(filled) > max(2, self._width // 2):
            return False
        if not _FOOTER.match(filled[0]):
            return False
        return not {shape_of(cell) for cell in filled} & PERSONAL_SHAPES

    def _is_second(self, cells: Cells) -> bool:
        """Tell names where values should be; below such a row, whatever does not fit the first table's columns."""
        hits, misses = self._profile.matches(cells)
        if self._below:
            return not hits or misses > 0
        shapes = [shape_of(cell) for cell in cells if cell.strip()]
        return (
            len(shapes) > 1
            and not hits
            and misses > 0
            and all(shape in {Shape.WORDS, Shape.OTHER} for shape in shapes)
        )
