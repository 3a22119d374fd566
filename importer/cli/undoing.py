"""undo: a run taken back, as far as nobody touched what it did."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from importer.cli.history import complete_run
from importer.cli.options import (
    api_version_option,
    examples,
    json_option,
    load_environment,
    quiet_options,
    read_connection,
    read_reading_options,
    state_folder,
    state_option,
    token_file_option,
    yes_here_option,
)


@click.command(
    "undo",
    epilog=examples("importer undo 20260314-0915 --dry-run", "importer undo 20260314-0915 --yes"),
    short_help="Take a run back.",
)
@click.argument("run", metavar="RUN", shell_complete=complete_run)
@click.option("--dry-run", is_flag=True, help="Look, and say what would be taken back; write nothing.")
@click.option(
    "--with-history",
    is_flag=True,
    help="Delete created contacts also where a note, task, deal, appointment or message came since.",
)
@token_file_option
@api_version_option(default="as the run's")
@state_option
@yes_here_option
@json_option
@quiet_options
def undo_command(run: str, **given: Any) -> None:
    """Take back the run whose id begins with RUN.

    Contacts that it created are deleted, those that it updated get their old values back, tags that it added go: only
    where nobody changed them since. Writes undo.csv, a line a row, into the run's folder of results. Given again, it goes on
    where it stopped, and looks once more at what was kept or failed.
    """
    from importer.cli.asking import must_ask
    from importer.cli.presenting import Manner, watch
    from importer.results.commands import access_words
    from importer.results.undo import render_undo
    from importer.results.wording import command
    from importer.results.wrapping import fitted
    from importer.runs.undo.taking import UndoOptions, undo

    load_environment()
    state = state_folder(given["state"])
    asks = must_ask(
        given,
        "Taking a run back deletes what it made: nothing was done, since nobody can be asked here. Look first with "
        "--dry-run, then say --yes on this very command.",
    )
    connection = read_connection(
        location=None,
        token_file=given["token_file"],
        sandbox=False,
        base_url=None,
        api_version=given["api_version"],
    )
    reading = read_reading_options(sheet=None, header_row=None, encoding=None, delimiter=None)
    manner = Manner.of(given)
    summary = watch(
        lambda context: undo(
            run,
            state_path=state,
            connection=connection,
            reading=reading,
            options=UndoOptions(dry=given["dry_run"], with_history=given["with_history"]),
            context=context,
        ),
        manner,
        go_on=command(["importer", "undo", run, *access_words(state, given["token_file"]).access]),
        may_ask=asks,
    )
    if not manner.quiet:
        click.echo(fitted(render_undo(summary), sys.stderr), err=True)
    if manner.as_json:
        click.echo(json.dumps(summary.to_json(), ensure_ascii=False))
    sys.exit(summary.exit_code)
