"""Rules compiled into column functions: one list of cells in, one list of values out."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from importer.mapping.compiled.block_columns import BlockColumns
from importer.mapping.compiled.picking import FirstOf, Pick
from importer.mapping.compiled.readers import ValueReader
from importer.mapping.values.fault import ReadValue, ValueFault
from importer.mapping.values.texts import read_text
from importer.records import Fault, Json, TypedText

CLEAR: Final = object()
"""Stands in a column where a blank cell asks the vendor to clear the value; None there means: say nothing."""

_CACHE_SIZE: Final = 30_000
"""About as many as there are birthdays of living people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What becomes of blanks and of values that are refused.

    ``default`` stands where the cell, or what the transforms made of it, is blank; without one, ``blank`` does
    (None or CLEAR). ``drop`` leaves a refused value out, with a warning.
    """

    default: Any = None
    blank: Any = None
    required: bool = False
    drop: bool = False


class ValueColumn:
    """One rule's values for a block.

    ``repeats``: cells are likely to be equal, so what they read as is remembered. ``typed``: the value behind a
    workbook's cell is kept, for who reads it later.
    """

    def __init__(
        self,
        pick: Pick,
        reader: ValueReader | None,
        handling: Handling,
        *,
        repeats: bool = True,
        typed: bool = False,
    ) -> None:
        self._pick = pick
        self._reader = reader
        self._handling = handling
        self._default = handling.blank if handling.default is None else handling.default
        self._typed = typed
        self._cache: dict[str, Any] | None = {} if repeats else None
        self.filled: set[int] = set()
        """The rows of the last block whose value is the default."""

    def run(self, table: BlockColumns) -> list[Any]:
        return self._finish(self._read(self._pick.texts(table)), table)

    def _finish(self, values: list[Any], table: BlockColumns) -> list[Any]:
        refused = self._blame(values, table) if ValueFault in set(map(type, values)) else frozenset()
        if self._default is not None or self._handling.required:
            self._fill(values, refused, table)
        return values

    def _read(self, texts: list[str]) -> list[Any]:
        if self._reader is None:
            return _read_texts(texts, typed=self._typed)
        if self._cache is None or not set(map(type, texts)) <= {str}:
            reader = self._reader
            return [reader(text) if text else None for text in texts]
        return self._read_cached(texts, self._cache, self._reader)

    def _read_cached(self, texts: list[str], cache: dict[str, Any], reader: ValueReader) -> list[Any]:
        if len(cache) > _CACHE_SIZE:
            cache.clear()
        for text in set(texts):
            if text not in cache:
                cache[text] = reader(text) if text else None
        return [cache[text] for text in texts]

    def _blame(self, values: list[Any], table: BlockColumns) -> frozenset[int]:
        """Put findings down as faults; give the rows whose value was refused."""
        found = {row: value for row, value in enumerate(values) if isinstance(value, ValueFault)}
        for row, finding in found.items():
            header = self._pick.header(table, row)
            table.blame(row, fault_of(finding, header, drop=self._handling.drop))
            values[row] = None if finding.fails else finding.value
        return frozenset(row for row, finding in found.items() if finding.fails)

    def _fill(self, values: list[Any], refused: frozenset[int], table: BlockColumns) -> None:
        """Fill blanks with the default. A refused value is no blank: its fault speaks for it."""
        self.filled.clear()
        for row, value in enumerate(values):
            if value is not None or row in refused:
                continue
            values[row] = self._default
            self.filled.add(row)
            if self._handling.required and (self._default is None or self._default is CLEAR):
                header = self._pick.header(table, row)
                sentence = f"Column '{header}' is blank, and this value is required."
                table.blame(row, Fault(code="missing_value", message=sentence, column=header))


def _read_texts(texts: list[str], *, typed: bool) -> list[Any]:
    """Take texts as they stand; ``typed`` keeps the value behind a workbook's cell for who reads it later."""
    plain = set(map(type, texts)) <= {str}
    if plain and "".join(texts).isascii():
        return [text or None for text in texts]
    if plain or not typed:
        return [read_text(text) if text else None for text in texts]
    return [_read_typed(text) if text else None for text in texts]


def _read_typed(text: str) -> ReadValue:
    return text if isinstance(text, TypedText) else read_text(text)


def fault_of(finding: ValueFault, header: str, *, drop: bool) -> Fault:
    """Say a finding with its column; a dropped value leaves a warning in place of a failure."""
    dropped = finding.fails and drop
    tail = "; the value is left out." if dropped else "."
    message = f"Column '{header}': {finding.sentence.rstrip('.')}{tail}"
    return Fault(code=finding.code, message=message, column=header, fails=finding.fails and not drop)


class EmailColumn(ValueColumn):
    """E-mails; the vendor takes one of a contact, so one in a further column is told and left out."""

    def run(self, table: BlockColumns) -> list[Any]:
        values = super().run(table)
        if isinstance(self._pick, FirstOf):
            for row, header in self._pick.passed_over(table):
                sentence = f"Column '{header}' holds a further e-mail address; HighLevel takes one, and the first is used."
                table.blame(row, Fault(code="several_values", message=sentence, column=header, fails=False))
        return values


class PhoneColumn(ValueColumn):
    """Phones, each read with the country of its own row before the rule's and the default region."""

    def __init__(
        self,
        pick: Pick,
        handling: Handling,
        *,
        read: Callable[[str, Sequence[str]], ReadValue],
        regions: tuple[str, ...],
    ) -> None:
        super().__init__(pick, None, handling, repeats=False)
        self._read_with = read
        self._regions = regions

    def run_with(self, table: BlockColumns, countries: Sequence[Any]) -> list[Any]:
        """Run with the country code of each row, None where it has none."""
        regions, read = self._regions, self._read_with
        choices: dict[Any, tuple[str, ...]] = {None: regions}
        for country in set(countries) - {None, CLEAR}:
            choices[country] = (country, *regions)
        choices[CLEAR] = regions
        texts = self._pick.texts(table)
        values = [
            read(text, choices[country]) if text else None
            for text, country in zip(texts, countries, strict=True)
        ]
        return self._finish(values, table)


class ConstantColumn:
    """The same value for every row."""

    def __init__(self, value: Json) -> None:
        self._value = value

    def run(self, table: BlockColumns) -> list[Any]:
        return [self._value] * table.height


class TagsColumn:
    """Tags from cells and those that every row gets: trimmed, united, the same tag once whatever its case."""

    def __init__(
        self, indexes: tuple[int, ...], *, split: str, always: tuple[str, ...], renamed: dict[str, str] | None
    ) -> None:
        self._indexes = indexes
        self._split = split
        self._always = always
        self._renamed = {" ".join(old.casefold().split()): new for old, new in (renamed or {}).items()}
        self._cache: dict[tuple[str, ...], tuple[str, ...]] = {}

    def run(self, table: BlockColumns) -> list[tuple[str, ...]]:
        if not self._indexes:
            return [unite(self._always)] * table.height
        if len(self._cache) > _CACHE_SIZE:
            self._cache.clear()
        cells = zip(*(table.column(index) for index in self._indexes), strict=True)
        return [self._tags(row) for row in cells]

    def _tags(self, cells: tuple[str, ...]) -> tuple[str, ...]:
        found = self._cache.get(cells)
        if found is None:
            said = [part.strip() for cell in cells for part in _parts(cell, self._split)]
            renamed = (self._renamed.get(" ".join(tag.casefold().split()), tag) for tag in said)
            found = unite((*renamed, *self._always))
            self._cache[cells] = found
        return found


def _parts(cell: str, split: str) -> list[str]:
    """Cut a cell into tags; Mailchimp quotes each of them, since a tag may have a comma in it."""
    quoted = cell.startswith('"') and cell.count('"') % 2 == 0 and cell.isprintable()
    if quoted and len(split) == 1 and len(cell) < csv.field_size_limit():
        return next(csv.reader([cell], delimiter=split, skipinitialspace=True))
    return cell.split(split)


def unite(tags: Sequence[str]) -> tuple[str, ...]:
    """Keep the first spelling of each tag, whatever the case of the others; blanks go."""
    first: dict[str, str] = {}
    for tag in tags:
        if plain := tag.strip():
            first.setdefault(plain.casefold(), plain)
    return tuple(first.values())
