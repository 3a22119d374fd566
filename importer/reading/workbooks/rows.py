"""Rows of a sheet as its reader finds them, gathered into batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from importer.reading.grid import Batch
from importer.reading.workbooks.merges import Merges, OpenMerge, spread_merges
from importer.records import Fault

BATCH_ROWS: Final = 512
MOST_ROWS: Final = 1_048_576


@dataclass(slots=True, kw_only=True)
class SheetRow:
    """One row; ``number`` is what a spreadsheet shows for it."""

    number: int
    cells: list[str] = field(default_factory=list, repr=False)
    faults: list[Fault] = field(default_factory=list)
    merges: list[tuple[int, int]] = field(default_factory=list)
    """Where cells say it themselves: of each that spans rows, the last row and the column."""

    def put(self, column: int, text: str) -> None:
        self.cells.extend([""] * (column + 1 - len(self.cells)))
        self.cells[column] = text


def batches(rows: Iterable[SheetRow], *, width: int, merges: Merges) -> Iterator[Batch]:
    """Fill rows up to a width, spread merged areas, and gather; a gap in the numbers begins a new batch."""
    batch, opened = Batch(first=1, rows=[]), list[OpenMerge]()
    for row in rows:
        row.cells.extend([""] * (width - len(row.cells)))
        if merges or row.merges or opened:
            own = {row.number: row.merges} if row.merges else merges
            opened = spread_merges(row.number, row.cells, own, opened)
        if row.number != batch.first + len(batch.rows) or len(batch.rows) == BATCH_ROWS:
            if batch.rows:
                yield batch
            batch = Batch(first=row.number, rows=[])
        if row.faults:
            batch.faults[len(batch.rows)] = tuple(row.faults)
        batch.rows.append(row.cells)
    if batch.rows:
        yield batch
