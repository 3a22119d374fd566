"""The end of a run over many workers: whoever ends its last part writes the results, once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from importer.errors import ImporterError, RunConflictError, StopError
from importer.parts.going_on import again_in
from importer.parts.store import PartStore
from importer.results import Summary
from importer.runtime.logs import logger_of
from importer.runtime.stopping import StopSignal
from importer.state.parts import PartState

logger = logger_of(__name__)

_LOOK_SECONDS: Final = 1.0


@dataclass(slots=True)
class ClosingRuns:
    """What a worker asks of the runs whose parts it has. Satisfies ``RunsAtHand``."""

    store: PartStore
    output: Path | None = None

    def wishes(self, run_ids: Iterable[str]) -> Mapping[str, StopError]:
        return {run_id: reason for run_id in run_ids if (reason := self.store.wish(run_id)) is not None}

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
    from importer import pipeline

    if not is_over(run_id, store):
        return None
    try:
        summary = pipeline.results(run_id, state_path=store.state, output=output or store.results_folder)
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
