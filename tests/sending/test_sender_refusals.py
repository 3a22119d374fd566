"""Replies that refuse a call: which prove that nothing was stored, whose fault they are, and what they end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from importer.errors import CredentialsError, CredentialsLostError, SettingsError
from importer.highlevel.calls import Call
from importer.highlevel.catalog import CatalogNeeds
from importer.highlevel.client import Client, LostReply, RawReply
from importer.highlevel.versions import ApiVersion
from importer.records import FollowUps, Landed, Record, Remedy, Status
from importer.runtime.clock import Clock, SystemClock
from importer.sandbox import Account, Fault, FaultKind, Sandbox
from importer.sending import Sender, SendingPolicy
from importer.settings import Connection, Secret
from tests.sending.runs import PLACE, QUICK, StartRun, people, record

UNHEARD_OF = (101, 302, 404, 405, 410, 413)
FORBIDDEN = b'{"statusCode": 403, "message": "The token does not have access to this location."}'
ELSEWHERE = "loc2"


def named(row: int, contact_id: str) -> Record:
    return replace(record(row, firstName="Ann"), contact_id=contact_id)


@pytest.mark.parametrize("status", UNHEARD_OF)
async def test_a_row_that_cannot_be_repeated_is_sent_once_whatever_status_hides_that_it_was_stored(
    start: StartRun, status: int
) -> None:
    run = await start(allow_duplicates=True, faults={f"stored-{status}": 0.3}, seed=5)
    rows = [
        record(row, email=f"p{row}@example.com", createNewIfDuplicateAllowed=True) for row in range(2, 32)
    ]
    run.sandbox.script([Fault(times=2)])  # the first contact
    outcomes = await run.send(rows)
    assert len(run.sandbox.contacts()) == 30
    lost = [each for each in outcomes.values() if each.code == "unconfirmed"]
    assert lost
    assert sum(each.status is Status.CREATED for each in outcomes.values()) == 30 - len(lost)


@pytest.mark.parametrize("status", UNHEARD_OF)
async def test_a_row_behind_such_a_status_is_settled_by_evidence(start: StartRun, status: int) -> None:
    run = await start(faults={f"stored-{status}": 0.3}, seed=5)
    run.sandbox.add_contact(PLACE, email="person2@example.com")
    run.clock.ahead_seconds = 60.0
    run.sandbox.script([Fault(times=2)])  # the first contact
    outcomes = await run.send(people(30))
    assert [outcomes[row].status for row in range(2, 32)] == [Status.UPDATED, *[Status.CREATED] * 29]
    assert len(run.sandbox.contacts()) == 30


async def test_an_enrolment_that_may_have_been_done_behind_such_a_status_is_not_sent_again(
    start: StartRun,
) -> None:
    run = await start()
    run.sandbox.script([Fault(kind=FaultKind.STORED, status=302, path="/workflow/")])
    outcomes = await run.send(people(1), follow_ups=FollowUps(workflow="Welcome"))
    assert outcomes[2].code == "follow_up_unconfirmed"


@pytest.mark.parametrize("missing", [400, 404])
async def test_contacts_that_are_missing_cost_one_call_each_and_no_other_row(
    start: StartRun, missing: int
) -> None:
    run = await start(missing_contact=missing)
    gone = [named(row, f"goneGoneGone{row:08d}") for row in range(2, 16)]
    outcomes = await run.send([*gone, *people(2, first=16)], concurrency=1)
    assert {(outcomes[each.row].code, outcomes[each.row].attempts) for each in gone} == {
        ("contact_not_found", 1)
    }
    assert [outcomes[row].status for row in (16, 17)] == [Status.CREATED] * 2
    assert not run.progress.holds, "it is no outage"


@pytest.mark.parametrize("path", ["/bulk/tags/", "/workflow/"])
async def test_a_contact_that_is_missing_from_a_follow_up_fails_just_that(start: StartRun, path: str) -> None:
    run = await start()
    body = b'{"statusCode": 404, "message": "Contact not found"}'
    run.sandbox.script([Fault(status=404, body=body, path=path)])
    outcomes = await run.send(people(1, tags=("x",)), follow_ups=FollowUps(workflow="Welcome"))
    assert outcomes[2].code == ("tags_failed" if "tags" in path else "workflow_failed")
    assert "Contact not found" in str(outcomes[2].message)
    assert not run.progress.holds


async def test_a_404_on_the_upsert_is_an_outage_and_no_missing_contact(start: StartRun) -> None:
    run = await start()
    body = b'{"statusCode": 404, "message": "Cannot POST /contacts/upsert"}'
    run.sandbox.script([Fault(status=404, body=body, path="/contacts/upsert", times=10)])
    outcomes = await run.send(people(20))
    assert {each.status for each in outcomes.values()} == {Status.CREATED}


async def test_a_contact_of_another_sub_account_fails_its_own_row(start: StartRun) -> None:
    run = await start(accounts=(Account(token="pit-test", locations=frozenset({PLACE})),))
    foreign = {row: run.sandbox.add_contact(ELSEWHERE, email=f"far{row}@example.com") for row in (2, 4, 5, 8)}
    rows = [named(each.row, foreign[each.row]) if each.row in foreign else each for each in people(7)]
    outcomes = await run.send(rows, concurrency=1)
    assert [outcomes[row].status for row in (3, 6, 7)] == [Status.CREATED] * 3
    assert {outcomes[row].code for row in (2, 4, 5, 8)} == {"refused"}
    assert "another sub-account's" in str(outcomes[2].message)


async def test_access_that_was_taken_away_ends_the_run_after_three_contacts(start: StartRun) -> None:
    run = await start()
    ids = [run.sandbox.add_contact(PLACE, email=f"p{number}@example.com") for number in range(6)]
    rows = [named(row, contact_id) for row, contact_id in enumerate(ids, 2)]
    run.sandbox.script([Fault(path="/contacts/upsert")])
    run.sandbox.script([Fault(status=403, body=FORBIDDEN, path="/contacts/", times=20)])
    with pytest.raises(CredentialsLostError, match="does not have access"):
        await run.send([*people(1, first=1), *rows], concurrency=1)
    assert [outcome.code for outcome in run.journal.outcomes.values()] == [None, "refused", "refused"]


async def send_to_edge(start: StartRun, times: int) -> Any:
    run = await start()
    run.sandbox.script([Fault(kind=FaultKind.EDGE, path="/contacts/upsert", times=times)])
    return run, await run.send(people(6), concurrency=1)


async def test_a_row_that_the_network_edge_refuses_fails_alone(start: StartRun) -> None:
    run, outcomes = await send_to_edge(start, 2)
    assert [outcomes[row].code for row in (2, 3)] == ["edge_refused"] * 2
    assert outcomes[2].remedy is Remedy.RUN_AGAIN
    assert "network edge" in outcomes[2].message
    assert "Cloudflare" in outcomes[2].message
    assert len(run.sandbox.contacts()) == 4


async def test_an_edge_that_refuses_all_ends_the_run_and_does_not_blame_the_token(start: StartRun) -> None:
    run = await start()
    run.sandbox.script([Fault(), Fault(), Fault(path="/contacts/upsert")])
    run.sandbox.script([Fault(kind=FaultKind.EDGE, path="/contacts/upsert", times=9)])
    with pytest.raises(CredentialsLostError, match=r"Cloudflare.*network edge.*not about the token"):
        await run.send(people(6), concurrency=1)
    assert len(run.sandbox.contacts()) == 1


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        (421, SettingsError, "The connection led to a server that does not answer for this address"),
        (451, CredentialsError, "cannot be reached for legal reasons.*Blocked.*Neither token nor location"),
    ],
)
async def test_a_page_on_the_way_to_the_first_call_is_not_the_locations_fault(
    start: StartRun, status: int, error: type[Exception], said: str
) -> None:
    run = await start()
    page = b"<html><title>Blocked</title></html>"
    run.sandbox.script([Fault(status=status, body=page, path="/locations", times=9)])
    with pytest.raises(error, match=said) as told:
        await run.send(people(1))
    assert "Check the location's id" not in str(told.value)


class NotingClient(Client):
    """Notes after which replies it was told to part with the connection."""

    def __init__(self, base_url: str, *, clock: Clock) -> None:
        super().__init__(base_url, clock=clock, version=ApiVersion.V2021_07_28)
        self.parted_after: list[int] = []

    async def request(self, call: Call, token: Secret | None = None) -> RawReply | LostReply:
        raw = await super().request(call, token)
        if isinstance(raw, LostReply):
            return raw

        def discard() -> None:
            self.parted_after.append(raw.status)
            raw.discard()

        return replace(raw, discard=discard)


async def test_a_request_that_was_led_astray_is_sent_over_another_connection(start: StartRun) -> None:
    run = await start()
    page = b"<html>Misdirected Request</html>"
    run.sandbox.script([Fault(status=421, body=page, path="/contacts/upsert")])
    connection = Connection(base_url=run.sandbox.base_url, token=Secret("pit-test"))
    door = NotingClient(run.sandbox.base_url, clock=SystemClock())
    policy = SendingPolicy(retry=QUICK)
    async with Sender(connection=connection, journal=run.journal, client=door, policy=policy) as sender:
        await sender.open_location(PLACE, CatalogNeeds())
        await sender.submit(people(1)[0])
        await sender.drain()
    outcome = run.journal.outcomes[2]
    assert (outcome.status, outcome.attempts) == (Status.CREATED, 2)
    assert door.parted_after == [421]


def tagged(sandbox: Sandbox) -> int:
    return sum(each["tags"] == ["x"] for each in sandbox.contacts())


async def test_of_a_bulk_tag_call_that_is_refused_as_a_whole_only_the_culprit_fails(start: StartRun) -> None:
    run = await start(bulk_tags_whole=True)
    gone = Landed(
        row=40, location_id=PLACE, status=Status.CREATED, contact_id="goneGoneGone00000000", http_status=200, attempts=1
    )  # fmt: skip
    outcomes = await run.send(people(80, tags=("x",)), row_states={40: gone})
    assert [row for row, each in outcomes.items() if each.status is not Status.CREATED] == [40]
    assert outcomes[40].code == "tags_failed"
    assert "must be a contact of the location" in str(outcomes[40].message)
    assert tagged(run.sandbox) == 79


@pytest.mark.parametrize("refusal", [Fault(status=413, path="/bulk/tags/"), None])
async def test_a_bulk_tag_call_that_is_too_large_goes_in_parts(
    start: StartRun, refusal: Fault | None
) -> None:
    run = await start(bulk_tag_limit=100)
    run.sandbox.script([refusal] if refusal else [])
    outcomes = await run.send(people(250, tags=("x",)))
    assert {each.status for each in outcomes.values()} == {Status.CREATED}
    assert tagged(run.sandbox) == 250


async def test_a_refusal_that_is_about_all_contacts_does_not_cost_a_call_for_each(start: StartRun) -> None:
    run = await start()
    body = b'{"statusCode": 422, "message": ["tags must be shorter"]}'
    run.sandbox.script([Fault(status=422, body=body, path="/bulk/tags/", times=1_000)])
    outcomes = await run.send(people(300, tags=("x",)))
    assert {each.code for each in outcomes.values()} == {"tags_failed"}
    calls = sum(count for path, count in run.sandbox.state()["paths"].items() if "/bulk/tags/" in path)
    assert calls <= 81
