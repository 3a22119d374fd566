"""The end of a run over many workers: whoever ends its last part writes the results, once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from importer.errors import ImporterError, RunConflictError, StopError
from importer.parts.going_on import again_in
from importer.parts.limits import DoneSoFar, RunLimits, reason_to_stop
from importer.parts.store import PartStore
from importer.results import Summary
from importer.runs.bookkeeping import who_left
from importer.runs.identity import reopen
from importer.runs.preparing.writing import write_results
from importer.runs.stages import conclude
from importer.runtime import environment
from importer.runtime.logs import logger_of
from importer.runtime.stopping import StopSignal
from importer.settings import Connection, ReadingOptions
from importer.state.journal import RunState, SessionKind
from importer.state.parts import PartState

logger = logger_of(__name__)

_LOOK_SECONDS: Final = 1.0


@dataclass(slots=True)
class ClosingRuns:
    """What a worker asks of the runs whose parts it has. Satisfies ``RunsAtHand``."""

    store: PartStore
    output: Path | None = None
    _limits: dict[str, RunLimits] = field(default_factory=dict)
    _before: dict[str, DoneSoFar] = field(default_factory=dict)
    """What had been done of the runs when their first part was taken here: a run that goes on has its limits anew."""

    def wishes(self, run_ids: Iterable[str]) -> Mapping[str, StopError]:
        at_hand = set(run_ids)
        self._before = {run_id: done for run_id, done in self._before.items() if run_id in at_hand}
        self._limits = {run_id: limits for run_id, limits in self._limits.items() if run_id in at_hand}
        found = {run_id: self.store.wish(run_id) or self._over_limit(run_id) for run_id in at_hand}
        return {run_id: reason for run_id, reason in found.items() if reason is not None}

    def _over_limit(self, run_id: str) -> StopError | None:
        if run_id not in self._limits:
            self._limits[run_id] = RunLimits.of(self.store.run(run_id).latest_options)
        if not (limits := self._limits[run_id]):
            return None
        done = self.store.progress(run_id)
        return reason_to_stop(limits, done.since(self._before.setdefault(run_id, done)))

    def close_if_over(self, run_id: str) -> None:
        write_results_if_over(run_id, self.store, self.output)


@contextlib.asynccontextmanager
async def wishes_heeded(store: PartStore, run_id: str, stop: StopSignal) -> AsyncIterator[None]:
    """Stop when somebody wants the run to end, from whichever machine."""

    async def look() -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            with contextlib.suppress(ImporterError):  # asked again in a second
                if (reason := await asyncio.to_thread(store.wish, run_id)) is not None:
                    stop.request(reason)

    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        looking.cancel()
        await asyncio.wait([looking])


def is_over(run_id: str, store: PartStore) -> bool:
    """Tell whether every part of a run has ended, or waits for a person."""
    if store.parts(run_id).under_way():
        return False
    return all(
        line.state is PartState.FINISHED
        or (
            line.state is PartState.STOPPED
            and again_in(line.reason_code, wished=line.wish is not None) is None
        )
        for line in store.lines(run_id)
    )


def write_results_if_over(run_id: str, store: PartStore, output: Path | None = None) -> Summary | None:
    """Write a run's files where its last part has ended; None where it has not, or where somebody else is writing them.

    They are kept beside the run, so that any machine has them; ``output`` names a folder of this one, too.
    """
    if not is_over(run_id, store):
        return None
    try:
        summary = _written(run_id, store, output or store.results_folder)
    except RunConflictError:
        return None
    store.keep_results(run_id, summary.results.parent)
    logger.info(
        "Run %s is %s: %d created, %d updated, %d skipped, %d failed, %d pending. Results: %s",
        run_id,
        summary.state,
        summary.created,
        summary.updated,
        summary.skipped,
        summary.failed,
        summary.pending,
        summary.results,
    )
    return summary


def _written(run_id: str, store: PartStore, output: Path) -> Summary:
    with reopen(
        run_id,
        SessionKind.RESUME,
        state_path=store.state,
        connection=Connection(),
        reading=ReadingOptions(password=environment.source_password()),
        changes={"output": output},
    ) as session:
        summary = write_results(session.order, session.mapping, session.journal)
        finished = session.journal.run.state is RunState.FINISHED
        gone = (
            who_left(session.journal.run, session.settings, clock=session.context.clock) if finished else []
        )
        return conclude(session, summary, gone)
