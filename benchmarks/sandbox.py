"""How many upserts a second the sandbox answers, so that what is measured against it is not the sandbox.

    python benchmarks/sandbox.py [--requests 20000] [--connections 50] [--db FILE]

Raw connections post ready bytes; the sandbox is a process of its own, and its CPU is what the figure stands on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import time
from urllib.parse import urlsplit


def request(number: int) -> bytes:
    body = json.dumps(
        {
            "locationId": "sandboxLocation00001",
            "firstName": f"Ann{number}",
            "lastName": "Example",
            "email": f"ann{number}@example.com",
            "phone": f"+1415{5_000_000 + number}",
            "address1": "1 Main Street",
            "city": "Springfield",
            "state": "IL",
            "postalCode": "62701",
            "country": "US",
            "companyName": "Example Ltd",
            "dateOfBirth": "1990-09-25",
            "tags": ["spring", "import"],
            "customFields": [{"key": "shirt_size", "field_value": "L"}, {"key": "seats", "field_value": 3}],
        }
    ).encode()
    head = (
        "POST /contacts/upsert HTTP/1.1\r\nHost: sandbox\r\nAuthorization: Bearer pit-x\r\nVersion: 2021-07-28\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Poster(asyncio.Protocol):
    """Posts the next request as soon as the last one is answered."""

    def __init__(self, waiting: list[bytes], done: asyncio.Event) -> None:
        self._waiting = waiting
        self._done = done
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._post()

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, gap, body = self._read.partition(b"\r\n\r\n")
        if not gap:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        if len(body) >= length:
            if not head.startswith(b"HTTP/1.1 200"):
                raise SystemExit(self._read.decode())
            self._read = b""
            self._post()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (asyncio's signature)
        self._done.set()

    def _post(self) -> None:
        if self._waiting:
            self._transport.write(self._waiting.pop())
        else:
            self._transport.close()


async def post_all(url: str, requests: int, connections: int) -> float:
    place = urlsplit(url)
    waiting = [request(number) for number in range(requests)]
    loop = asyncio.get_running_loop()
    ends = [asyncio.Event() for _ in range(connections)]
    started = time.perf_counter()
    for end in ends:
        await loop.create_connection(lambda end=end: Poster(waiting, end), place.hostname, place.port)
    for end in ends:
        await end.wait()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--db")
    given = parser.parse_args()
    command = [
        sys.executable,
        "-m",
        "importer",
        "sandbox",
        "--port",
        "0",
        "--json",
        "--burst",
        "0",
        "--daily",
        "0",
    ]
    if given.db:
        command += ["--db", given.db]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    url = json.loads(process.stdout.readline() if process.stdout else "")["base_url"]
    seconds = asyncio.run(post_all(url, given.requests, given.connections))
    process.terminate()
    process.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime
    print(
        f"{given.requests / seconds:,.0f} requests/s; the sandbox's CPU {cpu / given.requests * 1e6:.0f} us a request "
        f"(start-up included), {given.requests / cpu:,.0f} requests/s of one core"
    )


if __name__ == "__main__":
    main()
