"""Rows under a header: each as wide as it, or handed over with the fault that says why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from importer.formula_guard import unguard
from importer.reading.grid import Batch, Cells, Grid, is_blank
from importer.records import Block, Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where a table's rows begin, how wide they are, and which of their cells are the data's own."""

    header_last: int
    width: int
    named: int
    """Cells that a row needs at least: the columns up to the last one with a name."""
    kept: tuple[int, ...]
    """Columns that are data; ours (``import_*``) and nameless empty ones are not among them."""
    guarded: bool = False


@dataclass(slots=True)
class _Stretch:
    numbers: list[int] = field(default_factory=list)
    rows: list[Cells] = field(default_factory=list, repr=False)
    faults: dict[int, tuple[Fault, ...]] = field(default_factory=dict)

    def add(self, number: int, cells: Cells, faults: tuple[Fault, ...]) -> None:
        if faults:
            self.faults[len(self.rows)] = faults
        self.numbers.append(number)
        self.rows.append(cells)


class Table:
    """The data rows of a grid, in blocks of a given size."""

    def __init__(self, grid: Grid, layout: Layout, *, header: Sequence[str], source: int) -> None:
        self._grid = grid
        self._layout = layout
        self._header = header
        self._source = source
        self._pick = _picker(layout)

    def blocks(self, size: int) -> Iterator[Block]:
        waiting = _Stretch()
        for batch in self._grid.batches():
            self._fill(waiting, batch)
            while len(waiting.rows) >= size:
                yield self._block(waiting, size)
                waiting = _drop(waiting, size)
        if waiting.rows:
            yield self._block(waiting, len(waiting.rows))

    def _block(self, stretch: _Stretch, size: int) -> Block:
        faults = {index: faults for index, faults in stretch.faults.items() if index < size}
        return Block(
            source=self._source, numbers=stretch.numbers[:size], rows=stretch.rows[:size], faults=faults
        )

    def _fill(self, stretch: _Stretch, batch: Batch) -> None:
        rows, first = batch.rows, batch.first
        skip = max(self._layout.header_last - first + 1, 0)
        if skip >= len(rows):
            return
        if skip:
            rows = rows[skip:]
        even = not batch.faults and set(map(len, rows)) == {self._layout.width}
        if even and all(map(any, rows)) and not any(map(_begins_blank, rows)):
            stretch.numbers.extend(range(first + skip, first + skip + len(rows)))
            stretch.rows.extend(rows if self._pick is None else map(self._pick, rows))
            return
        for index, cells in enumerate(rows, skip):
            if not is_blank(cells):
                self._add(stretch, batch, index, cells)

    def _add(self, stretch: _Stretch, batch: Batch, index: int, cells: Cells) -> None:
        faults = batch.faults.get(index, ())
        width = self._layout.width
        if len(cells) > width and not "".join(cells[width:]).strip():
            cells = cells[:width]
        elif self._layout.named <= len(cells) < width:
            cells = [*cells, *[""] * (width - len(cells))]
        if len(cells) != width:
            faults = (*faults, self._count_fault(batch, index, cells))
        elif self._pick is not None:
            cells = self._pick(cells)
        stretch.add(batch.first + index, cells, faults)

    def _count_fault(self, batch: Batch, index: int, cells: Cells) -> Fault:
        width = self._layout.width
        more = "more" if len(cells) > width else "fewer"
        return Fault(
            code="column_count",
            message=f"Line {batch.line(index)} has {len(cells)} cells, {more} than the {width} columns of the header, "
            "so its values may stand in the wrong columns. Quote or add the delimiter that is wrong.",
        )


def _begins_blank(cells: Cells) -> bool:
    return cells[0].isspace() and is_blank(cells)


def _drop(stretch: _Stretch, size: int) -> _Stretch:
    later = {index - size: faults for index, faults in stretch.faults.items() if index >= size}
    return _Stretch(stretch.numbers[size:], stretch.rows[size:], later)


def _picker(layout: Layout) -> Callable[[Cells], Cells] | None:
    """Build the function that takes a row to the data's own cells; None when there is nothing to leave out."""
    if not layout.guarded and layout.kept == tuple(range(layout.width)):
        return None
    kept = layout.kept
    if layout.guarded:
        return lambda cells: [unguard(cells[column]) for column in kept]
    return lambda cells: [cells[column] for column in kept]
