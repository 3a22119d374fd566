"""What is left of the day: requests under way count as spent until a reply tells more."""

from __future__ import annotations

from importer.highlevel.quota import DAILY, DAY_SECONDS, QuotaReading
from importer.records import QuotaMark
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


def test_each_of_several_runs_leaves_the_others_their_part_of_what_is_left() -> None:
    day = Day(None, NOON)
    day.learn(left(4), NOON, day.count(NOON))
    day.count(NOON)
    assert not day.is_full(NOON)
    assert day.is_full(NOON, runs=2)


def test_what_was_used_before_a_restart_counts_on_and_yesterday_does_not() -> None:
    mark = QuotaMark(location_id="loc1", at=NOON - 60, in_window=0, used_today=1_000, daily_remaining=199_000)
    day = Day(mark, NOON)
    day.count(NOON)
    assert (day.used, day.remaining) == (1_001, 199_000)
    tomorrow = Day(mark, NOON + DAY_SECONDS)
    tomorrow.count(NOON + DAY_SECONDS)
    assert (tomorrow.used, tomorrow.remaining) == (1, None)


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


def test_more_is_believed_only_of_a_request_that_left_after_the_last_reading_that_said_less() -> None:
    day = Day(None, NOON)
    first, second = day.count(NOON), day.count(NOON)
    day.learn(left(2), NOON, first)
    day.learn(left(50), NOON, second)
    assert day.is_full(NOON), "the second left before the first was answered"
    third = day.count(NOON)
    day.learn(left(2), NOON, second)
    day.learn(left(50), NOON, third)
    assert day.is_full(NOON), "the third left before the reading was said again"
    day.learn(left(50), NOON, day.count(NOON))
    assert not day.is_full(NOON)


def test_a_run_across_midnight_counts_the_new_day_from_nothing() -> None:
    day = Day(None, NOON)
    day.learn(left(100), NOON, day.count(NOON))
    day.count(NOON + DAY_SECONDS)
    assert (day.used, day.remaining) == (1, None)
    assert not day.is_full(NOON + DAY_SECONDS)
    assert not day.scarce


def test_the_allowance_is_what_replies_say_and_until_then_the_usual_one() -> None:
    day = Day(None, NOON)
    number = day.count(NOON)
    assert day.allowance == DAILY
    day.learn(QuotaReading(daily=500_000), NOON, number)
    day.learn(left(7), NOON, number)
    assert (day.allowance, day.remaining) == (500_000, 7)


def test_a_full_day_that_is_forgotten_lets_a_request_ask_anew() -> None:
    day = Day(None, NOON)
    day.learn(left(0), NOON, day.count(NOON))
    assert day.is_full(NOON)
    day.forget()
    assert not day.is_full(NOON)
    assert not day.scarce
