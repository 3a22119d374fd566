"""A daily allowance that is used up, and waited for: on the vendor's clock, in virtual time."""

from __future__ import annotations

from itertools import pairwise

import pytest

from importer.records import Outcome, Status
from importer.runtime.progress import SilentProgress
from importer.sending import SendingPolicy
from importer.sending.retry import day_recheck_seconds
from tests.sending.memory_journal import MemoryJournal
from tests.sending.paper_vendor import PaperVendor
from tests.sending.runs import PLACE, send_on_paper
from tests.sending.virtual_time import EPOCH

MINUTE, HOUR = 60.0, 3_600.0
TO_MIDNIGHT = 86_400.0 - EPOCH % 86_400.0


class Told(SilentProgress):
    """Keeps what is said of waiting."""

    def __init__(self) -> None:
        self.holds: list[tuple[float, str]] = []
        self.messages: list[str] = []

    def holding(self, location_id: str, seconds: float, reason: str) -> None:
        assert location_id == PLACE
        self.holds.append((seconds, reason))

    def message(self, text: str) -> None:
        self.messages.append(text)


def send(vendor: PaperVendor, rows: int, told: Told) -> tuple[float, dict[int, Outcome]]:
    """Send rows, waiting for the quota; gives the virtual time at the end."""
    journal = MemoryJournal()
    policy = SendingPolicy(wait_for_quota=True)
    end = send_on_paper(vendor, rows, journal=journal, policy=policy, progress=told)
    return end, journal.outcomes


def test_a_run_goes_on_soon_after_the_allowance_returns_early() -> None:
    back_at = 3 * HOUR
    assert back_at < TO_MIDNIGHT - HOUR, "it is back well before the day is over"
    vendor = PaperVendor(allowance=lambda now: 50 if now < back_at else 1_000)
    told = Told()
    end, outcomes = send(vendor, 200, told)
    assert [each.status for each in outcomes.values()] == [Status.CREATED] * 200
    assert back_at < end < back_at + 20 * MINUTE


def test_the_vendor_is_asked_one_request_at_a_time_and_not_often() -> None:
    back_at = 3 * HOUR
    vendor = PaperVendor(allowance=lambda now: 50 if now < back_at else 1_000)
    send(vendor, 200, Told())
    asked = [at for at in vendor.arrivals if MINUTE < at < back_at]
    assert 9 <= len(asked) <= 16
    pauses = [later - earlier for earlier, later in pairwise(asked)]
    assert all(11 * MINUTE < pause < 20 * MINUTE for pause in pauses)
    assert max(pauses) - min(pauses) > MINUTE, "many machines do not ask in step"


def test_people_are_told_once_how_long_it_may_take_and_once_that_it_goes_on() -> None:
    vendor = PaperVendor(allowance=lambda now: 50 if now < 3 * HOUR else 1_000)
    told = Told()
    send(vendor, 200, told)
    (until_midnight, reason), (nothing, _) = told.holds
    assert reason == "the daily allowance is used up"
    assert until_midnight == pytest.approx(TO_MIDNIGHT, abs=MINUTE)
    assert nothing == 0.0
    assert [text for text in told.messages if PLACE in text] == [
        f"Location {PLACE} has an allowance again: sending goes on."
    ]


def test_looking_again_is_jittered_and_never_long_after_the_day_begins() -> None:
    early, late = (day_recheck_seconds(10 * HOUR, chance=chance) for chance in (0.0, 1.0))
    assert 10 * MINUTE < early < late < 20 * MINUTE
    early, late = (day_recheck_seconds(MINUTE, chance=chance) for chance in (0.0, 1.0))
    assert MINUTE < early < late < 2 * MINUTE


def test_a_late_reply_of_the_day_before_does_not_open_the_gate_again() -> None:
    """Somebody else used the day up while our requests were under way: some are refused before others are answered."""
    back_at = 3 * HOUR
    vendor = PaperVendor(
        allowance=lambda now: 0 if 1.0 < now < back_at else 10_000,
        latency=lambda dice: (0.02, dice.uniform(0.02, 2.0)),
    )
    told = Told()
    end, outcomes = send(vendor, 200, told)
    assert len(outcomes) == 200
    assert back_at < end < back_at + 20 * MINUTE
    assert len(told.holds) == 2, "one wait, and one end of it"
    asked = [at for at in vendor.arrivals if MINUTE < at < back_at]
    assert all(later - earlier > 11 * MINUTE for earlier, later in pairwise(asked))
