"""The vendor's opportunities (deals) and their pipelines. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from importer.highlevel.calls import Call, segment
from importer.highlevel.catalog import Probe
from importer.highlevel.wire import encode
from importer.records import Json

PIPELINES_PATH: Final = "/opportunities/pipelines"
PIPELINES_SCOPE: Final = "opportunities.readonly"
WRITE_PROBE: Final = Probe(
    scope="opportunities.write", path="/opportunities/importerScopeProbe00", method="PUT"
)
INDEX_SECONDS: Final = 60.0
"""The search may show a deal that late; how late is not known of deals, of contacts it is up to a minute."""
_LARGEST_PAGE: Final = 100


def create_opportunity(location_id: str, contact_id: str, content: Mapping[str, Json]) -> Call:
    """Create a deal. It is not the vendor's upsert: that one takes no contact, and what it matches by is not stated."""
    body: Json = {"locationId": location_id, "contactId": contact_id, **content}
    return Call(method="POST", path="/opportunities/", body=encode(body), contacts=1)


def delete_opportunity(_location_id: str, _contact_id: str, opportunity_id: str) -> Call:
    return Call(method="DELETE", path=f"/opportunities/{segment(opportunity_id)}")


def get_opportunity(_contact_id: str, opportunity_id: str) -> Call:
    return Call(method="GET", path=f"/opportunities/{segment(opportunity_id)}", contacts=1)


def list_all_opportunities(location_id: str) -> Call:
    """List a page of all that a location has; how many there are is told beside it."""
    wanted = {"location_id": location_id, "limit": _LARGEST_PAGE}
    return Call(method="GET", path=f"/opportunities/search?{urlencode(wanted)}")


def list_opportunities(location_id: str, contact_id: str) -> Call:
    """List a contact's; this endpoint alone spells its parameters with underscores."""
    wanted = {"location_id": location_id, "contact_id": contact_id, "limit": _LARGEST_PAGE}
    return Call(method="GET", path=f"/opportunities/search?{urlencode(wanted)}", contacts=1)
