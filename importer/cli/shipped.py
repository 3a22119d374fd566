"""mappings, sample: what comes with the package, listed, printed and laid down."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from importer.cli.options import examples

if TYPE_CHECKING:
    from importer.mapping.ready import ReadyMapping

SAMPLE_FOLDER: Final = Path("importer-sample")
_SAMPLES: Final = (
    "contacts.csv",
    "newsletter.csv",
    "crm-export.xlsx",
    "jobs.yaml",
    *(f"hubspot/{name}.csv" for name in ("companies", "contacts", "deals", "notes")),
)

force_option = click.option("--force", is_flag=True, help="Write over files that are there and differ.")


@click.command(
    "mappings",
    epilog=examples("importer mappings", "importer mappings hubspot -o hubspot.yaml"),
    short_help="List the ready mappings, or print one.",
)
@click.argument("name", required=False, metavar="[NAME]")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write the mapping NAME to, to change it (default: standard output).",
)
@force_option
@click.option(
    "--migration",
    "of_migrations",
    is_flag=True,
    help="The migrations instead: which mapping takes which file of a folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Write the list as JSON to stdout.")
def mappings_command(
    *, name: str | None, output: Path | None, force: bool, of_migrations: bool, as_json: bool
) -> None:
    """List the mappings that come with the package, or print the one called NAME.

    Each fits the export of one program, as it is listed; `-m NAME` takes it wherever a mapping file is taken.
    """
    from importer.mapping.ready import ready_mapping, ready_migration

    if name is None:
        if output is not None:
            raise click.UsageError(
                "Name the mapping to write: importer mappings hubspot -o hubspot.yaml (without a name they are listed)."
            )
        _list(as_json=as_json, of_migrations=of_migrations)
        return
    found = ready_migration(name) if of_migrations else ready_mapping(name)
    if as_json:
        click.echo(json.dumps(_entry(found), indent=2, ensure_ascii=False))
    elif output is None:
        click.echo(found.text(), nl=False)
    else:
        _lay(output, found.path, force=force)
        beside = "" if of_migrations else " For editors, beside it: importer schema > mapping.schema.json"
        click.echo(f"Wrote {output}.{beside}", err=True)


@click.command(
    "sample",
    epilog=examples("importer sample", f"importer run {SAMPLE_FOLDER}/contacts.csv -m sample --sandbox"),
    short_help="Lay sample files into a folder, to try the importer.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=SAMPLE_FOLDER,
    show_default=True,
    help="Folder that receives them.",
)
@force_option
def sample_command(*, output: Path, force: bool) -> None:
    """Lay three sample files with their mappings, a job file and a folder to migrate into a folder, and say what to type next.

    Every person in them is invented. With --sandbox nothing leaves the machine, and no account is needed.
    """
    from importer.results.wording import command

    for name, source in _sample_files():
        _lay(output / name, source, force=force)
    click.echo(f"Sample files are in {output}. Next, without an account:", err=True)
    words = ["importer", "run", str(output / "contacts.csv"), "-m", str(output / "sample.yaml"), "--sandbox"]
    click.echo(f"  {command(words)}", err=True)


def _sample_files() -> Iterator[tuple[str, Path]]:
    from importer.mapping.ready import SCHEMA_NAME, mappings_folder
    from importer.runtime.installation import shipped_folder

    samples = shipped_folder("sample_data")
    yield from ((name, samples / name) for name in _SAMPLES)
    yield from ((path.name, path) for path in sorted(mappings_folder().glob("sample*.yaml")))
    yield SCHEMA_NAME, mappings_folder() / SCHEMA_NAME


def _lay(target: Path, source: Path, *, force: bool) -> None:
    """Copy a file; one that is there already and differs may hold somebody's work. Raises SettingsError."""
    from importer.errors import SettingsError

    try:
        if target.is_file() and not force and target.read_bytes() not in {b"", source.read_bytes()}:
            raise SettingsError(
                f"{target} is there already and differs. Name another place with -o, or add --force."
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    except OSError as cause:
        raise SettingsError(f"{target} cannot be written: {cause.strerror or cause}.") from None


def _list(*, as_json: bool, of_migrations: bool) -> None:
    from importer.mapping.ready import ready_mappings, ready_migrations

    ready = ready_migrations() if of_migrations else ready_mappings()
    if as_json:
        click.echo(json.dumps([_entry(each) for each in ready], indent=2, ensure_ascii=False))
        return
    for each in ready:
        click.echo("\n".join(_lines(each, shutil.get_terminal_size().columns)))


def _entry(mapping: ReadyMapping) -> dict[str, Any]:
    return {
        "name": mapping.name,
        "title": mapping.title,
        "export": mapping.export,
        "columns": _columns(mapping),
    }


def _columns(mapping: ReadyMapping) -> list[str]:
    """Name the columns that it looks for; a migration looks for none itself."""
    from importer.mapping import load_mapping

    if mapping.migrates:
        return []

    return list(load_mapping(mapping.path).headers)


def _lines(mapping: ReadyMapping, width: int) -> Iterator[str]:
    yield mapping.name
    columns = [f"Columns: {', '.join(found)}"] if (found := _columns(mapping)) else []
    for text in (f"{mapping.title}: {mapping.export}", *columns):
        yield from textwrap.wrap(text, max(width, 40), initial_indent="  ", subsequent_indent="    ")
