"""Which row names the columns, and what stands above it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from importer.errors import SourceError
from importer.reading.grid import Cells, filled_width, is_blank
from importer.reading.profile import Profile
from importer.reading.shapes import DATA_SHAPES, Shape, is_personal, shape_of
from importer.reading.short_texts import remembered
from importer.records import value_type
from importer.runtime.counting import counted
from importer.runtime.regex import regex

SAMPLE_ROWS: Final = 200
_SEARCHED_ROWS: Final = 60
_LONG_NAME: Final = 40
"""A first row with a cell longer than this is rather a title than the names of columns."""

NumberedRow = tuple[int, Cells]


@value_type(frozen=True, slots=True, kw_only=True)
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
    return _of_datev(filled) or _by_wanted(filled, wanted) or _by_shape(filled, name, mapped=bool(wanted))


@remembered
def clean_name(cell: str) -> str:
    """Take padding, line breaks and invisible marks out of a header."""
    marked = _MISREAD_MARK.fullmatch(cell)
    text = cell if marked is None else marked[1] or marked[2]
    return " ".join(_UNDECODED.sub("\ufffd", _INVISIBLE.sub("", text)).split())


_UNDECODED: Final = regex("[\ud800-\udfff]")
_MISREAD_MARK: Final = regex('ï»¿(?:"([^"]+)"|(.*))', re.DOTALL)
"""A byte order mark that a spreadsheet took for letters, and saved as such; a quote behind it was no quote to it, either."""
_INVISIBLE: Final = regex("[\ufeff\u200b\u200c\u200d\u2060\u00ad\x00]")


@remembered
def header_key(name: str) -> str:
    """Fold what does not count when two headers are compared: case, white space and punctuation."""
    return "".join(sign for sign in name.casefold() if sign.isalnum())


def wanted_hits(rows: Sequence[NumberedRow], wanted: Sequence[str]) -> int:
    """Count the wanted columns that the best row names."""
    keys = {header_key(name) for name in wanted} - {""}
    return max((_hits(cells, keys) for _, cells in rows[:_SEARCHED_ROWS]), default=0)


def _hits(cells: Sequence[str], keys: set[str]) -> int:
    return len({header_key(clean_name(cell)) for cell in cells} & keys)


def _declared(filled: list[NumberedRow], declared: int, name: str) -> HeaderChoice:
    for index, (number, cells) in enumerate(filled):
        if number == declared:
            return HeaderChoice(
                names=_names(cells), first=number, last=number, why="it was declared", above=index
            )
    raise SourceError(f"Row {declared} of {name}, declared as the header row, is blank or does not exist.")


def _of_datev(filled: list[NumberedRow]) -> HeaderChoice | None:
    """Take the row below DATEV's own first row, which looks like a contact: EXTF;700;16;"Debitoren/Kreditoren";..."""
    first = [cell.strip() for cell in filled[0][1][:3]]
    if len(filled) < 2 or len(first) < 3 or first[0] not in _DATEV or not all(map(str.isdecimal, first[1:])):
        return None
    return _span(filled, 1, 1, "it stands below DATEV's own first row")


_DATEV: Final = frozenset({"EXTF", "DTVF"})
"""Written by other programs for DATEV, and by DATEV itself."""


def _by_wanted(filled: list[NumberedRow], wanted: Sequence[str]) -> HeaderChoice | None:
    """Take the row, or two rows joined, that name most of the columns the mapping asks for."""
    keys = {header_key(name) for name in wanted} - {""}
    if not keys:
        return None
    searched = filled[:_SEARCHED_ROWS]
    hits = [_hits(cells, keys) for _, cells in searched]
    joined = [_hits(_join(upper, lower), keys) for (_, upper), (_, lower) in pairwise(searched)]
    best = max(hits)
    if joined and max(joined) > best:
        index = joined.index(max(joined))
        return _span(filled, index, index + 1, _why_wanted(max(joined), keys))
    # One name out of many can be a value by chance: a cell that says "email" somewhere below.
    if best == 0 or (best == 1 and len(keys) > 2 and hits.index(best) > 0):
        return None
    index = hits.index(best)
    return _span(filled, index, index, _why_wanted(best, keys))


_MOST_MAPPED: Final = 300
"""No mapping asks for more columns; whoever does, searches by all names that exports use."""


def _why_wanted(hits: int, keys: set[str]) -> str:
    if len(keys) > _MOST_MAPPED:
        return f"it names {counted(hits, 'column')} as exports do"
    return f"it names {hits} of the {counted(len(keys), 'column')} that the mapping asks for"


def _by_shape(filled: list[NumberedRow], name: str, *, mapped: bool) -> HeaderChoice:
    """Take the row right above the first row of values, or the first row as wide as the table."""
    enough = _enough(_table_width(filled))
    wide = [index for index, (_, cells) in enumerate(filled[:_SEARCHED_ROWS]) if _count(cells) >= enough]
    start = wide[0] if wide else 0
    last = _last_above_values(filled, start, enough)
    _refuse_values(filled[start:], name, mapped=mapped)
    if last == 0 and _only_values(filled[0][1]):
        return _invented(filled[0])
    first = last
    while first > start and _belongs(filled, first):
        first -= 1
    why = "it is the first row" if last == 0 else "it is the last row above the values"
    return _span(
        filled,
        first,
        last,
        why if first == last else f"rows {filled[first][0]} to {filled[last][0]} name the columns together",
    )


def _last_above_values(filled: list[NumberedRow], start: int, enough: int) -> int:
    """Find the last row of names: the first one, unless it has gaps or twins and the row below explains them."""
    below = filled[start + 3 :] or filled[start + 2 :] or filled[start + 1 :]
    profile = Profile.of([cells for _, cells in below[-_SEARCHED_ROWS:]])
    last = start
    for index in range(start + 1, min(len(filled), start + 4)):
        upper, lower = filled[last][1], filled[index][1]
        if _repeats(upper, lower) or (
            profile.telling and not profile.conforms(lower) and _continues(upper, lower, enough, profile)
        ):
            last = index
        else:
            break
    return last


def _continues(upper: Cells, lower: Cells, enough: int, profile: Profile) -> bool:
    """Tell a second row of names from a first row of data that lacks its dates and numbers."""
    if _has_values(lower) or not _wordy(lower):
        return False
    if any(len(cell) > _LONG_NAME for cell in upper):
        return _count(lower) >= enough
    if _spans_both(upper, lower):
        return True
    if _count(upper) == filled_width(upper) and not _twins(upper):
        return _names_all(upper, lower, profile, enough)
    if _count(lower) == 1:
        # One name below one name is the title of a group of rows; below a gap it is the column's.
        column = next(index for index, cell in enumerate(lower) if cell.strip())
        return column >= len(upper) or not upper[column].strip()
    sparse = _count(lower) >= enough and _count(upper) * 10 <= _count(lower) * 7
    return sparse or not lower[0].strip()


def _spans_both(upper: Cells, lower: Cells) -> bool:
    """Tell two rows of names by a cell that is merged over both, beside a group's title with a name below each of its columns."""
    pairs = [(above.strip(), own.strip()) for above, own in zip(upper, lower, strict=False)]
    merged = any(above and above == own for above, own in pairs)
    return merged and any(not above for above, _ in pairs) and all(own for _, own in pairs)


def _names_all(upper: Cells, lower: Cells, profile: Profile, enough: int) -> bool:
    """Tell the names below a title that is cut into cells: they fill columns that it leaves, and none has a value."""
    hits, misses = profile.matches(lower)
    return _count(upper) < _count(lower) >= enough and misses == len(profile.telling) > hits


def _wordy(cells: Cells) -> bool:
    return sum(any(map(str.isalpha, cell)) for cell in cells) * 5 >= _count(cells) * 4


def _twins(cells: Cells) -> bool:
    names = [cell.strip() for cell in cells if cell.strip()]
    return len(set(names)) < len(names)


def _belongs(filled: list[NumberedRow], index: int) -> bool:
    """Tell whether the row above is part of the header: it repeats this one, or fills its gaps, or tells twins apart."""
    upper, lower = filled[index - 1][1], filled[index][1]
    if _repeats(upper, lower):
        return True
    if _count(upper) < 2 or _has_values(upper):
        return False
    return _twins(lower) or not all(cell.strip() for cell in lower[: filled_width(upper)])


def _repeats(upper: Cells, lower: Cells) -> bool:
    return [header_key(cell) for cell in upper] == [header_key(cell) for cell in lower]


def _only_values(cells: Cells) -> bool:
    shapes = {shape_of(cell) for cell in cells} - {Shape.BLANK}
    return len(cells) > 1 and shapes <= DATA_SHAPES


def _invented(row: NumberedRow) -> HeaderChoice:
    """Number the columns of a file whose first row is nothing but values, so that it can be looked at whole."""
    number, cells = row
    names = tuple(f"col_{column}" for column in range(len(cells)))
    why = f"no row names the columns (row {number} holds nothing but values), so they are numbered"
    return HeaderChoice(names=names, first=0, last=number - 1, why=why)


def _span(filled: list[NumberedRow], first: int, last: int, why: str) -> HeaderChoice:
    names = _names(filled[last][1])
    for index in range(last - 1, first - 1, -1):
        names = _join(filled[index][1], names)
    return HeaderChoice(names=names, first=filled[first][0], last=filled[last][0], why=why, above=first)


def _names(cells: Cells) -> tuple[str, ...]:
    return tuple(clean_name(cell) for cell in cells)


def _join(upper: Cells, lower: Sequence[str]) -> tuple[str, ...]:
    """Put a name over a group of columns before the name of each of them."""
    if _repeats(upper, lower):
        return _names(upper)
    joined: list[str] = []
    group = ""
    for column in range(max(len(upper), len(lower))):
        above = clean_name(upper[column]) if column < len(upper) else ""
        own = clean_name(lower[column]) if column < len(lower) else ""
        group = above or (group if own else "")
        if above == own:  # one cell over both rows
            joined.append(own)
            continue
        joined.append(f"{group} {own}".strip())
    return tuple(joined)


def _count(cells: Cells) -> int:
    return sum(1 for cell in cells if cell.strip())


def _enough(width: int) -> int:
    return width if width < 3 else max(2, (width + 1) // 2)


def _table_width(filled: list[NumberedRow]) -> int:
    """Find how wide most rows are filled; of two equally common widths the greater."""
    widths = Counter(filled_width(cells) for _, cells in filled)
    return max(widths, key=lambda width: (widths[width], width))


def _has_values(cells: Cells) -> bool:
    shapes = [shape_of(cell) for cell in cells]
    values = sum(shape in DATA_SHAPES for shape in shapes)
    return values * 4 > sum(shape is not Shape.BLANK for shape in shapes)


def _refuse_values(rows: Sequence[NumberedRow], name: str, *, mapped: bool) -> None:
    """Refuse a file without a header: taking its first row for one would lose a contact and name nothing."""
    number, cells = rows[0]
    if not (any(map(is_personal, cells)) or (mapped and _has_values(cells)) or _is_like(cells, rows[1:])):
        return
    shown = " | ".join(cell.strip() for cell in cells[:12])
    raise SourceError(
        f"{name} has no header: its first row, row {number}, holds values, not names of columns. Put a row with the "
        "columns' names above it, or say which row has them (--header-row).",
        cells=(f"row {number}: {shown[:300]}",),
    )


def _is_like(cells: Cells, below: Sequence[NumberedRow]) -> bool:
    """Tell a first row that has a date, a time or a link where all the rows below have one, too."""
    profile = Profile.of([row for _, row in below[:_SEARCHED_ROWS]])
    if len(below) < _LIKE_ROWS:
        return False
    shapes = {column: shape_of(cells[column]) for column in profile.telling if column < len(cells)}
    alike = [shape for column, shape in shapes.items() if shape is profile.telling[column]]
    return any(shape is not Shape.NUMBER for shape in alike) and len(alike) == len(shapes)


_LIKE_ROWS: Final = 2
"""Rows that must show what a column holds before the first row is judged by them."""


def used_names(choice: HeaderChoice, rows: Sequence[NumberedRow], *, spare: int) -> tuple[str, ...]:
    """Leave out nameless columns at the right end that hold nothing, once there are more than ``spare`` of them."""
    names = choice.names
    named = filled_width(names)
    used = max([named, *(filled_width(cells) for number, cells in rows if number > choice.last)])
    return names if len(names) - named <= spare else names[: min(used, len(names))]


def header_notes(choice: HeaderChoice, header: Sequence[str]) -> list[str]:
    """Say why this row is the header, and what is odd about its names."""
    notes = [f"header row {choice.first}: {choice.why}" if choice.first else choice.why]
    if choice.above:
        rows = (
            "1 row above the header is a title or note; it is"
            if choice.above == 1
            else f"{choice.above} rows above the header are titles or notes; they are"
        )
        notes.append(f"{rows} not imported")
    twins = [name for name, count in Counter(header).items() if name and count > 1]
    if twins:
        notes.append(f"more than one column is called {', '.join(twins[:5])}")
    if nameless := sum(not name for name in header):
        notes.append(f"{counted(nameless, 'column')} without a name")
    return notes
