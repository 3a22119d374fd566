"""The vendor's endpoints as values: method, path, body. Who sends them knows nothing of what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import Final
from urllib.parse import quote, urlencode

from importer.highlevel.wire import encode
from importer.records import Json, TagMode, value_type

BULK_TAG_LIMIT: Final = 500
"""Contacts in one bulk tag call; the vendor gives no number, public notes say 500."""


@value_type(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to the vendor. ``path`` is already quoted; ``form`` marks a body that is no JSON."""

    method: str
    path: str = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    form: bool = False


UPSERT_PATH: Final = "/contacts/upsert"
CREATE_PATH: Final = "/contacts/"


def upsert(payload: Json) -> Call:
    return encoded_upsert(encode(payload))


def encoded_upsert(body: bytes) -> Call:
    return Call(method="POST", path=UPSERT_PATH, body=body)


def create(payload: Json) -> Call:
    return Call(method="POST", path=CREATE_PATH, body=encode(payload))


def update(contact_id: str, payload: Json) -> Call:
    return Call(method="PUT", path=f"/contacts/{_segment(contact_id)}", body=encode(payload))


def get_contact(contact_id: str) -> Call:
    return Call(method="GET", path=f"/contacts/{_segment(contact_id)}")


def search_duplicate(location_id: str, *, email: str | None, phone: str | None) -> Call:
    wanted = {"locationId": location_id}
    if email:
        wanted["email"] = email
    if phone:
        wanted["number"] = phone  # urlencode writes "+" as %2B; a bare one would arrive as a blank
    return Call(method="GET", path=f"/contacts/search/duplicate?{urlencode(wanted)}")


def change_tags(location_id: str, mode: TagMode, tags: Sequence[str], contact_ids: Sequence[str]) -> Call:
    """Add tags to, or remove them from, up to ``BULK_TAG_LIMIT`` contacts."""
    kind = "remove" if mode is TagMode.REMOVE else "add"
    body: Json = {"contacts": list(contact_ids), "tags": list(tags), "locationId": location_id}
    return Call(method="POST", path=f"/contacts/bulk/tags/update/{kind}", body=encode(body))


def add_to_workflow(contact_id: str, workflow_id: str) -> Call:
    return Call(
        method="POST", path=f"/contacts/{_segment(contact_id)}/workflow/{_segment(workflow_id)}", body=b"{}"
    )


def add_to_campaign(contact_id: str, campaign_id: str) -> Call:
    return Call(
        method="POST", path=f"/contacts/{_segment(contact_id)}/campaigns/{_segment(campaign_id)}", body=b"{}"
    )


def get_location(location_id: str) -> Call:
    return Call(method="GET", path=f"/locations/{_segment(location_id)}")


def list_custom_fields(location_id: str) -> Call:
    return Call(method="GET", path=f"/locations/{_segment(location_id)}/customFields?model=contact")


def list_timezones(location_id: str) -> Call:
    return Call(method="GET", path=f"/locations/{_segment(location_id)}/timezones")


def list_workflows(location_id: str) -> Call:
    return Call(method="GET", path=f"/workflows/?{urlencode({'locationId': location_id})}")


def list_campaigns(location_id: str) -> Call:
    return Call(method="GET", path=f"/campaigns/?{urlencode({'locationId': location_id})}")


def list_users(location_id: str) -> Call:
    return Call(method="GET", path=f"/users/?{urlencode({'locationId': location_id})}")


def search_users(company_id: str, location_id: str, *, skip: int, limit: int = 100) -> Call:
    wanted = {"companyId": company_id, "locationId": location_id, "skip": skip, "limit": limit}
    return Call(method="GET", path=f"/users/search?{urlencode(wanted)}")


def form(path: str, fields: dict[str, str]) -> Call:
    return Call(method="POST", path=path, body=urlencode(fields).encode(), form=True)


def _segment(text: str) -> str:
    return quote(text, safe="")
