"""Records matched to one location: custom fields by id and type, users, time zones."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from importer.errors import MappingError
from importer.highlevel.catalog import Catalog, CustomField
from importer.highlevel.timezones import choose
from importer.mapping.additions import AdditionResolver
from importer.mapping.compiled.customvalues import (
    SEVERAL_CHOICES,
    UNSUPPORTED,
    Convert,
    converter,
    left_as_they_are,
)
from importer.mapping.compiled.headers import fold
from importer.mapping.compiled.layout import Locate
from importer.mapping.compiled.program import failed
from importer.mapping.language.model import MappingModel
from importer.mapping.language.rule import Rule
from importer.mapping.location_values import Users, settled, zone_in
from importer.mapping.values.conventions import Conventions
from importer.mapping.values.fault import ReadValue, ValueFault, quoted
from importer.records import Fault, Json, Outcome, Record
from importer.yaml.document import YamlPath
from importer.yaml.sentences import nearest


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a custom value goes, how it is made right, and what to say when it cannot be."""

    reference: str
    convert: Convert
    header: str
    drop: bool
    several: bool = False
    """It holds several choices."""
    as_they_are: frozenset[type] = frozenset()
    """Types of values that need no conversion."""

    def emptied(self) -> Json:
        """Give what empties the field: a list of no choices where it holds a list, as the schema has it; else null."""
        return [] if self.several else None


class Resolver:
    """Finishes records for one location; records that need nothing pass as they are."""

    def __init__(
        self,
        model: MappingModel,
        catalog: Catalog | None,
        *,
        written: Mapping[str, Conventions],
        open_dates: Mapping[str, str],
        locate: Locate,
    ) -> None:
        self._model = model
        self._catalog = catalog
        faults: list[tuple[YamlPath, str]] = []
        self._targets = {
            name: target
            for name, rule in model.custom_fields.items()
            if (target := self._target(name, rule, written[name], open_dates.get(name), faults)) is not None
        }
        faults += _same_targets(self._targets)
        self._users = Users(catalog.users) if catalog else None
        self._additions = AdditionResolver(model, catalog, self._users, zone_in(catalog))
        faults += self._additions.faults
        if faults:
            raise MappingError("The mapping does not fit the location.", faults=locate(faults, key=True))
        self._zones = catalog.timezones if catalog else None
        self._named = catalog is not None and bool({"assignedTo", "timezone"} & set(model.fields))

    def _target(
        self,
        name: str,
        rule: Rule,
        written: Conventions,
        open_date: str | None,
        faults: list[tuple[YamlPath, str]],
    ) -> _Target | None:
        path = ("custom_fields", name)
        header = " or ".join(rule.headers) or name
        drop = rule.on_invalid == "drop" and not rule.required
        if self._catalog is None:
            convert = converter(None, rule, self._model, written)
            return _Target(likely_key(name), convert, header, drop, as_they_are=left_as_they_are(convert))
        found = find_custom_field(name, self._catalog.custom_fields)
        if isinstance(found, str):
            faults.append((path, found))
            return None
        if found.data_type in UNSUPPORTED:
            sentence = f"The custom field {found.name!r} is of type {found.data_type}, which the API cannot fill from a text."
            faults.append((path, sentence))
            return None
        if (
            found.data_type == "DATE"
            and open_date
            and not any(step.name == "date" for step in rule.transforms)
        ):
            faults.append((path, open_date))
            return None
        several = found.data_type in SEVERAL_CHOICES
        convert = converter(found, rule, self._model, written)
        return _Target(found.id, convert, header, drop, several, left_as_they_are(convert))

    def resolve(self, record: Record) -> Record | Outcome:
        """Finish one record, or fail it with the values that the location cannot take."""
        if not record.custom_fields and not self._named and not record.additions:
            return record
        faults: list[Fault] = []
        custom = self._resolve_customs(record, faults)
        fields = record.fields
        if self._named and self._users is not None:
            fields = self._resolve_fields(record.fields, self._users, faults)
        additions = self._additions.resolve(record.additions, faults) if record.additions else ()
        if faults and any(fault.fails for fault in faults):
            return failed(record.row, record.location_id, _known_better(record.warnings, faults))
        return Record(
            row=record.row,
            location_id=record.location_id,
            fields=fields,
            custom_fields=custom,
            tags=record.tags,
            additions=additions,
            contact_id=record.contact_id,
            clears_tags=record.clears_tags,
            warnings=_known_better(record.warnings, faults) if faults else record.warnings,
        )

    def _resolve_customs(self, record: Record, faults: list[Fault]) -> tuple[tuple[str, Json], ...]:
        found: list[tuple[str, Json]] = []
        targets = self._targets
        for name, raw in record.custom_fields:
            target = targets[name]
            if type(raw) in target.as_they_are:  # most are, in most rows
                found.append((target.reference, raw))
                continue
            if raw is None:
                found.append((target.reference, target.emptied()))
                continue
            value = target.convert(raw, record)
            if isinstance(value, ValueFault):
                value = settled(value, raw, target.header, faults, drop=target.drop)
            if value is not None:
                found.append((target.reference, value))
        return tuple(found)

    def _resolve_fields(
        self, given: Mapping[str, Json], users: Users, faults: list[Fault]
    ) -> Mapping[str, Json]:
        fields: dict[str, Json] | Mapping[str, Json] = given
        for name, find in (("assignedTo", users.find), ("timezone", self._find_zone)):
            text = given.get(name)
            if isinstance(text, str) and (found := find(text)) != text:
                rule = self._model.fields[name]
                header = " or ".join(rule.headers) or name
                value = settled(found, text, header, faults, drop=rule.on_invalid == "drop")
                fields = {**fields, name: value}
                if value is None:
                    del fields[name]
        return fields

    def _find_zone(self, text: str) -> ReadValue:
        if not self._zones:
            return text
        return choose(text, self._zones) or ValueFault(
            "invalid_timezone", f"{quoted(text)} is no time zone of the location"
        )


def _known_better(warnings: Sequence[Fault], faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """Put what the field's own type says of a cell in the place of what was said of it as a mere text."""
    said = {(fault.code, fault.column) for fault in faults}
    return (*(each for each in warnings if (each.code, each.column) not in said), *faults)


def _same_targets(targets: Mapping[str, _Target]) -> list[tuple[YamlPath, str]]:
    """Refuse two rules for one custom field: the vendor would keep either value."""
    first: dict[str, str] = {}
    return [
        (
            ("custom_fields", name),
            f"{first[target.reference]!r} and {name!r} are the same custom field; one rule can fill it.",
        )
        for name, target in targets.items()
        if first.setdefault(target.reference, name) != name
    ]


def find_custom_field(name: str, known: Sequence[CustomField]) -> CustomField | str:
    """Find a field by id, key or name; else say why there is none."""
    found = fields_named(name, known)
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(field.id for field in found)
        return (
            f"The custom field {name!r} means {len(found)} fields of the location; name it by its id: {ids}."
        )
    near = nearest(name, (word for field in known for word in (field.name, field.key)), count=3)
    hint = f" Nearest: {', '.join(map(repr, near))}." if near else _listed(known)
    return f"The location has no custom field {name!r}.{hint} `importer fields create` makes those that are missing."


def fields_named(name: str, known: Sequence[CustomField]) -> list[CustomField]:
    """Find the fields of this id; else those of this key; else of this name, however it is spelled."""
    bare = name.removeprefix("contact.")
    tests: tuple[Callable[[CustomField], bool], ...] = (
        lambda field: field.id == name,
        lambda field: field.key.removeprefix("contact.") == bare,
        lambda field: field.name == name,
        lambda field: fold(field.name) == fold(name),
    )
    tried = ([field for field in known if test(field)] for test in tests)
    return next((found for found in tried if found), [])


def _listed(known: Sequence[CustomField]) -> str:
    names = [repr(field.name) for field in known]
    return (
        f" It has: {', '.join(names[:20])}{', ...' if len(names) > 20 else ''}." if names else " It has none."
    )


def likely_key(name: str) -> str:
    """Guess a custom field's key from its name, for previews without an account."""
    slug = re.sub(r"[^a-z0-9]+", "_", name.removeprefix("contact.").casefold()).strip("_")
    return f"contact.{slug or 'custom_field'}"
