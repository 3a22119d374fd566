"""Custom fields of one location that a mapping fills, of contacts or of deals: which they are, and how their values are made right."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from importer.highlevel.catalog import CustomField
from importer.highlevel.custom_fields import CONTACT, OPPORTUNITY
from importer.mapping.compiled.customvalues import (
    SEVERAL_CHOICES,
    UNSUPPORTED,
    Convert,
    converter,
    left_as_they_are,
)
from importer.mapping.compiled.headers import fold
from importer.mapping.language.model import MappingModel
from importer.mapping.language.rule import OtherColumn, Rule, RuleKey
from importer.mapping.location_values import settled
from importer.mapping.values.conventions import Conventions
from importer.mapping.values.fault import ValueFault
from importer.records import Fault, Json, Record, value_type
from importer.yaml.document import YamlPath
from importer.yaml.sentences import nearest

_FILE: Final = "FILE_UPLOAD"


@value_type(frozen=True, slots=True)
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


@value_type(frozen=True, slots=True, kw_only=True)
class CustomRules:
    """What a mapping and a file tell of the rules that fill custom fields. ``open_dates``: why a rule's dates can be read two ways."""

    model: MappingModel
    written: Mapping[RuleKey, Conventions]
    open_dates: Mapping[RuleKey, str]


class CustomTargets:
    """The fields that some rules fill; ``known`` is what the location has, None where it was not asked."""

    def __init__(
        self,
        named: Mapping[str, Rule],
        known: Sequence[CustomField] | None,
        rules: CustomRules,
        *,
        path: RuleKey = ("custom_fields",),
        of: str = CONTACT,
    ) -> None:
        self.faults: list[tuple[YamlPath, str]] = []
        """What the mapping names that the location lacks, or that cannot be filled."""
        self._known = known
        self._rules = rules
        self._path = path
        self._of = of
        self._targets = {
            name: target for name, rule in named.items() if (target := self._target(name, rule)) is not None
        }
        self.faults += _same_targets(self._targets, path)

    def _target(self, name: str, rule: Rule) -> _Target | None:
        key = (*self._path, name)
        header = " or ".join(rule.headers) or name
        drop = rule.on_invalid == "drop" and not rule.required
        written, model = self._rules.written[key], self._rules.model
        loose = isinstance(rule, OtherColumn)
        if self._known is None:
            if loose:
                return None  # whether it is one only the location knows
            convert = converter(None, rule, model, written)
            likely = likely_key(name, of=self._of)
            return _Target(likely, convert, header, drop, as_they_are=left_as_they_are(convert))
        found = find_custom_field(name, self._known)
        why_not = found if isinstance(found, str) else self._unfillable(found, rule, key)
        if isinstance(found, str) or why_not is not None:
            if not loose:
                self.faults.append((key, why_not or ""))
            return None
        several = found.data_type in SEVERAL_CHOICES
        convert = converter(found, rule, model, written)
        return _Target(found.id, convert, header, drop, several, left_as_they_are(convert))

    def _unfillable(self, found: CustomField, rule: Rule, key: RuleKey) -> str | None:
        """Say why the cells of a rule cannot fill a field that is there."""
        if found.data_type == _FILE and self._of != CONTACT:
            return f"The custom field {found.name!r} of deals is of type {_FILE}: files are imported for contacts only."
        if found.data_type in UNSUPPORTED or (found.data_type == _FILE and isinstance(rule, OtherColumn)):
            return f"The custom field {found.name!r} is of type {found.data_type}, which the API cannot fill from a text."
        if found.data_type != _FILE and self._of == CONTACT and key[-1] in self._rules.model.files.fields:
            return f"The custom field {found.name!r} is of type {found.data_type}, and `files: fields` says that it holds files."
        dates = found.data_type == "DATE" and not any(step.name == "date" for step in rule.transforms)
        return self._rules.open_dates.get(key) if dates else None

    def resolve(
        self, values: Iterable[tuple[str, Json]], record: Record, faults: list[Fault]
    ) -> tuple[tuple[str, Json], ...]:
        """Give each value by its field's reference, made right; put down what cannot be."""
        found: list[tuple[str, Json]] = []
        targets = self._targets
        for name, raw in values:
            target = targets.get(name)
            if target is None:  # a column that is no field of the location
                continue
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


def _same_targets(targets: Mapping[str, _Target], path: RuleKey) -> list[tuple[YamlPath, str]]:
    """Refuse two rules for one custom field: the vendor would keep either value."""
    first: dict[str, str] = {}
    return [
        (
            (*path, name),
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
    bare = _bare(name)
    tests: tuple[Callable[[CustomField], bool], ...] = (
        lambda field: field.id == name,
        lambda field: _bare(field.key) == bare,
        lambda field: field.name == name,
        lambda field: fold(field.name) == fold(name),
    )
    tried = ([field for field in known if test(field)] for test in tests)
    return next((found for found in tried if found), [])


def fields_of_files(names: Iterable[str]) -> list[CustomField]:
    """Make up fields that take any number of files, for whoever looks at rows before a location is asked."""
    return [
        CustomField(id=name, name=name, key=name, data_type=_FILE, most_files=sys.maxsize) for name in names
    ]


def _listed(known: Sequence[CustomField]) -> str:
    names = [repr(field.name) for field in known]
    return (
        f" It has: {', '.join(names[:20])}{', ...' if len(names) > 20 else ''}." if names else " It has none."
    )


def likely_key(name: str, *, of: str = CONTACT) -> str:
    """Guess a custom field's key from its name, for previews without an account."""
    slug = re.sub(r"[^a-z0-9]+", "_", _bare(name).casefold()).strip("_")
    return f"{of}.{slug or 'custom_field'}"


def _bare(key: str) -> str:
    """Take off what a key says its field is of."""
    return key.removeprefix(f"{CONTACT}.").removeprefix(f"{OPPORTUNITY}.")
