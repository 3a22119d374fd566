"""An .xlsx workbook: its sheets as grids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from importer.errors import SourceError
from importer.reading.grid import Batch, Grid
from importer.reading.workbooks.archive import refuse_entities
from importer.reading.workbooks.book import Opened, SheetName
from importer.reading.workbooks.columns import column_of, letters_of
from importer.reading.workbooks.links import Links
from importer.reading.workbooks.merges import Merges
from importer.reading.workbooks.xlsx_links import links_behind, links_in_formulas, related_targets
from importer.reading.workbooks.xlsx_package import Package, SheetPart
from importer.reading.workbooks.xlsx_sheet import RowReader, batches_of, rows_of_sheet
from importer.reading.workbooks.xlsx_strings import shared_strings
from importer.runtime.regex import regex

_MERGE: Final = regex(r'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z]{1,3})(\d+):[A-Z]{1,3}(\d+)"')
_COLUMN: Final = regex(r"<(?:\w+:)?col\b([^>]*)>")
_ATTRIBUTE: Final = regex(r'\b(min|max|hidden)="([^"]*)"')
_MOST_MERGES: Final = 200_000


@dataclass(slots=True)
class Survey:
    """What stands around a sheet's rows."""

    merges: Merges = field(default_factory=dict)
    hidden_columns: tuple[str, ...] = ()
    hidden_rows: int = 0
    tail: str = field(default="", repr=False)
    """What stands behind the rows."""
    formulas_that_link: bool = False


class XlsxBook:
    """An .xlsx workbook; strings and styles are read once, rows as often as they are wanted."""

    def __init__(self, place: Path, *, name: str) -> None:
        self._package = Package(place, name=name)
        self._name = name
        self._renderers = self._package.renderers()
        self._strings: list[str] | None = None
        self._sheets = {sheet.name: sheet for sheet in self._package.sheets if not sheet.chart}
        if not self._sheets:
            raise SourceError(f"{name} has no sheet with cells. Export the contacts again.")
        self.sheet_names = tuple(
            SheetName(name=sheet.name, visible=sheet.visible) for sheet in self._sheets.values()
        )

    def peek(self, sheet: str) -> Grid:
        return XlsxSheet(self, self._sheets[sheet], width=0, merges={})

    def open(self, sheet: str) -> Opened:
        part = self._sheets[sheet]
        survey = self.survey(part)
        return Opened(
            grid_of=lambda width: XlsxSheet(self, part, width=width, merges=survey.merges),
            hidden_rows=survey.hidden_rows,
            hidden_columns=survey.hidden_columns,
            merged_areas=sum(map(len, survey.merges.values())),
            links=partial(self._links, part, survey),
        )

    def _links(self, part: SheetPart, survey: Survey) -> Links:
        links: dict[int, Mapping[int, str]] = {}
        if survey.formulas_that_link:
            links |= links_in_formulas((xml for _, _, xml in self.rows(part)), self._name)
        if "hyperlink" in survey.tail and (rels := self._package.relations_part(part.part)):
            with self._package.opened() as archive:
                related = related_targets(self._package.text(archive, rels))
            for column, addresses in links_behind(survey.tail, related, self._name).items():
                links[column] = {**links.get(column, {}), **addresses}
        return links

    def strings(self) -> list[str]:
        """Read the shared strings, once."""
        if self._strings is None:
            part = self._package.strings_part()
            self._strings = []
            if part is not None:
                with self._package.opened() as archive:
                    self._strings = shared_strings(self._package.text(archive, part))
        return self._strings

    def survey(self, part: SheetPart) -> Survey:
        """Walk a sheet's XML once, without its cells: hidden rows, hidden columns, merged areas, and that it is whole."""
        survey = Survey()
        head, tail, last = b"", b"", b""
        with self._package.opened() as archive:
            for chunk in self._package.chunks(archive, part.part):
                survey.hidden_rows += _hidden_rows(chunk)
                if not survey.formulas_that_link:
                    survey.formulas_that_link = _formulas_link(chunk) or _formulas_link(last + chunk[:_SEAM])
                head = head if len(head) >= _HEAD else head + chunk
                if tail:
                    tail += chunk
                elif _ends(chunk) or _ends(last + chunk[:_SEAM]):
                    tail = last + chunk
                last = chunk[-_SEAM:]
        before = head.partition(b"sheetData")[0].decode("utf-8", "replace")
        refuse_entities(before, self._name)
        survey.hidden_rows -= before.count(' hidden="1"')
        survey.hidden_columns = tuple(_hidden_columns(before))
        survey.tail = tail.decode("utf-8", "replace")
        survey.merges = _merges(survey.tail, self._name)
        if "hyperlink" not in survey.tail:
            survey.tail = ""
        return survey

    def rows(self, part: SheetPart) -> Iterator[tuple[str, str, str]]:
        with self._package.opened() as archive:
            yield from rows_of_sheet(self._package.text(archive, part.part), self._name)

    def reader(self, width: int) -> RowReader:
        return RowReader(shared=self.strings(), renderers=self._renderers, width=width, name=self._name)


_HEAD: Final = 1 << 16
_SEAM: Final = 16


# Each of these is asked of the whole sheet before the first row is read. A look for one sign takes a fifth of that for a
# word, and cells of shared strings have neither an h nor a bracket in them.


def _hidden_rows(content: bytes) -> int:
    return content.count(b' hidden="1"') if b"h" in content else 0


def _formulas_link(content: bytes) -> bool:
    return b"(" in content and b"HYPERLINK(" in content


def _ends(content: bytes) -> bool:
    """Tell whether the cells end in this part of a sheet."""
    found = b"h" in content and b"sheetData>" in content
    return found and (b"/sheetData>" in content or b":sheetData>" in content)


class XlsxSheet:
    """The grid of one sheet."""

    def __init__(self, book: XlsxBook, part: SheetPart, *, width: int, merges: Merges) -> None:
        self._book = book
        self._part = part
        self._width = width
        self._merges = merges

    def batches(self) -> Iterator[Batch]:
        return batches_of(self._book.rows(self._part), self._book.reader(self._width), self._merges)


def _hidden_columns(head: str) -> Iterator[str]:
    for found in _COLUMN.finditer(head):
        given = dict(_ATTRIBUTE.findall(found[1]))
        if given.get("hidden") in {"1", "true"} and given.get("min", "").isdecimal():
            first = int(given["min"])
            last = int(given["max"]) if given.get("max", "").isdecimal() else first
            if last < 16_384:  # everything to the right of the table is often hidden; nothing is there
                yield from (letters_of(column - 1) for column in range(first, last + 1))


def _merges(tail: str, name: str) -> Merges:
    merges: Merges = {}
    for count, (letters, first, last) in enumerate(_MERGE.findall(tail)):
        if count > _MOST_MERGES:
            break
        if int(last) > int(first):
            merges.setdefault(int(first), []).append((int(last), column_of(letters, name)))
    return merges
