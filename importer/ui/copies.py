"""Files of a draft's rows, to be corrected elsewhere: written in the process that has the file open, and read back there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from importer.errors import SourceError
from importer.reading import Source, open_source
from importer.records import Block, Row
from importer.results.csv_file import TableWriter, csv_table
from importer.results.failed_rows import MOST_CELLS, XLSX_MOST_COLUMNS
from importer.state.findings import Findings
from importer.ui.edits import DraftEdits

_OURS: Final = ("import_row", "import_status", "import_error")
"""By these columns a file is known for one of ours: what guards its cells from running as formulas is taken off again."""
_AT_ONCE: Final = 500
FORMS: Final = ("csv", "xlsx")


def write_failing(findings: Path, draft: Path, out: Path, *, form: str) -> int:
    """Write the rows that fail, as they are by now, each with what is wrong; gives how many they are. Raises SettingsError."""
    rows = 0
    with Findings.open(findings) as found, DraftEdits.open(draft) as edits:
        header = found.sources[0].header
        if form == "xlsx" and found.totals.failing * len(header) > MOST_CELLS:
            raise SourceError(
                f"{found.totals.failing:,} rows are too many for a workbook that is gone through by hand. Take them as CSV."
            )
        with _table(out, [*header, *_OURS], form) as table:
            for line in _failing(found, edits, len(header)):
                table.write(line)
                rows += 1
    return rows


def _table(out: Path, head: Sequence[str], form: str) -> AbstractContextManager[TableWriter]:
    if form == "csv" or len(head) > XLSX_MOST_COLUMNS:
        return csv_table(out, head)
    from importer.results.workbook import xlsx_table

    return xlsx_table(out, head, title="Failing rows")


def _failing(found: Findings, edits: DraftEdits, width: int) -> Iterator[list[str]]:
    after = -1
    while rows := found.failing(after=after, count=_AT_ONCE):
        after = rows[-1]
        checked, faults = found.cells_of(rows), found.faults_of(rows)
        now, judged = edits.current(rows), edits.outlooks(rows)
        for row in rows:
            if row in judged and judged[row].now["status"] != "failed":
                continue
            cells = now.get(row, list(checked[row]))
            why = (
                [each.message for each in faults[row] if each.fails]
                if row not in judged
                else [message for _, fails, _, message in judged[row].now["faults"] if fails]
            )
            even = [*cells, *[""] * (width - len(cells))]
            yield [*even[:width], str(row), "failed", " ".join(why), *even[width:]]


def write_copy(blocks: Iterator[Block], header: Sequence[str], corrected: frozenset[int], out: Path) -> int:
    """Write all rows as they were put right; gives how many they are."""
    rows = 0
    with csv_table(out, [*header, *_OURS[:2]]) as table:
        for block in blocks:
            rows += len(block)
            table.write_all(_copied(block, len(header), corrected))
    return rows


def _copied(block: Block, width: int, corrected: frozenset[int]) -> Iterator[list[str]]:
    for number, cells in zip(block.numbers, block.rows, strict=True):
        texts = [*map(str, cells), *[""] * (width - len(cells))]
        status = "corrected" if number in corrected else ""
        yield [*texts[:width], str(number), status, *texts[width:]]


class ReturnedRows:
    """The rows of a file of failing rows that somebody corrected, some at a time. Raises SourceError for any other file."""

    def __init__(self, path: Path, header: Sequence[str], *, name: str) -> None:
        self._source = open_source(path, name=name).with_own_columns()
        self._places = _places(self._source, header, name)
        self._rows = iter(self._source)
        self._name = name

    def next(self, count: int) -> list[tuple[int, list[str], str]]:
        """Give number, cells in the order of the draft's own columns, and what was said to be wrong; nothing at the end."""
        return [self._read(row) for row, _ in zip(self._rows, range(count), strict=False)]

    def _read(self, row: Row) -> tuple[int, list[str], str]:
        number, error, *columns = self._places
        cells = [str(cell) for cell in row.cells]
        if any(fault.code == "column_count" for fault in row.faults) or not cells[number].strip().isdecimal():
            raise SourceError(
                f"{self._name}, row {row.number}: its cells do not stand under their columns, or import_row names no row. Put it "
                "right, or take the row out."
            )
        return int(cells[number]), [cells[place] for place in columns], cells[error] if error >= 0 else ""


def _places(source: Source, header: Sequence[str], name: str) -> list[int]:
    if "import_row" not in source.header:
        raise SourceError(
            f"{name} is no file of these rows: it lacks the column import_row, which says whose row each is. Take the file that "
            "was downloaded here, with all its columns."
        )
    own = [source.header.index(each) if each in source.header else -1 for each in (_OURS[0], _OURS[2])]
    taken: list[int] = []
    for title in header:
        place = next((at for at, each in enumerate(source.header) if each == title and at not in taken), None)
        if place is None:
            raise SourceError(
                f"{name} lacks the column {title!r} of the file. Take it back with all its columns."
            )
        taken.append(place)
    return [*own, *taken]
