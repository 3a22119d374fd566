"""What a column called name is: a half of the name beside its other half, the whole of it, or a company's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from importer.suggestion.named_columns import Candidate
from importer.suggestion.own_readings import persons_of
from importer.suggestion.synonyms import CONTACT_PERSONS, PART_OR_WHOLE


def names_decided(readings: Sequence[Candidate]) -> list[Candidate]:
    """Settle what "Name", "Nom" or "Nombre" is: a half of the name beside its other half, else by its values."""
    known = {one.field for one in readings}
    people = any(
        _is_of_contactpersons_of(one) and one.column.filled * 2 > one.column.rows for one in readings
    )
    lacks_company = "companyName" not in known
    decided = [
        _decided(one, known, people=people, company=lacks_company and _is_beside_a_contacts(one, readings))
        if one.field == "name?"
        else one
        for one in readings
    ]
    return list(_called(decided))


def _called(readings: Sequence[Candidate]) -> Iterator[Candidate]:
    """Take the name that somebody goes by for the first name beside a last name, where there is no other."""
    known = {one.field for one in readings}
    is_first = "lastName" in known and not known & {"firstName", "name"}
    for one in readings:
        if one.field != "called":
            yield one
        elif is_first:
            yield replace(one, field="firstName", reason="its header, beside a last name alone")


def _is_of_contactpersons_of(one: Candidate) -> bool:
    return one.field == "name" and " ".join(one.column.words) in CONTACT_PERSONS


def _is_beside_a_contacts(one: Candidate, readings: Sequence[Candidate]) -> bool:
    """Tell "Nom" beside "Nom (contact)" and "Prénom (contact)": the name of what the contact stands for."""
    rivals = [persons_of(other) for other in readings if other.field == "name?" and other is not one]
    _, half, _ = PART_OR_WHOLE[one.word]
    halves = [persons_of(other) for other in readings if other.field == half]
    return not persons_of(one) and any(rival & other for rival in rivals for other in halves)


def _decided(one: Candidate, known: set[str], *, people: bool, company: bool) -> Candidate:
    half, other, alone = PART_OR_WHOLE[one.word]
    if company:
        return replace(one, field="companyName", reason="its header, beside the name of a contact")
    if people and "companyName" not in known:
        return replace(one, field="companyName", reason="its header, beside a column of contact persons")
    if other in known and half not in known:
        return replace(one, field=half, reason=f"its header, beside a column of {other}")
    if half in known and other not in known and one.column.filled and one.column.spaced < 0.5:
        return replace(one, field=other, reason=f"its header, beside a column of {half}")
    if half in known or one.column.spaced >= 0.5 or not one.column.filled:
        return replace(one, field="name", reason=one.reason)
    return replace(one, field=alone, reason="its header and its values, of one word each")
