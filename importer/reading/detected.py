"""What the reader found out about a file."""

from __future__ import annotations

from dataclasses import field
from typing import Final

from importer.reading.grid import Grid
from importer.reading.profile import Profile
from importer.records import value_type

_SIGNS: Final = {
    "\t": "tab",
    " ": "space",
    ", ": "comma and space",
    "\x1f": "unit separator (0x1F)",
    "\x01": "0x01",
}


@value_type(frozen=True, slots=True, kw_only=True)
class Detected:
    """What a file is and how it is read, for people and for the report."""

    name: str
    format: str
    encoding: str | None = None
    encoding_rivals: tuple[str, ...] = ()
    """Where the encoding is a guess, others that it may be."""
    delimiter: str | None = None
    quote: str | None = None
    sheet: str | None = None
    sheets: tuple[tuple[str, bool], ...] = ()
    """All sheets of a workbook, each with whether a person who opens it sees it."""
    sheets_left: tuple[str, ...] = ()
    """Other visible sheets with rows; blank where the sheet was named."""
    header_row: int = 1
    """As a spreadsheet counts; 0 where no row names the columns."""
    hidden_rows: int = 0
    hidden_columns: int = 0
    hidden_letters: tuple[str, ...] = ()
    """The hidden columns, as a spreadsheet names them."""
    link_columns: tuple[tuple[str, str], ...] = ()
    """Columns that show no addresses and lead to some, each with the column that has those."""
    doubts: tuple[str, ...] = ()
    """Sentences for whoever imports the file: what was guessed or left out, so that values or people may be lost."""
    notes: tuple[str, ...] = ()
    """Sentences: why each thing was decided so."""

    def describe(self) -> list[str]:
        """Give the doubts, then one line for each thing detected, then the reasons."""
        return [*(f"doubt: {doubt}" for doubt in self.doubts), *self.facts()]

    def facts(self) -> list[str]:
        """Give what is told beside the doubts, for whoever shows those in a place of their own."""
        named = {
            "format": self.format,
            "encoding": self.encoding,
            "delimiter": None if self.delimiter is None else _SIGNS.get(self.delimiter, self.delimiter),
            "quote": self.quote,
            "sheet": self.sheet,
            "header row": str(self.header_row) if self.header_row else "none",
            "hidden rows": str(self.hidden_rows) if self.hidden_rows else None,
            "hidden columns": str(self.hidden_columns) if self.hidden_columns else None,
        }
        lines = [f"{key}: {value}" for key, value in named.items() if value is not None]
        return [*lines, *(f"note: {note}" for note in self.notes)]


@value_type(frozen=True, slots=True, kw_only=True)
class Reading:
    """A grid with its header found."""

    grid: Grid = field(repr=False)
    header: tuple[str, ...]
    header_last: int
    detected: Detected
    plain: bool = False
    """Its cells are texts and nothing more; those of a workbook may have a value behind them."""
    ragged: bool = False
    """Rows may end before the header does without anything missing, as in workbooks."""
    profile: Profile = field(default_factory=lambda: Profile({}), repr=False)
    """What the columns hold, by the sample that detection read."""
    kept: object = field(default=None, repr=False)
    """What has to live as long as the grid: a temporary copy."""
