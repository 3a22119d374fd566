"""A worker: what it takes, what it gives back, and what it leaves to a person."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field

import pytest

from importer.cli.machines import worker_on
from importer.errors import (
    CredentialsError,
    InterruptedRunError,
    PausedRunError,
    QuotaSpentError,
    ServiceDownError,
    StateError,
    StopError,
    TooManyFailuresError,
)
from importer.parts.going_on import again_in
from importer.parts.health import WorkerPages
from importer.parts.part import PartEnd
from importer.parts.queue import Queue, QueuedPart, QueueLoad, open_queue
from importer.parts.worker import Worker
from importer.records import Counts
from importer.runtime.stopping import StopSignal
from importer.sending.outlet import Outlet, Sharing
from importer.state.journal import RunState
from importer.state.postgres.address import Address
from importer.state.postgres.locks import LocationHeldError
from tests.parts.cluster import Cluster

A, B = (QueuedPart(run_id="r1", location=each, place="p") for each in ("A", "B"))
Work = Callable[[QueuedPart, StopSignal], Awaitable[PartEnd]]


@pytest.fixture
async def queue(postgres: str) -> AsyncIterator[Queue]:
    async with open_queue(Address.read(postgres)) as opened:
        yield opened


@dataclass
class Runs:
    """Runs of which somebody may want the end, and whose results are to be written."""

    wanted: dict[str, StopError] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)

    def wishes(self, run_ids: Iterable[str]) -> Mapping[str, StopError]:
        return {run_id: self.wanted[run_id] for run_id in run_ids if run_id in self.wanted}

    def close_if_over(self, run_id: str) -> None:
        self.closed.append(run_id)


def ended(part: QueuedPart, reason: type[StopError] | None = None, **counts: int) -> PartEnd:
    return PartEnd(
        run_id=part.run_id,
        location=part.location,
        state=RunState.STOPPED if reason else RunState.FINISHED,
        reason="Because." if reason else None,
        reason_code=reason.code if reason else None,
        counts=Counts(**counts),
    )


async def work_off(queue: Queue, work: Work, runs: Runs | None = None) -> Worker:
    worker = Worker(work, runs or Runs())
    await worker.work(queue, concurrency=2, until_empty=True)
    return worker


async def test_results_are_looked_after_whenever_a_part_has_ended(queue: Queue) -> None:
    async def work(part: QueuedPart, _: StopSignal) -> PartEnd:
        return ended(part, created=2)

    runs = Runs()
    await queue.put([A, B])
    worker = await work_off(queue, work, runs)
    assert runs.closed == ["r1", "r1"]
    assert (worker.tally.finished, worker.tally.exit_code) == (2, 0)


async def test_failed_rows_are_told_by_the_exit_code(queue: Queue) -> None:
    async def work(part: QueuedPart, _: StopSignal) -> PartEnd:
        return ended(part, failed=int(part == B))

    await queue.put([A, B])
    assert (await work_off(queue, work)).tally.exit_code == 1


async def test_a_part_whose_location_is_held_waits_in_the_queue(queue: Queue) -> None:
    asked: list[QueuedPart] = []

    async def work(part: QueuedPart, _: StopSignal) -> PartEnd:
        asked.append(part)
        if len(asked) == 1:
            raise LocationHeldError("Somebody else sends to A.")
        return ended(part)

    await queue.put([A])
    worker = await work_off(queue, work)
    assert asked == [A, A]
    assert worker.tally.exit_code == 0


@pytest.mark.parametrize("reason", [TooManyFailuresError, PausedRunError])
async def test_what_a_person_has_to_decide_is_left_alone(queue: Queue, reason: type[StopError]) -> None:
    async def work(part: QueuedPart, _: StopSignal) -> PartEnd:
        return ended(part, reason)

    runs = Runs()
    await queue.put([A])
    worker = await work_off(queue, work, runs)
    assert await queue.load() == QueueLoad()
    assert (worker.tally.exit_code, runs.closed) == (3, ["r1"])


async def test_a_setup_that_cannot_work_is_said_and_ends_that_part_alone(
    queue: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(part: QueuedPart, _: StopSignal) -> PartEnd:
        if part == A:
            raise CredentialsError("There is no token for location A.")
        return ended(part)

    await queue.put([A, B])
    with caplog.at_level(logging.INFO, "importer"):
        worker = await work_off(queue, work)
    assert "There is no token for location A." in caplog.text
    assert (worker.tally.finished, worker.tally.exit_code) == (1, 3)


async def test_a_mistake_of_ours_ends_its_part_and_quotes_nothing(
    queue: Queue, caplog: pytest.LogCaptureFixture
) -> None:
    async def work(part: QueuedPart, _: StopSignal) -> PartEnd:
        if part == A:
            raise ValueError("ann@example.com")
        return ended(part)

    await queue.put([A, B])
    with caplog.at_level(logging.INFO, "importer"):
        worker = await work_off(queue, work)
    assert "ValueError" in caplog.text
    assert "ann@example.com" not in caplog.text
    assert (worker.tally.finished, worker.tally.exit_code) == (1, 3)


async def stopped_by_its_signal(part: QueuedPart, stop: StopSignal) -> PartEnd:
    """Work until somebody asks for the end."""
    heard = asyncio.Event()
    stop.listen(lambda _: heard.set())
    await heard.wait()
    assert stop.reason is not None
    return ended(part, type(stop.reason))


async def test_a_worker_that_is_asked_to_stop_gives_its_parts_back(queue: Queue) -> None:
    begun = asyncio.Event()

    async def work(part: QueuedPart, stop: StopSignal) -> PartEnd:
        begun.set()
        return await stopped_by_its_signal(part, stop)

    worker = Worker(work, Runs())
    await queue.put([A])
    working = asyncio.create_task(worker.work(queue, concurrency=1))
    await begun.wait()
    worker.stop("Asked to.")
    await working
    assert await queue.load() == QueueLoad(waiting=1)
    assert worker.tally.exit_code == 3


async def test_a_worker_that_was_idle_leaves_well(queue: Queue) -> None:
    async def work(part: QueuedPart, _: StopSignal) -> PartEnd:
        return ended(part)

    worker = Worker(work, Runs())
    working = asyncio.create_task(worker.work(queue, concurrency=1))
    worker.stop("Asked to.")
    await working
    assert worker.tally.exit_code == 0


async def test_a_wish_from_another_machine_ends_the_run_and_nobody_goes_on_with_it(queue: Queue) -> None:
    runs = Runs(wanted={"r1": InterruptedRunError("Stopped by ann@desk.")})
    await queue.put([A])
    worker = await work_off(queue, stopped_by_its_signal, runs)
    assert await queue.load() == QueueLoad()
    assert worker.tally.exit_code == 3


async def test_what_a_worker_has_under_way_is_shown(queue: Queue) -> None:
    pages: list[WorkerPages] = []

    async def work(part: QueuedPart, _: StopSignal) -> PartEnd:
        pages.append(WorkerPages(worker, queue, await queue.load()))
        assert pages[0].status()["parts"] == [{"run_id": "r1", "location_id": "A"}]
        assert "highlevel_importer_worker_parts 1\n" in pages[0].metrics()
        return ended(part, failed=3)

    worker = Worker(work, Runs())
    await queue.put([A])
    await worker.work(queue, concurrency=1, until_empty=True)
    assert pages[0].status()["parts"] == []
    assert "highlevel_importer_worker_failed_rows_total 3\n" in pages[0].metrics()


@pytest.mark.parametrize(
    ("code", "wished", "seconds"),
    [
        (InterruptedRunError.code, False, 0.0),
        (InterruptedRunError.code, True, None),
        ("killed", False, 0.0),
        (StateError.code, False, 5.0),
        (ServiceDownError.code, False, 60.0),
        (QuotaSpentError.code, False, 1_800.0),
        (TooManyFailuresError.code, False, None),
        (None, False, None),
    ],
)
def test_when_a_stopped_part_is_taken_again(code: str | None, wished: bool, seconds: float | None) -> None:  # noqa: FBT001
    assert again_in(code, wished=wished) == seconds


class WatchedOutlet(Outlet):
    """Notes which locations go out through it just now, and how many ever did."""

    def __init__(self) -> None:
        super().__init__()
        self.now: set[Sharing] = set()
        self.all = 0

    def join(self, location: Sharing) -> None:
        super().join(location)
        self.now.add(location)
        self.all += 1

    def leave(self, location: Sharing) -> None:
        super().leave(location)
        self.now.discard(location)


async def test_all_parts_of_a_worker_send_through_its_one_outlet_and_leave_it(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.write({"A": 30, "B": 30})
    await cluster.submit()
    outlet = WatchedOutlet()
    monkeypatch.setenv("HIGHLEVEL_TOKEN", cluster.token)
    given = {"token_file": None, "allow_transforms": False, "output": cluster.folder / "results"}
    worker = worker_on(cluster.store("two"), given, outlet)
    async with open_queue(cluster.address) as queue:
        await worker.work(queue, concurrency=2, until_empty=True)
    assert worker.tally.finished == 2
    assert len(cluster.vendor.contacts("A")) + len(cluster.vendor.contacts("B")) == 60
    assert (outlet.all, outlet.now) == (2, set())
