from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from importer.errors import InterruptedRunError
from importer.highlevel.additions import digest
from importer.highlevel.calls import Call
from importer.highlevel.catalog import CatalogNeeds
from importer.highlevel.follow_ups import FOLLOW_UPS, Step
from importer.records import (
    Added,
    Addition,
    FollowUpFor,
    FollowUpMark,
    FollowUpState,
    Landed,
    Outcome,
    Record,
    Remedy,
    Status,
)
from importer.runtime.clock import SystemClock
from importer.sandbox import Fault, FaultKind, Sandbox
from importer.sending.journal_batches import JournalBatcher
from importer.sending.row.follow_up_batches import FollowUpBatch, FollowUpQueue
from importer.sending.row.submitted import Held
from tests.sending.memory_journal import MemoryJournal
from tests.sending.paper_vendor import PaperVendor
from tests.sending.runs import PATIENT, PLACE, Run, StartRun, paper_sender, record
from tests.sending.virtual_time import run_virtually

NOTES = "/notes"
TEA = Addition(kind="note", content={"title": "Old CRM", "body": "Likes tea\nand cake"})
CAKE = Addition(kind="note", content={"body": "Bakes"})
CALL = Addition(
    kind="task",
    content={"title": "Call back", "dueDate": "2030-03-01T12:00:00Z", "completed": False},
)


@pytest.fixture
def journal() -> MemoryJournal:
    return MemoryJournal()


@pytest.fixture
def batcher(journal: MemoryJournal) -> JournalBatcher:
    def nobody(_told: object) -> None:
        """Nothing is settled here."""

    return JournalBatcher(journal, clock=SystemClock(), see=nobody, notify=nobody, stop=nobody)


def ann(*additions: Addition, row: int = 2, **more: Any) -> Record:
    return replace(record(row, email="ann@example.com", **more), additions=additions)


def notes_of(sandbox: Sandbox) -> list[str]:
    return [each["body"] for each in items(sandbox)]


def items(sandbox: Sandbox, kind: str = "note") -> list[dict[str, Any]]:
    return [item.body for item in sandbox.vendor.items if item.kind.value == kind]


def known_contact(run: Run, *notes: str) -> str:
    contact_id = run.sandbox.add_contact(PLACE, email="ann@example.com")
    for note in notes:
        run.sandbox.edit(contact_id, note=note)
    return contact_id


def landed_with(state: FollowUpState, contact_id: str, status: Status = Status.CREATED) -> Landed:
    mark = FollowUpMark(row=2, name="note_1", state=state)
    return Landed(
        row=2,
        location_id=PLACE,
        status=status,
        contact_id=contact_id,
        http_status=200,
        attempts=1,
        marks=(mark,),
        first_attempt_at=1.0,
    )


async def test_a_created_contact_gets_its_notes_without_a_look_at_what_it_has(start: StartRun) -> None:
    run = await start()
    outcomes = await run.send([ann(TEA, CAKE)])
    assert outcomes[2].status is Status.CREATED
    assert [(each["title"], each["body"]) for each in items(run.sandbox)[:1]] == [
        ("Old CRM", "Likes tea\nand cake")
    ]
    assert notes_of(run.sandbox) == ["Likes tea\nand cake", "Bakes"]
    upsert, each_note, opening = 1, 2, 4
    assert run.sandbox.state()["requests"] == opening + upsert + each_note


async def test_what_was_added_is_written_down_with_its_id(start: StartRun) -> None:
    run = await start()
    await run.send([ann(TEA, CAKE)])
    (contact,) = run.sandbox.contacts()
    added = run.journal.added
    assert [added[2, name].id for name in ("note_1", "note_2")] == [each["id"] for each in items(run.sandbox)]
    assert {(each.contact_id, each.made, each.kind) for each in added.values()} == {
        (contact["id"], True, "note")
    }
    assert added[2, "note_1"].digest == digest(TEA)


@pytest.mark.parametrize("there", ["Bakes", " Bakes\n", "<p>Bakes</p>", "Bakes&nbsp;"])
async def test_a_note_that_the_contact_has_is_not_added_again(start: StartRun, there: str) -> None:
    run = await start()
    known_contact(run, there)
    outcomes = await run.send([ann(CAKE)])
    assert outcomes[2].status is Status.UPDATED
    assert notes_of(run.sandbox) == [there]
    assert run.journal.added[2, "note_1"].made is False


async def test_another_title_is_another_note(start: StartRun) -> None:
    run = await start()
    known_contact(run, "Likes tea\nand cake")
    await run.send([ann(TEA)])
    assert len(notes_of(run.sandbox)) == 2


async def test_a_note_is_for_those_that_it_is_meant_for(start: StartRun) -> None:
    run = await start()
    known_contact(run)
    new = replace(CAKE, applies_to=FollowUpFor.CREATED)
    old = replace(TEA, applies_to=FollowUpFor.UPDATED)
    await run.send([ann(new, old), replace(record(3, email="bob@example.com"), additions=(new, old))])
    assert sorted(notes_of(run.sandbox)) == ["Bakes", "Likes tea\nand cake"]


@pytest.mark.parametrize("fault", [FaultKind.RESET, FaultKind.DROP, FaultKind.ERROR, FaultKind.GARBAGE])
@pytest.mark.parametrize("known", [True, False], ids=["known contact", "new contact"])
async def test_a_note_whose_reply_is_lost_is_there_once(
    start: StartRun, fault: FaultKind, *, known: bool
) -> None:
    run = await start()
    if known:
        known_contact(run)
        run.sandbox.script([Fault(path="/contacts/upsert"), Fault(path=NOTES)])  # the first look passes
    run.sandbox.script([Fault(kind=fault, path=NOTES)])
    outcomes = await run.send([ann(CAKE)])
    assert outcomes[2].status is (Status.UPDATED if known else Status.CREATED)
    assert notes_of(run.sandbox) == ["Bakes"]
    assert run.journal.added[2, "note_1"].made is True


@pytest.mark.parametrize("seed", [3, 4])
async def test_no_fault_adds_a_note_twice_or_loses_one(start: StartRun, seed: int) -> None:
    run = await start(
        faults={FaultKind.RESET: 0.1, FaultKind.DROP: 0.1, FaultKind.ERROR: 0.05, FaultKind.GARBAGE: 0.05},
        seed=seed,
    )
    people = [
        replace(record(row, email=f"p{row % 20}@example.com"), additions=(TEA, CAKE)) for row in range(2, 62)
    ]
    outcomes = await run.send(people, retry=replace(PATIENT, row_attempts=50, row_seconds=60.0))
    assert {each.status for each in outcomes.values()} <= {Status.CREATED, Status.UPDATED}
    assert sorted(notes_of(run.sandbox)) == sorted(["Bakes", "Likes tea\nand cake"] * 20)


async def test_rows_of_one_person_add_the_same_note_once(start: StartRun) -> None:
    run = await start(latency_ms=(5, 10))
    await run.send([ann(CAKE, row=row) for row in range(2, 8)])
    assert notes_of(run.sandbox) == ["Bakes"]
    assert sum(each.made for each in run.journal.added.values()) == 1


async def test_a_note_that_is_wanted_each_time_is_added_by_each_row(start: StartRun) -> None:
    run = await start()
    contact_id = known_contact(run, "Bakes")
    run.clock.ahead_seconds = 60.0
    again = replace(CAKE, once=False)
    since = run.clock.now() - 30
    landed = {
        row: replace(
            landed_with(FollowUpState.OPEN, contact_id, Status.UPDATED),
            row=row,
            marks=(),
            first_attempt_at=since,
        )
        for row in (2, 3)
    }
    run.sandbox.script([Fault(path=NOTES), Fault(kind=FaultKind.RESET, path=NOTES)])
    await run.send([ann(again, row=2), ann(again, row=3)], row_states=landed, concurrency=1)
    assert notes_of(run.sandbox) == ["Bakes"] * 3
    _, *own = [each["id"] for each in items(run.sandbox)]
    assert sorted(each.id for each in run.journal.added.values()) == sorted(own)


@pytest.mark.parametrize("there", [("Bakes",), ()], ids=["it was done", "it was not done"])
@pytest.mark.parametrize("status", [Status.CREATED, Status.UPDATED])
async def test_a_note_in_doubt_is_looked_for_when_the_row_goes_on(
    start: StartRun, there: tuple[str, ...], status: Status
) -> None:
    run = await start()
    contact_id = known_contact(run, *there)
    state = landed_with(FollowUpState.SENT, contact_id, status)
    outcomes = await run.send([ann(CAKE)], row_states={2: state})
    assert outcomes[2].status is status
    assert notes_of(run.sandbox) == ["Bakes"]
    assert run.journal.added[2, "note_1"].made is True


async def test_what_was_there_before_the_row_is_not_called_its_own(start: StartRun) -> None:
    run = await start()
    contact_id = known_contact(run, "Bakes")
    later = replace(
        landed_with(FollowUpState.SENT, contact_id, Status.UPDATED), first_attempt_at=run.clock.now() + 60
    )
    await run.send([ann(CAKE)], row_states={2: later})
    assert notes_of(run.sandbox) == ["Bakes"]
    assert run.journal.added[2, "note_1"].made is False


async def test_what_another_row_is_known_to_have_added_is_not_called_a_row_s_own(start: StartRun) -> None:
    """Killed between journal and memory, the one knows what the other does not."""
    run = await start()
    contact_id = known_contact(run, "Bakes")
    (note,) = items(run.sandbox)
    run.journal.added[9, "note_1"] = Added(
        kind="note", location_id=PLACE, contact_id=contact_id, id=note["id"], made=True, digest="unknown"
    )
    state = landed_with(FollowUpState.SENT, contact_id, Status.UPDATED)
    await run.send([ann(CAKE)], row_states={2: state})
    assert notes_of(run.sandbox) == ["Bakes"]
    assert run.journal.added[2, "note_1"].made is False


async def test_a_done_note_is_left_alone_when_the_row_goes_on(start: StartRun) -> None:
    run = await start()
    contact_id = known_contact(run)
    await run.send([ann(CAKE)], row_states={2: landed_with(FollowUpState.DONE, contact_id)})
    assert notes_of(run.sandbox) == []


async def test_a_refused_note_keeps_nothing_else_from_the_contact(start: StartRun) -> None:
    run = await start()
    run.sandbox.script([Fault(status=400, body=b'{"statusCode": 400, "message": "Too long."}', path=NOTES)])
    outcomes = await run.send([ann(CAKE, TEA, tags=("vip",))])
    (contact,) = run.sandbox.contacts()
    assert (contact["tags"], notes_of(run.sandbox)) == (["vip"], ["Likes tea\nand cake"])
    failed = outcomes[2]
    assert (failed.status, failed.code, failed.remedy) == (Status.FAILED, "note_failed", Remedy.RUN_AGAIN)
    assert failed.contact_id == contact["id"]
    assert "The contact was created, but its note was not added: Too long." in (failed.message or "")
    assert run.journal.marked == {  # a retry adds the note, and tags nobody again
        (2, "note_1"): FollowUpState.OPEN,
        (2, "note_2"): FollowUpState.DONE,
        (2, "add_tags"): FollowUpState.DONE,
    }


async def test_a_note_that_nobody_can_see_stays_in_doubt_and_is_said_to_be(start: StartRun) -> None:
    run = await start()
    refusal = Fault(status=404, body=b'{"statusCode": 404, "message": "Gone."}', path=NOTES)
    run.sandbox.script([Fault(kind=FaultKind.RESET, path=NOTES), refusal])
    outcomes = await run.send([ann(CAKE)])
    assert "whether its note was added is not known: Gone." in (outcomes[2].message or "")
    assert run.journal.marked[2, "note_1"] is FollowUpState.SENT
    assert outcomes[2].remedy is Remedy.RUN_AGAIN


async def test_a_list_that_is_none_proves_nothing(start: StartRun) -> None:
    run = await start()
    known_contact(run, "Bakes")
    run.sandbox.script([Fault(path="/contacts/upsert"), Fault(status=200, body=b"{}", path=NOTES)])
    outcomes = await run.send([ann(CAKE)])
    assert outcomes[2].code == "note_failed"
    assert notes_of(run.sandbox) == ["Bakes"]


async def test_a_note_that_is_cut_off_in_the_air_stays_in_doubt(start: StartRun) -> None:
    run = await start(slow_seconds=30.0)
    run.sandbox.script([Fault(kind=FaultKind.SLOW, path=NOTES)])
    task = asyncio.create_task(run.send([ann(CAKE)], landing_seconds=0.05))
    await run.clock.slow.wait()
    assert run.sender is not None
    run.sender.stop(InterruptedRunError("Stopped by SIGINT."))
    with pytest.raises(InterruptedRunError):
        await task
    assert run.journal.marked == {(2, "note_1"): FollowUpState.SENT}


async def test_a_note_in_doubt_is_not_called_undone_by_a_run_that_never_got_to_it(
    batcher: JournalBatcher, journal: MemoryJournal
) -> None:
    queue = FollowUpQueue(batcher, most=lambda: 10)
    (kind,) = [each for each in FOLLOW_UPS if each.name == "note"]
    for number, doubtful in enumerate((False, True, False), 1):
        step = Step(kind, CAKE, number, doubtful=doubtful)
        held = Held(landed=landed_with(FollowUpState.SENT, "c1"), due=(step,))
        queue.put(FollowUpBatch(step=step, rows=(held,)))
    assert not queue.take().step.doubtful
    queue.clear()
    batcher.flush()
    assert [journal.marked[2, f"note_{number}"] for number in (1, 2, 3)] == [
        FollowUpState.SENT,  # under way
        FollowUpState.SENT,
        FollowUpState.OPEN,
    ]


async def test_what_was_just_added_is_known_at_once(batcher: JournalBatcher, journal: MemoryJournal) -> None:
    added = Added(kind="note", location_id=PLACE, contact_id="c1", id="n1", made=True, digest=digest(CAKE))
    batcher.mark(FollowUpMark(row=2, name="note_1", state=FollowUpState.DONE, added=added))
    assert journal.added == {}
    assert batcher.find_added(CAKE, PLACE, "c1") == "n1"
    assert batcher.added_beside("c1") == {"n1": digest(CAKE)}


async def test_a_reply_about_another_contact_s_notes_proves_nothing(start: StartRun) -> None:
    run = await start()
    known_contact(run)
    other = b'{"notes": [{"id": "n1", "body": "Bakes", "contactId": "somebodyElse"}]}'
    run.sandbox.script([Fault(path="/contacts/upsert"), Fault(status=200, body=other, path=NOTES)])
    outcomes: dict[int, Outcome] = await run.send([ann(CAKE)])
    assert outcomes[2].status is Status.UPDATED
    assert notes_of(run.sandbox) == ["Bakes"]


@pytest.mark.parametrize("fault", [FaultKind.RESET, FaultKind.DROP])
@pytest.mark.parametrize("known", [True, False], ids=["known contact", "new contact"])
async def test_a_task_whose_reply_is_lost_is_there_once(
    start: StartRun, fault: FaultKind, *, known: bool
) -> None:
    run = await start()
    if known:
        known_contact(run)
        run.sandbox.script([Fault(path="/tasks")])
    run.sandbox.script([Fault(kind=fault, path="/tasks")])
    await run.send([ann(CALL)])
    (task,) = items(run.sandbox, "task")
    assert (task["title"], task["completed"]) == ("Call back", False)
    assert run.journal.added[2, "task_1"].id == task["id"]


@pytest.mark.parametrize(
    ("due", "same"), [("2030-03-01T12:00:00.000Z", True), ("2030-03-02T12:00:00.000Z", False)]
)
async def test_a_task_is_known_by_when_it_is_due(start: StartRun, due: str, *, same: bool) -> None:
    run = await start()
    contact_id = known_contact(run)
    run.sandbox.edit(contact_id, task="Call back")
    (there,) = [item for item in run.sandbox.vendor.items if item.kind.value == "task"]
    there.body.update(dueDate=due)
    await run.send([ann(CALL)])
    assert len(items(run.sandbox, "task")) == (1 if same else 2)


async def test_a_task_that_is_wanted_each_time_is_not_taken_for_the_one_before(start: StartRun) -> None:
    """The list of tasks does not tell when each was added: what was there is seen beforehand."""
    run = await start()
    known_contact(run)
    again = replace(CALL, once=False)
    await run.send([ann(again)])
    later = Run(run.sandbox, run.clock)
    later.sandbox.script([Fault(path="/tasks"), Fault(kind=FaultKind.DROP, path="/tasks")])
    await later.send([ann(again)])
    first, second = items(run.sandbox, "task")
    assert later.journal.added[2, "task_1"].id == second["id"] != first["id"]


async def test_a_task_in_doubt_is_not_added_again_where_one_may_be_its_own(start: StartRun) -> None:
    run = await start()
    contact_id = known_contact(run)
    await run.send([ann(CALL)])
    state = replace(
        landed_with(FollowUpState.SENT, contact_id, Status.UPDATED),
        marks=(FollowUpMark(row=2, name="task_1", state=FollowUpState.SENT),),
    )
    later = Run(run.sandbox, run.clock)
    await later.send([ann(replace(CALL, once=False))], row_states={2: state})
    assert len(items(run.sandbox, "task")) == 1
    assert later.journal.added[2, "task_1"].made is False


async def test_followers_are_added_to_those_who_follow_already(start: StartRun) -> None:
    run = await start()
    first, second = [user["id"] for user in run.sandbox.location(PLACE).users[:2]]
    ones = Addition(kind="followers", content={"followers": [first]})
    both = Addition(kind="followers", content={"followers": [second, first]})
    run.sandbox.script([Fault(kind=FaultKind.RESET, path="/followers")])
    outcomes = await run.send([ann(ones), ann(both, row=3)], concurrency=1)
    assert {each.status for each in outcomes.values()} == {Status.CREATED, Status.UPDATED}
    (contact,) = run.sandbox.contacts()
    assert sorted(contact["followers"]) == sorted([first, second])


async def test_refused_followers_are_told_as_what_they_are(start: StartRun) -> None:
    run = await start()
    nobody = Addition(kind="followers", content={"followers": ["u1"]})
    run.sandbox.script([Fault(status=400, body=b'{"statusCode": 400, "message": "No."}', path="/followers")])
    outcomes = await run.send([ann(nobody)])
    assert (outcomes[2].code, outcomes[2].remedy) == ("followers_failed", Remedy.RUN_AGAIN)


DEAL = Addition(kind="opportunity", content={"name": "Roof", "pipelineId": "p1", "status": "open"})


@pytest.mark.parametrize("known", [True, False], ids=["known contact", "new contact"])
async def test_a_deal_whose_reply_is_lost_is_there_once(start: StartRun, *, known: bool) -> None:
    run = await start()
    pipeline = run.sandbox.location(PLACE).pipelines[0]["id"]
    deal = replace(DEAL, content={**DEAL.content, "pipelineId": pipeline, "monetaryValue": 12.5})
    if known:
        known_contact(run)
        run.sandbox.script([Fault(path="/opportunities")])
    run.sandbox.script([Fault(kind=FaultKind.RESET, path="/opportunities")])
    outcomes = await run.send([ann(deal)])
    assert outcomes[2].status is (Status.UPDATED if known else Status.CREATED)
    (there,) = items(run.sandbox, "opportunity")
    assert (there["name"], there["monetaryValue"], there["status"]) == ("Roof", 12.5, "open")
    added = run.journal.added[2, "opportunity_1"]
    assert (added.id, added.made) == (there["id"], True)


async def test_a_deal_of_one_name_in_another_pipeline_is_another(start: StartRun) -> None:
    run = await start()
    location = run.sandbox.location(PLACE)
    first, second = location.pipelines[0]["id"], location.add_pipeline("Other", ("New",))["id"]
    deals = [replace(DEAL, content={**DEAL.content, "pipelineId": each}) for each in (first, second, first)]
    await run.send([ann(*deals)])
    assert [each["pipelineId"] for each in items(run.sandbox, "opportunity")] == [first, second]


def test_a_deal_is_not_sent_again_before_the_search_surely_shows_it() -> None:
    """Its list is a search, which may be behind by a minute."""
    posts: list[float] = []

    def respond(call: Call) -> tuple[int, dict[str, Any]] | None:
        if call.path == "/opportunities/":
            posts.append(asyncio.get_running_loop().time())
            lost = len(posts) == 1
            return (500, {"message": "?"}) if lost else (201, {"opportunity": {"id": "o1"}})
        return (200, {"opportunities": []}) if call.path.startswith("/opportunities/search") else None

    journal = MemoryJournal()

    async def sending() -> None:
        async with paper_sender(PaperVendor(respond=respond), journal) as sender:
            await sender.open_location(PLACE, CatalogNeeds())
            await sender.submit(ann(DEAL))
            await sender.drain()

    run_virtually(sending())
    assert len(posts) == 2
    assert posts[1] - posts[0] > 60
    assert journal.added[2, "opportunity_1"].id == "o1"
