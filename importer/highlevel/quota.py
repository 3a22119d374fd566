"""Quota arithmetic: what the rate-limit headers say, how long work takes, when a day is over. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from importer.records import value_type

BURST: Final = 100
INTERVAL_SECONDS: Final = 10.0
DAILY: Final = 200_000
DAY_SECONDS: Final = 86_400.0
_LONGEST_NUMBER: Final = 18
LONGEST_INTERVAL_SECONDS: Final = 3_600.0
"""A burst window that is said to last longer is a mistake: a run that believed it would stand still."""


@value_type(frozen=True, slots=True, kw_only=True)
class QuotaReading:
    """What one reply says of the quota of its location; ``None`` where it says nothing."""

    burst: int | None = None
    remaining: int | None = None
    interval_seconds: float | None = None
    daily: int | None = None
    daily_remaining: int | None = None
    daily_reset_seconds: float | None = None
    absurd_interval_seconds: float | None = None
    """What was said of the interval, and is not believed."""


NO_READING: Final = QuotaReading()


def read_quota(headers: Mapping[str, str]) -> QuotaReading:
    """Read the rate-limit headers; what is missing or no number is left out."""
    if "X-RateLimit-Max" not in headers and "X-RateLimit-Daily-Remaining" not in headers:
        return NO_READING
    interval = _number(headers.get("X-RateLimit-Interval-Milliseconds"))
    seconds = interval / 1000 if interval else None
    absurd = seconds is not None and seconds > LONGEST_INTERVAL_SECONDS
    reset = _number(headers.get("X-RateLimit-Daily-Reset"))
    return QuotaReading(
        burst=_number(headers.get("X-RateLimit-Max")) or None,
        remaining=_number(headers.get("X-RateLimit-Remaining")),
        interval_seconds=None if absurd else seconds,
        daily=_number(headers.get("X-RateLimit-Limit-Daily")) or None,
        daily_remaining=_number(headers.get("X-RateLimit-Daily-Remaining")),
        # undocumented, seen live as milliseconds; anything longer than a day is something else
        daily_reset_seconds=reset / 1000 if reset and reset / 1000 <= DAY_SECONDS else None,
        absurd_interval_seconds=seconds if absurd else None,
    )


def seconds_to_next_day(now: float, reading: QuotaReading = NO_READING) -> float:
    """Tell how long a spent day lasts: what the vendor says, else until midnight UTC."""
    if reading.daily_reset_seconds is not None:
        return reading.daily_reset_seconds
    return DAY_SECONDS - now % DAY_SECONDS


def same_day(first: float, second: float) -> bool:
    """Tell whether two moments fall into one day of the vendor (UTC)."""
    return first // DAY_SECONDS == second // DAY_SECONDS


@value_type(frozen=True, slots=True, kw_only=True)
class SendingPlan:
    """How many calls a run needs, how long it will take and what share of the day it uses."""

    rows: int
    requests: int
    seconds: float
    day_share: float
    """Of the fullest location; above 1 the run cannot end today."""
    days: int


@value_type(frozen=True, slots=True, kw_only=True)
class LocationQuota:
    """The quota of one location as far as it is known."""

    burst: int = BURST
    interval_seconds: float = INTERVAL_SECONDS
    daily: int = DAILY
    daily_remaining: int | None = None
    latency_seconds: float = 0.25
    concurrency: int = 100
    """Requests in the air at once; few of them, or a slow vendor, may keep a run below the quota."""


def plan_sending(
    rows: Mapping[str, int],
    *,
    calls_a_row: float,
    quotas: Mapping[str, LocationQuota] | None = None,
    besides: Mapping[str, int] | None = None,
) -> SendingPlan:
    """Forecast a run whose locations go side by side, each at its own pace; ``besides``: calls that not every row costs."""
    quotas, besides = quotas or {}, besides or {}
    requests, longest, share, days = 0, 0.0, 0.0, 1
    for location, count in rows.items():
        quota = quotas.get(location, LocationQuota())
        calls = math.ceil(count * calls_a_row) + besides.get(location, 0)
        requests += calls
        longest = max(longest, seconds_for(calls, quota))
        share = max(share, calls / quota.daily)
        days = max(days, _days_for(calls, quota))
    return SendingPlan(
        rows=sum(rows.values()), requests=requests, seconds=longest, day_share=share, days=days
    )


def seconds_for(calls: int, quota: LocationQuota) -> float:
    """Tell how long a location needs for so many calls, days of waiting for the allowance left out."""
    if calls <= 0:
        return 0.0
    full, last = divmod(calls - 1, quota.burst)
    # the burst goes out over a fifth of the interval, see sending.gate
    spread = quota.interval_seconds / 5 * (last + 1) / quota.burst
    by_quota = full * (quota.interval_seconds + quota.latency_seconds) + spread + quota.latency_seconds
    return max(by_quota, math.ceil(calls / quota.concurrency) * quota.latency_seconds)


def _days_for(calls: int, quota: LocationQuota) -> int:
    today = quota.daily if quota.daily_remaining is None else quota.daily_remaining
    return 1 + max(0, math.ceil((calls - today) / quota.daily))


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if len(text) > _LONGEST_NUMBER:
        return None
    try:
        number = int(text)
    except ValueError:
        return None
    return number if number >= 0 else None
