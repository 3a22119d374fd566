"""suggest: a mapping from a file's headers and values."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from importer.cli.options import (
    api_version_option,
    examples,
    load_environment,
    read_connection,
    read_reading_options,
    reading_options,
)
from importer.settings import API_VERSIONS

if TYPE_CHECKING:
    from importer.highlevel.catalog import Catalog
    from importer.settings import Connection
    from importer.suggestion.suggesting import Suggestion


@click.command(
    "suggest",
    epilog=examples(
        "importer sample",
        "importer suggest importer-sample/newsletter.csv -o newsletter.yaml",
        "importer suggest importer-sample/newsletter.csv --json",
    ),
    short_help="Write a mapping from a file's headers and values.",
)
@click.argument("source", metavar="SOURCE")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write the mapping to (default: standard output).",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Describe the suggestion as JSON on standard output: rules with how sure each is, alternatives and doubts.",
)
@click.option("--force", is_flag=True, help="Write over a mapping that is there already.")
@reading_options
@click.option(
    "--location", help="A location whose custom fields columns may go to (default: HIGHLEVEL_LOCATION_ID)."
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File that holds its token (default: HIGHLEVEL_TOKEN from the environment).",
)
@click.option("--base-url", metavar="URL", help="Another address of the API (default: HIGHLEVEL_BASE_URL).")
@api_version_option(default=API_VERSIONS[0])
def suggest_command(source: str, output: Path | None, *, as_json: bool, force: bool, **given: Any) -> None:
    """Write a mapping for SOURCE from its headers and a sample of its values, each guess with its reason.

    Nothing is sent, and neither token nor location is needed. With both, columns named like a custom field of
    the location are mapped to it. Read the mapping before you import with it: every line of it is a guess. With
    --json, the mapping is written where -o says so, and stands in the JSON in any case.
    """
    load_environment()
    if output is not None and not force:
        _refuse_overwriting(output)
    catalog = _catalog(given)
    suggestion = _suggested(source, given, catalog)
    if as_json:
        click.echo(json.dumps(suggestion.to_json(), ensure_ascii=False, indent=2))
    if output is not None or not as_json:
        _write(suggestion.to_yaml(), output)
    if output is not None:
        from importer.cli.shipped import lay_schema

        beside = lay_schema(output)
        click.echo(
            f"Wrote {output}.{beside} Read the mapping, then try: {_check(source, output, given)}", err=True
        )
    for concern in suggestion.concerns:
        click.echo(f"Look: {concern}", err=True)


def _suggested(source: str, given: dict[str, Any], catalog: Catalog | None) -> Suggestion:
    from importer.sources import at_hand
    from importer.suggestion.suggesting import suggest_file

    names = ("sheet", "header_row", "encoding", "delimiter")
    options = read_reading_options(**{name: given[name] for name in names})
    with at_hand(source) as path:
        return suggest_file(path, catalog=catalog, options=options)


def _catalog(given: dict[str, Any]) -> Catalog | None:
    """Read the location's custom fields where a location and a token are at hand.

    A location that was asked for by its flag has to answer; one that merely stands in the environment need not.
    """
    from importer.cli.options import state_folder
    from importer.errors import ImporterError
    from importer.highlevel.connections import token_of
    from importer.runtime import environment
    from importer.state.secrets import secrets_in

    names = ("location", "token_file", "base_url", "api_version")
    connection = read_connection(sandbox=False, **{name: given[name] for name in names})
    connection = replace(connection, grants=secrets_in(state_folder()))
    asked = given["location"] is not None
    location_id = given["location"] or environment.location_id()
    if location_id is None or not (asked or token_of(connection, location_id)):
        return None
    try:
        return asyncio.run(_read_catalog(connection, location_id))
    except ImporterError as refused:
        if asked:
            raise
        click.echo(f"The location's custom fields are left out: {refused}", err=True)
        return None


async def _read_catalog(connection: Connection, location_id: str) -> Catalog:
    from importer.highlevel.catalog import CatalogNeeds
    from importer.runs.meeting import read_catalog

    return await read_catalog(connection, location_id, CatalogNeeds(custom_fields=True))


def _refuse_overwriting(output: Path) -> None:
    from importer.errors import SettingsError

    # A place that may not be looked at cannot be written to either, and the writing says so.
    with contextlib.suppress(OSError):
        if not output.is_file() or not output.stat().st_size:
            return
        raise SettingsError(
            f"{output} is there already and may hold your own changes. Name another file, or add --force."
        )


def _check(source: str, output: Path, given: dict[str, Any]) -> str:
    """Write the command that checks the source by the new mapping, with all that was said of both here."""
    from importer.cli.options import state_folder
    from importer.results.commands import NextCommands
    from importer.settings import RunSettings

    reading = {name: given[name] for name in ("sheet", "header_row", "encoding", "delimiter")}
    place = {name: given[name] for name in ("location", "token_file", "base_url", "api_version")}
    connection = read_connection(sandbox=False, **place)
    settings = RunSettings(
        sources=(source,),
        mapping=output,
        connection=connection,
        state=state_folder(),
        reading=read_reading_options(**reading),
    )
    return NextCommands.of(settings, location_id=connection.location_id).check()


def _write(text: str, output: Path | None) -> None:
    from importer.errors import SettingsError

    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8", newline="\n")
    except OSError as cause:
        raise SettingsError(f"{output} cannot be written: {cause.strerror or cause}.") from None
