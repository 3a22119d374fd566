"""The client over https, straight and through a proxy; the certificate is made here, so the system trusts it only when told."""

from __future__ import annotations

import asyncio
import contextlib
import os
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from importer.highlevel.calls import Call
from importer.highlevel.client import Client, LostReply
from importer.settings import Secret
from tests.highlevel.tls import NAME, make_certificate, pump, server_context

SEND_TWICE = """
import asyncio, sys
from importer.highlevel.calls import Call
from importer.highlevel.client import Client
from importer.settings import Secret

async def main():
    async with Client(sys.argv[1]) as client:
        for number in range(2):
            call = Call(method="POST", path="/contacts/upsert", body=b'{"number": %d}' % number)
            answer = await client.request(call, Secret("pit-secret"))
            print(answer.body.decode() if hasattr(answer, "body") else answer.reason)

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


class Places:
    """A server behind TLS and a proxy before it, with what came in at both."""

    def __init__(self) -> None:
        self.port = self.proxy_port = 0
        self.requests: list[bytes] = []
        self.tunnels: list[bytes] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            while True:
                self.requests.append(await reader.readuntil(b"}"))
                writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{"ok":%d}' % len(self.requests))
        writer.close()

    async def tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tunnels.append(await reader.readuntil(b"\r\n\r\n"))
        inward, outward = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(pump(reader, outward), pump(inward, writer))


@asynccontextmanager
async def places(certificate: Path) -> AsyncIterator[Places]:
    here = Places()
    server = await asyncio.start_server(here.serve, "127.0.0.1", 0, ssl=server_context(certificate))
    proxy = await asyncio.start_server(here.tunnel, "127.0.0.1", 0)
    here.port, here.proxy_port = (each.sockets[0].getsockname()[1] for each in (server, proxy))
    async with server, proxy:
        yield here


async def send_twice(base_url: str, certificate: Path, **more: str) -> list[str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SEND_TWICE, base_url,
        env={**os.environ, "SSL_CERT_FILE": str(certificate), **more}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    told, _ = await process.communicate()
    return told.decode().split()


async def test_a_trusted_server_is_sent_to_over_one_connection(certificate: Path) -> None:
    async with places(certificate) as here:
        told = await send_twice(f"https://localhost:{here.port}", certificate)
    assert told == ['{"ok":1}', '{"ok":2}']
    assert here.connections == 1
    assert b"Authorization: Bearer pit-secret\r\n" in here.requests[1]


async def test_a_proxy_carries_the_tunnel_and_never_sees_the_token(certificate: Path) -> None:
    async with places(certificate) as here:
        proxy = f"http://user:word@127.0.0.1:{here.proxy_port}"
        told = await send_twice(f"https://{NAME}:{here.port}", certificate, HTTPS_PROXY=proxy, NO_PROXY="")
    assert told == ['{"ok":1}', '{"ok":2}']
    (tunnel,) = here.tunnels
    assert tunnel.startswith(f"CONNECT {NAME}:{here.port} HTTP/1.1\r\n".encode())
    assert b"Proxy-Authorization: Basic dXNlcjp3b3Jk\r\n" in tunnel
    assert b"pit-secret" not in tunnel


async def test_a_server_that_nobody_vouches_for_is_told_nothing(certificate: Path) -> None:
    async with places(certificate) as here, Client(f"https://localhost:{here.port}") as client:
        lost = await client.request(
            Call(method="POST", path="/contacts/upsert", body=b"{}"), Secret("pit-secret")
        )
    assert isinstance(lost, LostReply)
    assert (lost.sent, lost.certificate, lost.reason) == (
        False, True, "the server's certificate is not trusted (self-signed certificate)",
    )  # fmt: skip
    assert not here.requests


async def test_a_handshake_that_is_cut_short_is_no_matter_of_trust() -> None:
    """A gateway that restarts does so, and the next attempt may get through."""

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, Client(f"https://localhost:{port}") as client:
        lost = await client.request(
            Call(method="POST", path="/contacts/upsert", body=b"{}"), Secret("pit-secret")
        )
    assert isinstance(lost, LostReply)
    assert (lost.sent, lost.certificate) == (False, False)
