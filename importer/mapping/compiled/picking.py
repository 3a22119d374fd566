"""Where the text of a rule comes from: a column, the first of several that is not blank, a template."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from importer.mapping.compiled.block_columns import BlockColumns
from importer.mapping.language.template import Template
from importer.mapping.values.blanks import MARKERS
from importer.records import value_type


class Pick(Protocol):
    """Gives a rule's text for every row, and tells which header to name when one of them is wrong."""

    def texts(self, table: BlockColumns) -> list[str]: ...

    def header(self, table: BlockColumns, row: int) -> str: ...

    def cleared(self, table: BlockColumns) -> frozenset[int]:
        """Give the rows in which a cell of the rule asks to empty its field."""
        ...


@value_type(frozen=True, slots=True)
class OneColumn:
    index: int
    name: str

    def texts(self, table: BlockColumns) -> list[str]:
        return table.column(self.index)

    def header(self, table: BlockColumns, row: int) -> str:  # noqa: ARG002  (the same for every row)
        return self.name

    def cleared(self, table: BlockColumns) -> frozenset[int]:
        return table.cleared(self.index)


@value_type(frozen=True, slots=True)
class FirstOf:
    """The first column whose cell is not blank."""

    indexes: tuple[int, ...]
    names: tuple[str, ...]

    def texts(self, table: BlockColumns) -> list[str]:
        texts = table.column(self.indexes[0])
        for index in self.indexes[1:]:
            texts = _or_else(texts, table.column(index))
        return texts

    def header(self, table: BlockColumns, row: int) -> str:
        cells = [table.column(index)[row] for index in self.indexes]
        for name, cell in zip(self.names, cells, strict=True):
            if cell and cell not in MARKERS:
                return name
        return next((name for name, cell in zip(self.names, cells, strict=True) if cell), self.names[0])

    def cleared(self, table: BlockColumns) -> frozenset[int]:
        return table.cleared(*self.indexes)

    def passed_over(self, table: BlockColumns) -> Iterator[tuple[int, str]]:
        """Name the rows whose further columns hold another text than the one that is taken, and the header."""
        taken = self.texts(table)
        for index, name in zip(self.indexes[1:], self.names[1:], strict=True):
            for row, (text, other) in enumerate(zip(taken, table.column(index), strict=True)):
                if other and other not in MARKERS and other.casefold() != text.casefold():
                    yield row, name


def _or_else(texts: list[str], others: list[str]) -> list[str]:
    """Take the other cell where the first is blank, or says so: N/A in one column is no reason to pass the next over."""
    if MARKERS.isdisjoint(texts):
        return [text or other for text, other in zip(texts, others, strict=True)]
    return [
        other if not text or (text in MARKERS and other and other not in MARKERS) else text
        for text, other in zip(texts, others, strict=True)
    ]


@value_type(frozen=True, slots=True)
class Filled:
    """A template, filled in."""

    template: Template
    indexes: tuple[int, ...]
    names: str

    def texts(self, table: BlockColumns) -> list[str]:
        columns = [table.column(index) for index in self.indexes]
        return [self.template.render(cells) for cells in zip(*columns, strict=True)]

    def header(self, table: BlockColumns, row: int) -> str:  # noqa: ARG002  (the same for every row)
        return self.names

    def cleared(self, table: BlockColumns) -> frozenset[int]:
        return table.cleared(*self.indexes)
