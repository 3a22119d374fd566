"""The sides of a diff as it is gone through: a location's contacts, or a file's rows as a run would send them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from importer.highlevel.catalog import Catalog, CustomField
from importer.highlevel.contacts import HeldContact
from importer.mirror.changes import left_by_create
from importer.mirror.contrast import ComparedFields
from importer.mirror.met import BLOCK
from importer.mirror.store import Mirror
from importer.records import Outcome, Record, RowId, Status, number_of, source_of, value_type
from importer.results.diff import DiffStatus
from importer.runs.foreseen_rows import Taken, foreseen_rows


@value_type(frozen=True, slots=True, kw_only=True)
class Somebody:
    """A row or contact of one side: what it is found by on the other, and what it holds under the other's ids."""

    label: str
    record: Record
    held: HeldContact
    compared: ComparedFields


@value_type(frozen=True, slots=True, kw_only=True)
class Nobody:
    """A row that is nobody's: the mapping refuses it, or leaves it out."""

    label: str
    status: DiffStatus
    reason: str


People: TypeAlias = Iterator[Sequence[Somebody | Nobody]]


def contacts_of(path: Path, here: Catalog, there: Catalog) -> People:
    """Give the contacts of a mirror, their custom fields under the ids of the other location's fields of that name."""
    ids = _ids_there(here.custom_fields, there.custom_fields)
    with Mirror.open(path) as mirror:
        contacts = iter(mirror)
        while block := list(islice(contacts, BLOCK)):
            yield [_contact(each, ids, there.location_id) for each in block]


def _ids_there(here: Iterable[CustomField], there: Sequence[CustomField]) -> dict[str, str]:
    """Tell for each custom field the id of the other location's field, or its own name where that has none."""
    named = {each.name.strip().casefold(): each.id for each in reversed(there)}
    return {each.id: named.get(each.name.strip().casefold(), each.name) for each in here}


def _contact(contact: HeldContact, ids: Mapping[str, str], location_id: str) -> Somebody:
    custom = {ids.get(reference, reference): value for reference, value in contact.custom_fields.items()}
    return Somebody(
        label=contact.id,
        record=Record(row=0, location_id=location_id, fields=contact.fields),
        held=replace(contact, custom_fields=custom),
        compared=ComparedFields(whole=True),
    )


def rows_of(taken: Taken, catalog: Catalog) -> People:
    """Give a file's rows as a run would send them to the location; those of other locations are none of it."""
    for _, items in foreseen_rows(taken, {catalog.location_id: catalog}):
        here = [item for item in items if item.location_id in (None, catalog.location_id)]
        for first in range(0, len(here), BLOCK):
            yield [_row(item, taken) for item in here[first : first + BLOCK]]


def _row(item: Record | Outcome, taken: Taken) -> Somebody | Nobody:
    label = _label(item.row, taken)
    if isinstance(item, Outcome):
        status = DiffStatus.FAILED if item.status is Status.FAILED else DiffStatus.SKIPPED
        return Nobody(label=label, status=status, reason=item.message or item.code or "")
    return Somebody(
        label=label,
        record=item,
        held=left_by_create(item, label),
        compared=ComparedFields(
            names=frozenset(item.fields),
            custom_fields=frozenset(reference for reference, _ in item.custom_fields),
            tags=bool(item.tags),
        ),
    )


def _label(row: RowId, taken: Taken) -> str:
    if len(taken.staged) == 1:
        return f"row {number_of(row)}"
    return f"{taken.staged[source_of(row)].name} row {number_of(row)}"
