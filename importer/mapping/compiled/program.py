"""A mapping compiled for one file: blocks of rows in, records and outcomes out."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from functools import partial
from itertools import repeat
from typing import Any, Final

from importer.codes import remedy_of
from importer.highlevel.fields import FIELDS, FINDING, FieldFacts, FieldKind
from importer.mapping.compiled.additions import AdditionColumns, with_additions
from importer.mapping.compiled.block_columns import BlockColumns, entries, pairs
from importer.mapping.compiled.columns import (
    CLEAR,
    ConstantColumn,
    EmailColumn,
    Handling,
    PhoneColumn,
    PostalColumn,
    TagsColumn,
    TagSource,
    ValueColumn,
)
from importer.mapping.compiled.filters import RowFilter
from importer.mapping.compiled.layout import HeaderLayout
from importer.mapping.compiled.locations import LocationColumn
from importer.mapping.compiled.objects import objects_of
from importer.mapping.compiled.old_numbers import advice_on_numbers
from importer.mapping.compiled.phone_regions import ReadPhone, country_of, guessing, stated_regions
from importer.mapping.compiled.readers import Circumstances, ValueReader, join, kind_reader, steps_of
from importer.mapping.compiled.switches import nest, spread_channels
from importer.mapping.language.model import MappingModel
from importer.mapping.language.rule import Rule, RuleKey, is_custom, name_in
from importer.mapping.transforms.steps import StepFunction
from importer.mapping.values.fault import ReadValue, ValueFault
from importer.mapping.values.phones import read_phone
from importer.records import Block, Fault, Json, Outcome, Record, RowObject, Status, TagMode, row_id

_UNIQUE: Final = frozenset({FieldKind.EMAIL, FieldKind.PHONE, FieldKind.NAME, FieldKind.CONTACT_ID})
"""Kinds whose cells seldom repeat; remembering what they read as would cost more than it spares."""


class Program:
    """One function per column; nothing here interprets the mapping while rows run."""

    def __init__(
        self,
        model: MappingModel,
        layout: HeaderLayout,
        location: LocationColumn,
        around: Mapping[RuleKey, Circumstances],
    ) -> None:
        self._model = model
        self._empty = frozenset(model.defaults.empty)
        self._clear = model.clear
        self._layout = layout
        self._location = location
        self._around = around
        self._filter = row_filter(model, layout)
        self.require = () if model.object_ is RowObject.COMPANY else required_of(model)
        self._by = None if model.match.by is None else model.match.by.custom_field
        if self._by is not None and model.match.require is None:
            self.require = ()
        self._advice = advice_on_numbers(model, layout.titles)
        self._fields: list[tuple[str, ValueColumn | ConstantColumn]] = []
        self._switches: list[tuple[tuple[str, ...], ValueColumn | ConstantColumn]] = []
        self._clears = self._clear is not None
        self._phone: PhoneColumn | None = None
        self._ids: ValueColumn | ConstantColumn | None = None
        for name, rule in model.fields.items():
            self._add(model.facts[name], rule)
        # A status comes before its message and code, whatever the order in the mapping: they belong to it.
        self._switches.sort(key=lambda switch: len(switch[0]))
        self._custom = [
            (name, column)
            for name, rule in model.custom_fields.items()
            if (column := self._column(("custom_fields", name), FieldKind.TEXT, rule)) is not None
        ]
        self._tags = _tags(model, layout)
        self._objects = objects_of(model)
        self._additions: AdditionColumns | None = None
        if model.adds_beside:
            self._additions = AdditionColumns(model, layout, self._column, around)

    def _add(self, facts: FieldFacts, rule: Rule) -> None:
        column = self._column(("fields", facts.name), facts.kind, rule, clearable=facts.clearable)
        if column is None:
            return
        if isinstance(column, PhoneColumn):
            self._phone = column
        elif facts.kind is FieldKind.CONTACT_ID:
            self._ids = column
        elif "." in facts.name:
            self._switches.append((tuple(facts.name.split(".")), column))
        else:
            self._fields.append((facts.name, column))

    def _column(
        self, key: RuleKey, kind: FieldKind, rule: Rule, *, clearable: bool = False
    ) -> ValueColumn | ConstantColumn | None:
        around = self._around[key]
        reader = kind_reader(kind, rule, around)
        if rule.value is not None:
            return ConstantColumn(constant(rule.value, reader))
        pick = self._layout.pick(rule)
        handling = self._handling(key, rule, reader, clearable=clearable)
        if pick is None:
            return None if handling.default is None else ConstantColumn(handling.default)
        steps = steps_of(rule, around)
        if kind is FieldKind.PHONE:
            read = guessing(phone_reader(steps, several=rule.several or "first"), rule, self._model)
            regions = stated_regions(rule, self._model)
            return PhoneColumn(pick, handling, read=read, regions=regions, steps=steps)
        if kind is FieldKind.POSTAL_CODE:
            lengths = around.written.code_lengths
            return PostalColumn(
                pick,
                join(steps, reader),
                handling,
                pad=rule.pad,
                home=self._home(),
                lengths=lengths,
                steps=steps,
            )
        own = is_custom(key)
        column = EmailColumn if kind is FieldKind.EMAIL else ValueColumn
        return column(
            pick,
            join(steps, reader, any_value=own),
            handling,
            repeats=own or kind not in _UNIQUE,
            typed=own,
            steps=steps,
        )

    def _handling(self, key: RuleKey, rule: Rule, reader: ValueReader | None, *, clearable: bool) -> Handling:
        clears = clearable and (rule.empty_cells or self._model.empty_cells) == "clear"
        self._clears = self._clears or clears
        return Handling(
            default=None if rule.default is None else constant(rule.default, reader),
            blank=CLEAR if clears else None,
            required=rule.required,
            drop=rule.on_invalid == "drop" and not rule.required,
            field=name_in(key),
            can_be_emptied=_can_be_emptied(key),
        )

    def only_column(self, name: str) -> str | None:
        """Give the file's title of the column that a field comes from; None where there are several, or none."""
        rule = self._model.fields.get(name)
        named = [header for header in rule.headers if self._layout.has(header)] if rule is not None else []
        return self._layout.title(named[0]) if len(named) == 1 else None

    def map(self, block: Block) -> list[Record | Outcome]:
        """Map every row of a block: exactly one record or outcome for each, in order."""
        if self._filter.passes_all and not block.faults:
            return self._map_rows(block.rows, block.numbers, block, range(len(block)))
        results: dict[int, Record | Outcome] = {}
        kept = [index for index in range(len(block)) if self._enters(block, index, results)]
        rows, numbers = [block.rows[index] for index in kept], [block.numbers[index] for index in kept]
        results.update(zip(kept, self._map_rows(rows, numbers, block, kept), strict=True))
        return [results[index] for index in range(len(block))]

    def locations(self, block: Block) -> list[str | None]:
        """Tell which location each row of a block goes to; None where it goes to none."""
        found: list[str | None] = [None] * len(block)
        kept = [index for index in range(len(block)) if self._enters(block, index, {})]
        rows = [block.rows[index] for index in kept]
        table = BlockColumns(rows, self._empty, self._clear, plain=block.plain)
        for index, location in zip(kept, self._location.run(table) if kept else (), strict=True):
            found[index] = location
        return found

    def _enters(self, block: Block, index: int, results: dict[int, Record | Outcome]) -> bool:
        faults = block.faults.get(index, ()) if block.faults else ()
        row = row_id(block.source, block.numbers[index])
        if any(fault.fails for fault in faults):
            results[index] = failed(row, None, faults)
            return False
        if self._filter.passes_all and not faults:
            return True
        refused = self._filter.refuse(block.rows[index], faults)
        if refused is not None:
            results[index] = Outcome(
                row=row, status=Status.SKIPPED, code=refused.code, message=refused.message, faults=(refused,)
            )
        return refused is None

    def _map_rows(
        self, rows: Sequence[Sequence[str]], numbers: Sequence[int], block: Block, kept: Sequence[int]
    ) -> list[Record | Outcome]:
        if not rows:
            return []
        table = BlockColumns(rows, self._empty, self._clear, plain=block.plain)
        if block.faults:
            for place, index in enumerate(kept):
                table.faults.setdefault(place, []).extend(block.faults.get(index, ()))
        locations = self._location.run(table)
        fields = self._read_fields(table)
        customs = self._read_customs(table)
        tags = self._tags.run(table) if self._tags else repeat(())
        ids = self._ids.run(table) if self._ids else repeat(None)
        additions = self._additions.run(table) if self._additions else None
        base = row_id(block.source, 0)
        guessed = self._guessed_countries(len(rows))
        mapped = [
            self._finish(
                base | number,
                location,
                values,
                custom,
                tag,
                contact,
                place in guessed,
                table.faults.get(place),
            )
            for place, (number, location, values, custom, tag, contact) in enumerate(
                zip(numbers, locations, fields, customs, tags, ids)  # noqa: B905  (repeat() has no end)
            )
        ]
        wanted = mapped if additions is None else with_additions(mapped, additions)
        return wanted if self._objects is None else list(map(self._objects.settle, wanted))

    def _finish(
        self,
        row: int,
        location: str | None,
        fields: dict[str, Json],
        custom: tuple[tuple[str, Json], ...],
        tags: tuple[str, ...] | None,
        contact_id: str | None,
        country_guessed: bool,  # noqa: FBT001  (named arguments cost as much as the rest of the call)
        faults: list[Fault] | None,
    ) -> Record | Outcome:
        warnings: tuple[Fault, ...] = ()
        if faults:
            if any(fault.fails for fault in faults):
                return failed(row, location, faults)
            warnings = _once(faults)
        if self._by is not None and contact_id is None and dict(custom).get(self._by) is None:
            return failed(row, location, (*warnings, _no_identifier((self._by,))))
        if not self._identified(fields, contact_id):
            emptied = [name for name in self.require if name in fields]
            return failed(row, location, (*warnings, _no_identifier(self.require, emptied, self._advice)))
        return Record(
            row=row,
            location_id=location or "",
            fields=fields,
            custom_fields=custom,
            tags=tags or (),
            contact_id=contact_id,
            warnings=warnings,
            country_guessed=country_guessed,
            clears_tags=tags is None,
        )

    def _identified(self, fields: dict[str, Json], contact_id: str | None) -> bool:
        if not self.require:
            return True
        for name in self.require:
            if fields.get(name) is not None:
                return True
        return contact_id is not None

    def _read_fields(self, table: BlockColumns) -> list[dict[str, Json]]:
        columns = [column.run(table) for _, column in self._fields]
        countries = self._own_countries(table, columns) if self._by_country else []
        for place, (_, column) in enumerate(self._fields):
            if isinstance(column, PostalColumn):
                columns[place] = column.mended(columns[place], countries, table)
        named = [(name, values) for (name, _), values in zip(self._fields, columns, strict=True)]
        if self._phone is not None:
            named.append(("phone", self._phone.run_with(table, countries)))
        fields = entries(named, table.height)
        if self._clears:
            fields = [
                {name: None if value is CLEAR else value for name, value in entry.items()} for entry in fields
            ]
        if self._switches:
            self._set_switches(fields, table)
        if any(name == "dnd" for name, _ in named):
            spread_channels(fields)
        return fields

    @property
    def _by_country(self) -> bool:
        """Whether any value is read by the country of its row."""
        return self._phone is not None or any(isinstance(column, PostalColumn) for _, column in self._fields)

    def _own_countries(self, table: BlockColumns, columns: Sequence[list[Any]]) -> list[Any]:
        """Give each row's country as its own cell says it; a default says nothing about the row's phone."""
        for (name, column), values in zip(self._fields, columns, strict=True):
            if name == "country" and isinstance(column, ValueColumn):
                if not column.filled:
                    return values
                return [None if row in column.filled else value for row, value in enumerate(values)]
        return [None] * table.height

    def _guessed_countries(self, height: int) -> Container[int]:
        """Give the rows of the last block whose country is the mapping's default: a custom field may be a phone."""
        column = dict(self._fields).get("country")
        if not self._custom or column is None or country_of(self._model, "default") is None:
            return ()
        return column.filled if isinstance(column, ValueColumn) else range(height)

    def _home(self) -> str | None:
        """Give the country that rows without one are likely of."""
        model = self._model
        return country_of(model, "value") or country_of(model, "default") or model.defaults.region

    def _set_switches(self, fields: list[dict[str, Json]], table: BlockColumns) -> None:
        """Nest ``dndSettings.SMS`` and its kin; a message or code without a status would be refused, and is left out."""
        for path, column in self._switches:
            for entry, value in zip(fields, column.run(table), strict=True):
                if value is not None:
                    nest(entry, path, value)

    def _read_customs(self, table: BlockColumns) -> Any:
        if not self._custom:
            return repeat((), table.height)
        read = pairs([(name, column.run(table)) for name, column in self._custom], table.height)
        if self._clear is None:
            return read
        return [tuple((name, None if value is CLEAR else value) for name, value in row) for row in read]


def _can_be_emptied(key: RuleKey) -> bool:
    """Tell whether a cell may ask to empty what a rule fills; what is added beside a contact holds nothing yet."""
    facts = FIELDS.get(str(key[1])) if key[0] == "fields" else None
    return key[0] == "custom_fields" or (facts is not None and facts.can_be_emptied)


def required_of(model: MappingModel) -> tuple[str, ...]:
    """Name the fields of which a row needs one; the vendor refuses contacts without."""
    named = model.match.require or (("name",) if model.object_ is RowObject.COMPANY else FINDING)
    return tuple(name for name in named if name in model.fields)


def phone_reader(steps: StepFunction | None, *, several: str) -> ReadPhone:
    """Make the reader of phones whose regions are known row by row."""
    if steps is None:
        return partial(read_phone, several=several)

    def read(text: str, regions: Sequence[str]) -> ReadValue:
        whole = join(steps, partial(read_phone, regions=regions, several=several))
        return whole(text) if whole is not None else None

    return read


def constant(text: str, reader: ValueReader | None) -> Json:
    """Read a fixed value or default; loading the mapping has refused those that cannot be read."""
    if text == "":
        return None
    value = text if reader is None else reader(text)
    return value.value if isinstance(value, ValueFault) else value


def failed(row: int, location: str | None, faults: Sequence[Fault]) -> Outcome:
    """End a row: its first fault is the code, all of them are the message; warnings ride along."""
    fatal = tuple(fault for fault in faults if fault.fails)
    return Outcome(
        row=row,
        status=Status.FAILED,
        location_id=location,
        code=fatal[0].code,
        message=" ".join(fault.message for fault in fatal),
        remedy=remedy_of(fatal[0].code),
        warnings=tuple(fault for fault in faults if not fault.fails),
        faults=fatal,
    )


def _once(warnings: Sequence[Fault]) -> tuple[Fault, ...]:
    """Leave out what the reader has said of the row already, in its own words."""
    if any(warning.code == "double_encoded" for warning in warnings):
        return tuple(warning for warning in warnings if warning.code != "garbled_text")
    return tuple(warnings)


def _no_identifier(require: Sequence[str], emptied: Sequence[str] = (), advice: str = "") -> Fault:
    wanted = ", ".join(require[:-1]) + " or " + require[-1] if len(require) > 1 else require[0]
    message = f"The row has no {wanted}, and needs one to be matched to a contact."
    if emptied:
        message += (
            f" It asks to empty {' and '.join(emptied)}: name the contact by another of them, or by its id."
        )
    return Fault(code="no_identifier", message=message + advice)


def row_filter(model: MappingModel, layout: HeaderLayout) -> RowFilter:
    """Lay the rows section over a file's header."""

    def placed(conditions: Sequence[Any]) -> list[tuple[int, str, Any]]:
        return [(layout.place(test.column), layout.title(test.column), test) for test in conditions]

    return RowFilter(
        placed(model.rows.only_if),
        placed(model.rows.skip_if),
        empty=frozenset(model.defaults.empty),
        skip_hidden=model.rows.hidden == "skip",
    )


def _tags(model: MappingModel, layout: HeaderLayout) -> TagsColumn | None:
    rule = model.tags
    if rule is None:
        return None
    named: list[tuple[str, str | None]] = [*((name, None) for name in rule.columns), *rule.marked.items()]
    return TagsColumn(
        tuple(
            TagSource(place=layout.place(name), title=layout.title(name), marks=marks)
            for name, marks in named
            if layout.has(name)
        ),
        split=rule.split,
        always=rule.always,
        renamed=rule.map,
        replaces=rule.mode is TagMode.REPLACE,
    )
