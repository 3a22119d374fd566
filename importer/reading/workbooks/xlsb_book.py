"""A binary Excel workbook: its sheets as grids, streamed.

It is read without the library that reads old workbooks, because that leaves out the short records of cells which
other programs write, and does not say which number format a cell has.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from importer.errors import SourceError
from importer.reading.grid import Batch, Grid
from importer.reading.workbooks.archive import Archive
from importer.reading.workbooks.book import Opened, SheetName
from importer.reading.workbooks.columns import MOST_COLUMNS, letters_of
from importer.reading.workbooks.faults import ERRORS, HIDDEN, error_cell
from importer.reading.workbooks.links import MOST_LINKS, LinkNotes, Links
from importer.reading.workbooks.merges import Merges
from importer.reading.workbooks.rows import MOST_ROWS, SheetRow, batches
from importer.reading.workbooks.xlsb_links import LINK, links_of, target_in
from importer.reading.workbooks.xlsb_records import records, rk_number, wide_text
from importer.reading.workbooks.xlsx_formats import Renderer, general, renderer_of
from importer.reading.workbooks.xlsx_links import related_targets
from importer.reading.workbooks.xlsx_package import SheetPart
from importer.records import TypedText

_ROW, _STRING, _FORMAT, _STYLE, _COLUMNS = 0, 19, 44, 47, 60
_WORKBOOK, _SHEET, _MERGE, _END_OF_CELLS = 153, 156, 176, 146
_STYLES_BEGIN, _STYLES_END = 617, 618
_BLANK, _RK, _ERROR, _TRUTH, _REAL, _TEXT, _SHARED = 1, 2, 3, 4, 5, 6, 7
_RICH: Final = 62
_SHORT: Final = {12: _BLANK, 13: _RK, 14: _ERROR, 15: _TRUTH, 16: _REAL, 17: _TEXT, 18: _SHARED}
"""Records that leave out the column, since it is the one behind the last cell's."""

_FORMULA_OF_TEXT: Final = 8
_FORMULAS: Final = {_FORMULA_OF_TEXT: _TEXT, 9: _REAL, 10: _TRUTH, 11: _ERROR}
_CELLS: Final = {**{kind: kind for kind in range(1, 8)}, **_FORMULAS, _RICH: _RICH}
_MOST_MERGES: Final = 200_000


@dataclass(slots=True)
class _Survey:
    """What stands around a sheet's rows."""

    merges: Merges = field(default_factory=dict)
    hidden_columns: list[str] = field(default_factory=list)
    hidden_rows: int = 0
    links: LinkNotes = field(default_factory=LinkNotes)
    linked_areas: list[bytes] = field(default_factory=list)


class XlsbBook:
    """An .xlsb workbook; strings and styles are read once, rows as often as they are wanted."""

    def __init__(self, place: Path, *, name: str) -> None:
        self.name = name
        self._archive = Archive(place, name=name)
        with self._archive.opened() as archive:
            workbook = self._archive.main_part(archive, "xl/workbook.bin")
            relations = self._archive.relations_of(archive, workbook)
        strings = self._archive.part_of_kind(relations, "sharedStrings")
        styles = self._archive.part_of_kind(relations, "styles")
        self._sheets: dict[str, SheetPart] = {}
        self._epoch_1904 = False
        self._read_workbook(workbook, relations)
        self.strings = list(self._read_strings(strings)) if strings else []
        self.renderers = self._read_styles(styles) if styles else []
        if not self._sheets:
            raise SourceError(f"{name} has no sheet with cells. Export the contacts again.")
        self.sheet_names = tuple(
            SheetName(name=sheet.name, visible=sheet.visible) for sheet in self._sheets.values()
        )

    def peek(self, sheet: str) -> Grid:
        return XlsbSheet(self, sheet, width=0, merges={})

    def open(self, sheet: str) -> Opened:
        survey = self._survey(sheet)
        return Opened(
            grid_of=lambda width: XlsbSheet(self, sheet, width=width, merges=survey.merges),
            hidden_rows=survey.hidden_rows,
            hidden_columns=tuple(survey.hidden_columns),
            merged_areas=sum(map(len, survey.merges.values())),
            links=partial(self._links, sheet, survey),
        )

    def _links(self, sheet: str, survey: _Survey) -> Links:
        part = self._sheets[sheet].part
        if survey.linked_areas and (rels := self._archive.relations_part(part)):
            with self._archive.opened() as archive:
                targets = related_targets(self._archive.text(archive, rels))
            with self.translated():
                links_of(survey.linked_areas, targets, survey.links)
        return survey.links.links

    def translated(self) -> AbstractContextManager[None]:
        return self._archive.translated()

    def records_of(self, sheet: str) -> Iterator[tuple[int, bytes]]:
        return self._records(self._sheets[sheet].part)

    def _records(self, part: str) -> Iterator[tuple[int, bytes]]:
        with self._archive.opened() as archive:
            yield from records(self._archive.chunks(archive, part))

    def _read_workbook(self, part: str, relations: dict[str, tuple[str, str]]) -> None:
        for kind, body in self._records(part):
            with self.translated():
                if kind == _WORKBOOK:
                    self._epoch_1904 = bool(body[0] & 1)
                elif kind == _SHEET:
                    self._add_sheet(body, relations)

    def _add_sheet(self, body: bytes, relations: dict[str, tuple[str, str]]) -> None:
        (state,) = struct.unpack_from("<I", body)
        key, end = wide_text(body, 8)
        title, _ = wide_text(body, end)
        what, part = relations.get(key, ("", ""))
        if what.endswith("/worksheet") and self._archive.has(part):
            self._sheets[title] = SheetPart(name=title, part=part, visible=not state)

    def _read_strings(self, part: str) -> Iterator[str]:
        for kind, body in self._records(part):
            if kind == _STRING:
                with self.translated():
                    yield wide_text(body, 1)[0]

    def _read_styles(self, part: str) -> list[Renderer]:
        """List, by a cell's style number, how its number becomes text."""
        codes: dict[int, str] = {}
        renderers: list[Renderer] = []
        inside = False
        for kind, body in self._records(part):
            inside = kind == _STYLES_BEGIN or (inside and kind != _STYLES_END)
            with self.translated():
                if kind == _FORMAT:
                    codes[struct.unpack_from("<H", body)[0]] = wide_text(body, 2)[0]
                elif kind == _STYLE and inside:
                    (number,) = struct.unpack_from("<H", body, 2)
                    renderers.append(renderer_of(number, codes.get(number), epoch_1904=self._epoch_1904))
        return renderers

    def _survey(self, sheet: str) -> _Survey:
        """Walk a sheet's records once, without its cells: what is hidden, merged areas, and that it is whole."""
        survey, row = _Survey(), 0
        for kind, body in self.records_of(sheet):
            with self.translated():
                if kind == _ROW:
                    survey.hidden_rows += _is_hidden(body)
                    row = struct.unpack_from("<I", body)[0] + 1
                elif kind == _FORMULA_OF_TEXT and (target := target_in(body)):
                    survey.links.put(struct.unpack_from("<I", body)[0], row, row, target)
                elif kind == LINK and len(survey.linked_areas) < MOST_LINKS:
                    survey.linked_areas.append(body)
                elif kind == _COLUMNS:
                    _note_columns(survey, body)
                elif kind == _MERGE and len(survey.merges) < _MOST_MERGES:
                    first, last, column = struct.unpack_from("<III", body)
                    if last > first:
                        survey.merges.setdefault(first + 1, []).append((last + 1, column))
        return survey


class XlsbSheet:
    """The grid of one sheet."""

    def __init__(self, book: XlsbBook, sheet: str, *, width: int, merges: Merges) -> None:
        self._book = book
        self._sheet = sheet
        self._width = width
        self._merges = merges

    def batches(self) -> Iterator[Batch]:
        return batches(self._rows(), width=self._width, merges=self._merges)

    def _rows(self) -> Iterator[SheetRow]:
        """Walk the rows that the sheet lists, in order."""
        row, last = SheetRow(number=0), -1
        with self._book.translated():
            for kind, body in self._book.records_of(self._sheet):
                if kind == _ROW:
                    if row.number:
                        yield row
                    row, last = _begun(body, row.number), -1
                elif kind in _CELLS:
                    last = self._take(row, _CELLS[kind], _column(body, last), body, 8)
                elif kind in _SHORT:
                    last = self._take(row, _SHORT[kind], last + 1, body, 4)
                elif kind == _END_OF_CELLS:
                    break
            if row.number:
                yield row

    def _take(self, row: SheetRow, kind: int, column: int, body: bytes, place: int) -> int:
        """Take in a cell and tell its column; its value begins at ``place``, behind its column and its style."""
        if kind == _ERROR:
            row.faults.append(error_cell(letters_of(column), ERRORS.get(body[place], "#N/A")))
        elif kind != _BLANK and (text := self._text(kind, body, place)):
            row.put(column, text)
        return column

    def _text(self, kind: int, body: bytes, place: int) -> str:
        value: float
        if kind == _SHARED:
            return self._book.strings[int.from_bytes(body[place : place + 4], "little")]
        if kind == _TEXT:
            return wide_text(body, place)[0]
        if kind == _RICH:
            return wide_text(body, place + 1)[0]
        if kind == _TRUTH:
            return TypedText("TRUE" if body[place] else "FALSE", bool(body[place]))
        if kind == _RK:
            value = rk_number(struct.unpack_from("<I", body, place)[0])
        else:
            value = struct.unpack_from("<d", body, place)[0]
        style = int.from_bytes(body[place - 4 : place - 1], "little")
        renderers = self._book.renderers
        render = renderers[style] if style < len(renderers) else general
        return render(repr(value))


def _begun(body: bytes, before: int) -> SheetRow:
    (index,) = struct.unpack_from("<I", body)
    if not before <= index < MOST_ROWS:
        raise ValueError(f"row {index + 1} stands where it cannot be")
    return SheetRow(number=index + 1, faults=[HIDDEN] if _is_hidden(body) else [])


def _column(body: bytes, last: int) -> int:
    column: int = struct.unpack_from("<I", body)[0]
    if not last < column < MOST_COLUMNS:
        raise ValueError(f"a cell in column {column + 1}, where none can be")
    return column


def _is_hidden(row: bytes) -> bool:
    return bool(row[11] & 0x10)


def _note_columns(survey: _Survey, body: bytes) -> None:
    first, last = struct.unpack_from("<II", body)
    # Everything to the right of the table is often hidden; nothing is there.
    if body[16] & 1 and last < MOST_COLUMNS - 1:
        survey.hidden_columns.extend(letters_of(column) for column in range(first, last + 1))
