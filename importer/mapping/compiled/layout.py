"""A mapping laid over one file's header: every header found, or the fault told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from importer.errors import MappingError
from importer.mapping.compiled.headers import HeaderIndex, Missing
from importer.mapping.compiled.picking import Filled, FirstOf, OneColumn, Pick
from importer.mapping.language.model import MappingModel
from importer.mapping.language.rule import Rule, RuleKey
from importer.mapping.language.template import parse_template
from importer.records import value_type
from importer.yaml.document import YamlPath


class Locate(Protocol):
    """Writes faults with their places in the mapping file; ``key`` points at keys, not at their values."""

    def __call__(self, faults: Iterable[tuple[YamlPath, str]], *, key: bool = False) -> tuple[str, ...]: ...


@value_type(frozen=True, slots=True)
class NamedHeader:
    """A header as a mapping names it, and where; ``optional``: the file may lack it."""

    path: YamlPath
    name: str
    optional: bool = False


class HeaderLayout:
    """Where each header of the mapping stands in the file."""

    def __init__(self, model: MappingModel, header: Sequence[str], locate: Locate) -> None:
        self._header = tuple(header)
        self._index = HeaderIndex(header)
        self._places: dict[str, int] = {}
        self.width = len(header)
        missing = [
            (named.path, found) for named in named_headers(model) if (found := self._find(named)) is not None
        ]
        if missing:
            has = f" It has the columns {self._index.listed()}." if any(f.far for _, f in missing) else ""
            raise MappingError(
                f"The mapping does not fit the file.{has}",
                faults=locate((path, found.sentence) for path, found in missing),
            )

    def _find(self, named: NamedHeader) -> Missing | None:
        found = self._index.find(named.name)
        if isinstance(found, int):
            self._places[named.name] = found
            return None
        return None if named.optional and not found.several else found

    @property
    def titles(self) -> tuple[str, ...]:
        """The file's header."""
        return self._header

    def place(self, name: str) -> int:
        return self._places[name]

    def has(self, name: str) -> bool:
        return name in self._places

    def title(self, name: str) -> str:
        """Give a header as the file spells it, which is what people look for."""
        return self._header[self._places[name]]

    def places(self, names: Iterable[str]) -> tuple[int, ...]:
        """Give the columns of those headers that the file has."""
        return tuple(self._places[name] for name in names if name in self._places)

    def pick(self, rule: Rule) -> Pick | None:
        """Find where a rule's text comes from; None when the file lacks the columns of an optional rule."""
        if rule.template is not None:
            template = parse_template(rule.template)
            whole = all(name in self._places for name in template.headers)
            if not whole:
                return None
            titles = dict.fromkeys(map(self.title, template.headers))
            return Filled(template, self.places(template.headers), ", ".join(titles))
        names = tuple(name for name in rule.headers if name in self._places)
        match names:
            case ():
                return None
            case (name,):
                return OneColumn(self.place(name), self.title(name))
            case _:
                return FirstOf(self.places(names), tuple(map(self.title, names)))


def named_headers(model: MappingModel) -> list[NamedHeader]:
    """List every header that a mapping names, at each place where it does."""
    named = [header for key, rule in model.rules for header in _of_rule(key, rule)]
    if model.tags is not None:
        named += _listed(("tags",), model.tags.columns, optional=model.tags.optional)
        named += [
            NamedHeader(("tags", "marked", name), name, optional=model.tags.optional)
            for name in model.tags.marked
        ]
    if model.followers is not None:
        named += _listed(("followers",), model.followers.columns, optional=model.followers.optional)
    if model.location is not None and model.location.column is not None:
        named.append(NamedHeader(("location", "column"), model.location.column))
    for section, tests in (("only_if", model.rows.only_if), ("skip_if", model.rows.skip_if)):
        named += [
            NamedHeader(("rows", section, place, "column"), test.column) for place, test in enumerate(tests)
        ]
    return named


def _of_rule(key: RuleKey, rule: Rule) -> list[NamedHeader]:
    if rule.template is not None:
        return [NamedHeader((*key, "template"), name, optional=rule.optional) for name in rule.headers]
    return _listed(key, rule.headers, optional=rule.optional)


def _listed(key: YamlPath, names: Iterable[str], *, optional: bool) -> list[NamedHeader]:
    """Place headers of ``column`` or ``columns``; of these steps, those that are not in the file are passed over."""
    return [
        NamedHeader((*key, "columns", "column", place), name, optional=optional)
        for place, name in enumerate(names)
    ]
