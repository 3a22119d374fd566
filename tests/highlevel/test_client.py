from __future__ import annotations

import asyncio
import contextlib
import errno
import gzip
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from yarl import URL

from importer.errors import SettingsError
from importer.highlevel import calls
from importer.highlevel.calls import Call
from importer.highlevel.client import Client, LostReply, RawReply, Timeouts, check_base_url, find_proxy
from importer.highlevel.exchange import UnreachedError, describe
from importer.highlevel.versions import ApiVersion
from importer.settings import Secret

CALL = Call(method="POST", path="/contacts/upsert", body=b'{"a": 1}')
TOKEN = Secret("pit-secret")


class Peer:
    """A server that reads one request at a time and answers with the bytes it is told to, or not at all."""

    def __init__(self, answer: Callable[[bytes], bytes | None]) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.reached = asyncio.Event()
        self.base_url = ""
        self._answer = answer

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")),
                    0,
                )  # fmt: skip
                self.requests.append(head + await reader.readexactly(length))
                self.reached.set()
                reply = self._answer(self.requests[-1])
                if reply is None:
                    await reader.read()
                    break
                writer.write(reply)
                if not reply or b"Connection: close" in reply:
                    break
        writer.close()


@asynccontextmanager
async def peer(answer: Callable[[bytes], bytes | None]) -> AsyncIterator[Peer]:
    server_side = Peer(answer)
    server = await asyncio.start_server(server_side.serve, "127.0.0.1", 0)
    server_side.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield server_side
    finally:
        server.close()


def http(body: bytes, *, status: str = "200 OK", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


async def test_a_call_goes_out_with_everything_the_vendor_asks_for() -> None:
    async with peer(lambda _: http(b"{}")) as server, Client(server.base_url) as client:
        reply = await client.request(CALL, TOKEN)
    assert isinstance(reply, RawReply)
    assert (reply.status, reply.body) == (200, b"{}")
    sent = server.requests[0].decode()
    assert sent.startswith("POST /contacts/upsert HTTP/1.1\r\n")
    for line in (
        "Authorization: Bearer pit-secret",
        "Version: 2021-07-28",
        "Content-Type: application/json",
        "Accept: application/json",
        "Accept-Encoding: gzip",
        "User-Agent: highlevel-importer/",
    ):
        assert line in sent
    assert sent.endswith('{"a": 1}')


async def test_a_request_is_written_as_aiohttps_own_session_writes_it() -> None:
    async with peer(lambda _: http(b"{}")) as server, Client(server.base_url + "/base") as client:
        await client.request(CALL, TOKEN)
        await client.request(Call(method="GET", path="/contacts/a%20b?x=%2B1"), TOKEN)
        ours = [_parse(request) for request in server.requests]
        headers = {
            name: value for name, value in ours[0][1].items() if name not in {"host", "content-length"}
        }
        server.requests.clear()
        async with aiohttp.ClientSession(headers=headers) as session:
            await session.post(f"{server.base_url}/base/contacts/upsert", data=CALL.body)
            await session.get(URL(f"{server.base_url}/base/contacts/a%20b?x=%2B1", encoded=True))
    assert ours == [_parse(request) for request in server.requests]


def _parse(request: bytes) -> tuple[str, dict[str, str], bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    line, *lines = head.decode().split("\r\n")
    return line, {name.lower(): value for name, _, value in (each.partition(": ") for each in lines)}, body


@pytest.mark.parametrize("secret", ["pit\r\nX-Other: 1", "pit secret\n", "pít"])
async def test_a_token_that_would_write_headers_of_its_own_is_never_sent(secret: str) -> None:
    async with peer(lambda _: http(b"{}")) as server, Client(server.base_url) as client:
        lost = await client.request(CALL, Secret(secret))
    assert isinstance(lost, LostReply)
    assert not lost.sent
    assert "the token holds a character" in lost.reason
    assert "pit" not in lost.reason
    assert not server.requests


async def test_a_form_between_other_calls_leaves_them_as_they_were() -> None:
    form = Call(method="POST", path="/oauth/token", body=b"a=1", form=True)
    async with peer(lambda _: http(b"{}")) as server, Client(server.base_url) as client:
        for call, token in (
            (form, None),
            (CALL, TOKEN),
            (form, None),
            (CALL, TOKEN),
            (form, TOKEN),
            (CALL, None),
        ):
            await client.request(call, token)
    sent = [_parse(request)[1] for request in server.requests]
    kinds = [each["content-type"].partition("/x-www-")[0].removeprefix("application/") for each in sent]
    assert kinds == ["application", "json", "application", "json", "application", "json"]
    assert ["authorization" in each for each in sent] == [False, True, False, True, True, False]


async def test_the_version_is_a_setting() -> None:
    async with (
        peer(lambda _: http(b"{}")) as server,
        Client(server.base_url, version=ApiVersion.V3) as client,
    ):
        await client.request(CALL, TOKEN)
    assert b"Version: v3\r\n" in server.requests[0]


async def test_one_connection_serves_many_calls_and_many_tokens() -> None:
    async with peer(lambda _: http(b"{}")) as server, Client(server.base_url) as client:
        for number in range(6):
            await client.request(CALL, Secret(f"pit-{number % 2}"))
    assert len(server.requests) == 6
    assert server.connections == 1


async def test_a_packed_reply_is_unpacked() -> None:
    packed = gzip.compress(b'{"packed": true}', mtime=0)
    async with (
        peer(lambda _: http(packed, headers="Content-Encoding: gzip\r\n")) as server,
        Client(server.base_url) as client,
    ):
        reply = await client.request(CALL, TOKEN)
    assert isinstance(reply, RawReply)
    assert reply.body == b'{"packed": true}'


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + http(b"{}"), 200, b"{}"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (http(b"", status="304 Not Modified"), 304, b""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", 200, b"{}"),
        (b"HTTP/1.0 200 OK\r\n\r\n{}Connection: close", 200, b"{}Connection: close"),
        (http(b"[" + b"1," * 200_000 + b"1]"), 200, b"[" + b"1," * 200_000 + b"1]"),
    ],
)  # fmt: skip
async def test_a_reply_is_read_however_its_length_is_told(answer: bytes, status: int, body: bytes) -> None:
    async with peer(lambda _: answer) as server, Client(server.base_url) as client:
        for _ in range(2):
            reply = await client.request(CALL, TOKEN)
            assert isinstance(reply, RawReply)
            assert (reply.status, reply.body) == (status, body)


async def test_a_connection_that_the_server_closed_meanwhile_is_not_used_again() -> None:
    async with (
        peer(lambda _: http(b"{}", headers="Connection: close\r\n")) as server,
        Client(server.base_url) as client,
    ):
        replies = [await client.request(CALL, TOKEN) for _ in range(3)]
    assert all(isinstance(reply, RawReply) for reply in replies)
    assert server.connections == 3


@pytest.mark.parametrize("later", [False, True])
async def test_words_that_answer_nothing_are_not_taken_for_the_next_reply(*, later: bool) -> None:
    timeout = http(b"idle", status="408 Request Timeout")
    said, ended = asyncio.Event(), asyncio.Semaphore(0)
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b'{"a": 1}')
        writer.write(http(b"{}") if later else http(b"{}") + timeout)
        await asyncio.sleep(0.01)  # so that what follows is no part of the reply
        if later:
            writer.write(timeout)
        await writer.drain()
        said.set()
        await reader.read()
        writer.close()
        await writer.wait_closed()
        ended.release()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, Client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as client:
        for number in (1, 2):
            reply = await client.request(CALL, TOKEN)
            assert isinstance(reply, RawReply)
            assert (reply.status, reply.body) == (200, b"{}")
            await said.wait()
            await asyncio.sleep(0.01)  # for the loop to hand over what has come
            said.clear()
            assert connections == number
    for _ in range(connections):
        await ended.acquire()


async def test_a_reply_that_nobody_waited_for_is_not_taken_for_the_next_one() -> None:
    slow = iter([None, http(b'{"second": true}')])
    async with peer(lambda _: next(slow)) as server, Client(server.base_url) as client:
        task = asyncio.create_task(client.request(CALL, TOKEN))
        await server.reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        reply = await client.request(CALL, TOKEN)
    assert isinstance(reply, RawReply)
    assert reply.body == b'{"second": true}'
    assert server.connections == 2


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "the connection was cut before the reply"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{", "cut short or damaged"),
        (b"SSH-2.0-OpenSSH_9.9\r\n\r\nConnection: close", "the exchange failed"),
        (http(b"not gzip", headers="Content-Encoding: gzip\r\n"), "cut short or damaged"),
        (
            http(gzip.compress(b"{}", mtime=0)[:-4], headers="Content-Encoding: gzip\r\n"),
            "cut short or damaged",
        ),
        (http(b"x", headers="Content-Encoding: br\r\n"), "cut short or damaged"),
    ],
)
async def test_a_reply_that_cannot_be_had_is_lost_and_may_have_been_acted_on(
    answer: bytes, reason: str
) -> None:
    async with peer(lambda _: answer) as server, Client(server.base_url) as client:
        lost = await client.request(CALL, TOKEN)
    assert isinstance(lost, LostReply)
    assert lost.sent
    assert reason in lost.reason
    assert "pit-secret" not in repr(lost)


@pytest.mark.parametrize(
    "said", [None, b"HTTP/1.1 200 OK\r\nContent-", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"]
)
async def test_silence_ends_with_the_timeout_and_the_client_goes_on(said: bytes | None) -> None:
    silent = iter([said, http(b"{}")])
    timeouts = Timeouts(total=0.05)
    async with (
        peer(lambda _: next(silent)) as server,
        Client(server.base_url, timeouts=timeouts) as client,
    ):
        lost = await client.request(CALL, TOKEN)
        reply = await client.request(CALL, TOKEN)
    assert isinstance(lost, LostReply)
    assert (lost.reason, lost.sent, lost.timed_out) == ("no reply in time", True, True)
    assert isinstance(reply, RawReply)


async def test_a_timeout_is_no_cancellation_and_a_cancellation_no_timeout() -> None:
    async with peer(lambda _: None) as server, Client(server.base_url) as client:
        task = asyncio.create_task(client.request(CALL, TOKEN))
        await server.reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_nobody_listening_means_that_nothing_was_sent() -> None:
    async with peer(lambda _: b"") as server:
        base_url = server.base_url
    async with Client(base_url) as client:
        lost = await client.request(CALL, TOKEN)
    assert isinstance(lost, LostReply)
    assert not lost.sent
    assert lost.reason == "no connection (nothing answers at its address)"


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (OSError(errno.ENETUNREACH, "Connect call failed ('192.0.2.1', 443)"), "is this computer connected?"),
        (OSError(errno.EACCES, "Connect call failed ('192.0.2.1', 443)"), os.strerror(errno.EACCES)),
        (OSError("Multiple exceptions: [Errno 111] Connect call failed"), "OSError"),
    ],
)
def test_why_there_is_no_connection_is_said_without_sockets(cause: OSError, said: str) -> None:
    server = ConnectionKey("h", 443, True, True, None, None, None, None)
    failure = UnreachedError()
    failure.__cause__ = aiohttp.ClientConnectorError(server, cause)

    assert said in describe(failure)
    assert "call failed" not in describe(failure)


async def test_redirects_are_not_followed_with_the_token() -> None:
    moved = http(b"", status="302 Found", headers="Location: https://example.com/\r\n")
    async with peer(lambda _: moved) as server, Client(server.base_url) as client:
        reply = await client.request(CALL, TOKEN)
    assert isinstance(reply, RawReply)
    assert reply.status == 302
    assert len(server.requests) == 1


async def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = http(b"", status="407 Proxy Authentication Required", headers="Connection: close\r\n")
    async with peer(lambda _: refusal) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.base_url)
        async with Client("https://services.example.com") as client:
            lost = await client.request(CALL, TOKEN)
    assert proxy.requests[0].startswith(b"CONNECT services.example.com:443")
    assert b"pit-secret" not in proxy.requests[0]
    assert isinstance(lost, LostReply)
    assert not lost.sent
    assert lost.reason == "the proxy refused (407)"


async def test_a_proxy_that_nobody_answers_for_is_named_as_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    async def reason_through(proxy: str) -> str:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        async with Client("https://services.example.com") as client:
            lost = await client.request(CALL, TOKEN)
        assert isinstance(lost, LostReply)
        return lost.reason

    assert "proxy that HTTPS_PROXY names" in await reason_through(f"http://127.0.0.1:{unused_tcp_port}")
    assert (
        await reason_through("http://proxy.invalid:3128") == "no server of the name proxy.invalid was found"
    )


def test_a_proxy_of_another_kind_than_http_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1080")
    with pytest.raises(SettingsError, match="one of socks5"):
        find_proxy("https://services.example.com")
    monkeypatch.setenv("HTTPS_PROXY", "HTTP://127.0.0.1:3128")
    assert find_proxy("https://services.example.com") == "HTTP://127.0.0.1:3128"


def test_loopback_and_no_proxy_go_straight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.com:3128")
    monkeypatch.setenv("HTTPS_PROXY", "proxy.example.com:3128")
    monkeypatch.setenv("NO_PROXY", "inside.example.com")
    assert find_proxy("http://127.0.0.1:8700") is None
    assert find_proxy("https://inside.example.com") is None
    assert find_proxy("https://services.leadconnectorhq.com") == "http://proxy.example.com:3128"


@pytest.mark.parametrize(
    "base_url",
    [
        "http://services.leadconnectorhq.com",
        "http://127.0.0.1.example.com",
        "ftp://127.0.0.1",
        "services.leadconnectorhq.com",
        "https://user:secret@example.com",
        "https://example.com/?x=1",
    ],
)
def test_an_address_that_would_show_the_token_is_refused(base_url: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check_base_url(base_url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("base_url", ["https://a.example.com/", "http://localhost:8700", "http://[::1]:8700"])
def test_https_and_loopback_are_fine(base_url: str) -> None:
    assert check_base_url(base_url) == base_url.rstrip("/")


def test_paths_quote_what_they_are_given() -> None:
    assert calls.get_contact("../users").path == "/contacts/..%2Fusers"
    assert calls.search_duplicate("loc", email=None, phone="+1415").path.endswith("number=%2B1415")


LONG = Secret("pit-3f1c9e52-77aa-4b1e-9c0d-5d2b8e6f4a10")


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (LONG.reveal(), "***"),
        ("Bearer " + LONG.reveal()[:17] + "...", "Bearer ***"),
        (LONG.reveal().upper(), "***"),
        (LONG.reveal().replace("p", "\\u0070").replace("-", "\\u002d"), "***"),
        ("pit-another", "pit-another"),
        ("\\\\u0070it", "\\\\u0070it"),
    ],
)
@pytest.mark.parametrize("status", ["200 OK", "401 Unauthorized"])
async def test_our_token_is_taken_out_of_what_comes_back(status: str, said: str, heard: str) -> None:
    async with (
        peer(lambda _: http(f'{{"message": "{said}"}}'.encode(), status=status)) as server,
        Client(server.base_url) as client,
    ):
        reply = await client.request(CALL, LONG)
    assert isinstance(reply, RawReply)
    assert reply.body.decode() == f'{{"message": "{heard}"}}'


@pytest.mark.parametrize(("status", "kept"), [("200 OK", True), ("400 Bad Request", False)])
async def test_a_grant_keeps_its_tokens_and_a_refusal_quotes_no_secret_of_its_form(
    status: str,
    kept: bool,  # noqa: FBT001  (a parameter of the test)
) -> None:
    body = b'{"refresh_token": "refresh-0123456789", "message": "app-secret-0123456789"}'
    call = calls.form(
        "/oauth/token",
        {"refresh_token": Secret("refresh-0123456789"), "client_secret": Secret("app-secret-0123456789")},
    )
    async with (
        peer(lambda _: http(body, status=status)) as server,
        Client(server.base_url) as client,
    ):
        reply = await client.request(call, None)
    assert isinstance(reply, RawReply)
    assert (reply.body == body) is kept
    assert (b"0123456789" in reply.body) is kept


async def test_a_reply_is_read_to_a_bound_and_no_further() -> None:
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    endless = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 200
    huge = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n" + b" " * (9 << 20)
    bomb = gzip.compress(b" " * (9 << 20))
    packed = http(bomb, headers="Content-Encoding: gzip\r\n")
    for reply in (endless, huge, packed):
        async with peer(lambda _, reply=reply: reply) as server, Client(server.base_url) as client:  # type: ignore[misc]
            lost = await client.request(CALL, TOKEN)
        assert isinstance(lost, LostReply)
        assert (lost.reason, lost.sent, lost.lasting) == ("the reply was larger than 8 MB", True, True)


async def test_a_large_listing_is_read_whole() -> None:
    body = b"[" + b" " * (7 << 20) + b"]"
    async with peer(lambda _: http(body)) as server, Client(server.base_url) as client:
        reply = await client.request(CALL, TOKEN)
    assert isinstance(reply, RawReply)
    assert reply.body == body


FEW_FILES = """
import asyncio, os, resource, sys
from importer.highlevel.calls import Call
from importer.highlevel.client import Client, RawReply
from importer.settings import Secret

async def main():
    async with Client(sys.argv[1]) as client:
        one = lambda: client.request(Call(method="GET", path="/"), Secret("pit-secret"))
        await one()
        room = int(sys.argv[2])
        used = max(map(int, os.listdir("/proc/self/fd")))
        resource.setrlimit(resource.RLIMIT_NOFILE, (used + room, used + room))
        for each in await asyncio.gather(*(one() for _ in range(40))):
            print(each.status if isinstance(each, RawReply) else each.reason)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts the open files by way of /proc")
async def test_calls_share_the_connections_that_the_machine_allows() -> None:
    async with peer(lambda _: http(b"{}")) as server:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", FEW_FILES, server.base_url, "6", stdout=asyncio.subprocess.PIPE
        )
        told, _ = await process.communicate()
    assert told.split() == [b"200"] * 40
    assert server.connections < 10
