"""A worker: takes parts from the queue as long as it has a slot, on as many machines as there are workers."""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from importer.errors import ImporterError, InterruptedRunError, StopError
from importer.parts.going_on import HELD_SECONDS, again_in
from importer.parts.part import PartEnd
from importer.parts.queue import Queue, QueuedPart
from importer.runtime.logs import logger_of
from importer.runtime.stopping import StopSignal
from importer.state.journal import RunState
from importer.state.postgres.locks import LocationHeldError

logger = logger_of(__name__)

_LOOK_SECONDS: Final = 1.0

WorkOnPart: TypeAlias = Callable[[QueuedPart, StopSignal], Awaitable[PartEnd]]


class RunsAtHand(Protocol):
    """What a worker asks of the runs whose parts it has."""

    def wishes(self, run_ids: Iterable[str]) -> Mapping[str, StopError]:
        """Tell which runs somebody wants to end, and why."""
        ...

    def close_if_over(self, run_id: str) -> None:
        """Write a run's results where its last part has ended."""
        ...


@dataclass(slots=True)
class WorkerTally:
    """What a worker did since it began."""

    finished: int = 0
    stopped: int = 0
    interrupted: int = 0
    """Parts that were under way when it was asked to stop."""
    failed_rows: int = 0

    def count(self, end: PartEnd, *, goes_on: bool) -> None:
        self.finished += end.state is RunState.FINISHED
        self.stopped += end.state is not RunState.FINISHED and not goes_on
        self.failed_rows += 0 if goes_on else end.counts.failed

    @property
    def exit_code(self) -> int:
        """Give the worst of what ``run`` would have left with."""
        if self.interrupted or self.stopped:
            return 3
        return int(self.failed_rows > 0)


@dataclass(slots=True)
class Worker:
    """Works on parts; what it has under way ends when it is asked to stop, or when the run is."""

    work_on: WorkOnPart
    runs: RunsAtHand
    tally: WorkerTally = field(default_factory=WorkerTally)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _under_way: dict[QueuedPart, StopSignal] = field(default_factory=dict)

    @property
    def under_way(self) -> tuple[QueuedPart, ...]:
        return tuple(self._under_way)

    async def work(self, queue: Queue, *, concurrency: int, until_empty: bool = False) -> None:
        """Take parts until it is asked to stop, or nothing is left where that is enough."""
        heeding = asyncio.create_task(self._heed_wishes())
        try:
            await queue.work(
                self._take, concurrency=concurrency, stopping=self.stopping, until_empty=until_empty
            )
        finally:
            heeding.cancel()
            await asyncio.wait([heeding])

    def stop(self, why: str) -> None:
        """Ask for the end: what is in the air lands, and the parts go on elsewhere."""
        self.tally.interrupted += len(self._under_way)
        self.stopping.set()
        for stop in self._under_way.values():
            stop.request(InterruptedRunError(why))

    async def _take(self, part: QueuedPart) -> float | None:
        stop = self._under_way[part] = StopSignal()
        try:
            end = await self.work_on(part, stop)
        except LocationHeldError:
            return HELD_SECONDS
        except ImporterError as fault:
            logger.warning("Run %s, part %s: %s", part.run_id, part.location, fault)
            again = again_in(fault.code, wished=False)
            self.tally.stopped += again is None
            return again
        except Exception as mistake:  # noqa: BLE001  (nobody is watching: the other parts go on)
            # Its text may quote a cell, so it is not told.
            where = "".join(traceback.format_tb(mistake.__traceback__))
            logger.critical(
                "Run %s, part %s: %s\n%s", part.run_id, part.location, type(mistake).__name__, where
            )
            self.tally.stopped += 1
            return None
        finally:
            del self._under_way[part]
        wished = end.wished or (stop.reason is not None and not self.stopping.is_set())
        return await self._close(part, end, wished=wished)

    async def _close(self, part: QueuedPart, end: PartEnd, *, wished: bool) -> float | None:
        again = None if end.state is RunState.FINISHED else again_in(end.reason_code, wished=wished)
        logger.info("%s", _onward(end, again))
        self.tally.count(end, goes_on=again is not None)
        if again is None:
            await self._close_run(part.run_id)
        return again

    async def _close_run(self, run_id: str) -> None:
        try:
            await asyncio.to_thread(self.runs.close_if_over, run_id)
        except ImporterError as fault:
            # What came of the rows is in the journal, so that nothing is lost.
            logger.warning(
                "The results of run %s are not written: %s Write them with: importer results %s",
                run_id,
                fault,
                run_id,
            )

    async def _heed_wishes(self) -> None:
        """End the parts of runs that somebody wants to end, from whichever machine."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            run_ids = {part.run_id for part in self._under_way}
            if not run_ids:
                continue
            with contextlib.suppress(ImporterError):  # asked again in a second
                wishes = await asyncio.to_thread(self.runs.wishes, run_ids)
                for part, stop in self._under_way.items():
                    if (reason := wishes.get(part.run_id)) is not None:
                        stop.request(reason)


def _onward(end: PartEnd, again: float | None) -> str:
    if end.state is RunState.FINISHED or again is None:
        return end.sentence
    return f"{end.sentence} It goes on by itself{f' in {again:,.0f} s' if again else ''}."
