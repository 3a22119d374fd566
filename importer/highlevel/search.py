"""The search through a location's contacts: what is asked, page after page, and what a page says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final

from importer.highlevel import calls
from importer.highlevel.calls import Call
from importer.highlevel.contacts import HeldContact, read_contact
from importer.records import Json, value_type

PAGE_SIZES: Final = (500, 100)
"""The largest first: what the vendor takes is not documented, and both have been seen."""


@value_type(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """One page of the search. ``cursor``: where the next one begins; ``total``: so many contacts the vendor counts."""

    contacts: tuple[HeldContact, ...] = field(repr=False)
    cursor: Json = None
    total: int | None = None


class UnusablePageError(Exception):
    """A reply that is no page; the text says what is wrong with it."""


def search_all(location_id: str, *, size: int, cursor: Json) -> Call:
    """Ask for the contacts in the order in which they were added, which nobody can change."""
    return _search(location_id, size=size, cursor=cursor, by="dateAdded")


def search_added(location_id: str, *, since: int, until: int | None, size: int, cursor: Json) -> Call:
    """Ask for the contacts that were added from one moment to another, in milliseconds and both included."""
    span: dict[str, Json] = {"gte": since, **({} if until is None else {"lte": until})}
    filters: Json = [{"field": "dateAdded", "operator": "range", "value": span}]
    return _search(location_id, size=size, cursor=cursor, by="dateAdded", filters=filters)


def newest_contact(location_id: str) -> Call:
    """Ask for the contact that was added last."""
    return _search(location_id, size=1, cursor=None, by="dateAdded", direction="desc")


def search_updated(location_id: str, *, since: float, size: int, cursor: Json) -> Call:
    """Ask for what changed since a moment, oldest change first: what changes meanwhile comes once more at the end."""
    filters: Json = [
        {"field": "dateUpdated", "operator": "range", "value": {"gte": int(since * 1000)}},
    ]
    return _search(location_id, size=size, cursor=cursor, by="dateUpdated", filters=filters)


def search_blocked(location_id: str, switch: str, value: Json, *, size: int, cursor: Json) -> Call:
    """Ask for the contacts with do-not-disturb on, by one of the switches that can be searched for."""
    name = switch if switch == "dnd" else f"{switch}.status"
    filters: Json = [{"field": name, "operator": "eq", "value": value}]
    return _search(location_id, size=size, cursor=cursor, by="dateAdded", filters=filters)


def newest_change(location_id: str) -> Call:
    """Ask for the contact that changed last, and how many there are."""
    return _search(location_id, size=1, cursor=None, by="dateUpdated", direction="desc")


def _search(
    location_id: str, *, size: int, cursor: Json, by: str, filters: Json = None, direction: str = "asc"
) -> Call:
    asked: dict[str, Json] = {
        "locationId": location_id,
        "pageLimit": size,
        "sort": [{"field": by, "direction": direction}],
    }
    if filters:
        asked["filters"] = filters
    if cursor:
        asked["searchAfter"] = cursor
    return calls.search_contacts(asked)


def read_page(body: Mapping[str, Any]) -> SearchPage:
    """Read a page; raises UnusablePageError for a reply that is none, or whose cursor leads nowhere."""
    hits = body.get("contacts")
    if not isinstance(hits, list):
        raise UnusablePageError("the reply holds no list of contacts")
    try:
        contacts = tuple(read_contact(hit) for hit in hits)
    except (ValueError, AttributeError):
        raise UnusablePageError("the reply holds a contact without an id") from None
    total = body.get("total")
    return SearchPage(
        contacts=contacts,
        cursor=hits[-1].get("searchAfter") if hits else None,
        total=total if isinstance(total, int) and not isinstance(total, bool) else None,
    )


def is_of(location_id: str, body: Mapping[str, Any]) -> bool:
    """Tell whether a page can be a location's: no contact in it is said to be another's."""
    hits = body.get("contacts")
    if not isinstance(hits, list):
        return True
    return all(hit.get("locationId") in (None, location_id) for hit in hits if isinstance(hit, dict))
