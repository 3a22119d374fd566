"""The vendor's companies (its "businesses"): no upsert, and no search by name. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from importer.highlevel.calls import Call
from importer.highlevel.catalog import Probe
from importer.highlevel.wire import encode

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


def create_company(location_id: str, name: str) -> Call:
    return Call(method="POST", path="/businesses/", body=encode({"name": name, "locationId": location_id}))


def link_company(location_id: str, contact_ids: Sequence[str], company_id: str) -> Call:
    body = encode({"locationId": location_id, "ids": list(contact_ids), "businessId": company_id})
    return Call(method="POST", path="/contacts/bulk/business", body=body, contacts=len(contact_ids))


def made_company(body: Mapping[str, Any]) -> str | None:
    """Give the id of a company that was just made; the vendor spells its name so, too."""
    for name in ("buiseness", "business"):
        made = body.get(name)
        if isinstance(made, Mapping) and isinstance(made.get("id"), str) and made["id"]:
            return str(made["id"])
    return None
