"""Whose contact is it: what the clocks and stamps of a lost reply prove."""

from __future__ import annotations

from math import inf

import pytest

from importer.records import Intent, Record, Status
from importer.sending.pace.vendor_clock import VendorClock
from importer.sending.row.evidence import between_sessions, can_be_of, judge
from importer.sending.row.submitted import SubmittedRow

NOON = 1_795_003_200.0


class HandClock:
    """Both clocks, set by hand; ``wall`` may be set without the other."""

    def __init__(self) -> None:
        self.at = self.wall = NOON

    def monotonic(self) -> float:
        return self.at

    def now(self) -> float:
        return self.wall

    async def sleep(self, seconds: float) -> None:
        self.at += seconds
        self.wall += seconds


def doubtful_job(clock: VendorClock, hand: HandClock, now: float) -> SubmittedRow:
    hand.at = now
    job = SubmittedRow(Record(row=2, location_id="loc1", fields={"email": "ann@example.com"}))
    job.first_attempt_at = clock.first_attempt_at()
    job.doubtful = True
    return job


def status_of(job: SubmittedRow, added: object, *, made_here: bool = False) -> Status:
    return judge(job, {"id": "c1", "dateAdded": added}, new=False, made_here=lambda *_: made_here)


@pytest.mark.parametrize("ahead", [-45.0, -5.3, -0.6, -0.2, 0.0, 0.4, 37.0])
@pytest.mark.parametrize("part", [0.0, 0.3, 0.999])
def test_a_contact_that_our_lost_attempt_made_is_ours_whatever_the_clocks(ahead: float, part: float) -> None:
    clock = VendorClock(hand := HandClock())
    sent = NOON + part
    # A Date header has whole seconds only, so after one reply the clocks are known to a second.
    clock.learn(float(int(sent + ahead + 0.05)), sent_at=sent, received_at=sent + 0.1, resolution=1.0)
    job = doubtful_job(clock, hand, sent + 0.2)
    assert status_of(job, (sent + 0.2 + ahead + 0.05) * 1000) is Status.CREATED


@pytest.mark.parametrize("stamp", ["2026-11-18T12:00:01Z", "2026-11-18T12:00:01.000Z", 1_795_003_201])
def test_a_stamp_in_whole_seconds_was_cut_off(stamp: object) -> None:
    hand = HandClock()
    hand.wall = NOON + 1.7
    job = doubtful_job(VendorClock(hand), hand, NOON + 1.7)
    assert status_of(job, stamp) is Status.CREATED


@pytest.mark.parametrize("stamp", ["2026-11-18T12:00:01Z", 1_795_003_201])
def test_but_by_no_more_than_a_second(stamp: object) -> None:
    hand = HandClock()
    hand.wall = NOON + 2.3
    job = doubtful_job(VendorClock(hand), hand, NOON + 2.3)
    assert status_of(job, stamp) is Status.UPDATED


def test_a_contact_older_than_the_first_attempt_was_there_before() -> None:
    clock = VendorClock(hand := HandClock())
    clock.learn(NOON, sent_at=NOON, received_at=NOON + 0.1, resolution=1.0)
    job = doubtful_job(clock, hand, NOON + 60)
    assert status_of(job, (NOON + 50) * 1000) is Status.UPDATED


def test_a_contact_that_an_earlier_row_made_is_not_made_again() -> None:
    job = doubtful_job(VendorClock(hand := HandClock()), hand, NOON)
    assert status_of(job, (NOON + 5) * 1000, made_here=True) is Status.UPDATED


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_setting_our_clock_in_the_middle_proves_nothing(jump: float) -> None:
    clock = VendorClock(hand := HandClock())
    clock.learn(NOON, sent_at=NOON, received_at=NOON + 0.1, resolution=1.0)
    hand.wall += jump
    job = doubtful_job(clock, hand, NOON + 5)
    assert status_of(job, (NOON + 5.1) * 1000) is Status.CREATED
    assert status_of(job, (NOON - 5) * 1000) is Status.UPDATED


def resumed_job(*, first: float = NOON, last: float = NOON + 30) -> SubmittedRow:
    """A row in doubt whose attempts of an earlier session lie between these moments."""
    intent = Intent(row=2, location_id="loc1", first_attempt_at=first, last_attempt_at=last, exact=False)
    return SubmittedRow(Record(row=2, location_id="loc1", fields={"email": "ann@example.com"}), intent)


@pytest.mark.parametrize(
    ("added", "status"),
    [
        (NOON + 29, Status.CREATED),
        (NOON + 45, Status.CREATED),
        (NOON + 3_600, Status.UPDATED),
        (NOON + 7_201, Status.CREATED),
    ],
)
def test_what_was_made_while_no_session_was_at_work_somebody_else_made(added: float, status: Status) -> None:
    job = resumed_job()
    idle = between_sessions(job, ahead_seconds=0.0, busy_seconds=10.0, sent_here_at=NOON + 7_200)
    contact = {"id": "c1", "dateAdded": added * 1000}
    assert judge(job, contact, new=False, made_here=lambda *_: False, idle=idle) is status


def test_the_vendors_clock_counts_and_not_ours() -> None:
    idle = between_sessions(resumed_job(), ahead_seconds=50.0, busy_seconds=10.0, sent_here_at=inf)
    assert idle == (NOON + 30 + 50 + 10 + 60, inf)


def test_a_clock_of_ours_that_was_set_since_proves_nothing() -> None:
    """By it, the last attempt came before the first."""
    job = resumed_job(last=NOON - 3_600)
    assert between_sessions(job, ahead_seconds=0.0, busy_seconds=10.0, sent_here_at=inf) is None


SENT = Record(row=2, location_id="loc1", fields={"email": "Ann@Example.com", "phone": "+1 415 555 0100"})


@pytest.mark.parametrize(
    "contact",
    [
        {"email": "ann@example.com"},
        {"email": "zoe@example.com", "phone": "+14155550100"},
        {"email": "zoe@example.com", "additionalEmails": [{"email": "ann@example.com"}]},
        {"phone": "+14155550199", "additionalPhones": ["+14155550100"]},
        {"email": "", "phone": None},
        {"id": "c1"},
        {"email": "ann@example.com", "locationId": "loc1"},
    ],
)
def test_a_contact_that_shares_an_address_with_the_row_or_shows_none_can_be_its(
    contact: dict[str, object],
) -> None:
    assert can_be_of(SENT, contact)


@pytest.mark.parametrize(
    "contact",
    [
        {"email": "zoe@example.com", "phone": "+14155550199"},
        {"email": "zoe@example.com", "phone": ""},
        {"phone": "+14155550199", "additionalEmails": [{"email": "zoe@example.com"}]},
        {"email": "ann@example.com", "locationId": "loc2"},
    ],
)
def test_a_contact_that_shows_only_other_addresses_is_somebody_elses(contact: dict[str, object]) -> None:
    assert not can_be_of(SENT, contact)


def test_a_phone_sent_without_its_countrys_code_is_the_same_phone() -> None:
    local = Record(row=2, location_id="loc1", fields={"phone": "(0415) 555-0100"})
    assert can_be_of(local, {"phone": "+614155550100"})
    assert not can_be_of(local, {"phone": "+614155550101"})


def test_a_row_that_names_its_contact_is_answered_with_that_contact() -> None:
    named = Record(row=2, location_id="loc1", contact_id="c1", fields={"email": "new@example.com"})
    assert can_be_of(named, {"id": "c1", "email": "old@example.com"})
    assert not can_be_of(named, {"id": "c2", "email": "new@example.com"})


def test_a_contact_with_an_address_is_not_what_a_row_without_any_made() -> None:
    assert not can_be_of(
        Record(row=2, location_id="loc1", fields={"firstName": "Ann"}), {"email": "zoe@example.com"}
    )
