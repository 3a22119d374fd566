"""Which location each row goes to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from importer.mapping.compiled.block_columns import BlockColumns
from importer.mapping.compiled.layout import HeaderLayout
from importer.mapping.language.model import LocationRule
from importer.mapping.values.fault import quoted
from importer.mapping.values.texts import clean
from importer.records import Fault
from importer.runtime.environment import variables
from importer.runtime.regex import regex
from importer.settings import location_in

_VARIABLE: Final = regex(r"\$\{([A-Za-z_]\w*)\}")


class LocationColumn:
    """One location for all rows, or each row's own by a column."""

    def __init__(self, rule: LocationRule | None, layout: HeaderLayout, fixed: str | None) -> None:
        self._fixed = fixed
        column = rule.column if rule is not None else None
        self._column = None if column is None else layout.title(column)
        self._index = 0 if column is None else layout.place(column)
        table = rule.map if rule is not None else None
        self._map = (
            None if table is None else {_fold(text): _said(location) for text, location in table.items()}
        )
        self._known = frozenset(self._map.values()) if self._map is not None else frozenset()
        self._default = _said(rule.default) if rule is not None and rule.default is not None else None

    def run(self, table: BlockColumns) -> list[str | None]:
        if self._column is None:
            return [self._fixed] * table.height
        found = [self._find(text) for text in table.column(self._index)]
        for row, location in enumerate(found):
            if location is None:
                table.blame(row, self._fault(table.column(self._index)[row]))
        return found

    def _find(self, text: str) -> str | None:
        if not text:
            return self._default
        if self._map is None:
            return location_in(text)
        return self._map.get(_fold(text)) or (text if text in self._known else None)

    def _fault(self, text: str) -> Fault:
        said = f": {quoted(text)} is in no entry of the mapping's location: map" if text else " is blank"
        sentence = f"Column '{self._column}'{said}, so the row has no location to go to."
        return Fault(code="unknown_location", message=sentence, column=self._column)


def expand(text: str, environment: Mapping[str, str]) -> str | None:
    """Put environment variables in for ``${NAME}``; None when one of them is not set."""
    if any(unset_in(text, environment)):
        return None
    return _VARIABLE.sub(lambda named: environment[named[1]], text).strip() or None


def unset_in(text: str, environment: Mapping[str, str]) -> Iterator[str]:
    """Name the variables of ``${NAME}`` that are not set."""
    return (name for name in _VARIABLE.findall(text) if not environment.get(name))


def _said(location: str) -> str:
    """Expand an id; one whose variable is not set stays as written, so that previews can show it."""
    return location_in(expand(location, variables()) or location)


def _fold(text: str) -> str:
    return " ".join(clean(text).casefold().split())
