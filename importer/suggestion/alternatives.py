"""What else the columns of a suggestion could be: the other fields to choose from, by header and values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from importer.highlevel.fields import FIELDS
from importer.suggestion.evidence import Column
from importer.suggestion.guesses import Guess, Guesses, Left
from importer.suggestion.named_columns import Candidate

_NAMED: Final = FIELDS.keys() | {"tags"}
"""The chooser knows some words that are no fields, such as a surname's prefix."""


def with_alternatives(guesses: Guesses, readings: Sequence[Candidate]) -> Guesses:
    """Lay the readings that were not taken beside the columns that they are of."""
    return replace(
        guesses,
        fields=tuple(_guess(one, readings) for one in guesses.fields),
        tags=_guess(guesses.tags, readings) if guesses.tags else None,
        left=tuple(_left(one, readings) for one in guesses.left),
    )


def _guess(one: Guess, readings: Iterable[Candidate]) -> Guess:
    return replace(one, alternatives=_others(one.columns, readings, taken=one.field))


def _left(one: Left, readings: Iterable[Candidate]) -> Left:
    return replace(one, alternatives=_others((one.column,), readings))


def _others(
    columns: Iterable[Column], readings: Iterable[Candidate], *, taken: str = ""
) -> tuple[Candidate, ...]:
    places = {column.place for column in columns}
    found = [
        one for one in readings if one.column.place in places and one.field in _NAMED and one.field != taken
    ]
    return tuple(sorted(found, key=lambda one: -one.strength))
