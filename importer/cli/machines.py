"""submit, worker, part: one import over many machines, by a queue in Postgres."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from importer.cli.imports import output_options, run_settings, sending_options
from importer.cli.options import (
    connection_options,
    corrected_options,
    examples,
    json_option,
    laid_options,
    load_environment,
    mapping_option,
    quiet_options,
    read_connection,
    read_reading_options,
    reading_options,
    state_folder,
    state_option,
    token_file_option,
    yes_option,
)
from importer.cli.residing import health_option, health_place, logging_options, on_signals, say

if TYPE_CHECKING:
    from importer.parts.part import PartEnd
    from importer.parts.queue import Queue
    from importer.parts.store import PartStore
    from importer.parts.submitting import Submitted
    from importer.parts.worker import Worker
    from importer.sending.outlet import Outlet
    from importer.settings import Connection

DEFAULT_CONCURRENCY = 10

transforms_option = click.option(
    "--allow-transforms",
    is_flag=True,
    help="Let mappings call Python functions on this machine, of runs that were submitted with --allow-transforms.",
)


@click.command(
    "submit",
    epilog=examples(
        "importer sample",
        "importer submit importer-sample/contacts.csv -m sample --state postgresql://db/importer",
    ),
    short_help="Queue a run for the workers of many machines.",
)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@mapping_option
@connection_options
@laid_options
@corrected_options
@click.option("--follows", metavar="RUN", help="With --rows: the run that sent them before.")
@output_options
@sending_options
@reading_options
@state_option
@yes_option
@json_option
@quiet_options
def submit_command(**given: Any) -> None:
    """Read SOURCE once, split it by location, and queue each location's part for `importer worker`; print the run's id.

    The same command queues what is left of a run that stopped. Needs state in Postgres (--state postgresql://host/database)
    and the extra `postgres` (pip install "highlevel-importer[postgres]").
    """
    from importer.cli.asking import someone_answers
    from importer.cli.presenting import Manner, watch
    from importer.parts.submitting import submit
    from importer.results.commands import access_words

    load_environment()
    settings = run_settings(given)
    submitted = watch(
        lambda context: submit(settings, context=context),
        Manner.of(given),
        go_on=access_words(settings.state, settings.connection.token_file).resume(),
        may_ask=someone_answers(given),
    )
    finished = f"Run {submitted.run_id} is finished already: nothing was queued. --fresh imports it anew."
    _show_queued(submitted, given, finished)


def submit_again(
    run_id: str,
    state: Path,
    given: dict[str, Any],
    changes: dict[str, Any],
    *,
    failed_rows: bool,
    from_copies: bool,
) -> None:
    """Queue what a run that was submitted has left, instead of sending it from here."""
    from importer.parts.store import PartStore
    from importer.parts.submitting import submit_again as queue_again

    verb = "retry" if failed_rows else "resume"
    store = PartStore.at(state, needed_by=f"importer {verb}")
    queueing = queue_again(run_id, store, changes, failed_rows=failed_rows, from_copies=from_copies)
    submitted = asyncio.run(queueing)
    done = (
        f"Run {run_id} has no failed row that is worth another try"
        if failed_rows
        else f"Run {run_id} is finished"
    )
    _show_queued(submitted, given, f"{done}: nothing was queued.")


def _show_queued(submitted: Submitted, given: dict[str, Any], finished: str) -> None:
    if not given["quiet"]:
        click.echo(finished if submitted.finished else _queued(submitted), err=True)
    click.echo(json.dumps(submitted.to_json()) if given["as_json"] else submitted.run_id)


def _queued(submitted: Submitted) -> str:
    from importer.results.wording import rows
    from importer.runtime.counting import counted

    if submitted.tried:
        return (
            f"The trial of run {submitted.run_id} is done already: nothing was queued. Look at its rows in HighLevel, then send "
            f"the rest: importer resume {submitted.run_id}"
        )
    parts = f"in {counted(submitted.parts, 'part')} are queued" if submitted.parts else "are queued already"
    return (
        f"{rows(submitted.rows)} {parts}. Work on them with: importer worker; watch with: importer show {submitted.run_id} "
        "--follow"
    )


@click.command(
    "worker",
    epilog=examples("importer worker --concurrency 20 --once --state postgresql://db/importer"),
    short_help="Work on queued runs, on as many machines as you like.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(min=1),
    default=DEFAULT_CONCURRENCY,
    show_default=True,
    metavar="N",
    help="Locations to send to at once.",
)
@click.option("--once", is_flag=True, help="Leave once the queue is empty, with an exit code.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the results of runs whose last part ends here; any machine writes them again with `importer results`.",
)
@transforms_option
@token_file_option
@state_option
@health_option
@logging_options
def worker_command(**given: Any) -> None:
    """Work on what `importer submit` and `importer serve` queued, until stopped.

    A part of a worker that dies goes on elsewhere within seconds. On SIGTERM what is in the air lands, and the parts under
    way go on elsewhere (exit 3). Needs state in Postgres and the extra `postgres`.
    """
    from importer.parts.store import PartStore
    from importer.state.journal.shared_writer import PartWriters
    from importer.state.postgres.sessions import kept_sessions

    load_environment()
    say(given, "parts", "runs", "sending")
    store = PartStore.at(state_folder(given["state"]), needed_by="importer worker", writers=PartWriters())
    with kept_sessions():
        code = asyncio.run(_work(store, given))
    sys.exit(code)


async def _work(store: PartStore, given: dict[str, Any]) -> int:
    from importer.parts.queue import open_queue
    from importer.runtime.open_files import allow_open_files
    from importer.sending.outlet import Outlet

    allow_open_files()
    async with open_queue(store.address) as queue:
        worker = worker_on(store, given, Outlet())
        with on_signals(lambda: worker.stop("The worker was asked to stop; its parts go on elsewhere.")):
            async with _health(worker, queue, given["health"]):
                click.echo(f"Working on the queue of {store.address.text}. Stop with Ctrl-C.", err=True)
                await worker.work(queue, concurrency=given["concurrency"], until_empty=given["once"])
        return worker.tally.exit_code


def worker_on(store: PartStore, given: dict[str, Any], outlet: Outlet) -> Worker:
    """Make a worker of this machine's own settings, all of whose parts send through one outlet."""
    from importer.parts.closing import ClosingRuns
    from importer.parts.part import PartWork, work_on_part
    from importer.parts.queue import QueuedPart
    from importer.parts.worker import Worker
    from importer.runs.context import RunContext
    from importer.runtime.environment import user_at_host
    from importer.runtime.stopping import StopSignal
    from importer.state.journal import Operator

    connection = _connection(given)
    reading = read_reading_options(sheet=None, header_row=None, encoding=None, delimiter=None)
    operator = Operator(name=user_at_host(), command="importer worker")

    async def work_on(part: QueuedPart, stop: StopSignal) -> PartEnd:
        work = PartWork(
            run_id=part.run_id,
            location=part.location,
            connection=connection,
            reading=reading,
            allow_transforms=given["allow_transforms"],
            context=RunContext(stop=stop, unattended=True, operator=operator, outlet=outlet),
        )
        return await work_on_part(work, store)

    return Worker(work_on, ClosingRuns(store, given["output"]))


def _connection(given: dict[str, Any]) -> Connection:
    """Read this machine's own tokens; where to, each run remembers."""
    return read_connection(
        location=None, token_file=given["token_file"], sandbox=False, base_url=None, api_version=None
    )


@asynccontextmanager
async def _health(worker: Worker, queue: Queue, where: str | None) -> AsyncIterator[None]:
    if where is None:
        yield
        return
    from importer.parts.health import worker_pages

    host, port = health_place(where)
    async with worker_pages(worker, queue, host=host, port=port) as taken:
        click.echo(f"Health on http://{host}:{taken}/health", err=True)
        yield


@click.command(
    "part",
    epilog=examples("importer part 20260314-0915 ve9EPM428h8vShlRW1KT --state postgresql://db/importer"),
    short_help="Do one location's part of a run, for an engine of your own.",
)
@click.argument("run", metavar="RUN")
@click.argument("location", metavar="LOCATION")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the results, where this part is the last one to end.",
)
@transforms_option
@token_file_option
@state_option
@json_option
@quiet_options
def part_command(run: str, location: str, **given: Any) -> None:
    """Send what one LOCATION has left of a RUN that was submitted, and leave with the exit codes of `importer run`.

    For whatever starts processes elsewhere (a Kubernetes Job, Airflow, Dask): it is safe to start it twice, or beside a
    worker. Only one process sends to a location at a time.
    """
    from importer.cli.presenting import Manner, watch
    from importer.parts.closing import ClosingRuns, wishes_heeded
    from importer.parts.part import PartWork, work_on_part
    from importer.parts.store import PartStore

    load_environment()
    store = PartStore.at(state_folder(given["state"]), needed_by="importer part")
    connection = _connection(given)
    run_id = store.match_id(run)

    async def work(context: Any) -> PartEnd:
        part = PartWork(
            run_id=run_id,
            location=location,
            connection=connection,
            context=context,
            allow_transforms=given["allow_transforms"],
        )
        async with wishes_heeded(store, run_id, context.stop):
            return await work_on_part(part, store)

    end = watch(work, Manner.of(given), go_on=f"importer part {run_id} {location}")
    ClosingRuns(store, given["output"]).close_if_over(run_id)
    _show(end, given)
    sys.exit(end.exit_code)


def _show(end: PartEnd, given: dict[str, Any]) -> None:
    if not given["quiet"]:
        click.echo(end.sentence, err=True)
    if given["as_json"]:
        click.echo(json.dumps(end.to_json(), ensure_ascii=False))
