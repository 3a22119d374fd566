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
_DOCUMENTED_SAMPLES: Final = Path("sample_data")
_DOCUMENTED_MAPPINGS: Final = Path("mappings")
_SCHEMA_TITLE: Final = b'"title": "highlevel-importer mapping"'
"""By which a schema of an earlier version is known, to be renewed."""
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
        beside = "" if of_migrations else lay_schema(output)
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
    help=f"Folder that receives them (default: {SAMPLE_FOLDER}; with --as-documented, the working folder).",
)
@click.option(
    "--as-documented",
    is_flag=True,
    help="Lay them, and all ready mappings, into sample_data/ and mappings/, as README and docs name them: what these pages "
    "show can then be typed as it stands.",
)
@force_option
def sample_command(*, output: Path | None, as_documented: bool, force: bool) -> None:
    """Lay three sample files with their mappings, a job file and a folder to migrate into a folder, and say what to type next.

    Every person in them is invented. With --sandbox nothing leaves the machine, and no account is needed.
    """
    from importer.results.wording import command

    output = output or (Path() if as_documented else SAMPLE_FOLDER)
    samples, mappings = (_DOCUMENTED_SAMPLES, _DOCUMENTED_MAPPINGS) if as_documented else (Path(), Path())
    for name, source in _sample_files():
        _lay(output / samples / name, source, force=force)
    for name, source in _ready_files(everything=as_documented):
        _lay(output / mappings / name, source, force=force)
    file, mapping = output / samples / "contacts.csv", output / mappings / "sample.yaml"
    click.echo(f"Sample files are in {file.parent}. Next, without an account:", err=True)
    click.echo(f"  {command(['importer', 'run', str(file), '-m', str(mapping), '--sandbox'])}", err=True)


def _sample_files() -> Iterator[tuple[str, Path]]:
    from importer.runtime.installation import shipped_folder

    samples = shipped_folder("sample_data")
    yield from ((name, samples / name) for name in _SAMPLES)


def _ready_files(*, everything: bool) -> Iterator[tuple[str, Path]]:
    """Name mappings that lie beside the samples, those of the samples alone or all of them, and the schema that they name."""
    from importer.mapping.ready import SCHEMA_NAME, mappings_folder

    folder = mappings_folder()
    found = sorted(folder.rglob("*.yaml") if everything else folder.glob("sample*.yaml"))
    yield from ((str(path.relative_to(folder)), path) for path in found)
    yield SCHEMA_NAME, folder / SCHEMA_NAME


def lay_schema(mapping: Path) -> str:
    """Lay the schema beside a mapping whose first line names it to editors, and say so; another file of that name is left alone."""
    from importer.errors import SettingsError
    from importer.mapping.ready import SCHEMA_NAME, mappings_folder

    if not mapping.is_file():  # what was written went to a pipe or a device
        return ""
    target = mapping.with_name(SCHEMA_NAME)
    try:
        if target.exists() and _SCHEMA_TITLE not in target.read_bytes():
            return ""
        _lay(target, mappings_folder() / SCHEMA_NAME, force=True)
    except (OSError, SettingsError):  # the mapping is what was asked for, and it is there
        return f" Editors look for {SCHEMA_NAME} beside it: `importer schema` prints it."
    return f" {SCHEMA_NAME} beside it is for editors."


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
