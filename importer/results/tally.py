"""What the rows of a run add up to: counts by status and location, failures grouped by cause. Memory stays flat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Final

from importer.codes import BY_NAME
from importer.highlevel.additions import listed_as
from importer.records import (
    Block,
    Counts,
    Fault,
    Outcome,
    Remedy,
    Status,
    number_of,
    row_id,
    source_of,
    value_type,
)

_NOTED: Final = frozenset({Status.FAILED, Status.SKIPPED})


@value_type(frozen=True, slots=True, kw_only=True)
class Example:
    """One of the first rows of a group, with what is needed to find and to understand it."""

    source: int
    row: int
    """As a spreadsheet counts."""
    message: str = field(repr=False)
    column: str | None = None
    value: str | None = field(default=None, repr=False)
    cells: tuple[str, ...] = field(default=(), repr=False)
    """The row, so that whatever the message quotes of it can be masked."""


@value_type(frozen=True, slots=True, kw_only=True)
class CodeGroup:
    """All that happened to rows under one code; ``share`` is of all groups of its kind."""

    code: str
    title: str
    mend: str
    remedy: Remedy
    rows: int
    share: float
    examples: tuple[Example, ...]

    @property
    def first_rows(self) -> tuple[int, ...]:
        return tuple(example.row for example in self.examples)


class Groups:
    """Count rows by code and keep the first few of each."""

    def __init__(self, *, keep: int) -> None:
        self.counts: Counter[str] = Counter()
        self._keep = keep
        self._examples: dict[str, list[Example]] = {}
        self._remedies: dict[str, Remedy] = {}

    def wants(self, code: str) -> bool:
        return len(self._examples.get(code, ())) < self._keep

    def add(self, code: str, example: Example | None, remedy: Remedy) -> None:
        self.counts[code] += 1
        self._remedies.setdefault(code, remedy)
        if example is not None:
            self._examples.setdefault(code, []).append(example)

    def ranked(self) -> tuple[CodeGroup, ...]:
        """List the groups, the largest first; groups of one size by name, so that two writings are alike."""
        whole = self.counts.total() or 1
        ranking = sorted(self.counts.items(), key=lambda pair: (-pair[1], pair[0]))
        return tuple(self._group(code, rows, rows / whole) for code, rows in ranking)

    def _group(self, code: str, rows: int, share: float) -> CodeGroup:
        known = BY_NAME.get(code)
        return CodeGroup(
            code=code,
            title=known.title if known else code.replace("_", " ").capitalize(),
            mend=known.mend if known else "See the sentence beside each row.",
            remedy=self._remedies[code],
            rows=rows,
            share=share,
            examples=tuple(self._examples.get(code, ())),
        )


class Tally:
    """Count outcomes as they pass by, in source order. ``headers`` holds the header of each source."""

    def __init__(self, headers: Sequence[Sequence[str]], *, keep: int = 5) -> None:
        self.errors = Groups(keep=keep)
        self.skips = Groups(keep=keep)
        self.warnings = Groups(keep=keep)
        self.warned_rows = 0
        self.attempts = 0
        self.remedies: Counter[Remedy] = Counter()
        """Failed rows by what helps them."""
        self.beside: Counter[str] = Counter()
        """What was added beside contacts, by its kind."""
        self._headers = headers
        self._statuses: Counter[Status] = Counter()
        self._locations: dict[str, Counter[Status]] = {}

    def see_all(self, block: Block, outcomes: Sequence[Outcome]) -> None:
        """Count the rows of a block, all at once where nothing more is to be said of them."""
        self.attempts += sum(outcome.attempts for outcome in outcomes)
        self._count(Counter((outcome.location_id, outcome.status) for outcome in outcomes))
        base = row_id(block.source, 0)
        for number, outcome, cells in zip(block.numbers, outcomes, block.rows, strict=True):
            if outcome.warnings or outcome.added or outcome.status in _NOTED:
                self._note(base | number, outcome, cells)

    def see(self, row: int, outcome: Outcome, cells: Sequence[str]) -> None:
        """Count one row."""
        self.attempts += outcome.attempts
        self._count({(outcome.location_id, outcome.status): 1})
        self._note(row, outcome, cells)

    def _count(self, ended: Mapping[tuple[str | None, Status], int]) -> None:
        for (location, status), rows in ended.items():
            self._statuses[status] += rows
            if location:
                self._location(location)[status] += rows

    def _note(self, row: int, outcome: Outcome, cells: Sequence[str]) -> None:
        """Put down what a person may want to read of a row."""
        status = outcome.status
        if outcome.added:
            self.beside.update(listed_as(each.kind) for each in outcome.added if each.made)
        if outcome.warnings:
            self.warn(row, outcome.warnings, cells)
        if status is Status.FAILED:
            self.remedies[outcome.remedy] += 1
            self._file(self.errors, row, outcome, cells)
        elif status is Status.SKIPPED:
            self._file(self.skips, row, outcome, cells)

    @property
    def counts(self) -> Counts:
        return _as_counts(self._statuses)

    @property
    def locations(self) -> Mapping[str, Counts]:
        return {name: _as_counts(statuses) for name, statuses in self._locations.items()}

    def _location(self, name: str) -> Counter[Status]:
        if name not in self._locations:
            self._locations[name] = Counter()
        return self._locations[name]

    def _file(self, groups: Groups, row: int, outcome: Outcome, cells: Sequence[str]) -> None:
        code = outcome.code or outcome.status.value
        column = next((fault.column for fault in outcome.faults if fault.code == code), None)
        wanted = groups.wants(code)
        example = self._example(row, outcome.message or "", column, cells) if wanted else None
        groups.add(code, example, outcome.remedy)

    def warn(self, row: int, warnings: Iterable[Fault], cells: Sequence[str]) -> None:
        """Count the warnings of one row that has no outcome yet; ``see`` does so for one that has."""
        self.warned_rows += 1
        for warning in warnings:
            wanted = self.warnings.wants(warning.code)
            example = self._example(row, warning.message, warning.column, cells) if wanted else None
            self.warnings.add(warning.code, example, Remedy.NONE)

    def _example(self, row: int, message: str, column: str | None, cells: Sequence[str]) -> Example:
        header = self._headers[source_of(row)]
        found = _column_of(message, column, header, cells)
        return Example(
            source=source_of(row),
            row=number_of(row),
            message=message,
            column=column if found is None else header[found],
            value=None if found is None else cells[found],
            cells=tuple(cells),
        )


def _column_of(message: str, column: str | None, header: Sequence[str], cells: Sequence[str]) -> int | None:
    """Find the cell a sentence is about: the column named, else the longest cell that the sentence quotes."""
    width = min(len(header), len(cells))
    if column is not None:
        return next((index for index in range(width) if header[index] == column), None)
    quoted = [index for index in range(width) if len(cells[index]) > 2 and cells[index] in message]
    return max(quoted, key=lambda index: len(cells[index]), default=None)


def _as_counts(statuses: Mapping[Status, int]) -> Counts:
    return Counts(**{status.value: statuses.get(status, 0) for status in Status})
