"""``POST /contacts/search`` as the fact sheet's 4.1 has it: pages, cursor, lag, filters and what its rows lack."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from importer.sandbox import MovableClock

if TYPE_CHECKING:
    from tests.sandbox.conftest import Answer, Caller, OpenSandbox

PLACE = "loc1"
NOW = 1_800_000_000_000
"""The clock's beginning, 2027-01-15T08:00:00Z, in milliseconds."""


async def search(caller: Caller, **body: Any) -> Answer:
    return await caller.ask("POST", "/contacts/search", {"locationId": PLACE, "pageLimit": 10, **body})


def ids(reply: Answer) -> list[str]:
    assert reply.status == 200, reply.body
    return [each["id"] for each in reply.body["contacts"]]


async def seed(caller: Caller, clock: MovableClock, count: int) -> list[str]:
    """Put contacts there, a second apart, oldest first."""
    made = []
    for number in range(count):
        clock.advance(1)
        made.append(caller.sandbox.add_contact(PLACE, email=f"p{number}@example.com", city=f"C{number % 2}"))
    return made


@pytest.mark.parametrize("missing", ["locationId", "pageLimit"])
async def test_location_and_page_limit_are_needed(caller: Caller, missing: str) -> None:
    """422 without locationId or pageLimit (#31)."""
    body = {name: value for name, value in {"locationId": PLACE, "pageLimit": 5}.items() if name != missing}
    reply = await caller.ask("POST", "/contacts/search", body)
    assert reply.status == 422
    assert f"{missing} should not be empty" in reply.message


@pytest.mark.parametrize("limit", [500, 100])
async def test_the_largest_page_is_what_the_location_allows(open_sandbox: OpenSandbox, limit: int) -> None:
    caller = await open_sandbox(search_page_limit=limit)
    assert (await search(caller, pageLimit=limit)).status == 200
    assert (await search(caller, pageLimit=limit + 1)).status == 422


async def test_pages_by_number_end_at_ten_thousand_records(caller: Caller, clock: MovableClock) -> None:
    made = await seed(caller, clock, 5)
    pages = [ids(await search(caller, pageLimit=2, page=page)) for page in (1, 2, 3)]
    assert [each for page in pages for each in page] == made[::-1]
    assert (await search(caller, pageLimit=100, page=100)).status == 200
    assert (await search(caller, pageLimit=100, page=101)).status == 400


async def test_the_cursor_stands_in_each_row_and_goes_on_behind_it(
    caller: Caller, clock: MovableClock
) -> None:
    made = await seed(caller, clock, 7)
    seen: list[str] = []
    cursor: Any = None
    while page := (await search(caller, pageLimit=3, **({"searchAfter": cursor} if cursor else {}))).body[
        "contacts"
    ]:
        seen += [each["id"] for each in page]
        cursor = page[-1]["searchAfter"]
    assert seen == made[::-1]
    assert cursor == [NOW + 1000, made[0]]
    both = await search(caller, searchAfter=cursor, page=1)
    assert both.status == 422


async def test_a_cursor_survives_changes_between_its_pages(
    open_sandbox: OpenSandbox, clock: MovableClock
) -> None:
    caller = await open_sandbox(search_lag_seconds=0)
    made = await seed(caller, clock, 4)
    by_age = [{"field": "dateAdded", "direction": "asc"}]
    first = await search(caller, pageLimit=2, sort=by_age)
    caller.sandbox.edit(made[1], delete=True)
    clock.advance(1)
    late = (await caller.upsert(email="late@example.com")).body["contact"]["id"]
    rest = await search(caller, sort=by_age, searchAfter=first.body["contacts"][-1]["searchAfter"])
    assert ids(rest) == [*made[2:], late]


async def test_new_changed_and_deleted_contacts_lag(caller: Caller, clock: MovableClock) -> None:
    """A contact just made is missing while GET by id finds it; deletes linger; an old version is still shown."""
    ann, bob = await seed(caller, clock, 2)
    new = (await caller.upsert(email="new@example.com")).body["contact"]["id"]
    await caller.upsert(email="p0@example.com", city="Springfield")
    await caller.ask("DELETE", f"/contacts/{bob}")
    early = await search(caller)
    clock.advance(11.9)
    assert ids(await search(caller)) == ids(early) == [bob, ann]
    assert {each["id"]: each["city"] for each in early.body["contacts"]}[ann] == "C0"
    assert (await caller.stored(new))["email"] == "new@example.com"
    clock.advance(0.1)
    late = await search(caller)
    assert ids(late) == [new, ann]
    assert late.body["contacts"][1]["city"] == "Springfield"
    assert late.body["total"] == 2


async def test_the_search_shows_a_contact_for_as_long_as_it_was_there(
    caller: Caller, clock: MovableClock
) -> None:
    new = (await caller.upsert(email="new@example.com")).body["contact"]["id"]
    clock.advance(6)
    await caller.ask("DELETE", f"/contacts/{new}")
    shown = []
    for _ in range(4):
        shown.append(ids(await search(caller)))
        clock.advance(6)
    assert shown == [[], [new], [], []]


async def test_rows_lack_fields_and_spell_others_differently(caller: Caller) -> None:
    """No dndSettings (#43), no timezone (#185), address for address1, dateOfBirth as epoch (#314)."""
    caller.sandbox.add_contact(
        PLACE,
        email="ann@example.com",
        address1="1 Main Street",
        dateOfBirth="1990-09-25",
        timezone="America/Chicago",
        dndSettings={"SMS": {"status": "active"}},
        additional_emails=["b@example.com"],
        additional_phones=["+14155550100"],
    )
    (row,) = (await search(caller)).body["contacts"]
    assert (row["address"], row["dateOfBirth"]) == ("1 Main Street", 654220800000)
    assert not {"dndSettings", "timezone", "address1"} & set(row)
    assert (row["additionalEmails"], row["additionalPhones"]) == (["b@example.com"], ["+14155550100"])


async def test_every_write_moves_date_updated_which_can_be_sorted_and_ranged_by(
    open_sandbox: OpenSandbox, clock: MovableClock
) -> None:
    """6.13: dateUpdated moves on each write."""
    caller = await open_sandbox(search_lag_seconds=0)
    made = await seed(caller, clock, 6)
    started = clock.now()
    workflow = caller.sandbox.location(PLACE).workflows[0]["id"]
    user = caller.sandbox.location(PLACE).users[0]["id"]
    writes: list[tuple[str, str, Any]] = [
        ("PUT", f"/contacts/{made[0]}", {"city": "X"}),
        ("POST", f"/contacts/{made[1]}/tags", {"tags": ["a"]}),
        (
            "POST",
            "/contacts/bulk/tags/update/add",
            {"locationId": PLACE, "contacts": [made[2]], "tags": ["a"]},
        ),
        ("POST", f"/contacts/{made[3]}/workflow/{workflow}", {}),
        ("POST", f"/contacts/{made[4]}/followers", {"followers": [user]}),
    ]
    for method, path, body in writes:
        clock.advance(1)
        assert (await caller.ask(method, path, body)).status < 300
    sort = [{"field": "dateUpdated", "direction": "desc"}]
    assert ids(await search(caller, sort=sort)) == [*made[4::-1], made[5]]
    since = {"field": "dateUpdated", "operator": "range", "value": {"gte": round((started + 2) * 1000)}}
    assert ids(await search(caller, sort=sort, filters=[since])) == made[4:0:-1]
    iso = {**since, "value": {"gte": "2027-01-15T08:00:08Z", "lt": "2027-01-15T08:00:10Z"}}
    assert ids(await search(caller, sort=sort, filters=[iso])) == [made[2], made[1]]


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ({"field": "email", "operator": "eq", "value": "ANN@example.com"}, ["ann"]),
        ({"field": "email", "operator": "eq", "value": ["bob@example.com", "x"]}, ["bob"]),
        ({"field": "tags", "operator": "eq", "value": ["vip"]}, ["ann"]),
        ({"field": "tags", "operator": "contains", "value": "v"}, ["ann"]),
        ({"field": "tags", "operator": "not_exists"}, ["bob"]),
        ({"field": "phone", "operator": "exists"}, ["ann"]),
        ({"field": "city", "operator": "not_eq", "value": "Springfield"}, ["bob"]),
        ({"field": "city", "operator": "not_contains", "value": "spring"}, ["bob"]),
        ({"field": "dndSettings.SMS.status", "operator": "eq", "value": "active"}, ["ann"]),
        ({"field": "dndSettings.Email.status", "operator": "eq", "value": "active"}, []),
        ({"field": "inboundDndSettings.all.status", "operator": "eq", "value": "active"}, ["bob"]),
        ({"field": "dateAdded", "operator": "range", "value": {"gt": NOW}}, ["bob"]),
        (
            {
                "group": "OR",
                "filters": [
                    {"field": "firstNameLowerCase", "operator": "eq", "value": "ann"},
                    {"field": "city", "operator": "eq", "value": "shelbyville"},
                ],
            },
            ["bob", "ann"],
        ),
    ],
)
async def test_filters_pass_what_they_say(
    caller: Caller, clock: MovableClock, rule: Any, found: list[str]
) -> None:
    """E-mail, phone, tags, dates; since 2026-06 DND by channel (#279); operators of the search's own page."""
    ann = caller.sandbox.add_contact(
        PLACE,
        email="ann@example.com",
        phone="+14155550100",
        firstName="Ann",
        city="Springfield",
        tags=["vip"],
        dndSettings={"SMS": {"status": "active"}},
    )
    clock.advance(1)
    bob = caller.sandbox.add_contact(
        PLACE,
        email="bob@example.com",
        city="Shelbyville",
        inboundDndSettings={"all": {"status": "active"}},
    )
    names = {ann: "ann", bob: "bob"}
    assert [names[each] for each in ids(await search(caller, filters=[rule]))] == found


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"filters": [{"field": "additional_phones", "operator": "eq", "value": "x"}]}, 400),
        ({"filters": [{"field": "dndSettings.WhatsApp.status", "operator": "eq", "value": "active"}]}, 400),
        ({"filters": [{"field": "email", "operator": "like", "value": "x"}]}, 422),
        ({"filters": [{"field": "dateAdded", "operator": "range", "value": {"gte": "soon"}}]}, 422),
        ({"filters": [{"field": "email", "operator": "eq", "value": "x" * 76}]}, 422),
        ({"sort": [{"field": "nickname", "direction": "asc"}]}, 400),
        ({"sort": [{"field": "email", "direction": "up"}]}, 422),
        ({"searchAfter": ["x"]}, 400),
        ({"query": "x" * 76}, 422),
        ({"pages": 1}, 422),
    ],
)
async def test_a_search_that_the_vendor_does_not_know_is_refused(
    caller: Caller, body: dict[str, Any], status: int
) -> None:
    """additional_phones is refused with 400 Invalid field (#289)."""
    caller.sandbox.add_contact(PLACE, email="ann@example.com")
    assert (await search(caller, **body)).status == status


async def test_contacts_without_the_sorted_field_come_last(caller: Caller) -> None:
    made = [caller.sandbox.add_contact(PLACE, firstName=name) for name in ("", "Bea", "Abe")]
    made.append(caller.sandbox.add_contact(PLACE, email="x@example.com"))
    up = ids(await search(caller, sort=[{"field": "firstNameLowerCase", "direction": "asc"}]))
    assert up == [made[0], made[2], made[1], made[3]]


async def test_ten_thousand_contacts_are_read_by_cursor_each_once(
    open_sandbox: OpenSandbox, clock: MovableClock
) -> None:
    caller = await open_sandbox(burst=0)
    made = set()
    for number in range(10_050):
        made.add(caller.sandbox.add_contact(PLACE, email=f"p{number}@example.com"))
    seen: list[str] = []
    cursor: list[Any] = []
    while page := (await search(caller, pageLimit=500, searchAfter=cursor)).body["contacts"]:
        seen += [each["id"] for each in page]
        cursor = page[-1]["searchAfter"]
        await asyncio.sleep(0)
    assert len(seen) == 10_050
    assert set(seen) == made
