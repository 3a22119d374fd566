"""Rows of a run that hold a text: looked for in the table of its results, a bounded stretch at a time."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from importer.errors import SettingsError
from importer.reading.formula_guard import GUARD, unguard
from importer.records import RowId, row_id, value_type
from importer.results.columns import OWN_COLUMNS, SOURCE_COLUMN

_LOOKED_AT: Final = 200_000
"""So many rows are looked at for one request: whoever waits for more of a million asks once more."""
_LONGEST_CELL: Final = 10_000_000
_SHOWN: Final = 120
_SAID_OF_A_ROW: Final = ("import_contact_id", "import_error_code", "import_error", "import_warnings")
"""Of our own columns these; a run's id or the word "created" would be found in every row."""


@value_type(frozen=True, slots=True, kw_only=True)
class MatchedRow:
    """A row that holds what was looked for, and where."""

    id: RowId
    column: str
    cell: str


@value_type(frozen=True, slots=True, kw_only=True)
class RowMatches:
    """What one look came to; ``looked_to`` is the last row it looked at, None where it came to the end."""

    rows: tuple[MatchedRow, ...]
    looked_to: RowId | None


def search_rows(
    table: Path,
    text: str,
    *,
    sources: Sequence[str],
    status: str,
    after: RowId,
    count: int,
    looked_at: int = _LOOKED_AT,
) -> RowMatches:
    """Look for a text in cells and in what was said of rows, upper and lower case alike, in rows behind ``after``.

    Raises SettingsError for what is no table of results (any more: it lies in a folder of the user's).
    """
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_CELL))
    try:
        with table.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            lines = csv.reader(file)
            head = next(lines, [])
            if tuple(head[: len(OWN_COLUMNS)]) != OWN_COLUMNS:
                raise SettingsError(
                    f"{table.name} of this import was changed: its first columns are not ours any more."
                )
            behind = ((row, line) for row, line in _numbered(lines, head, sources) if row > after)
            return _found(behind, head, text.casefold(), status=status, count=count, looked_at=looked_at)
    except csv.Error as cause:
        raise SettingsError(f"{table.name} of this import cannot be read: {cause}.") from None


def _numbered(
    lines: Iterator[list[str]], head: Sequence[str], sources: Sequence[str]
) -> Iterator[tuple[RowId, list[str]]]:
    """Tell which row each line is of: the sources stand one behind the other, and two may have one name."""
    named = head.index(SOURCE_COLUMN) if SOURCE_COLUMN in head[len(OWN_COLUMNS) :][:1] else None
    source = last = 0
    for line in lines:
        if len(line) < len(OWN_COLUMNS) or not line[0].isdecimal():
            continue
        number = int(line[0][:9])
        if named is not None:
            said = unguard(line[named]) if named < len(line) else ""
            while source < len(sources) - 1 and (sources[source] != said or number <= last):
                source, last = source + 1, 0
        last = number
        yield row_id(source, number), line


def _found(
    lines: Iterator[tuple[RowId, list[str]]],
    head: Sequence[str],
    wanted: str,
    *,
    status: str,
    count: int,
    looked_at: int,
) -> RowMatches:
    looked_in = [
        place for place, name in enumerate(head) if name in _SAID_OF_A_ROW or place >= len(OWN_COLUMNS)
    ]
    of_status = OWN_COLUMNS.index("import_status")
    rows: list[MatchedRow] = []
    looked_to = None
    for looked_to, line in islice(lines, looked_at):
        if status and line[of_status] != status:
            continue
        if (place := _holds(line, looked_in, len(head), wanted)) is not None:
            column = head[place] if place < len(head) else ""
            rows.append(MatchedRow(id=looked_to, column=column, cell=unguard(line[place])[:_SHOWN]))
            if len(rows) == count:
                break
    return RowMatches(rows=tuple(rows), looked_to=looked_to if next(lines, None) is not None else None)


def _holds(line: Sequence[str], looked_in: Sequence[int], width: int, wanted: str) -> int | None:
    whole = "\0".join(line)
    if GUARD not in whole and wanted not in whole.casefold():  # most rows hold it nowhere
        return None
    places = [*(place for place in looked_in if place < len(line)), *range(width, len(line))]
    return next((place for place in places if wanted in unguard(line[place]).casefold()), None)
