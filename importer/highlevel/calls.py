"""The vendor's endpoints as values: method, path, body. Who sends them knows nothing of what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Final
from urllib.parse import quote, urlencode

from importer.highlevel.wire import encode
from importer.records import Json, value_type
from importer.settings import Secret


@value_type(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to the vendor. ``path`` is already quoted; ``form`` marks a body that is a form's values and no JSON.

    ``content_type``: of a body that is neither.
    ``contacts``: so many it names by their ids.
    """

    method: str
    path: str = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    form: bool = False
    secrets: tuple[Secret, ...] = ()
    """What its body gives away beside the token: it must not come back in anybody's words."""
    contacts: int = 0
    content_type: str | None = None

    @property
    def looks_only(self) -> bool:
        """Whether it stores nothing."""
        return self.method == "GET"


UPSERT_PATH: Final = "/contacts/upsert"
CREATE_PATH: Final = "/contacts/"


def upsert(payload: Json) -> Call:
    return encoded_upsert(encode(payload))


def encoded_upsert(body: bytes) -> Call:
    return Call(method="POST", path=UPSERT_PATH, body=body)


def create(payload: Json) -> Call:
    return Call(method="POST", path=CREATE_PATH, body=encode(payload))


def update(contact_id: str, payload: Json) -> Call:
    return Call(method="PUT", path=f"/contacts/{segment(contact_id)}", body=encode(payload), contacts=1)


def get_contact(contact_id: str) -> Call:
    return Call(method="GET", path=f"/contacts/{segment(contact_id)}", contacts=1)


def delete_contact(contact_id: str) -> Call:
    return Call(method="DELETE", path=f"/contacts/{segment(contact_id)}", contacts=1)


def search_contacts(payload: Json) -> Call:
    return Call(method="POST", path="/contacts/search", body=encode(payload))


def search_duplicate(location_id: str, *, email: str | None, phone: str | None) -> Call:
    wanted = {"locationId": location_id}
    if email:
        wanted["email"] = email
    if phone:
        wanted["number"] = phone  # urlencode writes "+" as %2B; a bare one would arrive as a blank
    return Call(method="GET", path=f"/contacts/search/duplicate?{urlencode(wanted)}")


def get_location(location_id: str) -> Call:
    return Call(method="GET", path=f"/locations/{segment(location_id)}")


def list_timezones(location_id: str) -> Call:
    return Call(method="GET", path=f"/locations/{segment(location_id)}/timezones")


def list_tags(location_id: str) -> Call:
    return Call(method="GET", path=f"/locations/{segment(location_id)}/tags")


def list_things(path: str, location_id: str) -> Call:
    """List what a location has under a path of the vendor's that takes the location as a parameter."""
    return Call(method="GET", path=f"{path}?{urlencode({'locationId': location_id})}")


def list_users(location_id: str) -> Call:
    return list_things("/users/", location_id)


def search_users(company_id: str, location_id: str, *, skip: int, limit: int = 100) -> Call:
    wanted = {"companyId": company_id, "locationId": location_id, "skip": skip, "limit": limit}
    return Call(method="GET", path=f"/users/search?{urlencode(wanted)}")


def form(path: str, fields: Mapping[str, str | Secret]) -> Call:
    shown = {name: each.reveal() if isinstance(each, Secret) else each for name, each in fields.items()}
    secrets = tuple(each for each in fields.values() if isinstance(each, Secret))
    return Call(method="POST", path=path, body=urlencode(shown).encode(), form=True, secrets=secrets)


def segment(text: str) -> str:
    """Quote an id so that it is one segment of a path, whatever it holds."""
    return quote(text, safe="")
