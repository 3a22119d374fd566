"""What happens to contacts that are there: tags one by one and in bulk, workflows, campaigns, followers, businesses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from importer.sandbox import rules
from importer.sandbox.contacts import Contact
from importer.sandbox.items import Kind
from importer.sandbox.lookups import held
from importer.sandbox.replies import Refusal, Reply, trace_id
from importer.sandbox.upserts import stored_tags
from importer.sandbox.vendor import Call, Vendor
from importer.sandbox.wire import JsonObject

TagChange: TypeAlias = Callable[[list[str], list[str]], list[str]]


def add_tags(vendor: Vendor, call: Call) -> Reply:
    """Answer ``POST /contacts/{id}/tags`` with the whole list after."""
    return Reply(201, _change_tags(vendor, call, _united))


def remove_tags(vendor: Vendor, call: Call) -> Reply:
    """Answer ``DELETE /contacts/{id}/tags``."""
    return Reply(200, _change_tags(vendor, call, _without))


def bulk_add_tags(vendor: Vendor, call: Call) -> Reply:
    """Answer ``POST /contacts/bulk/tags/update/add``."""
    return _bulk(vendor, call, _united)


def bulk_remove_tags(vendor: Vendor, call: Call) -> Reply:
    """Answer ``POST /contacts/bulk/tags/update/remove``; ``removeAllTags`` leaves none."""
    body = call.body if isinstance(call.body, dict) else {}
    return _bulk(vendor, call, _none if body.get("removeAllTags") is True else _without)


def enroll(vendor: Vendor, call: Call) -> Reply:
    """Answer ``POST /contacts/{id}/workflow/{workflowId}`` with 201; a draft takes nobody in, and says 200."""
    contact, workflow = _workflow(vendor, call)
    if workflow["status"] != "published":
        return Reply(200, {"succeded": True, "traceId": trace_id()})
    vendor.touch(contact)
    contact.enrol(workflow["id"])
    contact.workflows = _with(contact.workflows, workflow["id"])
    vendor.save((contact,))
    return Reply(201, {"succeded": True, "traceId": trace_id()})


def withdraw(vendor: Vendor, call: Call) -> Reply:
    """Answer ``DELETE /contacts/{id}/workflow/{workflowId}``."""
    contact, workflow = _workflow(vendor, call)
    if workflow["id"] in contact.workflows:
        contact.workflows = tuple(held_id for held_id in contact.workflows if held_id != workflow["id"])
        vendor.save((contact,))
    return Reply(200, {"succeded": True, "traceId": trace_id()})


def add_to_campaign(vendor: Vendor, call: Call) -> Reply:
    """Answer ``POST /contacts/{id}/campaigns/{campaignId}``."""
    contact = held(vendor, call.params[0])
    campaign = _named(vendor.location(contact.location_id).campaigns, call.params[1], "Campaign")
    contact.enrol(campaign["id"])
    contact.campaigns = _with(contact.campaigns, campaign["id"])
    vendor.save((contact,))
    return Reply(201, {"succeded": True, "traceId": trace_id()})


def remove_from_campaign(vendor: Vendor, call: Call) -> Reply:
    """Answer ``DELETE /contacts/{id}/campaigns/{campaignId}``."""
    contact = held(vendor, call.params[0])
    contact.campaigns = tuple(held_id for held_id in contact.campaigns if held_id != call.params[1])
    vendor.save((contact,))
    return Reply(200, {"succeded": True, "traceId": trace_id()})


def remove_from_all_campaigns(vendor: Vendor, call: Call) -> Reply:
    """Answer ``DELETE /contacts/{id}/campaigns/removeAll`` (v3: ``remove-all``)."""
    contact = held(vendor, call.params[0])
    contact.campaigns = ()
    vendor.save((contact,))
    return Reply(200, {"succeded": True, "traceId": trace_id()})


def _with(held_ids: tuple[str, ...], thing_id: str) -> tuple[str, ...]:
    return held_ids if thing_id in held_ids else (*held_ids, thing_id)


def add_followers(vendor: Vendor, call: Call) -> Reply:
    """Answer ``POST /contacts/{id}/followers`` with all of them and the ones that are new."""
    contact = held(vendor, call.params[0])
    given = _followers(vendor, call, contact)
    added = [each for each in given if each not in contact.followers]
    vendor.touch(contact)
    contact.followers = (*contact.followers, *added)
    vendor.save((contact,))
    body = {"followers": list(contact.followers), "followersAdded": added, "traceId": trace_id()}
    return Reply(201, body)


def remove_followers(vendor: Vendor, call: Call) -> Reply:
    """Answer ``DELETE /contacts/{id}/followers``."""
    contact = held(vendor, call.params[0])
    given = _followers(vendor, call, contact)
    removed = [each for each in contact.followers if each in given]
    vendor.touch(contact)
    contact.followers = tuple(each for each in contact.followers if each not in given)
    vendor.save((contact,))
    body = {"followers": list(contact.followers), "followersRemoved": removed, "traceId": trace_id()}
    return Reply(200, body)


def link_business(vendor: Vendor, call: Call) -> Reply:
    """Answer ``POST /contacts/bulk/business``: at most 50 characters an id, ``null`` unlinks; unknown ids are left out."""
    rules.require(call.body, rules.BULK_BUSINESS, needed=("locationId", "ids", "businessId"))
    business_id = call.body["businessId"]
    business = vendor.items.get(Kind.BUSINESS, business_id) if business_id else None
    if business_id and (business is None or business.location_id != call.location_id):
        raise Refusal(400, f"Business not found for id:{business_id}")
    linked = [
        contact
        for contact in map(vendor.contacts.get, call.body["ids"])
        if contact is not None and contact.location_id == call.location_id
    ]
    for contact in linked:
        vendor.touch(contact)
        contact.properties.pop("businessId", None)
        if business_id:
            contact.properties["businessId"] = business_id
    vendor.save(linked)
    return Reply(200, {"success": True, "ids": [each.id for each in linked], "traceId": trace_id()})


def _followers(vendor: Vendor, call: Call, contact: Contact) -> list[str]:
    rules.require(call.body, rules.FOLLOWERS, needed=("followers",))
    known = {user["id"] for user in vendor.location(contact.location_id).users}
    given = list(dict.fromkeys(call.body["followers"]))
    if strangers := [each for each in given if each not in known]:
        raise Refusal(422, [f"user {each} does not belong to the location" for each in strangers])
    return given


def _united(old: list[str], given: list[str]) -> list[str]:
    return list(dict.fromkeys((*old, *given)))


def _without(old: list[str], given: list[str]) -> list[str]:
    return [tag for tag in old if tag not in given]


def _none(_old: list[str], _given: list[str]) -> list[str]:
    return []


def _change_tags(vendor: Vendor, call: Call, change: TagChange) -> JsonObject:
    contact = held(vendor, call.params[0])
    rules.require(call.body, rules.TAGS, needed=("tags",))
    given = stored_tags(call.body["tags"])
    _retag(vendor, contact, change(contact.tags, given))
    vendor.save((contact,))
    if change is _united:
        return {"tags": contact.tags, "tagsAdded": given, "traceId": trace_id()}
    return {"tags": contact.tags, "tagsRemoved": given, "traceId": trace_id()}


def _retag(vendor: Vendor, contact: Contact, tags: list[str]) -> None:
    vendor.touch(contact)
    contact.tags = tags
    vendor.remember_tags(vendor.location(contact.location_id), tags)


def _bulk(vendor: Vendor, call: Call, change: TagChange) -> Reply:
    body = call.body
    if isinstance(body, dict) and body.get("locationId") is None:
        raise Refusal(400, "LocationId can't be undefined")
    rules.require(body, rules.BULK_TAGS, needed=("contacts", "tags"))
    _require_size(body["contacts"], vendor.settings.bulk_tag_limit)
    if vendor.settings.bulk_tags_whole and not all(map(vendor.contacts.get, body["contacts"])):
        raise Refusal(422, ["each value in contacts must be a contact of the location"])
    given = stored_tags(body["tags"])
    touched: dict[str, Contact] = {}
    responses = [
        _bulk_one(vendor, call, contact_id, given, change, touched) for contact_id in body["contacts"]
    ]
    vendor.save(touched.values())
    errors = sum(response["type"] == "error" for response in responses)
    reply: JsonObject = {
        "succeded": True,
        "errorCount": errors,
        "responses": responses,
        "traceId": trace_id(),
    }
    if call.v3:
        reply["succeeded"] = True
    return Reply(201, reply)


def _require_size(contacts: list[Any], limit: int) -> None:
    if not contacts:
        raise Refusal(422, ["contacts should not be empty"])
    if len(contacts) > limit:
        raise Refusal(422, [f"contacts must contain no more than {limit} elements"])


def _bulk_one(
    vendor: Vendor,
    call: Call,
    contact_id: str,
    given: list[str],
    change: TagChange,
    touched: dict[str, Contact],
) -> JsonObject:
    contact = vendor.contacts.get(contact_id)
    if contact is None:
        return {"contactId": contact_id, "message": "contact is deleted", "type": "error"}
    if contact.location_id != call.location_id:
        return {"contactId": contact_id, "message": "contact does not belong to location", "type": "error"}
    old = contact.tags
    _retag(vendor, contact, change(old, given))
    touched[contact_id] = contact
    return {
        "contactId": contact_id,
        "message": "Tags updated",
        "type": "success",
        "oldTags": old,
        "tagsAdded": [tag for tag in contact.tags if tag not in old],
        "tagsRemoved": [tag for tag in old if tag not in contact.tags],
    }


def _workflow(vendor: Vendor, call: Call) -> tuple[Contact, JsonObject]:
    contact = held(vendor, call.params[0])
    rules.require(call.body, rules.WORKFLOW)
    return contact, _named(vendor.location(contact.location_id).workflows, call.params[1], "Workflow")


def _named(things: list[JsonObject], thing_id: str, noun: str) -> JsonObject:
    for thing in things:
        if thing["id"] == thing_id:
            return thing
    raise Refusal(400, f"{noun} not found for id:{thing_id}")
