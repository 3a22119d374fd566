from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from importer.records import Addition, FollowUpState, Record, Remedy, Status
from importer.sandbox import Fault, FaultKind, Sandbox
from importer.sandbox.items import Item, Kind
from tests.sending.runs import PATIENT, PLACE, StartRun, record

LISTS = "/businesses"
LINK = "/contacts/bulk/business"


def at(company: str, row: int, **more: Any) -> Record:
    wish = Addition(kind="company", content={"name": company})
    return replace(record(row, email=f"p{row}@example.com", **more), additions=(wish,))


def companies(sandbox: Sandbox) -> list[str]:
    return [item.body["name"] for item in sandbox.vendor.items if item.kind is Kind.BUSINESS]


def linked(sandbox: Sandbox) -> dict[str, str]:
    names = {item.id: item.body["name"] for item in sandbox.vendor.items if item.kind is Kind.BUSINESS}
    return {
        each["email"]: names[each["properties"]["businessId"]]
        for each in sandbox.contacts()
        if "businessId" in each["properties"]
    }


def put_company(sandbox: Sandbox, name: str, company_id: str) -> None:
    body = {"id": company_id, "name": name, "locationId": PLACE}
    sandbox.vendor.keep(Item(kind=Kind.BUSINESS, id=company_id, location_id=PLACE, body=body))


async def test_a_company_is_made_once_and_all_its_contacts_are_linked_in_one_call(start: StartRun) -> None:
    run = await start()
    outcomes = await run.send([at("Acme", row) for row in range(2, 32)])
    assert {each.status for each in outcomes.values()} == {Status.CREATED}
    assert companies(run.sandbox) == ["Acme"]
    assert set(linked(run.sandbox).values()) == {"Acme"}
    assert len(linked(run.sandbox)) == 30
    opening, look, make, link = 4, 1, 1, 1
    assert run.sandbox.state()["requests"] == opening + 30 + look + make + link


async def test_a_company_that_is_there_is_found_whatever_its_case(start: StartRun) -> None:
    run = await start()
    put_company(run.sandbox, "ACME  Inc", "b1")
    await run.send([at("Acme Inc", 2)])
    assert companies(run.sandbox) == ["ACME  Inc"]
    assert linked(run.sandbox) == {"p2@example.com": "ACME  Inc"}


async def test_a_company_beyond_the_first_page_is_found(start: StartRun) -> None:
    run = await start()
    for number in range(120):
        put_company(run.sandbox, f"Firm {number}", f"b{number}")
    await run.send([at("Firm 119", 2), at("New", 3)])
    assert len(companies(run.sandbox)) == 121
    assert linked(run.sandbox) == {"p2@example.com": "Firm 119", "p3@example.com": "New"}


@pytest.mark.parametrize("fault", [FaultKind.RESET, FaultKind.DROP, FaultKind.ERROR, FaultKind.GARBAGE])
async def test_a_company_whose_reply_is_lost_is_there_once(start: StartRun, fault: FaultKind) -> None:
    run = await start()
    run.sandbox.script([Fault(path=LISTS), Fault(kind=fault, path=LISTS)])
    await run.send([at("Acme", 2), at("Acme", 3)])
    assert companies(run.sandbox) == ["Acme"]
    assert len(linked(run.sandbox)) == 2


@pytest.mark.parametrize("seed", [3, 5])
async def test_no_fault_makes_a_company_twice_or_leaves_a_contact_out(start: StartRun, seed: int) -> None:
    run = await start(
        faults={FaultKind.RESET: 0.1, FaultKind.DROP: 0.1, FaultKind.ERROR: 0.05, FaultKind.GARBAGE: 0.05},
        seed=seed,
    )
    rows = [at(f"Firm {row % 12}", row) for row in range(2, 62)]
    outcomes = await run.send(rows, retry=replace(PATIENT, row_attempts=50, row_seconds=60.0))
    assert {each.status for each in outcomes.values()} <= {Status.CREATED, Status.UPDATED}
    assert sorted(companies(run.sandbox)) == sorted(f"Firm {number}" for number in range(12))
    assert linked(run.sandbox) == {f"p{row}@example.com": f"Firm {row % 12}" for row in range(2, 62)}


async def test_two_companies_of_one_name_are_not_guessed_between(start: StartRun) -> None:
    run = await start()
    put_company(run.sandbox, "Acme", "b1")
    put_company(run.sandbox, "acme", "b2")
    outcomes = await run.send([at("Acme", 2, tags=("vip",))])
    assert (outcomes[2].code, outcomes[2].remedy) == ("company_failed", Remedy.RUN_AGAIN)
    assert "2 companies named 'Acme'" in (outcomes[2].message or "")
    assert linked(run.sandbox) == {}
    assert run.sandbox.contacts()[0]["tags"] == ["vip"], "nothing else is kept from the contact"


async def test_a_company_that_the_vendor_refuses_fails_its_own_rows_only(start: StartRun) -> None:
    run = await start()
    refusal = Fault(status=400, body=b'{"statusCode": 400, "message": "No such name."}', path=LISTS)
    run.sandbox.script([Fault(path=LISTS), refusal])
    outcomes = await run.send([at("Acme", 2), at("Beta", 3)], concurrency=1)
    assert sorted(each.status for each in outcomes.values()) == [Status.CREATED, Status.FAILED]
    (failed,) = [each for each in outcomes.values() if each.status is Status.FAILED]
    assert "The contact was created, but it was not linked to its company: No such name." in (
        failed.message or ""
    )


async def test_a_refused_link_fails_the_one_contact_that_it_is_about(start: StartRun) -> None:
    run = await start()
    refusal = Fault(status=400, body=b'{"statusCode": 400, "message": "Odd."}', path=LINK)
    run.sandbox.script([refusal, refusal])
    outcomes = await run.send([at("Acme", row) for row in range(2, 6)], concurrency=1)
    assert [each.status for each in outcomes.values()].count(Status.FAILED) <= 2
    assert len(linked(run.sandbox)) >= 2
    assert companies(run.sandbox) == ["Acme"]


async def test_a_list_of_another_location_is_not_taken_for_its_own(start: StartRun) -> None:
    run = await start()
    foreign = b'{"businesses": [{"id": "b9", "name": "Acme", "locationId": "elsewhere"}]}'
    run.sandbox.script([Fault(status=200, body=foreign, path=LISTS)])
    await run.send([at("Acme", 2)])
    assert companies(run.sandbox) == ["Acme"]
    assert linked(run.sandbox) == {"p2@example.com": "Acme"}


async def test_the_company_that_a_run_made_is_written_down_with_its_row(start: StartRun) -> None:
    run = await start()
    put_company(run.sandbox, "Beta", "b1")
    await run.send([at("Acme", 2), at("Beta", 3)])
    (made,) = run.journal.added.values()
    assert (made.kind, made.made) == ("company", True)
    assert FollowUpState.SENT not in run.journal.marked.values()


async def test_calls_that_need_one_company_at_once_make_it_once(start: StartRun) -> None:
    run = await start(latency_ms=(5, 10))
    spellings = ("Acme", "ACME", "acme", "aCME")
    await run.send([at(spellings[row % 4], row) for row in range(2, 130)])
    assert len(companies(run.sandbox)) == 1
    assert len(linked(run.sandbox)) == 128
