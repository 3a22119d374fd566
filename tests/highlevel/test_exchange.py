"""A request leaves when it is to leave, or not at all: a machine that stood still may have been replaced by another."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from importer.highlevel import calls
from importer.highlevel.client import Client, RawReply
from importer.highlevel.exchange import ConnectionPool, ConnectionPools, UnreachedError, describe
from importer.sandbox import Sandbox, SandboxSettings

STALE_SECONDS = 0.2
_REQUEST = b"GET /locations/loc1 HTTP/1.1\r\nHost: x\r\n\r\n"


@asynccontextmanager
async def opened_pool() -> AsyncIterator[tuple[ConnectionPool, Sandbox]]:
    async with Sandbox(SandboxSettings()) as vendor:
        pool = ConnectionPool(
            vendor.base_url, proxy=None, connect_seconds=30, reply_seconds=30, stale_seconds=STALE_SECONDS
        )
        await pool.open()
        try:
            yield pool, vendor
        finally:
            await pool.close()


async def stood_still(exchange: asyncio.Task[object]) -> str:
    """Let the loop stand still for longer than a request is good for, between its asking and its leaving."""
    asyncio.get_running_loop().call_soon(time.sleep, 2 * STALE_SECONDS)
    with pytest.raises(UnreachedError) as refused:
        await exchange
    return describe(refused.value)


@pytest.mark.parametrize("kept", [True, False], ids=["over a kept connection", "while it is connected"])
async def test_what_did_not_leave_before_the_machine_stood_still_does_not_leave_afterwards(
    *,
    kept: bool,
) -> None:
    async with opened_pool() as (pool, vendor):
        if kept:
            await pool.exchange(_REQUEST)
        before = vendor.state()["requests"]
        said = await stood_still(asyncio.create_task(pool.exchange(_REQUEST)))
        assert said == "not sent, since this machine stood still"
        found = await pool.exchange(_REQUEST)
        assert (found.status, vendor.state()["requests"] - before) == (401, 1)


class _Echo(asyncio.Protocol):
    """Answers each request, and notes in which turn of the loop it came."""

    def __init__(self, turns: list[int], arrivals: Counter[int]) -> None:
        self._turns = turns
        self._arrivals = arrivals

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert data == _REQUEST
        self._arrivals[self._turns[0]] += 1
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


async def test_what_is_asked_in_one_turn_of_the_loop_leaves_in_several_so_that_the_replies_do_too() -> None:
    loop, turns, arrivals, rush = asyncio.get_running_loop(), [0], Counter[int](), 400

    def turn() -> None:
        turns[0] += 1
        loop.call_soon(turn)

    server = await loop.create_server(lambda: _Echo(turns, arrivals), "127.0.0.1", 0, backlog=rush)
    port = server.sockets[0].getsockname()[1]
    pool = ConnectionPool(f"http://127.0.0.1:{port}", proxy=None, connect_seconds=30, reply_seconds=30)
    await pool.open()
    try:
        await asyncio.gather(*(pool.exchange(_REQUEST) for _ in range(rush)))  # makes the connections
        arrivals.clear()
        turn()
        found = await asyncio.gather(*(pool.exchange(_REQUEST) for _ in range(rush)))
    finally:
        await pool.close()
        server.close()
    assert [each.body for each in found] == [b"{}"] * rush
    # 128 leave in a turn; what two turns sent may come together
    assert (arrivals.total(), max(arrivals.values()) <= 256) == (rush, True)


class _Counted(asyncio.Protocol):
    """Answers each request, and counts the connections that are open, and all that ever were."""

    def __init__(self, connections: Counter[str]) -> None:
        self._connections = connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connections.update(open=1, ever=1)

    def data_received(self, data: bytes) -> None:
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" * data.count(b"\r\n\r\n"))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (an agreed signature)
        self._connections["open"] -= 1


@asynccontextmanager
async def counting_server() -> AsyncIterator[tuple[str, Counter[str]]]:
    connections = Counter[str]()
    server = await asyncio.get_running_loop().create_server(lambda: _Counted(connections), "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", connections
    finally:
        server.close()


async def test_clients_of_one_process_go_over_the_same_connections_as_long_as_one_of_them_is_open() -> None:
    async def ask(client: Client) -> None:
        assert isinstance(await client.request(calls.get_contact("c1"), None), RawReply)

    pools = ConnectionPools()
    async with counting_server() as (base_url, connections):
        async with Client(base_url, pools=pools) as lasting:
            for _ in range(3):
                async with Client(base_url, pools=pools) as client:
                    await ask(client)
            await ask(lasting)
            assert connections == {"open": 1, "ever": 1}
        async with Client(base_url, pools=pools) as later:
            await ask(later)
            assert connections["ever"] == 2


async def test_connections_that_a_rush_left_idle_are_closed_once_they_are_old() -> None:
    async with counting_server() as (base_url, connections):
        pool = ConnectionPool(base_url, proxy=None, connect_seconds=30, reply_seconds=0.4, keep_seconds=0.2)
        await pool.open()
        try:
            await asyncio.gather(*(pool.exchange(_REQUEST) for _ in range(20)))
            assert connections["open"] == 20
            while connections["open"] > 1:  # one is used, the others grow old
                await pool.exchange(_REQUEST)
        finally:
            await pool.close()
    assert connections["ever"] == 20


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="this system cannot be told")
async def test_a_request_that_nobody_hears_is_given_up_before_another_machine_goes_on() -> None:
    async with counting_server() as (base_url, _):
        pool = ConnectionPool(base_url, proxy=None, connect_seconds=30, reply_seconds=30)
        await pool.open()
        try:
            await pool.exchange(_REQUEST)
            (line,) = pool._idle
            end = line.transport.get_extra_info("socket")
            tried = end.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        finally:
            await pool.close()
    # the server of the state lets go of the locations of a machine that is cut off after ten seconds
    assert 0 < tried < 10_000
