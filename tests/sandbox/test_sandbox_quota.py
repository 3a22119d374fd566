from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from importer.sandbox import Account, MovableClock

if TYPE_CHECKING:
    from tests.sandbox.conftest import Caller, OpenSandbox

PLACE = "loc1"


async def statuses(caller: Caller, count: int, **fields: str) -> list[int]:
    return [(await caller.upsert(email="ann@example.com", **fields)).status for _ in range(count)]


async def test_every_reply_carries_the_five_headers(open_sandbox: OpenSandbox) -> None:
    caller = await open_sandbox(burst=5, daily=50)
    good = await caller.upsert(email="ann@example.com")
    bad = await caller.upsert(email="x")
    lost = await caller.ask("GET", f"/locations/{PLACE}", headers={})
    for reply in (good, bad, lost):
        assert reply.headers["X-RateLimit-Max"] == "5"
        assert reply.headers["X-RateLimit-Interval-Milliseconds"] == "10000"
        assert reply.headers["X-RateLimit-Limit-Daily"] == "50"
    assert good.headers["X-RateLimit-Remaining"] == "4"
    assert bad.headers["X-RateLimit-Remaining"] == "3"
    assert bad.headers["X-RateLimit-Daily-Remaining"] == "48"


async def test_a_fixed_window_opens_at_whole_intervals(
    open_sandbox: OpenSandbox, clock: MovableClock
) -> None:
    caller = await open_sandbox(burst=3)
    clock.advance(9)
    assert await statuses(caller, 4) == [200, 200, 200, 429]
    clock.advance(1)
    assert await statuses(caller, 4) == [200, 200, 200, 429]


async def test_a_first_hit_window_opens_an_interval_after_its_first_request(
    open_sandbox: OpenSandbox, clock: MovableClock
) -> None:
    caller = await open_sandbox(burst=3, window="first-hit")
    clock.advance(9)
    assert await statuses(caller, 3) == [200, 200, 200]
    clock.advance(9.9)
    assert await statuses(caller, 1) == [429]
    clock.advance(0.1)
    assert await statuses(caller, 4) == [200, 200, 200, 429]


async def test_a_sliding_window_frees_each_place_an_interval_after_it_was_taken(
    open_sandbox: OpenSandbox, clock: MovableClock
) -> None:
    caller = await open_sandbox(burst=2, window="sliding")
    assert await statuses(caller, 1) == [200]
    clock.advance(6)
    assert await statuses(caller, 2) == [200, 429]
    clock.advance(4)
    assert await statuses(caller, 2) == [200, 429]
    clock.advance(6)
    assert await statuses(caller, 1) == [200]


async def test_the_day_ends_at_midnight_and_says_so_by_its_remainder(
    open_sandbox: OpenSandbox, clock: MovableClock
) -> None:
    caller = await open_sandbox(daily=2)
    assert await statuses(caller, 2) == [200, 200]
    spent = await caller.upsert(email="ann@example.com")
    assert (spent.status, spent.message) == (429, "Too Many Requests")
    assert spent.headers["X-RateLimit-Daily-Remaining"] == "0"
    assert spent.headers["X-RateLimit-Remaining"] == "98"
    clock.advance(16 * 3600)
    assert await statuses(caller, 1) == [200]


async def test_a_test_can_leave_little_of_the_day(caller: Caller) -> None:
    caller.sandbox.leave_for_today(PLACE, 1)
    assert await statuses(caller, 2) == [200, 429]
    assert await statuses(caller, 1, locationId="loc2") == [200]


async def test_each_client_in_each_location_has_its_own_quota(open_sandbox: OpenSandbox) -> None:
    caller = await open_sandbox(
        burst=1,
        accounts=(
            Account(token="pit-one"),
            Account(token="app-token-1", client_id="app"),
            Account(token="app-token-2", client_id="app"),
        ),
    )
    seen = []
    for token, place in (
        ("pit-one", PLACE),
        ("pit-one", "loc2"),
        ("app-token-1", PLACE),
        ("app-token-2", PLACE),
    ):
        caller.headers["Authorization"] = f"Bearer {token}"
        seen += await statuses(caller, 1, locationId=place)
    assert seen == [200, 200, 200, 429]


@pytest.mark.parametrize("told", [True, False])
async def test_retry_after_is_sent_only_when_asked_for(
    open_sandbox: OpenSandbox, clock: MovableClock, *, told: bool
) -> None:
    caller = await open_sandbox(burst=1, retry_after=told)
    clock.advance(3.5)
    await statuses(caller, 1)
    refused = await caller.upsert(email="ann@example.com")
    assert refused.headers.get("Retry-After") == ("7" if told else None)


async def test_quota_zero_is_no_quota(open_sandbox: OpenSandbox) -> None:
    caller = await open_sandbox(burst=0, daily=0)
    assert set(await statuses(caller, 150)) == {200}


async def test_the_state_counts_refusals_and_measures_the_busiest_window(
    open_sandbox: OpenSandbox, clock: MovableClock
) -> None:
    caller = await open_sandbox(burst=3)
    clock.advance(8)
    await statuses(caller, 3)
    clock.advance(4)
    await statuses(caller, 4)
    state = (await caller.ask("GET", "/_sandbox/state", headers={})).body
    assert state["requests"] == 7
    assert state["refusals"] == {"burst": 1}
    assert state["replies"] == {"200": 6, "429": 1}
    assert state["busiest_window"] == {"requests": 7, "seconds": 10.0, "location_id": PLACE}
    assert state["locations"][PLACE] == {"contacts": 1, "busiest_window": 7, "used_today": 6}
