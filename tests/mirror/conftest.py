from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from importer.highlevel.calls import Call
from importer.highlevel.catalog import CatalogNeeds
from importer.highlevel.reply import Reply, read_reply
from importer.mirror.folder import MirrorFolder
from importer.mirror.parts import PARTS_FROM
from importer.mirror.reading import LocationToRead, MirrorReading, read_mirror
from importer.mirror.store import Mirror
from importer.runs.context import RunContext
from importer.runs.planning.mirroring import MirrorSettings, mirror_locations, open_looking
from importer.runtime.progress import SilentProgress
from importer.sandbox import Sandbox, SandboxSettings
from importer.settings import Connection, Secret
from tests.sending.runs import AheadClock

PLACE = "loc1"
GOOD = "pit-test"


class TestClock(AheadClock):
    """The sandbox's clock and the importer's: the machine's, and so many seconds ahead of it."""

    __test__ = False

    def monotonic(self) -> float:
        return self.now()


class Location:
    """A location of the sandbox, and whoever mirrors it."""

    def __init__(self, sandbox: Sandbox, clock: TestClock, state: Path) -> None:
        self.sandbox = sandbox
        self.clock = clock
        self.state = state

    def seed(self, count: int) -> list[str]:
        """Put contacts there, a second apart."""
        made = []
        for number in range(count):
            self.clock.ahead_seconds += 1
            made.append(
                self.sandbox.add_contact(PLACE, email=f"P{number}@example.com", firstName=f"N{number}")
            )
        return made

    async def read(self, *, max_age_seconds: float = 0.0, token: str = GOOD) -> MirrorReading:
        settings = MirrorSettings(
            connection=self.connection(token), state=self.state, max_age_seconds=max_age_seconds
        )
        (found,) = await mirror_locations([PLACE], settings, RunContext(clock=self.clock))
        if isinstance(found, Exception):
            raise found
        return found

    async def read_while(
        self, happens: Callable[[int], None], *, parts_from: int = PARTS_FROM
    ) -> MirrorReading:
        """Read it whole; before each request something happens."""
        async with open_looking(self.connection(), self.state, RunContext(clock=self.clock)) as sender:
            await sender.open_location(PLACE, CatalogNeeds())
            asked = 0

            async def ask(call: Call) -> Reply:
                nonlocal asked
                asked += 1
                happens(asked)
                return await sender.search(PLACE, call)

            return await read_mirror(
                ask,
                LocationToRead(base_url=self.sandbox.base_url, location_id=PLACE),
                MirrorFolder(self.state, clock=self.clock),
                max_age_seconds=3_600,
                clock=self.clock,
                progress=SilentProgress(),
                parts_from=parts_from,
            )

    def connection(self, token: str = GOOD) -> Connection:
        return Connection(base_url=self.sandbox.base_url, token=Secret(token))

    @property
    def searches(self) -> int:
        paths: dict[str, int] = self.sandbox.state()["paths"]
        return sum(count for path, count in paths.items() if path == "POST contacts/search")


def ids(reading: MirrorReading) -> list[str]:
    with Mirror.open(reading.path) as mirror:
        return [contact.id for contact in mirror]


@asynccontextmanager
async def open_location(state: Path, **settings: Any) -> AsyncIterator[Location]:
    clock = TestClock()
    async with Sandbox(SandboxSettings(burst=0, daily=0, **settings), clock=clock) as sandbox:
        yield Location(sandbox, clock, state)


@pytest.fixture
async def location(tmp_path: Path) -> AsyncIterator[Location]:
    async with open_location(tmp_path / "state") as opened:
        yield opened


class SayingProgress(SilentProgress):
    """Hands on what is said to people."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def message(self, text: str) -> None:
        self._say(text)


class PaperLocation:
    """A location whose every reply is written down beforehand."""

    def __init__(self, state: Path, replies: Iterable[dict[str, Any] | tuple[int, dict[str, Any]]]) -> None:
        self.asked: list[dict[str, Any]] = []
        self.folder = MirrorFolder(state, clock=TestClock())
        self._replies = iter(replies)

    async def __call__(self, call: Call) -> Reply:
        self.asked.append(json.loads(call.body or b"{}"))
        found = next(self._replies)
        status, body = found if isinstance(found, tuple) else (200, found)
        return read_reply(status, {}, json.dumps(body).encode())

    async def read(self, say: Callable[[str], None] = lambda _: None) -> MirrorReading:
        return await read_mirror(
            self,
            LocationToRead(base_url="http://127.0.0.1", location_id=PLACE),
            self.folder,
            max_age_seconds=60,
            clock=TestClock(),
            progress=SayingProgress(say),
        )


PaperFrom = Callable[..., PaperLocation]


@pytest.fixture
def paper(tmp_path: Path) -> PaperFrom:
    return lambda *replies: PaperLocation(tmp_path / "state", replies)


def page(*contact_ids: str, total: int | None = None) -> dict[str, Any]:
    hits = [{"id": each, "locationId": PLACE, "searchAfter": [1, each]} for each in contact_ids]
    return {"contacts": hits, **({} if total is None else {"total": total})}
