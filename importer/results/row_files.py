"""The tables of a run, written side by side in one pass: all rows, failed rows, failed rows by cause."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import Final

from importer.records import Block, Outcome, Status, row_id, value_type
from importer.results.columns import UNREACHED, Columns
from importer.results.csv_file import CauseTable, TableWriter, csv_by_cause, csv_table
from importer.results.failed_rows import XLSX_MOST_COLUMNS, FailedRows, open_failed_rows
from importer.results.files import RunFiles
from importer.results.joining import Joined
from importer.results.tally import Tally
from importer.settings import ResultsFormat

_LEFT: Final = frozenset({Status.FAILED, Status.PENDING})
"""How rows ended that the failed rows hold."""


@value_type(frozen=True, slots=True, kw_only=True)
class TableFiles:
    """Where the tables go; the suffix of ``results`` and ``failed_by_cause`` tells their form."""

    results: Path
    failed_rows: Path
    failed_by_cause: Path
    failed_workbook: Path

    def placed(self, files: RunFiles) -> PlacedTables:
        """Tell where the tables went."""
        return PlacedTables(
            results=files.place_of(self.results),
            failed_rows=files.place_of(self.failed_rows),
            failed_by_cause=files.place_of(self.failed_by_cause),
            failed_workbook=files.placed(self.failed_workbook),
        )

    def __iter__(self) -> Iterator[Path]:
        return iter((self.results, self.failed_rows, self.failed_by_cause, self.failed_workbook))


@value_type(frozen=True, slots=True, kw_only=True)
class PlacedTables:
    """Where the tables went."""

    results: Path
    failed_rows: Path
    failed_by_cause: Path
    failed_workbook: Path | None


def table_files(folder: Path, results_format: ResultsFormat, columns: Columns) -> TableFiles:
    """Name the tables; a header too wide for a workbook is written as CSV whatever was asked for."""
    fits = len(columns.head) <= XLSX_MOST_COLUMNS
    suffix = ".xlsx" if results_format == ResultsFormat.XLSX and fits else ".csv"
    return TableFiles(
        results=folder / f"results{suffix}",
        failed_rows=folder / "failed.csv",
        failed_by_cause=folder / f"failed-by-cause{suffix}",
        failed_workbook=folder / "failed.xlsx",
    )


class Tables:
    """The open tables: each row is written where it belongs, and counted."""

    def __init__(
        self, columns: Columns, tally: Tally, *, results: TableWriter, failed: FailedRows, causes: CauseTable
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
        base = row_id(block.source, 0)
        outcomes = [find(base | number, UNREACHED) for number in block.numbers]
        self.rows[block.source] += len(block)
        self._tally.see_all(block, outcomes)
        if self._columns.are_even(block):
            self._write_even(block, outcomes)
            return
        lines = list(map(self._columns.row, repeat(block.source), block.numbers, outcomes, block.rows))
        self._results.write_all(lines)
        for outcome, line in zip(outcomes, lines, strict=True):
            self._file_failed(outcome, line)

    def _write_even(self, block: Block, outcomes: Sequence[Outcome]) -> None:
        """Write column by column, which takes a third of the time; lines are made of the failed rows alone."""
        columns = self._columns.of(block, outcomes)
        self._results.write_columns(columns)
        for place, outcome in enumerate(outcomes):
            if outcome.status in _LEFT:
                self._file_failed(outcome, [column[place] for column in columns])

    def _file_failed(self, outcome: Outcome, line: list[str]) -> None:
        if outcome.status in _LEFT:
            self._failed.write(line)
        if outcome.status is Status.FAILED:
            self._causes.add(outcome.code or Status.FAILED.value, line)


@contextlib.contextmanager
def open_tables(
    names: TableFiles, columns: Columns, tally: Tally, *, files: RunFiles, delimiter: str = ","
) -> Iterator[Tables]:
    """Open all tables; they appear when the context ends well. ``delimiter`` is that of the failed rows."""
    head, replacing = columns.head, files.replacing
    with contextlib.ExitStack() as stack:
        table: TableWriter = stack.enter_context(
            csv_table(names.failed_rows, head, delimiter=delimiter, replacing=replacing)
        )
        failed = stack.enter_context(open_failed_rows(table, names.failed_workbook, head, files))
        if names.results.suffix == ".xlsx":
            from importer.results import workbook

            results: TableWriter = stack.enter_context(
                workbook.xlsx_table(names.results, head, replacing=replacing)
            )
            causes: CauseTable = stack.enter_context(
                workbook.xlsx_by_cause(names.failed_by_cause, head, replacing=replacing)
            )
        else:
            results = stack.enter_context(csv_table(names.results, head, replacing=replacing))
            causes = stack.enter_context(csv_by_cause(names.failed_by_cause, head, replacing=replacing))
        yield Tables(columns, tally, results=results, failed=failed, causes=causes)
