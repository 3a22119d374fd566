"""Certificates made on the spot, and a server that cannot prove who it is."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = "vendor.test"


def make_certificate(folder: Path) -> Path:
    """Make a key and a certificate for two names, in one file; a system trusts it only when told to."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(NAME), x509.DNSName("localhost")]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return path


def server_context(certificate: Path) -> ssl.SSLContext:
    keys = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    keys.load_cert_chain(certificate)
    return keys


@dataclass
class Impostor:
    """Answers in somebody's place; counts who came, and keeps what it was told."""

    base_url: str
    visits: int = 0
    heard: bytes = b""


@contextmanager
def impostor(folder: Path) -> Iterator[Impostor]:
    """Serve on loopback with a certificate that nobody vouches for."""
    context = server_context(make_certificate(folder))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        here = Impostor(base_url=f"https://localhost:{listening.getsockname()[1]}")

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    visitor, _ = listening.accept()
                    here.visits += 1
                    with contextlib.suppress(OSError), context.wrap_socket(visitor, server_side=True) as talk:
                        here.heard += talk.recv(1)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield here
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


@contextmanager
def behind_tls(port: int, certificate: Path) -> Iterator[int]:
    """Open a port of this machine that proves who it is, and carries what comes to another port."""
    loop = asyncio.new_event_loop()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inward, outward = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump(reader, outward), pump(inward, writer))

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(carry, "127.0.0.1", 0, ssl=server_context(certificate))

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(listen(), loop).result()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while piece := await source.read(65_536):
            sink.write(piece)
            await sink.drain()
    sink.close()
