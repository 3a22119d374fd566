"""plan and apply: what a run would do to each contact, field by field, and just that done."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from importer.cli.imports import output_options, run_settings
from importer.cli.mirroring import Age, max_age_option
from importer.cli.options import (
    api_version_option,
    connection_options,
    examples,
    json_option,
    laid_options,
    load_environment,
    mapping_option,
    name_of_somebody,
    quiet_options,
    read_connection,
    reading_options,
    send_window_option,
    state_folder,
    state_option,
    token_file_option,
    yes_option,
)


@click.command(
    "plan",
    epilog=examples("importer sample", "importer plan importer-sample/contacts.csv -m sample"),
    short_help="Show what a run would do to each contact, field by field.",
)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@mapping_option
@connection_options
@laid_options
@output_options
@max_age_option
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Plan the first N rows only.")
@click.option(
    "--missing",
    is_flag=True,
    help="List the location's contacts whose e-mail and phone no row has, too (missing.csv).",
)
@click.option("--allow-transforms", is_flag=True, help="Let the mapping call Python functions.")
@reading_options
@state_option
@json_option
@quiet_options
def plan_command(**given: Any) -> None:
    """Read the location's contacts and say what a run would do to each of them; send nothing but reads.

    Writes plan.csv (every row, with its changes), plan.html (for whoever has to approve) and plan.json.
    """
    from importer.cli.presenting import Manner, watch
    from importer.results.palette import palette_for
    from importer.results.plan_text import render_plan
    from importer.results.wording import command
    from importer.runs.planning.plan import plan

    load_environment()
    settings = run_settings(given)
    manner = Manner.of(given)
    summary = watch(
        lambda context: plan(
            settings, max_age_seconds=given["max_age"], missing=given["missing"], context=context
        ),
        manner,
        go_on=command(["importer", "plan", *given["sources"], "-m", str(given["mapping"])]),
    )
    if not manner.quiet:
        click.echo(render_plan(summary, palette_for(sys.stderr)), err=True)
    if manner.as_json:
        click.echo(json.dumps(summary.to_json(), ensure_ascii=False))
    sys.exit(summary.exit_code)


@click.command(
    "apply",
    epilog=examples(
        "importer sample",
        "importer plan importer-sample/contacts.csv -m sample",
        "importer apply import-results/plan-*",
    ),
    short_help="Send exactly what a plan says.",
)
@click.argument("plan", metavar="PLAN")
@click.option(
    "--good-for",
    type=Age(),
    default="7d",
    show_default=True,
    help="Refuse a plan that was made longer ago than this (90s, 30m, 1h, 7d).",
)
@token_file_option
@send_window_option
@click.option(
    "--replan",
    is_flag=True,
    help="Decide rows anew whose contact somebody changed since the plan was made, instead of skipping them.",
)
@click.option(
    "--approved-by",
    metavar="NAME",
    callback=name_of_somebody,
    help="Who approved the plan; `importer show` tells it.",
)
@api_version_option(default="as the plan's")
@state_option
@yes_option
@json_option
@quiet_options
def apply_command(plan: str, **given: Any) -> None:
    """Send what a plan decided, and nothing else: PLAN is its id, its beginning, or its folder of results.

    It is refused when the source, the mapping or the plan changed since. Just before a value is overwritten its
    contact is read; where somebody changed it meanwhile, the row is skipped (changed_since), or with --replan decided
    anew by the same rules upon what the contact holds now. Results, resume, retry and
    exit codes are those of `run`.
    """
    import time

    from importer import pipeline
    from importer.cli.asking import someone_answers
    from importer.cli.presenting import Manner, attend
    from importer.results.commands import access_words
    from importer.runs.planning.applying import applying_settings
    from importer.runtime.environment import source_password
    from importer.settings import ReadingOptions

    load_environment()
    state = state_folder(given["state"])
    settings = applying_settings(
        plan,
        state=state,
        connection=read_connection(
            location=None,
            token_file=given["token_file"],
            sandbox=False,
            base_url=None,
            api_version=given["api_version"],
        ),
        reading=ReadingOptions(password=source_password()),
        now=time.time(),
        good_for_seconds=given["good_for"],
        send_window=given["send_window"],
        replan=given["replan"],
    )
    attend(
        lambda context: pipeline.run(settings, context=context),
        Manner.of(given),
        go_on=access_words(settings.state, settings.connection.token_file),
        may_ask=someone_answers(given),
        approved_by=given["approved_by"],
    )
