"""The cheapest server that answers as the vendor does, in a process of its own: it must not be what is measured.

It parses nothing but lengths, refuses nothing, and gives each contact back as it was sent, under a new id.
"""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager

from importer.runtime.loop import loop_factory

LOCATION = b'{"location":{"id":"loc0","name":"Bench","settings":{"allowDuplicateContact":false}}}'
TAGGED = b'{"succeded":true,"errorCount":0,"responses":[]}'
CUSTOM_FIELDS = ("Title", "Notes", "Shirt Size", "Interests", "Amount", "Owner Note")
CATALOG = b'{"customFields":[%s]}' % b",".join(
    b'{"id":"benchmarkField%06d","name":"%s","fieldKey":"contact.%s","dataType":"TEXT"}'
    % (number, name.encode(), name.lower().replace(" ", "_").encode())
    for number, name in enumerate(CUSTOM_FIELDS)
)


class Vendor(asyncio.Protocol):
    """One connection; ``burst`` is the quota that the headers tell."""

    burst = b"1000000"
    contacts = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.buffer) < end + 4 + length:
                return
            body = self.buffer[end + 4 : end + 4 + length]
            self.buffer = self.buffer[end + 4 + length :]
            self.transport.write(self.answer(head, body))

    def answer(self, head: bytes, body: bytes) -> bytes:
        content = self.content(head, body)
        return (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-RateLimit-Max: %s\r\n"
            b"X-RateLimit-Interval-Milliseconds: 10000\r\nX-RateLimit-Remaining: %s\r\n"
            b"X-RateLimit-Limit-Daily: 20000000\r\nX-RateLimit-Daily-Remaining: 19000000\r\n"
            b"Date: Mon, 23 Nov 2026 10:00:00 GMT\r\nContent-Length: %d\r\n\r\n%s"
            % (self.burst, self.burst, len(content), content)
        )

    def content(self, head: bytes, body: bytes) -> bytes:
        if head.startswith(b"get"):
            return CATALOG if b"/customfields" in head else LOCATION
        if b"/bulk/tags/" in head:
            return TAGGED
        Vendor.contacts += 1
        return (
            b'{"new":true,"contact":{"id":"benchmark%011d","dateAdded":"2026-11-23T10:00:00.000Z",%s,'
            b'"traceId":"0b6b7a2e-7b1c-4a0e-9f0e-1b8f6c1d2e3f"}' % (Vendor.contacts, body[1:])
        )


def serve(ready: multiprocessing.Queue, burst: bytes) -> None:
    Vendor.burst = burst

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(Vendor, "127.0.0.1", 0, backlog=1024)
        ready.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(main())


@contextmanager
def vendor(burst: bytes = b"1000000") -> Iterator[str]:
    """Run the server for a while; gives its base URL."""
    context = multiprocessing.get_context("spawn")
    ready = context.Queue()
    process = context.Process(target=serve, args=(ready, burst), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ready.get(timeout=20)}"
    finally:
        process.terminate()
        process.join()
