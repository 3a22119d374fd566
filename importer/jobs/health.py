"""How the resident is, for whoever looks from outside: a health check, the jobs as JSON, and Prometheus metrics.

On loopback unless told otherwise: names of jobs and files, counts and times; never a person's data.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from importer.errors import SettingsError
from importer.jobs.job_state import Health, JobState, Occasion, Result
from importer.jobs.named_job import NamedJob, next_due
from importer.jobs.resident import Resident
from importer.records import Json
from importer.results.metrics import PREFIX
from importer.version import __version__

if TYPE_CHECKING:
    from aiohttp import web

LOOPBACK: Final = "127.0.0.1"
_LOCAL_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
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
    samples = list(_samples(resident))
    lines: list[str] = []
    for name, (kind, meaning) in _METRICS.items():
        shown = PREFIX + name
        lines += [f"# HELP {shown} {meaning}", f"# TYPE {shown} {kind}"]
        lines += [f"{shown}{labels} {value:.15g}" for sample, labels, value in samples if sample == name]
    return "\n".join(lines) + "\n"


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


@asynccontextmanager
async def health_endpoint(
    resident: Resident, *, host: str = LOOPBACK, port: int = 8710
) -> AsyncIterator[int]:
    """Answer /health, /status and /metrics while the block runs; gives the port. Raises SettingsError when it is taken."""
    from aiohttp import web

    runner = web.AppRunner(
        _application(resident, names=_LOCAL_NAMES if host in _LOCAL_NAMES else None),
        access_log=None,
        handle_signals=False,
        shutdown_timeout=1.0,
    )
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as cause:
            raise SettingsError(
                f"The health endpoint cannot listen on {host}:{port}: {cause.strerror}. Give another one with --health."
            ) from None
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _application(resident: Resident, *, names: frozenset[str] | None) -> web.Application:
    """Make the three pages; ``names``: who asks must call us by one of these, where only this machine shall ask."""
    from aiohttp import web

    @web.middleware
    async def called_by_name(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        # A web page can have its own name point at this machine, and its scripts then read what we answer.
        name = re.sub(r":\d+$", "", request.headers.get("Host", "")).lower()
        if names is not None and name not in names:
            raise web.HTTPForbidden(text="Ask for localhost or 127.0.0.1, or give --health another host.\n")
        return await handler(request)

    async def health(_: web.Request) -> web.Response:
        # Alive is alive: a job that fails is told by notices and metrics, a restart would not mend it.
        return web.json_response({"status": "ok"})

    async def jobs(_: web.Request) -> web.Response:
        return web.json_response(status(resident))

    async def numbers(_: web.Request) -> web.Response:
        kind = {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        return web.Response(body=metrics(resident).encode(), headers=kind)

    application = web.Application(middlewares=[called_by_name])
    application.router.add_get("/health", health)
    application.router.add_get("/status", jobs)
    application.router.add_get("/metrics", numbers)
    return application
