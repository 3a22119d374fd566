"""A source opened once and asked many times: what stands in a column, what becomes of a row under a changed rule."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from importer.bench.column_values import MOST_KEPT, ColumnValues, ValueCounter
from importer.bench.row_file import RowFile, one_row
from importer.errors import SourceError
from importer.highlevel.catalog import Catalog
from importer.mapping import BoundMapping, Mapping
from importer.mapping.compiled.headers import HeaderIndex, Missing
from importer.reading import Source, open_source
from importer.reading.detected import Detected
from importer.records import Block, Json, Outcome, Record, Row, limited
from importer.runs.shown_rows import ready_row, shown_row
from importer.runtime.clock import Clock, SystemClock
from importer.runtime.regex import regex
from importer.settings import SANDBOX_LOCATION, ReadingOptions
from importer.sources import stage
from importer.sources.corrections import correct, kept_corrections
from importer.suggestion.sampling import SAMPLED_ROWS
from importer.suggestion.suggesting import Suggestion, open_likely, suggest

_NUMBER: Final = regex("[1-9][0-9]{0,8}")
_DETECT_ALL: Final = ReadingOptions()
_COUNTERS_KEPT: Final = 4
"""Columns whose values stay counted: each may take some ten megabytes."""


class Bench:
    """A private copy of a source, its first 2,000 rows in memory.

    Mappings are bound to these rows alone: what all rows together decide (dates that can be read two ways, rows of one
    person, totals at the end) is settled by ``check`` and by the run. The other rows are read once, when a question
    first needs them, and put aside on disk.
    """

    def __init__(
        self,
        source: Source,
        *,
        options: ReadingOptions,
        folder: Path,
        clock: Clock,
        most_kept: int = MOST_KEPT,
    ) -> None:
        self.header: tuple[str, ...] = source.header
        self.detected: Detected = source.detected
        self._source = source
        self._options = options
        self._folder = folder
        self._most_kept = most_kept
        self._today = datetime.fromtimestamp(clock.now(), UTC).date()
        self._sample = tuple(limited(source.blocks(), SAMPLED_ROWS))
        self._bound: tuple[str, BoundMapping] | None = None
        self._rows: RowFile | None = None
        self._counters: dict[tuple[int, str], ValueCounter] = {}

    @property
    def rows_sampled(self) -> int:
        """How many rows are in memory."""
        return sum(map(len, self._sample))

    def suggestion(self, *, catalog: Catalog | None = None) -> Suggestion:
        """Suggest a mapping by the rows in memory."""
        return suggest(self._source, options=self._options, catalog=catalog)

    def values(self, column: str, *, prefix: str = "", most: int = 50) -> ColumnValues:
        """Count what stands in a column: the values of the most rows, of those alone that begin with ``prefix``.

        Raises SourceError for a column that the file lacks.
        """
        place = column_place(self.header, column)
        counted = self._counted(place)
        if prefix and counted.missed:
            # Of too many values for memory the rare ones are not known; those with one beginning are fewer.
            counted = self._counted(place, prefix)
        return counted.values(self.header[place], most=most, prefix=prefix)

    def becomes(
        self, mapping: Mapping, numbers: Iterable[int], *, catalog: Catalog | None = None
    ) -> list[dict[str, Json]]:
        """Say of rows, by the numbers that a spreadsheet shows, what a run would send, as ``preview`` writes it.

        Without a catalog names of custom fields become likely keys, as in any look without a token. Raises MappingError
        where the mapping does not fit, SourceError for a row that is not there.
        """
        return [self._shown(mapping, self._row(number), catalog) for number in numbers]

    def would_become(self, mapping: Mapping, number: int, cells: Sequence[str]) -> dict[str, Json]:
        """Say of a row what a run would send if it held these cells: of what somebody puts right in it.

        Whether the file has the row is not asked, which would take a walk over all of a long one. Raises MappingError where
        the mapping does not fit, SourceError for a row that would have more cells than the header.
        """
        if len(cells) > len(self.header):
            raise SourceError(f"Row {number} has more cells than the header names columns.")
        whole = [*cells, *[""] * (len(self.header) - len(cells))]
        return self._shown(mapping, Block(source=0, numbers=[number], rows=[whole]), None)

    def _shown(self, mapping: Mapping, row: Block, catalog: Catalog | None) -> dict[str, Json]:
        bound = self._bind(mapping)
        (item,) = bound.read(row)
        ready: Record | Outcome = item
        if isinstance(item, Record):
            ready = ready_row(bound.resolver(catalog).resolve(item), mapping)
        return shown_row(ready, mapping)

    def first_rows(self) -> Iterator[Row]:
        """Walk the rows in memory."""
        for block in self._sample:
            yield from block

    def row(self, number: int) -> Row:
        """Give a row by the number that a spreadsheet shows. Raises SourceError for one that is not there."""
        (row,) = self._row(number)
        return row

    def blocks(self) -> Iterable[Block]:
        """Walk all rows, in blocks."""
        return self._all_blocks()

    def close(self) -> None:
        """Put the copy away; leaving the ``with`` does it."""
        if self._rows is not None:
            self._rows.close()

    def _bind(self, mapping: Mapping) -> BoundMapping:
        if self._bound is not None and self._bound[0] == mapping.fingerprint:
            return self._bound[1]
        surveyor = mapping.surveyor(
            self.header, location_id=mapping.fixed_location or SANDBOX_LOCATION, today=self._today
        )
        for block in self._sample:
            surveyor.see(block)
        self._bound = mapping.fingerprint, surveyor.bind()
        return self._bound[1]

    def _row(self, number: int) -> Block:
        in_memory = (one_row(block, number) for block in self._sample)
        found = next(filter(None, in_memory), None)
        if found is None and not self._is_whole:
            found = self._put_aside().row(number)
        if found is None:
            raise SourceError(
                f"{self.detected.name} has no row {number}: it is blank, the header's, or behind the last."
            )
        return found

    @property
    def _is_whole(self) -> bool:
        """Whether the sample is all there is."""
        return self.rows_sampled < SAMPLED_ROWS

    def _all_blocks(self) -> Iterable[Block]:
        return self._sample if self._is_whole else self._put_aside().blocks()

    def _put_aside(self) -> RowFile:
        """Read the source from end to end, the first time."""
        if self._rows is None:
            self._rows = RowFile(self._folder)
            for block in self._source.blocks():
                self._rows.append(block)
        return self._rows

    def _counted(self, place: int, prefix: str = "") -> ValueCounter:
        counted = self._counters.pop((place, prefix), None)
        if counted is None:
            counted = ValueCounter(kept=self._most_kept, prefix=prefix)
            for block in self._all_blocks():
                counted.see(cells_of(block, place))
        self._counters[place, prefix] = counted
        while len(self._counters) > _COUNTERS_KEPT:
            self._counters.pop(next(iter(self._counters)))
        return counted


@contextmanager
def open_bench(
    reference: str,
    *,
    options: ReadingOptions = _DETECT_ALL,
    mapping: Mapping | None = None,
    corrections: Path | None = None,
    clock: Clock | None = None,
) -> Iterator[Bench]:
    """Copy a source and open it, as ``mapping`` says of it, if one is given; ``corrections`` are laid over it. Raises SourceError."""
    with tempfile.TemporaryDirectory(prefix="importer-", ignore_cleanup_errors=True) as folder:
        (staged,) = correct([stage(reference, Path(folder), 0)], corrections)
        laid = kept_corrections(staged)
        if mapping is None:
            source, options = open_likely(staged.path, options=options, name=staged.name, corrections=laid)
        else:
            options = mapping.reading_options(options)
            source = open_source(staged.path, options=options, name=staged.name, corrections=laid)
        bench = Bench(source, options=options, folder=Path(folder), clock=clock or SystemClock())
        try:
            yield bench
        finally:
            bench.close()


def column_place(header: Sequence[str], column: str) -> int:
    """Find a column as a mapping finds it, or by its number from 1. Raises SourceError, the nearest columns named."""
    index = HeaderIndex(header)
    found = index.find(column)
    if not isinstance(found, Missing):
        return found
    if not found.several and _NUMBER.fullmatch(column) and int(column) <= len(header):
        return int(column) - 1
    hint = f" Its columns: {index.listed()}." if found.far else ""
    hint = " Name it by its number, from 1." if found.several else hint
    raise SourceError(f"{found.sentence}{hint}")


def cells_of(block: Block, place: int) -> Iterable[str]:
    """Give a column's cells; rows whose values stand in the wrong columns are left out."""
    if not block.faults:
        return (cells[place] for cells in block.rows)
    return (
        cells[place]
        for index, cells in enumerate(block.rows)
        if not any(fault.fails for fault in block.faults.get(index, ()))
    )
