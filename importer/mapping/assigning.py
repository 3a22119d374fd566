"""Which column of a file goes where, read from a mapping's text and changed in it: what a form shows and does.

What a form cannot say (templates, patterns, own functions) is shown as it stands and never touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from itertools import takewhile
from typing import Final

from importer.errors import MappingError
from importer.mapping.compiled.headers import HeaderIndex, Missing, column_names
from importer.mapping.compiled.layout import named_headers
from importer.mapping.editing import edited_text
from importer.mapping.language.model import MappingModel
from importer.mapping.values.blanks import MARKERS
from importer.mapping.values.texts import clean
from importer.records import value_type
from importer.yaml.document import Plain, YamlPath, read
from importer.yaml.editing import dotted, value_at

_SECTIONS: Final = ("fields", "custom_fields")
_TAGS: Final = ("tags",)
_FORM_KEYS: Final = frozenset(
    {
        "column",
        "columns",
        "map",
        "on_update",
        "on_invalid",
        "region",
        "date_order",
        "transforms",
        "optional",
        "unmapped",
        "empty_cells",
        "split",
        "mode",
        "always",
    }
)


@value_type(frozen=True, slots=True, kw_only=True)
class AssignedRule:
    """One rule of a mapping, as a form shows it."""

    path: YamlPath
    columns: tuple[str, ...]
    """As the mapping writes them, the first that is not blank counts."""
    places: tuple[int, ...]
    """Where the file has them; those that it lacks are left out."""
    rule: Plain = field(repr=False)
    by_hand: tuple[str, ...] = ()
    """Keys that a form cannot show: they are changed in the file."""

    @property
    def key(self) -> str:
        return dotted(self.path)


def assigned_rules(text: str, header: Sequence[str]) -> tuple[AssignedRule, ...]:
    """List the rules for fields, custom fields and tags, in the order of the text."""
    index = HeaderIndex(header)
    return tuple(
        AssignedRule(
            path=path,
            columns=(names := tuple(_columns(rule))),
            places=tuple(place for name in names if isinstance(place := index.find(name), int)),
            rule=rule,
            by_hand=tuple(sorted(set(rule) - _FORM_KEYS)) if isinstance(rule, dict) else (),
        )
        for path, rule in _rules(text)
    )


def read_elsewhere(model: MappingModel, header: Sequence[str]) -> dict[int, tuple[str, ...]]:
    """Say of columns where the mapping reads them but for what ``assigned_rules`` shows: in templates, marks, filters, notes."""
    index = HeaderIndex(header)
    found: dict[int, dict[str, None]] = {}
    for named in named_headers(model):
        steps = takewhile(lambda step: step not in {"column", "columns"}, named.path)
        path = tuple(step for step in steps if isinstance(step, str))
        place = index.find(named.name)
        if isinstance(place, int) and not _is_shown(path):
            found.setdefault(place, {})[dotted(path)] = None
    return {place: tuple(keys) for place, keys in found.items()}


def _is_shown(path: YamlPath) -> bool:
    return path == _TAGS or path[0] == "location" or (path[0] in _SECTIONS and len(path) == 2)


def assign(
    text: str,
    header: Sequence[str],
    place: int,
    target: YamlPath | None,
    *,
    name: str,
    instead_of: Sequence[YamlPath] | None = None,
) -> str:
    """Let a column go to ``target`` and nowhere else; None leaves it out. ``instead_of``: only these rules let go of it.

    Gives the changed text, which may lack an identifier for now. A target that has columns already takes it as one more,
    behind them. Raises MappingError where the target is said by a
    value or a template, which only a person may take back.
    """
    set_to: list[tuple[YamlPath, Plain]] = []
    unset: list[YamlPath] = []
    for rule in assigned_rules(text, header):
        if rule.path == target or place not in rule.places:
            continue
        if instead_of is not None and rule.path not in instead_of:
            continue
        index = HeaderIndex(header)
        kept = [each for each in rule.columns if index.find(each) != place]
        if kept:
            set_to.append(_columns_at(rule.path, kept))
        else:
            others = (
                rule.path == _TAGS and isinstance(rule.rule, dict) and rule.rule.keys() & {"always", "marked"}
            )
            unset.append((*_TAGS, "columns") if others else rule.path)
    if target is not None:
        set_to += _added(text, header, place, target)
    return edited_text(text, name=name, set_to=set_to, unset=unset)


def used_column(rule: AssignedRule, cells: Sequence[str]) -> int | None:
    """Say which of a rule's columns gives a row its value: of several the first that is not blank, as a run takes them."""
    filled = [place for place in rule.places if place < len(cells) and clean(cells[place])]
    return next((place for place in filled if clean(cells[place]) not in MARKERS), next(iter(filled), None))


def in_order(text: str, path: YamlPath, columns: Sequence[str], *, name: str) -> str:
    """Write the columns of a rule in another order. Raises MappingError for other columns than it has."""
    there = value_at(text, path)
    if there is None or sorted(_columns(there)) != sorted(columns):
        raise MappingError(f"{dotted(path)} has other columns by now. Load the page again.")
    return edited_text(text, name=name, set_to=[_columns_at(path, list(columns))])


def _added(
    text: str, header: Sequence[str], place: int, target: YamlPath
) -> Iterator[tuple[YamlPath, Plain]]:
    there = value_at(text, target)
    column = column_names(header)[place]
    if there is None:
        yield (_columns_at(target, [column]) if target == _TAGS else (target, column))
        return
    names = list(_columns(there))
    if not names and isinstance(there, dict) and target != _TAGS:
        raise MappingError(
            f"{dotted(target)} does not come from a column: the mapping file says it by {' and '.join(sorted(there))}. Change it "
            "there."
        )
    index = HeaderIndex(header)
    if place not in {found for each in names if not isinstance(found := index.find(each), Missing)}:
        yield _columns_at(target, [*names, column])


def _columns_at(path: YamlPath, names: list[str]) -> tuple[YamlPath, Plain]:
    if path != _TAGS and len(names) == 1:
        return (*path, "column"), names[0]
    return (*path, "columns"), list(names)


def _rules(text: str) -> Iterator[tuple[YamlPath, Plain]]:
    found = read(text).value
    if not isinstance(found, dict):
        return
    for section in _SECTIONS:
        if isinstance(rules := found.get(section), dict):
            yield from (((section, name), rule) for name, rule in rules.items())
    if (tags := found.get("tags")) is not None:
        yield _TAGS, tags


def _columns(rule: Plain) -> Iterator[str]:
    match rule:
        case str():
            yield rule
        case list():
            yield from (each for each in rule if isinstance(each, str))
        case {"column": str(name)}:
            yield name
        case {"columns": names}:
            yield from _columns(names)
