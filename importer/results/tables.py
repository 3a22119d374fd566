"""The tables of a run, written side by side in one pass: all rows, failed rows, failed rows by cause."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from importer.records import Outcome, Status, number_of, source_of
from importer.results.csv_file import CauseTable, Table, csv_by_cause, csv_table
from importer.results.joining import Joined
from importer.results.table import Columns
from importer.results.tally import Tally

XLSX_MOST_COLUMNS: Final = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFiles:
    """Where the tables go; the suffix of ``results`` and ``failed_by_cause`` tells their form."""

    results: Path
    failed_rows: Path
    failed_by_cause: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open:
    results: Table
    failed: Table
    causes: CauseTable


def table_files(folder: Path, results_format: str, columns: Columns) -> TableFiles:
    """Name the tables; a header too wide for a workbook is written as CSV whatever was asked for."""
    fits = len(columns.head) <= XLSX_MOST_COLUMNS
    suffix = ".xlsx" if results_format == "xlsx" and fits else ".csv"
    return TableFiles(
        results=folder / f"results{suffix}",
        failed_rows=folder / "failed.csv",
        failed_by_cause=folder / f"failed-by-cause{suffix}",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What went into the tables: the rows of each source, and the cells of ``results`` that did not fit whole."""

    rows: Counter[int]
    cut_cells: int


def write_tables(rows: Iterable[Joined], *, columns: Columns, tally: Tally, files: TableFiles) -> Written:
    """Write every row where it belongs and count it."""
    counted: Counter[int] = Counter()
    with _opened(files, columns) as tables:
        for row, outcome, cells in rows:
            source = source_of(row)
            counted[source] += 1
            tally.see(row, outcome, cells)
            line = columns.row(source, number_of(row), outcome, cells)
            tables.results.write(line)
            if outcome is None or outcome.status is Status.FAILED or outcome.status is Status.PENDING:
                _file_failed(tables, outcome, line)
    return Written(rows=counted, cut_cells=tables.results.cut_cells)


def _file_failed(tables: _Open, outcome: Outcome | None, line: list[str]) -> None:
    tables.failed.write(line)
    if outcome is not None and outcome.status is Status.FAILED:
        tables.causes.add(outcome.code or Status.FAILED.value, line)


@contextlib.contextmanager
def _opened(files: TableFiles, columns: Columns) -> Iterator[_Open]:
    with contextlib.ExitStack() as stack:
        failed = stack.enter_context(csv_table(files.failed_rows, columns.head))
        if files.results.suffix == ".xlsx":
            from importer.results import workbook

            results: Table = stack.enter_context(workbook.xlsx_table(files.results, columns.head))
            causes: CauseTable = stack.enter_context(
                workbook.xlsx_by_cause(files.failed_by_cause, columns.head)
            )
        else:
            results = stack.enter_context(csv_table(files.results, columns.head))
            causes = stack.enter_context(csv_by_cause(files.failed_by_cause, columns.head))
        yield _Open(results=results, failed=failed, causes=causes)
