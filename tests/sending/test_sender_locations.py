from __future__ import annotations

import asyncio
from itertools import cycle
from random import Random
from typing import Any

from importer.highlevel.calls import Call
from importer.highlevel.catalog import CatalogNeeds
from importer.sending import Sender, SendingPolicy
from importer.sending.capacity import Demand
from importer.sending.outlet import Outlet
from importer.settings import Connection, Secret
from tests.sending.memory_journal import MemoryJournal
from tests.sending.paper_vendor import PaperVendor
from tests.sending.runs import people
from tests.sending.virtual_time import VirtualClock, run_virtually


class Archipelago(PaperVendor):
    """A vendor whose locations each have a quota of their own; some of them are slow."""

    def __init__(self, *, slow: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self._slow = slow
        self.locations: dict[str, PaperVendor] = {}

    async def request(self, call: Call, token: Secret | None) -> Any:
        assert token is not None
        name = token.reveal()
        if name not in self.locations:
            there_and_back = (lambda _: (2.0, 2.0)) if name in self._slow else (lambda _: (0.1, 0.1))
            self.locations[name] = PaperVendor(latency=there_and_back)
        return await self.locations[name].request(call, token)


async def send(
    vendor: Archipelago,
    places: list[str],
    rows: int,
    *,
    sorted_by_place: bool,
    breathing: bool = True,
    **policy: Any,
) -> tuple[MemoryJournal, dict[str, float]]:
    """Send so many rows to each place; tells when each place was done."""
    journal = MemoryJournal()
    connection = Connection(base_url=vendor.base_url, tokens={place: Secret(place) for place in places})
    rules = SendingPolicy(locations_by_column=True, **policy)
    async with Sender(
        connection=connection,
        journal=journal,
        policy=rules,
        clock=VirtualClock(),
        client=vendor,
        dice=Random(1),  # noqa: S311  (jitter)
    ) as sender:
        for place in places:
            await sender.open_location(place, CatalogNeeds())
        begun = asyncio.get_running_loop().time()
        records = [
            each
            for number, place in enumerate(places)
            for each in people(rows, first=2 + number * 100_000, place=place)
        ]
        if not sorted_by_place:
            Random(2).shuffle(records)  # noqa: S311  (no secret)
            records.sort(key=lambda each: each.row % 100_000)
        for each in records:
            await sender.submit(each)
            if breathing:
                await asyncio.sleep(0)
        await sender.drain()
    return journal, {name: location.replied_at - begun for name, location in vendor.locations.items()}


def test_a_file_sorted_by_location_keeps_nobody_waiting() -> None:
    places = [f"loc{number}" for number in range(6)]
    vendor = Archipelago()
    journal, done_at = run_virtually(send(vendor, places, 400, sorted_by_place=True, queue_rows=100))
    assert len(journal.outcomes) == 2_400
    assert max(done_at.values()) < 45  # one after the other they would take 240 s
    assert all(location.refusals["sliding"] == 0 for location in vendor.locations.values())


def test_what_many_locations_are_about_to_send_is_written_down_together() -> None:
    places = [f"loc{number}" for number in range(20)]
    journal, _ = run_virtually(
        send(Archipelago(), places, 60, sorted_by_place=False, breathing=False, queue_rows=2_000)
    )
    assert len(journal.outcomes) == 1_200
    assert sum(journal.intended_at_once) == 1_200, "each row stands in one line"
    # each location by itself would take six appends, for its six seconds
    assert len(journal.intended_at_once) < 12


def test_a_slow_location_slows_nobody_else_down() -> None:
    places = ["slow", "quick1", "quick2"]
    vendor = Archipelago(slow=frozenset({"slow"}))
    journal, done_at = run_virtually(send(vendor, places, 300, sorted_by_place=False, queue_rows=50))
    assert len(journal.outcomes) == 900
    assert max(done_at["quick1"], done_at["quick2"]) < 32 < done_at["slow"]


def test_each_location_keeps_its_own_order_while_rows_wait_on_disk() -> None:
    vendor = Archipelago()
    journal, _ = run_virtually(
        send(vendor, ["loc1", "loc2"], 500, sorted_by_place=True, queue_rows=10, concurrency=1)
    )
    settled = [int(event.split()[1]) for event in journal.history if event.startswith("settle")]
    for first, last in ((0, 100_000), (100_000, 200_000)):
        own = [row for row in settled if first <= row < last]
        assert own == sorted(own)


def test_throughput_grows_with_the_locations() -> None:
    places = [f"loc{number}" for number in range(30)]
    journal, done_at = run_virtually(send(Archipelago(), places, 190, sorted_by_place=False))
    assert len(journal.outcomes) == 30 * 190
    assert max(done_at.values()) < 15  # 190 rows of one location take as long


def test_a_file_of_many_locations_is_read_no_further_than_each_has_enough_to_send() -> None:
    places = [f"loc{number}" for number in range(10)]
    ahead: list[int] = []

    async def check() -> MemoryJournal:
        journal = MemoryJournal()
        connection = Connection(tokens={place: Secret(place) for place in places})
        async with Sender(
            connection=connection,
            journal=journal,
            policy=SendingPolicy(locations_by_column=True, queue_rows=100),
            clock=VirtualClock(),
            client=Archipelago(),
            dice=Random(1),  # noqa: S311  (jitter)
        ) as sender:
            for place in places:
                await sender.open_location(place, CatalogNeeds())
            for row, place in zip(range(2, 3_002), cycle(places)):
                await sender.submit(people(1, first=row, place=place)[0])
                ahead.append(row - 2 - len(journal.outcomes))
            await sender.drain()
        return journal

    journal = run_virtually(check())
    assert len(journal.outcomes) == 3_000
    # 48 wait for each and up to 100 are in the air; without a limit all 3,000 were read at once
    assert max(ahead) < 1_600


def test_nobody_waits_for_a_location_that_takes_no_more_rows() -> None:
    met: list[bool] = []
    demand = Demand(100, wake=lambda: met.append(demand.met))
    demand.join("loc1")
    demand.join("loc2")
    demand.fill("loc1", 50)
    met.append(demand.met)
    demand.leave("loc2")
    demand.use("loc1", 30)
    demand.use("loc1", 25)
    demand.fill("loc1", 100)
    demand.leave("loc1")
    demand.use("loc1", 0)
    assert met == [False, True, False, False]


class Crowded(Archipelago):
    """Counts how many requests are under way at once, over all locations."""

    def __init__(self, places: list[str]) -> None:
        super().__init__(slow=frozenset(places))
        self.under_way = self.most = 0

    async def request(self, call: Call, token: Secret | None) -> Any:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            return await super().request(call, token)
        finally:
            self.under_way -= 1


def test_parts_of_one_worker_divide_what_it_has_in_the_air_and_leave_their_share_to_those_that_go_on() -> (
    None
):
    places = [f"loc{number}" for number in range(40)]
    vendor, outlet = Crowded(places), Outlet()
    rows = {place: 300 if place == "loc0" else 60 for place in places}
    shares: list[int] = []

    async def part(place: str) -> int:
        journal = MemoryJournal()
        async with Sender(
            connection=Connection(tokens={place: Secret(place)}),
            journal=journal,
            clock=VirtualClock(),
            client=vendor,
            outlet=outlet,
        ) as sender:
            await sender.open_location(place, CatalogNeeds())
            for each in people(rows[place], place=place):
                await sender.submit(each)
            await sender.drain()
            shares.append(sender.quota_of(place).concurrency)
        return len(journal.outcomes)

    async def parts() -> list[int]:
        return await asyncio.gather(*(part(place) for place in places))

    assert run_virtually(parts()) == list(rows.values())
    # as runs of their own they had 2,400 requests under way
    assert vendor.most <= 1_000
    assert (shares[0], shares[-1]) == (25, 100)


def test_locations_of_a_run_that_have_nothing_left_leave_their_share_to_the_others() -> None:
    places = [f"loc{number}" for number in range(40)]
    vendor = Crowded(places)

    async def run() -> tuple[int, int]:
        async with Sender(
            connection=Connection(tokens={place: Secret(place) for place in places}),
            journal=MemoryJournal(),
            clock=VirtualClock(),
            client=vendor,
        ) as sender:
            for place in places:
                await sender.open_location(place, CatalogNeeds())
            begun = sender.quota_of("loc0").concurrency
            for each in [*people(40, place="loc1"), *people(400, first=1_000, place="loc0")]:
                await sender.submit(each)
            await sender.drain()
            return begun, sender.quota_of("loc0").concurrency

    assert run_virtually(run()) == (25, 100)
