"""A mapping laid over one file's header: every header found, or the fault told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from importer.errors import MappingError
from importer.mapping.headers import HeaderIndex, Missing
from importer.mapping.model import MappingModel, Rule
from importer.mapping.picking import Filled, FirstOf, OneColumn, Pick
from importer.mapping.template import parse_template


class Layout:
    """Where each header of the mapping stands in the file."""

    def __init__(self, model: MappingModel, header: Sequence[str]) -> None:
        self._header = tuple(header)
        self._index = HeaderIndex(header)
        self._places: dict[str, int] = {}
        self.width = len(header)
        missing = [self._find(name, optional=optional) for name, optional in named_headers(model)]
        faults = tuple(dict.fromkeys(fault.sentence for fault in missing if fault is not None))
        if faults:
            raise MappingError("The mapping does not fit the file.", faults=faults)

    def _find(self, name: str, *, optional: bool) -> Missing | None:
        found = self._index.find(name)
        if isinstance(found, int):
            self._places[name] = found
            return None
        return None if optional and not found.several else found

    def place(self, name: str) -> int:
        return self._places[name]

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


def named_headers(model: MappingModel) -> list[tuple[str, bool]]:
    """List every header that a mapping names, and whether the file may lack it."""
    rules = (*model.fields.values(), *model.custom_fields.values())
    named = [(name, rule.optional) for rule in rules for name in rule.headers]
    if model.tags is not None:
        named += [(name, model.tags.optional) for name in model.tags.columns]
    if model.location is not None and model.location.column is not None:
        named.append((model.location.column, False))
    named += [(test.column, False) for test in (*model.rows.only_if, *model.rows.skip_if)]
    return list(dict.fromkeys(named))
