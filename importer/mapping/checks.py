"""What no single key of a mapping shows: rules that need each other, keys that do nothing, constants that cannot be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from importer.highlevel.fields import FieldKind
from importer.mapping.compiled.readers import Circumstances, kind_reader
from importer.mapping.language.model import After, MappingModel
from importer.mapping.language.rule import Rule, RuleKey
from importer.mapping.objects import check_object, misnamed_fields
from importer.mapping.transforms.own import OwnSteps
from importer.mapping.transforms.steps import NUMBER_STEPS
from importer.mapping.values.conventions import Conventions
from importer.mapping.values.dates import DateRules
from importer.mapping.values.fault import ValueFault
from importer.records import OnUpdate, RowObject
from importer.runtime.regex import regex
from importer.yaml.document import YamlPath
from importer.yaml.sentences import did_you_mean

_KINDLY_KEYS: Final = ("format", "date_order", "decimal", "region", "several", "codes", "pad", "split")
"""Keys of a rule that are of use for some kinds of values alone."""
_SECRETS: Final = regex(r"\$\{\w*(?:TOKEN|SECRET|PASSWORD|CREDENTIAL|API_?KEY)\w*\}", re.IGNORECASE)


def check(model: MappingModel) -> Iterator[tuple[YamlPath, str]]:
    """Yield each such fault: the path to it and a sentence."""
    if misnamed := list(misnamed_fields(model)):
        yield from misnamed  # what is no field of the object has no kind to be checked by
        return
    yield from check_rules(model)
    yield from check_object(model)
    if model.object_ is RowObject.CONTACT:
        yield from _identity(model)
    yield from _switches(model)
    yield from _places(model)
    yield from _clearing(model)
    yield from _suppressing(model)
    yield from _matching(model)
    yield from _file_fields(model)


def _file_fields(model: MappingModel) -> Iterator[tuple[YamlPath, str]]:
    for place, name in enumerate(model.files.fields):
        if name not in model.custom_fields:
            hint = did_you_mean(name, model.custom_fields)
            yield ("files", "fields", place), f"No rule under custom_fields fills {name!r}.{hint}"


def _matching(model: MappingModel) -> Iterator[tuple[YamlPath, str]]:
    by = model.match.by
    if by is not None and by.custom_field not in model.custom_fields:
        hint = did_you_mean(by.custom_field, model.custom_fields)
        yield (
            ("match", "by", "custom_field"),
            f"No rule under custom_fields gives rows a value of {by.custom_field!r}.{hint}",
        )


def _suppressing(model: MappingModel) -> Iterator[tuple[YamlPath, str]]:
    if model.suppress is None:
        return
    for key in model.suppress.columns:
        if key not in model.suppress.on:
            yield ("suppress", "columns", key.value), f"The list is not looked up by {key} (suppress: on)."


def _clearing(model: MappingModel) -> Iterator[tuple[YamlPath, str]]:
    if model.clear is None:
        return
    if model.clear in model.defaults.empty:
        yield (
            ("clear",),
            f"{model.clear!r} cannot both be blank (defaults: empty) and ask to empty the field.",
        )
    for key, rule in model.rules:
        if rule.map is not None and model.clear in rule.map:
            yield (
                (*key, "map"),
                f"{model.clear!r} empties the field, by `clear`; the map never sees it.",
            )


def check_rules(model: MappingModel) -> Iterator[tuple[YamlPath, str]]:
    """Yield the faults of single rules, which no other rule can mend."""
    yield from _constants(model)
    yield from _idle_keys(model)
    yield from _idle_keys_beside(model)
    yield from _appended(model)


def _appended(model: MappingModel) -> Iterator[tuple[YamlPath, str]]:
    for name, rule in model.fields.items():
        if rule.on_update is OnUpdate.APPEND:
            yield (
                ("fields", name, "on_update"),
                f"Nothing can be appended to {name}: append is for custom fields of long text or several choices.",
            )


def _constants(model: MappingModel) -> Iterator[tuple[YamlPath, str]]:
    kinds: list[tuple[RuleKey, Rule, FieldKind]] = [
        *((("fields", name), rule, model.facts[name].kind) for name, rule in model.fields.items()),
        *((part.key, part.rule, part.kind) for part in model.parts_beside),
    ]
    for path, rule, kind in kinds:
        reader = kind_reader(kind, rule, _today(model, kind, rule))
        for key, text in (("value", rule.value), ("default", rule.default)):
            found = reader(text) if text and reader is not None else None
            if isinstance(found, ValueFault) and found.fails:
                yield (*path, key), f"{found.sentence}."


def _today(model: MappingModel, kind: FieldKind, rule: Rule) -> Circumstances:
    dates = DateRules(
        today=datetime.now(tz=UTC).date(),
        order=rule.date_order or model.defaults.date_order,
        formats=rule.format or (),
        birthday=kind is FieldKind.DATE_OF_BIRTH,
    )
    return Circumstances(
        written=Conventions(dates=dates), defaults=model.defaults, own=OwnSteps((), allowed=False)
    )


def _idle_keys(model: MappingModel) -> Iterator[tuple[YamlPath, str]]:
    for name, rule in model.fields.items():
        facts = model.facts[name]
        useful = _useful_keys(facts.kind, rule)
        for key in _KINDLY_KEYS:
            if getattr(rule, key) is not None and key not in useful:
                yield (
                    ("fields", name, key),
                    f"{key!r} does nothing for {name}, which is a {facts.kind}.{_instead(key)}",
                )
        if rule.empty_cells == "clear" and facts.kind in {FieldKind.EMAIL, FieldKind.PHONE}:
            yield (
                ("fields", name, "empty_cells"),
                f"Contacts are matched by {name}, so a blank cell never clears it.",
            )
        elif rule.empty_cells == "clear" and not facts.clearable:
            yield (
                ("fields", name, "empty_cells"),
                f"The API takes no null for {name}, so blank cells cannot clear it.",
            )
    for name, rule in model.custom_fields.items():
        if rule.empty_cells == "clear":
            yield ("custom_fields", name, "empty_cells"), "The API takes no null for custom fields."
        if rule.codes is not None:
            yield (
                ("custom_fields", name, "codes"),
                "'codes' is for the field state; the step `state` does it here.",
            )
        if rule.pad is not None:
            yield ("custom_fields", name, "pad"), "'pad' is for the field postalCode."


def _idle_keys_beside(model: MappingModel) -> Iterator[tuple[YamlPath, str]]:
    """Refuse what does nothing for a value that no contact's field takes: nothing is updated there, or emptied."""
    for part in model.parts_beside:
        useful = _useful_keys(part.kind, part.rule)
        for name in (*_KINDLY_KEYS, "empty_cells", "on_update"):
            if getattr(part.rule, name) is not None and name not in useful:
                yield (*part.key, name), f"{name!r} does nothing here, for a {part.kind} beside a contact."


def _useful_keys(kind: FieldKind, rule: Rule) -> set[str]:
    steps = {step.name for step in rule.transforms}
    useful: set[str] = set()
    if kind in {FieldKind.DATE_OF_BIRTH, FieldKind.DUE_DATE} or "date" in steps:
        useful |= {"format", "date_order"}
    if steps & NUMBER_STEPS:
        useful.add("decimal")
    match kind:
        case FieldKind.AMOUNT:
            useful.add("decimal")
        case FieldKind.PHONE:
            useful |= {"region", "several"}
        case FieldKind.PHONES:
            useful.add("region")
        case FieldKind.EMAIL:
            useful.add("several")
        case FieldKind.STATE:
            useful.add("codes")
        case FieldKind.POSTAL_CODE:
            useful.add("pad")
        case FieldKind.CUSTOM:
            useful |= {*_KINDLY_KEYS} - {"codes", "pad"}
        case _:
            pass
    return useful


def _instead(key: str) -> str:
    match key:
        case "split":
            return ' To take a part of a cell: transforms: [{split: {by: ",", part: 1}}].'
        case "format" | "date_order":
            return " To make a date of another value: transforms: [date]."
        case "decimal":
            return " To make a number of another value: transforms: [number]."
        case _:
            return ""


def _identity(model: MappingModel) -> Iterator[tuple[YamlPath, str]]:
    required = model.match.require
    if required is not None and not set(required) & set(model.fields):
        yield ("match", "require"), f"No rule fills {' or '.join(required)}, so every row would fail."
    if required is None and not {"email", "phone", "id"} & set(model.fields):
        yield ("fields",), "No rule fills email or phone (or id); the vendor refuses contacts without."


def _switches(model: MappingModel) -> Iterator[tuple[YamlPath, str]]:
    for name in model.fields:
        parent, _, last = name.rpartition(".")
        if last in {"message", "code"} and parent not in model.fields:
            yield (
                ("fields", name),
                f"{name!r} needs a rule for {parent!r}; the vendor takes it with a status alone.",
            )


def _places(model: MappingModel) -> Iterator[tuple[YamlPath, str]]:
    fixed = model.location.fixed if model.location is not None else None
    if fixed and (found := _SECRETS.search(fixed)):
        # What the location says is written into the journal, the results and the report.
        yield ("location",), f"{found[0]} names a secret, and a location is no place for one."
    if "applies_to" in model.after.given and not _selected(model.after):
        yield ("after",), "'for' does nothing without a workflow or a campaign."


def _selected(after: After) -> bool:
    """Tell whether there is anything that ``for`` can be about."""
    return any(value is not None for name, value in after if name != "applies_to")
