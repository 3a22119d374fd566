"""What lies beside a contact: notes, tasks, opportunities, businesses, followers, appointments, messages, files."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from importer.sandbox import Account, MovableClock

if TYPE_CHECKING:
    from tests.sandbox.conftest import Answer, Caller, OpenSandbox

PLACE = "loc1"
QUERY = {"locationId": PLACE}
TASK = {"title": "Call", "dueDate": "2027-02-01T09:00:00Z", "completed": False}


def person(caller: Caller, email: str = "ann@example.com") -> str:
    return caller.sandbox.add_contact(PLACE, email=email)


async def test_notes_are_added_listed_changed_and_deleted(caller: Caller) -> None:
    """Fact sheet 4, Notes: 201 {note} with id, body, userId, dateAdded, contactId, title, color, pinned."""
    path = f"/contacts/{person(caller)}/notes"
    made = await caller.ask("POST", path, {"body": "Hello", "title": "First", "pinned": True})
    note = made.body["note"]
    assert (made.status, note["body"], note["title"], note["pinned"]) == (201, "Hello", "First", True)
    assert note["dateAdded"] == "2027-01-15T08:00:00.000Z"
    changed = await caller.ask("PUT", f"{path}/{note['id']}", {"body": "Bye"})
    assert (changed.status, changed.body["note"]["body"], changed.body["note"]["title"]) == (
        200,
        "Bye",
        "First",
    )
    assert (await caller.ask("GET", f"{path}/{note['id']}")).body["note"] == changed.body["note"]
    assert (await caller.ask("GET", path)).body["notes"] == [changed.body["note"]]
    assert (await caller.ask("DELETE", f"{path}/{note['id']}")).body["succeded"] is True
    assert (await caller.ask("GET", path)).body["notes"] == []


async def test_notes_have_no_upsert_and_cannot_be_dated(caller: Caller) -> None:
    """4, Notes: no upsert, no back-dating (#173)."""
    path = f"/contacts/{person(caller)}/notes"
    for _ in range(2):
        await caller.ask("POST", path, {"body": "Hello"})
    assert len((await caller.ask("GET", path)).body["notes"]) == 2
    dated = await caller.ask("POST", path, {"body": "Hello", "dateAdded": "2020-01-01T00:00:00Z"})
    assert (dated.status, dated.message) == (422, ["property dateAdded should not exist"])
    assert (await caller.ask("POST", path, {"title": "x"})).status == 422


@pytest.mark.parametrize(("what", "body"), [("notes", {"body": "x"}), ("tasks", {"title": "x"})])
async def test_a_missing_note_or_task_is_404_and_anothers_too(caller: Caller, what: str, body: Any) -> None:
    """1.4: a missing task or note is 404, other than a missing contact."""
    ann, bob = person(caller), person(caller, "bob@example.com")
    made = await caller.ask("POST", f"/contacts/{bob}/{what}", {"body": "x"} if what == "notes" else TASK)
    (found,) = (each for each in made.body.values() if isinstance(each, dict))
    for path in (f"/contacts/{ann}/{what}/nosuch", f"/contacts/{ann}/{what}/{found['id']}"):
        assert {(await caller.ask(each, path, body)).status for each in ("GET", "PUT", "DELETE")} == {404}


async def test_tasks_are_added_completed_and_deleted(caller: Caller) -> None:
    """4, Tasks: {title*, dueDate* ISO, completed*, body, assignedTo}, 201 {task}; PUT .../completed."""
    path = f"/contacts/{person(caller)}/tasks"
    made = await caller.ask("POST", path, TASK)
    task = made.body["task"]
    assert (made.status, {name: task[name] for name in TASK}) == (201, TASK)
    done = await caller.ask("PUT", f"{path}/{task['id']}/completed", {"completed": True})
    assert done.body["task"] == {**task, "completed": True}
    assert (await caller.ask("PUT", f"{path}/{task['id']}", {"title": "Write"})).body["task"][
        "title"
    ] == "Write"
    assert len((await caller.ask("GET", path)).body["tasks"]) == 1
    assert (await caller.ask("DELETE", f"{path}/{task['id']}")).status == 200
    assert (await caller.ask("GET", path)).body["tasks"] == []


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"dueDate": "soon"}, "dueDate must be a valid ISO 8601 date string"),
        ({"completed": "no"}, "completed must be a boolean value"),
        ({"title": None}, "title must be a string"),
        ({"priority": 1}, "property priority should not exist"),
    ],
)
async def test_a_bad_task_is_422(caller: Caller, fields: dict[str, Any], message: str) -> None:
    reply = await caller.ask("POST", f"/contacts/{person(caller)}/tasks", {**TASK, **fields})
    assert reply.status == 422
    assert message in reply.message


async def pipelines(caller: Caller) -> Any:
    return (await caller.ask("GET", "/opportunities/pipelines", query=QUERY)).body["pipelines"]


async def deal(caller: Caller, contact_id: str, **fields: Any) -> Answer:
    pipeline = (await pipelines(caller))[0]
    body = {
        "locationId": PLACE,
        "pipelineId": pipeline["id"],
        "name": "Roof",
        "status": "open",
        "contactId": contact_id,
        **fields,
    }
    return await caller.ask("POST", "/opportunities/", body)


async def test_an_opportunity_is_made_in_a_stage_read_changed_and_deleted(
    caller: Caller, clock: MovableClock
) -> None:
    """4, Opportunity: POST 201 {opportunity}; PUT, DELETE, PUT .../status 200."""
    ann = person(caller)
    (pipeline,) = await pipelines(caller)
    assert [stage["name"] for stage in pipeline["stages"]] == ["New", "Qualified", "Proposal", "Closed"]
    made = await deal(caller, ann, monetaryValue=500.5, pipelineStageId=pipeline["stages"][1]["id"])
    held = made.body["opportunity"]
    assert (made.status, held["monetaryValue"], held["contactId"], held["contact"]["email"]) == (
        201,
        500.5,
        ann,
        "ann@example.com",
    )
    assert held["pipelineStageId"] == pipeline["stages"][1]["id"]
    path = f"/opportunities/{held['id']}"
    clock.advance(1)
    changed = await caller.ask("PUT", path, {"name": "Wall", "monetaryValue": 7})
    assert (changed.body["opportunity"]["name"], changed.body["opportunity"]["status"]) == ("Wall", "open")
    assert changed.body["opportunity"]["updatedAt"] > held["updatedAt"]
    assert (await caller.ask("PUT", f"{path}/status", {"status": "won"})).body["succeded"] is True
    assert (await caller.ask("GET", path)).body["opportunity"]["status"] == "won"
    assert (await caller.ask("DELETE", path)).status == 200
    assert (await caller.ask("GET", path)).status == 404


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"pipelineId": "nosuch"}, 400),
        ({"pipelineStageId": "nosuch"}, 400),
        ({"contactId": "nosuch"}, 400),
        ({"status": "perhaps"}, 422),
        ({"monetaryValue": "500"}, 422),
        ({"dateAdded": "2020-01-01"}, 422),
    ],
)
async def test_a_bad_opportunity_is_refused(caller: Caller, fields: dict[str, Any], status: int) -> None:
    assert (await deal(caller, person(caller), **fields)).status == status
    assert "opportunity" not in caller.sandbox.state()["items"]


@pytest.mark.parametrize("allowed", [False, True])
async def test_a_second_opportunity_in_a_pipeline_is_the_locations_choice(
    open_sandbox: OpenSandbox, *, allowed: bool
) -> None:
    """4: allowDuplicateOpportunity (its meaning a guess); refused as public clients quote it, with meta.existingId."""
    caller = await open_sandbox(
        allow_duplicate_opportunities=allowed, pipelines=(("Repairs", ("In", "Out")),)
    )
    ann = person(caller)
    first = (await deal(caller, ann)).body["opportunity"]["id"]
    second = await deal(caller, ann)
    location = (await caller.ask("GET", f"/locations/{PLACE}")).body["location"]
    assert location["settings"]["allowDuplicateOpportunity"] is allowed
    assert second.status == (201 if allowed else 400)
    if not allowed:
        assert second.message == "Can not create duplicate opportunity for the contact."
        assert (second.body["code"], second.body["meta"]) == (
            "OPPORTUNITY_NO_DUPLICATE",
            {"existingId": first},
        )
    elsewhere = (await pipelines(caller))[1]
    assert [stage["name"] for stage in elsewhere["stages"]] == ["In", "Out"]
    assert (await deal(caller, ann, pipelineId=elsewhere["id"])).status == 201


async def test_opportunities_carry_their_own_custom_fields(caller: Caller) -> None:
    """4: customFields [{id or key, field_value}]; 5: fields of contacts are another model's."""
    made = {}
    for model in ("opportunity", "contact"):
        sent = {"name": f"Size {model}", "dataType": "TEXT", "model": model}
        made[model] = (await caller.ask("POST", f"/locations/{PLACE}/customFields", sent)).body["customField"]
    fields = [{"id": held["id"], "field_value": "L"} for held in made.values()]
    held = (await deal(caller, person(caller), customFields=fields)).body["opportunity"]
    assert held["customFields"] == [{"id": made["opportunity"]["id"], "fieldValue": "L"}]


async def test_opportunities_are_searched_both_ways(caller: Caller) -> None:
    """4: POST /opportunities/search; the GET of the spec spells its query with underscores."""
    people = [person(caller, f"p{number}@example.com") for number in range(3)]
    made = [(await deal(caller, each, name=f"Deal {each}")).body["opportunity"]["id"] for each in people]
    first = await caller.ask("POST", "/opportunities/search", {"locationId": PLACE, "limit": 2})
    cursor = first.body["opportunities"][-1]["sort"]
    rest = await caller.ask(
        "POST", "/opportunities/search", {"locationId": PLACE, "limit": 2, "searchAfter": cursor}
    )
    seen = [each["id"] for each in (*first.body["opportunities"], *rest.body["opportunities"])]
    assert (first.body["total"], seen) == (3, made)
    one = await caller.ask(
        "GET", "/opportunities/search", query={"location_id": PLACE, "contact_id": people[1]}
    )
    assert [each["id"] for each in one.body["opportunities"]] == [made[1]]
    assert one.body["meta"]["total"] == 1


async def test_businesses_are_made_listed_by_page_and_never_searched_by_name(caller: Caller) -> None:
    """4, Company: POST 201 (reply key `buiseness` in B2#), GET ?locationId&limit&skip; no upsert."""
    made = []
    for number in range(3):
        sent = {"locationId": PLACE, "name": f"Company {number // 2}", "city": "Springfield"}
        reply = await caller.ask("POST", "/businesses/", sent)
        assert reply.status == 201
        made.append(reply.body["buiseness"]["id"])
    pages = [
        (await caller.ask("GET", "/businesses/", query={**QUERY, "limit": "2", "skip": skip})).body
        for skip in ("0", "2")
    ]
    assert [each["id"] for page in pages for each in page["businesses"]] == made
    path = f"/businesses/{made[0]}"
    assert (await caller.ask("PUT", path, {"phone": "+14155550100"})).body["buiseness"][
        "city"
    ] == "Springfield"
    assert (await caller.ask("GET", path)).body["business"]["phone"] == "+14155550100"
    assert (await caller.ask("DELETE", path)).status == 200
    assert (await caller.ask("GET", path)).status == 404


async def test_contacts_are_linked_to_a_business_in_bulk(caller: Caller) -> None:
    """4, Bulk business: {locationId, ids, businessId|null} -> 200 {success, ids}; contacts of a company."""
    business = (await caller.ask("POST", "/businesses/", {"locationId": PLACE, "name": "Example Ltd"})).body
    business_id = business["buiseness"]["id"]
    ann, bob = person(caller), person(caller, "bob@example.com")
    body = {"locationId": PLACE, "ids": [ann, bob, "nosuch"], "businessId": business_id}
    linked = await caller.ask("POST", "/contacts/bulk/business", body)
    assert (linked.status, linked.body["success"], linked.body["ids"]) == (200, True, [ann, bob])
    path = f"/contacts/business/{business_id}"
    assert (await caller.ask("GET", path, query=QUERY)).body["count"] == 2
    await caller.ask("POST", "/contacts/bulk/business", {**body, "ids": [bob], "businessId": None})
    assert [each["id"] for each in (await caller.ask("GET", path, query=QUERY)).body["contacts"]] == [ann]
    assert (await caller.stored(ann))["businessId"] == business_id
    assert "businessId" not in await caller.stored(bob)
    unknown = await caller.ask("POST", "/contacts/bulk/business", {**body, "businessId": "nosuch"})
    assert unknown.status == 400
    await caller.ask("DELETE", f"/businesses/{business_id}")
    assert "businessId" not in await caller.stored(ann)


async def test_followers_are_added_and_removed(caller: Caller) -> None:
    """4, Followers: 201 {followers, followersAdded}; DELETE 200 {followers, followersRemoved}."""
    path = f"/contacts/{person(caller)}/followers"
    ada, ben = (user["id"] for user in caller.sandbox.location(PLACE).users)
    await caller.ask("POST", path, {"followers": [ada]})
    added = await caller.ask("POST", path, {"followers": [ada, ben]})
    removed = await caller.ask("DELETE", path, {"followers": [ada]})
    assert (added.status, added.body["followers"], added.body["followersAdded"]) == (201, [ada, ben], [ben])
    assert (removed.status, removed.body["followers"], removed.body["followersRemoved"]) == (
        200,
        [ben],
        [ada],
    )
    assert (await caller.ask("POST", path, {"followers": ["nosuch"]})).status == 422


async def test_appointments_and_messages_of_a_person_can_be_counted(caller: Caller) -> None:
    """C2 /contacts/{id}/appointments {events}; conversations.json of the same specs, /conversations/search."""
    ann = person(caller)
    person(caller, "bob@example.com")
    caller.sandbox.edit(ann, appointment="Visit")
    caller.sandbox.edit(ann, message="Hello")
    caller.sandbox.edit(ann, message="Are you there?")
    events = (await caller.ask("GET", f"/contacts/{ann}/appointments")).body["events"]
    assert [event["title"] for event in events] == ["Visit"]
    found = await caller.ask("GET", "/conversations/search", query={**QUERY, "contactId": ann})
    (conversation,) = found.body["conversations"]
    assert (found.body["total"], conversation["lastMessageBody"]) == (1, "Are you there?")
    assert (await caller.ask("GET", "/conversations/search", query={**QUERY, "contactId": "x"})).body[
        "total"
    ] == 0


async def test_a_deleted_contact_takes_its_history_along(caller: Caller) -> None:
    """4, Delete: conversations, notes and tasks are lost for good (HELP/155000000583)."""
    ann = person(caller)
    for what in ("note", "task", "appointment", "message"):
        caller.sandbox.edit(ann, **{what: "x"})
    assert sum(caller.sandbox.state()["items"].values()) == 4
    await caller.ask("DELETE", f"/contacts/{ann}")
    assert caller.sandbox.state()["items"] == {}


async def test_a_field_of_choices_is_made_by_options_and_widened(caller: Caller) -> None:
    """4, Create custom field: undocumented `options`; `picklistOptions` on write -> 422; URL wants urlValidation."""
    path = f"/locations/{PLACE}/customFields"
    wrong = {"name": "Plan", "dataType": "RADIO", "picklistOptions": ["Gold"]}
    assert (await caller.ask("POST", path, wrong)).message == ["property picklistOptions should not exist"]
    made = await caller.ask("POST", path, {"name": "Plan", "dataType": "RADIO", "options": ["Gold"]})
    field = made.body["customField"]
    assert (made.status, field["fieldKey"], field["picklistOptions"]) == (201, "contact.plan", ["Gold"])
    one = f"{path}/{field['id']}"
    await caller.ask("PUT", one, {"name": "Plan", "options": ["Gold", "Silver"]})
    assert (await caller.ask("GET", one)).body["customField"]["picklistOptions"] == ["Gold", "Silver"]
    assert (await caller.ask("GET", f"{path}/nosuch")).status == 404
    url = {"name": "Site", "dataType": "URL"}
    assert (await caller.ask("POST", path, url)).status == 400
    assert (await caller.ask("POST", path, {**url, "urlValidation": {"mode": "allow_all"}})).status == 201


async def test_a_file_is_uploaded_and_set_as_the_upserts_page_shows(caller: Caller) -> None:
    """4, File upload: multipart id, maxFiles; 1.2 FileField {uuid: {meta, url, documentId}}."""
    path = f"/locations/{PLACE}/customFields"
    field = (await caller.ask("POST", path, {"name": "Contract", "dataType": "FILE_UPLOAD"})).body[
        "customField"
    ]
    content = random.Random(1).randbytes(300_000)  # noqa: S311  (any bytes will do)
    form = aiohttp.FormData({"id": field["id"], "maxFiles": "1"})
    form.add_field("file", content, filename="contract.pdf", content_type="application/pdf")
    sent = await caller.ask("POST", f"{path}/upload", form=form)  # type: ignore[arg-type]
    (meta,) = sent.body["meta"]
    assert (sent.status, meta["originalname"], meta["size"]) == (200, "contract.pdf", 300_000)
    (stored,) = (await caller.ask("GET", "/_sandbox/items", headers={})).body["items"]
    assert stored["sha256"] == hashlib.sha256(content).hexdigest()
    value = {meta["uuid"]: {"meta": meta, "url": meta["url"], "documentId": meta["uuid"]}}
    reply = await caller.upsert(
        email="ann@example.com", customFields=[{"id": field["id"], "field_value": value}]
    )
    assert reply.body["contact"]["customFields"] == [{"id": field["id"], "value": value}]
    text = caller.sandbox.location(PLACE).by_key["contact.shirt_size"].id
    for field_id in ("nosuch", text):
        bad = aiohttp.FormData({"id": field_id})
        bad.add_field("file", b"x", filename="x.pdf")
        assert (await caller.ask("POST", f"{path}/upload", form=bad)).status == 422  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", f"/opportunities/pipelines?locationId={PLACE}", "opportunities.readonly"),
        ("POST", "/opportunities/", "opportunities.write"),
        ("GET", f"/businesses/?locationId={PLACE}", "businesses.readonly"),
        ("POST", "/businesses/", "businesses.write"),
        ("GET", f"/conversations/search?locationId={PLACE}", "conversations.readonly"),
        ("POST", f"/locations/{PLACE}/customFields", "locations/customFields.write"),
        ("POST", f"/locations/{PLACE}/tags", "locations/tags.write"),
    ],
)
async def test_each_call_needs_its_scope(
    open_sandbox: OpenSandbox, method: str, path: str, scope: str
) -> None:
    """3: scopes for the importer."""
    accounts = (
        Account(token="with", scopes=frozenset({scope})),
        Account(token="without", scopes=frozenset()),
    )
    caller = await open_sandbox(accounts=accounts)
    body = {"locationId": PLACE} if method == "POST" else None
    statuses = {}
    for token in ("with", "without"):
        caller.headers["Authorization"] = f"Bearer {token}"
        statuses[token] = (await caller.ask(method, path, body)).status
    assert statuses["without"] == 401
    assert statuses["with"] != 401


async def test_an_opportunity_or_business_of_another_location_is_403(open_sandbox: OpenSandbox) -> None:
    accounts = (Account(token="one", locations=frozenset({PLACE})), Account(token="pit-test"))
    caller = await open_sandbox(accounts=accounts)
    made = await caller.ask("POST", "/businesses/", {"locationId": "loc2", "name": "Example Ltd"})
    caller.headers["Authorization"] = "Bearer one"
    assert (await caller.ask("GET", f"/businesses/{made.body['buiseness']['id']}")).status == 403
