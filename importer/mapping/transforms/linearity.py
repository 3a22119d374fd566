"""Whether a pattern surely comes to an end soon. Cautious: what cannot be proven here is run under a time limit.

What a search costs in a text of n characters is at most n to the power of: one for the place where it begins, one
for each repetition that can end in several places, and one for all those that cannot. Up to the square, a thousand
characters take some thousandths of a second.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from re import _constants as sre  # type: ignore[attr-defined]  # not public, but what it understands is what runs
from re import _parser as sre_parser  # type: ignore[attr-defined]
from typing import Any, Final, TypeAlias

Item: TypeAlias = tuple[Any, Any]

_HIGHEST_POWER: Final = 2
_MOST_WAYS: Final = 64
_LONGEST_FIXED: Final = 64
_LARGEST_SET: Final = 256
_SINGLE: Final = frozenset({sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN})
_PLACES: Final = frozenset({sre.AT_BEGINNING, sre.AT_BEGINNING_STRING})
_CATEGORIES: Final = {
    sre.CATEGORY_DIGIT: re.compile(r"\d"),
    sre.CATEGORY_NOT_DIGIT: re.compile(r"\D"),
    sre.CATEGORY_SPACE: re.compile(r"\s"),
    sre.CATEGORY_NOT_SPACE: re.compile(r"\S"),
    sre.CATEGORY_WORD: re.compile(r"\w"),
    sre.CATEGORY_NOT_WORD: re.compile(r"\W"),
}
_APART: Final = {
    sre.CATEGORY_SPACE: {sre.CATEGORY_WORD, sre.CATEGORY_DIGIT, sre.CATEGORY_NOT_SPACE},
    sre.CATEGORY_WORD: {sre.CATEGORY_SPACE, sre.CATEGORY_NOT_WORD},
    sre.CATEGORY_DIGIT: {sre.CATEGORY_SPACE, sre.CATEGORY_NOT_DIGIT, sre.CATEGORY_NOT_WORD},
    sre.CATEGORY_NOT_SPACE: {sre.CATEGORY_SPACE},
    sre.CATEGORY_NOT_WORD: {sre.CATEGORY_WORD, sre.CATEGORY_DIGIT},
    sre.CATEGORY_NOT_DIGIT: {sre.CATEGORY_DIGIT},
}


class _UnprovenError(Exception):
    """The pattern has something whose cost is not looked into here."""


def proven_quick(pattern: str) -> bool:
    """Tell whether a valid pattern needs no time limit."""
    try:
        parsed = sre_parser.parse(pattern)
        if parsed.state.flags & (re.ASCII | re.LOCALE | re.IGNORECASE):
            return _plain_cost(parsed, apart=False)
        return _plain_cost(parsed, apart=True)
    except (_UnprovenError, RecursionError):
        return False


def _plain_cost(parsed: Any, *, apart: bool) -> bool:
    items, ways = _flattened(parsed)
    anchored = bool(items) and items[0][0] is sre.AT and items[0][1] in _PLACES and not _multiline(parsed)
    repeats = [index for index, item in enumerate(items) if _varies(item)]
    loose = [index for index in repeats if not (apart and _ends_in_one_place(items, index))]
    power = (not anchored) + len(loose) + (len(loose) < len(repeats))
    return power <= _HIGHEST_POWER and ways <= _MOST_WAYS


def _multiline(parsed: Any) -> bool:
    return bool(parsed.state.flags & re.MULTILINE)


def _flattened(parsed: Any) -> tuple[list[Item], int]:
    """Lay groups open; give the items in order, and in how many ways alternatives can be taken."""
    items: list[Item] = []
    ways = 1
    for kind, detail in parsed:
        if kind is sre.SUBPATTERN:
            inner, more = _group(detail)
        elif kind is sre.BRANCH:
            inner, more = _branches(detail[1])
        else:
            inner, more = [_checked((kind, detail))], 1
        items += inner
        ways *= more
    return items, ways * 2 ** sum(_optional(item) for item in items)


def _group(detail: Any) -> tuple[list[Item], int]:
    _, added, removed, inner = detail
    if added or removed:  # flags of its own
        raise _UnprovenError
    return _flattened(inner)


def _branches(branches: Sequence[Any]) -> tuple[list[Item], int]:
    """Take alternatives of fixed length, as one item that nothing is known of."""
    ways = 0
    for branch in branches:
        items, more = _flattened(branch)
        if any(_varies(item) for item in items):
            raise _UnprovenError
        ways += more
    return [(sre.BRANCH, None)], ways


def _checked(item: Item) -> Item:
    kind, detail = item
    if kind in _SINGLE or kind is sre.AT:
        return item
    if kind in {sre.MAX_REPEAT, sre.MIN_REPEAT}:
        low, high, body = detail
        fixed = len(body) <= _LONGEST_FIXED and all(each[0] in _SINGLE for each in body)
        single = len(body) == 1
        if fixed and (single or (low, high) == (0, 1) or high is sre.MAXREPEAT):
            return item
        if single and body[0][0] is sre.SUBPATTERN and (low, high) == (0, 1):
            inner, _ = _group(body[0][1])
            if len(inner) <= _LONGEST_FIXED and all(each[0] in _SINGLE for each in inner):
                return item
    raise _UnprovenError  # a look around, a reference, a repetition of something that itself varies


def _varies(item: Item) -> bool:
    kind, detail = item
    if kind not in {sre.MAX_REPEAT, sre.MIN_REPEAT}:
        return False
    low, high, _ = detail
    return bool(low != high) and (low, high) != (0, 1)


def _optional(item: Item) -> bool:
    return item[0] in {sre.MAX_REPEAT, sre.MIN_REPEAT} and tuple(item[1][:2]) == (0, 1)


def _ends_in_one_place(items: Sequence[Item], index: int) -> bool:
    """Tell whether what follows a repetition cannot be part of it: giving signs back is in vain at once."""
    if index + 1 == len(items):
        return True
    body = items[index][1][2]
    following = items[index + 1]
    if following[0] in {sre.MAX_REPEAT, sre.MIN_REPEAT} and following[1][0] > 0:
        following = following[1][2][0]
    return len(body) == 1 and following[0] in _SINGLE and _apart(body[0], following)


def _apart(one: Item, other: Item) -> bool:
    for few, rest in ((one, other), (other, one)):
        members = _members(few)
        if members is not None:
            return not any(_holds(rest, sign) for sign in members)
    return _category(other) in _APART.get(_category(one), ())


def _members(item: Item) -> list[int] | None:
    """List the signs of a small set."""
    kind, detail = item
    if kind is sre.LITERAL:
        return [detail]
    if kind is not sre.IN:
        return None
    found: list[int] = []
    for part, what in detail:
        if part is sre.LITERAL:
            found.append(what)
        elif part is sre.RANGE and what[1] - what[0] < _LARGEST_SET:
            found += range(what[0], what[1] + 1)
        else:
            return None
    return found


def _holds(item: Item, sign: int) -> bool:
    kind, detail = item
    if kind is sre.LITERAL:
        return bool(detail == sign)
    if kind is sre.NOT_LITERAL:
        return bool(detail != sign)
    if kind is sre.ANY:
        return True
    negated = detail[0][0] is sre.NEGATE
    return negated != any(_part_holds(part, what, sign) for part, what in detail)


def _part_holds(part: Any, what: Any, sign: int) -> bool:
    if part is sre.LITERAL:
        return bool(what == sign)
    if part is sre.RANGE:
        return bool(what[0] <= sign <= what[1])
    return part is sre.CATEGORY and _CATEGORIES[what].match(chr(sign)) is not None


def _category(item: Item) -> Any:
    kind, detail = item
    if kind is sre.IN and len(detail) == 1 and detail[0][0] is sre.CATEGORY:
        return detail[0][1]
    return None
