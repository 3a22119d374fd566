"""The pure parts of sending: slots, retry, breaker, vendor's clock, read-back, failures, meter, spilled rows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.errors import TooManyFailuresError
from importer.highlevel.client import LostReply
from importer.highlevel.reply import Reply, ReplyKind
from importer.records import Fault, Intent, Json, Record
from importer.sending.capacity import Capacity
from importer.sending.failures import FailureWatch
from importer.sending.pace.breaker import Breaker
from importer.sending.pace.meter import Meter
from importer.sending.pace.slots import Slots, Ticket
from importer.sending.policy import RetryPolicy
from importer.sending.retry import (
    Accept,
    Again,
    Attempts,
    Decision,
    EndDay,
    GiveUp,
    Hold,
    Refuse,
    Renew,
    backoff_seconds,
    decide,
    doubt_seconds,
)
from importer.sending.row.readback import compare, compare_custom
from importer.sending.spill_queue import SpillQueue
from importer.settings import FailureLimit

POLICY = RetryPolicy()
LOST = LostReply(reason="cut", sent=True, sent_at=0, received_at=1)
NEVER_SENT = LostReply(reason="no connection", sent=False, sent_at=0, received_at=1)


def reply(kind: ReplyKind, **more: Any) -> Reply:
    return Reply(kind=kind, status=400, **more)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (reply(ReplyKind.DONE), Accept),
        (reply(ReplyKind.REFUSED), Accept),
        (reply(ReplyKind.DUPLICATE), Accept),
        (reply(ReplyKind.NO_CONTACT), Accept),
        (reply(ReplyKind.THROTTLED), Hold),
        (reply(ReplyKind.DAY_SPENT), EndDay),
        (reply(ReplyKind.TOKEN_REFUSED), Renew),
        (reply(ReplyKind.SCOPE_MISSING), Refuse),
        (reply(ReplyKind.LOCATION_REFUSED), Refuse),
        (reply(ReplyKind.LOCATION_PAUSED), Refuse),
        (reply(ReplyKind.TROUBLE), Again),
        (reply(ReplyKind.MISDIRECTED), Again),
        (LOST, Again),
        (NEVER_SENT, Again),
    ],
)
def test_each_end_of_an_attempt_has_one_answer(found: Reply | LostReply, expected: type[Decision]) -> None:
    assert isinstance(decide(found, Attempts(count=1, seconds=0), POLICY, chance=0.5), expected)


def test_a_lost_reply_of_a_row_that_cannot_be_repeated_is_given_up_in_doubt() -> None:
    attempts = Attempts(count=1, seconds=0, repeatable=False)
    assert decide(LOST, attempts, POLICY, chance=0.5) == GiveUp(doubtful=True)
    assert decide(reply(ReplyKind.TROUBLE), attempts, POLICY, chance=0.5) == GiveUp(doubtful=True)
    assert isinstance(decide(NEVER_SENT, attempts, POLICY, chance=0.5), Again)


def test_a_row_is_given_up_when_it_was_tried_often_and_long_and_the_service_is_up() -> None:
    often = POLICY.row_attempts
    for count, seconds, breaker_open, expected in (
        (often, POLICY.row_seconds, False, GiveUp),
        (often - 1, POLICY.row_seconds, False, Again),
        (often, POLICY.row_seconds - 1, False, Again),
        (often, POLICY.row_seconds, True, Again),
    ):
        attempts = Attempts(count=count, seconds=seconds, breaker_open=breaker_open)
        assert isinstance(decide(LOST, attempts, POLICY, chance=0.5), expected)


@pytest.mark.parametrize(
    ("found", "least"),
    [(LOST, 1.6), (reply(ReplyKind.TROUBLE), 1.6), (NEVER_SENT, 0.0), (reply(ReplyKind.MISDIRECTED), 0.0)],
)
def test_a_repeat_waits_until_the_vendor_is_done_with_what_it_may_have_got(
    found: Reply | LostReply, least: float
) -> None:
    attempts = Attempts(count=1, seconds=0, busy_seconds=1.6)
    again = decide(found, attempts, POLICY, chance=0.0)
    assert isinstance(again, Again)
    assert again.wait_seconds == least
    late = decide(found, Attempts(count=20, seconds=0, busy_seconds=50 * least), POLICY, chance=1.0)
    assert isinstance(late, Again)
    assert late.wait_seconds == max(50 * least, POLICY.longest_wait_seconds)


def test_the_vendor_is_given_ten_seconds_or_four_times_its_slowest_reply() -> None:
    assert [doubt_seconds(POLICY, slowest) for slowest in (0.0, 2.0, 5.0)] == [10.0, 10.0, 20.0]


def test_a_token_is_renewed_twice_at_most() -> None:
    refused = reply(ReplyKind.TOKEN_REFUSED)
    assert decide(refused, Attempts(count=1, seconds=0, renewals=2), POLICY, chance=0) == Refuse()


def test_throttling_waits_as_told_else_an_interval() -> None:
    told = decide(
        reply(ReplyKind.THROTTLED, retry_after_seconds=3.0), Attempts(count=1, seconds=0), POLICY, chance=0
    )
    assert told == Hold(3.0)
    untold = decide(reply(ReplyKind.THROTTLED), Attempts(count=1, seconds=0), POLICY, chance=1)
    assert isinstance(untold, Hold)
    assert 10 < untold.wait_seconds <= 11


def test_nobody_is_told_to_wait_for_longer_than_is_sensible() -> None:
    """A Retry-After of a day, or of a hundred years, comes from a proxy that is out of order."""
    attempts = Attempts(count=1, seconds=0)
    throttled = reply(ReplyKind.THROTTLED, retry_after_seconds=86_400.0)
    assert decide(throttled, attempts, POLICY, chance=0.0) == Hold(3_600.0)
    trouble = reply(ReplyKind.TROUBLE, retry_after_seconds=86_400.0)
    assert decide(trouble, attempts, POLICY, chance=0.0) == Again(POLICY.longest_wait_seconds, doubtful=True)


def test_a_server_in_trouble_is_left_alone_as_long_as_it_asks() -> None:
    trouble = reply(ReplyKind.TROUBLE, retry_after_seconds=7.0)
    again = decide(trouble, Attempts(count=1, seconds=0), POLICY, chance=0.0)
    assert again == Again(7.0, doubtful=True)


def test_the_wait_begins_with_half_a_second_and_doubles() -> None:
    longest = [backoff_seconds(failures, POLICY, chance=1.0) for failures in range(1, 9)]
    assert longest == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert backoff_seconds(3, POLICY, chance=0.5) == 1.0


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_back_off_has_full_jitter_and_a_ceiling(failures: int, chance: float) -> None:
    wait = backoff_seconds(failures, POLICY, chance=chance)
    assert 0 <= wait <= min(POLICY.longest_wait_seconds, POLICY.first_wait_seconds * 2.0 ** min(failures, 60))


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.floats(0.001, 3.0), st.floats(0.0, 0.4), st.booleans()), min_size=30, max_size=200),
    st.integers(1, 7),
)
def test_no_interval_ever_holds_more_requests_than_the_quota(
    steps: list[tuple[float, float, bool]], burst: int
) -> None:
    """Each request may be counted anywhere between its sending and its reply."""
    slots = Slots(burst=burst, interval_seconds=2.0)
    now = 0.0
    under_way: list[tuple[float, Ticket]] = []
    counted: list[float] = []
    for pause, latency, early in steps:
        now += pause * 0.1
        for due, ticket in sorted(under_way, key=lambda pair: pair[0]):
            if due <= now:
                slots.leave(ticket, due)
                under_way.remove((due, ticket))
        if slots.wait_seconds(now) == 0.0:
            under_way.append((now + latency, slots.take()))
            counted.append(now if early else now + latency)
    counted.sort()
    for first in range(len(counted) - burst):
        assert counted[first + burst] - counted[first] >= 2.0 - 1e-9


def test_requests_of_others_take_slots() -> None:
    slots = Slots(burst=10, interval_seconds=10.0)
    ticket = slots.take()
    slots.leave(ticket, 0.0)
    assert slots.reconcile(ticket, 9, 0.0) == 0
    assert slots.reconcile(ticket, 4, 0.0) == 5
    assert slots.reconcile(ticket, 4, 0.0) == 0
    assert slots.occupied == 6


def test_so_many_slots_are_kept_as_are_asked_for_and_half_at_most() -> None:
    slots = Slots(burst=10, interval_seconds=10.0)
    for _ in range(4):
        slots.leave(slots.take(), 0.0)
    assert slots.wait_seconds(1.0, keep=lambda: 99) == 0.0
    slots.leave(slots.take(), 0.0)
    assert slots.wait_seconds(1.0, keep=lambda: 4) == 0.0
    assert slots.wait_seconds(1.0, keep=lambda: 5) == 9.0
    assert slots.wait_seconds(1.0, keep=lambda: 99) == 9.0


def test_a_request_without_a_reply_keeps_its_slot_longer() -> None:
    slots = Slots(burst=1, interval_seconds=10.0)
    slots.leave(slots.take(), 0.0, late_seconds=10.0)
    assert slots.wait_seconds(15.0) == 5.0
    slots = Slots(burst=1, interval_seconds=10.0)
    slots.hand_back(slots.take())
    assert slots.wait_seconds(0.0) == 0.0


def test_one_row_in_trouble_is_no_outage() -> None:
    breaker = Breaker(POLICY)
    for number in range(50):
        breaker.fail(2, float(number))
    assert breaker.trip(50.0, 50.0, chance=1) is None


def test_what_would_meet_any_row_is_an_outage_after_one_row() -> None:
    breaker = Breaker(POLICY)
    for number in range(POLICY.trip_after):
        breaker.fail(2, float(number), nobodys_fault=True)
    assert breaker.trip(8.0, 8.0, chance=1) == 1.0
    breaker.succeed()
    for number in range(POLICY.trip_after):
        breaker.fail(2, float(number))
    assert breaker.trip(50.0, 50.0, chance=1) is None, "and what is over says nothing of the next failures"


def test_an_untrusted_certificate_is_given_up_only_where_it_cannot_pass() -> None:
    lost = LostReply(reason="who are you", sent=False, sent_at=0, received_at=1, certificate=True)
    attempts = Attempts(count=1, seconds=0)
    strict = RetryPolicy(certificate_passes=False)
    assert decide(lost, attempts, strict, chance=0.5) == GiveUp(doubtful=False)
    assert isinstance(decide(lost, attempts, POLICY, chance=0.5), Again)


def test_an_outage_opens_the_breaker() -> None:
    breaker = Breaker(POLICY)
    for number in range(POLICY.trip_after):
        breaker.fail(number, float(number))
    assert breaker.trip(8.0, 8.0, chance=1) == 1.0
    assert breaker.open
    assert breaker.trip(7.0, 8.5, chance=1) == 0.0  # was under way when the breaker opened
    assert breaker.trip(9.0, 9.5, chance=1) == 2.0
    assert not breaker.hopeless(100.0)
    assert breaker.hopeless(POLICY.outage_seconds)


def test_a_success_ends_an_outage() -> None:
    breaker = Breaker(POLICY)
    for number in range(POLICY.trip_after):
        breaker.fail(number, float(number))
    breaker.trip(8.0, 8.0, chance=1)
    breaker.succeed()
    assert not breaker.open
    assert breaker.down_seconds(2_000.0) == 0


def record(custom: tuple[tuple[str, Json], ...] = (), **fields: Json) -> Record:
    return Record(row=2, location_id="loc", fields=fields, custom_fields=custom)


@pytest.mark.parametrize(
    ("sent", "stored", "warned"),
    [
        ({"email": "Ann@Example.com"}, {"email": "ann@example.com"}, None),
        ({"phone": "+14155550100"}, {"phone": "+1 415-555-0100"}, None),
        ({"phone": "+14155550100", "email": "a@b.co"}, {"email": "a@b.co", "phone": None}, "phone belongs"),
        ({"phone": "+14155550100"}, {"email": "a@b.co", "phone": "+14155550199"}, "phone kept its old value"),
        ({"phone": "+14155550100"}, {"id": "c1"}, None),
        ({"firstName": "ANN"}, {"firstName": "Ann"}, None),
        ({"firstName": "Ann"}, {"firstName": "Bo"}, "firstName was stored differently"),
        ({"gender": "female"}, {"gender": None}, "gender was dropped"),
        ({"website": "https://a.example/"}, {"website": "https://a.example"}, None),
        ({"dateOfBirth": "1990-02-01"}, {"dateOfBirth": "1990-02-01T00:00:00.000Z"}, None),
        ({"dateOfBirth": "1990/02/01"}, {"dateOfBirth": 633830400000}, None),
        ({"dateOfBirth": "1990-02-01"}, {"dateOfBirth": "1990-01-02"}, "dateOfBirth was stored differently"),
        ({"city": None}, {"city": "Rome"}, "city kept its value"),
        ({"city": None}, {"city": ""}, None),
    ],
)
def test_what_the_reply_shows_to_be_changed_is_a_warning(
    sent: dict[str, Json], stored: dict[str, Any], warned: str | None
) -> None:
    faults = compare(Record(row=2, location_id="loc", fields=sent), stored)
    assert [fault.message.startswith(warned or "") for fault in faults] == ([True] if warned else [])
    assert all(fault.code == "not_stored" and not fault.fails for fault in faults)


@pytest.mark.parametrize(
    ("sent", "stored", "same"),
    [
        ("M", "M", True),
        ("M", None, False),
        (12, "12.0", True),
        (12, "many", False),
        (["a", "b"], ["B", "a"], True),
        (["a"], "a", True),
        (["a", "b"], ["a"], False),
        ("2024-02-01", 1706745600000, True),
    ],
)
def test_custom_fields_are_compared_by_their_meaning(sent: Json, stored: object, *, same: bool) -> None:
    contact = {"customFields": [{"id": "f", "value": stored}]}
    assert (compare_custom(record((("f", sent),)), contact) == ()) is same


def test_failures_stop_a_run_by_number_or_share() -> None:
    by_number = FailureWatch(FailureLimit(rows=2))
    assert by_number.fail() is None
    assert isinstance(by_number.fail(), TooManyFailuresError)
    by_share = FailureWatch(FailureLimit(share=0.1))
    for _ in range(99):
        by_share.reach()
        assert by_share.fail() is None  # a share means nothing of a few rows
    by_share.reach()
    assert isinstance(by_share.fail(), TooManyFailuresError)
    assert FailureWatch(None).fail() is None


def test_the_meter_keeps_few_latencies_and_the_longest() -> None:
    meter = Meter(100.0)
    for number in range(10_000):
        meter.request(number / 10_000)
    pulse = meter.take("loc", 110.0, daily_remaining=5)
    assert (pulse.requests, pulse.seconds, pulse.daily_remaining) == (10_000, 10.0, 5)
    assert pulse.latency_p50 == pytest.approx(500, rel=0.2)
    assert pulse.latency_p95 == pytest.approx(950, rel=0.1)
    assert pulse.latency_max == 999.9
    assert meter.idle


@given(st.lists(st.booleans(), max_size=300))
def test_spilled_rows_come_back_in_order_and_few_stay_in_memory(steps: list[bool]) -> None:
    room = Capacity(5)
    queue = SpillQueue(room, at_least=2)
    given_rows = taken = 0
    for put in steps:
        if put:
            row_state = Intent(row=given_rows, location_id="loc", first_attempt_at=1.0)
            queue.put((Record(row=given_rows, location_id="loc", fields={"firstName": "Ann"}), row_state))
            given_rows += 1
        elif len(queue):
            back, standing_back = queue.take()
            assert (back.row, back.fields) == (taken, {"firstName": "Ann"})
            assert isinstance(standing_back, Intent)
            taken += 1
        assert len(queue) == given_rows - taken
    queue.close()
    assert room.taken == 0


def test_the_meter_counts_what_was_read_back_over_all_stretches() -> None:
    meter = Meter(100.0)
    meter.note_read_back(())
    meter.note_read_back((Fault(code="not_stored", message="", fails=False),))
    meter.take("loc1", 101.0, daily_remaining=None)
    meter.note_read_back((Fault(code="not_verified", message="", fails=False),))

    assert (meter.read_back, meter.differed, meter.unread) == (3, 1, 1)


def test_what_was_read_back_is_told_of_each_stretch_and_adds_up_to_the_session() -> None:
    meter = Meter(0.0)
    differing = Fault(code="not_stored", message="", fails=False)
    told = []
    for found in ((), (differing,), (Fault(code="not_verified", message="", fails=False),), (differing,)):
        meter.note_read_back(found)
        told.append(meter.take("loc", 1.0, daily_remaining=None))
    assert [(each.verified, each.differing) for each in told] == [(1, 0), (1, 1), (0, 0), (1, 1)]
    assert meter.differed == 2
