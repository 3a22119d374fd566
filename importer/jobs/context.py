"""What jobs are given of the outside world: the pipeline, the clock, the memory of what happened, and the way out."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import field
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from importer.jobs.delivery import deliver
from importer.jobs.job_state import JobsState
from importer.jobs.model import Notify
from importer.jobs.named_job import NamedJob
from importer.jobs.notices import Notice
from importer.records import value_type
from importer.runtime import environment
from importer.runtime.clock import Clock, SystemClock
from importer.runtime.stopping import StopSignal
from importer.settings import DEFAULT_BASE_URL, RunSettings
from importer.state.journal import Operator
from importer.state.memory import ImportedFiles

if TYPE_CHECKING:
    from importer.results.forecast import Forecast
    from importer.results.plan import PlanSummary
    from importer.results.summary import Summary
    from importer.runs.context import RunContext


class Runs(Protocol):
    """The pipeline, as jobs use it. SetupError: nothing was sent; a run that stopped returns its summary."""

    async def check(self, settings: RunSettings, stop: StopSignal) -> Forecast: ...

    async def plan(self, settings: RunSettings, stop: StopSignal) -> PlanSummary: ...

    async def run(self, settings: RunSettings, stop: StopSignal) -> Summary: ...

    async def resume(self, run_id: str, settings: RunSettings, stop: StopSignal) -> Summary: ...


class PipelineRuns:
    """The pipeline itself."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()

    async def check(self, settings: RunSettings, stop: StopSignal) -> Forecast:
        from importer.runs import forecast

        return await asyncio.to_thread(forecast.check, settings, clock=self._clock, stop=stop)

    async def plan(self, settings: RunSettings, stop: StopSignal) -> PlanSummary:
        from importer.runs.planning.plan import plan

        return await plan(settings, max_age_seconds=0.0, context=self._run_context(settings, stop))

    async def run(self, settings: RunSettings, stop: StopSignal) -> Summary:
        from importer import pipeline

        return await pipeline.run(settings, context=self._run_context(settings, stop))

    async def resume(self, run_id: str, settings: RunSettings, stop: StopSignal) -> Summary:
        from importer import pipeline

        return await pipeline.resume(
            run_id,
            state_path=settings.state,
            connection=settings.connection,
            reading=settings.reading,
            from_copies=True,
            context=self._run_context(settings, stop),
        )

    def _run_context(self, settings: RunSettings, stop: StopSignal) -> RunContext:
        from importer.runs.context import RunContext

        operator = Operator(name=environment.user_at_host(), command=f"job {settings.feed}")
        return RunContext(clock=self._clock, stop=stop, unattended=True, operator=operator)


async def no_zone(job: NamedJob) -> tzinfo | None:  # noqa: ARG001  (the seam's form)
    return None


@value_type(frozen=True, slots=True, kw_only=True)
class JobsContext:
    """All that a job's turn is given."""

    state: Path
    jobs_state: JobsState
    imported_files: ImportedFiles
    runs: Runs
    clock: Clock = field(default_factory=SystemClock)
    base_url: str = DEFAULT_BASE_URL
    sandbox: bool = False
    deliver: Callable[[Notice, Notify], None] = deliver
    location_zone: Callable[[NamedJob], Awaitable[tzinfo | None]] = no_zone
    host: str = field(default_factory=socket.gethostname)
