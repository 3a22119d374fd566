"""What a location knows: settings, custom fields, tags, time zones, users, workflows, campaigns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from importer.sandbox import rules
from importer.sandbox.custom_fields import CustomField
from importer.sandbox.locations import COMPANY
from importer.sandbox.replies import Refusal, Reply, trace_id
from importer.sandbox.vendor import Call, Vendor
from importer.sandbox.vocabulary import PICKLISTS, timezones
from importer.sandbox.wire import JsonObject

_USERS_SHOWN: Final = 25


_FIELD_RULES: Final[dict[str, Callable[[str, Any], Iterable[str]]]] = {
    "name": rules.text,
    "dataType": rules.text,
    "placeholder": rules.text,
    "position": rules.number,
    "model": rules.one_of("contact", "opportunity"),
    "options": rules.texts,
    "acceptedFormat": rules.texts,
    "isMultipleFile": rules.flag,
    "maxNumberOfFiles": rules.number,
    "textBoxListOptions": rules.anything,
    "urlValidation": rules.mapping,
}


_FIELD_CHANGE: Final = {name: rule for name, rule in _FIELD_RULES.items() if name != "dataType"}


def get_location(vendor: Vendor, call: Call) -> Reply:
    """Answer ``GET /locations/{id}``."""
    return _told(location=vendor.location(call.location_id).render())


def list_custom_fields(vendor: Vendor, call: Call) -> Reply:
    """Answer ``GET /locations/{id}/customFields``."""
    model = call.query.get("model", "contact")
    fields = vendor.location(call.location_id).custom_fields.values()
    shown = [held.render(call.location_id) for held in fields if model in ("all", held.model)]
    return _told(customFields=shown)


def create_custom_field(vendor: Vendor, call: Call) -> Reply:
    """Answer ``POST /locations/{id}/customFields``; choices go by the undocumented ``options``."""
    rules.require(call.body, _FIELD_RULES, needed=("name", "dataType"))
    body: JsonObject = call.body
    location = vendor.location(call.location_id)
    if body["dataType"] in PICKLISTS and not body.get("options"):
        raise Refusal(400, "options is required for the given dataType")
    if body["dataType"] == "URL" and body.get("urlValidation", {}).get("mode") != "allow_all":
        raise Refusal(400, "urlValidation is required for the given dataType")
    if location.find_custom_field(body["name"], model=body.get("model", "contact")):
        raise Refusal(400, f"Custom field with the name {body['name']} already exists")
    made = location.add_custom_field(
        body["name"],
        data_type=body["dataType"],
        options=body.get("options", ()),
        model=body.get("model", "contact"),
        most_files=int(body.get("maxNumberOfFiles", 1)) if body.get("isMultipleFile") else 1,
        accepted=body.get("acceptedFormat", ()),
    )
    vendor.save_custom_field(location, made.id)
    return Reply(201, {"customField": made.render(location.id), "traceId": trace_id()})


def get_custom_field(vendor: Vendor, call: Call) -> Reply:
    """Answer ``GET /locations/{id}/customFields/{fieldId}``."""
    return _told(customField=_custom_field(vendor, call).render(call.location_id))


def change_custom_field(vendor: Vendor, call: Call) -> Reply:
    """Answer ``PUT /locations/{id}/customFields/{fieldId}``: a new name, and choices by ``options``."""
    rules.require(call.body, _FIELD_CHANGE, needed=("name",))
    held = _custom_field(vendor, call)
    location = vendor.location(call.location_id)
    changed = location.change_custom_field(
        held, name=call.body["name"], options=call.body.get("options", held.options)
    )
    vendor.save_custom_field(location, changed.id)
    return _told(customField=changed.render(location.id))


def list_tags(vendor: Vendor, call: Call) -> Reply:
    """Answer ``GET /locations/{id}/tags``."""
    location = vendor.location(call.location_id)
    return _told(tags=[_tag(tag_id, name, location.id) for name, tag_id in location.tags.items()])


def create_tag(vendor: Vendor, call: Call) -> Reply:
    """Answer ``POST /locations/{id}/tags``."""
    rules.require(call.body, {"name": rules.text}, needed=("name",))
    location = vendor.location(call.location_id)
    name = call.body["name"].strip().lower()
    vendor.remember_tags(location, (name,))
    return _told(tag=_tag(location.tags[name], name, location.id))


def list_timezones(_vendor: Vendor, _call: Call) -> Reply:
    """Answer ``GET /locations/{id}/timezones``."""
    return _told(timeZones=list(timezones()))


def list_users(vendor: Vendor, call: Call) -> Reply:
    """Answer the deprecated ``GET /users/``."""
    return _told(users=vendor.location(_needed_location(call)).users)


def search_users(vendor: Vendor, call: Call) -> Reply:
    """Answer ``GET /users/search``, which wants the company too."""
    if call.query.get("companyId") != COMPANY:
        raise Refusal(422, ["companyId must be a string", "companyId should not be empty"])
    query = call.query.get("query", "").lower()
    users = [user for user in vendor.location(_needed_location(call)).users if query in user["name"].lower()]
    first, size = _page(call)
    return _told(users=users[first : first + size], count=len(users))


def list_workflows(vendor: Vendor, call: Call) -> Reply:
    """Answer ``GET /workflows/``."""
    return _told(workflows=vendor.location(_needed_location(call)).workflows)


def list_campaigns(vendor: Vendor, call: Call) -> Reply:
    """Answer ``GET /campaigns/``."""
    status = call.query.get("status")
    campaigns = vendor.location(_needed_location(call)).campaigns
    return _told(campaigns=[held for held in campaigns if status in (None, held["status"])])


def _custom_field(vendor: Vendor, call: Call) -> CustomField:
    held = vendor.location(call.location_id).custom_fields.get(call.params[1])
    if held is None:
        raise Refusal(404, f"Custom field not found for id:{call.params[1]}")
    return held


def _told(**body: Any) -> Reply:
    return Reply(200, {**body, "traceId": trace_id()})


def _tag(tag_id: str, name: str, location_id: str) -> JsonObject:
    return {"id": tag_id, "name": name, "locationId": location_id}


def _needed_location(call: Call) -> str:
    if not call.location_id:
        raise Refusal(422, ["locationId must be a string", "locationId should not be empty"])
    return call.location_id


def _page(call: Call) -> tuple[int, int]:
    try:
        return int(call.query.get("skip", "0")), int(call.query.get("limit", str(_USERS_SHOWN)))
    except ValueError:
        raise Refusal(422, ["skip must be a number string", "limit must be a number string"]) from None
