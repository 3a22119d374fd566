"""A file of failed rows that came back from a person, taken as corrections of the source that they were rows of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Final

from importer.errors import SourceError
from importer.mapping import parse_mapping
from importer.reading import Source, open_results
from importer.reading.corrections import MOST_CORRECTIONS, Correction, Where
from importer.reading.rewriting import rewriting_of
from importer.reading.workbooks.columns import letters_of
from importer.records import RowId, number_of, row_id, value_type
from importer.results.commands import NextCommands
from importer.results.wording import shown_value
from importer.runs.intake import open_staged
from importer.runs.lineage import ColumnKey, ReturnedFile, numbered
from importer.runs.remembered import recalled
from importer.settings import Connection, ReadingOptions, RunSettings
from importer.sources.corrections import kept_corrections
from importer.state import StateFolder
from importer.state.journal import Run

_SHOWN: Final = 8


@value_type(frozen=True, slots=True, kw_only=True)
class FoundCorrections:
    """What a person changed of a run's rows. ``corrections`` begin with those that the run had already."""

    run: Run
    corrections: tuple[Correction, ...] = field(repr=False)
    rows: int
    """Rows that are other than the run had them."""
    laid_before: bool
    """Whether the run had corrections itself."""
    commands: NextCommands

    @property
    def source_sha256(self) -> str | None:
        """What names the source in the file's first line; None where there are several."""
        return self.run.sources[0].content_sha256 if len(self.run.sources) == 1 else None


@value_type(frozen=True, slots=True, kw_only=True)
class _Back:
    """A row of the file: where it stands there, its cells, and what was said to be wrong with it."""

    number: int
    cells: Sequence[str] = field(repr=False)
    even: bool
    error: str = field(repr=False)
    unread: Mapping[str, str]
    """What the reader could not make out, by the letters of its column: a formula without its result, say."""


def corrections_from(
    path: Path, state_path: Path, *, reading: ReadingOptions, accept_rewritten: bool = False
) -> FoundCorrections:
    """Compare the rows of a results or failed file with what their run read. Raises SourceError with each row that does not fit."""
    state = StateFolder(state_path)
    source = open_results(path, options=reading)
    if not {"import_row", "import_run"} <= set(source.header):
        raise SourceError(
            f"{path.name} is no file of failed rows: its columns lack import_row or import_run, which say whose rows they are. "
            "Take failed.xlsx or failed.csv of the run's results folder, with all its columns."
        )
    comparison = _Comparison(path.name, ReturnedFile(source, str(path), state), source)
    run = comparison.read()
    settings = recalled(run, connection=Connection(), state=state_path, reading=ReadingOptions())
    found = tuple(comparison.compare(sources_of(run, settings), accept_rewritten=accept_rewritten))
    before = _corrections_of(run)
    if len(before) + len(found) > MOST_CORRECTIONS:
        raise SourceError(
            f"{path.name} holds more than {MOST_CORRECTIONS:,} corrections: import it as a file of its own, with importer run."
        )
    return FoundCorrections(
        run=run,
        corrections=(*before, *found),
        rows=len({(each.source, each.row) for each in found}),
        laid_before=bool(before),
        commands=NextCommands.of(
            replace(settings, corrections=None, rows=None),
            location_id=run.location_id,
            working_folder=run.working_folder,
        ),
    )


def sources_of(run: Run, settings: RunSettings) -> list[Source]:
    """Open the copies that a run keeps of its sources, with its own corrections laid over them. Raises SourceError."""
    mapping = parse_mapping(run.mapping_text, name=str(run.mapping_path))
    return open_staged(run.sources, mapping, settings.reading)


def _corrections_of(run: Run) -> list[Correction]:
    """Give the corrections that a run had itself: what a person corrected is laid upon them."""
    several = len(run.sources) > 1
    return [
        replace(each, source=source.name if several else None)
        for source in run.sources
        for each in kept_corrections(source) or ()
    ]


class _Comparison:
    """Holds the rows that came back against those that were read, and keeps which do not fit."""

    def __init__(self, name: str, returned: ReturnedFile, source: Source) -> None:
        self._name = name
        self._returned = returned
        self._source = source
        self._places = {key: place for place, key in returned.columns}
        self._back: dict[RowId, _Back] = {}
        self._faults: list[str] = []
        self._cells: list[str] = []

    def read(self) -> Run:
        """Read the rows of the file, and tell which run they are of. Raises SourceError."""
        runs: dict[str, Run] = {}
        for block in self._source.blocks():
            for index, (number, cells) in enumerate(zip(block.numbers, block.rows, strict=True)):
                origin = self._returned.origin(cells)
                if origin is None:
                    self._refuse(
                        number, "its import_run or import_row names no row of a run that is known here"
                    )
                    continue
                runs[origin[0].id] = origin[0]
                if origin[1] in self._back:
                    self._refuse(number, f"it is row {number_of(origin[1])} of the run once more")
                ragged = any(fault.code == "column_count" for fault in block.faults.get(index, ()))
                self._back[origin[1]] = _Back(
                    number=number,
                    cells=cells,
                    even=not ragged,
                    error=self._returned.own(cells, "import_error"),
                    unread={
                        fault.column.rstrip("0123456789"): fault.message
                        for fault in block.faults.get(index, ())
                        if fault.column
                    },
                )
        self._raise()
        if not runs:
            raise SourceError(
                f"{self._name} has no rows: none of its run failed, so there is nothing to take back."
            )
        if len(runs) != 1:
            names = ", ".join(sorted(runs))
            raise SourceError(
                f"{self._name} holds rows of several runs ({names}): corrections are of one. Take one run's failed rows."
            )
        return next(iter(runs.values()))

    def compare(self, sources: Sequence[Source], *, accept_rewritten: bool) -> Iterator[Correction]:
        """Give what is other than it was read, in the order of the sources. Raises SourceError at the end."""
        several = len(sources) > 1
        moved = self._are_columns_moved(sources)
        for source in sources:
            columns = _ColumnsOf(source.header, moved=moved)
            for block in source.blocks():
                for number, cells in zip(block.numbers, block.rows, strict=True):
                    back = self._back.pop(row_id(block.source, number), None)
                    if back is not None:
                        name = source.name if several else None
                        yield from self._changes(back, columns, number, cells, name, accept=accept_rewritten)
        for back in self._back.values():
            self._refuse(back.number, "its run had no such row")
        self._raise()

    def _are_columns_moved(self, sources: Sequence[Source]) -> bool:
        """Tell whether the file has its columns in another order than our results, which unite those of all sources."""
        written = dict.fromkeys(key for source in sources for key in numbered(source.header))
        places = [self._places[key] for key in written if key in self._places]
        return places != sorted(places)

    def _changes(
        self,
        back: _Back,
        columns: _ColumnsOf,
        number: int,
        before: Sequence[str],
        source: str | None,
        *,
        accept: bool,
    ) -> Iterator[Correction]:
        if not back.even:
            if _data(back.cells, self._places) != _trimmed(before):
                self._refuse(back.number, "it has more or fewer cells than the header still")
            return
        if self._lacks(back, columns):
            return
        after = [str(back.cells[self._places[key]]) for key in columns.keys]
        if self._is_unsure(back, columns, before, after):
            return
        if len(before) != len(after):
            if _trimmed(before) != _trimmed(after):
                yield Correction(
                    line=back.number,
                    row=number,
                    before=tuple(map(str, before)),
                    after=tuple(after),
                    source=source,
                )
            return
        cells = zip(columns.names, columns.keys, map(str, before), after, strict=True)
        for where, key, old, new in cells:
            if _lines(new) != _lines(old):
                self._refuse_unmeant(back, where, key, old, new, accept=accept)
                yield Correction(
                    line=back.number, row=number, column=where, before=old, after=new, source=source
                )

    def _lacks(self, back: _Back, columns: _ColumnsOf) -> bool:
        """Refuse a row whose columns are not those of the source."""
        missing = [key for key in columns.keys if key not in self._places]
        if missing:
            self._refuse(
                back.number, f"the column {missing[0][0]!r} of the source is not in the file any more"
            )
        elif self._has_more(back, columns):
            self._refuse(back.number, "a column that the source does not have holds something")
        else:
            return False
        return True

    def _is_unsure(
        self, back: _Back, columns: _ColumnsOf, before: Sequence[str], after: Sequence[str]
    ) -> bool:
        """Refuse a row whose values in columns of one name may have been swapped with their columns."""
        old = [*map(str, before), *[""] * len(after)]
        if all(_lines(after[place]) == _lines(old[place]) for place in columns.unsure):
            return False
        # Taken as they stand, they would be sent in each other's place, of rows too where nobody touched them.
        self._refuse(
            back.number,
            f"{columns.keys[columns.unsure[0]][0]!r} stands twice, and the columns are in another order than they were "
            "written: which is which cannot be told. Put them back in the order of the failed file",
        )
        return True

    def _has_more(self, back: _Back, columns: _ColumnsOf) -> bool:
        strange = self._places.keys() - set(columns.keys)
        return any(back.cells[self._places[key]].strip() for key in strange)

    def _refuse_unmeant(
        self, back: _Back, where: Where, key: ColumnKey, old: str, new: str, *, accept: bool
    ) -> None:
        """Refuse what nobody typed: a blank in place of a formula without its result, or what a spreadsheet rewrote."""
        if unread := back.unread.get(letters_of(self._places[key])):
            self._refuse(back.number, unread.rstrip("."))
        elif not accept and str(where) not in back.error and (how := rewriting_of(old, new)):
            self._refuse(
                back.number,
                f"a spreadsheet seems to have rewritten {where}: {how.value}. Put it right, or say --accept-rewritten",
            )
            self._cells.append(f"row {back.number}, {where}: {shown_value(old)} became {shown_value(new)}")

    def _refuse(self, number: int, why: str) -> None:
        self._faults.append(f"row {number}: {why}")

    def _raise(self) -> None:
        if self._faults:
            more = f"; and {len(self._faults) - _SHOWN:,} more" if len(self._faults) > _SHOWN else ""
            raise SourceError(
                f"{self._name} cannot be taken as corrections. {'; '.join(self._faults[:_SHOWN])}{more}.",
                cells=tuple(self._cells[:_SHOWN]),
            )


class _ColumnsOf:
    """A source's columns: as a file of ours has them, and as a correction names them."""

    def __init__(self, header: Sequence[str], *, moved: bool) -> None:
        self.keys: list[ColumnKey] = numbered(header)
        self.unsure = [place for place, name in enumerate(header) if moved and header.count(name) > 1]
        """Columns of one name, which only their order tells apart, in a file that has another order."""
        self.names: list[Where] = [
            name if name and header.count(name) == 1 else place for place, name in enumerate(header, 1)
        ]


def _data(cells: Sequence[str], places: dict[ColumnKey, int]) -> list[str]:
    """Give the cells of a row that are not ours, also where there are more than columns."""
    ours = set(range(max(places.values(), default=-1) + 1)) - set(places.values())
    return _trimmed([str(cell) for place, cell in enumerate(cells) if place not in ours])


def _trimmed(cells: Sequence[str]) -> list[str]:
    kept = [_lines(str(cell)) for cell in cells]
    while kept and not kept[-1]:
        kept.pop()
    return kept


def _lines(text: str) -> str:
    """Write line ends as one sign: a workbook knows no other."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
