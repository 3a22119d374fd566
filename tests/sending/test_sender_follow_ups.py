from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import groupby, pairwise

import pytest

from importer.errors import (
    BudgetSpentError,
    InterruptedRunError,
    MappingError,
    QuotaSpentError,
    ServiceDownError,
    StateError,
)
from importer.records import (
    Append,
    FollowUpFor,
    FollowUpMark,
    FollowUps,
    FollowUpState,
    Landed,
    Remedy,
    Status,
    TagMode,
)
from importer.sandbox import Fault, FaultKind, Sandbox
from importer.sending import Sender, SendingPolicy
from importer.settings import Connection
from tests.sending.memory_journal import MemoryJournal
from tests.sending.runs import NEEDS, PATIENT, PLACE, Run, StartRun, people, record

BOTH = FollowUps(workflow="Welcome", campaign="Newsletter")


def refused(path: str) -> Fault:
    return Fault(status=400, body=b'{"statusCode": 400, "message": "Not now."}', path=path)


def marks_of(journal: MemoryJournal, row: int) -> tuple[FollowUpMark, ...]:
    return tuple(
        FollowUpMark(row=row, name=name, state=state)
        for (marked, name), state in journal.marked.items()
        if marked == row
    )


def tags_by_email(sandbox: Sandbox) -> dict[str, list[str]]:
    return {each["email"]: sorted(each["tags"]) for each in sandbox.contacts()}


def bulk_calls(run: Run) -> int:
    return run.progress.requests


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


async def test_tags_survive_faults(start: StartRun) -> None:
    run = await start(faults={FaultKind.RESET: 0.1, FaultKind.ERROR: 0.1}, seed=3)
    outcomes = await run.send(people(60, tags=("spring",)), retry=PATIENT, opening=PATIENT)
    assert {each.status for each in outcomes.values()} == {Status.CREATED}
    assert all(each["tags"] == ["spring"] for each in run.sandbox.contacts())


@pytest.mark.parametrize("seed", range(4))
async def test_no_fault_enrols_a_contact_twice_or_loses_it_without_a_word(start: StartRun, seed: int) -> None:
    kinds = (FaultKind.RESET, FaultKind.ERROR, FaultKind.DROP, FaultKind.GARBAGE, FaultKind.THROTTLED)
    run = await start(faults=dict.fromkeys(kinds, 0.05), seed=seed, interval_seconds=0.05)
    outcomes = await run.send(people(60, tags=("spring",)), follow_ups=BOTH, retry=PATIENT, opening=PATIENT)
    enrolments = {each["email"]: each["enrolments"] for each in run.sandbox.contacts()}
    assert len(outcomes) == len(enrolments) == 60
    for row, outcome in outcomes.items():
        found = enrolments[f"person{row}@example.com"]
        assert max(found.values(), default=1) == 1
        if outcome.status is Status.CREATED:
            assert found == {"Welcome": 1, "Newsletter": 1}
        else:
            assert (outcome.code, outcome.remedy) == ("follow_up_unconfirmed", Remedy.NONE)
    assert {each.code for each in outcomes.values()} == {None, "follow_up_unconfirmed"}


async def test_an_enrolment_whose_reply_is_lost_is_not_sent_again_and_the_next_one_is(
    start: StartRun,
) -> None:
    run = await start()
    run.sandbox.script([Fault(kind=FaultKind.RESET, path="/workflow/")])
    outcome = (await run.send(people(1), follow_ups=BOTH))[2]
    assert run.sandbox.contacts()[0]["enrolments"] == {"Welcome": 1, "Newsletter": 1}
    assert (outcome.status, outcome.code, outcome.remedy) == (
        Status.FAILED, "follow_up_unconfirmed", Remedy.NONE,
    )  # fmt: skip
    assert outcome.contact_id == run.sandbox.contacts()[0]["id"]
    assert outcome.message is not None
    assert outcome.message.startswith(
        "The contact was created, but whether it was added to the workflow is not known: the reply was lost ("
    )
    assert outcome.message.endswith(
        "Look for it in the workflow's enrollment history in HighLevel, and add it by hand if it is missing."
    )


async def test_what_was_refused_is_told_with_what_is_in_doubt(start: StartRun) -> None:
    run = await start()
    campaign_id = run.sandbox.location(PLACE).campaigns[0]["id"]
    run.sandbox.script([Fault(kind=FaultKind.RESET, path="/workflow/"), refused(f"/campaigns/{campaign_id}")])
    outcome = (await run.send(people(1), follow_ups=BOTH))[2]
    assert (outcome.code, outcome.remedy) == ("workflow_failed", Remedy.RUN_AGAIN)
    assert outcome.message is not None
    assert (
        "it was not added to the campaign: Not now. And whether it was added to the workflow is not known"
        in (outcome.message)
    )
    assert run.journal.marked == {
        (2, "workflow"): FollowUpState.SENT,
        (2, "campaign"): FollowUpState.OPEN,
    }


async def test_each_follow_up_is_noted_by_itself_and_before_the_next_one_is_sent(start: StartRun) -> None:
    run = await start()
    await run.send(people(1, tags=("spring",)), follow_ups=BOTH)
    assert run.journal.history == [
        "intend 2", "land 2", "done add_tags 2", "sent workflow 2", "done workflow 2", "sent campaign 2",
        "done campaign 2", "settle 2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("marks", "calls", "code"),
    [
        ({}, ["add", "workflow", "campaigns"], None),
        ({"add_tags": "done"}, ["workflow", "campaigns"], None),
        ({"add_tags": "done", "workflow": "done"}, ["campaigns"], None),
        ({"add_tags": "done", "workflow": "done", "campaign": "open"}, ["campaigns"], None),
        ({"workflow": "sent"}, ["add", "campaigns"], "follow_up_unconfirmed"),
        ({"add_tags": "done", "workflow": "done", "campaign": "sent"}, [], "follow_up_unconfirmed"),
        ({"add_tags": "done", "workflow": "done", "campaign": "done"}, [], None),
    ],
)
async def test_a_landed_row_gets_only_what_is_missing_and_nothing_that_may_have_been_done(
    start: StartRun, marks: dict[str, str], calls: list[str], code: str | None
) -> None:
    run = await start()
    landed = Landed(
        row=2,
        location_id=PLACE,
        status=Status.CREATED,
        contact_id=run.sandbox.add_contact(PLACE, email="person2@example.com"),
        http_status=200,
        attempts=1,
        marks=tuple(
            FollowUpMark(row=2, name=name, state=FollowUpState(state)) for name, state in marks.items()
        ),
    )
    outcomes = await run.send(people(1, tags=("x",)), row_states={2: landed}, follow_ups=BOTH)
    stored = run.sandbox.contacts()[0]
    done = [("add", stored["tags"]), ("workflow", stored["workflows"]), ("campaigns", stored["campaigns"])]
    assert [name for name, value in done if value] == calls
    assert outcomes[2].code == code


async def test_tags_that_the_reply_showed_are_not_sent_when_the_row_goes_on_later(start: StartRun) -> None:
    run = await start()
    run.sandbox.add_contact(PLACE, email="person2@example.com", tags=["spring"])
    await run.send(people(1, tags=("spring",)), follow_ups=BOTH)
    assert run.journal.marked[2, "add_tags"] is FollowUpState.DONE


async def test_a_run_that_stops_takes_back_what_it_announced_and_did_not_send(start: StartRun) -> None:
    run = await start()
    rows = 40
    with pytest.raises(BudgetSpentError):
        await run.send(people(rows), follow_ups=BOTH, max_requests=2 * rows, concurrency=8)
    journal = run.journal
    assert journal.landed.keys() - journal.outcomes.keys(), "some rows were left in the middle"
    assert FollowUpState.SENT not in journal.marked.values()
    states = {
        row: replace(landed, marks=marks_of(journal, row))
        for row, landed in journal.landed.items()
        if row not in journal.outcomes
    }
    left = [each for each in people(rows) if each.row not in journal.outcomes]
    await run.send(left, row_states=states, follow_ups=BOTH)
    assert {each.status for each in journal.outcomes.values()} == {Status.CREATED}
    assert [each["enrolments"] for each in run.sandbox.contacts()] == [{"Welcome": 1, "Newsletter": 1}] * rows


async def test_the_end_of_the_day_takes_back_what_waited_for_its_turn(start: StartRun) -> None:
    opening, rows, enrolled = 4, 40, 5
    run = await start(daily=opening + rows + 1 + enrolled)
    with pytest.raises(QuotaSpentError):
        await run.send(
            people(rows, tags=("spring",)), follow_ups=FollowUps(workflow="Welcome"), concurrency=2
        )
    states = [state for (_, name), state in run.journal.marked.items() if name == "workflow"]
    assert states.count(FollowUpState.DONE) == enrolled == len(run.journal.outcomes)
    assert set(states) == {FollowUpState.DONE, FollowUpState.OPEN}


async def test_an_enrolment_that_is_cut_off_in_the_air_stays_in_doubt(start: StartRun) -> None:
    run = await start(slow_seconds=30.0)
    run.sandbox.script([Fault(kind=FaultKind.SLOW, path="/workflow/")])
    task = asyncio.create_task(run.send(people(1), follow_ups=BOTH, landing_seconds=0.05))
    await run.clock.slow.wait()
    assert run.sender is not None
    run.sender.stop(InterruptedRunError("Stopped by SIGINT."))
    with pytest.raises(InterruptedRunError):
        await task
    assert run.journal.marked == {(2, "workflow"): FollowUpState.SENT}
    assert run.journal.outcomes == {}


async def test_enrolments_are_announced_many_at_once(start: StartRun) -> None:
    run = await start()
    await run.send(people(200, tags=("spring",)), follow_ups=FollowUps(workflow="Welcome"))
    assert sum(name.startswith("sent workflow") for name in run.journal.history) == 200
    runs_of_announcements = [key for key, _ in groupby(run.journal.history, lambda name: name.split()[0])]
    assert runs_of_announcements.count("sent") <= 20


class NoMarks(MemoryJournal):
    """A disk that is full just when an enrolment is to be announced."""

    def keep(self, append: Append) -> None:
        if any(mark.state is FollowUpState.SENT for mark in append.marks):
            raise OSError(28, "No space left on device")
        super().keep(append)


async def test_what_cannot_be_announced_is_not_sent(start: StartRun) -> None:
    run = await start()
    run.journal = NoMarks()
    with pytest.raises(StateError, match="No space left"):
        await run.send(people(3), follow_ups=FollowUps(workflow="Welcome"))
    assert [each["enrolments"] for each in run.sandbox.contacts() if each["enrolments"]] == []


async def test_an_outage_is_not_met_with_one_enrolment_after_the_other(start: StartRun) -> None:
    run = await start()
    run.sandbox.script([Fault(kind=FaultKind.UNAVAILABLE, path="/workflow/", times=1_000)])
    rows = 200
    contact_ids = [
        run.sandbox.add_contact(PLACE, email=f"person{row}@example.com") for row in range(2, rows + 2)
    ]
    states = {
        row: Landed(
            row=row, location_id=PLACE, status=Status.CREATED, contact_id=contact_id, http_status=200, attempts=1
        )
        for row, contact_id in enumerate(contact_ids, 2)
    }  # fmt: skip
    with pytest.raises(ServiceDownError, match="has not answered"):
        await run.send(
            people(rows), row_states=states, follow_ups=FollowUps(workflow="Welcome"), concurrency=4
        )
    assert len(run.journal.outcomes) < rows / 2, "the breaker holds the others back"


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


async def test_a_draft_workflow_is_named_before_anybody_is_sent(start: StartRun) -> None:
    run = await start()
    with pytest.raises(MappingError, match="workflow 'unfinished' of location loc1 is a draft"):
        await run.send(people(1), follow_ups=FollowUps(workflow="unfinished"))
    assert not run.sandbox.contacts()
