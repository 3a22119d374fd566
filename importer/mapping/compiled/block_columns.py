"""The rows of a block, turned into columns that are cleaned when they are first asked for."""

from __future__ import annotations

from collections.abc import Sequence

from importer.mapping.values.texts import clean_column
from importer.records import Fault


class BlockColumns:
    """A block as columns, with the faults found so far by the row's place in it.

    ``empty``: texts that the mapping calls blank. ``clear``: the one that is blank, and asks to empty the field.
    """

    def __init__(
        self, rows: Sequence[Sequence[str]], empty: frozenset[str] = frozenset(), clear: str | None = None
    ) -> None:
        self.height = len(rows)
        self._empty = empty
        self._clear = clear
        self._cleared: dict[int, frozenset[int]] = {}
        self.faults: dict[int, list[Fault]] = {}
        self._raw: list[Sequence[str]] = list(zip(*rows, strict=True))
        self._clean: dict[int, list[str]] = {}

    def column(self, index: int) -> list[str]:
        found = self._clean.get(index)
        if found is None:
            found = clean_column(self._raw[index]) if self.height else []
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
