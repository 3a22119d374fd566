"""The door of lxml: the tables of a web page, which many programs export under the name .xls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from importer.errors import SourceError
from importer.reading.detected import Detected, Reading
from importer.reading.formats import Format
from importer.reading.frame import FrameGrid
from importer.reading.grid import Cells, is_blank, take
from importer.reading.headers import (
    SAMPLE_ROWS,
    HeaderChoice,
    choose_header,
    header_key,
    header_notes,
    used_names,
    wanted_hits,
)
from importer.reading.limits import Repeats
from importer.reading.profile import Profile
from importer.reading.shapes import PERSONAL_SHAPES
from importer.reading.text.encodings import Encoding, detect_encoding
from importer.reading.workbooks.faults import HIDDEN
from importer.runtime.counting import counted
from importer.runtime.installation import missing_extra
from importer.runtime.regex import regex
from importer.settings import ReadingOptions

if TYPE_CHECKING:
    from lxml import etree

_MOST_BYTES: Final = 64 << 20
_WIDEST_SPAN: Final = 1000
_LONGEST_SPAN: Final = 65_534
"""What browsers make of any span that says more, by the standard of HTML."""

_UNSEEN: Final = frozenset(("script", "style", "template", "table", "head", "title"))
_BREAKS: Final = frozenset(("br", "p", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "tr"))
_DISPLAY_NONE: Final = regex(r"display\s*:\s*none", re.IGNORECASE)
_SPACE: Final = regex(r"[ \t\r\n\f]+")
_SEARCHED_ROWS: Final = 60


@dataclass(slots=True)
class _PageTable:
    rows: list[list[str]] = field(repr=False)
    hidden: set[int]
    """Rows, counted from 0, that the page does not show."""


def read_web_page(place: Path, options: ReadingOptions, *, name: str) -> Reading:
    """Read the table of a page that the mapping's headers fit, else the largest, and what continues it below."""
    if place.stat().st_size > _MOST_BYTES:
        raise SourceError(
            f"{name} is a web page of more than 64 MB. Save it as .xlsx or CSV from a spreadsheet."
        )
    with place.open("rb") as stream:
        encoding = _stated(detect_encoding(stream, declared=options.encoding), place)
    tables = _tables(place.read_bytes().decode(encoding.name, "replace"), name)
    chosen = max(tables, key=lambda one: _fitness(one, options))
    choice = _header_of(chosen, options, name)
    whole, others = _joined(chosen, choice, tables)
    detected = Detected(
        name=name,
        format=Format.HTML.value,
        encoding=encoding.name,
        encoding_rivals=encoding.rivals,
        header_row=choice.first,
        hidden_rows=len(whole.hidden),
        doubts=(*encoding.doubts, *_left_out(others)),
        notes=(f"encoding {encoding.name}: {encoding.why}", *_which(tables, others)),
    )
    return _reading(whole, choice, detected)


_STATED: Final = regex(
    rb"""<(?:meta|\?xml)\b[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE
)
_STATED_WITHIN: Final = 4096

_BROWSERS: Final = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "cp950",
    "tis-620": "cp874",
}
"""Pages that state one of these encodings are read by every browser as the larger one that Windows made of it."""


def _stated(encoding: Encoding, place: Path) -> Encoding:
    """Believe a page's own statement where the bytes leave only a guess."""
    if not encoding.guessed:
        return encoding
    with place.open("rb") as stream:
        stated = _STATED.search(stream.read(_STATED_WITHIN))
    if stated is None:
        return encoding
    try:
        with place.open("rb") as stream:
            name = detect_encoding(stream, declared=stated[1].decode("ascii")).name
    except SourceError:
        return encoding
    # Valid UTF-8 is no guess; so a page that states it, and is none, states the wrong thing.
    return encoding if name == "utf-8" else Encoding(name=_BROWSERS.get(name, name), why="the page states it")


def _reading(table: _PageTable, choice: HeaderChoice, detected: Detected) -> Reading:
    grid = FrameGrid(list[Cells](table.rows), dict.fromkeys(table.hidden, (HIDDEN,)))
    sample = take(grid, SAMPLE_ROWS)
    header = used_names(choice, sample, spare=0)
    return Reading(
        grid=grid,
        header=header,
        header_last=choice.last,
        detected=replace(detected, notes=(*detected.notes, *header_notes(choice, header))),
        profile=Profile.below(sample, choice.last, len(header)),
        ragged=True,
    )


def _which(tables: Sequence[_PageTable], others: Sequence[_PageTable]) -> Iterator[str]:
    if len(tables) > 1:
        yield f"the page has {len(tables)} tables; the one that fits best was taken"
    if len(others) < len(tables) - 1:
        yield "tables below it with the same header were read as its continuation"


def _fitness(table: _PageTable, options: ReadingOptions) -> tuple[int, int]:
    rows = take(FrameGrid(list[Cells](table.rows)), SAMPLE_ROWS)
    return wanted_hits(rows, options.wanted_headers), sum(len(cells) for cells in table.rows)


def _header_of(table: _PageTable, options: ReadingOptions, name: str) -> HeaderChoice:
    rows = take(FrameGrid(list[Cells](table.rows)), SAMPLE_ROWS)
    return choose_header(rows, declared=options.header_row, wanted=options.wanted_headers, name=name)


def _joined(
    chosen: _PageTable, choice: HeaderChoice, tables: Sequence[_PageTable]
) -> tuple[_PageTable, list[_PageTable]]:
    """Put tables of the same header below the chosen one, as a report writes one a page; the others are left."""
    whole = _PageTable(list(chosen.rows), set(chosen.hidden))
    others: list[_PageTable] = []
    for table in tables:
        if table is chosen:
            continue
        start = _repeats_at(table, choice)
        if start is None:
            others.append(table)
            continue
        whole.hidden |= {len(whole.rows) + row for row in table.hidden if row > start}
        # What stands above and names the columns again is no row, but counts, as a blank row does.
        whole.rows.extend([[]] * (start + 1) + table.rows[start + 1 :])
    return whole, others


def _repeats_at(table: _PageTable, choice: HeaderChoice) -> int | None:
    wanted = [header_key(name) for name in choice.names]
    if not any(wanted):
        return None
    for row, cells in enumerate(table.rows[:_SEARCHED_ROWS]):
        if [header_key(cell) for cell in cells] == wanted:
            return row
    return None


def _left_out(tables: Sequence[_PageTable]) -> Iterator[str]:
    """Name tables that are not imported although they seem to hold people."""
    for table in tables:
        filled = [cells for cells in table.rows if not is_blank(cells)]
        shapes = Profile.of(filled[1:SAMPLE_ROWS] or filled).telling.values()
        if filled and PERSONAL_SHAPES & set(shapes):
            columns = counted(max(map(len, filled)), "column")
            yield (
                f"Another table of the page ({counted(len(filled), 'row')} of {columns}) has other columns and is not "
                "imported. Save it as a file of its own if its people are to be imported."
            )


def _tables(text: str, name: str) -> list[_PageTable]:
    root = _parsed(text, name)
    found = [_read_table(table, name) for table in root.iter("table")]
    tables = [table for table in found if any(not is_blank(cells) for cells in table.rows)]
    if not tables:
        what = "whose tables are empty" if found else "without a table that can be read"
        raise SourceError(f"{name} is a web page {what}. Export the contacts again, as .xlsx or CSV.")
    return tables


def _parsed(text: str, name: str) -> etree._Element:
    if not _TABLE.search(text):
        raise SourceError(
            f"{name} is a web page without a table, such as one that asks to sign in. Open what it was downloaded from, and "
            "export the contacts again, as .xlsx or CSV."
        )
    try:
        from lxml import etree
    except ImportError:
        raise SourceError(
            f"{name} is a web page with a table, whatever its name says. Open it in a spreadsheet and save it as "
            f".xlsx, or let the importer read it: {missing_extra('that', 'html')}"
        ) from None
    # Zero bytes end the text for the parser, and a declared encoding contradicts the text, which is decoded already.
    plain = _DECLARATION.sub("", text.replace("\x00", "")).encode("utf-8", "replace")
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, huge_tree=True)
    try:
        root = etree.fromstring(plain, parser)
    except (etree.LxmlError, ValueError):
        root = None
    # Where the page is too much for the parser it stops there, and says so nowhere else.
    if root is None or any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise SourceError(f"{name} is a web page without a table that can be read. Save it as .xlsx or CSV.")
    return root


_TABLE: Final = regex(r"<table\b", re.IGNORECASE)
_DECLARATION: Final = regex(r"\A\s*<\?xml[^>]*\?>")


def _read_table(table: etree._Element, name: str) -> _PageTable:
    found, layout = _PageTable([], set()), _PageLayout(name)
    for row in _rows_of(table):
        if _is_hidden(row):
            found.hidden.add(len(found.rows))
        found.rows.append(layout.row(row))
    return found


class _PageLayout:
    """Lays the cells of a table out as they stand on the page; those that span rows count for each of them."""

    def __init__(self, name: str) -> None:
        self._repeats = Repeats(name)
        self._above: dict[int, tuple[int, str]] = {}
        """By column: for how many more rows a cell above reaches down, and its text."""

    def row(self, row: etree._Element) -> list[str]:
        cells: list[str] = []
        below: dict[int, tuple[int, str]] = {}
        for cell in row:
            if cell.tag in {"td", "th"}:
                self._reach_down(cells, below)
                self._put(cell, cells, below)
        for column in sorted(self._above):
            if column >= len(cells):
                cells.extend([""] * (column - len(cells)))
                self._reach_down(cells, below)
        self._above = below
        self._repeats.add(len(below))
        return cells

    def _reach_down(self, cells: list[str], below: dict[int, tuple[int, str]]) -> None:
        while (reaching := self._above.get(len(cells))) is not None:
            left, text = reaching
            if left > 1:
                below[len(cells)] = (left - 1, text)
            cells.append(text)

    def _put(self, cell: etree._Element, cells: list[str], below: dict[int, tuple[int, str]]) -> None:
        across = min(self._repeats.count(cell.get("colspan")), _WIDEST_SPAN)
        down = min(self._repeats.count(cell.get("rowspan")), _LONGEST_SPAN)
        self._repeats.seen(1)
        self._repeats.add(across - 1)
        # One text across columns is a title or a group of them, not the same value in each.
        for text in [_text(cell), *[""] * (across - 1)]:
            if down > 1:
                below[len(cells)] = (down - 1, text)
            cells.append(text)


def _rows_of(table: etree._Element) -> Iterator[etree._Element]:
    for part in table:
        if part.tag == "tr":
            yield part
        elif part.tag in {"thead", "tbody", "tfoot"}:
            yield from (row for row in part if row.tag == "tr")


def _text(cell: etree._Element) -> str:
    """Write a cell as it shows: lines where the page breaks them, no hidden parts, no tables inside."""
    pieces: list[str] = []
    _gather(cell, pieces)
    lines = (_SPACE.sub(" ", line).strip(" \xa0") for line in "".join(pieces).split(_BREAK))
    return "\n".join(line for line in lines if line)


_BREAK: Final = "\ue000"


def _gather(cell: etree._Element, pieces: list[str]) -> None:
    """Walk a cell without recursion, since pages nest as deeply as they like."""
    stack: list[tuple[etree._Element, bool]] = [(cell, False)]
    while stack:
        element, left = stack.pop()
        breaks = element.tag in _BREAKS
        if left:
            pieces.append(_BREAK if breaks else "")
            pieces.append(element.tail or "")
            continue
        if element is not cell:
            stack.append((element, True))
        if element is not cell and (element.tag in _UNSEEN or _is_hidden(element)):
            continue
        pieces.append(_BREAK if breaks else "")
        pieces.append(element.text or "")
        stack.extend((child, False) for child in reversed(element))


def _is_hidden(element: etree._Element) -> bool:
    return element.get("hidden") is not None or bool(_DISPLAY_NONE.search(element.get("style") or ""))
