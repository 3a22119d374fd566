"""Rows under a header: each as wide as it, or handed over with the fault that says why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final

from importer.reading.grid import Batch, Cells, Grid, is_blank
from importer.reading.oddities import Oddities
from importer.reading.profile import Profile
from importer.records import Block, Fault, value_type
from importer.runtime.counting import counted

_FIRST: Final = itemgetter(0)
_HELD_BACK: Final = 3
"""Rows at the end that may be totals or notes: they are judged when it is known that nothing follows."""


@value_type(frozen=True, slots=True, kw_only=True)
class TableLayout:
    """Where a table's rows begin, how wide they are, and which of their cells are the data's own."""

    header: tuple[str, ...]
    header_last: int
    named: int
    """Cells that a row needs at least: the columns up to the last one with a name."""
    kept: tuple[int, ...]
    """Columns that are data; ours (``import_*``) are not."""
    unguard: Callable[[str], str] | None = None
    """Takes the guard against formulas off a cell, in a file of ours."""
    profile: Profile
    plain: bool = False
    """No cell of the grid has a value behind its text."""
    unit: str = "Line"
    """What the number in a fault's sentence counts: lines of a text, rows of a sheet."""

    @property
    def width(self) -> int:
        return len(self.header)


@dataclass(slots=True, eq=False, repr=False)
class _Stretch:
    numbers: list[int] = field(default_factory=list)
    rows: list[Cells] = field(default_factory=list, repr=False)
    faults: dict[int, tuple[Fault, ...]] = field(default_factory=dict)

    def add(self, number: int, cells: Cells, faults: tuple[Fault, ...]) -> None:
        if faults:
            self.faults[len(self.rows)] = faults
        self.numbers.append(number)
        self.rows.append(cells)

    def split(self, size: int) -> tuple[_Stretch, _Stretch]:
        first, second = _Stretch(), _Stretch()
        first.numbers, second.numbers = self.numbers[:size], self.numbers[size:]
        first.rows, second.rows = self.rows[:size], self.rows[size:]
        for index, faults in self.faults.items():
            if index < size:
                first.faults[index] = faults
            else:
                second.faults[index - size] = faults
        return first, second


class Table:
    """The data rows of a grid, in blocks of a given size."""

    def __init__(self, grid: Grid, layout: TableLayout, *, source: int) -> None:
        self._grid = grid
        self._layout = layout
        self._source = source
        self._pick = _picker(layout)

    def blocks(self, size: int) -> Iterator[Block]:
        """Walk the rows once; the same rows come out of every walk."""
        walk = _Walk(self._layout, self._pick)
        for batch in self._grid.batches():
            walk.take(batch)
            while len(walk.waiting.rows) >= size + _HELD_BACK:
                ready, walk.waiting = walk.waiting.split(size)
                yield self._block(ready)
        walk.judge_end()
        waiting = walk.waiting
        while waiting.rows:
            ready, waiting = waiting.split(size)
            yield self._block(ready)

    def _block(self, ready: _Stretch) -> Block:
        return Block(
            source=self._source,
            numbers=ready.numbers,
            rows=ready.rows,
            faults=ready.faults,
            plain=self._layout.plain,
        )


class _Walk:
    """One walk over a table's batches."""

    def __init__(self, layout: TableLayout, pick: Callable[[Cells], Cells] | None) -> None:
        self._layout = layout
        self._pick = pick
        self._oddities = Oddities(header=layout.header, width=layout.width, profile=layout.profile)
        self._after_gap = False
        self._next = layout.header_last + 1
        self.waiting = _Stretch()

    def take(self, batch: Batch) -> None:
        rows, first = batch.rows, batch.first
        skip = max(self._layout.header_last - first + 1, 0)
        if skip >= len(rows):
            return
        if skip:
            rows = rows[skip:]
        if first + skip != self._next:
            self._after_gap = True
        self._next = first + skip + len(rows)
        if not batch.faults and not self._after_gap and not self._oddities.set_apart and self._plain(rows):
            self.waiting.numbers.extend(range(first + skip, self._next))
            self.waiting.rows.extend(rows if self._pick is None else map(self._pick, rows))
            return
        for index, cells in enumerate(rows, skip):
            if is_blank(cells):
                self._after_gap = True
            else:
                self._add(batch, index, cells)

    def _plain(self, rows: list[Cells]) -> bool:
        """Tell rows that are all as they should be, which most are, without looking at each of them in turn."""
        return (
            set(map(len, rows)) == {self._layout.width}
            and all(map(any, rows))
            and not any(map(str.isspace, map(_FIRST, rows)))
            and not self._oddities.is_odd(rows)
        )

    def _add(self, batch: Batch, index: int, cells: Cells) -> None:
        faults = batch.faults.get(index, ())
        odd = self._oddities.fault(cells, after_gap=self._after_gap)
        self._after_gap = self._after_gap and odd is not None
        cells = self._fit(cells)
        if odd is not None:
            faults = (*faults, odd)
        elif len(cells) != self._layout.width:
            faults = (*faults, self._count_fault(batch, index, cells))
        even = len(cells) == self._layout.width
        self.waiting.add(batch.first + index, self._own(cells, even=even), faults)

    def _fit(self, cells: Cells) -> Cells:
        """Cut off blank surplus cells and fill up what may be missing; what does not fit then is at fault."""
        width = self._layout.width
        if len(cells) > width and not "".join(cells[width:]).strip() and not self._oddities.shifted(cells):
            return cells[:width]
        if self._layout.named <= len(cells) < width:
            return [*cells, *[""] * (width - len(cells))]
        return cells

    def _own(self, cells: Cells, *, even: bool) -> Cells:
        if self._pick is None:
            return cells
        if even:
            return self._pick(cells)
        ours = set(range(self._layout.width)) - set(self._layout.kept)
        own = [cell for column, cell in enumerate(cells) if column not in ours]
        return list(map(self._layout.unguard, own)) if self._layout.unguard else own

    def _count_fault(self, batch: Batch, index: int, cells: Cells) -> Fault:
        width, unit = self._layout.width, self._layout.unit
        where = batch.line(index) if unit == "Line" else batch.first + index
        if len(cells) > width and not "".join(cells[width:]).strip():
            why = "one of them is blank and seems to have pushed the others to the right"
        else:
            why = "so its values may stand in the wrong columns"
        more = "more" if len(cells) > width else "fewer"
        return Fault(
            code="column_count",
            message=f"{unit} {where} has {counted(len(cells), 'cell')}, {more} than the {counted(width, 'column')} of the header; {why}. "
            "Look for a delimiter too many or too few, and for one that should stand in quotes.",
        )

    def judge_end(self) -> None:
        """Look at the last rows again, now that nothing follows them: which may be totals or notes."""
        stretch = self.waiting
        for index in range(max(len(stretch.rows) - _HELD_BACK, 0), len(stretch.rows)):
            faults = stretch.faults.get(index, ())
            odd = self._oddities.footer(stretch.rows[index])
            if odd is not None and odd not in faults:
                kept = tuple(fault for fault in faults if fault.code != "column_count")
                stretch.faults[index] = (*kept, odd)


def _picker(layout: TableLayout) -> Callable[[Cells], Cells] | None:
    """Build the function that takes a row to the data's own cells; None when there is nothing to leave out."""
    kept = layout.kept
    if unguard := layout.unguard:
        return lambda cells: [unguard(cells[column]) for column in kept]
    if kept == tuple(range(layout.width)):
        return None
    return lambda cells: [cells[column] for column in kept]
