"""An OpenDocument workbook: its sheets as grids, streamed from its one XML part."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from importer.errors import SourceError
from importer.reading.grid import Batch, Grid
from importer.reading.limits import Repeats
from importer.reading.workbooks.archive import Archive, refuse_entities
from importer.reading.workbooks.book import Opened, SheetName
from importer.reading.workbooks.columns import MOST_COLUMNS, letters_of
from importer.reading.workbooks.faults import HIDDEN, error_cell, uncalculated
from importer.reading.workbooks.links import LinkNotes, Links
from importer.reading.workbooks.ods_cells import (
    OPEN_DOCUMENT,
    TABLE,
    TEXT,
    is_error,
    is_uncalculated,
    ods_text,
)
from importer.reading.workbooks.ods_links import SIGN, target_of
from importer.reading.workbooks.rows import MOST_ROWS, SheetRow, batches
from importer.records import Fault

_STYLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_CONTENT: Final = "content.xml"
_CELLS: Final = frozenset((f"{TABLE}table-cell", f"{TABLE}covered-table-cell"))
_ASIDES: Final = frozenset(
    (
        f"{TABLE}shapes",
        f"{TABLE}tracked-changes",
        f"{OPEN_DOCUMENT}annotation",
        f"{OPEN_DOCUMENT}forms",
        f"{TABLE}dde-links",
    )
)
"""What may hold tables and rows of its own that are none of the sheet."""


@dataclass(slots=True)
class _Sheet:
    """What stands around a sheet's rows."""

    index: int
    style: str
    hidden_rows: int = 0
    hidden_columns: list[str] = field(default_factory=list)
    merged_areas: int = 0
    columns: int = 0


class OdsBook:
    """An .ods workbook; a first walk over it finds its sheets and that it is whole."""

    def __init__(self, place: Path, *, name: str) -> None:
        self.name = name
        self._archive = Archive(place, name=name)
        self._sheets: dict[str, _Sheet] = {}
        self._has_links = False
        hidden = self._survey()
        if not self._sheets:
            raise SourceError(f"{name} has no sheet with cells. Export the contacts again.")
        self.sheet_names = tuple(
            SheetName(name=title, visible=sheet.style not in hidden) for title, sheet in self._sheets.items()
        )

    def peek(self, sheet: str) -> Grid:
        return OdsSheet(self, sheet, width=0)

    def open(self, sheet: str) -> Opened:
        found = self._sheets[sheet]
        return Opened(
            grid_of=lambda width: OdsSheet(self, sheet, width=width),
            hidden_rows=found.hidden_rows,
            hidden_columns=tuple(found.hidden_columns),
            merged_areas=found.merged_areas,
            links=partial(self._links, sheet),
        )

    def rows(self, wanted: str) -> Iterator[SheetRow]:
        """Walk the rows of a sheet that hold something."""
        repeats = Repeats(self.name)
        for element, number, count in self._numbered(wanted, repeats):
            yield from self._repeated(element, number, count, repeats)

    def _links(self, wanted: str) -> Links:
        """Find the links of a sheet that write to somebody."""
        notes, repeats = LinkNotes(), Repeats(self.name)
        if not self._has_links:
            return notes.links
        for element, number, count in self._numbered(wanted, repeats):
            column = 0
            for cell in element:
                if cell.tag in _CELLS:
                    if target := target_of(cell):
                        notes.put(column, number, number + count - 1, target)
                    column += repeats.count(cell.get(f"{TABLE}number-columns-repeated"))
        return notes.links

    def _numbered(self, wanted: str, repeats: Repeats) -> Iterator[tuple[ET.Element, int, int]]:
        """Walk the rows of a sheet, with their number and how often they stand there."""
        tables, number = 0, 0
        index = self._sheets[wanted].index
        for event, element in self._elements():
            if element.tag == _TABLE:
                tables += event == "start"
                if tables > index and event == "end":
                    return
            elif tables > index and event == "end" and element.tag == _ROW:
                count = repeats.count(element.get(f"{TABLE}number-rows-repeated"))
                yield element, number + 1, count
                number = min(number + count, MOST_ROWS)

    def _repeated(self, element: ET.Element, number: int, count: int, repeats: Repeats) -> Iterator[SheetRow]:
        repeats.seen(len(element) + 1)
        row = self._read(element, number, repeats)
        if row.cells or len(row.faults) > _is_hidden(element):
            repeats.add((count - 1) * max(len(row.cells), 1))
            yield row
            for offset in range(1, count):
                yield SheetRow(number=number + offset, cells=list(row.cells), faults=list(row.faults))

    def _read(self, element: ET.Element, number: int, repeats: Repeats) -> SheetRow:
        row, column = SheetRow(number=number), 0
        if _is_hidden(element):
            row.faults.append(HIDDEN)
        for cell in element:
            if cell.tag not in _CELLS:
                continue
            count = repeats.count(cell.get(f"{TABLE}number-columns-repeated"))
            text, fault = _read_cell(cell, column)
            if fault is not None:
                row.faults.append(fault)
            if text:
                repeats.add(count - 1)
                self._refuse_wide(column + count)
                _note_span(row, column, repeats.count(cell.get(f"{TABLE}number-rows-spanned")))
                for offset in range(count):
                    row.put(column + offset, text)
            column += count
        return row

    def _refuse_wide(self, width: int) -> None:
        if width > MOST_COLUMNS:
            raise SourceError(
                f"{self.name} has a row of {width:,} cells, more than the {MOST_COLUMNS:,} columns of any sheet. "
                "Open it in a spreadsheet and save the contacts as .xlsx or CSV."
            )

    def _survey(self) -> set[str]:
        """Walk the whole content once: sheets, what they hide, and which styles hide a sheet."""
        hidden_styles: set[str] = set()
        sheet, tables = _Sheet(0, ""), 0
        for event, element in self._elements():
            if event == "end" and element.tag == f"{_STYLE}style":
                shown = element.find(f"{_STYLE}table-properties")
                if shown is not None and shown.get(f"{TABLE}display") == "false":
                    hidden_styles.add(element.get(f"{_STYLE}name", ""))
            elif event == "start" and element.tag == _TABLE:
                sheet = _Sheet(tables, element.get(f"{TABLE}style-name", ""))
                tables += 1
                self._sheets.setdefault(element.get(f"{TABLE}name") or f"Sheet{tables}", sheet)
            elif event == "end" and element.tag == f"{TABLE}table-column":
                _note_columns(sheet, element)
            elif event == "end" and element.tag == _ROW:
                sheet.hidden_rows += _is_hidden(element) and _holds_something(element)
                sheet.merged_areas += sum(
                    cell.get(f"{TABLE}number-rows-spanned", "1") != "1" for cell in element
                )
        return hidden_styles

    def _elements(self) -> Iterator[tuple[str, ET.Element]]:
        """Walk the sheets' elements but cells and their texts; a row is complete at its end and gone behind it."""
        walk = _OdsWalk()
        for event, element in self._parsed():
            # Most of what comes by are cells and texts: no more is done with them than to look at the tag.
            if element.tag in _QUIET:
                continue
            if event == "start":
                walk.enter(element)
            if not walk.aside:
                yield event, element
            if event == "end":
                walk.leave(element)

    def _parsed(self) -> Iterator[tuple[str, ET.Element]]:
        with self._archive.opened() as archive, self._archive.stream(archive, _CONTENT) as stream:
            parser: ET.XMLPullParser[ET.Element] = ET.XMLPullParser(("start", "end"))
            head = stream.read(_PIECE)
            refuse_entities(head.decode("utf-8", "replace"), self.name)
            piece, before = head, b""
            while piece:
                self._has_links = self._has_links or SIGN in (before + piece).lower()
                before = piece[-len(SIGN) :]
                parser.feed(piece)
                yield from parser.read_events()  # type: ignore[misc]  # (start and end events have elements)
                piece = stream.read(_PIECE)
            parser.close()


_PIECE: Final = 1 << 14
"""More at once would keep more elements alive than the processor's caches and the garbage collector like."""


class _OdsWalk:
    """Knows what is none of the sheets' own, and throws away what was seen, so that memory stays flat."""

    def __init__(self) -> None:
        self.aside = 0
        """How deep the walk is in what may hold tables and rows that are none of the sheet."""
        self._above: list[ET.Element] = []
        self._tables = 0

    def enter(self, element: ET.Element) -> None:
        self._above.append(element)
        self.aside += element.tag in _ASIDES or (element.tag == _TABLE and self._tables > 0)
        self._tables += element.tag == _TABLE

    def leave(self, element: ET.Element) -> None:
        self._above.pop()
        self._tables -= element.tag == _TABLE
        self.aside -= element.tag in _ASIDES or (element.tag == _TABLE and self._tables > 0)
        if element.tag in _DONE and self._above:
            # A damaged file may have a row within a cell, which the walk does not enter.
            with contextlib.suppress(ValueError):
                self._above[-1].remove(element)


_TABLE: Final = f"{TABLE}table"
_ROW: Final = f"{TABLE}table-row"
_DONE: Final = frozenset((_ROW, f"{TABLE}table-column", f"{TABLE}shapes", f"{_STYLE}style"))
_QUIET: Final = frozenset(
    (*_CELLS, *(f"{TEXT}{name}" for name in ("p", "span", "s", "a", "tab", "line-break")))
)


class OdsSheet:
    """The grid of one sheet."""

    def __init__(self, book: OdsBook, sheet: str, *, width: int) -> None:
        self._book = book
        self._sheet = sheet
        self._width = width

    def batches(self) -> Iterator[Batch]:
        return batches(self._book.rows(self._sheet), width=self._width, merges={})


def _note_span(row: SheetRow, column: int, rows: int) -> None:
    if rows > 1:
        row.merges.append((row.number + rows - 1, column))


def _read_cell(cell: ET.Element, column: int) -> tuple[str, Fault | None]:
    if is_error(cell):
        return "", error_cell(letters_of(column), "".join(cell.itertext()).strip())
    text = ods_text(cell)
    if not text and is_uncalculated(cell):
        return "", uncalculated(letters_of(column))
    return text, None


def _is_hidden(element: ET.Element) -> bool:
    return element.get(f"{TABLE}visibility") in {"collapse", "filter"}


def _holds_something(row: ET.Element) -> bool:
    return any(len(cell) or cell.get(f"{OPEN_DOCUMENT}value-type") for cell in row)


def _note_columns(sheet: _Sheet, element: ET.Element) -> None:
    repeated = element.get(f"{TABLE}number-columns-repeated", "1")
    count = int(repeated) if repeated.isdecimal() and len(repeated) < 6 else MOST_COLUMNS
    first, sheet.columns = sheet.columns, min(sheet.columns + count, MOST_COLUMNS)
    # Everything to the right of the table is often hidden; nothing is there.
    if _is_hidden(element) and sheet.columns < MOST_COLUMNS // 16:
        sheet.hidden_columns.extend(map(letters_of, range(first, sheet.columns)))
