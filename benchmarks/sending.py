"""What sending costs, against a server that is not the limit: a bare aiohttp loop is the measure.

    python benchmarks/sending.py                      # bare loop, client and sender, in turn, the best of several
    python benchmarks/sending.py --locations 100      # 1,000 rows/s on one core?
    python benchmarks/sending.py --locations 600 --journal   # with the real journal: its appends, and how late the loop is
    python benchmarks/sending.py --locations 1000 --journal --processes 2    # the locations divided among processes
    python benchmarks/sending.py --locations 50 --burst 500 --rows-each 1500             # do they hold 2,500 rows/s?
    python benchmarks/sending.py --locations 50 --burst 500 --rows-each 1500 --late 2    # is none refused however late the loop is?
    python benchmarks/sending.py --memory             # peak memory at 20,000 and 200,000 rows

CPU is of the client's process alone; the server runs in another. The machine is noisy: read ratios. With several
processes a bare aiohttp loop in as many tells what the machine gives; the server refuses what is above a quota.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import random
import resource
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import aiohttp

from benchmarks.journal import begun
from benchmarks.vendor import vendor
from importer.highlevel.calls import Call
from importer.highlevel.catalog import CatalogNeeds
from importer.highlevel.client import Client, RawReply
from importer.records import Append, Pulse, QuotaMark, Record
from importer.runtime.garbage import rare_collections
from importer.runtime.loop import loop_factory
from importer.sending import Sender, SendingPolicy
from importer.settings import Connection, Secret


class NoJournal:
    """Costs nothing, so that the sender alone is measured."""

    def __init__(self) -> None:
        self.settled = 0

    def write(self, append: Append) -> Future[None]:
        self.settled += len(append.outcomes)
        ended: Future[None] = Future()
        ended.set_result(None)
        return ended

    def written(self, append: Append) -> None: ...

    def pulse(self, *pulses: Pulse) -> None: ...

    def mark_quota(self, marks: Sequence[QuotaMark]) -> None: ...

    def made_here(self, contact_id: str, before: int) -> bool:  # noqa: ARG002  (a journal's signature)
        return False


class Counting:
    """Counts how often the journal behind it is written to."""

    def __init__(self, journal) -> None:
        self._journal = journal
        self.settled = self.appends = self.throttled = 0

    def write(self, append):
        self.appends += 1
        self.settled += len(append.outcomes)
        return self._journal.write(append)

    def written(self, append) -> None: ...

    def mark_quota(self, marks) -> None:
        self.appends += 1
        self._journal.mark_quota(marks)

    def pulse(self, *pulses) -> None:
        self.throttled += sum(pulse.throttled for pulse in pulses)
        self._journal.pulse(*pulses)

    def made_here(self, contact_id, before) -> bool:
        return self._journal.made_here(contact_id, before)


class Lag:
    """How late the loop wakes who asked to be woken; ``held_up``: seconds for which something keeps it from its work, now and then."""

    def __init__(self, held_up: float = 0.0) -> None:
        self._late: list[float] = []
        self._held_up = held_up

    async def beside(self, work) -> None:
        beside = [asyncio.ensure_future(self._watch())]
        if self._held_up:
            beside.append(asyncio.ensure_future(self._hold_up()))
        try:
            await work
        finally:
            for each in beside:
                each.cancel()

    async def _hold_up(self) -> None:
        dice = random.Random(1)
        while True:
            await asyncio.sleep(dice.uniform(0.0, 2 * self._held_up))
            time.sleep(dice.uniform(0.0, self._held_up))  # noqa: ASYNC251  (that is what is tried)

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + 0.05
            await asyncio.sleep(0.05)
            self._late.append(loop.time() - due)

    @property
    def p99(self) -> float:
        return sorted(self._late)[int(len(self._late) * 0.99)] if self._late else 0.0


def record(number: int, location: str) -> Record:
    return Record(
        row=number,
        location_id=location,
        fields={
            "firstName": "Ann",
            "lastName": "Lee",
            "email": f"person{number}@example.com",
            "phone": f"+1415{number:07d}",
            "companyName": "Acme Inc",
            "address1": "1 Long Street",
            "city": "Springfield",
            "state": "IL",
            "postalCode": "62701",
            "country": "US",
            "website": "https://example.com",
            "timezone": "America/Chicago",
            "source": "import",
        },
        custom_fields=(("aaaaaaaaaaaaaaaaaaaa", "M"), ("bbbbbbbbbbbbbbbbbbbb", 12)),
    )


async def bare(base_url: str, rows: int, workers: int) -> None:
    """Post ready bytes with aiohttp as it comes, and read the replies."""
    body = b'{"email":"someone@example.com","pad":"' + b"x" * 560 + b'"}'
    left = iter(range(rows))
    headers = {"Authorization": "Bearer x", "Version": "2021-07-28", "Content-Type": "application/json"}

    async def work(session: aiohttp.ClientSession) -> None:
        for _ in left:
            async with session.post(f"{base_url}/contacts/upsert", data=body, headers=headers) as response:
                await response.read()

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(work(session) for _ in range(workers)))


async def exchange(base_url: str, rows: int, workers: int) -> None:
    """Do the same by our own client."""
    call = Call(
        method="POST", path="/contacts/upsert", body=b'{"email":"a@example.com","pad":"%s"}' % (b"x" * 560)
    )
    token, left = Secret("x"), iter(range(rows))

    async def work(client: Client) -> None:
        for _ in left:
            if not isinstance(await client.request(call, token), RawReply):
                raise SystemExit("a reply was lost")

    async with Client(base_url) as client:
        await asyncio.gather(*(work(client) for _ in range(workers)))


async def send(base_url: str, rows: int, locations: int, journal, *, first: int = 0, **policy) -> None:
    connection = Connection(base_url=base_url, sandbox=True)
    rules = SendingPolicy(locations_by_column=locations > 1, **policy)
    async with Sender(connection=connection, journal=journal, policy=rules) as sender:
        names = [f"loc{number}" for number in range(first, first + locations)]
        for name in names:
            await sender.open_location(name, CatalogNeeds())
        for number in range(rows):
            await sender.submit(record(number + 2, names[number % locations]))
        await sender.drain()


def measure(name: str, main, rows: int, *, fast: bool = True) -> float:
    cpu, wall = time.process_time(), time.perf_counter()
    with asyncio.Runner(loop_factory=loop_factory() if fast else None) as runner:
        runner.run(main)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name:34} {rows / wall:>8,.0f} rows/s {cpu / rows * 1e6:>7.0f} us CPU a row   peak {peak:,.0f} MB"
    )
    return rows / wall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--rows-each", type=int, default=600, help="rows of each of several locations")
    parser.add_argument("--locations", type=int, default=1)
    parser.add_argument("--burst", type=int, default=100, help="requests of each of them in ten seconds")
    parser.add_argument(
        "--late", type=float, default=0.0, help="hold the loop up, now and then, for so many seconds"
    )
    parser.add_argument("--workers", type=int, default=100)
    parser.add_argument("--journal", action="store_true", help="the real journal, on this disk")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--slow", action="store_true", help="the standard library's loop instead of uvloop")
    parser.add_argument("--processes", type=int, default=1, help="divide several locations among so many")
    options = parser.parse_args()
    if options.locations > 1:
        measure_locations(options)
        return
    with vendor() as base_url:
        if options.memory:
            for rows in (20_000, 200_000):
                measure(f"sender, {rows:,} rows", send(base_url, rows, 1, NoJournal()), rows)
            return
        compare(base_url, options.rows, options.workers, fast=not options.slow)


@dataclass(frozen=True, kw_only=True)
class Share:
    """What one process did with its share of the locations."""

    began: float
    ended: float
    cpu_seconds: float
    settled: int
    appends: int
    throttled: int
    late_seconds: float


def measure_locations(options: argparse.Namespace) -> None:
    """Send to many locations at their quota, in one process or several."""
    locations, processes, wanted = (
        options.locations,
        options.processes,
        options.locations * options.burst / 10,
    )
    rows = locations * options.rows_each
    with vendor() as base_url:
        loops = in_processes(bare_share, [(base_url, rows // 10 // processes)] * processes)
    with vendor(b"%d" % options.burst) as base_url:
        edges = [locations * number // processes for number in range(processes + 1)]
        shares = [(base_url, first, last - first, options) for first, last in pairwise(edges)]
        done = in_processes(send_share, shares)
    rate = rows / (max(each.ended for each in done) - min(each.began for each in done))
    bare_rate = sum(rows // 10 // processes / seconds for seconds in loops)
    settled, cpu = sum(each.settled for each in done), sum(each.cpu_seconds for each in done)
    print(
        f"{locations} locations at their quota, in {processes} processes: {rate:,.0f} rows/s, {rate / wanted:.1%} of "
        f"{wanted:,.0f}, and {rate / bare_rate:.2f} of a bare aiohttp loop ({bare_rate:,.0f}); {cpu / rows * 1e6:.0f} us CPU a row"
    )
    print(
        f"  {settled:,} settled, {sum(each.throttled for each in done)} refused; {sum(each.appends for each in done) / settled * 1000:.0f} appends "
        f"for 1,000 rows; loop late by {max(each.late_seconds for each in done):.3f} s (p99)"
    )


def in_processes(work, shares):
    """Do shares of a work at once, each in a process of its own."""
    with ProcessPoolExecutor(len(shares), mp_context=multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(work, *zip(*shares, strict=True)))


def bare_share(base_url: str, rows: int) -> float:
    began = time.perf_counter()
    with rare_collections(), asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(bare(base_url, rows, 100))
    return time.perf_counter() - began


def send_share(base_url: str, first: int, locations: int, options: argparse.Namespace) -> Share:
    with begun(None) if options.journal else contextlib.nullcontext(NoJournal()) as journal:
        counting, lag = Counting(journal), Lag(options.late)
        cpu, began = time.process_time(), time.time()
        with rare_collections(), asyncio.Runner(loop_factory=loop_factory()) as runner:  # as a run does
            runner.run(
                lag.beside(send(base_url, locations * options.rows_each, locations, counting, first=first))
            )
        return Share(
            began=began, ended=time.time(), cpu_seconds=time.process_time() - cpu, settled=counting.settled,
            appends=counting.appends, throttled=counting.throttled, late_seconds=lag.p99,
        )  # fmt: skip


def compare(base_url: str, rows: int, workers: int, *, fast: bool) -> None:
    """Take turns, since the machine's mood changes, and compare the best of each."""
    turns = 8
    share = rows // turns
    best: dict[str, float] = {}
    for _ in range(turns):
        for name, main in (
            ("bare aiohttp, ready bytes", bare(base_url, share, workers)),
            ("our client, ready bytes", exchange(base_url, share, workers)),
            ("sender", send(base_url, share, 1, NoJournal())),
        ):
            cpu = time.process_time()
            with asyncio.Runner(loop_factory=loop_factory() if fast else None) as runner:
                runner.run(main)
            spent = (time.process_time() - cpu) / share * 1e6
            best[name] = min(spent, best.get(name, spent))
    for name, spent in best.items():
        print(f"{name:28} {spent:>6.0f} us CPU a row")


if __name__ == "__main__":
    main()
