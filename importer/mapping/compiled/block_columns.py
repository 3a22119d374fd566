"""The rows of a block, turned into columns that are cleaned when they are first asked for; and values turned back into rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, TypeAlias

from importer.mapping.values.texts import clean_column
from importer.records import Fault, Json

NamedValues: TypeAlias = tuple[str, list[Any]]
"""A column of values, and the name of the field that they are for."""


class BlockColumns:
    """A block as columns, with the faults found so far by the row's place in it.

    ``empty``: texts that the mapping calls blank. ``clear``: the one that is blank, and asks to empty the field.
    ``plain``: it is known that no cell has a value behind its text; to look at each takes a sixth of a survey.
    """

    def __init__(
        self,
        rows: Sequence[Sequence[str]],
        empty: frozenset[str] = frozenset(),
        clear: str | None = None,
        *,
        plain: bool = False,
    ) -> None:
        self.height = len(rows)
        self.typed = not plain and not set(map(type, chain.from_iterable(rows))) <= {str}
        """Some cells have a value of a workbook behind their text; asked once here, since each column has to know."""
        self._empty = empty
        self._clear = clear
        self._cleared: dict[int, frozenset[int]] = {}
        self.faults: dict[int, list[Fault]] = {}
        self._raw: list[Sequence[str]] = list(zip(*rows, strict=True))
        self._clean: dict[int, list[str]] = {}

    def column(self, index: int) -> list[str]:
        found = self._clean.get(index)
        if found is None:
            found = clean_column(self._raw[index], typed=self.typed) if self.height else []
            if self._empty and not self._empty.isdisjoint(found):
                found = ["" if cell in self._empty else cell for cell in found]
            if self._clear is not None and self._clear in found:
                self._cleared[index] = frozenset(row for row, cell in enumerate(found) if cell == self._clear)
                found = ["" if cell == self._clear else cell for cell in found]
            self._clean[index] = found
        return found

    def cleared(self, *indexes: int) -> frozenset[int]:
        """Give the rows in which any of some columns asks to empty its field."""
        if self._clear is None:
            return frozenset()
        for index in indexes:
            self.column(index)
        return frozenset().union(*(self._cleared.get(index, ()) for index in indexes))

    def raw(self, index: int) -> Sequence[str]:
        """Give a column as the file has it."""
        return self._raw[index] if self.height else ()

    def blame(self, row: int, fault: Fault) -> None:
        self.faults.setdefault(row, []).append(fault)


def entries(columns: Sequence[NamedValues], height: int) -> list[dict[str, Json]]:
    """Give each row its values by name; a blank is none."""
    names, values = _filled(columns, height)
    if not names:
        return [{} for _ in range(height)]
    return [
        dict(zip(names, row))  # noqa: B905  (see _filled)
        if None not in row
        else {name: value for name, value in zip(names, row) if value is not None}  # noqa: B905
        for row in zip(*values, strict=True)
    ]


def pairs(columns: Sequence[NamedValues], height: int) -> list[tuple[tuple[str, Json], ...]]:
    """Give each row its names and values; a blank is none."""
    names, values = _filled(columns, height)
    if not names:
        return [()] * height
    return [
        tuple(zip(names, row))  # noqa: B905
        if None not in row
        else tuple([pair for pair in zip(names, row) if pair[1] is not None])  # noqa: B905
        for row in zip(*values, strict=True)
    ]


def _filled(columns: Sequence[NamedValues], height: int) -> tuple[list[str], list[list[Any]]]:
    """Leave out what is blank all over the block: exports have such columns by the dozen.

    There is one name for each list of values; a ``strict`` that says so costs a quarter of the time, row by row.
    """
    nothing = [None] * height
    filled = [(name, values) for name, values in columns if values != nothing]
    return [name for name, _ in filled], [values for _, values in filled]
