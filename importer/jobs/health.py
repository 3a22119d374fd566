"""How the resident is, for whoever looks from outside: a health check, the jobs as JSON, and Prometheus metrics.

On loopback unless told otherwise: names of jobs and files, counts and times; never a person's data.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from typing import Final

from importer.jobs.job_state import Health, JobState, Occasion, Result
from importer.jobs.named_job import NamedJob, next_due
from importer.jobs.resident import Resident
from importer.records import Json
from importer.results.metrics import PREFIX
from importer.runtime.health_pages import LOOPBACK, health_pages, prometheus_text
from importer.version import __version__

_METRICS: Final = {
    "job_failing": ("gauge", "1 when the job's last run that said anything failed."),
    "job_running": ("gauge", "1 while the job runs."),
    "job_open_run": ("gauge", "1 while a stopped run waits to go on."),
    "job_next_timestamp_seconds": ("gauge", "When the job is due next."),
    "job_last_success_timestamp_seconds": ("gauge", "When the job last finished an import."),
    "job_turns_total": ("counter", "Turns by how they ended."),
    "job_rows_total": ("counter", "Rows by how they ended."),
    "job_requests_total": ("counter", "Requests sent to HighLevel."),
    "notices_waiting": ("gauge", "Notices not delivered yet."),
}


def status(resident: Resident) -> dict[str, Json]:
    """Tell how each job stands."""
    state, now = resident.context.jobs_state, resident.context.clock.now()
    jobs: dict[str, Json] = {}
    for named in resident.jobs:
        job_state = state.job_state(named.name, now=now)
        last = next(iter(state.occasions(named.name, limit=1)), None)
        jobs[named.name] = {
            "health": job_state.health.value,
            "since": job_state.since,
            "running": named.name in resident.busy,
            "open_run": job_state.open_run,
            "open_plan": job_state.open_plan,
            "next_at": _next_at(named, job_state, now),
            "last": _occasion_json(last) if last else None,
        }
    return {
        "status": "ok",
        "version": __version__,
        "up_since": resident.began_at,
        "notices_waiting": state.parcels_waiting(),
        "jobs": jobs,
    }


def _next_at(named: NamedJob, job_state: JobState, now: float) -> float | None:
    """Tell when a job has its next turn; None for a watched folder that waits for something to happen in it."""
    return min((at for at in (next_due(named, now), job_state.next_at) if at is not None), default=None)


def _occasion_json(last: Occasion) -> dict[str, Json]:
    return {
        "result": last.result.value,
        "ended_at": last.ended_at,
        "run_id": last.run_id,
        "file": last.file,
        "sentence": last.sentence,
        **last.counts,
    }


def metrics(resident: Resident) -> str:
    """Write the metrics in Prometheus' text format."""
    return prometheus_text(_METRICS, _samples(resident), prefix=PREFIX)


def _samples(resident: Resident) -> Iterator[tuple[str, str, float]]:
    state, now = resident.context.jobs_state, resident.context.clock.now()
    for named in resident.jobs:
        job = f'job="{named.name}"'
        job_state = state.job_state(named.name, now=now)
        yield "job_failing", f"{{{job}}}", job_state.health is Health.FAILING
        yield "job_running", f"{{{job}}}", named.name in resident.busy
        yield "job_open_run", f"{{{job}}}", job_state.open_file is not None
        if (next_at := _next_at(named, job_state, now)) is not None:
            yield "job_next_timestamp_seconds", f"{{{job}}}", next_at
        done = (each for each in state.occasions(named.name) if each.result is Result.FINISHED)
        if last := next(done, None):
            yield "job_last_success_timestamp_seconds", f"{{{job}}}", last.ended_at
        for name, value in state.totals(named.name).items():
            yield _counted(job, name, value)
    yield "notices_waiting", "", state.parcels_waiting()


def _counted(job: str, name: str, value: int) -> tuple[str, str, float]:
    word, _, result = name.partition(" ")
    if result:
        return "job_turns_total", f'{{{job},result="{result}"}}', value
    if word == "requests":
        return "job_requests_total", f"{{{job}}}", value
    return "job_rows_total", f'{{{job},status="{word}"}}', value


def health_endpoint(
    resident: Resident, *, host: str = LOOPBACK, port: int = 8710
) -> AbstractAsyncContextManager[int]:
    """Answer /health, /status and /metrics while the block runs; gives the port. Raises SettingsError when it is taken."""
    return health_pages(
        status=lambda: status(resident), metrics=lambda: metrics(resident), host=host, port=port
    )
