from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import aiohttp
import pytest
from selenium.webdriver import Chrome

from importer.ui.benches import Benches, Start
from importer.ui.guard import CSRF_HEADER, Admission
from importer.ui.screen import Screen
from importer.ui.server import serving
from tests.ui.browser import open_driver
from tests.ui.forked_benches import forking


@pytest.fixture(scope="session")
def start_bench() -> Iterator[Start]:
    """Start processes that open files as a fork of one that is there."""
    with forking() as start:
        yield start


@pytest.fixture
def screen(tmp_path: Path, start_bench: Start, forked_importer: tuple[str, ...]) -> Screen:
    screen = Screen(tmp_path / "state", output=tmp_path / "results")
    screen.program = forked_importer
    screen.benches = Benches(start=start_bench)
    return screen


@dataclass
class Visitor:
    """A browser's requests, without the browser: its cookie, and the token that its pages hold."""

    session: aiohttp.ClientSession
    admission: Admission

    @classmethod
    async def of(cls, admission: Admission, session: aiohttp.ClientSession) -> Self:
        visitor = cls(session, admission)
        async with session.get(admission.link, allow_redirects=False) as entered:
            assert entered.status == 303
        return visitor

    def url(self, path: str) -> str:
        return f"{self.admission.origin}{path}"

    async def get(self, path: str) -> tuple[int, str]:
        async with self.session.get(self.url(path)) as reply:
            return reply.status, await reply.text()

    async def ask(self, path: str) -> Any:
        async with self.session.get(self.url(path)) as reply:
            found = await reply.json()
            assert reply.status == 200, found
            return found

    async def post(self, path: str, said: Any = None, **headers: str) -> tuple[int, Any]:
        sent = {CSRF_HEADER: self.admission.csrf, **headers}
        async with self.session.post(self.url(path), json=said or {}, headers=sent) as reply:
            return reply.status, await reply.json()

    async def draft(self, content: bytes, mapping: str) -> str:
        """Begin an import of a file by a mapping."""
        status, answer = await self.upload("people.csv", content)
        assert status == 200, answer
        draft = str(answer["draft"])
        version = (await self.ask(f"/api/d/{draft}/file"))["version"]
        status, answer = await self.post(
            f"/api/d/{draft}/mapping", {"do": "text", "text": mapping, "version": version}
        )
        assert (status, answer["faults"]) == (200, [])
        return draft

    async def fetch(self, path: str) -> tuple[str, bytes]:
        """Fetch a file; gives its name as a browser keeps it."""
        async with self.session.get(self.url(path)) as reply:
            assert reply.status == 200, await reply.text()
            return reply.headers["Content-Disposition"], await reply.read()

    async def upload(
        self, name: str, content: bytes, *, to: str = "/api/uploads", **query: str
    ) -> tuple[int, Any]:
        headers = {CSRF_HEADER: self.admission.csrf, "Content-Type": "application/octet-stream"}
        async with self.session.put(
            self.url(to), params={"name": name, **query}, data=content, headers=headers
        ) as reply:
            return reply.status, await reply.json()


@pytest.fixture
async def visitor(screen: Screen) -> AsyncIterator[Visitor]:
    async with (
        serving(screen) as admission,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
    ):
        yield await Visitor.of(admission, session)
        await screen.close()


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with open_driver(tmp_path_factory.mktemp("profile")) as opened:
        yield opened
