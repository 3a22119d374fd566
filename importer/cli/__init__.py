"""Words to one call to exit code. Each command lives in a module that is imported only when it is named."""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Final

import click

from importer.cli.streams import sentence_of, steady_streams
from importer.errors import ImporterError, SourceError
from importer.runtime.certificates import read_certificates_at_need
from importer.runtime.garbage import seldom_collecting
from importer.version import __version__

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    # name: (module, one line for the list of commands, so that --help imports none of them)
    "run": ("importer.cli.imports", "Import one or more files."),
    "ui": ("importer.cli.screen", "Open the screen: import in a browser."),
    "check": ("importer.cli.imports", "Read, map and validate every row; send nothing."),
    "preview": ("importer.cli.imports", "Show what each row would send, as JSON lines."),
    "read": ("importer.cli.reading", "Show the rows as the reader sees them."),
    "plan": ("importer.cli.planning", "Show what a run would do to each contact, field by field."),
    "apply": ("importer.cli.planning", "Send exactly what a plan says."),
    "approve": ("importer.cli.approving", "Agree to a plan that waits for somebody."),
    "diff": ("importer.cli.diffing", "Hold two locations, or a location and a file, against each other."),
    "export": ("importer.cli.mirroring", "Write a location's contacts to a file: a backup."),
    "mirror": ("importer.cli.mirroring", "Read all contacts of a location into a private file."),
    "suggest": ("importer.cli.suggestion", "Write a mapping from a file's headers and values."),
    "mappings": ("importer.cli.shipped", "List the ready mappings, or print one."),
    "mapping": ("importer.cli.mapping_editing", "Change keys of a mapping, and nothing around them."),
    "fields": (
        "importer.cli.fields",
        "List a location's custom fields, and make those that a mapping names.",
    ),
    "test": ("importer.cli.testing", "Hold a mapping against the examples that it carries."),
    "learn": ("importer.cli.learning", "Propose rules from failed rows that came back corrected."),
    "migrate": (
        "importer.cli.migrating",
        "Take over a folder of exports: companies, contacts, deals, notes.",
    ),
    "resume": ("importer.cli.history", "Go on with a stopped run."),
    "retry": ("importer.cli.history", "Send the failed rows again that are worth another try."),
    "undo": ("importer.cli.undoing", "Take a run back."),
    "pause": ("importer.cli.remote", "Pause a run that is under way."),
    "stop": ("importer.cli.remote", "Stop a run that is under way."),
    "runs": ("importer.cli.history", "List past runs."),
    "show": ("importer.cli.history", "Show one run."),
    "results": ("importer.cli.history", "Write a run's files again from its journal."),
    "corrections": ("importer.cli.correcting", "Take a corrected file of failed rows as corrections."),
    "explain": ("importer.cli.explaining", "Say what a code means, and what to do about it."),
    "forget": ("importer.cli.history", "Delete a run's data."),
    "connect": ("importer.cli.connecting", "Store the token of a sub-account, and check it."),
    "login": ("importer.cli.account", "Connect by OAuth and store the grant safely."),
    "agency": ("importer.cli.agency", "List the sub-accounts of the agency that was connected."),
    "doctor": ("importer.cli.account", "Check this machine, token, scopes, location, quota and clock."),
    "watch": ("importer.cli.service", "Import what arrives in a folder."),
    "serve": ("importer.cli.service", "Run jobs on their schedules."),
    "schedule": ("importer.cli.service", "Print a systemd, cron, Kubernetes or Windows entry for a job."),
    "submit": ("importer.cli.machines", "Queue a run for the workers of many machines."),
    "worker": ("importer.cli.machines", "Work on queued runs, on as many machines as you like."),
    "part": ("importer.cli.machines", "Do one location's part of a run, for an engine of your own."),
    "mcp": ("importer.cli.assistant", "Let an assistant read, check and plan (Model Context Protocol)."),
    "schema": ("importer.cli.imports", "Print the mapping's JSON Schema."),
    "sample": ("importer.cli.shipped", "Lay sample files into a folder, to try the importer."),
    "sandbox": ("importer.cli.sandbox", "Start a local HighLevel stand-in on loopback."),
}

WORKING: Final = frozenset(
    {
        "run",
        "resume",
        "retry",
        "results",
        "forget",
        "login",
        "connect",
        "mirror",
        "plan",
        "apply",
        "approve",
        "undo",
        "migrate",
        "fields",
        "watch",
        "serve",
        "submit",
        "worker",
        "part",
        "mcp",
        "sandbox",
    }
)
"""They do something beside showing it; their exit code tells of that, whatever became of their output."""

SENDING: Final = WORKING - {
    *("results", "forget", "login", "connect", "mirror", "approve", "submit", "mcp", "sandbox")
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are used, not when they are listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        command = getattr(importlib.import_module(module), f"{cmd_name}_command")
        assert isinstance(command, click.Command)  # noqa: S101  (a wiring mistake of ours, not of a user)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0].casefold(), COMMANDS, n=1)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"There is no command {args[0]!r}.{meant}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="""\b
Try it, without an account:
  importer sample
  importer run importer-sample/contacts.csv -m sample --sandbox""",
)
@click.version_option(__version__, prog_name="importer")
def cli() -> None:
    """Import contacts from CSV and Excel files into HighLevel."""


def main(words: Sequence[str] | None = None) -> None:
    """Run the command line (``words`` default to the process's own): an ImporterError becomes one sentence on stderr and its exit code, never a traceback."""
    atexit.register(gc.freeze)  # the collector need not look at all there is once more when the process ends
    if words is None:  # else it is somebody else's process
        read_certificates_at_need()
        words = sys.argv[1:]
    with seldom_collecting(), steady_streams() as out:
        code = _carry_out(words)
        out.flush()
        if sentence := sentence_of(out.lost):
            click.echo(sentence, err=True)
            # Of what only shows something, nothing was done.
            code = code if words[:1] and words[0] in WORKING else code or 2
    sys.exit(code)


def _carry_out(words: Sequence[str]) -> int:
    try:
        _refuse_empty(words)
        return int(cli.main(list(words), standalone_mode=False, obj=tuple(words)) or 0)
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    except (Exception, KeyboardInterrupt) as end:  # noqa: BLE001  (no traceback ever reaches a user)
        return _explain(end, words)


def _refuse_empty(words: Sequence[str]) -> None:
    """Refuse a word that is empty: as a path it would mean the working folder, as a location somebody else's."""
    for place, word in enumerate(words, 1):
        flag = word.startswith("--") and word.endswith("=") and word.count("=") == 1
        if word and not flag:
            continue
        where = word[:-1] if flag else " ".join(["importer", *words[: place - 1]][-2:])
        raise click.UsageError(
            f"An empty word stands behind `{where}`. Is a variable that the shell puts there not set?"
        )


def _explain(end: BaseException, words: Sequence[str]) -> int:
    """Say why the command line ends, and give its exit code."""
    match end:
        case click.exceptions.Exit():
            return end.exit_code
        case click.ClickException():
            end.show()
            if isinstance(end, click.MissingParameter) and (hint := _hint(end.param)):
                click.echo(hint, err=True)
            return 2
        case click.Abort() | KeyboardInterrupt():
            click.echo("Stopped.", err=True)
            return 3
        case ImporterError():
            from importer.results.wording import on_one_line
            from importer.results.wrapping import fitted

            click.echo(fitted(f"importer: {end}", sys.stderr), err=True)
            if isinstance(end, SourceError) and sys.stderr.isatty():  # a log file is nobody's eyes
                for line in end.cells:
                    click.echo(f"  {on_one_line(line)}", err=True)
            return end.exit_code
        case _:
            click.echo(_confess(end, sending=bool(words) and words[0] in SENDING), err=True)
            return 3


def _hint(missing: click.Parameter | None) -> str:
    """Say where to find what was not given; empty where its name says it all."""
    match missing:
        case click.Argument(metavar="RUN"):
            return "`importer runs` lists the runs."
        case click.Option(name="mapping"):
            return "`importer suggest FILE -o mapping.yaml` writes a mapping; `importer mappings` lists the ready ones."
        case _:
            return ""


def _confess(mistake: BaseException, *, sending: bool) -> str:
    """Keep the traceback of a mistake of ours in a private file and say so in one sentence."""
    import tempfile
    import traceback

    handle, path = tempfile.mkstemp(prefix="importer-mistake-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write("".join(traceback.format_exception(mistake, chain=True, limit=50)))
    kept = (
        " What was settled is safe in the journal: go on with `importer resume`."
        if sending
        else " Nothing was sent."
    )
    return f"importer: a mistake of this program, {type(mistake).__name__}, ended it.{kept} Please report it with the file {path}."
