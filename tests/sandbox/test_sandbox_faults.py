from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest

from importer.sandbox import Fault, FaultKind, MovableClock

if TYPE_CHECKING:
    from tests.sandbox.conftest import Caller, OpenSandbox


async def test_a_reset_stores_and_a_drop_does_not(caller: Caller) -> None:
    for kind, stored in ((FaultKind.DROP, 0), (FaultKind.RESET, 1)):
        caller.sandbox.script([Fault(kind=kind)])
        with pytest.raises(aiohttp.ClientOSError):
            await caller.upsert(email="ann@example.com")
        assert len(caller.sandbox.contacts()) == stored
    assert (await caller.upsert(email="ann@example.com")).body["new"] is False


@pytest.mark.parametrize(
    ("kind", "status", "stored"),
    [
        (FaultKind.THROTTLED, 429, False),
        (FaultKind.ERROR, 500, False),
        (FaultKind.BAD_GATEWAY, 502, False),
        (FaultKind.UNAVAILABLE, 503, False),
        (FaultKind.GARBAGE, 200, True),
    ],
)
async def test_a_scripted_fault_befalls_the_next_request_alone(
    caller: Caller, kind: FaultKind, status: int, *, stored: bool
) -> None:
    caller.sandbox.script([Fault(kind=kind)])
    befallen = await caller.upsert(email="ann@example.com")
    after = await caller.upsert(email="ann@example.com")
    assert befallen.status == status
    assert (after.status, after.body["new"]) == (200, not stored)


async def test_garbage_is_html_under_status_200(caller: Caller) -> None:
    caller.sandbox.script([Fault(kind=FaultKind.GARBAGE)])
    reply = await caller.upsert(email="ann@example.com")
    assert reply.headers["Content-Type"] == "text/html"
    assert reply.body.startswith("<!DOCTYPE html>")


async def test_a_truncated_reply_ends_early(caller: Caller) -> None:
    caller.sandbox.script([Fault(kind=FaultKind.TRUNCATED)])
    with pytest.raises(aiohttp.ClientPayloadError):
        await caller.upsert(email="ann@example.com")


async def test_a_gateway_error_may_be_told_to_store_first(caller: Caller) -> None:
    caller.sandbox.script([Fault(kind=FaultKind.BAD_GATEWAY, stored=True)])
    assert (await caller.upsert(email="ann@example.com")).status == 502
    assert len(caller.sandbox.contacts()) == 1


async def test_a_reply_can_be_altered_on_its_way(caller: Caller) -> None:
    def ring(body: bytes) -> bytes:
        return body.replace(b"Ann", b"A\\u0007nn")

    caller.sandbox.script([Fault(alter=ring)])
    reply = await caller.upsert(email="ann@example.com", firstName="Ann")
    assert reply.body["contact"]["firstName"] == "A\x07nn"


async def test_replies_are_compressed_for_those_who_accept_it(open_sandbox: OpenSandbox) -> None:
    caller = await open_sandbox(gzip=True)
    asked = {**caller.headers, "Accept-Encoding": "gzip"}
    reply = await caller.ask("GET", "/locations/loc1", headers=asked)
    plain = await caller.ask("GET", "/locations/loc1", headers={**asked, "Accept-Encoding": "identity"})
    assert (reply.headers["Content-Encoding"], reply.body["location"]["id"]) == ("gzip", "loc1")
    assert "Content-Encoding" not in plain.headers


async def test_a_script_waits_for_its_path(caller: Caller) -> None:
    caller.sandbox.script([Fault(status=504, body=b"<html>", path="/tags", headers={"X-Edge": "1"})])
    made = await caller.upsert(email="ann@example.com")
    tagged = await caller.ask("POST", f"/contacts/{made.body['contact']['id']}/tags", {"tags": ["a"]})
    assert (made.status, tagged.status, tagged.headers["X-Edge"]) == (200, 504, "1")


async def test_a_slow_reply_comes_after_its_time(caller: Caller, clock: MovableClock) -> None:
    caller.sandbox.script([Fault(kind=FaultKind.SLOW, seconds=30)])
    asked = asyncio.create_task(caller.upsert(email="ann@example.com"))
    while not caller.sandbox.contacts():  # noqa: ASYNC110  (the sockets need real turns of the loop)
        await asyncio.sleep(0.001)
    clock.advance(29)
    await asyncio.sleep(0)
    assert not asked.done()
    clock.advance(1)
    assert (await asked).body["new"] is True


async def test_down_is_down_until_it_comes_up_again(caller: Caller) -> None:
    caller.sandbox.go_down()
    assert [(await caller.upsert(email="ann@example.com")).status for _ in range(2)] == [503, 503]
    caller.sandbox.come_up()
    assert (await caller.upsert(email="ann@example.com")).status == 200


async def test_a_sandbox_that_hung_up_refuses_connections_and_listens_again(caller: Caller) -> None:
    await caller.upsert(email="ann@example.com")
    await caller.sandbox.hang_up()
    with pytest.raises(aiohttp.ClientConnectionError):
        await caller.upsert(email="ann@example.com")
    await caller.sandbox.start()
    assert (await caller.upsert(email="ann@example.com")).body["new"] is False


async def test_faults_leave_the_sandboxs_own_paths_alone(caller: Caller) -> None:
    caller.sandbox.go_down(Fault(kind=FaultKind.DROP))
    assert (await caller.ask("GET", "/_sandbox/state", headers={})).status == 200


async def test_shares_are_kept_and_a_seed_repeats_them(open_sandbox: OpenSandbox) -> None:
    async def run(seed: int) -> list[int]:
        shares = {FaultKind.ERROR: 0.2, FaultKind.UNAVAILABLE: 0.1}
        caller = await open_sandbox(faults=shares, seed=seed, burst=0)
        return [(await caller.upsert(email="ann@example.com")).status for _ in range(300)]

    first, same, other = await run(1), await run(1), await run(2)
    assert first == same != other
    assert 35 <= first.count(500) <= 85
    assert 12 <= first.count(503) <= 48
