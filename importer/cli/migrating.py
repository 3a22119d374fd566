"""migrate: a folder of exports taken over, kind by kind, told as one story."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from importer.cli.imports import output_options, run_settings
from importer.cli.options import (
    connection_options,
    examples,
    json_option,
    load_environment,
    quiet_options,
    send_window_option,
    state_option,
    yes_option,
)

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from importer.jobs.migrating import MigrationCheck, MigrationSummary
    from importer.jobs.migration import MigrationStep
    from importer.results.forecast import Forecast
    from importer.results.summary import Summary
    from importer.runs.context import RunContext


@click.command(
    "migrate",
    epilog=examples(
        "importer sample",
        "importer migrate importer-sample/hubspot -m hubspot --sandbox",
        "importer migrate importer-sample/hubspot -m hubspot --dry-run",
    ),
    short_help="Take over a folder of exports: companies, contacts, deals, notes.",
)
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option(
    "-m",
    "--migration",
    required=True,
    type=click.Path(path_type=Path),
    help="The YAML file that says which mapping takes which files, or the name of a ready one, such as hubspot.",
)
@click.option("--dry-run", is_flag=True, help="Check every row of every file, and send nothing.")
@connection_options
@output_options
@click.option(
    "--concurrency", type=click.IntRange(min=1), metavar="N", help="Requests in flight per location."
)
@click.option(
    "--stop-after-failures", metavar="N|N%", help="Stop once so many rows of a file failed (or such a share)."
)
@click.option("--wait-for-quota", is_flag=True, help="Wait for the next day's allowance instead of stopping.")
@send_window_option
@state_option
@yes_option
@json_option
@quiet_options
def migrate_command(folder: Path, migration: Path, **given: Any) -> None:
    """Import the files of FOLDER, each kind by its own mapping: companies first, then contacts, then deals, notes and tasks.

    Each kind is a run of its own, with its results. All rows are checked before the first call, and one question is asked
    for all. The same command goes on where it stopped; what was imported is not imported again.
    """
    from importer.cli.asking import someone_answers
    from importer.cli.presenting import Manner, watch
    from importer.jobs.migrating import check_all, migrate
    from importer.jobs.migration import load_migration
    from importer.results.wording import command

    load_environment()
    # how a file is read, each mapping says for its own (source: ...)
    unsaid = dict.fromkeys(("sheet", "header_row", "encoding", "delimiter"))
    settings = run_settings({**given, **unsaid, "sources": (), "mapping": migration})
    manner = Manner.of(given)
    found = load_migration(migration, folder)
    story = Story(manner.quiet)
    for note in found.notes:
        story.say(note)

    def work(context: RunContext) -> Coroutine[Any, Any, MigrationCheck | MigrationSummary]:
        if given["dry_run"]:
            return check_all(found, settings, context, story)
        return migrate(found, settings, context, story)

    ended = watch(
        work,
        manner,
        go_on=command(["importer", "migrate", str(folder), "-m", str(migration)]),
        may_ask=not given["dry_run"] and someone_answers(given),
    )
    story.close(ended)
    if manner.as_json:
        click.echo(json.dumps(ended.to_json(), ensure_ascii=False))
    sys.exit(ended.exit_code)


@dataclass(slots=True)
class Story:
    """Tells people how a migration goes."""

    quiet: bool

    def checked(self, step: MigrationStep, forecast: Forecast) -> None:
        """Say of one step what would fail or is warned of, and why; what would be sent is in the overview."""
        from importer.results.forecast_text import people_notes
        from importer.results.palette import palette_for
        from importer.results.summary_text import causes

        colours = palette_for(sys.stderr)
        failing = causes(forecast.errors, colours, title=f"{step.names}: rows that would fail", examples=True)
        warned = causes(forecast.warning_groups, colours, title=f"{step.names}: warnings", examples=True)
        notes = (*forecast.overlooked, *people_notes(forecast), *forecast.unchecked)
        for line in (*failing, *warned, *(f"{step.names}: {note}" for note in notes)):
            self.say(line)

    def begins(self, step: MigrationStep, place: int, of: int) -> None:
        from importer.runs.objects import NOUNS

        self.say(f"\n{place} of {of}: {NOUNS[step.row_object][1]} ({step.names})")

    def ended(self, step: MigrationStep, summary: Summary) -> None:  # noqa: ARG002  (the watcher's signature)
        from importer.results.palette import palette_for
        from importer.results.summary_text import causes, headline

        palette = palette_for(sys.stderr)
        self.say(headline(summary))
        for line in causes(summary.errors, palette, title="Failed rows by cause"):
            self.say(line)
        self.say(f"  results  {summary.results}")

    def close(self, ended: MigrationCheck | MigrationSummary) -> None:
        """Say how all of it ended."""
        from importer.jobs.migrating import MigrationSummary, overview

        if not isinstance(ended, MigrationSummary):
            self.say(f"{overview(ended)}\nNothing was sent.")
            return
        self.say("")
        for end in ended.ends:
            self.say(_ended_line(end.step, end.summary))
        if ended.reason is not None:
            click.echo(f"Stopped: {ended.reason}", err=True)
        else:
            self.say("The migration is done.")

    def say(self, text: str) -> None:
        from importer.results.wrapping import fitted

        if not self.quiet:
            click.echo(fitted(text, sys.stderr), err=True)


def _ended_line(step: MigrationStep, summary: Summary | None) -> str:
    from importer.results.summary import accounts
    from importer.runs.objects import NOUNS

    came_to = "not begun" if summary is None else accounts(summary.counts)
    return f"  {NOUNS[step.row_object][1]:<10} {step.names}: {came_to}"
