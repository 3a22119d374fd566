"""A file opened for reading: its header, what was detected, and its rows as often as they are wanted."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from importer.reading.corrected import CorrectableColumns, CorrectedGrid
from importer.reading.corrections import Corrections
from importer.reading.detected import Detected, Reading
from importer.reading.detection import detect
from importer.reading.formula_guard import guard_all, unguard
from importer.reading.grid import Grid
from importer.reading.kept_rows import KeptRows
from importer.reading.selection import RowNumbers, chosen_blocks
from importer.reading.table import Table, TableLayout
from importer.records import Block, Row
from importer.settings import ReadingOptions

if TYPE_CHECKING:
    import pandas as pd

_OURS = "import_"
_LOCATION = "import_location_id"
_DETECT_ALL: Final = ReadingOptions()
_OF_A_ROW: Final = ("import_row", "import_run")

_OUR_HEADERS: Final = (
    {"import_row", "import_status"},
    {"plan_row", "plan_action"},
    {"Contact Id", "export_location_id"},
)
"""Headers that only files of ours have: results, plans and exports."""


class Source:
    """A header and numbered rows; every walk over it gives the same rows."""

    def __init__(
        self,
        reading: Reading,
        *,
        index: int,
        own_columns: bool = False,
        corrections: Corrections | None = None,
        only: RowNumbers | None = None,
    ) -> None:
        self.ours = any(known <= set(reading.header) for known in _OUR_HEADERS)
        """The file is one that the importer wrote: results, or failed rows to be imported again."""
        unguarding = _unguarding(reading) if self.ours else None
        names = tuple(map(unguarding, reading.header)) if unguarding else reading.header
        own = tuple(column for column, name in enumerate(names) if not name.startswith(_OURS))
        kept = tuple(range(len(names))) if own_columns else own
        layout = TableLayout(
            header=names,
            header_last=reading.header_last,
            named=0 if reading.ragged else _named(names),
            kept=kept,
            unguard=unguarding,
            profile=reading.profile,
            plain=reading.plain,
            unit="Row" if reading.ragged else "Line",
        )
        self.name = reading.detected.name
        """The file's name."""
        self.header: tuple[str, ...] = tuple(names[column] for column in kept)
        """The names of its columns."""
        self.detected: Detected = reading.detected
        """What the reader found out: format, encoding, sheet, header's row, and why."""
        self._reading = reading
        self._index = index
        self._layout = layout
        self._corrections = corrections
        self.only = only
        """The rows that are meant, where not all are."""
        self._grid: Grid = reading.grid
        if corrections:
            columns = CorrectableColumns(
                layout=layout, own=own, guard=_guarding(reading) if self.ours else None
            )
            self._grid = CorrectedGrid(reading.grid, corrections, columns)
        self._table = Table(self._grid, layout, source=index)
        self._kept: KeptRows | None = None

    def __iter__(self) -> Iterator[Row]:
        """Walk the rows that are meant."""
        for block in self.blocks():
            yield from block

    def blocks(self, size: int = 1000) -> Iterator[Block]:
        """Walk the rows that are meant in blocks; wholly blank ones are left out and yet counted in row numbers."""
        every = self.every_block(size)
        return every if self.only is None else chosen_blocks(every, self.only)

    def every_block(self, size: int = 1000) -> Iterator[Block]:
        """Walk all rows of the file, also where not all are meant: each tells how the file is written."""
        cut = self._table.blocks
        return cut(size) if self._kept is None else self._kept.blocks(size, cut)

    def keep_rows(self, folder: Path) -> KeptRows:
        """Keep the rows of the next walk in a private file of a folder, for those after it; whoever asks closes it."""
        self._kept = KeptRows(folder)
        return self._kept

    @property
    def keeps_rows(self) -> bool:
        """Whether all rows are kept, so that several threads may walk them at once."""
        return self._kept is not None and self._kept.whole

    def with_own_columns(self) -> Source:
        """Give the same file with our own columns (``import_*``) beside the data."""
        return Source(
            self._reading,
            index=self._index,
            own_columns=True,
            corrections=self._corrections,
            only=self.only,
        )

    def noted_locations(self) -> frozenset[str]:
        """Walk a file of ours for the locations that its rows were for; empty for any other file."""
        if not self.ours or _LOCATION not in self._layout.header:
            return frozenset()
        alone = replace(self._layout, kept=(self._layout.header.index(_LOCATION),))
        blocks = Table(self._grid, alone, source=0).blocks(1000)
        return frozenset(cells[0].strip() for block in blocks for cells in block.rows if cells) - {""}


def _unguarding(reading: Reading) -> Callable[[str], str] | None:
    """Choose what takes the guards off the cells of a text of ours; a workbook has none."""
    if reading.detected.encoding is None:
        return None
    return partial(unguard, commas=_splits_elsewhere(reading))


def _guarding(reading: Reading) -> Callable[[str], str] | None:
    """Choose what puts them on, for a cell that is corrected."""
    if reading.detected.encoding is None:
        return None
    commas = _splits_elsewhere(reading)
    return lambda text: guard_all([text], commas=commas)[0]


def _splits_elsewhere(reading: Reading) -> bool:
    return not (reading.detected.delimiter or ",").startswith(",")


def _named(names: Sequence[str]) -> int:
    return max((column for column, name in enumerate(names, 1) if name), default=0)


def open_results(path: str | os.PathLike[str], *, options: ReadingOptions = _DETECT_ALL) -> Source:
    """Open a file of results with our own columns beside the data; of several sheets, the one that has them."""
    return open_source(path, options=replace(options, wanted_headers=_OF_A_ROW)).with_own_columns()


def open_source(
    path: str | os.PathLike[str],
    *,
    options: ReadingOptions = _DETECT_ALL,
    index: int = 0,
    name: str | None = None,
    corrections: Corrections | None = None,
    only: RowNumbers | None = None,
) -> Source:
    """Open a file of any format we read; raise SourceError with the true cause where that cannot be done.

    ``name`` is what people know the file by, where ``path`` is a copy of it. ``corrections`` are laid over its rows;
    ``only`` says which rows are meant.
    """
    return Source(detect(path, options, name=name), index=index, corrections=corrections, only=only)


def open_frame(frame: pd.DataFrame, *, name: str = "DataFrame", index: int = 0) -> Source:
    """Take a DataFrame as a source: its column names are the header, and its rows are numbered from 2."""
    from importer.reading.frame import frame_reading

    return Source(frame_reading(frame, name=name), index=index)
