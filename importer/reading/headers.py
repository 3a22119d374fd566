"""Which row names the columns, and what stands above it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from importer.errors import SourceError
from importer.reading.grid import Cells, filled_width, is_blank
from importer.reading.shapes import DATA_SHAPES, PERSONAL_SHAPES, Shape, shape_of

SAMPLE_ROWS: Final = 200
_SEARCHED_ROWS: Final = 60

NumberedRow = tuple[int, Cells]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderChoice:
    """The header's names, its first and last row, and the reason it was chosen."""

    names: tuple[str, ...]
    first: int
    last: int
    why: str
    above: int = 0
    """Rows above the header that hold something: titles and notes."""


def choose_header(
    rows: Sequence[NumberedRow], *, declared: int | None, wanted: Sequence[str], name: str
) -> HeaderChoice:
    """Find the header among the first rows of a sheet or text."""
    filled = [(number, cells) for number, cells in rows if not is_blank(cells)]
    if declared is not None:
        return _declared(filled, declared, name)
    if not filled:
        raise SourceError(
            f"{name} holds no rows. Export it again, or name the sheet or file that has the contacts."
        )
    return _by_wanted(filled, wanted) or _by_shape(filled, name, mapped=bool(wanted))


def clean_name(cell: str) -> str:
    """Take padding, line breaks and invisible marks out of a header."""
    return _INVISIBLE.sub("", " ".join(cell.split())).strip()


_INVISIBLE: Final = re.compile("[\ufeff\u200b\u200c\u200d\u2060\u00ad]")


def header_key(name: str) -> str:
    """Fold what does not count when two headers are compared: case, white space and punctuation."""
    return "".join(sign for sign in name.casefold() if sign.isalnum())


def _declared(filled: list[NumberedRow], declared: int, name: str) -> HeaderChoice:
    for number, cells in filled:
        if number == declared:
            above = sum(other < declared for other, _ in filled)
            return _choice(cells, number, "it was declared", above)
    raise SourceError(f"Row {declared} of {name}, declared as the header row, is blank or does not exist.")


def wanted_hits(rows: Sequence[NumberedRow], wanted: Sequence[str]) -> int:
    """Count the wanted columns that the best row names."""
    keys = {header_key(name) for name in wanted} - {""}
    return max(
        (len({header_key(cell) for cell in cells} & keys) for _, cells in rows[:_SEARCHED_ROWS]), default=0
    )


def _by_wanted(filled: list[NumberedRow], wanted: Sequence[str]) -> HeaderChoice | None:
    """Take the row that names most of the columns the mapping asks for."""
    keys = {header_key(name) for name in wanted} - {""}
    if not keys:
        return None
    hits = [len({header_key(cell) for cell in cells} & keys) for _, cells in filled[:_SEARCHED_ROWS]]
    best = max(hits)
    # One name out of many can be a value by chance (a column called Email, a cell that says email).
    if best == 0 or (best == 1 and len(keys) > 2 and hits.index(best) > 0):
        return None
    number, cells = filled[hits.index(best)]
    return _choice(
        cells, number, f"it holds {best} of the {len(keys)} columns that the mapping names", hits.index(best)
    )


def _by_shape(filled: list[NumberedRow], name: str, *, mapped: bool) -> HeaderChoice:
    """Take the first row as wide as the table whose cells look like names, not like values."""
    width = _table_width(filled)
    for index, (number, cells) in enumerate(filled[:_SEARCHED_ROWS]):
        if filled_width(cells) >= _enough(width) and (_looks_like_names(cells) or _enough(width) > 1):
            _refuse_values(cells, number, name, mapped=mapped)
            why = "it is the first row" if index == 0 else "it is the first row as wide as the table"
            return _choice(cells, number, why, index)
    number, cells = filled[0]
    _refuse_values(cells, number, name, mapped=mapped)
    return _choice(cells, number, "it is the first row", 0)


def _enough(width: int) -> int:
    return width if width < 3 else max(2, (width + 1) // 2)


def _table_width(filled: list[NumberedRow]) -> int:
    """Find how many cells most rows hold; of two equally common widths the greater."""
    widths = Counter(filled_width(cells) for _, cells in filled)
    return max(widths, key=lambda width: (widths[width], width))


def _looks_like_names(cells: Cells) -> bool:
    shapes = [shape_of(cell) for cell in cells]
    values = sum(shape in DATA_SHAPES for shape in shapes)
    return values * 4 <= sum(shape is not Shape.BLANK for shape in shapes)


def _refuse_values(cells: Cells, number: int, name: str, *, mapped: bool) -> None:
    """Refuse a file without a header: taking its first row for one would lose a contact and name nothing."""
    shapes = {shape_of(cell) for cell in cells}
    if not shapes & PERSONAL_SHAPES and (not mapped or _looks_like_names(cells)):
        return
    shown = " | ".join(cell.strip() for cell in cells[:12])
    raise SourceError(
        f"{name} has no header: its first row, row {number}, holds values, not names of columns: {shown[:300]}. "
        "Put a row with the columns' names above it, or say which row has them (--header-row)."
    )


def _choice(cells: Cells, number: int, why: str, above: int) -> HeaderChoice:
    names = tuple(clean_name(cell) for cell in cells)
    return HeaderChoice(names=names, first=number, last=number, why=why, above=above)
