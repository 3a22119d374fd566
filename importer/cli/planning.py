"""plan: what a run would do to each contact, field by field."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from importer.cli.imports import output_options, run_settings
from importer.cli.mirroring import max_age_option
from importer.cli.options import (
    connection_options,
    examples,
    json_option,
    load_environment,
    mapping_option,
    quiet_options,
    reading_options,
    state_option,
)


@click.command(
    "plan",
    epilog=examples("importer sample", "importer plan importer-sample/contacts.csv -m sample"),
    short_help="Show what a run would do to each contact, field by field.",
)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@mapping_option
@connection_options
@output_options
@max_age_option
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Plan the first N rows only.")
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
    from importer.runs.plan import plan

    load_environment()
    settings = run_settings(given)
    manner = Manner.of(given)
    summary = watch(
        lambda context: plan(settings, max_age_seconds=given["max_age"], context=context),
        manner,
        go_on=command(["importer", "plan", *given["sources"], "-m", str(given["mapping"])]),
    )
    if not manner.quiet:
        click.echo(render_plan(summary, palette_for(sys.stderr)), err=True)
    if manner.as_json:
        click.echo(json.dumps(summary.to_json(), ensure_ascii=False))
    sys.exit(summary.exit_code)
