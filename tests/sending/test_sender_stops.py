from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from importer.errors import (
    BudgetSpentError,
    CredentialsError,
    CredentialsLostError,
    InterruptedRunError,
    QuotaSpentError,
    ServiceDownError,
    SettingsError,
    StateError,
    TooManyFailuresError,
)
from importer.highlevel.catalog import CatalogNeeds
from importer.records import FollowUps, Intent, Landed, Outcome, Remedy, Status
from importer.sandbox import Account, Fault, FaultKind
from importer.sending import Sender, SendingPolicy
from importer.sending.pace.open_hours import LocalHours
from importer.settings import Connection, FailureLimit, OpenHours, Secret
from tests.sending.memory_journal import MemoryJournal
from tests.sending.runs import NEEDS, PATIENT, PLACE, QUICK, Run, StartRun, people, record


def settled_or_pending(run: Run, rows: int) -> None:
    """What the vendor stored without an outcome is announced in the journal, so a resume can find it."""
    stored = {int(each["email"].removeprefix("person").split("@")[0]) for each in run.sandbox.contacts()}
    intended = {intent.row for intent in run.journal.intents}
    assert stored <= intended
    assert len(run.journal.outcomes) < rows


async def test_a_spent_day_stops_the_run_and_says_when_to_go_on(start: StartRun) -> None:
    run = await start(daily=50)
    with pytest.raises(QuotaSpentError, match=r"Go on after \d{4}-\d\d-\d\d \d\d:\d\d UTC"):
        await run.send(people(100))
    assert "429" not in run.sandbox.state()["replies"], "nothing is sent into a refusal"
    assert {each.status for each in run.journal.outcomes.values()} == {Status.CREATED}
    settled_or_pending(run, 100)


async def test_a_spent_day_can_be_waited_for(start: StartRun) -> None:
    run = await start(daily=20)
    task = asyncio.create_task(run.send(people(40), wait_for_quota=True))
    await run.progress.held.wait()
    assert run.progress.holds[0] == (PLACE, "the daily allowance is used up")
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_throttled_requests_wait_and_are_sent_again(start: StartRun) -> None:
    run = await start(faults={FaultKind.THROTTLED: 0.1}, interval_seconds=0.05, seed=3)
    outcomes = await run.send(people(60))
    assert {each.status for each in outcomes.values()} == {Status.CREATED}
    assert (PLACE, "the burst quota is used up") in run.progress.holds


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("pit-invalid", "Invalid Private Integration token"),
        ("pit-no-access", "Forbidden resource"),
        ("pit-no-scope", "not authorized for this scope"),
    ],
)
async def test_a_refused_token_is_a_fault_of_the_setup_as_long_as_nothing_was_sent(
    start: StartRun, token: str, words: str
) -> None:
    run = await start()
    with pytest.raises(CredentialsError, match=words) as caught:
        await run.send(people(3), token=token)
    assert token not in str(caught.value)
    assert run.journal.outcomes == {}


async def test_a_token_that_ends_in_the_middle_stops_the_run(start: StartRun) -> None:
    run = await start(accounts=(Account(token="pit-test"),))
    run.progress.on_request = lambda: (
        run.sandbox.accounts.expire("pit-test") if run.progress.requests == 30 else None
    )
    with pytest.raises(CredentialsLostError, match=PLACE):
        await run.send(people(100), concurrency=4)
    assert {each.status for each in run.journal.outcomes.values()} == {Status.CREATED}
    settled_or_pending(run, 100)


async def test_a_location_that_refuses_us_fails_its_own_rows_only(start: StartRun) -> None:
    run = await start(
        accounts=(
            Account(token="pit-a", locations=frozenset({"locA"})),
            Account(token="pit-b", locations=frozenset({"locB"})),
        )
    )
    connection = Connection(
        base_url=run.sandbox.base_url, tokens={"locA": Secret("pit-a"), "locB": Secret("pit-a")}
    )
    policy = SendingPolicy(locations_by_column=True)
    async with Sender(connection=connection, journal=run.journal, policy=policy) as sender:
        await sender.open_location("locA", NEEDS)
        with pytest.raises(CredentialsError):
            await sender.open_location("locB", NEEDS)
        with pytest.raises(CredentialsError, match="no token for location locC"):
            await sender.open_location("locC", NEEDS)
        for row in range(2, 32):
            await sender.submit(record(row, place=f"loc{'ABC'[row % 3]}", email=f"p{row}@example.com"))
        await sender.drain()
    by_place = {
        place: {each.code for each in run.journal.outcomes.values() if each.location_id == place}
        for place in ("locA", "locB", "locC")
    }
    assert by_place == {"locA": {None}, "locB": {"location_refused"}, "locC": {"location_refused"}}
    assert all(each.remedy is not Remedy.FIX_ROW for each in run.journal.outcomes.values())


async def test_a_scope_taken_away_in_the_middle_fails_the_rows_of_that_location(start: StartRun) -> None:
    run = await start(accounts=(Account(token="pit-test"),))
    reduced = Account(token="pit-test", scopes=frozenset({"locations.readonly"}))
    run.progress.on_request = lambda: (
        run.sandbox.accounts.declare(reduced) if run.progress.requests == 30 else None
    )
    outcomes = await run.send(people(100), locations_by_column=True, concurrency=4)
    assert len(outcomes) == 100
    sentence = (
        "HighLevel refuses location loc1: “The token is not authorized for this scope.” (401). "
        "Give the token the scopes that `importer doctor` lists. If it has them, it is the agency's: make a private "
        "integration token inside the sub-account (its Settings > Private Integrations)."
    )
    told = {(each.code, each.message) for each in outcomes.values()}
    assert told == {(None, None), ("location_refused", sentence)}


async def test_a_budget_of_requests_is_kept(start: StartRun) -> None:
    run = await start()
    with pytest.raises(BudgetSpentError, match="budget of 20 requests"):
        await run.send(people(100), max_requests=20)
    state = run.sandbox.state()
    assert state["paths"]["POST contacts/upsert"] == 20
    assert state["requests"] > 20, "the look at the location is left out of it"


async def test_an_outage_pauses_the_run_and_at_last_stops_it(start: StartRun) -> None:
    run = await start()
    outage = Fault(kind=FaultKind.UNAVAILABLE)
    run.progress.on_request = lambda: (
        setattr(run.sandbox.fates, "down", outage) if run.progress.requests == 20 else None
    )
    with pytest.raises(ServiceDownError, match="has not answered"):
        await run.send(people(100), concurrency=10)
    assert {each.status for each in run.journal.outcomes.values()} == {Status.CREATED}
    assert any("503" in reason for _, reason in run.progress.holds)


async def test_nobody_at_home_is_told_as_such(start: StartRun) -> None:
    run = await start()
    await run.sandbox.stop()
    with pytest.raises(ServiceDownError, match="could not be reached"):
        await run.send(people(1))


async def test_an_address_that_is_not_the_vendors_is_a_wrong_setting(start: StartRun) -> None:
    run = await start()
    connection = Connection(base_url=f"{run.sandbox.base_url}/elsewhere", sandbox=True)
    async with Sender(connection=connection, journal=run.journal) as sender:
        with pytest.raises(SettingsError, match="HIGHLEVEL_BASE_URL"):
            await sender.open_location(PLACE, NEEDS)


async def test_stopping_lets_those_in_the_air_land_and_starts_no_other(start: StartRun) -> None:
    run = await start(latency_ms=(20, 40))
    seen: list[int] = []

    def stop_at_ten() -> None:
        if run.progress.requests == 14 and run.sender is not None:
            seen.append(run.sandbox.state()["requests"])
            run.sender.stop(InterruptedRunError("Stopped by SIGINT."))

    run.progress.on_request = stop_at_ten
    with pytest.raises(InterruptedRunError):
        await run.send(people(300), concurrency=10)
    assert run.sandbox.state()["requests"] - seen[0] <= 10
    assert len(run.sandbox.contacts()) == len(run.journal.outcomes)


def in_doubt(run: Run) -> set[int]:
    """Give the rows of which a later session knows no more than that they may have been sent."""
    last = {}
    for step in run.journal.history:
        verb, row = step.rsplit(" ", 1)
        last[int(row)] = verb
    return {row for row, verb in last.items() if verb == "intend"}


async def test_a_stop_leaves_no_row_in_doubt_that_was_not_sent(start: StartRun) -> None:
    run = await start(latency_ms=(20, 40))
    run.progress.on_request = lambda: (
        run.sender.stop(InterruptedRunError("Stopped by SIGINT."))
        if run.progress.requests == 14 and run.sender is not None
        else None
    )
    with pytest.raises(InterruptedRunError):
        await run.send(people(300), concurrency=10)
    assert len(run.journal.intents) > len(run.journal.outcomes), "else nothing had to be taken back"
    assert in_doubt(run) == set()


async def test_a_stop_leaves_rows_in_doubt_whose_reply_was_lost(start: StartRun) -> None:
    run = await start()
    run.sandbox.script([Fault(kind=FaultKind.RESET, path="/contacts/upsert", times=100)])
    resting = replace(PATIENT, doubt_seconds=60.0)
    run.progress.on_request = lambda: (
        run.sender.stop(InterruptedRunError("Stopped by SIGINT."))
        if run.sender is not None and run.sandbox.contacts()
        else None
    )
    with pytest.raises(InterruptedRunError):
        await run.send(people(300), concurrency=3, retry=resting)
    stored = {int(each["email"].removeprefix("person").split("@")[0]) for each in run.sandbox.contacts()}
    assert stored == in_doubt(run)


async def test_a_stop_leaves_no_row_in_doubt_that_the_vendor_refused_to_take(start: StartRun) -> None:
    run = await start()
    run.sandbox.script([Fault(kind=FaultKind.THROTTLED, path="/contacts/upsert", times=100)])
    run.progress.on_request = lambda: (
        run.sender.stop(InterruptedRunError("Stopped by SIGINT."))
        if run.sender is not None and run.sandbox.state()["replies"].get("429")
        else None
    )
    with pytest.raises(InterruptedRunError):
        await run.send(people(30), concurrency=3)
    assert run.journal.intents
    assert in_doubt(run) == set()


async def test_a_stop_leaves_the_row_in_doubt_that_is_cut_off_in_the_air(start: StartRun) -> None:
    run = await start(slow_seconds=600.0)
    run.sandbox.script([Fault(kind=FaultKind.SLOW, path="/contacts/upsert")])
    sending = asyncio.ensure_future(run.send(people(50), concurrency=1, landing_seconds=0.05))
    await run.clock.slow.wait()
    assert run.sender is not None
    run.sender.stop(InterruptedRunError("Stopped by SIGINT."))
    with pytest.raises(InterruptedRunError):
        await asyncio.wait_for(sending, 30)
    assert in_doubt(run) == {2}


async def test_a_session_that_is_cut_off_leaves_no_row_in_doubt_that_was_not_sent(start: StartRun) -> None:
    """Whether it had a worker, which waited until rows may be sent, or stood ready for one."""
    run = await start()
    later = datetime.now(UTC) + timedelta(hours=12)
    closed = OpenHours(between=(later.time(), (later + timedelta(minutes=1)).time()))
    connection = Connection(base_url=run.sandbox.base_url, token=Secret("pit-test"))

    async def send() -> None:
        async with Sender(connection=connection, journal=run.journal, progress=run.progress) as sender:
            await sender.open_location(PLACE, CatalogNeeds())
            sender.keep_hours({PLACE: LocalHours(hours=closed, zone=UTC)})
            for each in people(20):
                await sender.submit(each)
            await sender.drain()

    sending = asyncio.ensure_future(send())
    await run.progress.held.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert len(run.journal.intents) == 20
    assert in_doubt(run) == set()


async def test_a_row_whose_contact_is_stored_is_not_taken_for_one_that_was_not_sent(start: StartRun) -> None:
    run = await start()
    row_states = {
        row: Landed(
            row=row,
            location_id=PLACE,
            status=Status.CREATED,
            contact_id=f"c{row}",
            http_status=200,
            attempts=1,
        )
        for row in range(52, 102)
    }
    run.progress.on_request = lambda: (
        run.sender.stop(InterruptedRunError("Stopped by SIGINT."))
        if run.sender is not None and run.journal.intents
        else None
    )
    with pytest.raises(InterruptedRunError):
        await run.send(people(100), row_states=row_states, concurrency=1)
    assert len(run.journal.outcomes) < 100, "else nothing was left to be taken back"
    assert {each.row for each in run.journal.withdrawn} & row_states.keys() == set()


async def test_a_row_that_was_in_doubt_before_stays_so_where_it_was_not_sent_again(start: StartRun) -> None:
    run = await start()
    row_states = {
        row: Intent(row=row, location_id=PLACE, first_attempt_at=run.clock.now() - 90.0 + row)
        for row in range(2, 202)
    }
    run.progress.on_request = lambda: (
        run.sender.stop(InterruptedRunError("Stopped by SIGINT."))
        if run.sender is not None and run.journal.intents
        else None
    )
    with pytest.raises(InterruptedRunError):
        await run.send(people(200), row_states=row_states, concurrency=2)
    assert run.journal.withdrawn
    assert run.journal.withdrawn == [row_states[each.row] for each in run.journal.withdrawn]


async def test_a_look_for_a_contact_is_cut_off_by_the_wish_to_stop(start: StartRun) -> None:
    run = await start(slow_seconds=600.0)
    run.sandbox.script([Fault(), Fault(kind=FaultKind.SLOW)])
    connection = Connection(base_url=run.sandbox.base_url, token=Secret("pit-test"))
    async with Sender(connection=connection, journal=run.journal) as sender:
        await sender.open_location(PLACE, CatalogNeeds())
        looking = asyncio.ensure_future(sender.find(people(1)[0]))
        await run.clock.slow.wait()
        sender.stop(InterruptedRunError("Stopped by Ctrl-C."))
        with pytest.raises(InterruptedRunError):
            await asyncio.wait_for(looking, 30)


async def test_looks_that_end_together_leave_nothing_unheard(
    start: StartRun, caplog: pytest.LogCaptureFixture
) -> None:
    """What nobody heard is complained of by the garbage collector, in the middle of something else."""
    run = await start()
    connection = Connection(base_url=run.sandbox.base_url, token=Secret("pit-test"))
    async with Sender(connection=connection, journal=run.journal) as sender:
        await sender.open_location(PLACE, CatalogNeeds())
        run.sandbox.leave_for_today(PLACE, 0)
        looks = [asyncio.ensure_future(sender.find(each)) for each in people(12)]
        with pytest.raises(QuotaSpentError):
            await asyncio.gather(*looks)
        for look in looks:
            look.cancel()
        await asyncio.wait(looks)
        del looks, look
    gc.collect()
    assert "never retrieved" not in caplog.text


async def test_too_many_failures_stop_the_run(start: StartRun) -> None:
    run = await start()
    with pytest.raises(TooManyFailuresError, match="--stop-after-failures"):
        await run.send(
            [record(row, email=f"bad {row}") for row in range(2, 300)],
            stop_after_failures=FailureLimit(rows=5),
            concurrency=2,
        )
    assert 5 <= len(run.journal.outcomes) < 20


class FullDisk(MemoryJournal):
    def settle(self, outcomes: Iterable[Outcome]) -> None:
        if len(self.outcomes) > 20:
            raise OSError(28, "No space left on device")
        super().settle(outcomes)


async def test_a_journal_that_fails_stops_the_run_at_once(start: StartRun) -> None:
    run = await start()
    run.journal = FullDisk()
    with pytest.raises(StateError, match="No space left"):
        await run.send(people(500), concurrency=4)
    assert len(run.sandbox.contacts()) < 500
    settled_or_pending(run, 500)


async def test_cancelling_loses_no_outcome_that_was_answered(start: StartRun) -> None:
    run = await start(latency_ms=(1, 5))
    task = asyncio.create_task(run.send(people(2_000), concurrency=8))
    run.progress.on_request = lambda: task.cancel() if run.progress.requests == 50 else None
    with pytest.raises(asyncio.CancelledError):
        await task
    stored = len(run.sandbox.contacts())
    assert stored - 8 <= len(run.journal.outcomes) <= stored
    settled_or_pending(run, 2_000)


async def test_rows_in_doubt_are_settled_by_evidence(start: StartRun) -> None:
    run = await start()
    run.sandbox.add_contact(PLACE, email="person2@example.com")
    cut_at = run.clock.now() + 60.0
    run.clock.ahead_seconds = 120.0
    run.sandbox.add_contact(PLACE, email="person3@example.com")
    row_states = {
        row: Intent(row=row, location_id=PLACE, first_attempt_at=cut_at, exact=False) for row in (2, 3, 4)
    }
    outcomes = await run.send(people(3), row_states=row_states)
    assert [outcomes[row].status for row in (2, 3, 4)] == [Status.UPDATED, Status.CREATED, Status.CREATED]
    assert [outcomes[row].by_date for row in (2, 3, 4)] == [False, True, False], "a reply told of row 4"


async def test_a_contact_of_an_earlier_row_is_no_proof_for_a_later_one(start: StartRun) -> None:
    run = await start()
    first_attempt_at = run.clock.now() - 1.0
    rows = [record(2, email="same@example.com"), record(3, email="same@example.com")]
    row_states = {
        row: Intent(row=row, location_id=PLACE, first_attempt_at=first_attempt_at) for row in (2, 3)
    }
    outcomes = await run.send(rows, row_states=row_states)
    assert [outcomes[row].status for row in (2, 3)] == [Status.CREATED, Status.UPDATED]


async def test_a_row_in_doubt_that_nothing_can_prove_is_not_sent(start: StartRun) -> None:
    run = await start()
    rows = [record(row, firstName="Ann", lastName=f"Lee {row}") for row in (2, 3)]
    row_states = {
        2: Intent(row=2, location_id=PLACE, first_attempt_at=run.clock.now(), exact=True),
        3: Intent(row=3, location_id=PLACE, first_attempt_at=run.clock.now(), exact=False),
    }
    outcomes = await run.send(rows, row_states=row_states)
    assert outcomes[2].code == "unconfirmed"
    assert outcomes[2].message is not None
    assert "it may or may not have been" in outcomes[2].message
    assert outcomes[3].code == "refused"  # it was never sent, so it may be: and the vendor wants a match key


async def test_plain_http_is_for_loopback_only() -> None:
    with pytest.raises(SettingsError, match="unprotected"):
        Sender(connection=Connection(base_url="http://example.com"), journal=MemoryJournal())


async def test_a_workflow_that_ends_with_the_day_leaves_the_row_landed(start: StartRun) -> None:
    run = await start(daily=9)
    with pytest.raises(QuotaSpentError):
        await run.send(people(4), follow_ups=FollowUps(workflow="Welcome"), concurrency=1)
    assert run.journal.landed.keys() - run.journal.outcomes.keys() or len(run.journal.outcomes) < 4


async def test_an_absurd_burst_window_is_told_and_not_kept_to(start: StartRun) -> None:
    run = await start(faults={FaultKind.ABSURD_INTERVAL: 0.5}, burst=1_000, seed=1)
    outcomes = await run.send(people(60))
    assert {each.status for each in outcomes.values()} == {Status.CREATED}
    told = [each for each in run.progress.messages if "burst window" in each]
    assert len(told) == 1
    assert "lasts 277,778 hours, which cannot be: 10 s are kept to" in told[0]


@pytest.mark.parametrize("kind", [FaultKind.ENDLESS, FaultKind.HUGE])
async def test_replies_without_end_stop_a_run_long_before_an_outage_would(
    start: StartRun, kind: FaultKind
) -> None:
    run = await start()
    run.sandbox.script([Fault(kind=kind, path="/contacts/upsert", times=1_000)])
    patience = replace(QUICK, outage_seconds=10_000.0, lasting_seconds=0.1, row_seconds=100.0)
    with pytest.raises(ServiceDownError, match="waiting seldom mends that: the reply was larger than 8 MB"):
        await run.send(people(20), retry=patience, concurrency=4)
