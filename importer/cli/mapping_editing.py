"""mapping set: keys of a mapping changed where they stand, with everything a person wrote around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from importer.cli.options import examples
from importer.runtime.regex import regex

if TYPE_CHECKING:
    from importer.yaml.document import Plain, YamlPath

_CHANGE: Final = regex(r'((?:"[^"]*"|[^"=])+)=(.*)', re.DOTALL)


@click.group("mapping", short_help="Change a mapping file.")
def mapping_command() -> None:
    """Change a mapping file in place: every comment and the order of keys stay."""


@mapping_command.command(
    "set",
    epilog=examples(
        "importer mappings hubspot -o hubspot.yaml",
        "importer mapping set hubspot.yaml defaults.region=GB 'fields.phone.column=Mobile phone'",
        'importer mapping set hubspot.yaml "tags.always=[hubspot, May 2026]" --unset fields.gender',
    ),
    short_help="Set keys of a mapping.",
)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.argument("changes", metavar="[KEY=VALUE]...", nargs=-1)
@click.option(
    "--unset", metavar="KEY", multiple=True, help="Take a key out of the mapping; may be given several times."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the changed mapping there, and leave FILE as it is (- is standard output).",
)
def set_command(*, file: Path, changes: tuple[str, ...], unset: tuple[str, ...], output: Path | None) -> None:
    """Set each KEY to its VALUE in the mapping FILE, and change nothing else of it.

    KEY is the way to a value: fields.email.column, defaults.region, 'custom_fields."No. 1".column'. VALUE is a text as it
    stands, or, beginning with a bracket or a quote, a value as YAML has it: [A, B], {yes: x}. The mapping that comes of
    it is read first: with a fault in it, nothing is written.
    """
    from importer.mapping.editing import edited, path_of

    if not changes and not unset:
        raise click.UsageError(
            "Say what to set, as fields.email.column=E-mail, or what to take out, with --unset."
        )
    text = text_of(file)
    mapping = edited(
        text, name=str(file), set_to=list(read_changes(changes)), unset=[path_of(key) for key in unset]
    )
    if output == Path("-"):
        click.echo(mapping.text, nl=False)
    elif mapping.text == text and output is None:
        click.echo(f"{file} says that already; nothing was changed.", err=True)
    else:
        write_mapping(output or file, mapping.text, like=file)
        click.echo(f"Wrote {output or file}.", err=True)


def read_changes(written: tuple[str, ...]) -> Iterator[tuple[YamlPath, Plain]]:
    from importer.mapping.editing import path_of, value_of

    for change in written:
        found = _CHANGE.fullmatch(change)
        if found is None:
            raise click.UsageError(f"{change!r} sets nothing. Write KEY=VALUE, or --unset {change}.")
        yield path_of(found[1]), value_of(found[2])


def text_of(file: Path) -> str:
    """Read a mapping file as it is written, line ends included. Raises MappingError, SettingsError."""
    from importer.errors import MappingError, SettingsError
    from importer.mapping.ready import nearest_ready, ready_path

    if not file.exists() and ready_path(str(file)) is not None:
        raise SettingsError(
            f"{file} is a ready mapping, which stays as it is. Make one of your own of it first: importer mappings {file} -o {file}.yaml"
        )
    try:
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise MappingError(f"The mapping {file} is not UTF-8 text; save it as UTF-8.") from None
    except OSError as cause:
        hint = nearest_ready(file) if isinstance(cause, FileNotFoundError) else ""
        raise MappingError(f"The mapping {file} cannot be read: {cause.strerror}.{hint}") from None


def write_mapping(place: Path, text: str, *, like: Path) -> None:
    """Put a mapping's text in place of what is there, whole or not at all."""
    import shutil

    from importer.results.files import replacing

    with replacing(place.resolve()) as draft:
        draft.write_bytes(text.encode())
        shutil.copymode(like, draft)
