"""diff: two locations, or a location and a file, held against each other."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from importer.cli.mirroring import account_options, max_age_option, mirror_settings
from importer.cli.options import (
    examples,
    json_option,
    load_environment,
    quiet_options,
    reading_options,
    state_option,
)

if TYPE_CHECKING:
    from importer.runs.planning.contrasting import DiffRequest
    from importer.settings import RunSettings


@click.command(
    "diff",
    epilog=examples(
        "importer diff ve9EPM428h8vShlRW1KT kP2mV8zTq4Lr9YcNwX3J -o differences.xlsx",
        "importer sample",
        "importer diff importer-sample/contacts.csv ve9EPM428h8vShlRW1KT -m sample",
    ),
    short_help="Hold two locations, or a location and a file, against each other.",
)
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option(
    "-m",
    "--mapping",
    type=click.Path(path_type=Path),
    help="The mapping of the file, where A or B is one.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write who and what differs to this file: .csv or .xlsx.",
)
@click.option(
    "--force", is_flag=True, help="Write over a file that no diff wrote, or that was changed since."
)
@click.option("--allow-transforms", is_flag=True, help="Let the mapping call Python functions.")
@max_age_option
@account_options
@reading_options
@state_option
@json_option
@quiet_options
def diff_command(a: str, b: str, **given: Any) -> None:
    """Say who is in A only, who in B only, and which fields differ of who is in both; send nothing but reads.

    A and B are locations, or one is a file with its mapping: then what the mapping writes is compared, and nothing
    else. Exit codes: 0 the same, 1 something differs, 2 could not be compared, 3 stopped.
    """
    from importer.cli.presenting import Manner, watch
    from importer.results.diff_text import render_diff
    from importer.results.wording import command
    from importer.runs.planning.contrasting import diff

    load_environment()
    request, settings = _request(a, b, given), mirror_settings(given)
    found = watch(
        lambda context: diff(request, settings, context),
        Manner.of(given),
        go_on=command(["importer", "diff", a, b]),
    )
    if given["as_json"]:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False))
    elif not given["quiet"]:
        click.echo(render_diff(found))
    sys.exit(found.exit_code)


def _request(a: str, b: str, given: dict[str, Any]) -> DiffRequest:
    from importer.runs.planning.contrasting import DiffRequest
    from importer.settings import location_in

    output, force = given["output"], given["force"]
    match _is_file(a), _is_file(b):
        case True, True:
            raise click.UsageError(f"{a} and {b} are both files: one of the two has to be a location.")
        case False, False:
            if given["mapping"]:
                raise click.UsageError(f"-m is for a file, and neither {a} nor {b} is one.")
            a, b = location_in(a), location_in(b)
            if a == b:
                raise click.UsageError(f"{a} is one location: there is nothing to compare.")
            return DiffRequest(a=a, b=b, output=output, force=force)
        case _, file_is_b:
            file = b if file_is_b else a
            return DiffRequest(
                a=location_in(a),
                b=location_in(b),
                file=_file_settings(file, given),
                file_is_b=file_is_b,
                output=output,
                force=force,
            )


def _is_file(word: str) -> bool:
    """Tell a file from a location: ids have no dots or slashes, and an address of a sub-account says so."""
    from importer.settings import location_in

    return location_in(word) == word and (Path(word).is_file() or any(sign in word for sign in "./\\*"))


def _file_settings(source: str, given: dict[str, Any]) -> RunSettings:
    from importer.cli.imports import run_settings

    if not given["mapping"]:
        raise click.UsageError(f"{source} is a file: name its mapping with -m.")
    words = {name: value for name, value in given.items() if name != "output"}  # of a run, that is a folder
    return run_settings({**words, "sources": (source,), "location": None, "sandbox": False})
