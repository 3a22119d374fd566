"""fields: the custom fields of a location listed, and those that a mapping names made where it lacks them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

import click

from importer.cli.imports import run_settings
from importer.cli.options import (
    api_version_option,
    examples,
    json_option,
    load_environment,
    mapping_option,
    quiet_options,
    reading_options,
    stack,
    state_option,
    token_file_option,
    yes_here_option,
)
from importer.settings import API_VERSIONS

_TYPES: Final = (
    "TEXT", "LARGE_TEXT", "NUMERICAL", "MONETORY", "DATE", "PHONE", "EMAIL", "SINGLE_OPTIONS", "RADIO",
    "MULTIPLE_OPTIONS", "CHECKBOX",
)  # fmt: skip
"""Types that can be made from here, in the vendor's spelling."""

_place_options = stack(
    click.option(
        "--location", help="The location's id (default: the mapping's, else HIGHLEVEL_LOCATION_ID)."
    ),
    token_file_option,
    click.option(
        "--base-url", metavar="URL", help="Another address of the API (default: HIGHLEVEL_BASE_URL)."
    ),
    api_version_option(default=API_VERSIONS[0]),
)


@click.group("fields", short_help="List a location's custom fields, and make those that a mapping names.")
def fields_command() -> None:
    """List a location's custom fields, and make those that a mapping names."""


@fields_command.command(
    "create",
    epilog=examples(
        "importer sample",
        "importer fields create importer-sample/contacts.csv -m sample --dry-run",
        'importer fields create importer-sample/contacts.csv -m sample --type "Shirt Size=TEXT" --yes',
    ),
    short_help="Make the custom fields that a mapping names and the location lacks.",
)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@mapping_option
@click.option("--dry-run", is_flag=True, help="Look, and say what would be made; write nothing.")
@click.option(
    "--add-options",
    is_flag=True,
    help="Add the options that rows have and an existing choice field lacks; else they are only listed.",
)
@click.option(
    "--type",
    "types",
    multiple=True,
    metavar="NAME=TYPE",
    help=f"Make the field of that name of this type, whatever its values look like: {', '.join(_TYPES)}.",
)
@_place_options
@click.option("--allow-transforms", is_flag=True, help="Let the mapping call Python functions.")
@reading_options
@state_option
@yes_here_option
@json_option
@quiet_options
def create_command(**given: Any) -> None:
    """Make the custom fields that the mapping names and the location lacks.

    Type and options of each are told by its rule and by all of its values, said, and asked about first. Fields that are
    there stay as they are; tags and stages that are not there are only listed. Given again, it finds what it made.
    """
    from importer.cli.asking import must_ask
    from importer.cli.presenting import Manner, watch
    from importer.results.fields import render_fields
    from importer.results.wording import command
    from importer.results.wrapping import fitted
    from importer.runs.fields.creating import FieldsOptions, create_fields
    from importer.runs.fields.proposing import Wanted

    load_environment()
    options = FieldsOptions(
        dry=given["dry_run"],
        wanted=Wanted(types=dict(map(_read_type, given["types"])), add_options=given["add_options"]),
    )
    asks = must_ask(
        given,
        "Fields are made for everybody who works in the location: nothing was done, since nobody can be asked here. Look "
        "first with --dry-run, then say --yes on this very command.",
    )
    settings = run_settings({**given, "sandbox": False})
    manner = Manner.of(given)
    summary = watch(
        lambda context: create_fields(settings, options, context=context),
        manner,
        go_on=command(["importer", "fields", "create", *given["sources"], "-m", str(given["mapping"])]),
        may_ask=asks,
    )
    if not manner.quiet:
        click.echo(fitted(render_fields(summary), sys.stderr), err=True)
    if manner.as_json:
        click.echo(json.dumps(summary.to_json(), ensure_ascii=False))
    sys.exit(summary.exit_code)


@fields_command.command(
    "list",
    epilog=examples("importer fields list --location ve9EPM428h8vShlRW1KT"),
    short_help="List the custom fields of a location, with their types and options.",
)
@_place_options
@state_option
@json_option
def list_command(*, state: Path | None, as_json: bool, **given: Any) -> None:
    """List the custom fields of contacts that a location has; nothing is changed there."""
    import asyncio
    from dataclasses import asdict, replace

    from importer.cli.options import read_connection, state_folder
    from importer.errors import SettingsError
    from importer.highlevel.catalog import CatalogNeeds
    from importer.runs.meeting import read_catalog
    from importer.state.secrets import secrets_in

    load_environment()
    connection = read_connection(sandbox=False, **given)
    connection = replace(connection, grants=secrets_in(state_folder(state)))
    if connection.location_id is None:
        raise SettingsError("Name the location: --location, or HIGHLEVEL_LOCATION_ID.")
    needs = CatalogNeeds(custom_fields=True)
    catalog = asyncio.run(read_catalog(connection, connection.location_id, needs))
    fields = sorted(catalog.custom_fields, key=lambda each: each.name.casefold())
    if as_json:
        click.echo(json.dumps([asdict(each) for each in fields], ensure_ascii=False))
    for each in () if as_json else fields:
        options = f" ({', '.join(each.options)})" if each.options else ""
        click.echo(_plain(f"{each.name}  {each.key}  {each.data_type}{options}"))


def _plain(text: str) -> str:
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def _read_type(said: str) -> tuple[str, str]:
    name, sign, data_type = said.rpartition("=")
    if not sign or not name or data_type.upper() not in _TYPES:
        raise click.BadParameter(
            f"{said!r} says no type: write NAME=TYPE, with one of {', '.join(_TYPES)}.", param_hint="--type"
        )
    return name, data_type.upper()
