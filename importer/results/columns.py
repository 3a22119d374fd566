"""The table of results: one row for each source row, our columns first, then the source's as they were read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from importer.highlevel.additions import listed_as
from importer.records import Added, Block, Fault, Outcome, Remedy, Status, value_type

OWN_COLUMNS: Final = (
    "import_row",
    "import_status",
    "import_contact_id",
    "import_error_code",
    "import_error",
    "import_remedy",
    "import_warnings",
    "import_location_id",
    "import_http_status",
    "import_attempts",
    "import_trace_id",
    "import_beside",
    "import_run",
)
SOURCE_COLUMN: Final = "import_source"
NUMBER_COLUMNS: Final = frozenset(("import_row", "import_http_status", "import_attempts"))
"""Counts of ours that sort as numbers; no source has a column of these names, the reader drops ``import_*``."""

RUN_COLUMN: Final = "import_run"
"""The run that wrote the file: whatever a spreadsheet does to it, and whatever it is called by then, it is known by this."""

UNREACHED: Final = Outcome(row=0, status=Status.PENDING, remedy=Remedy.RUN_AGAIN)
"""Stands for the outcome of rows that the run did not reach."""


@value_type(frozen=True, slots=True, kw_only=True)
class Columns:
    """How the columns of one or several sources stand beside each other in one table.

    ``places`` tells for each source where its columns stand in ``header``; ``None``: they are the header as it is.
    """

    header: tuple[str, ...]
    places: tuple[tuple[int, ...] | None, ...]
    names: tuple[str, ...]
    run_id: str
    several: bool = False
    location_id: str = ""
    """Of the run, where it has one: failed rows carry it, so that they are not imported into another."""

    @property
    def head(self) -> list[str]:
        """The first line of the table."""
        return [*OWN_COLUMNS, *([SOURCE_COLUMN] if self.several else []), *self.header]

    def row(self, source: int, number: int, outcome: Outcome | None, cells: Sequence[str]) -> list[str]:
        """Put one line of the table together; ``None`` as outcome is a row that the run did not reach."""
        own = [cell for (cell,) in _own_columns([outcome or UNREACHED], self.location_id)]
        placed = self.placed(source, cells)
        if self.several:
            return [str(number), *own, self.run_id, self.names[source], *placed]
        return [str(number), *own, self.run_id, *placed]

    def are_even(self, block: Block) -> bool:
        """Tell whether each row of a block has a cell for each column of its source."""
        places = self.places[block.source]
        width = len(self.header) if places is None else len(places)
        return set(map(len, block.rows)) == {width}

    def of(self, block: Block, outcomes: Sequence[Outcome]) -> list[Sequence[str]]:
        """Put the lines of a block with even rows together, as columns."""
        height = len(block)
        named = [[self.names[block.source]] * height] if self.several else []
        return [
            list(map(str, block.numbers)),
            *_own_columns(outcomes, self.location_id),
            [self.run_id] * height,
            *named,
            *self._placed_columns(block),
        ]

    def _placed_columns(self, block: Block) -> list[Sequence[str]]:
        cells: list[Sequence[str]] = list(zip(*block.rows, strict=True))
        places = self.places[block.source]
        if places is None:
            return cells
        placed: list[Sequence[str]] = [[""] * len(block)] * len(self.header)
        for place, column in zip(places, cells, strict=True):
            placed[place] = column
        return placed

    def placed(self, source: int, cells: Sequence[str]) -> Sequence[str]:
        """Lay the cells of a source's row under the columns of the table."""
        places = self.places[source]
        return cells if places is None else _placed(cells, places, len(self.header))


def join_columns(
    sources: Iterable[tuple[str, Sequence[str]]], *, run_id: str, location_id: str = ""
) -> Columns:
    """Unite the headers of sources, given as pairs of name and header, in the order in which they first appear.

    A header that stands twice in one source stands twice in the union: the second is another column.
    """
    pairs = [(name, tuple(header)) for name, header in sources]
    union: dict[tuple[str, int], int] = {}
    keyed = [_numbered(header) for _, header in pairs]
    for keys in keyed:
        for key in keys:
            union.setdefault(key, len(union))
    whole = tuple(range(len(union)))
    places = (tuple(union[key] for key in keys) for keys in keyed)
    return Columns(
        header=tuple(title for title, _ in union),
        places=tuple(None if place == whole else place for place in places),
        names=tuple(name for name, _ in pairs),
        run_id=run_id,
        several=len(pairs) > 1,
        location_id=location_id,
    )


def warnings_text(warnings: Iterable[Fault]) -> str:
    """Write warnings as the results' column has them."""
    return "; ".join(f"{warning.code}: {warning.message}" for warning in warnings)


def _own_columns(outcomes: Sequence[Outcome], location_id: str) -> Iterator[Sequence[str]]:
    """Write our columns one by one: row by row it takes twice as long."""
    yield [outcome.status for outcome in outcomes]
    yield [outcome.contact_id or "" for outcome in outcomes]
    yield [outcome.code or "" for outcome in outcomes]
    yield [outcome.message or "" for outcome in outcomes]
    yield [outcome.remedy for outcome in outcomes]
    yield [warnings_text(outcome.warnings) if outcome.warnings else "" for outcome in outcomes]
    yield [outcome.location_id or location_id for outcome in outcomes]
    yield ["" if outcome.http_status is None else str(outcome.http_status) for outcome in outcomes]
    yield [str(outcome.attempts) for outcome in outcomes]
    yield [outcome.trace_id or "" for outcome in outcomes]
    yield [_beside_text(outcome.added) if outcome.added else "" for outcome in outcomes]


def _beside_text(added: Iterable[Added]) -> str:
    """Write what the row put beside its contact as JSON, by kind, with the ids; what was there before is not among it."""
    made: dict[str, list[str]] = {}
    for each in added:
        if each.made:
            made.setdefault(listed_as(each.kind), []).append(each.id)
    return json.dumps(made) if made else ""


def _numbered(header: Sequence[str]) -> list[tuple[str, int]]:
    seen: Counter[str] = Counter()
    keys = []
    for title in header:
        keys.append((title, seen[title]))
        seen[title] += 1
    return keys


def _placed(cells: Sequence[str], places: tuple[int, ...], width: int) -> Sequence[str]:
    if len(cells) == len(places):
        line = [""] * width
        for place, cell in zip(places, cells, strict=True):
            line[place] = cell
        return line
    return _ragged(cells, places, width)


def _ragged(cells: Sequence[str], places: tuple[int, ...], width: int) -> Sequence[str]:
    """Lay a row with too many or too few cells so that no cell is lost and it is still seen to be ragged.

    Padded to the table's width, a shifted row would look whole and go out with the e-mail in the phone's place
    when the file is imported again.
    """
    if len(cells) > len(places):
        return [*_placed(cells[: len(places)], places, width), *cells[len(places) :]]
    taken = places[: len(cells)]
    reach = max(taken, default=-1) + 1
    if reach == width:
        return cells
    line = [""] * reach
    for place, cell in zip(taken, cells, strict=True):
        line[place] = cell
    return line
