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
from importer.settings import is_location_id, location_in

_VARIABLE: Final = regex(r"\$\{([A-Za-z_]\w*)\}")


class LocationTexts:
    """Which location a text of the column names."""

    def __init__(self, rule: LocationRule) -> None:
        table = rule.map
        self._map = (
            None if table is None else {_fold(text): _said(location) for text, location in table.items()}
        )
        self._known = frozenset(self._map.values()) if self._map is not None else frozenset()
        self._default = _said(rule.default) if rule.default is not None else None

    @property
    def are_ids(self) -> bool:
        """Whether texts are ids themselves, since the mapping lists none."""
        return self._map is None

    def find(self, text: str) -> str | None:
        """Give the location that a cell names; None for a text that the mapping says nothing of."""
        if not text:
            return self._default
        if self._map is None:
            # part of each call's address: anything else would ask the vendor something else
            return found if is_location_id(found := location_in(text)) else None
        return self._map.get(_fold(text)) or (text if text in self._known else None)


class LocationColumn:
    """One location for all rows, or each row's own by a column."""

    def __init__(self, rule: LocationRule | None, layout: HeaderLayout, fixed: str | None) -> None:
        self._fixed = fixed
        column = rule.column if rule is not None else None
        self._column = None if column is None else layout.title(column)
        self._index = 0 if column is None else layout.place(column)
        self._texts = None if rule is None else LocationTexts(rule)

    def run(self, table: BlockColumns) -> list[str | None]:
        if self._column is None or self._texts is None:
            return [self._fixed] * table.height
        found = [*map(self._texts.find, table.column(self._index))]
        for row, location in enumerate(found):
            if location is None:
                table.blame(row, self._fault(table.column(self._index)[row]))
        return found

    def _fault(self, text: str) -> Fault:
        sentence = f"Column '{self._column}'{self._lack(text)}, so the row has no location to go to."
        return Fault(code="unknown_location", message=sentence, column=self._column)

    def _lack(self, text: str) -> str:
        if not text:
            return " is blank"
        if self._texts is not None and self._texts.are_ids:
            return f": {quoted(text)} is no location's id (letters and digits, as in .../location/ID/...)"
        return f": {quoted(text)} is in no entry of the mapping's location: map"


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
