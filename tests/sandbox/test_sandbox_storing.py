"""How long the vendor takes to store, and what a client that does not wait for it sees.

Nobody documents atomicity or times: fact sheet 1.5 (concurrency: a race or a stale index was noted around create and
dedupe) and what was measured when 400 people became 415 to 495 contacts after a kill.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from importer.sandbox import Fault, FaultKind, MovableClock
from tests.sandbox.line import line_to

if TYPE_CHECKING:
    from tests.sandbox.conftest import Caller, OpenSandbox

SECOND = {"store_delay_ms": (1000.0, 1000.0)}


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110  (the sockets need real turns of the loop)
        await asyncio.sleep(0.001)


async def asked(caller: Caller, count: int, **fields: Any) -> list[asyncio.Task[Any]]:
    """Send upserts, and wait until the sandbox has them all."""
    before = caller.sandbox.state()["requests"]
    tasks = [
        asyncio.create_task(caller.upsert(**{"email": "ann@example.com", **fields})) for _ in range(count)
    ]
    await until(lambda: caller.sandbox.state()["requests"] == before + count)
    return tasks


async def test_a_write_is_stored_after_its_time_and_answered_then(
    open_sandbox: OpenSandbox, clock: MovableClock
) -> None:
    caller = await open_sandbox(**SECOND)
    (task,) = await asked(caller, 1)
    clock.advance(0.9)
    assert not caller.sandbox.contacts()
    clock.advance(0.1)
    assert (await task).body["new"] is True
    assert len(caller.sandbox.contacts()) == 1


async def test_reading_and_refusals_do_not_wait(open_sandbox: OpenSandbox) -> None:
    caller = await open_sandbox(**SECOND)
    ann = caller.sandbox.add_contact("loc1", email="ann@example.com")
    assert (await caller.stored(ann))["email"] == "ann@example.com"
    caller.headers["Authorization"] = "Bearer pit-no-scope"
    assert (await caller.upsert(email="bob@example.com")).status == 401


async def test_a_client_that_goes_away_does_not_stop_the_storing(
    open_sandbox: OpenSandbox, clock: MovableClock
) -> None:
    caller = await open_sandbox(**SECOND)
    async with line_to(caller.sandbox) as line:
        line.send("ann@example.com")
        await until(lambda: caller.sandbox.state()["requests"] == 1)
        line.hang_up()
    assert not caller.sandbox.contacts()
    clock.advance(1)
    await until(lambda: bool(caller.sandbox.contacts()))


async def test_an_atomic_vendor_sees_what_came_while_it_worked(
    open_sandbox: OpenSandbox, clock: MovableClock
) -> None:
    caller = await open_sandbox(**SECOND)
    both = await asked(caller, 2)
    clock.advance(1)
    assert sorted([(await task).body["new"] for task in both]) == [False, True]
    assert len(caller.sandbox.contacts()) == 1
    assert caller.sandbox.state()["overlapping_upserts"] == 1


async def test_a_racy_vendor_stores_by_what_it_saw_when_the_call_came(
    open_sandbox: OpenSandbox, clock: MovableClock
) -> None:
    caller = await open_sandbox(racy=True, **SECOND)
    both = await asked(caller, 2)
    clock.advance(1)
    assert [(await task).body["new"] for task in both] == [True, True]
    (late,) = await asked(caller, 1)
    clock.advance(1)
    assert (await late).body["new"] is False
    assert len(caller.sandbox.contacts()) == 2


async def test_a_racy_vendor_makes_anew_what_was_deleted_while_it_worked(
    open_sandbox: OpenSandbox, clock: MovableClock
) -> None:
    caller = await open_sandbox(racy=True, **SECOND)
    ann = caller.sandbox.add_contact("loc1", email="ann@example.com")
    (task,) = await asked(caller, 1)
    caller.sandbox.edit(ann, delete=True)
    clock.advance(1)
    assert (await task).body["new"] is True


async def test_a_reset_after_some_time_comes_before_the_storing(
    open_sandbox: OpenSandbox, clock: MovableClock
) -> None:
    caller = await open_sandbox(**SECOND)
    caller.sandbox.script([Fault(kind=FaultKind.RESET, seconds=0.05)])
    (task,) = await asked(caller, 1)
    clock.advance(0.05)
    with pytest.raises(aiohttp.ClientOSError):
        await task
    assert not caller.sandbox.contacts()
    clock.advance(1)
    await until(lambda: bool(caller.sandbox.contacts()))


async def test_the_same_seed_gives_the_same_delays(open_sandbox: OpenSandbox, clock: MovableClock) -> None:
    async def stored_by(seed: int) -> list[int]:
        caller = await open_sandbox(store_delay_ms=(400, 2500), seed=seed)
        tasks = []
        for number in range(8):
            tasks += await asked(caller, 1, email=f"p{number}@example.com")
        counts = []
        for _ in range(13):
            clock.advance(0.2)
            for _ in range(20):
                await asyncio.sleep(0)
            counts.append(len(caller.sandbox.contacts()))
        await asyncio.gather(*tasks)
        return counts

    first, same, other = await stored_by(1), await stored_by(1), await stored_by(2)
    assert first == same != other
    assert (first[0], first[-1]) == (0, 8)


async def test_a_stopped_sandbox_leaves_no_storing_behind(open_sandbox: OpenSandbox) -> None:
    caller = await open_sandbox(**SECOND)
    async with line_to(caller.sandbox) as line:
        line.send("ann@example.com")
        await until(lambda: caller.sandbox.state()["requests"] == 1)
    await caller.sandbox.stop()
    assert not caller.sandbox.contacts()
    assert [task for task in asyncio.all_tasks() if "_serve" in repr(task.get_coro())] == []
