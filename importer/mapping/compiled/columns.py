"""Rules compiled into column functions: one list of cells in, one list of values out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from importer.mapping.compiled.block_columns import BlockColumns
from importer.mapping.compiled.phone_regions import ReadPhone
from importer.mapping.compiled.picking import FirstOf, Pick
from importer.mapping.compiled.readers import ValueReader
from importer.mapping.transforms.steps import StepFunction, prepare
from importer.mapping.values.blanks import MARKERS, left_out, unless_nothing
from importer.mapping.values.booleans import read_boolean
from importer.mapping.values.fault import ReadValue, ValueFault
from importer.mapping.values.lists import parts_of
from importer.mapping.values.postal import check_zeros, may_lack_zeros, pad
from importer.mapping.values.texts import column_needs_look, read_plain_text, read_text, read_typed
from importer.records import Fault, Json, value_type

CLEAR: Final = object()
"""Stands in a column where a cell asks the vendor to clear the value; None there means: say nothing."""

_CACHE_SIZE: Final = 30_000
"""About as many as there are birthdays of living people."""


@value_type(frozen=True, slots=True, kw_only=True)
class Handling:
    """What becomes of blanks and of values that are refused.

    ``default`` stands where the cell, or what the transforms made of it, is blank; without one, ``blank`` does
    (None or CLEAR). ``drop`` leaves a refused value out, with a warning. ``field`` names the rule's field for people;
    ``can_be_emptied``: a cell may ask for that in words.
    """

    default: Any = None
    blank: Any = None
    required: bool = False
    drop: bool = False
    field: str = ""
    can_be_emptied: bool = True


class ValueColumn:
    """One rule's values for a block.

    ``repeats``: cells are likely to be equal, so what they read as is remembered. ``typed``: the value behind a
    workbook's cell is kept, for who reads it later. ``steps``: those of the reader, which see a block beforehand.
    """

    def __init__(
        self,
        pick: Pick,
        reader: ValueReader | None,
        handling: Handling,
        *,
        repeats: bool = True,
        typed: bool = False,
        steps: StepFunction | None,
    ) -> None:
        self._steps = steps
        self._pick = pick
        self._reader = reader
        self._handling = handling
        self._default = handling.blank if handling.default is None else handling.default
        self._typed = typed
        self._remembered = _Remembered(reader) if repeats and reader is not None else None
        self.filled: set[int] = set()
        """The rows of the last block whose value is the default."""

    def run(self, table: BlockColumns) -> list[Any]:
        texts = self._texts(table)
        values, findings = self._read(texts, typed=table.typed)
        return self._finish(texts, values, table, findings=findings)

    def _texts(self, table: BlockColumns) -> list[str]:
        texts = self._pick.texts(table)
        prepare(self._steps, texts)
        return texts

    def _finish(
        self, texts: list[str], values: list[Any], table: BlockColumns, *, findings: bool
    ) -> list[Any]:
        refused = self._blame(texts, values, table) if findings else frozenset()
        if cleared := self._pick.cleared(table):
            refused |= self._clear(values, cleared - refused, table)
        if self._default is not None or self._handling.required:
            self._fill(values, refused, table)
        return values

    def _clear(self, values: list[Any], cleared: frozenset[int], table: BlockColumns) -> frozenset[int]:
        """Empty the field of rows that ask for it and have no value; gives those, which take no default either."""
        asking = frozenset(row for row in cleared if values[row] is None)
        for row in asking:
            header = self._pick.header(table, row)
            fault = self._answer(header)
            table.blame(row, fault)
            if fault.code == "cleared":
                values[row] = CLEAR
        return asking

    def _answer(self, header: str) -> Fault:
        """Say what becomes of a cell that asks to empty the field."""
        field = self._handling.field
        if self._handling.required:
            sentence = f"Column '{header}' asks to empty {field}, and this value is required."
            return Fault(code="missing_value", message=sentence, column=header)
        if self._handling.can_be_emptied:
            sentence = f"Column '{header}' asks to empty {field}."
            return Fault(code="cleared", message=sentence, column=header, fails=False)
        finding = ValueFault("not_clearable", f"HighLevel takes no request to empty {field}")
        return fault_of(finding, header, drop=self._handling.drop)

    def _read(self, texts: list[str], *, typed: bool) -> tuple[list[Any], bool]:
        """Read a block's texts; tell as well whether there are findings among the values."""
        reader = self._reader
        if reader is None and not typed and not column_needs_look(texts, dates=not self._typed):
            return [text or None for text in texts], False
        if reader is None:
            reader = read_typed if self._typed else read_plain_text
        elif not typed and self._remembered is not None:
            values = self._remembered.read(texts)
            return values, self._remembered.findings and _has_findings(values)
        values = [reader(text) if text else None for text in texts]
        return values, _has_findings(values)

    def _blame(self, texts: list[str], values: list[Any], table: BlockColumns) -> frozenset[int]:
        """Put findings down as faults; give the rows whose value was refused."""
        found = {
            row: unless_nothing(value, texts[row])
            for row, value in enumerate(values)
            if isinstance(value, ValueFault)
        }
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


class _Remembered(dict[str, Any]):
    """What texts read as: each is read once. ``findings``: any of them is a finding."""

    def __init__(self, reader: ValueReader) -> None:
        self._reader = reader
        self.findings = False

    def read(self, texts: Sequence[str]) -> list[Any]:
        """Read texts; where all are known already, as mostly they are, at the cost of one look-up each."""
        if len(self) > _CACHE_SIZE:
            self.clear()
        return list(map(self.__getitem__, texts))

    def __missing__(self, text: str) -> Any:
        value = self[text] = self._reader(text) if text else None
        self.findings = self.findings or isinstance(value, ValueFault)
        return value


def _has_findings(values: Iterable[Any]) -> bool:
    return ValueFault in set(map(type, values))


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
        read: ReadPhone,
        regions: tuple[str, ...],
        steps: StepFunction | None,
    ) -> None:
        super().__init__(pick, None, handling, repeats=False, steps=steps)
        self._read_with = read
        self._regions = regions

    def run_with(self, table: BlockColumns, countries: Sequence[Any]) -> list[Any]:
        """Run with the country code of each row, None where it has none."""
        regions, read = self._regions, self._read_with
        choices: dict[Any, tuple[str, ...]] = {None: regions}
        for country in set(countries) - {None, CLEAR}:
            choices[country] = (country, *regions)
        choices[CLEAR] = regions
        texts = self._texts(table)
        values = [
            read(text, choices[country]) if text else None
            for text, country in zip(texts, countries, strict=True)
        ]
        return self._finish(texts, values, table, findings=_has_findings(values))


class PostalColumn(ValueColumn):
    """Postal codes, whose lost zeros show only beside the country of the row.

    ``home`` is the country of rows that do not say theirs, ``lengths`` are those of the column's codes.
    """

    def __init__(
        self,
        pick: Pick,
        reader: ValueReader | None,
        handling: Handling,
        *,
        pad: int | None,
        home: str | None,
        lengths: frozenset[int],
        steps: StepFunction | None,
    ) -> None:
        super().__init__(pick, reader, handling, steps=steps)
        self._pad = pad
        self._home = home
        self._lengths = lengths

    def mended(self, codes: list[Any], countries: Sequence[Any], table: BlockColumns) -> list[Any]:
        """Put zeros back where the mapping says so; else warn of the codes that lost theirs."""
        short = {code for code in set(codes) if isinstance(code, str) and may_lack_zeros(code)}
        if not short:
            return codes
        judged = {
            (code, country): self._judge(code, country if isinstance(country, str) else None)
            for code, country in set(zip(codes, countries, strict=True))
            if code in short
        }
        if all(value is pair[0] for pair, value in judged.items()):
            return codes
        values = [judged.get(pair, pair[0]) for pair in zip(codes, countries, strict=True)]
        if _has_findings(values):
            self._blame(self._pick.texts(table), values, table)
        return values

    def _judge(self, code: str, country: str | None) -> ReadValue:
        if self._pad is not None:
            return pad(code, self._pad, country)
        if country is not None:
            return check_zeros(code, country)
        return check_zeros(code, self._home, neighbours=self._lengths)


class ConstantColumn:
    """The same value for every row."""

    def __init__(self, value: Json) -> None:
        self._value = value

    def run(self, table: BlockColumns) -> list[Any]:
        return [self._value] * table.height


@value_type(frozen=True, slots=True, kw_only=True)
class TagSource:
    """A column that gives tags: those in its cells, or the one tag that a yes there ``marks``."""

    place: int
    title: str
    marks: str | None = None


class TagsColumn:
    """Tags from cells and those that every row gets: trimmed, united, the same tag once whatever its case."""

    def __init__(
        self,
        sources: tuple[TagSource, ...],
        *,
        split: str,
        always: tuple[str, ...],
        renamed: dict[str, str] | None,
        replaces: bool = False,
    ) -> None:
        self._replaces = replaces
        self._sources = sources
        self._split = split
        self._always = always
        self._renamed = {_fold(old): new for old, new in (renamed or {}).items()}
        self._cache: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._faults: dict[tuple[str, ...], list[Fault]] = {}
        """What is to be said of cells, where anything is."""

    def run(self, table: BlockColumns) -> list[tuple[str, ...] | None]:
        """Give each row's tags; None where a cell asks that the contact have none."""
        if not self._sources:
            return [unite(self._always)] * table.height
        if len(self._cache) > _CACHE_SIZE:
            self._cache.clear()
            self._faults.clear()
        rows = list(zip(*(table.column(source.place) for source in self._sources), strict=True))
        tags: list[tuple[str, ...] | None] = [self._tags(cells) for cells in rows]
        if self._faults:
            for row, cells in enumerate(rows):
                for fault in self._faults.get(cells, ()):
                    table.blame(row, fault)
        for row in table.cleared(*(source.place for source in self._sources)):
            self._clear(row, tags, table)
        return tags

    def _clear(self, row: int, tags: list[tuple[str, ...] | None], table: BlockColumns) -> None:
        """Take a contact's tags away where they are replaced; elsewhere a cell cannot ask for that."""
        header = next(source.title for source in self._sources if row in table.cleared(source.place))
        if not self._replaces:
            sentence = f"Column '{header}' asks to empty the tags, which only tags: mode: replace does."
            table.blame(row, Fault(code="not_clearable", message=sentence, column=header))
        elif not tags[row]:
            tags[row] = None
            sentence = f"Column '{header}' asks to empty the tags."
            table.blame(row, Fault(code="cleared", message=sentence, column=header, fails=False))

    def _tags(self, cells: tuple[str, ...]) -> tuple[str, ...]:
        found = self._cache.get(cells)
        if found is None:
            read = [
                (source.title, tag)
                for source, cell in zip(self._sources, cells, strict=True)
                for tag in self._of_cell(source, cell)
            ]
            if faults := [
                fault_of(tag, name, drop=False) for name, tag in read if isinstance(tag, ValueFault)
            ]:
                self._faults[cells] = faults
            found = unite((*(_value(tag) for _, tag in read), *self._always))
            self._cache[cells] = found
        return found

    def _of_cell(self, source: TagSource, cell: str) -> list[str | ValueFault]:
        if source.marks is None:
            return [self._read(part) for part in parts_of(cell, self._split)]
        return [_marked(source.marks, cell)] if cell else []

    def _read(self, tag: str) -> str | ValueFault:
        """Rename a tag; of the others, those that stand for no value stay out, and damaged ones are told."""
        renamed = self._renamed.get(_fold(tag))
        if renamed is not None:
            return renamed
        if tag in MARKERS:
            return left_out(tag)
        read = read_text(tag)
        return read if isinstance(read, ValueFault) else tag


def _marked(tag: str, cell: str) -> str | ValueFault:
    """Give the tag that a column marks, where its cell says yes."""
    if cell in MARKERS:
        return left_out(cell)
    answer = read_boolean(cell)
    return answer if isinstance(answer, ValueFault) else tag if answer else ""


def _value(tag: str | ValueFault) -> str:
    return str(tag.value or "") if isinstance(tag, ValueFault) else tag


def _fold(tag: str) -> str:
    return " ".join(tag.casefold().split())


def unite(tags: Sequence[str]) -> tuple[str, ...]:
    """Keep the first spelling of each tag, whatever the case of the others; blanks go."""
    first: dict[str, str] = {}
    for tag in tags:
        if plain := tag.strip():
            first.setdefault(plain.casefold(), plain)
    return tuple(first.values())
