"""What .xls workbooks say about cells beyond their values: number formats, errors, what is hidden."""

from __future__ import annotations

import contextlib
import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from importer.reading.workbooks.columns import letters_of
from importer.reading.workbooks.faults import ERRORS, HIDDEN, error_cell, uncalculated
from importer.reading.workbooks.links import LinkNotes
from importer.reading.workbooks.ole import ole_stream
from importer.reading.workbooks.xls_links import LINK, target_in, target_of
from importer.reading.workbooks.xlsx_formats import Renderer, general, renderer_of
from importer.records import Fault

_LARGEST: Final = 64 << 20
_FORMAT, _XF, _SHEET, _LOCKED, _EPOCH, _BEGIN, _END = 0x041E, 0x00E0, 0x0085, 0x002F, 0x0022, 0x0809, 0x000A
_ROW, _COLUMNS, _NUMBER, _RK, _RKS, _FORMULA, _ERROR = 0x0208, 0x007D, 0x0203, 0x027E, 0x00BD, 0x0006, 0x0205
_MOST_COLUMNS: Final = 256
_TOKENS: Final = 22
"""Where the tokens of a formula begin."""


@dataclass(slots=True)
class SheetLooks:
    """Rows and columns count from 0."""

    renderers: list[Renderer | None] = field(default_factory=list)
    styles: dict[int, array[int]] = field(default_factory=dict, repr=False)
    """For the columns of a row the renderer's place, counted from 1, where it means more than a number."""
    faults: dict[int, list[Fault]] = field(default_factory=dict)
    hidden_rows: int = 0
    hidden_columns: list[int] = field(default_factory=list)
    links: LinkNotes = field(default_factory=LinkNotes)

    def renderer(self, row: int, column: int) -> Renderer:
        """Say how a number in this cell looks."""
        styles = self.styles.get(row, ())
        style = styles[column] if column < len(styles) else 0
        return (self.renderers[style - 1] if style else None) or general

    def style(self, row: int, column: int, number: int) -> None:
        if self.renderers[number] is None:
            return
        if column >= _MOST_COLUMNS:
            raise ValueError("a cell where no cell can be")
        styles = self.styles.setdefault(row, array("H"))
        styles.extend([0] * (column + 1 - len(styles)))
        styles[column] = number + 1


def looks_of(place: Path, sheet: str) -> SheetLooks | None:
    """Read the looks of a sheet; None for a workbook that does not let itself be looked at."""
    if place.stat().st_size > _LARGEST:
        return None
    try:
        return _Book(ole_stream(place.read_bytes(), "Workbook", "Book")).sheet(sheet)
    except (ValueError, LookupError, OverflowError, struct.error, UnicodeError):
        return None


class _Book:
    """The records of a workbook: a kind, a length and a content each."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._wide = content[4:6] == b"\x00\x06"
        """Texts say whether their letters take one byte or two, since Excel 97."""
        self._codes: dict[int, str] = {}
        self._formats: list[int] = []
        self._places: dict[str, int] = {}
        self._epoch_1904 = False

    def sheet(self, name: str) -> SheetLooks:
        self._read_globals()
        looks = SheetLooks(renderers=[self._renderer(number) for number in self._formats])
        self._look(self._places[name], looks)
        return looks

    def _read_globals(self) -> None:
        for kind, body in self._records(0):
            if kind == _LOCKED:
                raise ValueError("the workbook is encrypted")
            if kind == _FORMAT:
                self._codes[body[0] | body[1] << 8] = self._text(body, 2, size=2 if self._wide else 1)
            elif kind == _EPOCH:
                self._epoch_1904 = body[0] == 1
            elif kind == _XF:
                self._formats.append(body[2] | body[3] << 8)
            elif kind == _SHEET:
                self._places[self._text(body, 6, size=1)] = struct.unpack_from("<I", body)[0]

    def _records(self, place: int) -> Iterator[tuple[int, bytes]]:
        """Walk the records of a sheet, without those of charts in it."""
        depth = 0
        while place + 4 <= len(self._content):
            kind, size = struct.unpack_from("<HH", self._content, place)
            depth += (kind == _BEGIN) - (kind == _END)
            if depth <= 0:
                return
            if depth == 1:
                yield kind, self._content[place + 4 : place + 4 + size]
            place += 4 + size

    def _text(self, body: bytes, place: int, *, size: int) -> str:
        length = int.from_bytes(body[place : place + size], "little")
        place += size
        if not self._wide:
            return body[place : place + length].decode("cp1252", "replace")
        if body[place] & 1:
            return body[place + 1 : place + 1 + 2 * length].decode("utf-16-le", "replace")
        return body[place + 1 : place + 1 + length].decode("latin-1")

    def _renderer(self, number: int) -> Renderer | None:
        renderer = renderer_of(number, self._codes.get(number), epoch_1904=self._epoch_1904)
        return None if renderer is general else renderer

    def _look(self, place: int, looks: SheetLooks) -> None:
        for kind, body in self._records(place):
            if kind in {_NUMBER, _RK, _RKS, _FORMULA}:
                _take_numbers(looks, kind, body)
            if kind in {_ERROR, _FORMULA}:
                _take_faults(looks, kind, body)
            if kind == _FORMULA:
                _take_formula(looks, body)
            elif kind == LINK:
                _take_link(looks, body)
            elif kind == _ROW and body[12] & 0x20:
                looks.hidden_rows += 1
                looks.faults.setdefault(body[0] | body[1] << 8, []).append(HIDDEN)
            elif kind == _COLUMNS and body[8] & 1:
                first, last = struct.unpack_from("<HH", body)
                looks.hidden_columns.extend(range(first, min(last, 255) + 1) if last < 255 else ())


def _take_numbers(looks: SheetLooks, kind: int, body: bytes) -> None:
    row, first = struct.unpack_from("<HH", body)
    formats = struct.iter_unpack("<HI", body[4:-2]) if kind == _RKS else [struct.unpack_from("<H", body, 4)]
    for column, (number, *_) in enumerate(formats, first):
        looks.style(row, column, number)


def _take_link(looks: SheetLooks, body: bytes) -> None:
    """Note a link's area; one that is damaged is left out, and costs the sheet nothing else."""
    with contextlib.suppress(struct.error):
        first, last, column = struct.unpack_from("<HHH", body)
        looks.links.put(column, first + 1, last + 1, target_of(body))


def _take_formula(looks: SheetLooks, body: bytes) -> None:
    if target := target_in(body[_TOKENS:]):
        row, column = struct.unpack_from("<HH", body)
        looks.links.put(column, row + 1, row + 1, target)


def _take_faults(looks: SheetLooks, kind: int, body: bytes) -> None:
    """Note errors, and formulas that are to be worked out on opening and have no result until then."""
    row, column = struct.unpack_from("<HH", body)
    if kind == _ERROR:
        fault = error_cell(letters_of(column), ERRORS.get(body[6], "#N/A")) if body[7] else None
    elif body[12:14] != b"\xff\xff":
        fault = None
    elif body[6] == 2:
        fault = error_cell(letters_of(column), ERRORS.get(body[8], "#N/A"))
    else:
        fault = uncalculated(letters_of(column)) if body[6] == 3 and body[14] & 1 else None
    if fault is not None:
        looks.faults.setdefault(row, []).append(fault)
