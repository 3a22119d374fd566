"""Where the records of a JSON value are: in itself, or in a list somewhere inside it, as services answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from importer.runtime.regex import regex

ListPath: TypeAlias = tuple[str, ...]
"""The names that lead to a list; empty for a value that is a record itself."""

_DEEPEST: Final = 8
_PARTS: Final = regex(
    r"(?:e?mail|phone|telephone|number|address|url|link|website|tag|label|organi[sz]ation|relation|social|date|note)"
    r"(?:es|s|_?numbers?|_?address(?:es)?)?|custom_?fields?|(?:additional|other)_?\w+",
    re.IGNORECASE,
)
"""Lists that are a part of one contact."""

_WRAPPERS: Final = regex(
    r"(?:contact|record|item|result|row|person|customer|client|lead|member|subscriber|user|value|object|entrie)s?"
    r"|data|people|content|list",
    re.IGNORECASE,
)
"""Names under which services answer page by page."""

_REACHES: Final = regex(r"e-?mail|phone|mobile", re.IGNORECASE)


class SeveralListsError(ValueError):
    """Several lists could be the one that is meant; ``lists`` names them with their lengths."""

    def __init__(self, lists: Mapping[ListPath, Sequence[Any]]) -> None:
        super().__init__()
        self.lists = {".".join(path): len(found) for path, found in lists.items()}


def records_path(value: Any, *, alone: bool) -> ListPath:
    """Find the list of records inside a value; one of many values is only opened where it is plainly a page of them."""
    lists = {path: found for path, found in _lists(value, ()) if not _PARTS.fullmatch(path[-1])}
    people = [path for path, found in lists.items() if any(map(_is_person, found))]
    if not alone or _is_person(value):
        wrappers = [path for path in people if _WRAPPERS.fullmatch(path[-1])]
        return wrappers[0] if len(wrappers) == 1 and not (_is_person(value) and not alone) else ()
    chosen = people or list(lists)
    if len(chosen) > 1:
        raise SeveralListsError(lists)
    return chosen[0] if chosen else ()


def follow(value: Any, path: ListPath) -> list[Any]:
    """Take the records of a value; a page without the list has none."""
    if not path:
        return [value]
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, list) else []


def _lists(value: Any, path: ListPath) -> Iterator[tuple[ListPath, list[Any]]]:
    if isinstance(value, dict) and len(path) < _DEEPEST:
        for name, inner in value.items():
            yield from _lists(inner, (*path, name))
    elif path and isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        yield path, value


def _is_person(value: Any) -> bool:
    """Tell an object that an address or a number stands in, whatever its nesting."""
    if not isinstance(value, dict):
        return False
    return any(
        bool(_REACHES.search(name)) or _is_person(inner) or (isinstance(inner, str) and "@" in inner)
        for name, inner in value.items()
    )
