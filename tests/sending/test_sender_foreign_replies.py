"""Replies that belong to somebody else: swapped, repeated, late and unasked ones, met by a whole sender."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from importer.records import ImportMode, Record, Status
from importer.sandbox import Fault, FaultKind
from tests.sending.runs import PATIENT, PLACE, QUICK, Run, StartRun, people, record

"""A machine that does other work, too, makes no outage."""


def tagged(count: int) -> list[Record]:
    """Make people of whom each gets a tag of their own, so that a foreign one shows."""
    return [
        record(row, email=f"person{row}@example.com", firstName=f"Person {row}", tags=(f"tag {row}",))
        for row in range(2, 2 + count)
    ]


def by_mail(run: Run) -> dict[str, dict[str, Any]]:
    return {each["email"]: each for each in run.sandbox.contacts()}


@pytest.mark.parametrize("kind", [FaultKind.SWAP, FaultKind.REPEAT, FaultKind.STRAY, FaultKind.STRAY_TIMEOUT])
async def test_no_row_gets_another_contacts_id_or_tags(start: StartRun, kind: FaultKind) -> None:
    run = await start(faults={kind: 0.2}, seed=3, slow_seconds=0.05, latency_ms=(1, 3))
    outcomes = await run.send(tagged(200), concurrency=20, retry=PATIENT)
    stored = by_mail(run)
    assert run.sandbox.state()["faults"]
    assert len(stored) == 200
    for row, outcome in outcomes.items():
        contact = stored[f"person{row}@example.com"]
        assert (outcome.contact_id, outcome.status) == (contact["id"], Status.CREATED)
        assert contact["tags"] == [f"tag {row}"]


@pytest.mark.parametrize("kind", [FaultKind.STRAY, FaultKind.STRAY_TIMEOUT])
async def test_a_reply_that_is_not_ours_ends_its_connection_and_what_stands_behind_it(
    start: StartRun, kind: FaultKind
) -> None:
    run = await start()
    run.sandbox.script([Fault(kind=kind, path="/contacts/upsert")])
    outcomes = await run.send(people(4), concurrency=1, retry=PATIENT)
    stored = by_mail(run)
    assert {row: each.contact_id for row, each in outcomes.items()} == {
        row: stored[f"person{row}@example.com"]["id"] for row in outcomes
    }
    assert [outcomes[row].attempts for row in sorted(outcomes)] == [1, 2, 1, 1]


@pytest.mark.parametrize("named", [True, False], ids=["known by name", "known without one"])
async def test_a_refused_duplicate_of_somebody_else_skips_no_row(
    start: StartRun,
    named: bool,  # noqa: FBT001
) -> None:
    run = await start(faults={FaultKind.SWAP: 0.2}, seed=5, slow_seconds=0.05, latency_ms=(1, 3))
    records = people(120)
    known = {
        each.row: run.sandbox.add_contact(
            PLACE,
            added_at=1.7e9,
            email=each.fields["email"],
            name=each.fields["firstName"] if named else "",
        )
        for each in records[::2]
    }
    outcomes = await run.send(records, mode=ImportMode.CREATE_ONLY, concurrency=20, retry=PATIENT)
    assert {row: each.contact_id for row, each in outcomes.items() if each.status is Status.SKIPPED} == known
    assert sum(each.status is Status.CREATED for each in outcomes.values()) == 60
    assert len(run.sandbox.contacts()) == 120


async def test_a_contact_known_by_the_rows_name_costs_no_look(start: StartRun) -> None:
    run = await start()
    for each in people(10):
        run.sandbox.add_contact(PLACE, email=each.fields["email"], name=each.fields["firstName"])
    await run.send(people(10), mode=ImportMode.CREATE_ONLY)
    assert not run.sandbox.vendor.tally.paths["GET contacts/*"]


async def test_a_reply_that_was_given_before_is_not_believed_again(start: StartRun) -> None:
    run = await start()
    first: list[bytes] = []

    def keep(body: bytes) -> bytes:
        first.append(body)
        return body

    run.sandbox.script(
        [Fault(path="/contacts/upsert", alter=keep), Fault(path="/contacts/upsert", alter=lambda _: first[0])]
    )
    outcomes = await run.send(
        [
            record(2, email="ann@example.com", firstName="An"),
            record(3, email="ann@example.com", firstName="Ann"),
        ],
        retry=PATIENT,
    )
    assert (outcomes[2].status, outcomes[2].attempts) == (Status.CREATED, 1)
    assert (outcomes[3].status, outcomes[3].attempts) == (Status.UPDATED, 2)


async def test_a_contact_known_by_an_address_that_the_reply_leaves_out_is_asked_for_it(
    start: StartRun,
) -> None:
    run = await start()

    def hide(body: bytes) -> bytes:
        told = json.loads(body)
        told["contact"] |= {"email": "zoe@example.com", "phone": None}
        return json.dumps(told).encode()

    run.sandbox.script([Fault(path="/contacts/upsert", alter=hide)])
    outcomes = await run.send([record(2, email="ann@example.com")])
    assert (outcomes[2].status, outcomes[2].attempts) == (Status.CREATED, 1)
    assert outcomes[2].contact_id == by_mail(run)["ann@example.com"]["id"]


async def test_a_row_that_is_always_answered_with_somebody_else_fails_and_says_so(start: StartRun) -> None:
    run = await start()
    run.sandbox.add_contact(PLACE, email="zoe@example.com")
    zoe = by_mail(run)["zoe@example.com"]
    foreign = json.dumps({"new": False, "contact": {"id": zoe["id"], "email": "zoe@example.com"}}).encode()
    run.sandbox.script([Fault(path="/contacts/upsert", alter=lambda _: foreign, times=50)])
    outcome = (await run.send([record(2, email="ann@example.com")], retry=replace(QUICK, row_seconds=0.0)))[2]
    assert (outcome.status, outcome.code, outcome.contact_id) == (Status.FAILED, "service_down", None)
    assert "the reply was about another contact" in str(outcome.message)


SEARCH = "/contacts/search/duplicate"
NOBODY = b'{"contact": null}'


def shows(**contact: str) -> bytes:
    return json.dumps({"contact": contact}).encode()


def searches(run: Run) -> int:
    return run.sandbox.vendor.tally.paths[f"GET {SEARCH.strip('/')}"]


@pytest.mark.parametrize(
    "found", [{"id": "c1", "email": "zoe@example.com"}, {"email": "person2@example.com"}]
)
async def test_a_search_that_finds_somebody_else_or_nobody_in_particular_is_made_again(
    start: StartRun, found: dict[str, str]
) -> None:
    run = await start(allow_duplicates=True)
    known = run.sandbox.add_contact(PLACE, email="person3@example.com")
    run.sandbox.script([Fault(path=SEARCH, alter=lambda _: shows(**found), times=2)])
    outcomes = await run.send(people(2), mode=ImportMode.CREATE_ONLY, concurrency=1, retry=PATIENT)
    assert outcomes[2].status is Status.CREATED
    assert (outcomes[3].code, outcomes[3].contact_id) == ("already_exists", known)
    assert len(run.sandbox.contacts()) == 2


async def test_what_a_search_of_somebody_else_finds_creates_nobody_where_rows_only_update(
    start: StartRun,
) -> None:
    run = await start()
    run.sandbox.script([Fault(path=SEARCH, alter=lambda _: shows(id="c1", email="zoe@example.com"))])
    outcomes = await run.send(people(1), mode=ImportMode.UPDATE_ONLY, retry=PATIENT)
    assert outcomes[2].code == "not_found"
    assert run.sandbox.contacts() == []


async def test_once_replies_were_crossed_nobody_is_believed_only_when_it_is_said_twice(
    start: StartRun,
) -> None:
    run = await start(allow_duplicates=True)
    known = run.sandbox.add_contact(PLACE, email="person2@example.com")
    crossed = shows(id="c1", email="zoe@example.com")
    run.sandbox.script(
        [Fault(path=SEARCH, alter=lambda _: crossed), Fault(path=SEARCH, alter=lambda _: NOBODY)]
    )
    outcomes = await run.send(people(1), mode=ImportMode.CREATE_ONLY, retry=PATIENT)
    assert (outcomes[2].code, outcomes[2].contact_id) == ("already_exists", known)
    assert searches(run) == 3


async def test_somebody_found_by_an_additional_address_is_no_crossed_reply(start: StartRun) -> None:
    run = await start(allow_duplicates=True)
    known = run.sandbox.add_contact(PLACE, email="zoe@example.com", additional_emails=["person2@example.com"])
    run.sandbox.script([Fault(path=SEARCH, alter=lambda _: shows(id=known, email="zoe@example.com"))])
    outcomes = await run.send(people(3), mode=ImportMode.CREATE_ONLY, concurrency=1, retry=PATIENT)
    assert (outcomes[2].code, outcomes[2].contact_id) == ("already_exists", known)
    assert searches(run) == 3
