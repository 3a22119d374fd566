from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from importer.sandbox.custom_fields import CustomField

if TYPE_CHECKING:
    from tests.sandbox.conftest import Caller, OpenSandbox

PLACE = "loc1"


def field(caller: Caller, name: str) -> CustomField:
    found = caller.sandbox.location(PLACE).find_custom_field(name)
    assert found
    return found


async def put(caller: Caller, field_id: str, value: Any) -> Any:
    return await caller.upsert(email="ann@example.com", customFields=[{"id": field_id, "field_value": value}])


@pytest.mark.parametrize(
    ("name", "sent", "stored"),
    [
        ("Shirt Size", "L", "L"),
        ("Interests", ["News", "Offers"], ["News", "Offers"]),
        ("Contract Value", 100.5, 100.5),
        ("Contract Value", "100.50", 100.5),
        ("Seats", 3, 3),
        ("Renewal Date", "2027-02-28", "2027-02-28T00:00:00.000Z"),
    ],
)
async def test_a_fitting_value_is_stored(caller: Caller, name: str, sent: Any, stored: Any) -> None:
    reply = await put(caller, field(caller, name).id, sent)
    assert reply.body["contact"]["customFields"] == [{"id": field(caller, name).id, "value": stored}]


@pytest.mark.parametrize(
    ("name", "sent", "shown"),
    [
        ("Renewal Date", "28/02/2027", "28/02/2027"),
        ("Renewal Date", "2027-02-30", "2027-02-30"),
        ("Renewal Date", "", ""),
        ("Seats", "three", "three"),
        ("Seats", True, "True"),
        ("Contract Value", {"currency": "USD", "value": 5}, "{'currency': 'USD', 'value': 5}"),
        ("Interests", ["Gossip"], "['Gossip']"),
    ],
)
async def test_an_unfit_value_is_400_naming_the_field(
    caller: Caller, name: str, sent: Any, shown: str
) -> None:
    reply = await put(caller, field(caller, name).id, sent)
    assert reply.status == 400
    assert reply.message == f'Invalid Custom Field Value "{shown}" for "{field(caller, name).id}"'


@pytest.mark.parametrize("reference", [{"id": "nosuchfield000000000"}, {"key": "no_such_field"}])
async def test_an_unknown_field_is_dropped_behind_a_200(caller: Caller, reference: dict[str, str]) -> None:
    reply = await caller.upsert(email="ann@example.com", customFields=[{**reference, "field_value": "x"}])
    assert (reply.status, reply.body["contact"]["customFields"]) == (200, [])


@pytest.mark.parametrize("key", ["seats", "contact.seats"])
async def test_a_key_does_with_and_without_its_prefix(caller: Caller, key: str) -> None:
    reply = await caller.upsert(email="ann@example.com", customFields=[{"key": key, "field_value": 2}])
    assert reply.body["contact"]["customFields"][0]["value"] == 2


async def test_a_plain_string_leaves_a_multiple_choice_unset(caller: Caller) -> None:
    reply = await put(caller, field(caller, "Interests").id, "News")
    assert (reply.status, reply.body["contact"]["customFields"]) == (200, [])


async def test_an_unlisted_choice_can_be_dropped_instead_of_refused(open_sandbox: OpenSandbox) -> None:
    caller = await open_sandbox(unknown_option="drop")
    reply = await put(caller, field(caller, "Interests").id, ["Gossip"])
    assert (reply.status, reply.body["contact"]["customFields"]) == (200, [])


async def test_fields_are_merged_by_id_and_null_clears_one(caller: Caller) -> None:
    seats, shirt = field(caller, "Seats").id, field(caller, "Shirt Size").id
    await put(caller, seats, 3)
    merged = await put(caller, shirt, "M")
    cleared = await put(caller, seats, None)
    assert len(merged.body["contact"]["customFields"]) == 2
    assert cleared.body["contact"]["customFields"] == [{"id": shirt, "value": "M"}]


async def test_fields_are_listed_and_made(caller: Caller) -> None:
    made = await caller.ask(
        "POST",
        f"/locations/{PLACE}/customFields",
        {
            "name": "Plan Level",
            "dataType": "SINGLE_OPTIONS",
            "options": ["Gold", "Silver"],
            "model": "contact",
        },
    )
    listed = await caller.ask("GET", f"/locations/{PLACE}/customFields", query={"model": "contact"})
    assert made.status == 201
    assert made.body["customField"]["fieldKey"] == "contact.plan_level"
    assert made.body["customField"] in listed.body["customFields"]
    assert (await put(caller, made.body["customField"]["id"], "Gold")).status == 200
    assert (await put(caller, made.body["customField"]["id"], "Bronze")).status == 400


async def test_choices_under_the_name_they_are_read_by_are_refused(caller: Caller) -> None:
    body = {"name": "Plan", "dataType": "RADIO", "picklistOptions": ["a"]}
    reply = await caller.ask("POST", f"/locations/{PLACE}/customFields", body)
    assert (reply.status, reply.message) == (422, ["property picklistOptions should not exist"])


async def test_fields_of_opportunities_are_listed_apart_and_not_written_through_contacts(
    caller: Caller,
) -> None:
    deal = caller.sandbox.location(PLACE).add_custom_field("Deal", model="opportunity")
    assert (await put(caller, deal.id, "x")).body["contact"]["customFields"] == []
    for model, expected in (("contact", False), ("opportunity", True), ("all", True)):
        listed = await caller.ask("GET", f"/locations/{PLACE}/customFields", query={"model": model})
        assert (deal.id in {each["id"] for each in listed.body["customFields"]}) is expected


async def test_furnishing_takes_names_keys_and_ids_and_leaves_what_is_there(caller: Caller) -> None:
    before = len(caller.sandbox.location(PLACE).custom_fields)
    wanted = ["Shirt Size", "contact.seats", "Region", "contact.tier", "a1B2c3D4e5F6g7H8i9J0"]
    for _ in range(2):
        caller.sandbox.furnish(
            PLACE,
            custom_fields=wanted,
            workflows=["Welcome", "Onboarding"],
            campaigns=["Newsletter", "Autumn"],
        )
    location = caller.sandbox.location(PLACE)
    assert len(location.custom_fields) == before + 3
    assert location.by_key["contact.region"].name == "Region"
    assert "contact.tier" in location.by_key
    assert "a1B2c3D4e5F6g7H8i9J0" in location.custom_fields
    assert [each["name"] for each in location.workflows] == ["Welcome", "Unfinished", "Onboarding"]
    assert [each["name"] for each in location.campaigns] == ["Newsletter", "Autumn"]
