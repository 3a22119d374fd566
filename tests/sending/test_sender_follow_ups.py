from __future__ import annotations

from itertools import pairwise

import pytest

from importer.errors import MappingError
from importer.records import FollowUpFor, FollowUps, Landed, Remedy, Status, TagMode
from importer.sandbox import FaultKind, Sandbox
from importer.sending import Sender, SendingPolicy
from importer.settings import Connection
from tests.sending.runs import NEEDS, PLACE, Run, StartRun, people, record


def tags_by_email(sandbox: Sandbox) -> dict[str, list[str]]:
    return {each["email"]: sorted(each["tags"]) for each in sandbox.contacts()}


def bulk_calls(run: Run) -> int:
    assert run.sender is not None
    return run.sender.requests


async def test_tags_are_added_and_none_is_lost(start: StartRun) -> None:
    run = await start()
    run.sandbox.add_contact(PLACE, email="person2@example.com", tags=["old"])
    outcomes = await run.send(people(3, tags=("Spring", "new")))
    assert tags_by_email(run.sandbox) == {
        "person2@example.com": ["new", "old", "spring"],
        "person3@example.com": ["new", "spring"],
        "person4@example.com": ["new", "spring"],
    }
    assert [outcomes[row].status for row in (2, 3, 4)] == [Status.UPDATED, Status.CREATED, Status.CREATED]


async def test_one_call_tags_up_to_500_contacts(start: StartRun) -> None:
    run = await start()
    await run.send([*people(1_100, tags=("spring",)), *people(5, first=5_000, tags=("other",))])
    opening = 4
    assert run.sandbox.state()["requests"] == opening + 1_105 + 3 + 1


async def test_contacts_that_have_the_tags_need_no_call(start: StartRun) -> None:
    run = await start()
    for row in (2, 3):
        run.sandbox.add_contact(PLACE, email=f"person{row}@example.com", tags=["spring", "more"])
    await run.send(people(2, tags=("Spring",)))
    assert run.sandbox.state()["replies"].get("201", 0) == 0
    assert run.journal.landed == {}


async def test_tags_are_taken_off(start: StartRun) -> None:
    run = await start()
    run.sandbox.add_contact(PLACE, email="person2@example.com", tags=["spring", "more"])
    await run.send(people(2, tags=("Spring",)), follow_ups=FollowUps(tag_mode=TagMode.REMOVE))
    assert tags_by_email(run.sandbox) == {"person2@example.com": ["more"], "person3@example.com": []}


async def test_a_row_lands_in_the_journal_before_its_tags_and_is_settled_after_them(start: StartRun) -> None:
    run = await start()
    await run.send(people(1, tags=("spring",)))
    assert run.journal.history == ["intend 2", "land 2", "settle 2"]


async def test_a_contact_that_vanished_fails_its_own_row_only(start: StartRun) -> None:
    run = await start()
    contact_id = run.sandbox.add_contact(PLACE, email="here@example.com")
    gone = Landed(
        row=2, location_id=PLACE, status=Status.CREATED, contact_id="goneGoneGone00000000", http_status=200, attempts=1
    )  # fmt: skip
    here = Landed(
        row=3, location_id=PLACE, status=Status.UPDATED, contact_id=contact_id, http_status=200, attempts=1
    )
    outcomes = await run.send(people(2, tags=("spring",)), row_states={2: gone, 3: here})
    assert (outcomes[2].status, outcomes[2].code) == (Status.FAILED, "tags_failed")
    assert (outcomes[2].contact_id, outcomes[2].remedy) == ("goneGoneGone00000000", Remedy.RUN_AGAIN)
    assert outcomes[3].status is Status.UPDATED
    assert tags_by_email(run.sandbox) == {"here@example.com": ["spring"]}


async def test_a_landed_row_goes_on_at_its_follow_ups(start: StartRun) -> None:
    run = await start()
    contact_id = run.sandbox.add_contact(PLACE, email="ann@example.com", firstName="An")
    landed = Landed(
        row=2,
        location_id=PLACE,
        status=Status.CREATED,
        contact_id=contact_id,
        http_status=200,
        attempts=3,
        trace_id="t",
    )
    outcomes = await run.send(
        [record(2, email="ann@example.com", firstName="Ann", tags=("x",))],
        row_states={2: landed},
        follow_ups=FollowUps(workflow="welcome"),
    )
    assert (outcomes[2].status, outcomes[2].attempts, outcomes[2].trace_id) == (Status.CREATED, 3, "t")
    stored = run.sandbox.contacts()[0]
    assert (stored["properties"]["firstName"], stored["tags"], stored["workflows"]) == (
        "An",
        ["x"],
        ["Welcome"],
    )


@pytest.mark.parametrize(
    ("applies_to", "enrolled"),
    [
        (FollowUpFor.CREATED, ["person3@example.com"]),
        (FollowUpFor.UPDATED, ["person2@example.com"]),
        (FollowUpFor.ALL, ["person2@example.com", "person3@example.com"]),
    ],
)
async def test_a_workflow_takes_only_those_it_is_for(
    start: StartRun, applies_to: FollowUpFor, enrolled: list[str]
) -> None:
    run = await start()
    run.sandbox.add_contact(PLACE, email="person2@example.com")
    follow_ups = FollowUps(workflow="Welcome", applies_to=applies_to)
    await run.send(people(2, tags=("spring",)), follow_ups=follow_ups)
    assert [each["email"] for each in run.sandbox.contacts() if each["workflows"]] == enrolled


async def test_an_unknown_workflow_is_told_before_the_first_row(start: StartRun) -> None:
    run = await start()
    with pytest.raises(MappingError, match="no workflow named 'Welcom'") as caught:
        await run.send(people(1), follow_ups=FollowUps(workflow="Welcom"))
    assert "'Welcome'" in str(caught.value)
    assert run.sandbox.contacts() == []


async def test_follow_ups_survive_faults(start: StartRun) -> None:
    run = await start(faults={FaultKind.RESET: 0.1, FaultKind.ERROR: 0.1}, seed=3)
    outcomes = await run.send(people(60, tags=("spring",)), follow_ups=FollowUps(workflow="Welcome"))
    assert {each.status for each in outcomes.values()} == {Status.CREATED}
    assert all(each["tags"] == ["spring"] and each["workflows"] for each in run.sandbox.contacts())


async def test_many_held_rows_make_room_before_the_file_ends(start: StartRun) -> None:
    run = await start()
    rows = [record(row, email=f"p{row}@example.com", tags=(f"tag{row % 7}",)) for row in range(2, 902)]
    await run.send(rows, held_rows=20, concurrency=4)
    assert len(run.journal.outcomes) == 900
    held = most = 0
    for event, following in pairwise(run.journal.history):
        held += event.startswith("land") - event.startswith("settle")
        if event.startswith("settle") and following.startswith("land"):  # between two appends
            most = max(most, held)
    assert 0 < most < 60


async def test_a_location_without_a_needed_catalog_part_still_takes_an_id(start: StartRun) -> None:
    run = await start()
    workflow_id = next(
        each["id"] for each in run.sandbox.location(PLACE).workflows if each["name"] == "Welcome"
    )
    connection = Connection(base_url=run.sandbox.base_url, sandbox=True)
    policy = SendingPolicy(follow_ups=FollowUps(workflow=workflow_id))
    async with Sender(connection=connection, journal=run.journal, policy=policy) as sender:
        await sender.open_location(PLACE, NEEDS)
        await sender.submit(people(1)[0])
        await sender.drain()
    assert run.sandbox.contacts()[0]["workflows"] == ["Welcome"]
