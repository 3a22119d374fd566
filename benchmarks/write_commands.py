"""Write docs/commands.md and the man page again, every command and option as the command line has them; tests say when that is due."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from importer.cli import COMMANDS, cli

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"
INTRODUCTION = """\
# Commands

People read stderr (progress, messages); programs read stdout (`--json`, `preview`, `read`). [Exit codes](../README.md#what-comes-out) are the
same for all commands. `importer --version` says which version this is, `importer COMMAND --help` what stands here, and so does the man page that
comes along: `man importer` where pipx installed it, else `man .venv/share/man/man1/importer.1`.

<!-- written by `python benchmarks/write_commands.py` -->
"""


def page() -> str:
    return "\n".join([INTRODUCTION, *contents(), *(line for name in COMMANDS for line in section(name))])


def contents() -> Iterator[str]:
    yield "| command | does |"
    yield "|---|---|"
    for name, (_, says) in COMMANDS.items():
        command = cli.get_command(click.Context(cli), name)
        for part in sorted(command.commands) if isinstance(command, click.Group) else [""]:
            whole = f"importer {name} {part}".strip()
            yield f"| [`{whole}`](#{whole.replace(' ', '-')}) | {says} |"
    yield ""


def section(name: str) -> Iterator[str]:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    if not isinstance(command, click.Group):
        yield from page_of(command, name)
        return
    for part, inner in sorted(command.commands.items()):
        yield from page_of(inner, f"{name} {part}")


def page_of(command: click.Command, name: str) -> Iterator[str]:
    context = click.Context(command, info_name=f"importer {name}")
    yield f"## importer {name}\n"
    yield f"`{usage(command, context)}`\n"
    yield from (f"{cell(paragraph)}\n" for paragraph in (command.help or "").split("\n\n"))
    yield "| option | |"
    yield "|---|---|"
    for parameter in command.get_params(context):
        if isinstance(parameter, click.Option) and "--help" not in parameter.opts:
            yield option_row(parameter, context)
    yield ""


def usage(command: click.Command, context: click.Context) -> str:
    return " ".join([context.info_name or "", *command.collect_usage_pieces(context)])


def option_row(option: click.Option, context: click.Context) -> str:
    names, says = option.get_help_record(context) or ("", "")
    return f"| `{cell(names)}` | {cell(says)} |"


def cell(text: str) -> str:
    """Put a text on one line, with nothing in it that would end a cell of a table."""
    return re.sub(r"\s+", " ", text).strip().replace("|", "\\|")


def main() -> None:
    import man_page

    PAGE.write_text(page(), encoding="utf-8")
    man_page.PAGE.write_text(man_page.page(), encoding="utf-8")


if __name__ == "__main__":
    main()
