"""Which readings are the contact's: the buyer's and a child's columns, and addresses of a crowd, are left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from importer.suggestion.evidence import Column
from importer.suggestion.headers import PERSONS
from importer.suggestion.leaving import reach
from importer.suggestion.named_columns import Candidate
from importer.suggestion.people import (
    PERSONAL,
    is_billing,
    is_buyer,
    is_crowd,
    is_perhaps_else,
    is_same_person,
    is_somebody_else,
)

_REACHED: Final = frozenset({"email", "phone"})


def of_the_contact(readings: Sequence[Candidate], columns: Sequence[Column]) -> list[Candidate]:
    """Leave out the buyer's and the user's columns where the file has the contact's own, and addresses of a crowd."""
    peopled = {name for column in columns if is_somebody_else(column) if (name := reach(column))}
    own = [one for one in readings if one.field in _REACHED and not is_perhaps_else(one.column)]
    readings = [one for one in readings if not _is_of_a_child(one, readings)]
    paid = [one for one in readings if one.field in _REACHED and is_perhaps_else(one.column)]
    own = own if _is_another_person(own, paid, readings) else []
    same = bool(paid) and all(is_same_person(one.column, (other.column for other in own)) for one in paid)
    kept = [
        one
        for one in readings
        if not (own and not same and one.field in PERSONAL and is_perhaps_else(one.column))
        or is_same_person(one.column, (other.column for other in own))
    ]
    return [
        one
        for one in kept
        if one.field not in _REACHED
        # In a file of several people a header that is not understood may be anybody's.
        or not ((one.supposed and one.field in peopled) or _is_doubtful(one, kept))
    ]


def _is_another_person(
    own: Sequence[Candidate], paid: Sequence[Candidate], readings: Iterable[Candidate]
) -> bool:
    """Tell a contact beside the buyer: with a name, or reached the same way; a bare phone beside the buyer's e-mail is the buyer's."""
    named = any(one.field in _NAMES and not is_perhaps_else(one.column) for one in readings)
    alike = {one.field for one in own} & {one.field for one in paid}
    return named or bool(alike) or not all(is_buyer(one.column) for one in paid)


def _is_of_a_child(one: Candidate, readings: Sequence[Candidate]) -> bool:
    """Tell the student's birthday in a file whose addresses are of a "Contact 1", where both have a name."""
    mine = persons_of(one)
    if not mine or one.field not in PERSONAL:
        return False
    reached = [persons_of(other) for other in readings if other.field in _REACHED]
    named = [persons_of(other) for other in readings if other.field in _HALVES]
    theirs = frozenset().union(*reached)
    return (
        bool(theirs)
        and not mine & theirs
        and any(mine & other for other in named)
        and any(theirs & other for other in named)
    )


def persons_of(one: Candidate) -> frozenset[str]:
    return PERSONS.intersection(one.column.words) | {one.column.role} - {""}


_HALVES: Final = frozenset({"firstName", "lastName", "name"})
_NAMES: Final = _HALVES | {"name?"}


def _is_doubtful(one: Candidate, readings: Iterable[Candidate]) -> bool:
    """Tell what is hardly the contact's beside what surely is: a crowd's address, a header not understood."""
    rivals = [other for other in readings if other.field == one.field and other is not one]
    return _is_outdone(one, rivals) or is_crowd(one.column, (other.column for other in rivals))


def _is_outdone(one: Candidate, rivals: Iterable[Candidate]) -> bool:
    """Tell a column that may be anybody's beside one that is surer, or as unsure and filled better."""
    filled = [other for other in rivals if other.column.filled]
    mine = _surety(one)
    if mine[0] == _SURE or any(is_same_person(one.column, [other.column]) for other in filled):
        return False
    return any(_surety(other) > mine for other in filled)


_SURE: Final = 2


def _surety(one: Candidate) -> tuple[int, int, int]:
    """Rank whose address it is: the contact's, perhaps an accountant's, not known; then the best filled, the first."""
    rank = 0 if one.supposed else 1 if one.field == "email" and is_billing(one.column) else _SURE
    return rank, len(set(one.column.values)), -one.column.place
