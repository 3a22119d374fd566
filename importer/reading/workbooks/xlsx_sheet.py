"""The rows of one .xlsx sheet, streamed.

A sheet is read without the library that reads the other workbooks, for measured reasons: it does not say which
number format a cell has, which rows are hidden or which formulas were never calculated; it holds the sheet in
memory; and one cell in the last corner of a sheet ends the process. Cells that look the way every writer
writes them are cut out by one pattern; a row that holds anything else is parsed as XML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final
from xml.etree import ElementTree as ET

from importer.errors import SourceError
from importer.reading.grid import Batch
from importer.reading.workbooks.columns import column_of, letters_of
from importer.reading.workbooks.faults import HIDDEN, error_cell, uncalculated
from importer.reading.workbooks.merges import Merges, OpenMerge, spread_merges
from importer.reading.workbooks.xlsx_formats import Renderer, general, iso_text
from importer.reading.workbooks.xlsx_shape import FoundCell, RowShape
from importer.reading.workbooks.xlsx_strings import fragment, plain, rich
from importer.records import Fault, TypedText
from importer.runtime.regex import regex

_BATCH_ROWS: Final = 512
_MOST_ROWS: Final = 1_048_576
_LONGEST_ROW: Final = 256 << 20

_CELL: Final = regex(
    r'<c r="([A-Z]{1,3})\d+"(?: s="(\d+)")?(?: t="(\w+)")?'
    r"(?:/>|>(<f(?:/>|[^>]*?/>|[^>]*>[^<]*</f>))?(?:<v>([^<]*)</v>|(<v ?/>)|<is><t(?: xml:space=\"preserve\")?>([^<]*)</t></is>)?</c>)"
)
_ROW: Final = regex(r"\s*<row\b([^>]*)>")
_NUMBER: Final = regex(r'\br="(\d{1,9})"')
_HIDDEN: Final = regex(r'\bhidden="(?:1|true)"')


class RowReader:
    """Turns the XML of rows into cells."""

    def __init__(self, *, shared: list[str], renderers: list[Renderer], width: int, name: str) -> None:
        self._shared = shared
        self._renderers = renderers
        self._width = width
        self.name = name
        self._columns: dict[str, int] = {}
        self._shape = RowShape(shared=shared, renderers=renderers, width=width)

    def cells(self, xml: str, root: str) -> tuple[list[str], tuple[Fault, ...]]:
        """Read the cells of one row, each in its column."""
        try:
            row = self._shape.read(xml)
        except IndexError:
            row = None
        return (row, ()) if row is not None else self._cell_by_cell(xml, root)

    def _cell_by_cell(self, xml: str, root: str) -> tuple[list[str], tuple[Fault, ...]]:
        found: list[FoundCell] = _CELL.findall(xml)
        if len(found) != xml.count("<c"):
            return self._unusual(xml, root)
        row = [""] * self._width
        faults: list[Fault] = []
        columns = [self._column(cell[0]) for cell in found]
        for column, cell in zip(columns, found, strict=True):
            text = self._text(cell, faults)
            if column < len(row):
                row[column] = text
            elif text:
                row.extend([""] * (column - len(row)))
                row.append(text)
        self._shape.learn(found, columns)
        return row, tuple(faults)

    def _column(self, letters: str) -> int:
        column = self._columns.get(letters)
        if column is None:
            column = self._columns[letters] = column_of(letters, self.name)
        return column

    def _text(self, cell: FoundCell, faults: list[Fault]) -> str:
        letters, style, kind, formula, value, _, inline = cell
        if kind == "s":
            return self._shared_text(value)
        if not value and not inline:
            if formula and kind != "str":
                faults.append(uncalculated(letters))
            return ""
        if kind in {"", "n"}:
            return self._number(value, style)
        if kind == "e":
            faults.append(error_cell(letters, plain(value)))
            return ""
        return _other(kind, value, inline)

    def _shared_text(self, value: str) -> str:
        if not value:
            return ""
        if value.isdecimal() and int(value) < len(self._shared):
            return self._shared[int(value)]
        raise SourceError(
            f"{self.name} is damaged: a cell points to text {value[:20]!r}, which the workbook does not hold. "
            "Open it in a spreadsheet and save it again."
        )

    def _number(self, value: str, style: str) -> str:
        if not style:
            return general(value)
        number = int(style) if style.isdecimal() and len(style) < 7 else -1
        return (self._renderers[number] if 0 <= number < len(self._renderers) else general)(value.strip())

    def _unusual(self, xml: str, root: str) -> tuple[list[str], tuple[Fault, ...]]:
        """Read a row that is written in an unusual way, as XML."""
        tree = fragment(root, f"<row>{xml}</row>")
        if tree is None:
            raise SourceError(
                f"{self.name} is damaged: a row of its sheet is not well-formed XML. Open it in a spreadsheet and save it again."
            )
        row = [""] * self._width
        faults: list[Fault] = []
        column = -1
        for cell in tree.iterfind("c"):
            letters = re.match(r"[A-Z]{1,3}(?=\d)", cell.get("r", ""))
            column = column_of(letters[0], self.name) if letters else column + 1
            text = self._cell_text(cell, letters_of(column), faults)
            if text:
                row.extend([""] * (column + 1 - len(row)))
                row[column] = text
        return row, tuple(faults)

    def _cell_text(self, cell: ET.Element, letters: str, faults: list[Fault]) -> str:
        kind, value = cell.get("t", ""), (cell.findtext("v") or "").strip("\r\n\t ")
        if kind == "inlineStr":
            inline = cell.find("is")
            return "" if inline is None else rich(ET.tostring(inline, encoding="unicode").partition(">")[2])
        if kind == "str":
            value = cell.findtext("v") or ""
        formula = "formula" if cell.find("f") is not None else ""
        escaped = value.replace("&", "&amp;")
        return self._text((letters, cell.get("s", ""), kind, formula, escaped, "", ""), faults)


def _other(kind: str, value: str, inline: str) -> str:
    if kind == "b":
        true = value.strip() in {"1", "true"}
        return TypedText("TRUE" if true else "FALSE", true)
    if kind == "d":
        return iso_text(value)
    return plain(value or inline)


def rows_of_sheet(chunks: Iterable[str], name: str) -> Iterator[tuple[str, str, str]]:
    """Cut a sheet's XML into its root tag and, row by row, the attributes and the cells' XML."""
    text, root, prefix = "", "", ""
    started = False
    for chunk in chunks:
        text += re.sub(rf"(</?){prefix}:", r"\1", chunk) if prefix else chunk
        if not started:
            begin = re.search(r"<(?:(\w+):)?sheetData\b[^>]*>", text)
            if begin is None:
                continue
            prefix = begin[1] or ""
            root = _root_tag(text, prefix)
            text, started = text[begin.end() :], True
            if prefix:
                text = re.sub(rf"(</?){prefix}:", r"\1", text)
        cut = text.rfind("</row>")
        if cut >= 0:
            for piece in text[:cut].split("</row>"):
                start = _ROW.match(piece)
                if start and start[1][-1:] != "/":
                    yield root, start[1], piece[start.end() :]
                else:
                    yield from _row(piece, root)
            text = text[cut + 6 :]
        if "</sheetData>" in text:
            return
        if len(text) > _LONGEST_ROW:
            raise SourceError(
                f"{name} is damaged: one row of its sheet is larger than any row of contacts. Save it again."
            )


def _row(piece: str, root: str) -> Iterator[tuple[str, str, str]]:
    start = _ROW.match(piece)
    while start and start[1].endswith("/"):
        yield root, start[1], ""
        start = _ROW.match(piece, start.end())
    if start:
        yield root, start[1], piece[start.end() :]


def _root_tag(text: str, prefix: str) -> str:
    found = re.search(r"<(?:\w+:)?worksheet\b[^>]*>", text)
    tag = found[0] if found else "<worksheet>"
    return tag.replace(f"<{prefix}:", "<").replace(f"xmlns:{prefix}=", "xmlns=") if prefix else tag


def batches_of(rows: Iterable[tuple[str, str, str]], reader: RowReader, merges: Merges) -> Iterator[Batch]:
    """Gather rows into batches; a gap in the row numbers begins a new one."""
    batch = Batch(first=1, rows=[])
    number, open_merges = 0, list[OpenMerge]()
    for root, attributes, xml in rows:
        number = _next_number(attributes, number, reader.name)
        cells, faults = reader.cells(xml, root) if xml else ([], ())
        if merges:
            open_merges = spread_merges(number, cells, merges, open_merges)
        if "hidden" in attributes and _HIDDEN.search(attributes):
            faults = (*faults, HIDDEN)
        if number != batch.first + len(batch.rows) or len(batch.rows) == _BATCH_ROWS:
            if batch.rows:
                yield batch
            batch = Batch(first=number, rows=[])
        if faults:
            batch.faults[len(batch.rows)] = faults
        batch.rows.append(cells)
    if batch.rows:
        yield batch


def _next_number(attributes: str, last: int, name: str) -> int:
    stated = _NUMBER.search(attributes)
    number = int(stated[1]) if stated else last + 1
    if not last < number <= _MOST_ROWS:
        raise SourceError(
            f"{name} is damaged: row {number} follows row {last} in its sheet. Open it in a spreadsheet and save it again."
        )
    return number
