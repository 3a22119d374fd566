from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp
import pytest

from importer.sandbox import MovableClock, Sandbox, SandboxSettings

PLACE = "loc1"


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def message(self) -> Any:
        return self.body["message"]


class Caller:
    """A bare HTTP client that knows nothing but the paths."""

    def __init__(self, sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
        self.sandbox = sandbox
        self._session = session
        self.headers = {"Authorization": "Bearer pit-test", "Version": "2021-07-28"}

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        form: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        follow: bool = True,
    ) -> Answer:
        sent = self.headers if headers is None else headers
        url = self.sandbox.base_url + path
        async with self._session.request(
            method, url, json=body, data=form, params=query, headers=sent, allow_redirects=follow
        ) as response:
            html = response.content_type == "text/html"
            read = await response.text() if html else await response.json()
            return Answer(response.status, read, dict(response.headers))

    async def upsert(self, **fields: Any) -> Answer:
        return await self.ask("POST", "/contacts/upsert", {"locationId": PLACE, **fields})

    async def stored(self, contact_id: str) -> Any:
        return (await self.ask("GET", f"/contacts/{contact_id}")).body["contact"]


class OpenSandbox(Protocol):
    def __call__(self, **settings: Any) -> Awaitable[Caller]: ...


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(1_800_000_000.0)


@pytest.fixture
async def open_sandbox(clock: MovableClock) -> AsyncIterator[Callable[..., Awaitable[Caller]]]:
    async with AsyncExitStack() as stack:

        async def start(**settings: Any) -> Caller:
            sandbox = await stack.enter_async_context(Sandbox(SandboxSettings(**settings), clock=clock))
            session = await stack.enter_async_context(aiohttp.ClientSession())
            return Caller(sandbox, session)

        yield start


@pytest.fixture
async def caller(open_sandbox: OpenSandbox) -> Caller:
    return await open_sandbox()
