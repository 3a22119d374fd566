"""One kept connection, read byte by byte, for replies that no client library would accept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from importer.sandbox import Sandbox


@dataclass(frozen=True)
class Heard:
    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)


class Line:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, email: str, **fields: Any) -> None:
        """Send an upsert, and wait for nothing."""
        body = json.dumps({"locationId": "loc1", "email": email, **fields}).encode()
        head = (
            "POST /contacts/upsert HTTP/1.1\r\nHost: sandbox\r\nAuthorization: Bearer pit-test\r\n"
            f"Version: 2021-07-28\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)

    async def hear(self) -> Heard:
        """Read the next reply on the connection, whoever it is meant for."""
        first, *lines = (await self._reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        raw = await self._reader.readexactly(int(headers.get("content-length", "0")))
        return Heard(int(first.split()[1]), headers, raw)

    async def upsert(self, email: str, **fields: Any) -> Heard:
        self.send(email, **fields)
        return await self.hear()

    async def read(self, size: int) -> bytes:
        return await self._reader.read(size)

    def hang_up(self) -> None:
        self._writer.transport.abort()


@asynccontextmanager
async def line_to(sandbox: Sandbox) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.port)
    try:
        yield Line(reader, writer)
    finally:
        writer.transport.abort()
