"""suggest: a mapping from a file's headers and values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from importer.cli.options import load_environment, read_reading_options, reading_options


@click.command(
    "suggest",
    epilog="Example: importer suggest sample_data/newsletter.csv -o newsletter.yaml",
    short_help="Write a mapping from a file's headers and values.",
)
@click.argument("source", metavar="SOURCE")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write the mapping to (default: standard output).",
)
@click.option("--force", is_flag=True, help="Write over a mapping that is there already.")
@reading_options
def suggest_command(source: str, output: Path | None, *, force: bool, **given: Any) -> None:
    """Write a mapping for SOURCE from its headers and a sample of its values, each guess with its reason.

    Nothing is sent. Read the mapping before you import with it: every line of it is a guess.
    """
    from importer.mapping.suggest import suggest
    from importer.reading import open_source

    load_environment()
    if output is not None and not force:
        _refuse_overwriting(output)
    options = read_reading_options(**given)
    text = suggest(open_source(source, options=options), options=options).to_yaml()
    _write(text, output)


def _refuse_overwriting(output: Path) -> None:
    from importer.errors import SettingsError

    if output.is_file() and output.stat().st_size:
        raise SettingsError(
            f"{output} is there already and may hold your own changes. Name another file, or add --force."
        )


def _write(text: str, output: Path | None) -> None:
    from importer.errors import SettingsError

    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8", newline="\n")
    except OSError as cause:
        raise SettingsError(f"{output} cannot be written: {cause.strerror or cause}.") from None
    click.echo(f"Wrote {output}. Read it, then try: importer check SOURCE -m {output}", err=True)
