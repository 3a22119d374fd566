"""What lies beside contacts: notes, tasks, opportunities, businesses, appointments, messages, files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from enum import StrEnum

from importer.sandbox.nouns import noun
from importer.sandbox.wire import JsonObject


class Kind(StrEnum):
    NOTE = "note"
    TASK = "task"
    OPPORTUNITY = "opportunity"
    BUSINESS = "business"
    APPOINTMENT = "appointment"
    MESSAGE = "message"
    FILE = "file"
    TAG = "tag"


LOST_WITH_CONTACT = (Kind.NOTE, Kind.TASK, Kind.APPOINTMENT, Kind.MESSAGE)
"""What a deleted contact takes along, and no restore brings back."""


@noun
class Item:
    """One of them; ``body`` is what replies show, and changes in place."""

    kind: Kind
    id: str
    location_id: str
    contact_id: str = ""
    made_by: str = "api"
    """``api``, or ``person`` for what was done on the screen."""
    body: JsonObject = field(repr=False)


class ItemBook:
    """All items of all locations, in the order in which they came."""

    def __init__(self) -> None:
        self._items: dict[tuple[Kind, str], Item] = {}
        self._places: dict[tuple[Kind, str], dict[str, Item]] = {}

    def __iter__(self) -> Iterator[Item]:
        return iter(list(self._items.values()))

    def get(self, kind: Kind, item_id: str) -> Item | None:
        return self._items.get((kind, item_id))

    def of_contact(self, kind: Kind, contact_id: str) -> list[Item]:
        return list(self._places.get((kind, contact_id), {}).values())

    def of_location(self, kind: Kind, location_id: str) -> list[Item]:
        return list(self._places.get((kind, location_id), {}).values())

    def put(self, item: Item) -> None:
        self._items[item.kind, item.id] = item
        for owner in filter(None, (item.location_id, item.contact_id)):
            self._places.setdefault((item.kind, owner), {})[item.id] = item

    def remove(self, item: Item) -> None:
        del self._items[item.kind, item.id]
        for owner in filter(None, (item.location_id, item.contact_id)):
            del self._places[item.kind, owner][item.id]


def item_document(item: Item) -> JsonObject:
    """Write all of an item for the file."""
    return {
        "locationId": item.location_id,
        "contactId": item.contact_id,
        "madeBy": item.made_by,
        "body": item.body,
    }


def item_from_document(kind: str, item_id: str, document: JsonObject) -> Item:
    return Item(
        kind=Kind(kind),
        id=item_id,
        location_id=document["locationId"],
        contact_id=document["contactId"],
        made_by=document["madeBy"],
        body=document["body"],
    )
