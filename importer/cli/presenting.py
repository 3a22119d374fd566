"""A run with somebody beside it: progress, signals, the summary at the end, the exit code."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from importer.cli.signals import heard, say_when_heard
from importer.records import value_type
from importer.runtime.regex import regex

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from importer.cli.asking import Confirmation
    from importer.results.commands import NextCommands
    from importer.results.forecast import Forecast
    from importer.results.summary import Summary
    from importer.runs.context import RunContext
    from importer.runs.preparing.subprocess_pipe import SecondProcess
    from importer.runtime.progress import CheckBeat, CheckPhase
    from importer.runtime.stopping import StopSignal

Found = TypeVar("Found")
_URL: Final = regex(r"[A-Za-z][A-Za-z0-9+.-]+://.*", re.DOTALL)

Work = Callable[["RunContext"], Coroutine[Any, Any, "Summary"]]


@value_type(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a command speaks: what the shared flags say."""

    as_json: bool = False
    quiet: bool = False
    no_progress: bool = False
    verbose: bool = False
    log_format: str = "text"

    @classmethod
    def of(cls, given: dict[str, Any]) -> Manner:
        return cls(**{name: given[name] for name in cls.__slots__ if name in given})


def attend(
    work: Work,
    manner: Manner,
    *,
    go_on: NextCommands,
    may_ask: bool = False,
    approved_by: str | None = None,
    early_process: SecondProcess | None = None,
) -> None:
    """Do one run's work, show how it goes, tell how it ended, and leave with its exit code."""
    summary = watch(
        work,
        manner,
        go_on=go_on.resume(),
        may_ask=may_ask,
        approved_by=approved_by,
        early_process=early_process,
    )
    show_summary(summary, manner)
    sys.exit(summary.exit_code)


def watch(
    work: Callable[[RunContext], Coroutine[Any, Any, Found]],
    manner: Manner,
    *,
    go_on: str,
    may_ask: bool = False,
    approved_by: str | None = None,
    early_process: SecondProcess | None = None,
) -> Found:
    """Do work with somebody beside it, who sees how it goes and may stop it by a signal; ``go_on`` is the command for later."""
    import asyncio

    from importer.cli.asking import Confirmation
    from importer.results.terminal import open_progress
    from importer.runs.context import RunContext
    from importer.runtime.environment import user_at_host
    from importer.runtime.logs import configure_logging
    from importer.runtime.loop import loop_factory
    from importer.runtime.stopping import StopSignal
    from importer.state.journal import Operator

    configure_logging(verbose=manner.verbose, quiet=manner.quiet, log_format=manner.log_format)
    stop = StopSignal()
    confirmation = Confirmation(stop) if may_ask else None
    with open_progress(
        quiet=manner.quiet, no_progress=manner.no_progress, log_format=manner.log_format
    ) as progress:
        context = RunContext(
            progress=progress,
            stop=stop,
            second_process=True,
            explains_target=not (manner.quiet or manner.as_json),
            confirm=confirmation,
            operator=Operator(name=user_at_host(), command=_command(), approved_by=approved_by),
            early_process=early_process,
        )
        with (
            asyncio.Runner(loop_factory=loop_factory()) as runner,
            _heard(stop, runner.get_loop(), go_on, confirmation),
        ):
            return runner.run(work(context))


def _command() -> str:
    """Give the command that was typed, without what nobody may read in the history."""
    from importer.results.wording import command
    from importer.runtime.logs import redact
    from importer.sources import masked

    words: tuple[str, ...] = click.get_current_context().find_root().obj or ()
    shown = (_URL.sub(lambda found: masked(found[0]), word) for word in words)
    return redact(command(["importer", *shown]))


def show_summary(summary: Summary, manner: Manner) -> None:
    """Say how a run ended: a table for people on stderr, JSON for programs on stdout."""
    from importer.results.palette import palette_for
    from importer.results.summary_text import headline, render_summary
    from importer.results.terminal import log_summary
    from importer.results.wrapping import fitted

    if manner.log_format == "json":
        log_summary(summary)
    elif not manner.quiet:
        click.echo(fitted(render_summary(summary, palette_for(sys.stderr)), sys.stderr), err=True)
    elif summary.state == "stopped":  # an error, which even --quiet lets through
        click.echo(
            f"importer: {headline(summary)} Go on with: {summary.commands.resume(summary.run_id)}", err=True
        )
    if manner.as_json:
        click.echo(json.dumps(summary.to_json(), ensure_ascii=False))


def show_forecast(forecast: Forecast, manner: Manner, report: Path | None = None) -> None:
    """Say what a run would do, and leave with the exit code that it would have."""
    from importer.results.forecast_text import render_forecast
    from importer.results.palette import palette_for
    from importer.results.wrapping import fitted

    if not manner.quiet:
        text = render_forecast(forecast, report, palette_for(sys.stderr))
        click.echo(fitted(text, sys.stderr), err=True)
    if manner.as_json:
        click.echo(json.dumps(forecast.to_json(), ensure_ascii=False))
    sys.exit(forecast.exit_code)


_CHECK_SECONDS: Final = 2.0
_PROGRAM_SECONDS: Final = 0.5
"""A program that shows it draws no line for each."""


@contextmanager
def watched_check(
    manner: Manner, *, monotonic: Callable[[], float] = time.monotonic
) -> Iterator[tuple[StopSignal, CheckBeat]]:
    """Give what a check tells how far it is, and what ends it: a signal, so that it leaves neither copies nor half a file."""
    from importer.errors import InterruptedRunError
    from importer.runtime.stopping import StopSignal

    stop, said_at = StopSignal(), monotonic()

    def ask(name: str) -> None:
        if stop.reason is not None:
            raise KeyboardInterrupt
        stop.request(InterruptedRunError(f"The check was stopped by {name}; nothing was sent or written."))

    def beat(phase: CheckPhase, rows: int) -> None:
        nonlocal said_at
        now = monotonic()
        for_program = manner.log_format == "json"
        if not (manner.quiet or manner.no_progress) and now - said_at >= (
            _PROGRAM_SECONDS if for_program else _CHECK_SECONDS
        ):
            said_at = now
            line = json.dumps({"check": {"phase": phase, "rows": rows}})
            click.echo(line if for_program else f"{phase}: {rows:,} rows so far ...", err=True)

    with heard(ask):
        yield stop, beat


@contextmanager
def _heard(
    stop: StopSignal, loop: AbstractEventLoop, go_on: str, confirmation: Confirmation | None
) -> Iterator[None]:
    """Let SIGINT, SIGTERM and a closing Windows console ask for the end; a second one leaves at once.

    Leaving at once loses nothing: what was settled is in the journal already, and the run is resumed.
    """
    from importer.errors import InterruptedRunError

    def ask(name: str) -> None:
        if stop.reason is not None:
            say_when_heard(f"Left at once. Go on with: {go_on}")
            os._exit(3)
        if confirmation is not None and confirmation.unanswered:
            say_when_heard(f"\n{name} is taken for a no.")
        else:
            say_when_heard(f"{name}: letting the requests in the air land (once more to leave at once) ...")
        loop.call_soon_threadsafe(stop.request, InterruptedRunError(f"Stopped by {name}."))

    with heard(ask):
        yield
