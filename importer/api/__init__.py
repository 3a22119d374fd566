"""The package as a library: read a file, load a mapping, check, plan and run an import, go on with one, take one back.

What sends has two forms: ``run`` for code without an event loop, ``run_async`` for code within one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextvars import Context
from pathlib import Path
from typing import TYPE_CHECKING, Final, Unpack

from importer import mapping as mappings
from importer.api import arguments as told
from importer.api.arguments import Sources, loaded, run_settings
from importer.api.attending import attended, blocking
from importer.api.options import (
    CheckOptions,
    Given,
    LookOptions,
    ReadOptions,
    Reference,
    ResumeOptions,
    RetryOptions,
    RunOptions,
    checked,
    options_of,
)
from importer.api.planning import apply, apply_async, mirror_location, mirror_location_async, plan, plan_async
from importer.api.trying import change_mapping, open_bench
from importer.api.undoing import undo, undo_async
from importer.api.wording import errors_in_parameters
from importer.mapping import Mapping
from importer.reading import Source, open_source
from importer.records import Json
from importer.runtime.environment import context_with

if TYPE_CHECKING:
    from importer.results.forecast import Forecast
    from importer.results.summary import Summary
    from importer.runs.history import RunHistory
    from importer.state.findings import Findings
    from importer.suggestion.suggesting import Suggestion

__all__ = [
    "apply",
    "apply_async",
    "change_mapping",
    "check",
    "load_mapping",
    "mirror_location",
    "mirror_location_async",
    "open_bench",
    "open_findings",
    "open_history",
    "plan",
    "plan_async",
    "preview",
    "read",
    "resume",
    "resume_async",
    "retry",
    "retry_async",
    "run",
    "run_async",
    "suggest",
    "undo",
    "undo_async",
]


@options_of(ReadOptions)
@errors_in_parameters()
def read(source: Reference, **options: Unpack[ReadOptions]) -> Source:
    """Open a spreadsheet: ``.header``, ``.detected``, and rows by iteration. Raises SourceError."""
    return open_source(source, options=told.reading(checked("read", options, ReadOptions)))


load_mapping: Final = errors_in_parameters()(mappings.load_mapping)


@options_of(ReadOptions)
@errors_in_parameters()
def suggest(source: Reference, **options: Unpack[ReadOptions]) -> Suggestion:
    """Guess a mapping from a file's headers and values; ``.to_yaml()`` writes it, each guess with its reason.

    Raises SourceError.
    """
    from importer.sources import at_hand
    from importer.suggestion.suggesting import suggest_file

    given = checked("suggest", options, ReadOptions)
    with at_hand(os.fspath(source)) as path:
        return suggest_file(path, options=told.reading(given))


@options_of(CheckOptions)
@errors_in_parameters()
def check(source: Sources, mapping: Mapping | Reference, **options: Unpack[CheckOptions]) -> Forecast:
    """Read, map and validate every row and forecast the run; nothing is sent. Raises SetupError."""
    from importer.runs import forecast
    from importer.runs.located import located

    given = checked("check", options, CheckOptions)
    findings: Reference | None = given.get("findings")
    call = context_with(given.get("env_file"))
    settings = call.run(run_settings, source, mapping, given)

    def look() -> Forecast:
        with located(settings, mapping=loaded(mapping)) as readable:
            return forecast.check(
                readable,
                mapping=loaded(mapping),
                extent=forecast.CheckExtent(findings=None if findings is None else Path(findings)),
            )

    return call.run(look)


@errors_in_parameters()
def open_history(state: Reference | None = None) -> RunHistory:
    """Look at the runs of a state folder (default: IMPORTER_STATE, else the platform's): past ones and those under way.

    Iterate over it for the newest first, or ask it for one: ``.find(run_id)``. Nothing is changed.
    """
    from importer.runs.history import RunHistory

    return RunHistory(told.state({} if state is None else {"state": state}))


@errors_in_parameters()
def open_findings(path: Reference) -> Findings:
    """Open what a check kept in its file of findings: causes with their counts, and their rows a page at a time.

    Close it, or use it as a context. Raises SettingsError.
    """
    from importer.state.findings import Findings

    return Findings.open(Path(path))


@options_of(LookOptions)
@errors_in_parameters()
def preview(
    source: Sources, mapping: Mapping | Reference, *, rows: int = 10, **options: Unpack[LookOptions]
) -> Iterator[dict[str, Json]]:
    """Give the first ``rows`` rows (0: all of them) as ``importer preview`` writes them; nothing is sent.

    Raises SetupError, at the latest when the first row is asked for.
    """
    from importer.runs.located import located
    from importer.runs.preview import preview as previewed

    given = checked("preview", options, LookOptions)
    call = context_with(given.get("env_file"))
    settings = call.run(run_settings, source, mapping, given)

    def lines() -> Iterator[dict[str, Json]]:
        with located(settings, mapping=loaded(mapping)) as readable:
            yield from previewed(readable, rows=rows, mapping=loaded(mapping))

    return _stepped(call, lines())


@options_of(RunOptions)
async def run_async(source: Sources, mapping: Mapping | Reference, **options: Unpack[RunOptions]) -> Summary:
    """Import one or more sources (paths, folders, patterns, URLs) and return the summary.

    ``mapping`` is a loaded one, a file, or the name of a ready one. The same call goes on where a stopped run ended.
    A run that stops before its end returns with ``state="stopped"`` and its reason; an ImporterError is raised only
    when nothing was sent.

    When the task is cancelled, the requests in the air land, the run is left stopped and its results are written,
    then the cancellation goes its way; cancelled once more, it ends at once. It can be resumed after either.
    """
    from importer import pipeline

    given = checked("run_async", options, RunOptions)
    call = context_with(given.get("env_file"))
    settings = call.run(run_settings, source, mapping, given)
    return await attended(
        lambda context: pipeline.run(settings, mapping=loaded(mapping), context=context), given, call
    )


@options_of(RunOptions)
def run(source: Sources, mapping: Mapping | Reference, **options: Unpack[RunOptions]) -> Summary:
    """Import as ``run_async`` does, from code without an event loop. Raises SettingsError inside a running one."""
    return blocking("run", lambda: run_async(source, mapping, **options), options, RunOptions)


@options_of(ResumeOptions)
async def resume_async(run_id: str | None = None, **options: Unpack[ResumeOptions]) -> Summary:
    """Go on with a stopped run: the newest, or the one whose id begins with ``run_id``.

    A finished run is left as it is. What is not given stays as the run began; a cancelled task ends as that of
    ``run_async`` does. Raises SetupError.
    """
    from importer import pipeline

    given = checked("resume_async", options, ResumeOptions)
    call = context_with(given.get("env_file"))
    words = call.run(_going_on, given)
    from_copies: bool = given.get("from_copies", False)
    return await attended(
        lambda context: pipeline.resume(run_id, from_copies=from_copies, context=context, **words),
        given,
        call,
    )


@options_of(ResumeOptions)
def resume(run_id: str | None = None, **options: Unpack[ResumeOptions]) -> Summary:
    """Go on as ``resume_async`` does, from code without an event loop. Raises SettingsError inside a running one."""
    return blocking("resume", lambda: resume_async(run_id, **options), options, ResumeOptions)


@options_of(RetryOptions)
async def retry_async(run_id: str | None = None, **options: Unpack[RetryOptions]) -> Summary:
    """Send the failed rows of a run again that are worth another try, and what a stopped run did not reach.

    It is the newest run, or the one whose id begins with ``run_id``. What is not given stays as the run began.
    Raises SetupError.
    """
    from importer import pipeline

    given = checked("retry_async", options, RetryOptions)
    call = context_with(given.get("env_file"))
    words = call.run(_going_on, given)
    return await attended(lambda context: pipeline.retry(run_id, context=context, **words), given, call)


@options_of(RetryOptions)
def retry(run_id: str | None = None, **options: Unpack[RetryOptions]) -> Summary:
    """Send again as ``retry_async`` does, from code without an event loop. Raises SettingsError inside a running one."""
    return blocking("retry", lambda: retry_async(run_id, **options), options, RetryOptions)


def _stepped(call: Context, lines: Iterator[dict[str, Json]]) -> Iterator[dict[str, Json]]:
    # A generator runs in the context of whoever asks for its next item; this one needs that of its own call.
    end: Final[dict[str, Json]] = {}
    with errors_in_parameters():
        while (line := call.run(next, lines, end)) is not end:
            yield line


def _going_on(given: Given) -> Given:
    """Name the arguments of ``pipeline.resume`` and ``pipeline.retry``."""
    return {**told.of_a_begun_run(given), "changes": told.session(given)}
