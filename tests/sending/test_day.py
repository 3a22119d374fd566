"""What is left of the day: requests under way count as spent until a reply tells more."""

from __future__ import annotations

from importer.highlevel.quota import DAY_SECONDS, QuotaReading
from importer.sending.pace.day import Day

NOON = DAY_SECONDS * 20_000 + 43_200.0


def left(requests: int) -> QuotaReading:
    return QuotaReading(daily_remaining=requests)


def test_no_more_leave_than_the_last_reply_says_are_left() -> None:
    day = Day(None, NOON)
    first = day.count(NOON)
    day.end()
    day.learn(left(2), NOON, first)
    day.count(NOON)
    assert not day.is_full(NOON)
    day.count(NOON)
    assert day.is_full(NOON)


def test_a_reply_that_was_overtaken_gives_nothing_back() -> None:
    day = Day(None, NOON)
    older, newer = day.count(NOON), day.count(NOON)
    day.end()
    day.learn(left(0), NOON, newer)
    day.end()
    day.learn(left(1), NOON, older)
    assert day.is_full(NOON)


def test_a_later_request_may_find_that_more_is_left() -> None:
    day = Day(None, NOON)
    day.learn(left(0), NOON, day.count(NOON))
    day.learn(left(500), NOON, day.count(NOON))
    assert not day.is_full(NOON)


def test_a_new_day_is_not_full_because_yesterday_was() -> None:
    day = Day(None, NOON)
    day.learn(left(0), NOON, day.count(NOON))
    assert day.is_full(NOON)
    assert not day.is_full(NOON + DAY_SECONDS)
