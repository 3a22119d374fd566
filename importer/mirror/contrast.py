"""In which fields two sides hold different things of one person. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Final

from importer.highlevel.catalog import CustomField
from importer.highlevel.contacts import NOT_IN_SEARCH, HeldContact, email_key, phone_key
from importer.highlevel.equality import same_custom, same_field
from importer.highlevel.payload import NEW_IF_DUPLICATE
from importer.records import Json, value_type

_OF_ITS_PLACE: Final = frozenset({"assignedTo", NEW_IF_DUPLICATE})
"""Ids of users are others in each location."""
_NAME_PARTS: Final = ("firstName", "lastName")


@value_type(frozen=True, slots=True, kw_only=True)
class FieldContrast:
    """One field that differs. Tags and additional addresses are lists."""

    name: str
    left: Json = field(repr=False)
    right: Json = field(repr=False)


@value_type(frozen=True, slots=True, kw_only=True)
class ComparedFields:
    """What is compared of a person: all that either side holds (``whole``), or what these names say."""

    whole: bool = False
    names: frozenset[str] = frozenset()
    custom_fields: frozenset[str] = frozenset()
    tags: bool = False


def contrast(
    left: HeldContact,
    right: HeldContact,
    compared: ComparedFields,
    custom_fields: Mapping[str, CustomField],
) -> Iterator[FieldContrast]:
    """Yield the fields that differ. Custom fields of both sides go by the ids that ``custom_fields`` knows."""
    for name in _compared_names(left, right, compared):
        mine, other = left.fields.get(name), right.fields.get(name)
        if not same_field(name, mine, other):
            yield FieldContrast(name=name, left=mine, right=other)
    wanted = {*left.custom_fields, *right.custom_fields} if compared.whole else compared.custom_fields
    for reference in sorted(wanted):
        known = custom_fields.get(reference)
        mine, other = left.custom_fields.get(reference), right.custom_fields.get(reference)
        if not same_custom(known.data_type if known else "TEXT", mine, other):
            yield FieldContrast(name=known.name if known else reference, left=mine, right=other)
    yield from _sets(left, right, compared)


def unseen_names(right: HeldContact, compared: ComparedFields) -> frozenset[str]:
    """Name the fields that were to be compared, and that the search shows nothing of."""
    if right.seen_by_id:
        return frozenset()
    return frozenset(compared.names & NOT_IN_SEARCH - right.fields.keys())


def _compared_names(left: HeldContact, right: HeldContact, compared: ComparedFields) -> list[str]:
    if not compared.whole:
        return sorted(compared.names - unseen_names(right, compared) - _OF_ITS_PLACE - {"additionalPhones"})
    names = (left.fields.keys() | right.fields.keys()) - _OF_ITS_PLACE - NOT_IN_SEARCH
    if any(part in each.fields for part in _NAME_PARTS for each in (left, right)):
        names -= {"name"}  # made of the two
    return sorted(names)


def _sets(left: HeldContact, right: HeldContact, compared: ComparedFields) -> Iterator[FieldContrast]:
    """Compare what comes in no order. A file's tags are added: those beyond them are no difference."""
    if compared.whole or compared.tags:
        mine, others = ({tag.lower() for tag in each.tags} for each in (left, right))
        if mine != others if compared.whole else mine - others:
            yield FieldContrast(name="tags", left=_listed(sorted(mine)), right=_listed(sorted(others)))
    if compared.whole and set(map(email_key, left.emails)) != set(map(email_key, right.emails)):
        yield FieldContrast(name="additional e-mails", left=_listed(left.emails), right=_listed(right.emails))
    if (compared.whole or "additionalPhones" in compared.names) and (
        set(map(phone_key, left.phones)) != set(map(phone_key, right.phones))
    ):
        yield FieldContrast(name="additional phones", left=_listed(left.phones), right=_listed(right.phones))


def _listed(values: Iterable[str]) -> Json:
    return [*values]
