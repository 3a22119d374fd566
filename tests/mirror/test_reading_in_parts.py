"""A large location is read by several cursors side by side, and comes to the same as by one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.highlevel.calls import Call
from importer.highlevel.reply import Reply, read_reply
from importer.mirror.folder import MirrorFolder
from importer.mirror.reading import LocationToRead, MirrorReading, read_mirror
from importer.runtime.progress import SilentProgress
from importer.sandbox import Sandbox, SandboxSettings
from importer.sandbox import vendor as sandbox_vendor
from importer.sandbox.replies import Refusal
from importer.sandbox.searches import search
from tests.mirror.conftest import PLACE, Location, TestClock, ids, open_location

PARTS_FROM = 200


@pytest.fixture
async def large(tmp_path: Path) -> AsyncIterator[Location]:
    async with open_location(tmp_path, search_page_limit=100, search_lag_seconds=0) as location:
        yield location


async def read(location: Location, happens: Callable[[int], None] = lambda _: None) -> MirrorReading:
    return await location.read_while(happens, parts_from=PARTS_FROM)


async def test_all_are_read_once_and_stand_in_the_order_of_their_making(large: Location) -> None:
    made = large.seed(1_234)
    reading = await read(large)
    assert ids(reading) == made
    assert reading.contacts == 1_234


async def test_most_may_have_come_on_one_day(large: Location) -> None:
    made = large.seed(20)
    large.clock.ahead_seconds += 300 * 86_400
    made += large.seed(700)
    large.clock.ahead_seconds += 300 * 86_400
    made += large.seed(20)
    assert ids(await read(large)) == made


async def test_all_may_have_come_at_once(large: Location) -> None:
    now = large.clock.now()
    made = [
        large.sandbox.add_contact(PLACE, email=f"p{number}@example.com", added_at=now)
        for number in range(450)
    ]
    assert sorted(ids(await read(large))) == sorted(made)


async def test_nobody_is_lost_or_read_twice_while_the_location_changes(large: Location) -> None:
    made = large.seed(950)

    def change(asked: int) -> None:
        large.clock.ahead_seconds += 1
        if asked == 15:
            large.sandbox.edit(made[300], delete=True)
            large.sandbox.edit(made[20], fields={"city": "Springfield"})
            large.sandbox.edit(made[940], fields={"city": "Springfield"})
            large.seed(3)

    found = ids(await read(large, change))
    assert len(set(found)) == len(found)
    assert set(made) - {made[300]} <= set(found)
    assert len(found) in (952, 953)  # the one that was deleted may have been read before, and three came


@pytest.mark.parametrize("cut_at", [13, 17, 21])
async def test_a_reading_that_was_cut_off_goes_on_with_each_part(large: Location, cut_at: int) -> None:
    made = large.seed(1_000)

    def cut(asked: int) -> None:
        if asked == cut_at:
            raise RuntimeError("cut off")

    with pytest.raises(RuntimeError):
        await read(large, cut)
    before = large.searches
    reading = await read(large)
    assert ids(reading) == made
    assert (
        large.searches - before <= 8 * 3 + 1
    )  # the pages of eight parts, and the count: nothing is cut anew


class Strange:
    """A location that answers searches by date in its own way."""

    def __init__(self, location: Location, state: Path, change: Callable[[dict[str, Any]], Any]) -> None:
        self._location = location
        self._change = change
        self._folder = MirrorFolder(state, clock=TestClock())

    async def __call__(self, call: Call) -> Reply:
        asked = json.loads(call.body or b"{}")
        if asked.get("filters"):
            status, body = self._change(asked)
            return read_reply(status, {}, json.dumps(body).encode())
        return await self._ask(call)

    async def read(self) -> MirrorReading:
        from importer.highlevel.catalog import CatalogNeeds
        from importer.runs.context import RunContext
        from importer.runs.planning.mirroring import open_looking

        location = self._location
        context = RunContext(clock=location.clock)
        async with open_looking(location.connection(), location.state, context) as sender:
            await sender.open_location(PLACE, CatalogNeeds())

            async def ask(call: Call) -> Reply:
                return await sender.search(PLACE, call)

            self._ask = ask
            return await read_mirror(
                self,
                LocationToRead(base_url=location.sandbox.base_url, location_id=PLACE),
                self._folder,
                max_age_seconds=3_600,
                clock=location.clock,
                progress=SilentProgress(),
                parts_from=PARTS_FROM,
            )


@pytest.mark.parametrize(
    "reply",
    [
        (422, {"message": ["Invalid field dateAdded"]}),
        (200, {"contacts": [], "total": 0}),
    ],
)
async def test_where_parts_do_not_come_to_all_of_it_one_cursor_does(
    large: Location, tmp_path: Path, reply: tuple[int, dict[str, Any]]
) -> None:
    made = large.seed(350)
    strange = Strange(large, tmp_path / "strange", lambda _: reply)
    assert ids(await strange.read()) == made


class InProcess:
    """The sandbox's search without a network; before each request something happens."""

    def __init__(self, state: Path, happens: Callable[[InProcess, dict[str, Any]], None]) -> None:
        self.sandbox = Sandbox(SandboxSettings(search_page_limit=100, search_lag_seconds=0))
        self.asked = 0
        self._moment = 1_750_000_000.0
        self._folder = MirrorFolder(state, clock=TestClock())
        self._happens = happens

    async def __call__(self, call: Call) -> Reply:
        body = json.loads(call.body or b"{}")
        self.asked += 1
        self._happens(self, body)
        question = sandbox_vendor.Call(
            method="POST", path="/contacts/search", query={}, authorization=None, version=None, body=body
        )
        try:
            reply = search(self.sandbox.vendor, question)
        except Refusal as refused:
            reply = refused.reply()
        return read_reply(reply.status, {}, json.dumps(reply.body).encode())

    def add(self, added_at: float | None = None) -> str:
        """Add somebody, at a moment or now. Those of now are a second apart: in one millisecond one may come behind the cursor."""
        self._moment += 1
        return self.sandbox.add_contact(PLACE, added_at=self._moment if added_at is None else added_at)

    async def read(self) -> MirrorReading:
        return await read_mirror(
            self,
            LocationToRead(base_url="http://127.0.0.1", location_id=PLACE),
            self._folder,
            max_age_seconds=3_600,
            clock=TestClock(),
            progress=SilentProgress(),
            parts_from=PARTS_FROM,
        )


def is_count(body: dict[str, Any]) -> bool:
    """Tell whether a request asks how many there are, once the parts are read."""
    return body["pageLimit"] == 1 and not body.get("filters") and body["sort"][0]["direction"] == "asc"


async def test_who_comes_when_the_parts_are_read_costs_a_page_and_not_all_of_them_again(
    tmp_path: Path,
) -> None:
    late: list[str] = []

    def come(location: InProcess, body: dict[str, Any]) -> None:
        if is_count(body) and len(late) < 2:
            late.append(location.add())

    quiet = InProcess(tmp_path / "quiet", lambda _location, _body: None)
    busy = InProcess(tmp_path / "busy", come)
    for location in (quiet, busy):
        made = [location.add(1_700_000_000 + 60 * number) for number in range(600)]
        assert ids(await location.read()) == [*made, *(late if location is busy else [])]
    assert busy.asked - quiet.asked <= 6  # twice the page behind the last, an empty one, and the count


BORDERS = (0, 1, 1_000, 1_999, 2_000, 2_001, 4_000, 8_000, 8_001, 16_000)
CLUSTERS = st.lists(
    st.tuples(st.sampled_from(BORDERS) | st.integers(0, 20_000), st.integers(1, 120)), min_size=3, max_size=9
)
EVENTS = st.dictionaries(st.integers(3, 30), st.none() | st.integers(0, 500), max_size=6)
"""Before which request somebody comes (None), or which of them goes."""


@settings(max_examples=40, deadline=None)
@given(clusters=CLUSTERS, events=EVENTS)
def test_at_the_borders_of_parts_nobody_is_lost_or_read_twice(
    clusters: list[tuple[int, int]], events: dict[int, int | None]
) -> None:
    """Many were added in one millisecond, at which a part may begin; others come and go while it is read."""

    begun = 0

    def happen(location: InProcess, body: dict[str, Any]) -> None:
        nonlocal begun
        begun += body["pageLimit"] == 100 and "searchAfter" not in body and not body.get("filters")
        if location.asked not in events:
            return
        leaves = events[location.asked]
        if leaves is None:
            location.add()
        elif (contact_id := made[leaves % len(made)]) not in gone:
            gone.add(contact_id)
            location.sandbox.edit(contact_id, delete=True)

    with TemporaryDirectory() as folder:
        location = InProcess(Path(folder), happen)
        made = [
            location.add(1_700_000_000 + offset / 1_000) for offset, count in clusters for _ in range(count)
        ]
        gone: set[str] = set()
        found = ids(asyncio.run(location.read()))
    assert len(set(found)) == len(found)
    assert set(made) - gone <= set(found)
    assert events or begun == 1  # the parts came to all of it: it was not read by one cursor after all
