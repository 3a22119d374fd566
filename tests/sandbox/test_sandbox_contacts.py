from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from importer.sandbox import MovableClock

if TYPE_CHECKING:
    from tests.sandbox.conftest import Caller, OpenSandbox

PLACE = "loc1"


async def make(caller: Caller, email: str = "ann@example.com", **fields: Any) -> str:
    contact_id: str = (await caller.upsert(email=email, **fields)).body["contact"]["id"]
    return contact_id


async def test_creating_answers_201_and_refuses_a_duplicate_by_name(caller: Caller) -> None:
    made = await caller.ask(
        "POST",
        "/contacts/",
        {"locationId": PLACE, "email": "ann@example.com", "firstName": "Ann", "dateOfBirth": "1990-09-25"},
    )
    again = await caller.ask("POST", "/contacts/", {"locationId": PLACE, "email": "ANN@example.com"})
    assert made.status == 201
    assert "new" not in made.body
    assert made.body["contact"]["dateOfBirth"] == "1990-09-25T00:00:00.000Z"
    assert (again.status, again.message) == (400, "This location does not allow duplicated contacts.")
    assert again.body["meta"] == {
        "contactId": made.body["contact"]["id"],
        "contactName": "Ann",
        "matchingField": "email",
    }


async def test_creating_without_any_identity_is_422(caller: Caller) -> None:
    reply = await caller.ask("POST", "/contacts/", {"locationId": PLACE, "name": "Ann"})
    assert (reply.status, reply.message) == (
        422,
        "Contacts without email, phone, firstName and lastName are not allowed.",
    )


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PUT", {}), ("DELETE", None)])
async def test_a_missing_contact_is_400(caller: Caller, method: str, body: Any) -> None:
    reply = await caller.ask(method, "/contacts/nosuch", body)
    assert reply.status == 400
    assert "not found" in reply.message


async def test_updating_by_id_changes_just_that_contact(caller: Caller) -> None:
    ann = await make(caller)
    await make(caller, "bob@example.com")
    changed = await caller.ask("PUT", f"/contacts/{ann}", {"email": "anna@example.com", "source": None})
    taken = await caller.ask("PUT", f"/contacts/{ann}", {"email": "bob@example.com"})
    assert changed.body["succeded"] is True
    assert (await caller.stored(ann))["email"] == "anna@example.com"
    assert (taken.status, taken.body["meta"]["matchingField"]) == (400, "email")


@pytest.mark.parametrize(
    "name",
    ["locationId", "gender", "id", "firstNameLowerCase", "emailLowerCase", "additionalEmails", "nickname"],
)
async def test_updating_by_id_takes_less_than_upsert(caller: Caller, name: str) -> None:
    reply = await caller.ask("PUT", f"/contacts/{await make(caller)}", {name: "x"})
    assert (reply.status, reply.message) == (422, [f"property {name} should not exist"])


async def test_a_deleted_contact_is_gone_and_new_again(caller: Caller) -> None:
    ann = await make(caller)
    assert (await caller.ask("DELETE", f"/contacts/{ann}")).body["succeded"] is True
    assert (await caller.ask("GET", f"/contacts/{ann}")).status == 400
    assert (await caller.upsert(email="ann@example.com")).body["new"] is True


async def test_the_duplicate_search_goes_by_the_locations_order(open_sandbox: OpenSandbox) -> None:
    caller = await open_sandbox(match=("phone", "email"))
    await make(caller)
    bob = await make(caller, "bob@example.com", phone="+14155550100")
    query = {"locationId": PLACE, "email": "ann@example.com", "number": "+14155550100"}
    found = await caller.ask("GET", "/contacts/search/duplicate", query=query)
    nobody = await caller.ask(
        "GET", "/contacts/search/duplicate", query={"locationId": PLACE, "email": "x@example.com"}
    )
    neither = await caller.ask("GET", "/contacts/search/duplicate", query={"locationId": PLACE})
    assert found.body["contact"]["id"] == bob
    assert nobody.body["contact"] is None
    assert neither.status == 400


async def test_the_search_lags_behind_writes(caller: Caller, clock: MovableClock) -> None:
    ann = await make(caller, address1="1 Main Street", dateOfBirth="1990-09-25")
    rule = {"field": "email", "operator": "eq", "value": "ann@example.com"}
    body = {"locationId": PLACE, "pageLimit": 10, "filters": [rule]}
    early = await caller.ask("POST", "/contacts/search", body)
    clock.advance(12)
    late = await caller.ask("POST", "/contacts/search", body)
    assert early.body["contacts"] == []
    assert [each["id"] for each in late.body["contacts"]] == [ann]
    assert late.body["contacts"][0]["address"] == "1 Main Street"
    assert late.body["contacts"][0]["dateOfBirth"] == 654220800000


async def test_the_old_list_pages_and_v3_has_none(caller: Caller) -> None:
    made = [await make(caller, f"p{number}@example.com") for number in range(3)]
    first = await caller.ask("GET", "/contacts/", query={"locationId": PLACE, "limit": "2"})
    query = {"locationId": PLACE, "startAfterId": first.body["meta"]["startAfterId"]}
    rest = await caller.ask("GET", "/contacts/", query=query)
    assert [each["id"] for each in (*first.body["contacts"], *rest.body["contacts"])] == made
    caller.headers["Version"] = "v3"
    assert (await caller.ask("GET", "/contacts/", query=query)).status == 404


async def test_tags_are_added_and_removed_one_contact_at_a_time(caller: Caller) -> None:
    ann = await make(caller, tags=["old"])
    added = await caller.ask("POST", f"/contacts/{ann}/tags", {"tags": ["VIP", "old"]})
    removed = await caller.ask("DELETE", f"/contacts/{ann}/tags", {"tags": ["Old"]})
    assert (added.status, added.body["tags"]) == (201, ["old", "vip"])
    assert (removed.status, removed.body["tags"]) == (200, ["vip"])


async def test_bulk_tags_say_for_each_contact_what_became_of_it(caller: Caller) -> None:
    ann, foreign = await make(caller, tags=["old"]), caller.sandbox.add_contact("loc2", email="x@example.com")
    body = {"locationId": PLACE, "contacts": [ann, foreign, "nosuch"], "tags": ["VIP", "old"]}
    added = await caller.ask("POST", "/contacts/bulk/tags/update/add", body)
    assert (added.status, added.body["succeded"], added.body["errorCount"]) == (201, True, 2)
    assert added.body["responses"][0] == {
        "contactId": ann,
        "message": "Tags updated",
        "type": "success",
        "oldTags": ["old"],
        "tagsAdded": ["vip"],
        "tagsRemoved": [],
    }
    removed = await caller.ask("POST", "/contacts/bulk/tags/update/remove", {**body, "tags": ["old"]})
    assert removed.body["responses"][0]["tagsRemoved"] == ["old"]
    none = await caller.ask(
        "POST", "/contacts/bulk/tags/update/remove", {**body, "tags": [], "removeAllTags": True}
    )
    assert none.status == 201
    assert (await caller.stored(ann))["tags"] == []


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"contacts": ["a"], "tags": ["b"]}, 400, "LocationId can't be undefined"),
        (
            {"locationId": PLACE, "contactIds": ["a"], "contacts": ["a"], "tags": []},
            422,
            ["property contactIds should not exist"],
        ),
        (
            {"locationId": PLACE, "contacts": ["a"] * 501, "tags": ["b"]},
            422,
            ["contacts must contain no more than 500 elements"],
        ),
    ],
)
async def test_a_bad_bulk_tag_call_is_refused(
    caller: Caller, body: dict[str, Any], status: int, message: Any
) -> None:
    reply = await caller.ask("POST", "/contacts/bulk/tags/update/add", body)
    assert (reply.status, reply.message) == (status, message)


async def test_a_published_workflow_takes_a_contact_once_and_a_draft_never(caller: Caller) -> None:
    ann = await make(caller)
    workflows = (await caller.ask("GET", "/workflows/", query={"locationId": PLACE})).body["workflows"]
    for workflow in (*workflows, *workflows):
        path = f"/contacts/{ann}/workflow/{workflow['id']}"
        assert (await caller.ask("POST", path, {})).body["succeded"] is True
    assert [each["status"] for each in workflows] == ["published", "draft"]
    shown = caller.sandbox.contacts()[0]
    assert (shown["workflows"], shown["enrolments"]) == (["Welcome"], {"Welcome": 2})
    await caller.ask("DELETE", f"/contacts/{ann}/workflow/{workflows[0]['id']}", {})
    assert caller.sandbox.contacts()[0]["workflows"] == []
    assert (await caller.ask("POST", f"/contacts/{ann}/workflow/nosuch", {})).status == 400


async def test_campaigns_take_and_release_contacts(caller: Caller) -> None:
    ann = await make(caller)
    query = {"locationId": PLACE, "status": "published"}
    campaign = (await caller.ask("GET", "/campaigns/", query=query)).body["campaigns"][0]
    path = f"/contacts/{ann}/campaigns/{campaign['id']}"
    assert (await caller.ask("POST", path, {})).status == 201
    assert caller.sandbox.contacts()[0]["campaigns"] == ["Newsletter"]
    assert (await caller.ask("DELETE", path)).status == 200
    await caller.ask("POST", path, {})
    assert (await caller.ask("DELETE", f"/contacts/{ann}/campaigns/removeAll")).status == 200
    assert caller.sandbox.contacts()[0]["campaigns"] == []


async def test_a_location_tells_its_settings_and_match_order(open_sandbox: OpenSandbox) -> None:
    caller = await open_sandbox(match=("phone", "email"), allow_duplicates=True)
    location = (await caller.ask("GET", f"/locations/{PLACE}")).body["location"]
    assert location["id"] == PLACE
    assert location["settings"]["contactUniqueIdentifiers"] == ["phone", "email"]
    assert location["settings"]["allowDuplicateContact"] is True


async def test_users_are_listed_and_searched_within_the_company(caller: Caller) -> None:
    company = (await caller.ask("GET", f"/locations/{PLACE}")).body["location"]["companyId"]
    users = (await caller.ask("GET", "/users/", query={"locationId": PLACE})).body["users"]
    query = {"companyId": company, "locationId": PLACE, "query": "ada"}
    found = await caller.ask("GET", "/users/search", query=query)
    assert [user["name"] for user in users] == ["Ada Example", "Ben Example"]
    assert (found.body["count"], found.body["users"][0]["name"]) == (1, "Ada Example")
    assert (await caller.ask("GET", "/users/search", query={"locationId": PLACE})).status == 422


async def test_tags_and_timezones_of_a_location_are_listed(caller: Caller) -> None:
    await make(caller, tags=["VIP"])
    await caller.ask("POST", f"/locations/{PLACE}/tags", {"name": "Lead"})
    tags = (await caller.ask("GET", f"/locations/{PLACE}/tags")).body["tags"]
    zones = (await caller.ask("GET", f"/locations/{PLACE}/timezones")).body["timeZones"]
    assert [tag["name"] for tag in tags] == ["vip", "lead"]
    assert {"America/New_York", "US/Central", "Etc/GMT+12"} <= set(zones)


async def test_an_unknown_path_is_404(caller: Caller) -> None:
    reply = await caller.ask("POST", "/contacts/bulk/upsert", {})
    assert (reply.status, reply.message) == (404, "Cannot POST /contacts/bulk/upsert")


async def test_the_sandbox_lists_what_it_stored_for_a_reconciliation(caller: Caller) -> None:
    ann = await make(caller, phone="+14155550100", tags=["vip"])
    await make(caller)
    caller.sandbox.add_contact("loc2", email="x@example.com")
    listed = (await caller.ask("GET", "/_sandbox/contacts", query={"locationId": PLACE}, headers={})).body
    (contact,) = listed["contacts"]
    assert (listed["total"], contact["id"], contact["madeBy"], contact["upserts"]) == (1, ann, "upsert", 2)
    assert (contact["email"], contact["phone"], contact["tags"]) == (
        "ann@example.com",
        "+14155550100",
        ["vip"],
    )
