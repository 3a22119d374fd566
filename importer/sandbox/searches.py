"""``POST /contacts/search``: pages by number or by cursor, over what the index sees."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from importer.sandbox import rules
from importer.sandbox.contacts import Contact
from importer.sandbox.replies import Refusal, Reply, trace_id
from importer.sandbox.search.filters import milliseconds, passes
from importer.sandbox.search.ranking import Order, Ranking, rank, read_order
from importer.sandbox.vendor import Call, Vendor
from importer.sandbox.wire import JsonObject, dumps

_FURTHEST: Final = 10_000
_LONGEST_QUERY: Final = 75
_RANKINGS: Final = 32
_LEFT_OUT: Final = ("dndSettings", "inboundDndSettings", "timezone")
_RULES: Final[rules.Rules] = {
    "locationId": rules.text,
    "pageLimit": rules.number,
    "page": rules.number,
    "query": rules.text,
    "searchAfter": rules.anything,
    "filters": rules.anything,
    "sort": rules.anything,
}


def search(vendor: Vendor, call: Call) -> Reply:
    """Answer ``POST /contacts/search``, which lags behind writes and leaves fields out."""
    rules.require(call.body, _RULES, needed=("locationId", "pageLimit"))
    body: JsonObject = call.body
    size = _page_limit(body["pageLimit"], vendor.settings.search_page_limit)
    ranking = _ranked(vendor, body)
    first = _first(body, size, ranking)
    hits = ranking.contacts[first : first + size]
    shown = [_row(contact, ranking.order, v3=call.v3) for contact in hits]
    return Reply(200, {"contacts": shown, "total": len(ranking.contacts), "traceId": trace_id()})


def _page_limit(value: float, largest: int) -> int:
    if value != int(value) or value < 1:
        raise Refusal(422, ["pageLimit must not be less than 1"])
    if value > largest:
        raise Refusal(422, [f"pageLimit must not be greater than {largest}"])
    return int(value)


def _first(body: JsonObject, size: int, ranking: Ranking) -> int:
    cursor = body.get("searchAfter")
    if cursor:
        if not isinstance(cursor, list):
            raise Refusal(422, ["searchAfter must be an array"])
        if "page" in body:
            raise Refusal(422, ["page should not be provided together with searchAfter"])
        return ranking.behind(cursor)
    page = max(int(body.get("page", 1)), 1)
    if page * size > _FURTHEST:
        raise Refusal(400, f"Only the first {_FURTHEST} records can be paged through; use searchAfter")
    return (page - 1) * size


def _ranked(vendor: Vendor, body: JsonObject) -> Ranking:
    """Filter and sort, or take a ranking again while nothing has changed: a mirror asks for page after page, in several parts."""
    vendor.index.catch_up(vendor.clock.now())
    asked = {name: body.get(name) for name in ("locationId", "query", "filters", "sort")}
    if vendor.rankings_of != vendor.index.generation or len(vendor.rankings) > _RANKINGS:
        vendor.rankings.clear()
        vendor.rankings_of = vendor.index.generation
    question = dumps(asked)
    if question not in vendor.rankings:
        order = read_order(body.get("sort"))
        hits = [each for each in vendor.index.visible(body["locationId"]) if _wanted(each, body)]
        vendor.rankings[question] = rank(hits, order)
    return vendor.rankings[question]


def _wanted(contact: Contact, body: JsonObject) -> bool:
    query = body.get("query", "")
    if len(query) > _LONGEST_QUERY:
        raise Refusal(422, [f"query must be shorter than or equal to {_LONGEST_QUERY} characters"])
    filters = body.get("filters") or []
    if not isinstance(filters, list):
        raise Refusal(422, ["filters must be an array"])
    return (not query or _mentions(contact, query.lower())) and all(passes(contact, rule) for rule in filters)


def _mentions(contact: Contact, query: str) -> bool:
    return any(query in str(contact.properties.get(name, "")).lower() for name in ("name", "email", "phone"))


def _row(contact: Contact, order: Order, *, v3: bool) -> JsonObject:
    """Write a hit as the search does: fields left out, ``address`` for ``address1``, the birthday as a number."""
    body = contact.render(v3=v3)
    for name in _LEFT_OUT:
        body.pop(name, None)
    if birthday := body.get("dateOfBirth"):
        body["dateOfBirth"] = milliseconds(datetime.fromisoformat(birthday).replace(tzinfo=UTC).timestamp())
    if "address1" in body:
        body["address"] = body.pop("address1")
    body["additionalEmails"] = list(contact.additional_emails)
    body["additionalPhones"] = list(contact.additional_phones)
    return {**body, "searchAfter": order.cursor(contact)}
