"""Replies that no vendor should send and proxies do: each option of ``--fault``, seen from a bare connection."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from importer.sandbox import Fault, FaultKind, MovableClock
from importer.sandbox.faults import FAULT_NAMES, read_fault
from tests.sandbox.line import line_to

if TYPE_CHECKING:
    from tests.sandbox.conftest import Caller, OpenSandbox

STATUSES = (302, 304, 400, 403, 404, 405, 408, 410, 413, 425, 451, 501, 520)


def mail(reply: Any) -> str:
    found: str = reply.body["contact"]["email"]
    return found


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(("word", "stored"), [("status", 0), ("stored", 1)])
async def test_any_status_comes_with_or_without_storing(
    caller: Caller, word: str, status: int, stored: int
) -> None:
    caller.sandbox.script([read_fault(f"{word}-{status}")])
    async with line_to(caller.sandbox) as line:
        assert (await line.upsert("ann@example.com")).status == status
        assert len(caller.sandbox.contacts()) == stored
        assert (await line.upsert("bob@example.com")).status == 200
    assert caller.sandbox.state()["faults"] == {f"{word}-{status}": 1}


async def test_a_redirect_names_a_place_and_101_has_no_body(caller: Caller) -> None:
    caller.sandbox.script([read_fault("stored-302"), read_fault("stored-101")])
    async with line_to(caller.sandbox) as line:
        assert (await line.upsert("ann@example.com")).headers["location"] == "/moved"
    async with line_to(caller.sandbox) as line:
        switched = await line.upsert("bob@example.com")
        assert (switched.status, switched.raw) == (101, b"")
    assert len(caller.sandbox.contacts()) == 2


async def test_two_swapped_replies_reach_each_others_callers(open_sandbox: OpenSandbox) -> None:
    caller = await open_sandbox(slow_seconds=60)
    caller.sandbox.script([Fault(kind=FaultKind.SWAP)])
    async with line_to(caller.sandbox) as one, line_to(caller.sandbox) as other:
        one.send("ann@example.com")
        while not caller.sandbox.contacts():  # noqa: ASYNC110  (the sockets need real turns of the loop)
            await asyncio.sleep(0.001)
        assert mail(await other.upsert("bob@example.com")) == "ann@example.com"
        assert mail(await one.hear()) == "bob@example.com"
    assert [each["email"] for each in caller.sandbox.contacts()] == ["ann@example.com", "bob@example.com"]


async def test_a_reply_that_finds_none_to_swap_with_goes_home(caller: Caller, clock: MovableClock) -> None:
    caller.sandbox.script([Fault(kind=FaultKind.SWAP)])
    task = asyncio.create_task(caller.upsert(email="ann@example.com"))
    while not caller.sandbox.contacts():  # noqa: ASYNC110  (likewise)
        await asyncio.sleep(0.001)
    for _ in range(5):
        await asyncio.sleep(0)
    clock.advance(3)
    assert mail(await task) == "ann@example.com"


async def test_a_repeated_reply_stands_on_the_connection_twice(caller: Caller) -> None:
    caller.sandbox.script([Fault(kind=FaultKind.REPEAT)])
    async with line_to(caller.sandbox) as line:
        first = await line.upsert("ann@example.com")
        line.send("bob@example.com")
        copy, own = await line.hear(), await line.hear()
    assert copy == first
    assert mail(own) == "bob@example.com"


async def test_a_stray_reply_of_somebody_else_crosses_the_next_request(caller: Caller) -> None:
    await caller.upsert(email="zoe@example.com")
    caller.sandbox.script([Fault(kind=FaultKind.STRAY)])
    async with line_to(caller.sandbox) as line:
        assert mail(await line.upsert("ann@example.com")) == "ann@example.com"
        assert mail(await line.upsert("bob@example.com")) == "zoe@example.com"
        assert mail(await line.hear()) == "bob@example.com"


async def test_a_stray_408_is_a_page_that_nobody_asked_for(caller: Caller) -> None:
    caller.sandbox.script([Fault(kind=FaultKind.STRAY_TIMEOUT)])
    async with line_to(caller.sandbox) as line:
        await line.upsert("ann@example.com")
        assert (await line.upsert("bob@example.com")).status == 408
        assert mail(await line.hear()) == "bob@example.com"


async def test_a_stray_reply_may_come_by_itself_on_an_idle_connection(
    caller: Caller, clock: MovableClock
) -> None:
    caller.sandbox.script([Fault(kind=FaultKind.STRAY_TIMEOUT, seconds=5)])
    async with line_to(caller.sandbox) as line:
        await line.upsert("ann@example.com")
        heard = asyncio.create_task(line.hear())
        await asyncio.sleep(0.01)
        assert not heard.done()
        clock.advance(5)
        assert (await heard).status == 408


async def test_an_endless_reply_goes_on_for_as_long_as_someone_reads(caller: Caller) -> None:
    caller.sandbox.script([Fault(kind=FaultKind.ENDLESS)])
    async with line_to(caller.sandbox) as line:
        line.send("ann@example.com")
        read = 0
        while read < 5_000_000:
            read += len(await line.read(1_000_000))
    assert (await caller.upsert(email="ann@example.com")).body["new"] is False


async def test_a_huge_reply_is_json_of_the_promised_size(caller: Caller) -> None:
    caller.sandbox.script([Fault(kind=FaultKind.HUGE, size=3_000_001)])
    async with line_to(caller.sandbox) as line:
        heard = await line.upsert("ann@example.com")
    assert len(heard.raw) == 3_000_001
    assert mail(heard) == "ann@example.com"
    assert read_fault("huge").size == 1_000_000_000


async def test_an_absurd_interval_is_31_years(caller: Caller) -> None:
    caller.sandbox.script([Fault(kind=FaultKind.ABSURD_INTERVAL)])
    reply = await caller.upsert(email="ann@example.com")
    assert reply.headers["X-RateLimit-Interval-Milliseconds"] == "1000000000000"


async def test_the_edge_refuses_with_a_page(caller: Caller) -> None:
    """Fact sheet 1.4: 403 as HTML for default user agents, three live witnesses."""
    caller.sandbox.script([Fault(kind=FaultKind.EDGE)])
    reply = await caller.upsert(email="ann@example.com")
    assert (reply.status, reply.headers["Content-Type"]) == (403, "text/html")
    assert not caller.sandbox.contacts()


@pytest.mark.parametrize(
    ("name", "status", "message"),
    [
        ("words-object", 422, {"email": {"reason": "not deliverable", "code": 17}}),
        ("words-nested", 422, [["email is on a list", ["phone too"]], "twice"]),
        ("quoted-token", 401, "Invalid token pit-test"),
    ],
)
async def test_a_refusal_comes_in_words_that_nobody_knows(
    caller: Caller, name: str, status: int, message: Any
) -> None:
    caller.sandbox.script([read_fault(name)])
    reply = await caller.upsert(email="ann@example.com")
    assert (reply.status, reply.message) == (status, message)
    assert not caller.sandbox.contacts()


async def test_a_refusal_comes_as_plain_text(caller: Caller) -> None:
    caller.sandbox.script([read_fault("words-plain")])
    async with line_to(caller.sandbox) as line:
        heard = await line.upsert("ann@example.com")
    assert (heard.status, heard.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert heard.raw == b"This contact is not wanted here."


async def test_every_reply_may_be_a_429(open_sandbox: OpenSandbox) -> None:
    caller = await open_sandbox(faults={"429": 1.0})
    replies = [await caller.upsert(email="ann@example.com") for _ in range(5)]
    assert {reply.status for reply in replies} == {429}
    assert {reply.headers["X-RateLimit-Remaining"] for reply in replies} == {"0"}


async def test_shares_go_by_name_and_are_counted_by_name(open_sandbox: OpenSandbox) -> None:
    caller = await open_sandbox(faults={"stored-404": 0.5, "reset-20ms": 0.5}, seed=5, burst=0)
    for _ in range(20):
        task = asyncio.create_task(caller.upsert(email="ann@example.com"))
        while not task.done():
            caller.sandbox.clock.advance(0.02)  # type: ignore[attr-defined]
            await asyncio.sleep(0.001)
        assert isinstance(task.exception(), aiohttp.ClientOSError | None)
    faults = caller.sandbox.state()["faults"]
    assert set(faults) == {"stored-404", "reset-20ms"}
    assert sum(faults.values()) == 20


@pytest.mark.parametrize("name", ["status-NNN", "status-99", "stored", "status", "reset-ms", "fire"])
def test_a_name_that_is_no_fault_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        read_fault(name)


def test_every_fault_is_read_by_the_name_it_is_listed_by() -> None:
    for name in FAULT_NAMES:
        plain = name.replace("NNN", "404").replace("NN", "50")
        assert read_fault(plain).name == plain
