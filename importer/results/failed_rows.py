"""Failed rows, to be corrected and imported again: as CSV always, as a workbook where that is whole and of use."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from importer.results.csv_file import TableWriter
from importer.results.files import RunFiles

if TYPE_CHECKING:
    from importer.results.workbook import Pages

XLSX_MOST_COLUMNS: Final = 16_384
MOST_CELLS: Final = 500_000
"""A workbook of so many cells takes a few seconds to write; nobody goes through more of them by hand."""
_DELIMITERS: Final = frozenset(",;\t|")


def shared_delimiter(delimiters: Iterable[str | None]) -> str:
    """Choose what the failed rows are delimited by: as their sources are, or by commas where those differ."""
    found = {(delimiter or ",").strip(" ") for delimiter in delimiters}
    return found.pop() if len(found) == 1 and found <= _DELIMITERS else ","


class FailedRows:
    """Takes the failed rows in source order. The workbook is begun with the first of them: most runs need none."""

    def __init__(
        self,
        table: TableWriter,
        width: int,
        open_workbook: Callable[[], AbstractContextManager[Pages]],
        *,
        most_cells: int,
    ) -> None:
        self._table = table
        self._width = width
        self._open_workbook = open_workbook
        self._opened = contextlib.ExitStack()
        self._pages: Pages | None = None
        self._wanted = True
        self._rows_left = most_cells // width if width <= XLSX_MOST_COLUMNS else 0

    def write(self, line: Sequence[str]) -> None:
        self._table.write(line)
        if not self._wanted:
            return
        marked = self._marked(line)
        if self._rows_left == 0 or not _fits(marked):
            self.abandon()
            return
        self._rows_left -= 1
        if self._pages is None:
            self._pages = self._opened.enter_context(self._open_workbook())
        self._pages.write(marked)

    def abandon(self) -> None:
        """Do without the workbook: what it cannot hold whole would go out cut off."""
        self._wanted, self._pages = False, None
        abandoned = _AbandonedError()
        self._opened.__exit__(_AbandonedError, abandoned, None)

    def finish(self) -> bool:
        """Put the workbook in its place; False where there is none."""
        whole = self._pages is not None
        self._opened.close()
        return whole

    def _marked(self, line: Sequence[str]) -> Sequence[str]:
        """Make a row with too few cells look wrong in a sheet as well, where missing cells are blank ones.

        Imported again as it is, it would otherwise go out with the e-mail in the phone's place.
        """
        if len(line) >= self._width:
            return line
        blanks = [""] * (self._width - len(line))
        return [*line, *blanks, "<- this row has too few cells: put each into its column, and empty this one"]


def _fits(line: Sequence[str]) -> bool:
    from importer.results.workbook import fitted

    return len(line) <= XLSX_MOST_COLUMNS and all(fitted(cell) is cell for cell in line)


class _AbandonedError(Exception):
    """The workbook is not to appear; never leaves this module."""


@contextlib.contextmanager
def open_failed_rows(
    table: TableWriter,
    workbook_path: Path,
    head: Sequence[str],
    files: RunFiles,
    *,
    most_cells: int = MOST_CELLS,
) -> Iterator[FailedRows]:
    """Open the failed rows beside their CSV ``table``; a workbook of an earlier writing that has none now goes."""

    def open_workbook() -> AbstractContextManager[Pages]:
        from importer.results.workbook import xlsx_table

        return xlsx_table(workbook_path, head, title="Failed rows", replacing=files.replacing)

    failed = FailedRows(table, len(head), open_workbook, most_cells=most_cells)
    try:
        yield failed
    except BaseException:
        failed.abandon()
        raise
    if not failed.finish():
        files.withdraw(workbook_path)
