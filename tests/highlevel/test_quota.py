from __future__ import annotations

import pytest

from importer.highlevel.quota import (
    LocationQuota,
    QuotaReading,
    plan_sending,
    read_quota,
    same_day,
    seconds_for,
    seconds_to_next_day,
)

HEADERS = {
    "X-RateLimit-Max": "100",
    "X-RateLimit-Remaining": "97",
    "X-RateLimit-Interval-Milliseconds": "10000",
    "X-RateLimit-Limit-Daily": "200000",
    "X-RateLimit-Daily-Remaining": "199000",
    "X-RateLimit-Daily-Reset": "49013000",
}


def test_the_headers_are_read() -> None:
    assert read_quota(HEADERS) == QuotaReading(
        burst=100,
        remaining=97,
        interval_seconds=10.0,
        daily=200_000,
        daily_remaining=199_000,
        daily_reset_seconds=49_013.0,
    )


@pytest.mark.parametrize("nonsense", ["", "many", "-5", "1e3", "٣x"])
def test_nonsense_in_a_header_says_nothing(nonsense: str) -> None:
    reading = read_quota(dict.fromkeys(HEADERS, nonsense))
    assert reading == QuotaReading()


def test_a_reset_beyond_a_day_is_something_else() -> None:
    assert read_quota(HEADERS | {"X-RateLimit-Daily-Reset": "1790000000000"}).daily_reset_seconds is None


def test_a_spent_day_ends_when_the_vendor_says_else_at_midnight_utc() -> None:
    noon = 1_790_000_000 // 86_400 * 86_400 + 43_200
    assert seconds_to_next_day(noon) == 43_200
    assert seconds_to_next_day(noon, QuotaReading(daily_reset_seconds=60.0)) == 60.0
    assert same_day(noon, noon + 43_199)
    assert not same_day(noon, noon + 43_200)


def test_a_plan_counts_calls_time_and_days() -> None:
    plan = plan_sending({"a": 10_000, "b": 1_000}, calls_a_row=1.0)
    assert (plan.rows, plan.requests, plan.days) == (11_000, 11_000, 1)
    assert 1_000 < plan.seconds < 1_030
    assert plan.day_share == pytest.approx(0.05)


def test_a_plan_that_does_not_fit_into_the_day_says_so() -> None:
    quotas = {"a": LocationQuota(daily_remaining=1_000)}
    assert plan_sending({"a": 250_000}, calls_a_row=1.0, quotas=quotas).days == 3
    assert plan_sending({}, calls_a_row=1.0).seconds == 0


def test_a_few_rows_take_no_interval() -> None:
    assert seconds_for(10, LocationQuota()) < 1
    assert seconds_for(0, LocationQuota()) == 0


@pytest.mark.parametrize("milliseconds", ["1000000000000", "3600001"])
def test_an_absurd_interval_is_told_apart_and_not_kept_to(milliseconds: str) -> None:
    reading = read_quota(HEADERS | {"X-RateLimit-Interval-Milliseconds": milliseconds})
    assert reading.interval_seconds is None
    assert reading.absurd_interval_seconds == int(milliseconds) / 1000
    assert reading.burst == 100


def test_a_number_of_a_thousand_digits_says_nothing() -> None:
    assert read_quota(HEADERS | {"X-RateLimit-Max": "9" * 6_000}).burst is None


@pytest.mark.parametrize("named", ["X-RateLimit-Max", "X-RateLimit-Daily-Remaining"])
def test_either_of_two_headers_shows_that_a_reply_speaks_of_the_quota(named: str) -> None:
    reading = read_quota({named: "7", "X-RateLimit-Remaining": "5"})
    assert reading.remaining == 5
    assert {reading.burst, reading.daily_remaining} == {7, None}


def test_headers_of_another_server_say_nothing() -> None:
    assert read_quota({"X-RateLimit-Remaining": "5", "X-RateLimit-Limit-Daily": "9"}) == QuotaReading()


def test_nothing_left_is_said_and_a_quota_of_nothing_is_not_believed() -> None:
    reading = read_quota(dict.fromkeys(HEADERS, "0"))
    assert reading == QuotaReading(remaining=0, daily_remaining=0)


def test_the_largest_figures_that_are_believed() -> None:
    largest = "9" * 18
    reading = read_quota(
        {
            "X-RateLimit-Max": largest,
            "X-RateLimit-Remaining": largest + "0",
            "X-RateLimit-Interval-Milliseconds": "3600000",
            "X-RateLimit-Daily-Reset": "86400000",
        }
    )
    assert reading == QuotaReading(burst=int(largest), interval_seconds=3_600.0, daily_reset_seconds=86_400.0)
    assert read_quota(HEADERS | {"X-RateLimit-Interval-Milliseconds": "1"}).interval_seconds == 0.001
    assert read_quota(HEADERS | {"X-RateLimit-Daily-Reset": "1"}).daily_reset_seconds == 0.001
    assert read_quota(HEADERS | {"X-RateLimit-Daily-Reset": "86400001"}).daily_reset_seconds is None


def test_a_full_burst_goes_out_over_a_fifth_of_its_window_and_each_further_one_takes_a_window_and_a_reply() -> (
    None
):
    quota = LocationQuota(burst=10, interval_seconds=50.0, latency_seconds=2.0)
    assert seconds_for(1, LocationQuota(burst=10, interval_seconds=50.0)) == pytest.approx(1.0 + 0.25)
    assert seconds_for(10, quota) == pytest.approx(10.0 + 2.0)
    assert seconds_for(11, quota) == pytest.approx(50.0 + 2.0 + 1.0 + 2.0)
    assert seconds_for(30, quota) == pytest.approx(2 * 52.0 + 10.0 + 2.0)


def test_locations_go_side_by_side_so_that_the_slowest_and_the_fullest_decide() -> None:
    quotas = {
        "slow": LocationQuota(burst=1, interval_seconds=100.0, latency_seconds=1.0),
        "full": LocationQuota(daily=100, daily_remaining=20),
    }
    plan = plan_sending({"slow": 3, "full": 250, "usual": 10}, calls_a_row=1.5, quotas=quotas)
    assert (plan.rows, plan.requests) == (263, 5 + 375 + 15)
    assert plan.seconds == pytest.approx(4 * 101.0 + 20.0 + 1.0)
    assert plan.day_share == pytest.approx(3.75)
    assert plan.days == 1 + 4


@pytest.mark.parametrize(("calls", "days"), [(0, 1), (20, 1), (21, 2), (120, 2), (121, 3)])
def test_what_is_left_today_is_used_before_the_days_to_come(calls: int, days: int) -> None:
    quotas = {"a": LocationQuota(daily=100, daily_remaining=20)}
    assert plan_sending({"a": calls}, calls_a_row=1.0, quotas=quotas).days == days
    assert (
        plan_sending({"a": calls + 80}, calls_a_row=1.0, quotas={"a": LocationQuota(daily=100)}).days == days
    )


def test_a_slow_vendor_or_few_requests_at_once_make_a_run_longer() -> None:
    slow = LocationQuota(latency_seconds=2.0, concurrency=4)
    assert plan_sending({"a": 100}, calls_a_row=1.0, quotas={"a": slow}).seconds == pytest.approx(50.0)
    quick = LocationQuota(latency_seconds=0.05)
    assert plan_sending({"a": 100}, calls_a_row=1.0, quotas={"a": quick}).seconds < 3
