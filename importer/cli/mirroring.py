"""mirror and export: a location's contacts, read once and kept, or written to a file."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from importer.cli.options import (
    api_version_option,
    examples,
    json_option,
    load_environment,
    quiet_options,
    read_connection,
    stack,
    state_folder,
    state_option,
    token_file_option,
)
from importer.runtime.counting import counted
from importer.settings import API_VERSIONS

if TYPE_CHECKING:
    from importer.mirror.reading import MirrorReading
    from importer.runs.planning.mirroring import MirrorSettings

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Age(click.ParamType[float]):
    """A time such as 90s, 30m, 1h or 7d, in seconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd])", str(value).strip())
        if found is None:
            self.fail(f"{value!r} is no time: write 90s, 30m, 1h or 7d.", param, ctx)
        return float(found[1]) * _UNITS[found[2]]


max_age_option = click.option(
    "--max-age",
    type=Age(),
    default="1h",
    show_default=True,
    help="Read contacts again when they were last read longer ago than this (90s, 30m, 1h, 7d).",
)

account_options = stack(
    token_file_option,
    click.option(
        "--base-url", metavar="URL", help="Another address of the API (default: HIGHLEVEL_BASE_URL)."
    ),
    api_version_option(default=API_VERSIONS[0]),
)


@click.command(
    "mirror",
    epilog=examples("importer mirror", "importer mirror ve9EPM428h8vShlRW1KT --max-age 10m"),
    short_help="Read all contacts of a location into a private file.",
)
@click.argument("locations", nargs=-1, metavar="[LOCATION]...")
@max_age_option
@account_options
@state_option
@json_option
@quiet_options
def mirror_command(locations: tuple[str, ...], **given: Any) -> None:
    """Read all contacts of a location, hundreds a call, into a file that you alone can read.

    Kept for seven days. What a search does not show (do-not-disturb by channel, time zones) is not in it, and what
    changed in the last minute may not be.
    """
    from importer.cli.presenting import Manner, watch
    from importer.results.wording import command
    from importer.runs.planning.mirroring import mirror_locations
    from importer.settings import location_in

    load_environment()
    settings = mirror_settings(given)
    location_ids = [location_in(each) for each in locations or (location_from_environment(),)]
    found = watch(
        lambda context: mirror_locations(location_ids, settings, context),
        Manner.of(given),
        go_on=command(["importer", "mirror", *locations]),
    )
    readings = [each for each in found if not isinstance(each, Exception)]
    if not given["quiet"]:
        for reading in readings:
            click.echo(render_reading(reading), err=True)
    if given["as_json"]:
        click.echo(json.dumps({each.location_id: each.to_json() for each in readings}, ensure_ascii=False))
    for each in found:
        if isinstance(each, Exception):
            raise each
    sys.exit(0)


@click.command(
    "export",
    epilog=examples("importer export -o backup.csv", "importer export -o backup.xlsx --without-dnd"),
    short_help="Write a location's contacts to a file: a backup.",
)
@click.argument("location", required=False, metavar="[LOCATION]")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file: .csv or .xlsx.",
)
@click.option(
    "--without-dnd",
    is_flag=True,
    help="Leave out do-not-disturb by channel, which takes one call for each contact.",
)
@click.option(
    "--force", is_flag=True, help="Write over a file that no export wrote, or that was changed since."
)
@max_age_option
@account_options
@state_option
@json_option
@quiet_options
def export_command(location: str | None, **given: Any) -> None:
    """Write all contacts of a location to a file that the ready mapping `highlevel` imports again.

    Do-not-disturb by channel is read of every contact first, one call each; where one cannot be read nothing is written.
    A file that is there already is replaced if an export wrote it and nobody changed it since.
    """
    from importer.cli.presenting import Manner, watch
    from importer.results.wording import command
    from importer.runs.planning.exporting import export
    from importer.settings import location_in

    load_environment()
    location_id = location_in(location or location_from_environment())
    settings, output = mirror_settings(given), given["output"]
    exported = watch(
        lambda context: export(
            location_id,
            output,
            settings,
            context,
            with_dnd=not given["without_dnd"],
            force=given["force"],
        ),
        Manner.of(given),
        go_on=command(["importer", "export", location_id, "-o", str(output)]),
    )
    if not given["quiet"]:
        click.echo(render_reading(exported.reading), err=True)
        click.echo(f"{counted(exported.contacts, 'contact')} written to {exported.path}.", err=True)
    if given["as_json"]:
        click.echo(json.dumps(exported.to_json(), ensure_ascii=False))
    sys.exit(0)


def location_from_environment() -> str:
    from importer.errors import SettingsError
    from importer.runtime import environment

    if (found := environment.location_id()) is None:
        raise SettingsError("No location is named. Give its id, or set HIGHLEVEL_LOCATION_ID.")
    return found


def mirror_settings(given: dict[str, Any]) -> MirrorSettings:
    """Gather where the contacts are and where they are kept."""
    from importer.runs.planning.mirroring import MirrorSettings

    return MirrorSettings(
        connection=read_connection(
            location=None,
            token_file=given["token_file"],
            sandbox=False,
            base_url=given["base_url"],
            api_version=given["api_version"],
        ),
        state=state_folder(given["state"]),
        max_age_seconds=given["max_age"],
    )


def render_reading(reading: MirrorReading) -> str:
    """Say what was read, and how old it is."""
    from datetime import UTC, datetime

    from importer.mirror.reading import ReadHow

    moment = datetime.fromtimestamp(reading.as_of, UTC).astimezone()
    whose = f"{reading.name} ({reading.location_id})" if reading.name else f"Location {reading.location_id}"
    how = {
        ReadHow.KEPT: "as read before",
        ReadHow.CHANGES: f"what changed was read in {counted(reading.requests, 'call')}, {reading.seconds:.0f} s",
        ReadHow.WHOLE: f"read in {counted(reading.requests, 'call')}, {reading.seconds:.0f} s",
    }[reading.how]
    return f"{whose}: {counted(reading.contacts, 'contact')}, {how}; as of {moment:%Y-%m-%d %H:%M:%S}."
