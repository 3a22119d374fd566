"""The table of a plan: one line for each source row, what would become of it first, then the source's columns."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from importer.records import Block, Json, PlanAction, PlannedRow, RowId, row_id
from importer.results.columns import Columns, warnings_text
from importer.results.csv_file import TableWriter, csv_table
from importer.results.failed_rows import XLSX_MOST_COLUMNS
from importer.settings import ResultsFormat

PLAN_COLUMNS: Final = (
    "plan_row",
    "plan_action",
    "plan_contact_id",
    "plan_changes",
    "plan_code",
    "plan_reason",
)


def plan_path(folder: Path, results_format: ResultsFormat, columns: Columns) -> Path:
    """Name the table; a header too wide for a workbook is written as CSV whatever was asked for."""
    fits = len(columns.header) + len(PLAN_COLUMNS) < XLSX_MOST_COLUMNS
    return folder / ("plan.xlsx" if results_format == ResultsFormat.XLSX and fits else "plan.csv")


class PlanTable:
    """Writes the rows of a plan, a block at a time."""

    def __init__(self, columns: Columns, table: TableWriter) -> None:
        self._columns = columns
        self._table = table

    def write(self, block: Block, planned: Mapping[RowId, PlannedRow]) -> None:
        base, columns, source = row_id(block.source, 0), self._columns, block.source
        name = (columns.names[source],) if columns.several else ()
        self._table.write_all(
            [str(number), *_own_cells(planned[base | number]), *name, *columns.placed(source, cells)]
            for number, cells in zip(block.numbers, block.rows, strict=True)
        )


@contextlib.contextmanager
def open_plan_table(path: Path, columns: Columns) -> Iterator[PlanTable]:
    """Open the table of a plan; it appears when it is whole."""
    head = [*PLAN_COLUMNS, *(["plan_source"] if columns.several else []), *columns.header]
    with contextlib.ExitStack() as stack:
        if path.suffix == ".xlsx":
            from importer.results import workbook

            table: TableWriter = stack.enter_context(workbook.xlsx_table(path, head))
        else:
            table = stack.enter_context(csv_table(path, head))
        yield PlanTable(columns, table)


def _own_cells(planned: PlannedRow) -> tuple[str, str, str, str, str]:
    contact_id = planned.contact_id
    return (
        planned.action.value,
        contact_id if contact_id is not None and " " not in contact_id else "",
        changes_text(planned),
        planned.code or "",
        reason_text(planned),
    )


def changes_text(planned: PlannedRow) -> str:
    """Write what changes as JSON, by the names that people know."""
    if not planned.changes and not planned.tags_added and not planned.tags_removed:
        return ""
    changes: dict[str, Json] = {
        change.name: {"old": change.old, "new": change.new} for change in planned.changes
    }
    if planned.tags_added or planned.tags_removed:
        changes["tags"] = {"added": list(planned.tags_added), "removed": list(planned.tags_removed)}
    return json.dumps(changes, ensure_ascii=False)


def reason_text(planned: PlannedRow) -> str:
    """Say why, and what is left out or kept."""
    if not planned.warnings:
        return planned.reason or ""
    said = [planned.reason] if planned.reason else []
    if planned.action is not PlanAction.FAIL:
        said.append(warnings_text(planned.warnings))
    return " ".join(said)
