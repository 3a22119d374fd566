"""The vendor's companies (its "businesses"): no upsert, and no search by name. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from importer.highlevel.calls import Call, segment
from importer.highlevel.catalog import Probe
from importer.highlevel.wire import encode
from importer.records import Json

LINK_LIMIT: Final = 50
"""Contacts in one call that links them; the vendor gives no number."""
_NO_SUCH_COMPANY: Final = "/businesses/importerScopeProbe00"
PROBES: Final = (
    Probe(scope="businesses.readonly", path=_NO_SUCH_COMPANY),
    Probe(scope="businesses.write", path=_NO_SUCH_COMPANY, method="PUT"),
)


def list_companies(location_id: str, *, skip: int, limit: int) -> Call:
    wanted = {"locationId": location_id, "limit": limit, "skip": skip}
    return Call(method="GET", path=f"/businesses/?{urlencode(wanted)}")


def create_company(location_id: str, content: Mapping[str, Json]) -> Call:
    body = encode({**content, "locationId": location_id})
    return Call(method="POST", path="/businesses/", body=body)


def get_company(company_id: str) -> Call:
    return Call(method="GET", path=_path(company_id), contacts=1)


def update_company(company_id: str, content: Mapping[str, Json]) -> Call:
    return Call(method="PUT", path=_path(company_id), body=encode(dict(content)), contacts=1)


def delete_company(company_id: str) -> Call:
    return Call(method="DELETE", path=_path(company_id), contacts=1)


def list_members(location_id: str, company_id: str) -> Call:
    """List the contacts of a company, one of them: whether it has any is all that is asked."""
    wanted = urlencode({"locationId": location_id, "limit": 1, "skip": 0})
    return Call(method="GET", path=f"/contacts/business/{segment(company_id)}?{wanted}", contacts=1)


def link_company(location_id: str, contact_ids: Sequence[str], company_id: str) -> Call:
    body = encode({"locationId": location_id, "ids": list(contact_ids), "businessId": company_id})
    return Call(method="POST", path="/contacts/bulk/business", body=body, contacts=len(contact_ids))


def shown_company(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the one company that a reply shows; the vendor spells its name in two ways. Empty where it shows none."""
    for name in ("buiseness", "business"):
        shown = body.get(name)
        if isinstance(shown, Mapping) and isinstance(shown.get("id"), str) and shown["id"]:
            return shown
    return {}


def made_company(body: Mapping[str, Any]) -> str | None:
    """Give the id of a company that was just made."""
    made_id = shown_company(body).get("id")
    return None if made_id is None else str(made_id)


def listed_companies(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the companies of a page that have an id."""
    listed = body.get("businesses")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, Mapping) and isinstance(each.get("id"), str):
            yield each


def members_of(body: Mapping[str, Any]) -> int | None:
    """Count the contacts that a company has, as far as its list shows; None where it is no list."""
    listed, count = body.get("contacts"), body.get("count")
    if not isinstance(listed, list):
        return None
    return max(len(listed), count) if isinstance(count, int) else len(listed)


def folded(name: str) -> str:
    """Write a company's name so that equal ones are written alike."""
    return " ".join(name.split()).casefold()


def _path(company_id: str) -> str:
    return f"/businesses/{segment(company_id)}"
