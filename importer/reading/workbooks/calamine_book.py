"""Workbooks that calamine reads: .xls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from importer.errors import SourceError
from importer.reading.grid import Batch, Grid
from importer.reading.workbooks.book import Opened, SheetName
from importer.reading.workbooks.cells import cell_text, number_text
from importer.reading.workbooks.columns import letters_of
from importer.reading.workbooks.links import Links
from importer.reading.workbooks.merges import Merges, OpenMerge, spread_merges
from importer.reading.workbooks.xls_looks import SheetLooks

_BATCH_ROWS: Final = 512


class CalamineBook:
    """A workbook held by calamine."""

    def __init__(self, place: Path, *, name: str, looks: Callable[[str], SheetLooks | None]) -> None:
        """Take what tells of a sheet's cells beyond the values that calamine reads; it gives None where nothing does."""
        self._place = place
        self._name = name
        self._looks = looks
        self._book = self._open()
        self.sheet_names = tuple(
            SheetName(name=one.name, visible=str(one.visible).endswith("Visible"))
            for one in self._book.sheets_metadata
            if str(one.typ).endswith("WorkSheet")
        )

    def peek(self, sheet: str) -> Grid:
        return CalamineSheet(self, sheet, 0, {}, SheetLooks())

    def open(self, sheet: str) -> Opened:
        merges = self._merges(sheet)
        looks = self._looks(sheet)
        seen = looks or SheetLooks()
        return Opened(
            grid_of=lambda width: CalamineSheet(self, sheet, width, merges, seen),
            hidden_rows=seen.hidden_rows,
            hidden_columns=tuple(map(letters_of, seen.hidden_columns)),
            merged_areas=sum(map(len, merges.values())),
            formats_read=looks is not None,
            links=partial(self._links, sheet, seen),
        )

    def _links(self, sheet: str, seen: SheetLooks) -> Links:
        """Give the links by the columns of the table, which begins where the empty ones on the left end."""
        start = self.first_column(sheet)
        return {column - start: rows for column, rows in seen.links.links.items() if column >= start}

    def _merges(self, sheet: str) -> Merges:
        """List the merged areas that span rows; the library knows them for .xls alone."""
        merges: Merges = {}
        start = self.first_column(sheet)
        try:
            found = self._book.get_sheet_by_name(sheet).merged_cell_ranges or []
        except BaseException as cause:  # noqa: BLE001  (the library's panics are no Exception; see _damaged)
            raise self._damaged(cause) from None
        for (first, column), (last, _) in found:
            if last > first:
                merges.setdefault(first + 1, []).append((last + 1, max(column - start, 0)))
        return merges

    def first_column(self, sheet: str) -> int:
        """Count the empty columns on the left, which calamine leaves out of its rows."""
        try:
            return (self._book.get_sheet_by_name(sheet).start or (0, 0))[1]
        except BaseException as cause:  # noqa: BLE001  (the library's panics are no Exception; see _damaged)
            raise self._damaged(cause) from None

    def rows(self, sheet: str) -> Iterator[list[Any]]:
        """Walk a sheet from its first row, also where the first rows are empty."""
        try:
            found = self._book.get_sheet_by_name(sheet)
            yield from found.iter_rows()
        except BaseException as cause:  # noqa: BLE001  (the library's panics are no Exception; see _damaged)
            raise self._damaged(cause) from None

    def _open(self) -> Any:
        from python_calamine import CalamineWorkbook

        try:
            return CalamineWorkbook.from_path(str(self._place))
        except BaseException as cause:  # noqa: BLE001  (the library's panics are no Exception; see _damaged)
            raise self._damaged(cause) from None

    def _damaged(self, cause: BaseException) -> SourceError:
        """Translate whatever the library makes of a damaged file; its panics are no ordinary exceptions."""
        if isinstance(cause, KeyboardInterrupt | SystemExit | GeneratorExit | MemoryError | SourceError):
            raise cause
        return SourceError(
            f"{self._name} cannot be read as a workbook: {str(cause)[:160]}. "
            "It may be damaged; open it in a spreadsheet and save it as .xlsx."
        )


class CalamineSheet:
    """The grid of one sheet."""

    def __init__(self, book: CalamineBook, sheet: str, width: int, merges: Merges, looks: SheetLooks) -> None:
        self._book = book
        self._sheet = sheet
        self._width = width
        self._merges = merges
        self._looks = looks

    def batches(self) -> Iterator[Batch]:
        batch, opened = Batch(first=1, rows=[]), list[OpenMerge]()
        start = self._book.first_column(self._sheet)
        for row, values in enumerate(self._book.rows(self._sheet)):
            cells = [
                value if type(value) is str else self._text(row, column, value)
                for column, value in enumerate(values, start)
            ]
            cells.extend([""] * (self._width - len(cells)))
            if self._merges:
                opened = spread_merges(row + 1, cells, self._merges, opened)
            if row in self._looks.faults and any(cells):
                batch.faults[len(batch.rows)] = tuple(self._looks.faults[row])
            batch.rows.append(cells)
            if len(batch.rows) == _BATCH_ROWS:
                yield batch
                batch = Batch(first=row + 2, rows=[])
        if batch.rows:
            yield batch

    def _text(self, row: int, column: int, value: object) -> str:
        if type(value) is not float and type(value) is not int:
            return cell_text(value)
        return self._looks.renderer(row, column)(str(number_text(value)))
