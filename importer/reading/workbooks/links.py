"""Addresses that stand behind cells: where a column shows "Write me", and its links lead to the addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias
from urllib.parse import unquote

from importer.reading.grid import Batch, Cells, Grid
from importer.reading.workbooks.columns import letters_of
from importer.records import value_type

Links: TypeAlias = Mapping[int, Mapping[int, str]]
"""By column, counted from 0, and row as a spreadsheet numbers it: the address that the cell leads to."""

MOST_LINKS: Final = 200_000
"""Links are held while their sheet is read; a sheet has more of them only if it is no list of people."""
_LONGEST: Final = 320


class LinkNotes:
    """Takes the links of a sheet down, no more of them than a sheet of people has."""

    def __init__(self) -> None:
        self.links: dict[int, dict[int, str]] = {}
        self._left = MOST_LINKS

    def put(self, column: int, first: int, last: int, target: str) -> None:
        """Note a link of the rows from first to last; what spans columns is the first one's."""
        address = address_of(target)
        if not address:
            return
        self._left -= max(0, last - first + 1)
        if self._left >= 0:
            self.links.setdefault(column, {}).update(dict.fromkeys(range(first, last + 1), address))


def address_of(target: str) -> str:
    """Give the address that a link to write to somebody leads to; blank for other links."""
    scheme, _, rest = target.strip().partition(":")
    if scheme.lower() != "mailto":
        return ""
    address = unquote(rest.partition("?")[0]).strip()
    return address if "@" in address and len(address) <= _LONGEST else ""


@value_type(frozen=True, slots=True, kw_only=True)
class LinkColumn:
    """A column whose cells show no addresses and lead to some, which get a column of their own."""

    column: int
    shown: str
    name: str


def link_columns(
    links: Links, sample: Sequence[tuple[int, Cells]], header: Sequence[str], header_last: int
) -> tuple[LinkColumn, ...]:
    """Find the columns in which what is shown and what it leads to are two things; an address that leads to itself is one."""
    found = []
    for column, addresses in sorted(links.items()):
        # A row ends with its last cell that shows something.
        shown = [
            "".join(cells[column : column + 1])
            for number, cells in sample
            if number > header_last and number in addresses
        ]
        if column < len(header) and shown and sum("@" in text for text in shown) * 2 < len(shown):
            title = header[column].strip()
            name = f"{title} (link)" if title else f"Link in column {letters_of(column)}"
            if name not in header:
                found.append(LinkColumn(column=column, shown=title or letters_of(column), name=name))
    return tuple(found)


class LinkedGrid:
    """A grid with the addresses behind some of its columns laid beside the table."""

    def __init__(self, grid: Grid, addresses: Sequence[Mapping[int, str]], *, width: int) -> None:
        self._grid = grid
        self._addresses = addresses
        self._width = width

    def batches(self) -> Iterator[Batch]:
        for batch in self._grid.batches():
            yield replace(
                batch,
                rows=[
                    self._with_links(cells, number) for number, cells in enumerate(batch.rows, batch.first)
                ],
            )

    def _with_links(self, cells: Cells, number: int) -> Cells:
        behind = [one.get(number, "") for one in self._addresses]
        if not any(cells) and not any(behind):
            return cells
        table = [*cells[: self._width], *[""] * (self._width - len(cells))]
        return [*table, *behind, *cells[self._width :]]
