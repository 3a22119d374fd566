"""The man page importer(1): what `--help` says of every command, with the tables of README and docs that belong to it.

`python benchmarks/write_commands.py` writes it to docs/importer.1; the wheel ships it under share/man.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from importer.cli import COMMANDS, cli
from importer.version import __version__

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "importer.1"
ADDRESS = "https://github.com/highlevel-importer/highlevel-importer"


def page() -> str:
    return "\n".join([*head(), *(line for name in COMMANDS for line in section(name)), *foot(), ""])


def head() -> Iterator[str]:
    yield '.\\" written by `python benchmarks/write_commands.py`'
    yield f'.TH IMPORTER 1 "{released()}" "highlevel-importer {__version__}" "User Commands"'
    yield ".SH NAME"
    yield f"importer \\- {plain((cli.help or '').rstrip('.')[:1].lower() + (cli.help or '').rstrip('.')[1:])}"
    yield ".SH SYNOPSIS"
    yield f"{bold('importer')} \\fICOMMAND\\fR [\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]"
    yield ".SH DESCRIPTION"
    yield from (entry(name, says) for name, (_, says) in COMMANDS.items())
    yield ".SH EXAMPLES"
    yield from verbatim(cli.epilog or "")
    yield ".SH COMMANDS"


def foot() -> Iterator[str]:
    yield ".SH EXIT STATUS"
    yield from definitions(table("README.md", "exit code"))
    yield ".SH ENVIRONMENT"
    yield "A file .env in the working folder is read as well; what is set already wins."
    yield from definitions(table("docs/operations.md", "variable"))
    yield ".SH SEE ALSO"
    yield f".UR {ADDRESS}\nREADME and documentation\n.UE"


def released() -> str:
    """Give the day of this version, as the changelog has it."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(rf"^## \[{re.escape(__version__)}\] - (\S+)$", changelog, re.MULTILINE)
    return found[1] if found else ""


def section(name: str) -> Iterator[str]:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    parts = command.commands if isinstance(command, click.Group) else {"": command}
    for part, inner in sorted(parts.items()):
        yield from command_section(inner, f"importer {name} {part}".strip())


def command_section(command: click.Command, name: str) -> Iterator[str]:
    context = click.Context(command, info_name=name)
    yield f".SS {plain(name)}"
    yield bold(" ".join([name, *command.collect_usage_pieces(context)]))
    for paragraph in (command.help or "").split("\n\n"):
        yield ".PP"
        yield plain(paragraph)
    for parameter in command.get_params(context):
        if isinstance(parameter, click.Option) and "--help" not in parameter.opts:
            names, says = parameter.get_help_record(context) or ("", "")
            yield entry(names, says)
    if command.epilog:
        yield ".PP"
        yield from verbatim(command.epilog)


def verbatim(text: str) -> Iterator[str]:
    yield ".nf"
    yield from (spaced(line) for line in text.replace("\b\n", "").splitlines())
    yield ".fi"


def table(place: str, first: str) -> Iterator[tuple[str, str]]:
    """Read the rows of a page's table of two columns, the head of whose first is given."""
    text = (ROOT / place).read_text(encoding="utf-8").partition(f"\n| {first} | |\n")[2]
    for line in text.splitlines()[1:]:
        if not line.startswith("|"):
            return
        term, says = (cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:3])
        yield unmarked(term), unmarked(says)


def unmarked(cell: str) -> str:
    return re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", cell).replace("`", "").replace("\\|", "|")


def definitions(rows: Iterator[tuple[str, str]]) -> Iterator[str]:
    yield from (entry(term, says) for term, says in rows)


def entry(term: str, says: str) -> str:
    return f".TP\n{bold(term)}\n{plain(says)}"


def bold(text: str) -> str:
    return f"\\fB{plain(text)}\\fR"


def plain(text: str) -> str:
    """Put a text on one line, with nothing in it that troff would obey."""
    return spaced(re.sub(r"\s+", " ", text).strip())


def spaced(line: str) -> str:
    quoted = line.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return f"\\&{quoted}" if quoted[:1] in {".", "'"} else quoted


if __name__ == "__main__":
    print(page(), end="")
