from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from importer.sandbox import MovableClock

if TYPE_CHECKING:
    from tests.sandbox.conftest import Caller, OpenSandbox

PLACE = "loc1"


async def test_an_unknown_person_is_new_and_a_known_one_is_updated(caller: Caller) -> None:
    first = await caller.upsert(email="ann@example.com", firstName="Ann")
    second = await caller.upsert(email="ANN@example.com", lastName="Example")
    assert (first.status, first.body["new"]) == (200, True)
    assert (second.status, second.body["new"]) == (200, False)
    assert second.body["contact"]["id"] == first.body["contact"]["id"]
    assert second.body["contact"]["name"] == "Ann Example"
    assert first.body["traceId"] != second.body["traceId"]


async def test_date_added_stays_and_date_updated_moves(caller: Caller, clock: MovableClock) -> None:
    first = (await caller.upsert(email="ann@example.com")).body["contact"]
    clock.advance(61.25)
    second = (await caller.upsert(email="ann@example.com")).body["contact"]
    assert first["dateAdded"] == first["dateUpdated"] == "2027-01-15T08:00:00.000Z"
    assert second["dateAdded"] == first["dateAdded"]
    assert second["dateUpdated"] == "2027-01-15T08:01:01.250Z"


async def test_the_date_header_is_the_sandboxs_own_clock(caller: Caller) -> None:
    assert (await caller.upsert(email="ann@example.com")).headers["Date"] == "Fri, 15 Jan 2027 08:00:00 GMT"


async def test_phones_are_stored_compact_and_matched_so(caller: Caller) -> None:
    first = await caller.upsert(phone="+1 415-555-0100")
    second = await caller.upsert(phone="+1 (415) 555.0100")
    assert first.body["contact"]["phone"] == "+14155550100"
    assert second.body["new"] is False


@pytest.mark.parametrize(("match", "winner"), [(("email", "phone"), "email"), (("phone", "email"), "phone")])
async def test_the_locations_order_decides_and_the_second_value_is_dropped(
    open_sandbox: OpenSandbox, match: tuple[str, ...], winner: str
) -> None:
    caller = await open_sandbox(match=match)
    by = {
        "email": (await caller.upsert(email="ann@example.com")).body["contact"]["id"],
        "phone": (await caller.upsert(phone="+14155550100")).body["contact"]["id"],
    }
    crossed = await caller.upsert(email="ann@example.com", phone="+14155550100", city="Springfield")
    assert (crossed.status, crossed.body["new"]) == (200, False)
    assert crossed.body["contact"]["id"] == by[winner]
    assert ("phone" in crossed.body["contact"]) == (winner == "phone")
    assert ("email" in crossed.body["contact"]) == (winner == "email")


async def test_a_phone_match_takes_the_new_email(caller: Caller) -> None:
    await caller.upsert(email="old@example.com", phone="+14155550100")
    moved = await caller.upsert(email="new@example.com", phone="+14155550100")
    again = await caller.upsert(email="old@example.com")
    assert (moved.body["new"], moved.body["contact"]["email"]) == (False, "new@example.com")
    assert again.body["new"] is True


async def test_a_location_that_matches_on_email_alone_takes_one_phone_twice(
    open_sandbox: OpenSandbox,
) -> None:
    caller = await open_sandbox(match=("email",))
    await caller.upsert(email="ann@example.com", phone="+14155550100")
    other = await caller.upsert(email="bob@example.com", phone="+14155550100")
    assert (other.body["new"], other.body["contact"]["phone"]) == (True, "+14155550100")


async def test_an_additional_email_becomes_the_primary_one_and_the_old_is_lost(caller: Caller) -> None:
    contact_id = caller.sandbox.add_contact(PLACE, email="a@example.com", additional_emails=["b@example.com"])
    reply = await caller.upsert(email="b@example.com")
    assert (reply.body["new"], reply.body["contact"]["id"]) == (False, contact_id)
    assert reply.body["contact"]["email"] == "b@example.com"
    assert (await caller.upsert(email="a@example.com")).body["new"] is True


async def test_create_new_makes_a_second_contact_only_where_duplicates_are_allowed(
    open_sandbox: OpenSandbox,
) -> None:
    strict, lax = await open_sandbox(), await open_sandbox(allow_duplicates=True)
    for caller, expected in ((strict, False), (lax, True)):
        await caller.upsert(email="ann@example.com")
        again = await caller.upsert(email="ann@example.com", createNewIfDuplicateAllowed=True)
        assert again.body["new"] is expected
    assert (await lax.upsert(email="ann@example.com")).body["new"] is False


async def test_locations_do_not_know_each_others_contacts(caller: Caller) -> None:
    await caller.upsert(email="ann@example.com")
    assert (await caller.upsert(email="ann@example.com", locationId="loc2")).body["new"] is True


async def test_tags_are_lower_cased_and_replaced(caller: Caller) -> None:
    await caller.upsert(email="ann@example.com", tags=["Old", "VIP"])
    kept = await caller.upsert(email="ann@example.com")
    replaced = await caller.upsert(email="ann@example.com", tags=["New", "new", " Spring "])
    assert kept.body["contact"]["tags"] == ["old", "vip"]
    assert replaced.body["contact"]["tags"] == ["new", "spring"]


async def test_gender_is_stored_for_a_new_contact_only(caller: Caller) -> None:
    first = await caller.upsert(email="ann@example.com", gender="female")
    second = await caller.upsert(email="ann@example.com", gender="male")
    assert first.body["contact"]["gender"] == second.body["contact"]["gender"] == "female"


async def test_null_clears_blank_is_ignored_and_what_is_not_mentioned_stays(caller: Caller) -> None:
    await caller.upsert(email="ann@example.com", city="Springfield", state="IL", address1="1 Main Street")
    reply = await caller.upsert(email="ann@example.com", city=None, state="")
    assert "city" not in reply.body["contact"]
    assert (reply.body["contact"]["state"], reply.body["contact"]["address1"]) == ("IL", "1 Main Street")


@pytest.mark.parametrize("identity", [{}, {"email": None, "phone": None}, {"firstName": "Ann"}])
async def test_without_an_identifier_the_upsert_is_refused(caller: Caller, identity: dict[str, Any]) -> None:
    reply = await caller.upsert(**identity)
    assert (reply.status, reply.message) == (400, "Pass at least one of number, email query parameter")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"additionalEmails": []}, "property additionalEmails should not exist"),
        ({"firstName": 7}, "firstName must be a string"),
        ({"postalCode": None}, "postalCode must be a string"),
        ({"tags": "vip"}, "tags must be an array"),
        ({"tags": [1]}, "each value in tags must be a string"),
        ({"dnd": "yes"}, "dnd must be a boolean value"),
        ({"country": "United States"}, "country must be a valid enum value"),
        ({"country": "BQ"}, "country must be a valid enum value"),
        ({"email": ""}, "email must be an email"),
        ({"email": "a@example.com; b@example.com"}, "email must be an email"),
        ({"dateOfBirth": "25/09/1990"}, "dateOfBirth must be a valid date"),
        ({"dateOfBirth": "1990-9-25"}, "dateOfBirth must be a valid date"),
        ({"dndSettings": {"sms": {"status": "active"}}}, "dndSettings.property sms should not exist"),
        (
            {"dndSettings": {"SMS": {"status": "on"}}},
            "dndSettings.SMS.status must be one of the following values: active, inactive, permanent",
        ),
        (
            {"inboundDndSettings": {"all": {"status": "permanent"}}},
            "inboundDndSettings.all.status must be one of the following values: active, inactive",
        ),
        ({"customFields": {}}, "customFields must be an array"),
        ({"customFields": [{"field_value": 1}]}, "customFields.0.id must be a string"),
    ],
)
async def test_an_undeclared_property_or_wrong_type_is_422_with_a_list(
    caller: Caller, fields: dict[str, Any], message: str
) -> None:
    reply = await caller.upsert(**{"email": "ann@example.com", **fields})
    assert (reply.status, reply.body["error"]) == (422, "Unprocessable Entity")
    assert message in reply.message
    assert not caller.sandbox.contacts()


async def test_all_faults_of_a_body_come_in_one_list(caller: Caller) -> None:
    assert len((await caller.upsert(email="x", city=1, nickname="A")).message) == 3


@pytest.mark.parametrize(
    ("phone", "message"),
    [
        ("4155550100", "Invalid country calling code"),
        ("", "Invalid country calling code"),
        ("+9994155550100", "Invalid country calling code"),
        ("+1415555010012345", "The string supplied is too long to be a phone number"),
        ("+1 call me", "The string supplied did not seem to be a phone number"),
    ],
)
async def test_a_phone_without_a_calling_code_is_refused(caller: Caller, phone: str, message: str) -> None:
    reply = await caller.upsert(phone=phone)
    assert (reply.status, reply.message) == (422, message)


@pytest.mark.parametrize(
    "layout", ["1990-09-25", "1990/09/25", "1990.09.25", "1990_09_25", "09-25-1990", "09/25/1990", "09.25.1990", "09_25_1990"]
)  # fmt: skip
async def test_the_eight_layouts_of_a_birthday_are_read(caller: Caller, layout: str) -> None:
    reply = await caller.upsert(email="ann@example.com", dateOfBirth=layout)
    assert reply.body["contact"]["dateOfBirth"] == "1990-09-25"


async def test_channels_are_merged_and_a_permanent_one_is_refused(caller: Caller) -> None:
    await caller.upsert(email="ann@example.com", dndSettings={"SMS": {"status": "permanent"}})
    other = await caller.upsert(email="ann@example.com", dndSettings={"Email": {"status": "active"}})
    refused = await caller.upsert(email="ann@example.com", dndSettings={"SMS": {"status": "inactive"}})
    assert other.body["contact"]["dndSettings"]["SMS"] == {"status": "permanent"}
    assert refused.status == 400
    assert refused.message == "Not authorized to update permanent dnd setting for SMS"


async def test_v3_spells_channels_and_values_its_own_way(caller: Caller) -> None:
    caller.headers["Version"] = "v3"
    seats = caller.sandbox.location(PLACE).by_key["contact.seats"].id
    reply = await caller.upsert(
        email="ann@example.com",
        dndSettings={"whatsApp": {"status": "active"}},
        customFields=[{"id": seats, "fieldValue": 4}],
    )
    assert reply.body["contact"]["dndSettings"] == {"whatsApp": {"status": "active"}}
    assert reply.body["contact"]["customFields"] == [{"id": seats, "value": 4}]
    caller.headers["Version"] = "2021-07-28"
    again = await caller.upsert(email="ann@example.com")
    assert again.body["contact"]["dndSettings"] == {"WhatsApp": {"status": "active"}}


async def test_a_racy_vendor_makes_two_contacts_of_one_person_in_flight_twice(
    open_sandbox: OpenSandbox, clock: MovableClock
) -> None:
    caller = await open_sandbox(racy=True, latency_ms=(100, 100))
    both = [asyncio.create_task(caller.upsert(email="ann@example.com")) for _ in range(2)]
    while not all(task.done() for task in both):
        await asyncio.sleep(0.001)  # a real turn of the loop, for the sockets
        if caller.sandbox.state()["requests"] == 2:
            clock.advance(0.05)
    assert [task.result().body["new"] for task in both] == [True, True]
    assert caller.sandbox.state()["overlapping_upserts"] == 1


async def test_malformed_json_is_400(caller: Caller) -> None:
    headers = {**caller.headers, "Content-Type": "application/json"}
    reply = await caller.ask("POST", "/contacts/upsert", headers=headers, form={"not": "json"})
    assert (reply.status, reply.message) == (400, "Unexpected token in JSON")


async def test_json_that_does_not_say_so_is_not_read(caller: Caller) -> None:
    headers = {**caller.headers, "Content-Type": "text/plain"}
    body = {"locationId": PLACE, "email": "ann@example.com"}
    reply = await caller.ask("POST", "/contacts/upsert", body, headers=headers)
    assert (reply.status, reply.message[0]) == (422, "locationId should not be empty")
