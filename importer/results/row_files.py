"""The tables of a run, written side by side in one pass: all rows, failed rows, failed rows by cause."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from importer.records import Outcome, Status, row_id
from importer.results.columns import Columns
from importer.results.csv_file import CauseTable, TableWriter, csv_by_cause, csv_table
from importer.results.files import Replacing, replacing
from importer.results.joining import Joined
from importer.results.tally import Tally
from importer.settings import ResultsFormat

XLSX_MOST_COLUMNS: Final = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFiles:
    """Where the tables go; the suffix of ``results`` and ``failed_by_cause`` tells their form."""

    results: Path
    failed_rows: Path
    failed_by_cause: Path

    def placed(self, place_of: Callable[[Path], Path]) -> TableFiles:
        """Tell where the tables went."""
        return TableFiles(
            results=place_of(self.results),
            failed_rows=place_of(self.failed_rows),
            failed_by_cause=place_of(self.failed_by_cause),
        )


def table_files(folder: Path, results_format: ResultsFormat, columns: Columns) -> TableFiles:
    """Name the tables; a header too wide for a workbook is written as CSV whatever was asked for."""
    fits = len(columns.head) <= XLSX_MOST_COLUMNS
    suffix = ".xlsx" if results_format == ResultsFormat.XLSX and fits else ".csv"
    return TableFiles(
        results=folder / f"results{suffix}",
        failed_rows=folder / "failed.csv",
        failed_by_cause=folder / f"failed-by-cause{suffix}",
    )


class Tables:
    """The open tables: each row is written where it belongs, and counted."""

    def __init__(
        self, columns: Columns, tally: Tally, *, results: TableWriter, failed: TableWriter, causes: CauseTable
    ) -> None:
        self._columns = columns
        self._tally = tally
        self._results = results
        self._failed = failed
        self._causes = causes
        self.rows: Counter[int] = Counter()
        """Rows of each source so far."""

    @property
    def cut_cells(self) -> int:
        """Cells of ``results`` that did not fit whole."""
        return self._results.cut_cells

    def write(self, joined: Joined) -> None:
        """Write the rows of a block."""
        block, find = joined.block, joined.outcomes.get
        source, base = block.source, row_id(block.source, 0)
        see, line_of = self._tally.see, self._columns.row
        lines = []
        for number, cells in zip(block.numbers, block.rows, strict=True):
            outcome = find(base | number)
            see(base | number, outcome, cells)
            line = line_of(source, number, outcome, cells)
            lines.append(line)
            if outcome is None or outcome.status is Status.FAILED or outcome.status is Status.PENDING:
                self._file_failed(outcome, line)
        self.rows[source] += len(lines)
        self._results.write_all(lines)

    def _file_failed(self, outcome: Outcome | None, line: list[str]) -> None:
        self._failed.write(line)
        if outcome is not None and outcome.status is Status.FAILED:
            self._causes.add(outcome.code or Status.FAILED.value, line)


@contextlib.contextmanager
def open_tables(
    files: TableFiles, columns: Columns, tally: Tally, *, replacing: Replacing = replacing
) -> Iterator[Tables]:
    """Open all tables; they appear when the context ends well."""
    head = columns.head
    with contextlib.ExitStack() as stack:
        failed = stack.enter_context(csv_table(files.failed_rows, head, replacing=replacing))
        if files.results.suffix == ".xlsx":
            from importer.results import workbook

            results: TableWriter = stack.enter_context(
                workbook.xlsx_table(files.results, head, replacing=replacing)
            )
            causes: CauseTable = stack.enter_context(
                workbook.xlsx_by_cause(files.failed_by_cause, head, replacing=replacing)
            )
        else:
            results = stack.enter_context(csv_table(files.results, head, replacing=replacing))
            causes = stack.enter_context(csv_by_cause(files.failed_by_cause, head, replacing=replacing))
        yield Tables(columns, tally, results=results, failed=failed, causes=causes)
