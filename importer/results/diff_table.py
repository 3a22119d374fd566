"""The table of a diff: a line for each field that differs, and one for whoever is on one side only."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from importer.results.csv_file import TableWriter, csv_table
from importer.results.diff import DiffEntry, DiffStatus
from importer.results.files import Replacing
from importer.results.plan import shown

DIFF_COLUMNS: Final = (
    "diff_status",
    "diff_a",
    "diff_b",
    "diff_email",
    "diff_phone",
    "diff_name",
    "diff_field",
    "diff_a_value",
    "diff_b_value",
    "diff_reason",
)


class DiffTable:
    """Writes entries; those that are the same, and rows that were skipped, leave no line."""

    def __init__(self, table: TableWriter) -> None:
        self._table = table

    def write(self, entry: DiffEntry) -> None:
        if entry.status in (DiffStatus.SAME, DiffStatus.SKIPPED):
            return
        who = (entry.status.value, entry.a, entry.b, entry.email, entry.phone, entry.name)
        fields = [(each.name, shown(each.a), shown(each.b)) for each in entry.fields]
        for field in fields or [("", "", "")]:
            self._table.write([*who, *field, entry.reason])


@contextlib.contextmanager
def open_diff_table(path: Path, *, replacing: Replacing) -> Iterator[DiffTable]:
    """Open the file; it appears when it is whole."""
    with contextlib.ExitStack() as stack:
        if path.suffix.lower() == ".xlsx":
            from importer.results import workbook

            table: TableWriter = stack.enter_context(
                workbook.xlsx_table(path, DIFF_COLUMNS, title="Differences", replacing=replacing)
            )
        else:
            table = stack.enter_context(csv_table(path, DIFF_COLUMNS, replacing=replacing))
        yield DiffTable(table)
