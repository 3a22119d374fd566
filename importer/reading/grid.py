"""The rows of a sheet or text before it is known which of them is the header."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from importer.records import Fault

Cells = Sequence[str]


@dataclass(slots=True, kw_only=True, eq=False, repr=False)
class Batch:
    """Consecutive rows, blank ones too; ``first`` is the number a spreadsheet shows for the first of them."""

    first: int
    rows: list[Cells] = field(repr=False)
    faults: dict[int, tuple[Fault, ...]] = field(default_factory=dict)
    line_of: Callable[[int], int] | None = None
    """The line of the text on which the row at this index starts, where rows and lines are not the same."""

    def line(self, index: int) -> int:
        return self.first + index if self.line_of is None else self.line_of(index)


class Grid(Protocol):
    """A source of raw rows that can be walked any number of times, with the same rows each time."""

    def batches(self) -> Iterator[Batch]: ...


def take(grid: Grid, count: int) -> list[tuple[int, Cells]]:
    """Read the first ``count`` rows with their numbers."""
    taken: list[tuple[int, Cells]] = []
    for batch in grid.batches():
        taken.extend(enumerate(batch.rows[: count - len(taken)], batch.first))
        if len(taken) >= count:
            break
    return taken


_UNSEEN: Final = "\x00\x1a\ufeff"
"""Zero bytes, the end-of-file mark of DOS and a byte order mark: nothing that a person sees."""


def is_blank(cells: Cells) -> bool:
    """Tell a row without anything to read in it."""
    return not any(cells) or not "".join(cells).strip().strip(_UNSEEN).strip()


def filled_width(cells: Cells) -> int:
    """Count cells up to the last one that holds something."""
    width = len(cells)
    while width and not cells[width - 1].strip():
        width -= 1
    return width
