"""Jobs' runs queued for workers instead of sent from here, where the state is in Postgres."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from importer.errors import InterruptedRunError
from importer.jobs.context import PipelineRuns
from importer.jobs.job_state import JobsState
from importer.mapping import load_mapping
from importer.parts.closing import is_over, write_results_if_over
from importer.parts.store import PartStore
from importer.parts.submitting import Submitted, needs_one_process, queue_parts, submit
from importer.runtime.clock import Clock
from importer.runtime.stopping import StopSignal
from importer.settings import RunSettings

if TYPE_CHECKING:
    from importer.results.summary import Summary

_LOOK_SECONDS: Final = 1.0


class QueuedRuns(PipelineRuns):
    """The pipeline by way of the queue; a run that belongs to one process is sent from here. Satisfies ``Runs``.

    The wait for a run's end costs next to nothing. Who is asked to stop meanwhile leaves the run to its workers, and whoever
    serves the job next waits for it.
    """

    def __init__(self, store: PartStore, jobs_state: JobsState, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self._store = store
        self._jobs_state = jobs_state

    async def run(self, settings: RunSettings, stop: StopSignal) -> Summary:
        if needs_one_process(settings, load_mapping(settings.mapping)):
            return await super().run(settings, stop)
        submitted = await submit(settings, context=self._run_context(settings, stop))
        return await self._end_of(submitted, settings, stop)

    async def resume(self, run_id: str, settings: RunSettings, stop: StopSignal) -> Summary:
        if not self._store.lines(run_id):
            return await super().resume(run_id, settings, stop)
        return await self._end_of(await queue_parts(run_id, self._store), settings, stop)

    async def _end_of(self, submitted: Submitted, settings: RunSettings, stop: StopSignal) -> Summary:
        run_id = submitted.run_id
        self._note(settings.feed, run_id)
        stopped = asyncio.Event()
        stop.listen(lambda _: stopped.set())
        while not stopped.is_set():
            if await asyncio.to_thread(is_over, run_id, self._store):
                output = settings.output
                written = await asyncio.to_thread(write_results_if_over, run_id, self._store, output)
                if written is not None:
                    return replace(written, repeated=submitted.finished)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), _LOOK_SECONDS)
        raise InterruptedRunError(
            f"The importer was asked to stop; run {run_id} goes on at its workers, and is waited for at the next start."
        )

    def _note(self, job: str | None, run_id: str) -> None:
        """Write down which run a job waits for: whoever serves it next may be another machine, without the file."""
        known = None if job is None else self._jobs_state.known_state(job)
        if known is not None and known.open_file is not None and known.open_run != run_id:
            self._jobs_state.put(replace(known, open_run=run_id))
