"""Rows that become no contact, where an earlier session was cut off: nothing is made twice, and what was made is told."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from importer.errors import InterruptedRunError, ServiceDownError
from importer.records import (
    Addition,
    Append,
    FollowUpMark,
    FollowUpState,
    Intent,
    Landed,
    Outcome,
    Record,
    RowObject,
    Status,
)
from importer.sandbox import Fault, FaultKind, Sandbox
from importer.sandbox.items import Item, Kind
from importer.sandbox.wire import iso_milliseconds
from importer.sending import Sender, SendingPolicy
from importer.settings import Connection, Secret
from tests.sending.memory_journal import MemoryJournal
from tests.sending.runs import NEEDS, PLACE, Run, StartRun

ATTEMPT = 1_000_000.0


def company(row: int, name: str, **more: Any) -> Record:
    wanted = Addition(kind="company", content={"name": name, **more})
    return Record(row=row, location_id=PLACE, fields={}, additions=(wanted,))


def doubtful(row: int) -> Intent:
    return Intent(row=row, location_id=PLACE, first_attempt_at=ATTEMPT, last_attempt_at=ATTEMPT, exact=True)


def put(sandbox: Sandbox, name: str, made_at: float) -> None:
    stamp = iso_milliseconds(made_at)
    body = {"id": "b1", "name": name, "locationId": PLACE, "createdAt": stamp}
    sandbox.vendor.keep(Item(kind=Kind.BUSINESS, id="b1", location_id=PLACE, body=body))


def names(sandbox: Sandbox, kind: Kind) -> list[str]:
    return [item.body["name"] for item in sandbox.vendor.items if item.kind is kind]


async def sent(
    run: Run, record: Record, row_object: RowObject, state: Intent | Landed | None = None
) -> Outcome:
    states = {} if state is None else {record.row: state}
    outcomes = await run.send([record], row_states=states, row_object=row_object)
    return outcomes[record.row]


@pytest.mark.parametrize(
    ("made_at", "status"), [(ATTEMPT + 1, Status.CREATED), (ATTEMPT - 9, Status.UPDATED)]
)
async def test_a_company_of_a_row_in_doubt_is_its_own_where_it_is_not_older_than_the_attempt(
    start: StartRun, made_at: float, status: Status
) -> None:
    run = await start()
    put(run.sandbox, "Acme", made_at)
    outcome = await sent(run, company(2, "Acme"), RowObject.COMPANY, doubtful(2))
    assert outcome.status is status
    assert names(run.sandbox, Kind.BUSINESS) == ["Acme"]
    (added,) = run.journal.added.values()
    assert (added.id, added.made) == ("b1", status is Status.CREATED)


async def test_a_company_of_a_row_in_doubt_that_is_not_there_is_made(start: StartRun) -> None:
    run = await start()
    outcome = await sent(run, company(2, "Acme"), RowObject.COMPANY, doubtful(2))
    assert (outcome.status, names(run.sandbox, Kind.BUSINESS)) == (Status.CREATED, ["Acme"])


@pytest.mark.parametrize("fault", [FaultKind.RESET, FaultKind.DROP, FaultKind.ERROR, FaultKind.GARBAGE])
async def test_a_company_whose_reply_is_lost_is_made_once(start: StartRun, fault: FaultKind) -> None:
    run = await start()
    run.sandbox.script([Fault(path="/businesses"), Fault(kind=fault, path="/businesses")])
    outcome = await sent(run, company(2, "Acme"), RowObject.COMPANY)
    assert (outcome.status, names(run.sandbox, Kind.BUSINESS)) == (Status.CREATED, ["Acme"])


async def test_before_a_company_is_made_or_changed_the_journal_knows(start: StartRun) -> None:
    run = await start()
    put(run.sandbox, "Acme", ATTEMPT)
    await run.send([company(2, "Beta"), company(3, "Acme", city="Bonn")], row_object=RowObject.COMPANY)
    assert {intent.row for intent in run.journal.intents if intent.exact} == {2, 3}
    (image,) = run.journal.images
    assert [(change.reference, change.new) for change in image.changes] == [("city", "Bonn")]


async def test_two_companies_of_one_name_are_not_guessed_between(start: StartRun) -> None:
    run = await start()
    put(run.sandbox, "Acme", ATTEMPT)
    body = {"id": "b2", "name": "ACME", "locationId": PLACE}
    run.sandbox.vendor.keep(Item(kind=Kind.BUSINESS, id="b2", location_id=PLACE, body=body))
    outcome = await sent(run, company(2, "Acme", city="Bonn"), RowObject.COMPANY)
    assert (outcome.status, outcome.contact_id) == (Status.FAILED, None)
    assert "2 companies named 'Acme'" in (outcome.message or "")


async def test_a_deal_that_was_about_to_be_sent_is_known_again_as_the_rows_own(start: StartRun) -> None:
    run = await start()
    ann = run.sandbox.add_contact(PLACE, email="ann@example.com")
    wanted = Addition(kind="opportunity", content={"name": "Roof", "pipelineId": "p1", "status": "open"})
    record = Record(row=2, location_id=PLACE, fields={"email": "ann@example.com"}, additions=(wanted,))
    body = {**wanted.content, "id": "o1", "contactId": ann, "createdAt": iso_milliseconds(ATTEMPT + 1)}
    deal = Item(kind=Kind.OPPORTUNITY, id="o1", location_id=PLACE, contact_id=ann, body=body)
    run.sandbox.vendor.keep(deal)
    mark = FollowUpMark(row=2, name="opportunity_1", state=FollowUpState.SENT)
    landed = Landed(
        row=2, location_id=PLACE, status=Status.UPDATED, contact_id=ann, http_status=0, attempts=0,
        first_attempt_at=ATTEMPT, marks=(mark,),
    )  # fmt: skip
    outcome = await sent(run, record, RowObject.OPPORTUNITY, landed)
    assert outcome.status is Status.CREATED
    assert names(run.sandbox, Kind.OPPORTUNITY) == ["Roof"]


async def stopped_in_the_air(run: Run, record: Record) -> None:
    """Send a row and stop while the vendor takes its time with it."""
    connection = Connection(base_url=run.sandbox.base_url, token=Secret("pit-test"))
    policy = SendingPolicy(row_object=RowObject.COMPANY, landing_seconds=0.0)
    async with Sender(connection=connection, journal=run.journal, policy=policy) as sender:
        await sender.open_location(PLACE, NEEDS)
        await sender.submit(record)
        await run.clock.slow.wait()
        sender.stop(InterruptedRunError("Stopped by Ctrl-C."))
        await sender.drain()


async def test_a_stop_leaves_a_company_in_doubt_whose_call_is_in_the_air(start: StartRun) -> None:
    run = await start(slow_seconds=600.0)
    slow = Fault(kind=FaultKind.SLOW, path="/businesses", stored=True)
    run.sandbox.script([Fault(path="/businesses"), slow])
    with pytest.raises(InterruptedRunError):
        await stopped_in_the_air(run, company(2, "Acme"))
    assert run.journal.withdrawn == []
    assert [intent.exact for intent in run.journal.intents] == [True]
    outcome = await sent(run, company(2, "Acme"), RowObject.COMPANY, run.journal.intents[-1])
    assert (outcome.status, names(run.sandbox, Kind.BUSINESS)) == (Status.CREATED, ["Acme"])


class StoppingJournal(MemoryJournal):
    """The run ends while it is written down that a row is about to leave."""

    def __init__(self) -> None:
        super().__init__()
        self.stop: Callable[[], None] = lambda: None

    def write(self, append: Append) -> Future[None]:
        if append.intents:
            self.stop()
        return super().write(append)


async def test_an_outage_before_a_company_s_call_has_left_leaves_nothing_in_doubt(start: StartRun) -> None:
    run, journal = await start(), StoppingJournal()
    connection = Connection(base_url=run.sandbox.base_url, token=Secret("pit-test"))
    policy = SendingPolicy(row_object=RowObject.COMPANY)
    async with Sender(connection=connection, journal=journal, policy=policy) as sender:
        journal.stop = lambda: sender.stop(ServiceDownError("HighLevel is down."))
        await sender.open_location(PLACE, NEEDS)
        await sender.submit(company(2, "Acme"))
        with pytest.raises(ServiceDownError):
            await sender.drain()
    assert [intent.row for intent in journal.withdrawn] == [2]
    assert names(run.sandbox, Kind.BUSINESS) == []


def deal_of(row: int, mail: str, pipeline: str) -> Record:
    wanted = Addition(kind="opportunity", content={"name": "Roof", "pipelineId": pipeline, "status": "open"})
    return Record(row=row, location_id=PLACE, fields={"email": mail}, additions=(wanted,))


@pytest.mark.parametrize("concurrency", [1, 10])
@pytest.mark.parametrize(("others", "looks"), [(0, 1), (1, 3)])
async def test_where_no_contact_has_a_deal_no_second_one_is_looked_at(
    start: StartRun, others: int, looks: int, concurrency: int
) -> None:
    run = await start()
    pipeline = run.sandbox.location(PLACE).pipelines[0]["id"]
    contacts = [run.sandbox.add_contact(PLACE, email=f"p{number}@example.com") for number in range(4)]
    for _ in range(others):
        body = {
            "id": "o1",
            "name": "Old",
            "pipelineId": pipeline,
            "contactId": contacts[3],
            "locationId": PLACE,
            "createdAt": iso_milliseconds(ATTEMPT),
        }
        run.sandbox.vendor.keep(
            Item(kind=Kind.OPPORTUNITY, id="o1", location_id=PLACE, contact_id=contacts[3], body=body)
        )
    rows = [deal_of(number + 2, f"p{number}@example.com", pipeline) for number in range(3)]
    outcomes = await run.send(rows, row_object=RowObject.OPPORTUNITY, concurrency=concurrency)
    assert {each.status for each in outcomes.values()} == {Status.CREATED}
    opening, search_and_create, count = 4, 2 * 3, 1
    assert run.sandbox.state()["requests"] == opening + search_and_create + count + looks
