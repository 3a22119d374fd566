"""What a corrected file tells of the run that wrote it: whose its rows were, and which cells a spreadsheet rewrote."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import field
from typing import TYPE_CHECKING, Final

from importer.errors import ImporterError, SourceError
from importer.mapping import Mapping, parse_mapping
from importer.reading import Source
from importer.records import RowId, row_id, value_type
from importer.results.commands import access_words
from importer.results.wording import shown_value
from importer.runs.intake import choose_location, open_staged
from importer.runs.remembered import recalled
from importer.settings import Connection, ReadingOptions, RunSettings
from importer.sources import StagedSource
from importer.state import StateFolder
from importer.state.journal import Run, place_of
from importer.state.lineage import Origin, add_successor, write_origins

if TYPE_CHECKING:
    from importer.reading.rewriting import Rewriting

_OURS: Final = "import_"
_MARK: Final = b"import_row"
_HEAD_BYTES: Final = 1 << 16
_MOST_PACKED_BYTES: Final = 16 << 20
"""A workbook of failed rows is smaller than that; to look into a larger one would take as long as its survey."""
_COMPARED_ROWS: Final = 50_000
"""Rows that are compared with what was written. A spreadsheet rewrites columns, so that many show it."""
_SHOWN: Final = 8
_ROW_DIGITS: Final = 9

ColumnKey = tuple[str, int]


@value_type(frozen=True, slots=True, kw_only=True)
class RewrittenCell:
    """A cell of a corrected file that no person changed: ``row`` is the file's own."""

    row: int
    column: str
    before: str = field(repr=False)
    after: str = field(repr=False)
    how: Rewriting


@value_type(frozen=True, slots=True, kw_only=True)
class _Returned:
    """A row that came back: its number in the file, its cells by column, and what was said to be wrong with it."""

    number: int
    cells: dict[ColumnKey, str] = field(repr=False)
    error: str = field(repr=False)


@value_type(frozen=True, slots=True, kw_only=True)
class Goal:
    """Where the rows of a new run go to. ``elsewhere``: they were meant for another location, and that is insisted upon."""

    place: str
    location_id: str | None
    elsewhere: bool = False

    @classmethod
    def of(cls, settings: RunSettings, mapping: Mapping) -> Goal:
        return cls(
            place=place_of(settings.connection.base_url, sandbox=settings.connection.sandbox),
            location_id=choose_location(settings.connection, mapping),
            elsewhere=settings.into_other_location,
        )

    def is_of(self, run: Run) -> bool:
        """Tell whether a run's rows were to become the same contacts; a rehearsal in the sandbox brings none of them home."""
        if self.place != run.place:
            return False
        by_column = None in (self.location_id, run.location_id) and not self.elsewhere
        return by_column or self.location_id == run.location_id


class Lineage:
    """Where the rows of a new run come from. Of a million rows it keeps numbers, of the first ones the cells too.

    Rows that went elsewhere than the new run goes are compared with what was written, and are no origins.
    """

    def __init__(self, goal: Goal) -> None:
        self.goal = goal
        self.runs: list[Run] = []
        """The runs whose rows come back."""
        self.returned: dict[tuple[str, RowId], tuple[str, _Returned]] = {}
        """By the row that it was: the file's name, and the row that came back."""
        self._numbers: dict[str, int] = {}
        self._rows, self._origins, self._run_numbers = array("q"), array("q"), array("l")

    def add(self, row: RowId, run: Run, origin: RowId) -> None:
        if run.id not in self._numbers:
            self._numbers[run.id] = len(self.runs)
            self.runs.append(run)
        if not self.goal.is_of(run):
            return
        self._rows.append(row)
        self._origins.append(origin)
        self._run_numbers.append(self._numbers[run.id])

    @property
    def follows(self) -> str | None:
        """The run that most of the rows come from."""
        counted = Counter(self._run_numbers).most_common(1)
        return self.runs[counted[0][0]].id if counted else None

    def keep(self, run_id: str, state: StateFolder) -> None:
        """Note in the folders of the new run and of those before it whose rows these are. Raises StateError."""
        if not self._rows:
            return
        write_origins(state.run_folder(run_id), self._traced())
        for number in sorted(set(self._run_numbers)):
            add_successor(state.run_folder(self.runs[number].id), run_id)

    def _traced(self) -> Iterator[Origin]:
        for row, number, origin in zip(self._rows, self._run_numbers, self._origins, strict=True):
            yield Origin(row=row, run_id=self.runs[number].id, origin=origin)


def trace(
    staged: Sequence[StagedSource], mapping: Mapping, settings: RunSettings, state: StateFolder
) -> Lineage:
    """Find the runs whose rows these sources hold. Raises SourceError where cells came back rewritten."""
    lineage = Lineage(Goal.of(settings, mapping))
    for each in filter(_may_be_ours, staged):
        with suppress(SourceError):  # what cannot be opened is told by the survey
            (source,) = open_staged([each], mapping, settings.reading)
            if source.ours:
                ReturnedFile(source.with_own_columns(), each.reference, state).read_into(lineage)
    if not settings.accept_rewritten:
        _refuse_rewritten(lineage, settings, state)
    return lineage


def _may_be_ours(staged: StagedSource) -> bool:
    """Look whether a file can be one of ours before it is opened, which takes its time for a large workbook."""
    with staged.path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        return staged.size <= _MOST_PACKED_BYTES
    return _MARK in head.replace(b"\0", b"")


class ReturnedFile:
    """Reads the rows of one file of ours together with our own columns."""

    def __init__(self, source: Source, reference: str, state: StateFolder) -> None:
        self._source = source
        self._state = state
        self._places = {name: place for place, name in enumerate(source.header) if name.startswith(_OURS)}
        # A file of an importer that did not write its run into it is known by the folder it lies in.
        self._by_folder = state.origin_of(reference) or ""
        self._known = frozenset(state.run_ids())
        self._runs: dict[str, Run | None] = {}

    @property
    def columns(self) -> list[tuple[int, ColumnKey]]:
        """The columns that are the data's, each with its place."""
        numbered_columns = enumerate(numbered(self._source.header))
        return [(place, key) for place, key in numbered_columns if not key[0].startswith(_OURS)]

    def read_into(self, lineage: Lineage) -> None:
        keys = self.columns
        for block in self._source.blocks():
            for index, (number, cells) in enumerate(zip(block.numbers, block.rows, strict=True)):
                found = self.origin(cells)
                if found is None:
                    continue
                run, origin = found
                lineage.add(row_id(block.source, number), run, origin)
                if index not in block.faults and len(lineage.returned) < _COMPARED_ROWS:
                    returned = _Returned(
                        number=number,
                        cells={key: str(cells[place]) for place, key in keys if place < len(cells)},
                        error=self.own(cells, "import_error"),
                    )
                    lineage.returned[run.id, origin] = (self._source.name, returned)

    def origin(self, cells: Sequence[str]) -> tuple[Run, RowId] | None:
        """Tell which row of which run a row was; None where it does not say, or that run is not known here."""
        run = self._run(self.own(cells, "import_run") or self._by_folder)
        number = self.own(cells, "import_row")
        if run is None or not number.isdecimal() or len(number) > _ROW_DIGITS:
            return None
        index = _source_index(run, self.own(cells, "import_source"))
        return None if index is None else (run, row_id(index, int(number)))

    def _run(self, run_id: str) -> Run | None:
        if run_id not in self._known:  # the file's word: it may name anything
            return None
        if run_id not in self._runs:
            self._runs[run_id] = None
            with suppress(ImporterError):
                self._runs[run_id] = self._state.run(run_id)
        return self._runs[run_id]

    def own(self, cells: Sequence[str], column: str) -> str:
        """Give a cell of ours."""
        place = self._places.get(column)
        return "" if place is None or place >= len(cells) else str(cells[place]).strip()


def _source_index(run: Run, name: str) -> int | None:
    """Tell which source of a run a name means; None where several bear it."""
    if len(run.sources) == 1:
        return 0
    named = [index for index, source in enumerate(run.sources) if source.name == name]
    return named[0] if len(named) == 1 else None


def numbered(header: Sequence[str]) -> list[ColumnKey]:
    """Tell columns of one name apart."""
    seen: Counter[str] = Counter()
    keys = []
    for name in header:
        keys.append((name, seen[name]))
        seen[name] += 1
    return keys


def _refuse_rewritten(lineage: Lineage, settings: RunSettings, state: StateFolder) -> None:
    cells = [
        (run, name, cell)
        for run in lineage.runs
        for name, cell in _rewritten(run, lineage, settings.reading, state)
    ]
    if not cells:
        return
    run, name, _ = cells[0]
    anew = access_words(state.path, settings.connection.token_file).results(run.id)
    shown = [cell for _, _, cell in cells[:_SHOWN]]
    named = "; ".join(f"row {cell.row}, {cell.column}: {cell.how.value}" for cell in shown)
    more = f"; and {len(cells) - _SHOWN:,} more" if len(cells) > _SHOWN else ""
    count = (
        "1 cell that was not at fault" if len(cells) == 1 else f"{len(cells):,} cells that were not at fault"
    )
    raise SourceError(
        f"A spreadsheet rewrote {count} when {name} was saved: {named}{more}. Nothing was sent. Make the corrections "
        f"in failed.xlsx instead, whose cells are text ({anew} writes it anew), or put these cells "
        "right in a text editor. Where they are meant so: the same command with --accept-rewritten.",
        cells=tuple(
            f"row {cell.row}, {cell.column}: {shown_value(cell.before)} became {shown_value(cell.after) or 'blank'}"
            for cell in shown
        ),
    )


def _rewritten(
    run: Run, lineage: Lineage, reading: ReadingOptions, state: StateFolder
) -> Iterator[tuple[str, RewrittenCell]]:
    """Read a run's own copies again beside the rows that came back."""
    wanted = {origin for run_id, origin in lineage.returned if run_id == run.id}
    with suppress(
        ImporterError
    ):  # copies that are gone, or a mapping of another version: nothing to compare with
        settings = recalled(run, connection=Connection(), state=state.path, reading=reading)
        mapping = parse_mapping(run.mapping_text, name=str(run.mapping_path))
        for source in open_staged(run.sources, mapping, settings.reading):
            keys = numbered(source.header)
            for block in source.blocks():
                if not wanted:
                    return
                for number, cells in zip(block.numbers, block.rows, strict=True):
                    origin = row_id(block.source, number)
                    if origin not in wanted:
                        continue
                    wanted.discard(origin)
                    if len(cells) == len(keys):
                        name, returned = lineage.returned[run.id, origin]
                        yield from ((name, cell) for cell in _compared(returned, keys, cells))


def _compared(
    returned: _Returned, keys: Sequence[ColumnKey], before: Sequence[str]
) -> Iterator[RewrittenCell]:
    """Compare a row with what it was; a column that its error names is the person's to change."""
    from importer.reading.rewriting import rewriting_of  # few files come back

    for key, old in zip(keys, before, strict=True):
        new = returned.cells.get(key, "")
        if new != str(old) and key[0] not in returned.error and (how := rewriting_of(str(old), new)):
            yield RewrittenCell(row=returned.number, column=key[0], before=str(old), after=new, how=how)
