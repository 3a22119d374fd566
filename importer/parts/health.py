"""How a worker is, for whoever looks from outside: alive, what it has under way, and how long the queue is.

Names of runs and locations, and counts; never a person's data.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Final

from importer.errors import ImporterError
from importer.parts.queue import Queue, QueueLoad
from importer.parts.worker import Worker
from importer.records import Json
from importer.results.metrics import PREFIX
from importer.runtime.health_pages import Sample, health_pages, prometheus_text
from importer.version import __version__

_LOOK_SECONDS: Final = 5.0
_LAG_SECONDS: Final = 0.1
_LAG_LOOKS: Final = 600
_METRICS: Final = {
    "worker_parts": ("gauge", "Parts that this worker has under way."),
    "worker_parts_total": ("counter", "Parts by how they ended at this worker."),
    "worker_failed_rows_total": ("counter", "Failed rows of parts that ended at this worker."),
    "worker_loop_lag_seconds": (
        "gauge",
        "How late this worker's loop is, of a hundred looks the latest but one.",
    ),
    "queue_parts": ("gauge", "Parts in the queue of all workers."),
}


@dataclass(slots=True)
class LoopLag:
    """How late the event loop comes back to whoever waits: late replies are read late, and requests leave late."""

    _late: deque[float] = field(default_factory=lambda: deque(maxlen=_LAG_LOOKS))

    async def watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _LAG_SECONDS
            await asyncio.sleep(_LAG_SECONDS)
            self._late.append(max(loop.time() - due, 0.0))

    @property
    def seconds(self) -> float:
        """Give the 99th percentile of the last minute."""
        late = sorted(self._late)
        return late[int(0.99 * (len(late) - 1))] if late else 0.0


@dataclass(slots=True)
class WorkerPages:
    """What is shown; the queue is asked every few seconds, whoever looks."""

    worker: Worker
    queue: Queue
    load: QueueLoad = field(default_factory=QueueLoad)
    lag: LoopLag = field(default_factory=LoopLag)

    async def look(self) -> None:
        while True:
            with contextlib.suppress(ImporterError):
                self.load = await self.queue.load()
            await asyncio.sleep(_LOOK_SECONDS)

    def status(self) -> dict[str, Json]:
        parts: list[Json] = [
            {"run_id": part.run_id, "location_id": part.location} for part in self.worker.under_way
        ]
        return {
            "status": "ok",
            "version": __version__,
            "parts": parts,
            "queue": {"waiting": self.load.waiting, "under_way": self.load.under_way},
        }

    def metrics(self) -> str:
        return prometheus_text(_METRICS, self._samples(), prefix=PREFIX)

    def _samples(self) -> Iterator[Sample]:
        tally = self.worker.tally
        yield "worker_parts", "", len(self.worker.under_way)
        yield "worker_parts_total", '{state="finished"}', tally.finished
        yield "worker_parts_total", '{state="stopped"}', tally.stopped
        yield "worker_failed_rows_total", "", tally.failed_rows
        yield "worker_loop_lag_seconds", "", self.lag.seconds
        yield "queue_parts", '{state="waiting"}', self.load.waiting
        yield "queue_parts", '{state="under_way"}', self.load.under_way


@contextlib.asynccontextmanager
async def worker_pages(worker: Worker, queue: Queue, *, host: str, port: int) -> AsyncIterator[int]:
    """Answer /health, /status and /metrics while the block runs; gives the port. Raises SettingsError when it is taken."""
    pages = WorkerPages(worker, queue)
    watching = [asyncio.create_task(pages.look()), asyncio.create_task(pages.lag.watch())]
    try:
        async with health_pages(status=pages.status, metrics=pages.metrics, host=host, port=port) as taken:
            yield taken
    finally:
        for each in watching:
            each.cancel()
        await asyncio.wait(watching)
