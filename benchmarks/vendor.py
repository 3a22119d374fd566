"""The cheapest server that answers as the vendor does, in a process of its own: it must not be what is measured.

It parses nothing but lengths and gives each contact back as it was sent, under a new id. A burst of 100 is kept: each
location has a sliding window of ten seconds, and what is above it is refused.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import re
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from importer.runtime.loop import loop_factory

LOCATION = b'{"location":{"id":"loc0","name":"Bench","settings":{"allowDuplicateContact":false}}}'
NOBODY = b'{"contacts":[],"total":0}'
NOBODY_BY_KEY = b'{"contact":null}'
TAGGED = b'{"succeded":true,"errorCount":0,"responses":[]}'
UNLIMITED = b"1000000"
REFUSED = b'{"statusCode":429,"message":"Too Many Requests"}'
INTERVAL_SECONDS = 10.0
_LOCATION_ID = re.compile(rb'"locationId":"([^"]+)')
CUSTOM_FIELDS = ("Title", "Notes", "Shirt Size", "Interests", "Amount", "Owner Note")
CATALOG = b'{"customFields":[%s]}' % b",".join(
    b'{"id":"benchmarkField%06d","name":"%s","fieldKey":"contact.%s","dataType":"TEXT"}'
    % (number, name.encode(), name.lower().replace(" ", "_").encode())
    for number, name in enumerate(CUSTOM_FIELDS)
)


class Vendor(asyncio.Protocol):
    """One connection; ``burst`` is the quota that the headers tell."""

    burst = UNLIMITED
    contacts = 0
    arrivals: ClassVar[defaultdict[bytes, deque[float]]] = defaultdict(deque)
    unlimited = True

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
        status, content = (
            (b"200 OK", self.content(head, body)) if self.fits(body) else (b"429 Too Many", REFUSED)
        )
        return (
            b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nX-RateLimit-Max: %s\r\n"
            b"X-RateLimit-Interval-Milliseconds: 10000\r\nX-RateLimit-Remaining: %s\r\n"
            b"X-RateLimit-Limit-Daily: 20000000\r\nX-RateLimit-Daily-Remaining: 19000000\r\n"
            b"Date: Mon, 23 Nov 2026 10:00:00 GMT\r\nContent-Length: %d\r\n\r\n%s"
            % (status, self.burst, self.burst, len(content), content)
        )

    def fits(self, body: bytes) -> bool:
        """Count a request of a location; False where its window is full."""
        if self.unlimited or (found := _LOCATION_ID.search(body)) is None:
            return True
        window, now = self.arrivals[found[1]], time.monotonic()
        while window and window[0] <= now - INTERVAL_SECONDS:
            window.popleft()
        if len(window) >= int(self.burst):
            return False
        window.append(now)
        return True

    def content(self, head: bytes, body: bytes) -> bytes:
        if b"/contacts/search" in head:
            return NOBODY_BY_KEY if head.startswith(b"get") else NOBODY
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
    Vendor.burst, Vendor.unlimited = burst, burst == UNLIMITED

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(Vendor, "127.0.0.1", 0, backlog=1024)
        ready.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(main())


@contextmanager
def vendor(burst: bytes = UNLIMITED) -> Iterator[str]:
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
