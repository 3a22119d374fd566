"""Merged areas: a person reads their text in every row that they span."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

Merges = dict[int, list[tuple[int, int]]]
"""By the first row of a merged area: its last row and its first column, counted from 0."""


_REACH: Final = 256
"""So many columns further right than a row's own last cell an area is followed; wider rows would be of blanks."""


@dataclass(slots=True)
class OpenMerge:
    """A merged area that the rows being read are inside of."""

    last: int
    column: int
    text: str = field(repr=False)


def spread_merges(number: int, cells: list[str], merges: Merges, opened: list[OpenMerge]) -> list[OpenMerge]:
    """Give every row of a merged area the area's text, as a person reads it."""
    opened = [one for one in opened if one.last >= number]
    if any(cells):
        for one in opened:
            # A row ends at its last own cell, and the area may reach into it further right.
            if one.column < len(cells) + _REACH:
                cells.extend([""] * (one.column + 1 - len(cells)))
                cells[one.column] = cells[one.column] or one.text
    for last, column in merges.get(number, ()):
        if column < len(cells) and cells[column]:
            opened.append(OpenMerge(last, column, cells[column]))
    return opened
