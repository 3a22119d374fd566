"""Questions that are asked on a terminal: before a run, and while it waits for the answer."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

import click

from importer.errors import SettingsError
from importer.runtime.environment import variables

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from importer.errors import StopError
    from importer.reading.rival_readings import RivalReadings
    from importer.runtime.stopping import StopSignal
    from importer.settings import RunSettings

YES_VARIABLE: Final = "IMPORTER_YES"
_NO_WORDS: Final = frozenset({"", "0", "no", "false", "off"})
_YES_WORDS: Final = frozenset({"y", "yes"})


def someone_answers(given: dict[str, Any]) -> bool:
    """Tell whether a command may ask: somebody sits there, and did not say that no question is wanted."""
    said = bool(given.get("yes")) or variables().get(YES_VARIABLE, "").strip().casefold() not in _NO_WORDS
    silent = said or given.get("quiet") or given.get("as_json") or given.get("sandbox")
    return not silent and sys.stdin.isatty() and sys.stderr.isatty()


def must_ask(given: dict[str, Any], refusal: str) -> bool:
    """Tell whether a command that is not taken back lightly asks first; a dry run and ``--yes`` on the very command do not.

    Raises UsageError, saying ``refusal``, where nobody can answer.
    """
    if given["dry_run"] or given["yes"]:
        return False
    attended = sys.stdin.isatty() and sys.stderr.isatty()
    if attended and not given["quiet"] and not given["as_json"]:
        return True
    raise click.UsageError(refusal)


class Confirmation:
    """Asks a person; everything but a yes is a no, and so is the wish to stop."""

    def __init__(self, stop: StopSignal) -> None:
        self._stop = stop
        self.unanswered = False
        """Whether it waits for an answer: until there is one, nothing is sent."""

    async def __call__(self, question: str) -> bool:
        self.unanswered = True
        click.echo(f"{question} [y/N] ", err=True, nl=False)
        sys.stderr.flush()
        import asyncio  # not above: a check asks of the encoding, and has no loop

        loop = asyncio.get_running_loop()
        answer: asyncio.Future[str] = loop.create_future()

        def give(text: str) -> None:
            if not answer.done():
                answer.set_result(text)

        def give_up(_reason: StopError) -> None:
            give("")

        # A thread of its own that nobody waits for: after Ctrl-C it still reads, and must not hold up the end.
        Thread(target=_read, args=(loop, give), daemon=True).start()
        self._stop.listen(give_up)
        agreed = (await answer).strip().casefold() in _YES_WORDS
        self.unanswered = not agreed
        return agreed


def with_asked_encoding(settings: RunSettings, given: dict[str, Any]) -> RunSettings:
    """Let a person choose where the file's encoding is a guess: a wrong one costs names, and nothing would fail."""
    if settings.reading.encoding is not None or not someone_answers(given):
        return settings
    from importer.runs.guessed_encoding import undecided_encoding

    cell = undecided_encoding(settings)
    if cell is None:
        return settings
    encoding = _choose_encoding(cell)
    return replace(settings, reading=replace(settings.reading, encoding=encoding))


def _choose_encoding(cell: RivalReadings) -> str:
    click.echo(
        f"The encoding of {cell.name} is a guess. Which of these is what stands in row {cell.row}, column {cell.column!r}?",
        err=True,
    )
    for number, (codec, text) in enumerate(cell.texts, 1):
        click.echo(f"  {number}  {text}  ({codec})", err=True)
    click.echo("None of them: Ctrl-C, and name the encoding with --encoding.", err=True)
    numbers = click.IntRange(1, len(cell.texts))
    try:
        chosen: int = click.prompt("Number", default=1, type=numbers, err=True)
    except click.Abort:  # Ctrl-C and the end of input
        raise SettingsError("Nothing was sent. Name the encoding with --encoding.") from None
    return cell.texts[chosen - 1][0]


def _read(loop: AbstractEventLoop, give: Any) -> None:
    try:
        # Not sys.stdin: its lock, held by a thread that still reads, would crash the interpreter's end.
        text = os.read(sys.stdin.fileno(), 4096).decode(errors="replace")
    except OSError:
        text = ""
    if not text.endswith("\n"):
        click.echo(err=True)  # the end of input leaves the cursor behind the question
    if not loop.is_closed():
        loop.call_soon_threadsafe(give, text)
