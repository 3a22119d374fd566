"""Opportunities and their pipelines."""

from __future__ import annotations

from typing import Any, Final

from importer.sandbox import rules
from importer.sandbox.items import Item, Kind
from importer.sandbox.locations import Location
from importer.sandbox.replies import Refusal, Reply, trace_id
from importer.sandbox.vendor import Call, Vendor
from importer.sandbox.wire import JsonObject, iso_milliseconds

_STATUS: Final = rules.one_of("open", "won", "lost", "abandoned", "all")
_CHANGE: Final[rules.Rules] = {
    **dict.fromkeys(("pipelineId", "name", "pipelineStageId", "assignedTo", "source"), rules.text),
    "status": _STATUS,
    "monetaryValue": rules.number,
    "customFields": rules.custom_field_items,
}
_CREATE: Final[rules.Rules] = {**_CHANGE, "locationId": rules.text, "contactId": rules.text}
_NEW_STATUS: Final[rules.Rules] = {"status": _STATUS, "lostReasonId": rules.text}
_SEARCH: Final[rules.Rules] = {
    "locationId": rules.text,
    "query": rules.text,
    "limit": rules.number,
    "page": rules.number,
    "searchAfter": rules.anything,
    "additionalDetails": rules.anything,
    "filters": rules.anything,
    "sort": rules.anything,
}
_PAGE: Final = 20
_LARGEST_PAGE: Final = 500
_FILTERED: Final = ("contactId", "pipelineId", "pipelineStageId", "status", "assignedTo", "id")


def list_pipelines(vendor: Vendor, call: Call) -> Reply:
    """Answer ``GET /opportunities/pipelines``."""
    if not call.location_id:
        raise Refusal(422, ["locationId must be a string", "locationId should not be empty"])
    return Reply(200, {"pipelines": vendor.location(call.location_id).pipelines, "traceId": trace_id()})


def create(vendor: Vendor, call: Call) -> Reply:
    """Answer ``POST /opportunities/``; whether a contact may have two in a pipeline is the location's setting."""
    rules.require(call.body, _CREATE, needed=("pipelineId", "locationId", "name", "status", "contactId"))
    sent: JsonObject = dict(call.body)
    location = vendor.location(sent["locationId"])
    contact = vendor.contacts.get(sent["contactId"])
    if contact is None or contact.location_id != location.id:
        raise Refusal(400, f"Contact with id {sent['contactId']} not found")
    sent["pipelineStageId"] = _stage(location, sent["pipelineId"], sent.get("pipelineStageId"))
    sent["customFields"] = _custom_fields(location, sent)
    _refuse_second(vendor, location, sent)
    now = iso_milliseconds(vendor.clock.now())
    made_id = vendor.contacts.new_id()
    dated = dict.fromkeys(("createdAt", "updatedAt", "lastStatusChangeAt", "lastStageChangeAt"), now)
    item = Item(
        kind=Kind.OPPORTUNITY,
        id=made_id,
        location_id=location.id,
        contact_id=contact.id,
        body={"id": made_id, "monetaryValue": 0, **sent, **dated},
    )
    vendor.keep(item)
    return Reply(201, _shown(vendor, item))


def get(vendor: Vendor, call: Call) -> Reply:
    """Answer ``GET /opportunities/{id}``."""
    return Reply(200, _shown(vendor, _held(vendor, call)))


def change(vendor: Vendor, call: Call) -> Reply:
    """Answer ``PUT /opportunities/{id}``."""
    item = _held(vendor, call)
    rules.require(call.body, _CHANGE)
    sent, location = dict(call.body), vendor.location(item.location_id)
    if "pipelineId" in sent or "pipelineStageId" in sent:
        pipeline = sent.get("pipelineId", item.body["pipelineId"])
        sent["pipelineStageId"] = _stage(location, pipeline, sent.get("pipelineStageId"))
    if "customFields" in sent:
        sent["customFields"] = _merged(item.body["customFields"], _custom_fields(location, sent))
    _update(vendor, item, sent)
    return Reply(200, _shown(vendor, item))


def change_status(vendor: Vendor, call: Call) -> Reply:
    """Answer ``PUT /opportunities/{id}/status``."""
    item = _held(vendor, call)
    rules.require(call.body, _NEW_STATUS, needed=("status",))
    _update(vendor, item, {**call.body, "lastStatusChangeAt": iso_milliseconds(vendor.clock.now())})
    return Reply(200, {"succeded": True, "traceId": trace_id()})


def delete(vendor: Vendor, call: Call) -> Reply:
    """Answer ``DELETE /opportunities/{id}``."""
    vendor.discard(_held(vendor, call))
    return Reply(200, {"succeded": True, "traceId": trace_id()})


def search(vendor: Vendor, call: Call) -> Reply:
    """Answer ``POST /opportunities/search``."""
    rules.require(call.body, _SEARCH, needed=("locationId", "limit"))
    body: JsonObject = call.body
    size = int(min(max(body["limit"], 1), _LARGEST_PAGE))
    wanted = _wanted_by(body.get("filters") or [])
    hits = [
        item
        for item in vendor.items.of_location(Kind.OPPORTUNITY, body["locationId"])
        if _fits(item, wanted, body.get("query", ""))
    ]
    first = _first(hits, body.get("searchAfter"), int(body.get("page", 1)), size)
    shown = [{**_body(vendor, item), "sort": _cursor(item)} for item in hits[first : first + size]]
    return Reply(200, {"opportunities": shown, "total": len(hits), "traceId": trace_id()})


def search_by_query(vendor: Vendor, call: Call) -> Reply:
    """Answer the older ``GET /opportunities/search``, whose query is spelled with underscores."""
    if not call.location_id:
        raise Refusal(422, ["location_id must be a string", "location_id should not be empty"])
    spelled = {"contactId": "contact_id", "pipelineId": "pipeline_id", "pipelineStageId": "pipeline_stage_id"}
    spelled |= {"assignedTo": "assigned_to", "status": "status", "id": "id"}
    wanted = {name: call.query[spelled[name]] for name in _FILTERED if call.query.get(spelled[name])}
    hits = [
        item
        for item in vendor.items.of_location(Kind.OPPORTUNITY, call.location_id)
        if _fits(item, wanted, call.query.get("q", ""))
    ]
    size, number = _whole(call, "limit", _PAGE), _whole(call, "page", 1)
    page = hits[(number - 1) * size : number * size]
    meta: JsonObject = {"total": len(hits), "currentPage": number}
    if page:
        meta |= {"startAfter": _cursor(page[-1])[0], "startAfterId": page[-1].id}
    shown = [_body(vendor, item) for item in page]
    return Reply(200, {"opportunities": shown, "meta": meta, "traceId": trace_id()})


def _held(vendor: Vendor, call: Call) -> Item:
    item = vendor.items.get(Kind.OPPORTUNITY, call.params[0])
    if item is None:
        raise Refusal(404, f"Opportunity not found for id:{call.params[0]}")
    return item


def _shown(vendor: Vendor, item: Item) -> JsonObject:
    return {"opportunity": _body(vendor, item), "traceId": trace_id()}


def _body(vendor: Vendor, item: Item) -> JsonObject:
    contact = vendor.contacts.get(item.contact_id)
    if contact is None:
        return item.body
    shown = ("name", "companyName", "email", "phone")
    about = {name: contact.properties[name] for name in shown if name in contact.properties}
    return {**item.body, "contact": {"id": contact.id, **about, "tags": contact.tags}}


def _stage(location: Location, pipeline_id: Any, stage_id: Any) -> str:
    """Find the stage, the pipeline's first when none is named."""
    pipeline = next((each for each in location.pipelines if each["id"] == pipeline_id), None)
    if pipeline is None:
        raise Refusal(400, "The pipeline id is invalid.")
    known: list[str] = [stage["id"] for stage in pipeline["stages"]]
    wanted: str = known[0] if stage_id is None else stage_id
    if wanted not in known:
        raise Refusal(400, "The pipeline stage id is invalid.")
    return wanted


def _refuse_second(vendor: Vendor, location: Location, sent: JsonObject) -> None:
    if location.allow_duplicate_opportunities:
        return
    for item in vendor.items.of_contact(Kind.OPPORTUNITY, sent["contactId"]):
        if item.body["pipelineId"] == sent["pipelineId"]:
            raise Refusal(
                400,
                "Can not create duplicate opportunity for the contact.",
                meta={"existingId": item.id},
                code="OPPORTUNITY_NO_DUPLICATE",
            )


def _custom_fields(location: Location, sent: JsonObject) -> list[JsonObject]:
    taken = location.take_custom_fields(sent.get("customFields", ()), model="opportunity")
    return [{"id": field_id, "fieldValue": value} for field_id, value in taken.items()]


def _merged(old: list[JsonObject], new: list[JsonObject]) -> list[JsonObject]:
    return list({each["id"]: each for each in (*old, *new)}.values())


def _update(vendor: Vendor, item: Item, sent: JsonObject) -> None:
    item.body.update(sent, updatedAt=iso_milliseconds(vendor.clock.now()))
    vendor.keep(item)


def _wanted_by(filters: Any) -> JsonObject:
    if not isinstance(filters, list) or not all(isinstance(each, dict) for each in filters):
        raise Refusal(422, ["filters must be an array of objects"])
    unknown = [each for each in filters if each.get("field") not in _NAMES or each.get("operator") != "eq"]
    if unknown:
        raise Refusal(400, f"Invalid field: {unknown[0].get('field')}")
    return {_NAMES[each["field"]]: each.get("value") for each in filters}


_NAMES: Final = {
    **{name: name for name in _FILTERED},
    "contact_id": "contactId",
    "pipeline_id": "pipelineId",
    "pipeline_stage_id": "pipelineStageId",
    "assigned_to": "assignedTo",
}


def _fits(item: Item, wanted: JsonObject, query: str) -> bool:
    if query and query.lower() not in str(item.body["name"]).lower():
        return False
    return all(item.body.get(name) == value for name, value in wanted.items())


def _cursor(item: Item) -> list[Any]:
    return [item.body["createdAt"], item.id]


def _first(hits: list[Item], cursor: Any, page: int, size: int) -> int:
    if not cursor:
        return (max(page, 1) - 1) * size
    if not isinstance(cursor, list):
        raise Refusal(422, ["searchAfter must be an array"])
    return next((index + 1 for index, item in enumerate(hits) if item.id == cursor[-1]), len(hits))


def _whole(call: Call, name: str, default: int) -> int:
    try:
        return max(int(call.query.get(name, default)), 1)
    except ValueError:
        raise Refusal(422, [f"{name} must be a number string"]) from None
