"""What a location lacks of the custom fields that a mapping names, told by all rows of the sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from importer.highlevel.catalog import Catalog, CustomField
from importer.highlevel.custom_fields import CONTACT, OPPORTUNITY, PICKLISTS
from importer.mapping import Mapping as FieldMapping
from importer.mapping.compiled.additions import CUSTOM_FIELDS
from importer.mapping.compiled.customvalues import SEVERAL_CHOICES, read_option
from importer.mapping.custom_targets import fields_named
from importer.mapping.language.rule import Rule
from importer.mapping.location_values import find_named
from importer.mapping.values.fault import ValueFault
from importer.mapping.values.lists import parts_of
from importer.records import Outcome, Record, value_type
from importer.results.fields import FieldLine, FieldStatus
from importer.runtime.counting import counted
from importer.runtime.regex import regex
from importer.suggestion.field_types import FieldType, FieldValues, folded

_ID: Final = regex(r"(?=[^\d]*\d)(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9]{20}")
_KEY: Final = regex(r"(?P<model>contact|opportunity)\.(?P<name>\w+)")
_LACKING: Final = "rows with them fail; --add-options adds them"
_NOT_MADE: Final = frozenset({"FILE_UPLOAD", "SIGNATURE", "TEXTBOX_LIST"})
"""Types that need more than a name and options."""
_MOST_NOTED: Final = 1_000
"""A column of free text that is taken for tags or stages must not fill the memory."""
_SHOWN: Final = 10


@value_type(frozen=True, slots=True)
class NamedField:
    """A custom field as a mapping names it."""

    model: str
    name: str


class RowsSeen:
    """What the rows have for each custom field, and which tags and stages they name."""

    def __init__(self, rules: Mapping[NamedField, Rule]) -> None:
        self.values = {named: FieldValues(named.name, rule) for named, rule in rules.items()}
        self.tags: dict[str, Counter[str]] = {}
        self.stages: dict[str, Counter[str]] = {}

    def see(self, mapped: Iterable[Record | Outcome]) -> None:
        for item in mapped:
            if isinstance(item, Record):
                self._see(item)

    def _see(self, record: Record) -> None:
        for name, value in record.custom_fields:
            if (values := self.values.get(NamedField(CONTACT, name))) is not None:
                values.see(value)
        for addition in record.additions:
            named = addition.content.get(CUSTOM_FIELDS)
            for name, value in named.items() if isinstance(named, dict) else ():
                self.values[NamedField(OPPORTUNITY, name)].see(value)
        _note(self.tags.setdefault(record.location_id, Counter()), record.tags)
        stages = (each.content.get("pipelineStageId") for each in record.additions)
        _note(
            self.stages.setdefault(record.location_id, Counter()),
            (each for each in stages if isinstance(each, str)),
        )


def _note(noted: Counter[str], names: Iterable[str]) -> None:
    for name in names:
        if name in noted or len(noted) < _MOST_NOTED:
            noted[name] += 1


def rules_of(mapping: FieldMapping) -> dict[NamedField, Rule]:
    """Gather the custom fields that a mapping names, with the rule that fills each."""
    deal = mapping.model.opportunity
    of_deals = (
        {}
        if deal is None
        else {NamedField(OPPORTUNITY, name): rule for name, rule in deal.custom_fields.items()}
    )
    return {NamedField(CONTACT, name): rule for name, rule in mapping.model.custom_fields.items()} | of_deals


@value_type(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person said of the fields. ``types``: by name, ahead of what the values tell."""

    types: Mapping[str, str]
    add_options: bool


def propose(seen: RowsSeen, mapping: FieldMapping, catalog: Catalog, wanted: Wanted) -> list[FieldLine]:
    """Say of each field whether the location has it, and what could be made of what it lacks."""
    lines = [
        _propose(named, rule, seen.values[named], catalog, wanted)
        for named, rule in rules_of(mapping).items()
    ]
    files = {name_of(NamedField(CONTACT, name)) for name in mapping.model.files.fields}
    return [_of_files(line) if line.model == CONTACT and line.name in files else line for line in lines]


def _of_files(line: FieldLine) -> FieldLine:
    """Leave a field of files to HighLevel, where it is said what and how many it takes: one for texts would keep the files' names."""
    if line.status is not FieldStatus.MISSING:
        return line
    why = "it holds files (`files: fields` of the mapping): make it in HighLevel, of type File Upload"
    return replace(line, status=FieldStatus.LEFT, data_type=None, options=(), reason=why)


def _propose(
    named: NamedField, rule: Rule, values: FieldValues, catalog: Catalog, wanted: Wanted
) -> FieldLine:
    known = catalog.deal_fields if named.model == OPPORTUNITY else catalog.custom_fields
    found = fields_named(named.name, known)
    if len(found) == 1:
        return _held(named, rule, values, found[0], catalog.location_id)
    if found:
        ids = ", ".join(each.id for each in found)
        why = f"{len(found)} fields of the location are called so; name it by its id in the mapping: {ids}"
        return _left(named, catalog.location_id, why)
    if _ID.fullmatch(named.name):
        why = "it is named by an id that the location does not have, of another location perhaps; name it by its name in the mapping"
        return _left(named, catalog.location_id, why)
    said = wanted.types.get(named.name)
    as_is = values.type() if said is None else _as_said(said, values)
    if as_is.data_type in PICKLISTS and not as_is.options:
        why = f"a field of type {as_is.data_type} needs options, and the rows have none, or more than a picklist is good for"
        return _left(named, catalog.location_id, why)
    return FieldLine(
        location_id=catalog.location_id,
        name=name_of(named),
        model=named.model,
        status=FieldStatus.MISSING,
        data_type=as_is.data_type,
        options=as_is.options,
        reason=as_is.reason,
    )


def propose_as_there(old: Catalog, new: Catalog, *, but: Iterable[str] = ()) -> list[FieldLine]:
    """Say of each field that another location has whether this one has it, and takes its options; ``but`` those of these names."""
    asked = set(map(folded, but))
    return [_as_there(field, old, new) for field in old.custom_fields if folded(field.name) not in asked]


def _as_there(field: CustomField, old: Catalog, new: Catalog) -> FieldLine:
    named = NamedField(CONTACT, field.name)
    found = fields_named(field.name, new.custom_fields)
    if len(found) > 1:
        return _left(named, new.location_id, f"{len(found)} fields of the location are called so")
    if not found and field.data_type in _NOT_MADE:
        why = f"it is of type {field.data_type}, which is not made from here"
        return _left(named, new.location_id, why)
    line = FieldLine(
        location_id=new.location_id,
        name=field.name,
        status=FieldStatus.MISSING,
        data_type=field.data_type,
        options=field.options,
        reason=f"as location {old.location_id} has it",
    )
    return line if not found else _there(line, found[0])


def _there(line: FieldLine, held: CustomField) -> FieldLine:
    picked = held.data_type in PICKLISTS
    lacking = tuple(each for each in line.options if isinstance(read_option(each, held.options), ValueFault))
    return replace(
        line,
        name=held.name,
        id=held.id,
        data_type=held.data_type,
        status=FieldStatus.OPTIONS_MISSING if picked and lacking else FieldStatus.THERE,
        options=lacking if picked else (),
        reason=_LACKING if picked and lacking else "",
    )


def _as_said(data_type: str, values: FieldValues) -> FieldType:
    options = values.options if data_type in PICKLISTS else ()
    return FieldType(data_type=data_type, reason="as it was said", options=options)


def _left(named: NamedField, location_id: str, why: str) -> FieldLine:
    return FieldLine(
        location_id=location_id, name=named.name, model=named.model, status=FieldStatus.LEFT, reason=why
    )


def _held(
    named: NamedField, rule: Rule, values: FieldValues, held: CustomField, location_id: str
) -> FieldLine:
    """Look whether a field that is there takes all values; its name is the location's, as it is the one that is changed."""
    lacking = tuple(_lacking(rule, values, held)) if held.data_type in PICKLISTS else ()
    return FieldLine(
        location_id=location_id,
        name=held.name,
        model=named.model,
        status=FieldStatus.OPTIONS_MISSING if lacking else FieldStatus.THERE,
        data_type=held.data_type,
        options=lacking,
        reason=_LACKING if lacking else "",
        id=held.id,
    )


def _lacking(rule: Rule, values: FieldValues, held: CustomField) -> Iterator[str]:
    """Yield what is none of the field's options, each once."""
    known: set[str] = set()
    for text in values.options:
        for part in _choices(text, rule, held):
            lacks = isinstance(read_option(part, held.options), ValueFault)
            if (lacks or not held.options) and folded(part) not in known:
                known.add(folded(part))
                yield part


def _choices(text: str, rule: Rule, held: CustomField) -> list[str]:
    """Give the options that a text lists, as a run reads it; ``values`` split theirs already where the rule does."""
    if rule.split is not None or held.data_type not in SEVERAL_CHOICES:
        return [text]
    whole = read_option(text, held.options)
    return [text] if held.options and not isinstance(whole, ValueFault) else parts_of(text, ",")


def name_of(named: NamedField) -> str:
    """Give a new field the name that it is mapped by; one that goes by its key is called as the key says."""
    found = _KEY.fullmatch(named.name)
    return found["name"].replace("_", " ").title() if found else " ".join(named.name.split())


def notes_of(seen: RowsSeen, mapping: FieldMapping, catalog: Catalog) -> Iterator[str]:
    """Tell the tags and stages that the location lacks; a run makes the ones, and nobody makes the others from here."""
    tags = seen.tags.get(catalog.location_id, Counter())
    if catalog.tags is not None:
        known = catalog.tags
        if new := [tag for tag in tags if tag.casefold() not in known]:
            yield f"Location {catalog.location_id} does not have {counted(len(new), 'tag')} that the rows name; a run makes them: {_some(new)}."
    deal = mapping.model.opportunity
    named = (
        {} if deal is None else {name: find_named(name, catalog.pipelines) for name in deal.named_pipelines}
    )
    for name, found in named.items():
        if len(found) != 1:
            yield f"Location {catalog.location_id} has no pipeline {name!r}; pipelines are made in HighLevel alone."
    # of several pipelines nobody knows here which row's stage is to be whose
    only = [found[0] for found in named.values() if found] if deal and isinstance(deal.pipeline, str) else []
    for pipeline in only:
        stages = seen.stages.get(catalog.location_id, Counter())
        if lacking := [text for text in stages if len(find_named(text, pipeline.stages)) != 1]:
            yield (
                f"The pipeline {pipeline.name!r} of location {catalog.location_id} lacks {counted(len(lacking), 'stage')} that "
                f"the rows name; make them in HighLevel, or map them: {_some(lacking)}."
            )


def _some(names: list[str]) -> str:
    return ", ".join(map(repr, names[:_SHOWN])) + (", ..." if len(names) > _SHOWN else "")
