"""A grid with corrections laid over it, before anything else looks at its rows."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from importer.reading.corrections import Content, Correction, Corrections, Where, refusal
from importer.reading.grid import Batch, Cells, Grid, is_blank
from importer.reading.table import TableLayout
from importer.reading.workbooks.columns import letters_of
from importer.records import Fault, value_type

CORRECTED: Final = "corrected"
_UNDECODED: Final = "undecodable_bytes"
_REPLACED: Final = "\ufffd"
_SHOWN_SIGNS: Final = 60


@value_type(frozen=True, slots=True, kw_only=True)
class CorrectableColumns:
    """A table's columns, as corrections name them. ``own``: those of the data; ``guard``: the inverse of the layout's."""

    layout: TableLayout
    own: tuple[int, ...]
    guard: Callable[[str], str] | None = None

    def find(self, where: Where) -> int | str:
        """Find a column; where that fails, say why."""
        if isinstance(where, int):
            return self.own[where - 1] if where <= len(self.own) else f"there are {len(self.own)} columns"
        places = [place for place in self.own if self.layout.header[place] == where]
        if len(places) == 1:
            return places[0]
        if places:
            return "several columns have this header; name it by its number, from 1"
        return "no column has this header"

    def name(self, where: Where) -> str:
        return where if isinstance(where, str) else self.layout.header[self.own[(where or 1) - 1]]

    def shown(self, cell: str) -> str:
        """Give a cell as the reader hands it over."""
        return self.layout.unguard(cell) if self.layout.unguard else str(cell)

    def written(self, text: str) -> str:
        """Give a text as it has to stand in the grid, to be handed over as it is."""
        return self.guard(text) if self.guard else text

    def fits(self, cells: Cells) -> bool:
        """Tell a row whose cells stand under their headers."""
        width = self.layout.width
        return self.layout.named <= len(cells) <= width or not any(cell.strip() for cell in cells[width:])

    def handed_over(self, cells: Cells) -> list[str]:
        ours = set(range(self.layout.width)) - set(self.own)
        return [self.shown(cell) for place, cell in enumerate(cells) if place not in ours]


class CorrectedGrid:
    """Gives the rows of a grid as they were put right; each of those carries a warning.

    A walk from end to end raises SourceError where a correction's ``before`` is not there, with all such lines.
    """

    def __init__(self, grid: Grid, corrections: Corrections, columns: CorrectableColumns) -> None:
        self._grid = grid
        self._corrections = corrections
        self._columns = columns
        self._rows = sorted(corrections.by_row)

    def batches(self) -> Iterator[Batch]:
        walk = _CorrectedWalk(self._corrections, self._columns)
        waiting = deque(self._rows)
        for batch in self._grid.batches():
            due = []
            while waiting and waiting[0] < batch.first + len(batch.rows):
                due.append(waiting.popleft())
            yield walk.corrected(batch, due) if due else batch
        for row in waiting:
            walk.miss(row)
        walk.finish()


class _CorrectedWalk:
    """One walk: corrects rows in place, and keeps which corrections found something else."""

    def __init__(self, corrections: Corrections, columns: CorrectableColumns) -> None:
        self._corrections = corrections
        self._columns = columns
        self._faults: list[tuple[int, str]] = []
        self._cells: list[str] = []

    def corrected(self, found: Batch, rows: Sequence[int]) -> Batch:
        """Put these rows of a batch right; what a grid may hold in memory stays as it is."""
        batch = replace(found, rows=list(found.rows), faults=dict(found.faults))
        for row in rows:
            self._correct(batch, row)
        return batch

    def _correct(self, batch: Batch, row: int) -> None:
        index = row - batch.first
        if row <= self._columns.layout.header_last or index < 0 or is_blank(batch.rows[index]):
            self.miss(row)
            return
        cells, columns = list(batch.rows[index]), []
        for correction in self._corrections.by_row[row]:
            cells, fault = self._lay(correction, cells)
            if fault:
                self._refuse(correction, fault)
                return
            if correction.changes:
                columns.append(correction.column)
        if is_blank(cells):
            self._refuse(
                correction, "it would leave nothing of the row; skip it with the mapping's `rows: skip_if`"
            )
            return
        if cells == list(batch.rows[index]):  # what one changed, another took back
            return
        batch.rows[index] = cells
        batch.faults[index] = (*self._left(batch, index, columns), self._warning(columns))

    def miss(self, row: int) -> None:
        for correction in self._corrections.by_row[row]:
            self._refuse(correction, "there is no such row of data")

    def finish(self) -> None:
        if self._faults:
            raise refusal(self._corrections.name, sorted(self._faults), cells=self._cells)

    def _refuse(self, correction: Correction, why: str) -> None:
        self._faults.append((correction.line, f"{correction.place}: {why}"))

    def _lay(self, correction: Correction, cells: list[str]) -> tuple[list[str], str | None]:
        if correction.column is None:
            return self._lay_row(correction, cells)
        place = self._columns.find(correction.column)
        if isinstance(place, str):
            return cells, place
        if not self._columns.fits(cells):
            return (
                cells,
                "the row has more or fewer cells than the header; correct the whole row, without `column`",
            )
        there = self._columns.shown(cells[place]) if place < len(cells) else ""
        if there != correction.before:
            return cells, self._other(correction, there)
        if not correction.changes:
            return cells, None
        cells = [*cells, *[""] * (place + 1 - len(cells))]
        cells[place] = self._columns.written(str(correction.after))
        return cells, None

    def _lay_row(self, correction: Correction, cells: list[str]) -> tuple[list[str], str | None]:
        own, after = self._columns.own, list(correction.after)
        there = self._columns.handed_over(cells)
        if _trimmed(there) != _trimmed(correction.before):
            return cells, self._other(correction, there)
        if not correction.changes:
            return cells, None
        if len(after) > len(own):
            return cells, f"`after` has {len(after)} cells, and the header {len(own)} columns"
        even = len(cells) == self._columns.layout.width
        laid = list(cells) if even else [""] * self._columns.layout.width
        for place, cell in zip(own, [*after, *[""] * (len(own) - len(after))], strict=True):
            laid[place] = self._columns.written(cell)
        return laid, None

    def _other(self, correction: Correction, there: Content | list[str]) -> str:
        holds = (
            f"holds {str(there)[:_SHOWN_SIGNS]!r}, and `before` is {str(correction.before)[:_SHOWN_SIGNS]!r}"
        )
        self._cells.append(f"line {correction.line}: {correction.place} {holds}")
        return "it does not hold what `before` says"

    def _left(self, batch: Batch, index: int, columns: Sequence[Where]) -> tuple[Fault, ...]:
        """Give what the reader said of the row and is true of it still."""
        if None in columns:
            return ()
        cells = batch.rows[index]
        gone = {letters_of(place) for place in map(self._columns.find, columns) if isinstance(place, int)}
        whole = not any(_REPLACED in cell for cell in cells)
        return tuple(
            fault
            for fault in batch.faults.get(index, ())
            if re.sub(r"\d+$", "", fault.column or "?") not in gone
            and not (whole and fault.code == _UNDECODED)
        )

    def _warning(self, columns: Sequence[Where]) -> Fault:
        if None in columns:
            return Fault(
                code=CORRECTED,
                message="The whole row is another than in the file: it was corrected.",
                fails=False,
            )
        names = list(Counter(map(self._columns.name, columns)))
        return Fault(
            code=CORRECTED,
            message=f"Other than in the file, since it was corrected: {', '.join(name or 'a column without a name' for name in names)}.",
            column=names[0],
            fails=False,
        )


def _trimmed(cells: Sequence[str]) -> list[str]:
    """Leave out the blank cells at the end, which some formats store and others do not."""
    kept = list(cells)
    while kept and not kept[-1]:
        kept.pop()
    return kept
