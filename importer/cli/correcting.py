"""corrections from: what a person changed of the failed rows, as corrections of their source."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from importer.cli.options import examples, load_environment, state_folder, state_option

if TYPE_CHECKING:
    from importer.runs.returned_rows import FoundCorrections


@click.group("corrections", short_help="Make corrections of a source.")
def corrections_command() -> None:
    """Make corrections, which `importer run SOURCE --corrections FILE` lays over a source."""


@corrections_command.command(
    "from",
    epilog=examples(
        "importer corrections from import-results/20260314-0915*/failed.csv -o corrections.jsonl"
    ),
    short_help="Take a corrected file of failed rows as corrections.",
)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the corrections to this file (default: standard output).",
)
@click.option(
    "--accept-rewritten",
    is_flag=True,
    help="Take changes that a spreadsheet seems to have made by itself, too.",
)
@state_option
def from_command(*, file: Path, output: Path | None, accept_rewritten: bool, state: Path | None) -> None:
    """Compare FILE, a failed.xlsx or failed.csv that somebody corrected, with what its run read, and write what differs.

    They are corrections of the file that the run imported: laid over it, its rows keep their numbers. Nothing is sent.
    """
    from importer.results.wrapping import fitted
    from importer.runs.returned_rows import corrections_from
    from importer.runtime.environment import source_password
    from importer.settings import ReadingOptions

    load_environment()
    if output is not None:
        _refuse_strange(output)
    found = corrections_from(
        file,
        state_folder(state),
        reading=ReadingOptions(password=source_password()),
        accept_rewritten=accept_rewritten,
    )
    if output is None:
        for line in _lines(found):
            click.echo(line)
    else:
        _write(output, found)
    click.echo(fitted(_said(found, file, output), sys.stderr), err=True)


def _refuse_strange(output: Path) -> None:
    """Refuse to write over what is no file of corrections: the corrected file itself, say."""
    from importer.errors import SettingsError, SourceError
    from importer.sources.corrections import read_corrections_file

    if not output.is_file() or not output.stat().st_size:
        return
    try:
        read_corrections_file(output)
    except SourceError:
        raise SettingsError(
            f"{output} is there already, and no file of corrections. Name another file (-o)."
        ) from None


def _lines(found: FoundCorrections) -> Iterator[str]:
    from importer.reading.corrections import written_correction

    if found.source_sha256 is not None:
        yield json.dumps({"source_sha256": found.source_sha256})
    yield from map(written_correction, found.corrections)


def _write(output: Path, found: FoundCorrections) -> None:
    from importer.errors import SettingsError, StateError
    from importer.results.files import replacing_text

    try:
        with replacing_text(output) as file:
            file.writelines(f"{line}\n" for line in _lines(found))
    except StateError:
        raise SettingsError(
            f"The corrections {output} could not be written. Name a file (-o) in a folder where you may write."
        ) from None


def _said(found: FoundCorrections, file: Path, output: Path | None) -> str:
    from importer.results.wording import rows

    if not found.rows:
        return f"Nothing was changed of the rows of run {found.run.id}."
    name = "FILE" if output is None else str(output)
    # Those that the run had itself are in it, too, and their rows may have come through.
    meant = str(file) if found.laid_before else name
    return (
        f"{rows(found.rows)} of run {found.run.id} corrected. Send them: "
        f"{found.commands.run('--corrections', name, '--rows', meant)}"
    )
