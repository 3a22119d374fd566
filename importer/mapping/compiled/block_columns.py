"""The rows of a block, turned into columns that are cleaned when they are first asked for."""

from __future__ import annotations

from collections.abc import Sequence

from importer.mapping.values.texts import clean_column
from importer.records import Fault


class BlockColumns:
    """A block as columns, with the faults found so far by the row's place in it.

    ``empty``: texts that the mapping calls blank.
    """

    def __init__(self, rows: Sequence[Sequence[str]], empty: frozenset[str] = frozenset()) -> None:
        self.height = len(rows)
        self._empty = empty
        self.faults: dict[int, list[Fault]] = {}
        self._raw: list[Sequence[str]] = list(zip(*rows, strict=True))
        self._clean: dict[int, list[str]] = {}

    def column(self, index: int) -> list[str]:
        found = self._clean.get(index)
        if found is None:
            found = clean_column(self._raw[index]) if self.height else []
            if self._empty and not self._empty.isdisjoint(found):
                found = ["" if cell in self._empty else cell for cell in found]
            self._clean[index] = found
        return found

    def raw(self, index: int) -> Sequence[str]:
        """Give a column as the file has it."""
        return self._raw[index] if self.height else ()

    def blame(self, row: int, fault: Fault) -> None:
        self.faults.setdefault(row, []).append(fault)
