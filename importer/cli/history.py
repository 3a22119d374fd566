"""resume, retry, runs, show, results, forget: what can be done with runs that were begun."""

from __future__ import annotations

import json
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from importer.cli.options import (
    api_version_option,
    examples,
    json_option,
    load_environment,
    parse_failure_limit,
    quiet_options,
    results_format_option,
    send_window_option,
    stack,
    state_folder,
    state_option,
    token_file_option,
    yes_option,
)

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from importer.results.commands import NextCommands


def complete_run(context: click.Context, _argument: click.Parameter, begun: str) -> list[CompletionItem]:
    """Complete the id of a run in the shell, the newest first, with what it imported."""
    from contextlib import suppress

    from click.shell_completion import CompletionItem

    from importer.errors import ImporterError
    from importer.state import StateFolder

    with suppress(ImporterError, OSError):  # a shell that waits for a word is no place for errors
        load_environment()
        folder = StateFolder(state_folder(context.params.get("state")))
        found = islice(folder.newest_ids(begun), _COMPLETED)
        return [CompletionItem(run_id, help=folder.imported_by(run_id)) for run_id in found]
    return []


run_argument = click.argument("run", required=False, metavar="[RUN]", shell_complete=complete_run)
_COMPLETED: Final = 50

session_options = stack(
    token_file_option,
    click.option("--location", help="Only checked: a run goes on in the location it began in."),
    click.option("--base-url", metavar="URL", help="Only checked: a run goes on where it began."),
    click.option("--sandbox", is_flag=True, help="Only checked: a run goes on where it began."),
    click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder that receives the run's folder of results (default: as the run began).",
    ),
    results_format_option(help="Form of the results (default: as the run's)."),
    click.option(
        "--concurrency", type=click.IntRange(min=1), metavar="N", help="Requests in flight per location."
    ),
    click.option(
        "--stop-after-failures", metavar="N|N%", help="Stop once so many rows (or such a share) failed."
    ),
    click.option(
        "--over-newer",
        is_flag=True,
        default=None,
        help="Send rows, too, whose person a run that began later imported since.",
    ),
    click.option(
        "--wait-for-quota",
        is_flag=True,
        default=None,
        help="Wait for the next day's allowance instead of stopping.",
    ),
    send_window_option,
    click.option(
        "--max-requests",
        type=click.IntRange(min=0),
        metavar="N",
        help="Send at most N requests, then stop; 0 lifts the limit that the run began with.",
    ),
    api_version_option(default="as the run's"),
    state_option,
    yes_option,
    json_option,
    quiet_options,
)


@click.command(
    "resume",
    epilog=examples("importer resume", "importer resume 20260314-0915"),
    short_help="Go on with a stopped run.",
)
@run_argument
@click.option(
    "--from-copies",
    is_flag=True,
    help="Go on with the copies that the run took, although its source or mapping changed since.",
)
@session_options
def resume_command(run: str | None, *, from_copies: bool, **given: Any) -> None:
    """Go on with a stopped run: the newest, or the one whose id begins with RUN.

    Rows that have an outcome are not sent again; rows that may have been sent are settled by evidence. A finished
    run is left as it is. One that was submitted is queued for its workers, as far as it is left.
    """
    _work(run, "resume", given, from_copies=from_copies)


@click.command(
    "retry",
    epilog=examples("importer retry", "importer retry 20260314-0915"),
    short_help="Send the failed rows again that are worth another try.",
)
@run_argument
@session_options
def retry_command(run: str | None, **given: Any) -> None:
    """Send the failed rows of a run again whose remedy is `run_again`: of the newest run, or of RUN.

    The run's results then hold each row once, with its latest outcome. Rows whose remedy is `fix_row` stay as they
    are: correct them in failed.xlsx and import that. A run that was submitted is queued for its workers.
    """
    _work(run, "retry", given)


@click.command("runs", epilog=examples("importer runs -n 5"), short_help="List past runs.")
@click.option(
    "-n", "most", type=click.IntRange(min=0), default=20, show_default=True, help="Runs to list; 0 lists all."
)
@state_option
@json_option
def runs_command(*, most: int, state: Path | None, as_json: bool) -> None:
    """List the runs that the state folder holds, the newest first."""
    from importer.cli.run_text import RunRecord, render_runs
    from importer.errors import ImporterError
    from importer.state import StateFolder
    from importer.state.journal import NeverBegunError
    from importer.state.place import state_words

    load_environment()
    folder = StateFolder(state_folder(state))
    records = []
    for run_id in islice(folder.newest_ids(), most or None):
        try:
            run = folder.run(run_id)
            with folder.open_journal(run, thorough=False) as journal:
                records.append(RunRecord.of(run, journal, folder.path))
        except NeverBegunError:
            continue
        except ImporterError as fault:
            click.echo(f"Run {run_id} cannot be read: {fault}", err=True)
    if as_json:
        click.echo(json.dumps([record.to_json() for record in records], indent=2, ensure_ascii=False))
    elif records:
        click.echo(render_runs(records))
    else:
        click.echo(f"There are no runs in {state_words(folder.path)}.", err=True)


@click.command(
    "show", epilog=examples("importer show", "importer show 20260314-0915"), short_help="Show one run."
)
@run_argument
@click.option(
    "--follow",
    is_flag=True,
    help="First watch it until no process works on it any more (with --json: a line of JSON whenever it moved).",
)
@state_option
@json_option
def show_command(*, run: str | None, follow: bool, state: Path | None, as_json: bool) -> None:
    """Show one run: the newest, or the one whose id begins with RUN."""
    from importer.cli.run_text import RunDetails, render_run
    from importer.state import StateFolder

    load_environment()
    folder = StateFolder(state_folder(state))
    found = folder.find(run)
    if follow:
        from importer.cli.following import follow as watch

        watch(folder, found, as_json=as_json)
        found = folder.run(found.id)
    with folder.open_journal(found, thorough=False) as journal:
        details = RunDetails.of(found, journal, folder.path)
        if journal.loss is not None:
            click.echo(f"importer: {journal.loss.sentence}", err=True)
    click.echo(
        json.dumps(details.to_json(), indent=2, ensure_ascii=False) if as_json else render_run(details)
    )


@click.command(
    "results",
    epilog=examples("importer results 20260314-0915 --output again --results-format xlsx"),
    short_help="Write a run's files again from its journal.",
)
@run_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that receives the run's folder (default: where the run wrote it).",
)
@results_format_option(help="Form of the results (default: as the run's).")
@click.option("--report-details", is_flag=True, help="Show unmasked values in report.html.")
@state_option
@json_option
@click.option("-q", "--quiet", is_flag=True, help="No summary; errors only.")
def results_command(run: str | None, **given: Any) -> None:
    """Write the results, failed rows, summary and report of a run again: of the newest, or of RUN."""
    from importer import pipeline
    from importer.cli.presenting import Manner, show_summary

    load_environment()
    summary = pipeline.results(
        run,
        state_path=state_folder(given["state"]),
        output=given["output"],
        results_format=given["results_format"],
        report_details=given["report_details"],
    )
    show_summary(summary, Manner.of(given))


@click.command(
    "forget",
    epilog=examples("importer forget 20260314-0915", "importer forget --person ann@example.com"),
    short_help="Delete a run's data, or one person's.",
)
@click.argument("runs", nargs=-1, metavar="[RUN]...", shell_complete=complete_run)
@click.option(
    "--person", metavar="E-MAIL", help="Delete what the state folder holds of one person, in all runs."
)
@state_option
@click.option(
    "--yes", is_flag=True, help="Forget also a run whose stored contacts still wait for their tags."
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
def forget_command(
    *, runs: tuple[str, ...], person: str | None, state: Path | None, yes: bool, quiet: bool
) -> None:
    """Delete what the state folder holds of a RUN: journal, copies of the sources, mapping.

    The results folder that the run wrote is yours and stays; delete it yourself. What --changed-only remembers are
    salted hashes, no words of people, and stays as well. A run whose contacts are stored while their tags, or what
    else follows, are still to come can only be finished with its journal: forgetting it asks first on a terminal,
    and is refused elsewhere without --yes. With IMPORTER_KEEP_DAYS set, runs that ended so many days
    ago are forgotten whenever another one starts.

    With --person, one person's rows are taken out of all journals, and mirrors, memory, plans and copies of sources
    that hold the person go; how the other rows ended stays known. Your own files are named, and stay.
    """
    load_environment()
    if bool(runs) == bool(person):
        raise click.UsageError("Name the runs to forget, or a person with --person E-MAIL.")
    if person is not None:
        _forget_person(person, state_folder(state), quiet=quiet)
        return
    _forget_runs(runs, state_folder(state), yes=yes, quiet=quiet)


def _forget_runs(runs: tuple[str, ...], state: Path, *, yes: bool, quiet: bool) -> None:
    from importer.state import StateFolder

    folder = StateFolder(state)
    run_ids = [folder.match_id(wanted) for wanted in runs]
    if not yes:
        for run_id in run_ids:
            _confirm_unfinished(run_id, folder.unfinished_rows(run_id), folder.path)
    for run_id in run_ids:
        folder.forget(run_id)
        if not quiet:
            click.echo(f"Run {run_id} is forgotten. The files in its results folder, if any, stay.", err=True)


def _forget_person(email: str, state: Path, *, quiet: bool) -> None:
    from importer.cli.forgetting_text import render_forgotten
    from importer.runs.forgetting import forget_person
    from importer.runtime.environment import source_password
    from importer.settings import ReadingOptions

    forgotten = forget_person(email, state, reading=ReadingOptions(password=source_password()))
    if not quiet:
        click.echo(render_forgotten(forgotten), err=True)
    sys.exit(1 if forgotten.unread else 0)


def _confirm_unfinished(run_id: str, rows: int, state_path: Path) -> None:
    """Ask before what only the run can finish is lost; raises SettingsError where nobody is there to answer."""
    from importer.errors import SettingsError
    from importer.results.commands import access_words

    if not rows:
        return
    finish = access_words(state_path).resume(run_id)
    those = "1 contact is" if rows == 1 else f"{rows:,} contacts are"
    what = f"{those} stored by run {run_id} and still to get tags, or what else follows"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise SettingsError(f"{what}. Finish it with: {finish}; or forget it all the same with --yes.")
    if not click.confirm(f"{what}. Once forgotten, nothing can finish it. Forget it?", err=True):
        raise SettingsError(f"Nothing was forgotten. Finish the run with: {finish}")


def _work(run: str | None, kind: str, given: dict[str, Any], **more: Any) -> None:
    from importer import pipeline
    from importer.cli.asking import someone_answers
    from importer.cli.options import read_connection, read_reading_options
    from importer.cli.presenting import Manner, attend
    from importer.results.commands import access_words

    load_environment()
    state_path = state_folder(given["state"])
    if run is None and kind == "resume" and not given["quiet"]:
        _name_an_older_one(access_words(state_path, given["token_file"]), state_path)
    run = _found_where_it_began(run, state_path, given)
    if _is_split(run, state_path):
        from importer.cli.machines import submit_again

        submit_again(
            run,
            state_path,
            given,
            _changes(given),
            failed_rows=kind == "retry",
            from_copies=more.get("from_copies", False),
        )
        return
    go_on = pipeline.resume if kind == "resume" else pipeline.retry
    connection = read_connection(
        location=None,
        token_file=given["token_file"],
        sandbox=False,
        base_url=None,
        api_version=given["api_version"],
    )
    reading = read_reading_options(sheet=None, header_row=None, encoding=None, delimiter=None)
    attend(
        lambda context: go_on(
            run,
            state_path=state_path,
            connection=connection,
            reading=reading,
            changes=_changes(given),
            context=context,
            **more,
        ),
        Manner.of(given),
        go_on=access_words(state_path, given["token_file"]),
        may_ask=someone_answers(given),
    )


def _is_split(run_id: str, state_path: Path) -> bool:
    from importer.state import StateFolder
    from importer.state.parts import is_split

    return is_split(StateFolder(state_path).run_folder(run_id))


def _name_an_older_one(commands: NextCommands, state_path: Path) -> None:
    """Say that a run before the newest can be resumed, when the newest is finished and so has nothing left."""
    from itertools import islice

    from importer.state import StateFolder
    from importer.state.journal import RunState

    newest = list(islice(StateFolder(state_path).runs(), 20))
    stopped = [run.id for run in newest if run.state is RunState.STOPPED]
    if stopped and newest[0].state is RunState.FINISHED:
        click.echo(
            f"The newest run is finished; an older one is not: {commands.resume(stopped[0])}", err=True
        )


def _changes(given: dict[str, Any]) -> dict[str, Any]:
    """Gather what this session is to have otherwise than the run began: only what was said."""
    names = (
        *("output", "results_format", "concurrency", "wait_for_quota", "send_window", "max_requests"),
        "over_newer",
    )
    changes = {name: given[name] for name in names if given[name] is not None}
    if given["stop_after_failures"] is not None:
        changes["stop_after_failures"] = parse_failure_limit(given["stop_after_failures"])
    return changes


def _found_where_it_began(wanted: str | None, state_path: Path, given: dict[str, Any]) -> str:
    """Find the run; refuse when the words name another place than its own: its rows are half there already."""
    from importer.errors import SettingsError
    from importer.state import StateFolder

    run = StateFolder(state_path).find(wanted)
    for flag, said, has in (
        ("--location", given["location"], run.location_id),
        ("--base-url", given["base_url"] and given["base_url"].rstrip("/"), run.base_url.rstrip("/")),
        ("--sandbox", given["sandbox"] or None, run.sandbox),
    ):
        if said not in {None, has}:
            raise SettingsError(
                f"Run {run.id} went elsewhere: {flag} is {said}, the run has {has}. Leave the flag out to go on "
                "with it, or start another run with: importer run"
            )
    return run.id
