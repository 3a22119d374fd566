"""watch, serve, schedule: imports that nobody starts by hand."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from importer.cli.options import (
    connection_options,
    examples,
    load_environment,
    mapping_option,
    results_format_option,
    state_folder,
    state_option,
)
from importer.cli.residing import health_option, health_place, logging_options, on_signals, say
from importer.runtime.counting import counted
from importer.settings import ResultsFormat

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from importer.jobs.context import JobsContext, Runs
    from importer.jobs.job_state import JobsState, Occasion
    from importer.jobs.named_job import NamedJob, ScheduledJob
    from importer.jobs.resident import Resident

_AFTER = "leave (default), delete, move:FOLDER or archive:FOLDER."
job_option = click.option(
    "--job", "names", multiple=True, metavar="NAME", help="This job alone (may be repeated)."
)


@click.command(
    "watch",
    epilog=examples(
        "importer sample", "importer watch importer-sample -m sample --pattern contacts.csv --sandbox"
    ),
    short_help="Import what arrives in a folder.",
)
@click.argument("folder", type=click.Path(path_type=Path))
@mapping_option
@connection_options
@click.option(
    "--pattern", metavar="GLOB", help="Files to take, such as 'contacts-*.csv' (default: all spreadsheets)."
)
@click.option("--min-age", metavar="TIME", help="Take no file younger than this (30s, 5m).")
@click.option(
    "--still-for",
    default="2s",
    show_default=True,
    metavar="TIME",
    help="A file must keep its size this long.",
)
@click.option("--after-success", metavar="WHAT", help=_AFTER)
@click.option("--after-failure", metavar="WHAT", help="The same for files that could not be imported.")
@click.option("--fail-over", metavar="N|N%", help="Refuse a file when more rows than this would fail.")
@click.option("--changed-only", is_flag=True, help="Skip rows that are as they were when last imported.")
@click.option("--full-every", metavar="N", help="With --changed-only: each Nth file is sent whole.")
@click.option("-o", "--output", default="import-results", show_default=True, help="Folder for results.")
@results_format_option(help="Form of the results.", default=ResultsFormat.CSV)
@state_option
@health_option
@logging_options
def watch_command(**given: Any) -> None:
    """Import what is in FOLDER and whatever arrives there, each content once, until stopped.

    Needs the extra `serve` (pip install "highlevel-importer[serve]").
    """
    from importer.jobs.watching import watch, watch_job

    load_environment()
    say(given, "jobs")
    with _plainly():
        job = watch_job(given["folder"], pattern=given["pattern"], options=_watch_options(given))

    async def work(resident: Resident) -> None:
        stopping = asyncio.Event()

        def leave() -> None:
            resident.stop()
            stopping.set()

        with on_signals(leave):
            click.echo(f"Watching {given['folder']}. Stop with Ctrl-C.", err=True)
            await watch(resident, given["folder"], stopping)

    _reside([job], given, work)


@click.command(
    "serve",
    epilog=examples(
        "importer sample",
        "importer serve importer-sample/jobs.yaml --check",
        "importer serve importer-sample/jobs.yaml --health 8710",
    ),
    short_help="Run jobs on their schedules.",
)
@click.argument("jobs_file", metavar="JOBS", type=click.Path(path_type=Path, dir_okay=False))
@job_option
@click.option("--once", is_flag=True, help="Give each job one turn now, and leave with an exit code.")
@click.option("--check", "check_only", is_flag=True, help="Look whether the jobs can work, and leave.")
@click.option("--base-url", metavar="URL", help="Another address of the API (default: HIGHLEVEL_BASE_URL).")
@state_option
@health_option
@logging_options
def serve_command(**given: Any) -> None:
    """Run the jobs of a job file on their schedules until stopped; missed runs are made up for once.

    Needs the extra `serve` (pip install "highlevel-importer[serve]").
    """
    from importer.jobs.readiness import faults_of
    from importer.runtime.environment import base_url

    load_environment()
    say(given, "jobs")
    jobs = _jobs(given["jobs_file"], given["names"])
    # Said and not refused: after a reboot the other jobs have to run, and this one will tell when its time comes.
    faults = list(faults_of(jobs, base_url=base_url(given["base_url"]), state=state_folder(given["state"])))
    for fault in faults:
        click.echo(f"importer: {fault}", err=True)
    if given["check_only"]:
        click.echo(f"{counted(len(jobs), 'job')}, {counted(len(faults), 'fault')}.", err=True)
        sys.exit(2 if faults else 0)

    with ExitStack() as held:
        if not given["once"]:
            held.enter_context(_alone(given))
        _reside(jobs, given, _serving(given))


def _serving(given: dict[str, Any]) -> Callable[[Resident], Coroutine[Any, Any, None]]:
    async def work(resident: Resident) -> None:
        with on_signals(resident.stop):
            if given["once"]:
                await resident.take_one_turn()
                return
            names = ", ".join(named.name for named in resident.jobs)
            click.echo(f"Serving: {names}. Stop with Ctrl-C.", err=True)
            await resident.serve()

    return work


@contextmanager
def _alone(given: dict[str, Any]) -> Iterator[None]:
    """Hold the state folder for one service: two would run the same job twice, each by its own clock."""
    import time

    from importer.errors import SettingsError, StateError
    from importer.runtime.process_lock import LockHeldError, locked, this_process

    state = state_folder(given["state"])
    owner = this_process(f"importer serve {given['jobs_file']}", time.time())
    with ExitStack() as held:
        try:
            held.enter_context(locked(state / "locks" / "serve.lock", owner))
        except LockHeldError as conflict:
            raise SettingsError(
                f"The state folder {state} is served already, by {conflict.owner or 'another process'}. Stop that one, "
                "put all jobs into one file, or name another folder with --state."
            ) from None
        except StateError as cause:
            raise SettingsError(str(cause)) from None
        yield


@click.command(
    "schedule",
    epilog=examples("importer sample", "importer schedule importer-sample/jobs.yaml --systemd"),
    short_help="Print a systemd, cron, Kubernetes or Windows entry for a job.",
)
@click.argument("jobs_file", metavar="JOBS", required=False, type=click.Path(path_type=Path, dir_okay=False))
@job_option
@click.option("--systemd", "form", flag_value="systemd", help="A service and a timer.")
@click.option("--cron", "form", flag_value="cron", help="Lines for a crontab.")
@click.option("--k8s", "form", flag_value="kubernetes", help="Kubernetes CronJobs.")
@click.option("--windows", "form", flag_value="windows", help="Tasks for the Windows scheduler, as XML.")
@click.option(
    "--image", default="highlevel-importer:latest", show_default=True, help="The container image, for --k8s."
)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of job files instead, for editors.")
@state_option
def schedule_command(**given: Any) -> None:
    """Print what makes the machine's own scheduler run the jobs of JOBS.

    Jobs with a schedule need the extra `serve` (pip install "highlevel-importer[serve]").
    """
    from importer.jobs import entries
    from importer.jobs.loading import schema_text

    if given["schema"]:
        click.echo(schema_text())
        return
    if given["jobs_file"] is None:
        raise click.UsageError("Name the job file: importer schedule jobs.yaml --systemd")
    load_environment()
    jobs = [named for named in _jobs(given["jobs_file"], given["names"]) if named.job.enabled]
    entry = entries.ScheduleEntry(
        jobs_file=given["jobs_file"], state=_said_state(given["state"]), image=given["image"]
    )
    forms = {
        "systemd": entries.systemd,
        "cron": entries.cron,
        "kubernetes": entries.kubernetes,
        "windows": entries.windows,
    }
    click.echo(forms[given["form"] or entries.default_form()](jobs, entry), nl=False)


def _said_state(given: Path | None) -> Path | None:
    """Give the state folder that was named; the scheduler's own environment does not know IMPORTER_STATE."""
    from importer.runtime.environment import variables

    return state_folder(given) if given is not None or variables().get("IMPORTER_STATE") else None


def _jobs(path: Path, names: Sequence[str]) -> list[ScheduledJob]:
    from importer.errors import SettingsError
    from importer.jobs.loading import load_jobs

    jobs = {named.name: named for named in load_jobs(path)}
    if unknown := [name for name in names if name not in jobs]:
        raise SettingsError(f"{path} has no job {', '.join(unknown)}. It has: {', '.join(jobs)}.")
    return [jobs[name] for name in names] if names else list(jobs.values())


def _watch_options(given: dict[str, Any]) -> dict[str, Any]:
    from importer.mapping.ready import placed

    token_file: Path | None = given["token_file"]
    return {
        "mapping": str(placed(given["mapping"], Path.cwd())),
        "location": given["location"],
        "token_file": str(token_file.absolute()) if token_file else None,
        "minimum_age": given["min_age"],
        "still_for": given["still_for"],
        "after_success": given["after_success"],
        "after_failure": given["after_failure"],
        "changed_only": "true" if given["changed_only"] else None,
        "full_every": given["full_every"],
        "thresholds": {"failed_rows": given["fail_over"]} if given["fail_over"] else None,
        "output": str(Path(given["output"]).absolute()),
        "results_format": given["results_format"],
        "api_version": given["api_version"],
    }


def _reside(
    jobs: Sequence[NamedJob], given: dict[str, Any], work: Callable[[Resident], Coroutine[Any, Any, None]]
) -> None:
    """Open the state, let the resident work, and leave with the exit code of what it did."""
    from importer.jobs.resident import Resident

    with _context(given) as context:

        async def reside() -> Resident:
            resident = Resident(jobs, context)
            async with _health(resident, given["health"]):
                await work(resident)
            return resident

        resident = asyncio.run(reside())
        ended = context.jobs_state.occasions()
        began = [each for each in ended if each.began_at >= resident.began_at]
        waiting = any(_awaited(context, named) for named in resident.jobs)
    sys.exit(max(_exit_code(began), 3 * waiting) if given.get("once") else 0)


def _awaited(context: JobsContext, named: NamedJob) -> bool:
    """Tell whether a job still has a plan open, which waits for a person."""
    return context.jobs_state.job_state(named.name, now=context.clock.now()).open_plan is not None


@contextmanager
def _context(given: dict[str, Any]) -> Iterator[JobsContext]:
    from importer.jobs.context import JobsContext
    from importer.jobs.job_state import JobsState, jobs_place
    from importer.jobs.places import location_zone
    from importer.runtime import environment
    from importer.state.memory import ImportedFiles

    state, base_url = state_folder(given["state"]), environment.base_url(given["base_url"])
    place = jobs_place(state, base_url, sandbox=bool(given.get("sandbox")))
    with ExitStack() as opened:
        jobs_state = opened.enter_context(JobsState.open(place))
        yield JobsContext(
            state=state,
            jobs_state=jobs_state,
            imported_files=opened.enter_context(ImportedFiles.open(place)),
            runs=_runs(state, jobs_state, queued="jobs_file" in given),
            base_url=base_url,
            sandbox=bool(given.get("sandbox")),
            location_zone=location_zone(base_url, state=state),
        )


def _runs(state: Path, jobs_state: JobsState, *, queued: bool) -> Runs:
    """Send from here, or queue for workers where the state is what they have, too."""
    from importer.state.postgres.faces import face_around

    if not queued or face_around(state) is None:
        from importer.jobs.context import PipelineRuns

        return PipelineRuns()
    from importer.jobs.queueing import QueuedRuns
    from importer.parts.store import PartStore

    return QueuedRuns(PartStore.at(state, needed_by="importer serve"), jobs_state)


def _exit_code(occasions: Sequence[Occasion]) -> int:
    """Say the worst of how jobs ended in the end: 0 well, 1 rows failed, 2 nothing was sent, 3 goes on later."""
    from importer.jobs.job_state import Result

    codes = {Result.FAILED: 2, Result.REFUSED: 2, Result.STOPPED: 3, Result.AWAITING: 3, Result.CROSSED: 1}
    last_turn: dict[str, float] = {}
    for each in occasions:
        last_turn[each.job] = max(each.began_at, last_turn.get(each.job, 0.0))
    counting = [each for each in occasions if each.began_at == last_turn[each.job]]
    return max(
        (codes.get(each.result, int(each.counts.get("failed", 0) > 0)) for each in counting), default=0
    )


@asynccontextmanager
async def _health(resident: Resident, where: str | None) -> AsyncIterator[None]:
    if where is None:
        yield
        return
    from importer.jobs.health import health_endpoint

    host, port = health_place(where)
    async with health_endpoint(resident, host=host, port=port) as taken:
        click.echo(f"Health on http://{host}:{taken}/health", err=True)
        yield


@contextmanager
def _plainly() -> Iterator[None]:
    """Say what a job has against a flag as a usage error."""
    from importer.yaml.section import SectionError

    try:
        yield
    except SectionError as refused:
        raise click.UsageError(" ".join(fault.sentence for fault in refused.faults)) from None
