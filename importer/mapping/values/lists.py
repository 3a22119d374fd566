"""Several values in one cell: separated as the mapping says, or in a notation that says so itself."""

from __future__ import annotations

import csv
import json
import re
from contextlib import suppress
from typing import Final

from importer.runtime.regex import regex

_CARETS: Final = regex(r"\^[^^]*\^(?:\s*,\s*\^[^^]*\^)*")
_BRACES: Final = regex(r"\{[^{}]*\}")
_BRACKETS: Final = regex(r"\[[^\[\]]*\]")
_ITEM: Final = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_ITEMS: Final = regex(rf"{_ITEM}(?:\s*,\s*{_ITEM})*")
_LONGEST: Final = 10_000
"""No list of tags is longer; a parser is not given more."""


def parts_of(cell: str, split: str) -> list[str]:
    """Cut a cell into its values; a line break parts them too, and blanks go."""
    parts = _notated(cell, split) if cell[:1] in _OPENING and len(cell) <= _LONGEST else None
    if parts is None:
        parts = cell.split(split) if "\n" not in cell else _split_lines(cell, split)
    return [stripped for part in parts if (stripped := part.strip())]


def _split_lines(cell: str, split: str) -> list[str]:
    return [part for line in cell.split("\n") for part in line.split(split)]


_OPENING: Final = frozenset({"^", "{", "[", ";", '"'})


def _notated(cell: str, split: str) -> list[str] | None:
    """Read ``"a","b, c"`` (Mailchimp), ``^a^,^b^`` (SuiteCRM), ``{a,"b c"}`` (Postgres), ``['a', 'b']`` (Python, JSON), ``;#a;#b;#`` (SharePoint)."""
    if _CARETS.fullmatch(cell):
        return re.findall(r"\^([^^]*)\^", cell)
    if _BRACES.fullmatch(cell):
        return _braced(cell[1:-1])
    if _BRACKETS.fullmatch(cell):
        return _bracketed(cell)
    return cell.split(";#") if cell.startswith(";#") else _quoted(cell, split)


def _braced(inside: str) -> list[str] | None:
    try:
        return next(csv.reader([inside], skipinitialspace=True, escapechar="\\"), [])
    except csv.Error:
        return None


def _bracketed(cell: str) -> list[str] | None:
    with suppress(ValueError):
        return [str(value) for value in json.loads(cell) if isinstance(value, str | int | float)]
    inside = cell[1:-1].strip()
    if _ITEMS.fullmatch(inside):
        return [re.sub(r"\\(.)", r"\1", item[1:-1]) for item in re.findall(_ITEM, inside)]
    # [VIP] is a tag as people write it, [a, b] is a list without quotes.
    return inside.split(",") if "," in inside else None


def _quoted(cell: str, split: str) -> list[str] | None:
    """Read values each in quotes, since one may have the separator in it."""
    quoted = cell.startswith('"') and cell.count('"') % 2 == 0 and cell.isprintable()
    if not quoted or len(split) != 1:
        return None
    return next(csv.reader([cell], delimiter=split, skipinitialspace=True))
