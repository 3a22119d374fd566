"""What a run's mapping can learn from the rows of it that came back corrected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Final

from importer.errors import ImporterError, MappingError, SourceError
from importer.mapping import BoundMapping, Mapping, load_mapping, parse_mapping
from importer.mapping.lessons import CorrectedCell, Lesson, learn_rules, skip_lesson
from importer.reading import Source, open_results
from importer.reading.corrections import Correction
from importer.reading.rewriting import rewriting_of
from importer.records import Block, Record, RowId, Status, number_of, row_id, source_of, value_type
from importer.runs.lineage import ReturnedFile
from importer.runs.remembered import recalled
from importer.runs.returned_rows import corrections_from, sources_of
from importer.settings import SANDBOX_LOCATION, Connection, ReadingOptions
from importer.sources.corrections import kept_corrections
from importer.state import StateFolder
from importer.state.journal import Run
from importer.state.lineage import successors_of

COMPARED_ROWS: Final = 2000
"""Rows of each source that were fine and are mapped again, to see whether a change would harm them."""


@value_type(frozen=True, slots=True, kw_only=True)
class Learnt:
    """The lessons of a run, and what they were taken from."""

    run: Run
    mapping: Mapping
    lessons: tuple[Lesson, ...]
    corrected_rows: int
    dropped_rows: int
    """Rows that failed, and that a corrected file lacks."""
    compared_rows: int
    """Rows that were fine and stayed as they were under every change."""


@dataclass(slots=True)
class _CameBack:
    """What came back: corrected cells, and the rows that a corrected file had."""

    corrections: list[Correction] = field(default_factory=list)
    rows: set[RowId] = field(default_factory=set)
    by_file: bool = False


def learn(
    run: Run, state: StateFolder, *, today: date, mapping: Path | None = None, corrected: Path | None = None
) -> Learnt:
    """Compare a run's rows with what came back of them. Raises SourceError where nothing did, or it does not fit, and MappingError where the mapping does not fit the sources."""
    returned = _returned(run, state, corrected)
    current = _current_mapping(run, mapping)
    settings = recalled(run, connection=Connection(), state=state.path, reading=ReadingOptions())
    known = sources_of(run, settings)
    cells = list(_cells(_since(run, returned.corrections), known))
    trial = _RowTrial(current, known, cells, today=today)
    lessons = list(learn_rules(current, cells, trial))
    dropped = _dropped(run, state, returned)
    for source in known:
        lessons += _skipping(current, source, dropped)
    return Learnt(
        run=run,
        mapping=current,
        lessons=tuple(lessons),
        corrected_rows=len({cell.row for cell in cells}),
        dropped_rows=len(dropped),
        compared_rows=trial.compared_rows,
    )


def _returned(run: Run, state: StateFolder, corrected: Path | None) -> _CameBack:
    found = _CameBack()
    if corrected is not None:
        _take_file(found, corrected, run, state)
        return found
    for run_id in successors_of(state.run_folder(run.id)):
        with suppress(
            ImporterError
        ):  # a successor that was forgotten meanwhile, or that holds rows of several runs
            _take_successor(found, state.run(run_id), run, state)
    if not found.corrections and not found.rows:
        raise SourceError(
            f"No rows of run {run.id} came back corrected. Correct its failed.xlsx and import it, or name a corrected file "
            "with --corrected."
        )
    return found


def _take_successor(found: _CameBack, successor: Run, run: Run, state: StateFolder) -> None:
    if successor.undone_at is not None:
        return
    contents = {source.content_sha256 for source in run.sources}
    for source in successor.sources:
        laid = kept_corrections(source)
        if source.content_sha256 in contents:
            found.corrections += laid or ()
        elif laid is None:
            _take_file(found, source.path, run, state)


def _take_file(found: _CameBack, path: Path, run: Run, state: StateFolder) -> None:
    taken = corrections_from(path, state.path, reading=ReadingOptions(), accept_rewritten=True)
    if taken.run.id != run.id:
        raise SourceError(f"{path.name} holds rows of run {taken.run.id}, not of {run.id}.")
    found.corrections += taken.corrections
    found.by_file = True
    source = open_results(path)
    file = ReturnedFile(source, str(path), state)
    for block in source.blocks():
        found.rows.update(origin[1] for cells in block.rows if (origin := file.origin(cells)) is not None)


def _current_mapping(run: Run, named: Path | None) -> Mapping:
    """Take the mapping as it is today; the run's own copy where it is gone."""
    if named is not None:
        return load_mapping(named)
    try:
        return load_mapping(run.mapping_path)
    except MappingError:
        return parse_mapping(run.mapping_text, name=str(run.mapping_path))


def _since(run: Run, corrections: Sequence[Correction]) -> list[Correction]:
    """Leave out the corrections that the run had itself: its rows were read with them."""
    own = {_what(each) for source in run.sources for each in kept_corrections(source) or ()}
    return [each for each in corrections if each.changes and _what(each) not in own]


def _what(each: Correction) -> tuple[object, ...]:
    return each.row, each.column, each.before, each.after


def _cells(corrections: Sequence[Correction], sources: Sequence[Source]) -> Iterator[CorrectedCell]:
    """Give corrected cells by header; what a spreadsheet rewrote by itself teaches nothing."""
    index = {source.name: place for place, source in enumerate(sources)}
    for each in corrections:
        if not (
            isinstance(each.column, str) and isinstance(each.before, str) and isinstance(each.after, str)
        ):
            continue
        if each.before.strip() and rewriting_of(each.before, each.after) is None:
            row = row_id(index.get(each.source or "", 0), each.row)
            yield CorrectedCell(row=row, column=each.column, before=each.before, after=each.after)


def _dropped(run: Run, state: StateFolder, returned: _CameBack) -> frozenset[RowId]:
    if not returned.by_file:
        return frozenset()
    with state.open_journal(run) as journal:
        return frozenset(journal.rows_ended((Status.FAILED,)) - returned.rows)


def _skipping(mapping: Mapping, source: Source, dropped: frozenset[RowId]) -> list[Lesson]:
    if not dropped:
        return []
    gone = [cells for row, cells in _rows(source) if row in dropped]
    kept = (cells for row, cells in _rows(source) if row not in dropped)
    lesson = skip_lesson(mapping, source.header, gone, kept)
    return [] if lesson is None else [lesson]


def _rows(source: Source) -> Iterator[tuple[RowId, Sequence[str]]]:
    for block in source.blocks():
        for number, cells in zip(block.numbers, block.rows, strict=True):
            yield row_id(block.source, number), cells


class _RowTrial:
    """The rows that were corrected, and as many others as are compared, under one mapping after the other."""

    def __init__(
        self, mapping: Mapping, sources: Sequence[Source], cells: Sequence[CorrectedCell], *, today: date
    ) -> None:
        self._mapping = mapping
        self._tables = [_TrialTable(source, cells) for source in sources]
        self._today = today
        self._cells = cells
        for table in (
            self._tables
        ):  # under one that does not fit nothing would be learnt, and it would not be said why
            self._bound(mapping, table)

    @property
    def compared_rows(self) -> int:
        return sum(len(was) for was in self._fine)

    def mended(self, changed: Mapping, column: str) -> frozenset[int]:
        found: set[int] = set()
        for table, wanted in zip(self._tables, self._wanted, strict=True):
            rows = table.with_correction_undone(column)
            now = self._mapped(changed, table, rows)
            before = self._mapped(self._mapping, table, rows)
            found.update(
                row for row, sent in now.items() if sent == wanted.get(row) and before.get(row) != sent
            )
        return frozenset(found)

    def harms(self, changed: Mapping) -> bool:
        for table, was in zip(self._tables, self._fine, strict=True):
            now = self._mapped(changed, table, table.others)
            if any(now.get(row) != sent for row, sent in was.items()):
                return True
        return False

    @cached_property
    def _wanted(self) -> list[dict[RowId, object]]:
        return [self._mapped(self._mapping, table, table.corrected) for table in self._tables]

    @cached_property
    def _fine(self) -> list[dict[RowId, object]]:
        return [self._mapped(self._mapping, table, table.others) for table in self._tables]

    def _mapped(self, mapping: Mapping, table: _TrialTable, block: Block) -> dict[RowId, object]:
        """Give what is sent of each row that is sent at all."""
        try:
            bound = self._bound(mapping, table)
        except MappingError:
            return {}
        return {
            item.row: (dict(item.fields), item.custom_fields, item.tags, item.contact_id)
            for item in bound.read(block)
            if isinstance(item, Record)
        }

    def _bound(self, mapping: Mapping, table: _TrialTable) -> BoundMapping:
        location = None if mapping.location_by_column else mapping.fixed_location or SANDBOX_LOCATION
        surveyor = mapping.surveyor(table.header, location_id=location, today=self._today)
        surveyor.see(table.others)
        surveyor.see(table.corrected)
        return surveyor.bind()


class _TrialTable:
    """The rows of one source that a trial maps."""

    def __init__(self, source: Source, cells: Sequence[CorrectedCell]) -> None:
        self.header = source.header
        self._places = {name: place for place, name in enumerate(source.header)}
        self._by_row: dict[RowId, list[CorrectedCell]] = {}
        for cell in cells:
            self._by_row.setdefault(cell.row, []).append(cell)
        original: dict[RowId, Sequence[str]] = {}
        others: dict[RowId, Sequence[str]] = {}
        for row, row_cells in _rows(source):
            if len(row_cells) != len(source.header):
                continue
            if row in self._by_row:
                original[row] = row_cells
            elif len(others) < COMPARED_ROWS:
                others[row] = row_cells
        self.others = _block(others)
        fixed = {row: self._corrected(row_cells, self._by_row[row]) for row, row_cells in original.items()}
        self._fixed = fixed
        self.corrected = _block(fixed)

    def with_correction_undone(self, column: str) -> Block:
        """Give the corrected rows of a column with that one cell as it was."""
        rows = {}
        for row, cells in self._fixed.items():
            firsts = [cell for cell in self._by_row[row] if cell.column == column]
            if firsts:
                rows[row] = self._laid(cells, column, firsts[0].before)
        return _block(rows)

    def _corrected(self, cells: Sequence[str], corrections: Sequence[CorrectedCell]) -> Sequence[str]:
        for each in corrections:
            cells = self._laid(cells, each.column, each.after)
        return cells

    def _laid(self, cells: Sequence[str], column: str, text: str) -> Sequence[str]:
        place = self._places.get(column)
        return cells if place is None else [*cells[:place], text, *cells[place + 1 :]]


def _block(rows: dict[RowId, Sequence[str]]) -> Block:
    """Make a block of rows of one source; their numbers stay."""
    numbers = [number_of(row) for row in rows]
    return Block(source=source_of(next(iter(rows), 0)), numbers=numbers, rows=list(rows.values()))
