"""Workbooks that calamine reads: .xls, .xlsb and .ods."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from importer.errors import SourceError
from importer.reading.cells import cell_text
from importer.reading.grid import Batch, Grid
from importer.reading.merges import Merges, OpenMerge, spread_merges
from importer.reading.workbook import Opened, SheetName

_BATCH_ROWS: Final = 512


class CalamineBook:
    """A workbook held by calamine."""

    def __init__(self, place: Path, *, name: str) -> None:
        self._place = place
        self._name = name
        self._book = self._open()
        self.sheet_names = tuple(
            SheetName(name=one.name, visible=str(one.visible).endswith("Visible"))
            for one in self._book.sheets_metadata
            if str(one.typ).endswith("WorkSheet")
        )

    def peek(self, sheet: str) -> Grid:
        return self.open(sheet).grid_of(0)

    def open(self, sheet: str) -> Opened:
        merges = self._merges(sheet)
        return Opened(
            grid_of=lambda width: CalamineSheet(self, sheet, width, merges),
            merged_areas=sum(map(len, merges.values())),
            formats_read=False,
        )

    def _merges(self, sheet: str) -> Merges:
        """List the merged areas that span rows; the library knows them for .xls alone."""
        merges: Merges = {}
        try:
            found = self._book.get_sheet_by_name(sheet).merged_cell_ranges or []
        except BaseException as cause:  # noqa: BLE001  (the library's panics are no Exception; see _damaged)
            raise self._damaged(cause) from None
        for (first, column), (last, _) in found:
            if last > first:
                merges.setdefault(first + 1, []).append((last + 1, column))
        return merges

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

    def __init__(self, book: CalamineBook, sheet: str, width: int, merges: Merges) -> None:
        self._book = book
        self._sheet = sheet
        self._width = width
        self._merges = merges

    def batches(self) -> Iterator[Batch]:
        rows: list[Any] = []
        first, opened = 1, list[OpenMerge]()
        for row in self._book.rows(self._sheet):
            cells = [cell if type(cell) is str else cell_text(cell) for cell in row]
            cells.extend([""] * (self._width - len(cells)))
            if self._merges:
                opened = spread_merges(first + len(rows), cells, self._merges, opened)
            rows.append(cells)
            if len(rows) == _BATCH_ROWS:
                yield Batch(first=first, rows=rows)
                first, rows = first + len(rows), []
        if rows:
            yield Batch(first=first, rows=rows)
