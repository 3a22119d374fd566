"""Addresses as groups: of Home, Work and Billing one is taken, whole, and the others are said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from importer.records import value_type
from importer.suggestion.named_columns import POSSIBLE, Candidate
from importer.suggestion.postcodes import CODE_STEP, TOWN_STEP

ADDRESS: Final = ("address1", "city", "state", "postalCode", "country")
_CORE: Final = frozenset({"address1", "city", "postalCode"})
"""What makes an address; a state or country alone may stand for anything beside it."""
PLACE_RANK: Final = {
    "": 0, "preferred": 0, "home": 1, "mailing": 1, "physical": 1, "residential": 1, "permanent": 1, "postal": 2, "billing": 2, "shipping": 3,
    "business": 3, "work": 3,
}  # fmt: skip
UNRANKED: Final = 4


CODE_AND_TOWN_STEPS: Final = {"postalCode": CODE_STEP, "city": TOWN_STEP}
"""What each of the two fields takes of a column that holds both."""


@value_type(frozen=True, slots=True, kw_only=True)
class AddressGroup:
    """The columns of one address; ``place`` is the word that tells it from others, blank where none does."""

    place: str
    parts: Mapping[str, Candidate]

    @property
    def filled(self) -> int:
        return sum(one.column.filled for one in self.parts.values())

    @property
    def core(self) -> int:
        return len(_CORE & {field for field, one in self.parts.items() if one.column.filled})


def address_groups(readings: Sequence[Candidate]) -> tuple[AddressGroup, ...]:
    """Sort the readings that are parts of an address by the place that their headers name, the best group first."""
    found: dict[str, dict[str, Candidate]] = {}
    for one in sorted(readings, key=lambda one: -one.strength):
        if one.field in ADDRESS and one.number == 1:
            found.setdefault(one.place, {}).setdefault(one.field, one)
    groups = sorted((AddressGroup(place=place, parts=parts) for place, parts in found.items()), key=_rank)
    return tuple(_joined(groups)) if groups else ()


_BY_LINE: Final = {3: "city", 4: "state"}
"""What British programs write on the lines behind the second, where the town has no column of its own."""


def lines_decided(readings: Sequence[Candidate]) -> list[Candidate]:
    """Take "Line 3" for the town and "Line 4" for the county in a file that names neither."""
    known = {one.field for one in readings}
    if "city" in known:
        return list(readings)
    return [_of_a_line(one, known) for one in readings]


def _of_a_line(one: Candidate, known: set[str]) -> Candidate:
    field = _BY_LINE.get(one.number)
    if (
        one.field != "address2"
        or field is None
        or field in known
        or "line" not in one.column.words
        or one.column.with_digits
    ):
        return one
    reason = f"line {one.number} of an address whose town has no column: compare a few rows"
    return replace(one, field=field, number=1, strength=POSSIBLE, reason=reason)


def _joined(groups: Sequence[AddressGroup]) -> Iterator[AddressGroup]:
    """Join to the best group what completes it: "Home Address" beside "City" and "Zip" is one address."""
    best, *others = groups
    apart = []
    for group in others:
        if set(group.parts) & set(best.parts):
            apart.append(group)
        else:
            best = replace(best, parts={**best.parts, **group.parts})
    yield best
    yield from apart


def _rank(group: AddressGroup) -> tuple[int, bool, int, int]:
    """Whole addresses go first, the contact's own before others that are hardly better; then home before billing."""
    own = group.place == ""
    return (
        -(group.core + own) if group.core else 1,
        not own,
        -group.filled,
        PLACE_RANK.get(group.place, UNRANKED),
    )


def chosen_parts(groups: Sequence[AddressGroup]) -> Mapping[str, Candidate]:
    """Take the best group, and what it lacks from headers that name no place."""
    if not groups:
        return {}
    plain: Iterable[AddressGroup] = (group for group in groups if not group.place)
    return {**{field: one for group in plain for field, one in group.parts.items()}, **groups[0].parts}


def others_in_words(groups: Sequence[AddressGroup]) -> str:
    """Name the addresses that are not taken; blank where there is one only."""
    places = [group.place or "plain" for group in groups[1:] if group.core]
    if not places or not groups[0].core:
        return ""
    mine = f"the {groups[0].place} address" if groups[0].place else "the address without a place"
    return f"part of {mine}, not of the {' or '.join(places)} one"
