"""What is known of a workbook whatever its kind: its sheets by name, and one of them opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from importer.reading.grid import Grid
from importer.reading.workbooks.links import Links
from importer.records import value_type


def no_links() -> Links:
    """Give none: the sheet has no links, or its kind of workbook does not show them."""
    return {}


@value_type(frozen=True, slots=True, kw_only=True)
class SheetName:
    """A sheet of a workbook, and whether a person who opens it sees it."""

    name: str
    visible: bool


@value_type(frozen=True, slots=True, kw_only=True)
class Opened:
    """One sheet, ready to be read, with what stands around its rows."""

    grid_of: Callable[[int], Grid]
    """Gives the grid with rows of at least so many cells."""
    hidden_rows: int = 0
    hidden_columns: tuple[str, ...] = ()
    merged_areas: int = 0
    formats_read: bool = True
    links: Callable[[], Links] = no_links
    """Reads the links of the sheet that write to somebody; dear where it has any."""


class Book(Protocol):
    """What every kind of workbook can do."""

    @property
    def sheet_names(self) -> Sequence[SheetName]: ...

    def peek(self, sheet: str) -> Grid: ...

    def open(self, sheet: str) -> Opened: ...
