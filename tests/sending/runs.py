from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Protocol

from importer.highlevel.catalog import CatalogNeeds
from importer.highlevel.follow_ups import wanted_listings
from importer.records import FollowUps, Intent, Json, Landed, Outcome, Record
from importer.runtime.progress import SilentProgress
from importer.sandbox import Sandbox
from importer.sending import RetryPolicy, Sender, SendingPolicy
from importer.settings import Connection, Secret
from tests.sending.memory_journal import MemoryJournal
from tests.sending.paper_vendor import PaperVendor
from tests.sending.virtual_time import VirtualClock, run_virtually

PLACE = "loc1"
QUICK = RetryPolicy(
    first_wait_seconds=0.001,
    longest_wait_seconds=0.02,
    row_seconds=5.0,
    outage_seconds=0.5,
    doubt_seconds=0.0,
)
PATIENT = replace(QUICK, outage_seconds=60.0)
"""For a vendor that errs much: on a busy machine half a second without a good reply is no outage."""
NEEDS = CatalogNeeds(
    custom_fields=True,
    listings=wanted_listings(FollowUps(workflow="any", campaign="any")),
)


class AheadClock:
    """The sandbox's clock: the machine's, and so many seconds ahead of it."""

    def __init__(self) -> None:
        self.ahead_seconds = 0.0
        self.slow = asyncio.Event()
        """Set once the sandbox takes its time with a reply."""

    def now(self) -> float:
        return time.time() + self.ahead_seconds

    async def sleep(self, seconds: float) -> None:
        if seconds > 1:
            self.slow.set()
        await asyncio.sleep(seconds)


class Recorder(SilentProgress):
    """Remembers what the sender tells."""

    def __init__(self) -> None:
        self.held = asyncio.Event()
        self.settled_rows: list[int] = []
        self.holds: list[tuple[str, str]] = []
        self.messages: list[str] = []
        self.requests = 0
        self.on_request: Callable[[], object] = lambda: None

    def settled(self, outcome: Outcome) -> None:
        self.settled_rows.append(outcome.row)

    def requested(self, location_id: str, seconds: float, throttled: bool) -> None:  # noqa: ARG002, FBT001  (an agreed signature)
        self.requests += 1
        self.on_request()

    def message(self, text: str) -> None:
        self.messages.append(text)

    def holding(self, location_id: str, seconds: float, reason: str) -> None:  # noqa: ARG002  (an agreed signature)
        self.holds.append((location_id, reason))
        self.held.set()


def record(row: int, *, place: str = PLACE, tags: tuple[str, ...] = (), **fields: Json) -> Record:
    return Record(row=row, location_id=place, fields=fields, tags=tags)


def people(count: int, *, first: int = 2, place: str = PLACE, tags: tuple[str, ...] = ()) -> list[Record]:
    return [
        record(row, place=place, tags=tags, email=f"person{row}@example.com", firstName=f"Person {row}")
        for row in range(first, first + count)
    ]


def paper_sender(vendor: PaperVendor, journal: MemoryJournal, **more: Any) -> Sender:
    """Make a sender to a vendor on paper, in virtual time."""
    return Sender(
        connection=Connection(base_url=vendor.base_url, token=Secret("pit-paper")),
        journal=journal,
        clock=VirtualClock(),
        client=vendor,
        dice=Random(1),  # noqa: S311  (jitter)
        **more,
    )


def send_on_paper(vendor: PaperVendor, rows: int, *, journal: MemoryJournal, **more: Any) -> float:
    """Send rows and tell, in virtual seconds, when that was over."""

    async def sending() -> float:
        async with paper_sender(vendor, journal, **more) as sender:
            await sender.open_location(PLACE, CatalogNeeds())
            for each in people(rows):
                await sender.submit(each)
            await sender.drain()
        return asyncio.get_running_loop().time()

    return run_virtually(sending())


@dataclass
class Run:
    """One sender, from opening to drained."""

    sandbox: Sandbox
    clock: AheadClock
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    progress: Recorder = field(default_factory=Recorder)
    sender: Sender | None = None

    async def send(
        self,
        records: Iterable[Record],
        *,
        row_states: Mapping[int, Intent | Landed] | None = None,
        token: str = "pit-test",  # noqa: S107  (invented)
        **policy: Any,
    ) -> dict[int, Outcome]:
        records = list(records)
        policy.setdefault("retry", QUICK)
        policy.setdefault("opening", replace(QUICK, row_seconds=0.05))
        connection = Connection(base_url=self.sandbox.base_url, token=Secret(token))
        async with Sender(
            connection=connection,
            journal=self.journal,
            policy=SendingPolicy(**policy),
            progress=self.progress,
        ) as sender:
            self.sender = sender
            for place in dict.fromkeys(each.location_id for each in records):
                await sender.open_location(place, NEEDS)
            for each in records:
                await sender.submit(each, (row_states or {}).get(each.row))
            await sender.drain()
        return self.journal.outcomes


class StartRun(Protocol):
    def __call__(self, **settings: Any) -> Awaitable[Run]: ...
