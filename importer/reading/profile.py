"""What the columns of a table hold as a rule, so that a row can be told from a title and from a shifted one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Self

from importer.reading.grid import Cells
from importer.reading.shapes import DATA_SHAPES, Shape, shape_of
from importer.records import value_type

_SHARE = 0.7


@value_type(frozen=True, slots=True)
class Profile:
    """The shape that each column's filled cells share, for the columns where they do."""

    telling: dict[int, Shape]

    @classmethod
    def of(cls, rows: Sequence[Cells]) -> Self:
        shapes: defaultdict[int, list[Shape]] = defaultdict(list)
        for cells in rows:
            for column, cell in enumerate(cells):
                shapes[column].append(shape_of(cell))
        telling: dict[int, Shape] = {}
        for column, seen in shapes.items():
            counts = Counter(seen)
            filled = len(seen) - counts.pop(Shape.BLANK, 0)
            shape, count = counts.most_common(1)[0] if counts else (Shape.BLANK, 0)
            if shape in DATA_SHAPES and count >= _SHARE * filled:
                telling[column] = shape
        return cls(telling)

    @classmethod
    def below(cls, rows: Sequence[tuple[int, Cells]], header_last: int, width: int) -> Self:
        """Profile the rows under a header that are as wide as it."""
        return cls.of([cells for number, cells in rows if number > header_last and len(cells) == width])

    def matches(self, cells: Cells) -> tuple[int, int]:
        """Count the telling columns whose cell here has the column's shape, and those whose filled cell has not."""
        hits = misses = 0
        for column, shape in self.telling.items():
            found = shape_of(cells[column]) if column < len(cells) else Shape.BLANK
            if found is shape:
                hits += 1
            elif found is not Shape.BLANK:
                misses += 1
        return hits, misses

    def conforms(self, cells: Cells) -> bool:
        """Tell a row of values: it has the shapes of its columns more often than not."""
        hits, misses = self.matches(cells)
        return hits > 0 and hits >= misses
