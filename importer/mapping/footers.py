"""Rows that are no people: which totals below a table the rows above prove, so that they are skipped and not failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from importer.mapping.values.fault import quoted
from importer.mapping.values.numbers import read_money
from importer.reading.oddities import NOTE, REPEATED, TOTAL
from importer.records import Block, Outcome, Record, Remedy, Status, number_of
from importer.runtime.regex import regex

_CODES: Final = frozenset({NOTE.code, TOTAL.code, REPEATED.code})
_SUM: Final = "the sum of the column"
_COUNT: Final = "the number of the rows"
_COUNTED: Final = regex(r"(\d[\d., ]*)\s+[^\W\d]+")
"""A number with what is counted behind it, as in ``25 records``."""
_DECIMALS: Final = (".", ",")
_ROUNDED: Final = 0.011
"""A total of amounts that were rounded one by one may be off by a cent."""
_BARE_ROWS: Final = 3
"""So many last rows may be sums without a label."""
_MOST: Final = 1_000
"""A file in which more rows look like totals has none."""


class FooterSurvey:
    """Notes the rows that the reader takes for no data, and proves those that claim to be totals."""

    def __init__(self, header: Sequence[str]) -> None:
        self._header = header
        self._no_people: dict[int, str] = {}
        self._claims: dict[int, tuple[str, ...]] = {}
        self._bare: dict[int, tuple[str, ...]] = {}

    def see(self, block: Block) -> None:
        self._see_end(block)
        for index, faults in block.faults.items():
            number = block.numbers[index]
            for sure in (NOTE, REPEATED):
                if sure in faults and len(self._no_people) < _MOST:
                    self._no_people[number] = sure.message
            if TOTAL in faults and len(self._claims) < _MOST:
                self._claims[number] = tuple(block.rows[index])

    def prove(self, blocks: Iterable[Block]) -> dict[int, str]:
        """Give the rows that are no people, each with the reason; ``blocks`` are read again only where one claims to be a total."""
        claims = self._claims | self._bare
        if not claims:
            return self._no_people
        columns = {place for cells in claims.values() for place, cell in enumerate(cells) if cell.strip()}
        above = _Above(tuple(place for place in sorted(columns) if place < len(self._header)))
        proven: dict[int, str] = {}
        for block in blocks:
            for index, number in enumerate(block.numbers):
                if (cells := claims.get(number)) is not None:
                    prove = above.bare_proof if number in self._bare else above.proof
                    if (why := prove(cells, self._header)) is not None:
                        proven[number] = why
                    above.close_part()
                elif not any(fault.fails for fault in block.faults.get(index, ())):
                    above.add(block.rows[index])
        return self._no_people | proven

    def _see_end(self, block: Block) -> None:
        """Keep the last rows seen, where they hold figures and nothing else."""
        for index in range(max(len(block) - _BARE_ROWS, 0), len(block)):
            cells = block.rows[index]
            if not _are_figures(cells):
                self._bare.clear()
            elif block.numbers[index] not in self._claims:
                self._bare[block.numbers[index]] = tuple(cells)


class _Above:
    """What the rows above add up to: since the table began, and since the last total."""

    def __init__(self, columns: Sequence[int]) -> None:
        self._columns = columns
        self._whole = _Part()
        self._part = _Part()

    def add(self, cells: Sequence[str]) -> None:
        figures = {
            (column, decimal): value
            for column in self._columns
            if column < len(cells) and cells[column].strip()
            for decimal in _DECIMALS
            if (value := _figure(cells[column], decimal)) is not None
        }
        self._whole.add(figures)
        self._part.add(figures)

    def close_part(self) -> None:
        self._part = _Part()

    def proof(self, cells: Sequence[str], header: Sequence[str]) -> str | None:
        """Say which figure of a row is the sum or the number of the rows above it; None where none is."""
        label, *others = (cell for cell in cells if cell.strip())
        if not others and not any(map(str.isdigit, label)):
            return f"The row is no contact: it holds {quoted(label)} and nothing else."
        for column, cell in enumerate(cells):
            for decimal in _DECIMALS:
                value = _figure(cell, decimal)
                if value is None:
                    continue
                found = self._whole.shows(column, decimal, value) or self._part.shows(column, decimal, value)
                # a row of another width says nothing of the column that its figures belong to
                if found == _COUNT or (found and len(cells) == len(header)):
                    return f"The row is no contact but a total: {quoted(label)}, and {quoted(cell)} is {found} above it."
        return None

    def bare_proof(self, cells: Sequence[str], header: Sequence[str]) -> str | None:
        """Say of which columns a row without a label is the sum; None where one of its figures is not."""
        summed = [header[column] for column, cell in enumerate(cells) if cell.strip()]
        if len(cells) != len(header) or not all(
            self._is_sum(column, cell) for column, cell in enumerate(cells) if cell.strip()
        ):
            return None
        return f"The row is no contact but a total: it holds the sum of {' and '.join(map(quoted, summed))} and nothing else."

    def _is_sum(self, column: int, cell: str) -> bool:
        return any(
            (value := _figure(cell, decimal)) is not None
            and _SUM in {part.shows(column, decimal, value) for part in (self._whole, self._part)}
            for decimal in _DECIMALS
        )


@dataclass(slots=True, eq=False, repr=False)
class _Part:
    """Consecutive rows: how many, and the sums of their figures by column and decimal sign."""

    rows: int = 0
    sums: dict[tuple[int, str], float] = field(default_factory=dict)

    def add(self, figures: dict[tuple[int, str], float]) -> None:
        self.rows += 1
        for key, value in figures.items():
            self.sums[key] = self.sums.get(key, 0.0) + value

    def shows(self, column: int, decimal: str, value: float) -> str | None:
        total = self.sums.get((column, decimal))
        if total is not None and abs(total - value) <= max(_ROUNDED, 1e-9 * abs(total)):
            return _SUM
        return _COUNT if self.rows and value == self.rows else None


def _are_figures(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell.strip()]
    return bool(filled) and all(
        any(_figure(cell, decimal) is not None for decimal in _DECIMALS) for cell in filled
    )


def _figure(text: str, decimal: str) -> float | None:
    if not any(map(str.isdigit, text)):
        return None
    counted = _COUNTED.match(text.strip())
    value = read_money(counted[1] if counted else text, decimal=decimal)
    return float(value) if isinstance(value, int | float) else None


def skip_no_people(mapped: list[Record | Outcome], no_people: Mapping[int, str]) -> list[Record | Outcome]:
    """End the rows that are no people as skipped; what could be sent is never touched."""
    return [
        _skipped(each, why)
        if isinstance(each, Outcome)
        and each.status is Status.FAILED
        and (why := no_people.get(number_of(each.row))) is not None
        else each
        for each in mapped
    ]


def _skipped(failed: Outcome, why: str) -> Outcome:
    ended = replace(failed, status=Status.SKIPPED, message=why, remedy=Remedy.NONE)
    if failed.code in _CODES:
        return ended
    return replace(ended, code=TOTAL.code, faults=(replace(TOTAL, message=why, fails=False),))
