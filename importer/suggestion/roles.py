"""What a file calls its contacts, where it does so by a word of its own: requester, stagiaire, coachee."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from importer.suggestion.addresses import ADDRESS
from importer.suggestion.evidence import Column
from importer.suggestion.named_columns import by_title
from importer.suggestion.people import GUARDIANS, OWNERS, PERHAPS_ELSE, identifies_nobody, is_somebody_else
from importer.suggestion.synonyms import all_phrases
from importer.suggestion.worded_columns import UNDERSTOOD

_REACHED: Final = frozenset({"email", "phone"})
_PERSONAL: Final = _REACHED | {"name", "name?", "firstName", "lastName"}


def with_role(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Take the word for the contact off the headers, where no header without such a word has an address or number."""
    own = [column for column in columns if not _is_else(column)]
    named = {field for column in own for field in _fields(column, column.words)}
    if named & _REACHED:
        return tuple(columns)
    role = _role(columns, _strange) or _guardian(columns, named) or ("" if named else _owner(columns))
    return tuple(replace(column, role=role) if role in column.words else column for column in columns)


def _is_else(column: Column) -> bool:
    return is_somebody_else(column) or bool(set(column.words) & PERHAPS_ELSE) or identifies_nobody(column)


def _role(columns: Iterable[Column], words_of: Callable[[Column], set[str]]) -> str:
    """Find the word that two columns of a person have beside the fields' names; of several, the most people's."""
    named: dict[str, dict[str, int]] = {}
    for column in columns:
        for word in words_of(column):
            for field in _fields(column, _without(column, word)):
                named.setdefault(word, {}).setdefault(field, len(set(column.values)))
    roles = {word: fields for word, fields in named.items() if len(fields) > 1 and set(fields) & _REACHED}
    return max(
        roles, key=lambda word: max(roles[word][one] for one in set(roles[word]) & _REACHED), default=""
    )


def _strange(column: Column) -> set[str]:
    """Give the words of a header that are no part of any field's name, and nobody else's."""
    if is_somebody_else(column) or identifies_nobody(column):
        return set()
    return {
        word for word in column.words if not word.isdigit() and word not in UNDERSTOOD | _said_of_fields()
    }


def _guardian(columns: Sequence[Column], named: set[str]) -> str:
    """Take who stands for a child for the contact: beside the child's own name only with a name of their own."""
    role = _role(columns, _guardians)
    theirs = {
        field
        for column in columns
        if role in column.words
        for field in _fields(column, _without(column, role))
    }
    return role if not named or theirs & _NAMES else ""


_NAMES: Final = frozenset({"name", "name?", "firstName", "lastName"})


def _guardians(column: Column) -> set[str]:
    return set(column.words) & GUARDIANS


def _owner(columns: Sequence[Column]) -> str:
    """Take the owner of an animal or a car for the contact: one that has an address; a user of the software has none."""
    role = _role(columns, _owners)
    living = (
        part
        for column in columns
        if role in column.words
        for part in by_title(column, _without(column, role))
    )
    return role if any(one.field in ADDRESS for one in living) else ""


def _owners(column: Column) -> set[str]:
    """Give the word for an owner above what each row has its own of; a sales team's users stand in many."""
    return set(column.words) & OWNERS if column.distinct_share > _OWN else set()


def _without(column: Column, role: str) -> tuple[str, ...]:
    return tuple(part for part in column.words if part != role)


_OWN: Final = 0.5


@cache
def _said_of_fields() -> frozenset[str]:
    return frozenset(word for phrase in all_phrases() for word in phrase.split())


def _fields(column: Column, parts: tuple[str, ...]) -> set[str]:
    return {one.field for one in by_title(column, parts) if one.field in _PERSONAL} if parts else set()
