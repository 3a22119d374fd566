"""The package as a library: read a file, load a mapping, check and run an import, go on with one.

What sends has two forms: ``run`` for code without an event loop, ``run_async`` for code within one.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator
from collections.abc import Mapping as MappingOf
from contextlib import AbstractContextManager, contextmanager
from contextvars import Context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias, Unpack

from importer import mapping as mappings
from importer.api import options as told
from importer.api.options import (
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
from importer.api.wording import errors_in_parameters
from importer.errors import ImporterError, InterruptedRunError, SettingsError
from importer.mapping import Mapping
from importer.reading import Source, open_source
from importer.records import Json
from importer.runtime.environment import context_with, user_at_host
from importer.runtime.progress import CallbackProgress, SilentProgress
from importer.settings import RunSettings

if TYPE_CHECKING:
    from importer.bench.asking import Bench
    from importer.results.forecast import Forecast
    from importer.results.summary import Summary
    from importer.runs.context import RunContext
    from importer.suggestion.suggesting import Suggestion
    from importer.yaml.document import Plain

__all__ = [
    "change_mapping",
    "check",
    "load_mapping",
    "open_bench",
    "preview",
    "read",
    "resume",
    "resume_async",
    "retry",
    "retry_async",
    "run",
    "run_async",
    "suggest",
]

Sources: TypeAlias = Reference | Iterable[Reference]
Work: TypeAlias = "Callable[[RunContext], Coroutine[Any, Any, Summary]]"


@options_of(ReadOptions)
@errors_in_parameters()
def read(source: Reference, **options: Unpack[ReadOptions]) -> Source:
    """Open a spreadsheet: ``.header``, ``.detected``, and rows by iteration. Raises SourceError."""
    return open_source(source, options=told.reading(checked("read", options, ReadOptions)))


load_mapping: Final = errors_in_parameters()(mappings.load_mapping)


@errors_in_parameters()
def change_mapping(
    mapping: Mapping | Reference, changes: MappingOf[str, Plain], *, unset: Iterable[str] = ()
) -> Mapping:
    """Set keys of a mapping (``{"fields.phone.region": "GB"}``) and take keys out; ``.text`` is its YAML, comments kept.

    Nothing is written, and the mapping given stays as it is. Raises MappingError.
    """
    from importer.mapping.editing import edited, path_of

    before = mapping if isinstance(mapping, Mapping) else mappings.load_mapping(mapping)
    set_to = [(path_of(key), value) for key, value in changes.items()]
    return edited(before.text, name=before.name, set_to=set_to, unset=map(path_of, unset))


@options_of(ReadOptions)
def open_bench(
    source: Reference,
    mapping: Mapping | None = None,
    *,
    corrections: Reference | None = None,
    **options: Unpack[ReadOptions],
) -> AbstractContextManager[Bench]:
    """Open a source once to ask it many times, in a ``with``: ``.suggestion()``, ``.values(column)``, ``.becomes(mapping, [7])``.

    ``mapping``: opens it as that mapping says of its source (its sheet, its header's row). ``corrections``: a file of them, laid
    over it. Raises SourceError.
    """
    laid = None if corrections is None else Path(corrections)
    return _opened_bench(os.fspath(source), mapping, laid, checked("open_bench", options, ReadOptions))


@contextmanager
def _opened_bench(
    source: str, mapping: Mapping | None, corrections: Path | None, given: Given
) -> Iterator[Bench]:
    from importer.bench.asking import open_bench

    opening = open_bench(source, mapping=mapping, corrections=corrections, options=told.reading(given))
    with errors_in_parameters(), opening as bench:
        yield bench


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


@options_of(LookOptions)
@errors_in_parameters()
def check(source: Sources, mapping: Mapping | Reference, **options: Unpack[LookOptions]) -> Forecast:
    """Read, map and validate every row and forecast the run; nothing is sent. Raises SetupError."""
    from importer.runs import forecast

    given = checked("check", options, LookOptions)
    call = context_with(given.get("env_file"))
    settings = call.run(_settings, source, mapping, given)
    return call.run(forecast.check, settings, mapping=_loaded(mapping))


@options_of(LookOptions)
@errors_in_parameters()
def preview(
    source: Sources, mapping: Mapping | Reference, *, rows: int = 10, **options: Unpack[LookOptions]
) -> Iterator[dict[str, Json]]:
    """Give the first ``rows`` rows (0: all of them) as ``importer preview`` writes them; nothing is sent.

    Raises SetupError, at the latest when the first row is asked for.
    """
    from importer.runs import forecast

    given = checked("preview", options, LookOptions)
    call = context_with(given.get("env_file"))
    settings = call.run(_settings, source, mapping, given)
    return _stepped(call, forecast.preview(settings, rows=rows, mapping=_loaded(mapping)))


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
    settings = call.run(_settings, source, mapping, given)
    return await _attended(
        lambda context: pipeline.run(settings, mapping=_loaded(mapping), context=context), given, call
    )


@options_of(RunOptions)
def run(source: Sources, mapping: Mapping | Reference, **options: Unpack[RunOptions]) -> Summary:
    """Import as ``run_async`` does, from code without an event loop. Raises SettingsError inside a running one."""
    checked("run", options, RunOptions)
    _refuse_loop("run")
    return asyncio.run(run_async(source, mapping, **options))


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
    return await _attended(
        lambda context: pipeline.resume(run_id, from_copies=from_copies, context=context, **words),
        given,
        call,
    )


@options_of(ResumeOptions)
def resume(run_id: str | None = None, **options: Unpack[ResumeOptions]) -> Summary:
    """Go on as ``resume_async`` does, from code without an event loop. Raises SettingsError inside a running one."""
    checked("resume", options, ResumeOptions)
    _refuse_loop("resume")
    return asyncio.run(resume_async(run_id, **options))


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
    return await _attended(lambda context: pipeline.retry(run_id, context=context, **words), given, call)


@options_of(RetryOptions)
def retry(run_id: str | None = None, **options: Unpack[RetryOptions]) -> Summary:
    """Send again as ``retry_async`` does, from code without an event loop. Raises SettingsError inside a running one."""
    checked("retry", options, RetryOptions)
    _refuse_loop("retry")
    return asyncio.run(retry_async(run_id, **options))


async def _attended(work: Work, given: Given, call: Context) -> Summary:
    """Do a run's work in the context of its call, watched; when this task is cancelled, let it come to a good end."""
    from importer.runs.context import RunContext
    from importer.state.journal import Operator

    progress = CallbackProgress(given["on_progress"]) if "on_progress" in given else None
    operator = Operator(name=user_at_host(), command=f"a Python program, {Path(sys.argv[0]).name}")
    context = RunContext(progress=progress or SilentProgress(), operator=operator)
    if progress is not None:
        progress.began()
    task = asyncio.create_task(work(context), context=call)
    try:
        with errors_in_parameters():
            return await asyncio.shield(task)
    except asyncio.CancelledError:
        context.stop.request(InterruptedRunError("The task that awaited the run was cancelled."))
        with contextlib.suppress(
            ImporterError
        ):  # before its first row a stop is an error; the cancellation says it
            await task
        raise
    finally:
        if progress is not None:
            progress.ended()


def _refuse_loop(name: str) -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise SettingsError(
        f"An event loop is running here (a notebook, a web server): use `await importer.{name}_async(...)`."
    )


def _stepped(call: Context, lines: Iterator[dict[str, Json]]) -> Iterator[dict[str, Json]]:
    # A generator runs in the context of whoever asks for its next item; this one needs that of its own call.
    end: Final[dict[str, Json]] = {}
    with errors_in_parameters():
        while (line := call.run(next, lines, end)) is not end:
            yield line


def _loaded(mapping: Mapping | Reference) -> Mapping | None:
    return mapping if isinstance(mapping, Mapping) else None


def _settings(source: Sources, mapping: Mapping | Reference, given: Given) -> RunSettings:
    return RunSettings(
        sources=told.sources(source),
        mapping=Path(mapping.name) if isinstance(mapping, Mapping) else told.mapping_path(mapping),
        connection=told.connection(given),
        reading=told.reading(given),
        state=told.state(given),
        **told.session(given),
        **told.of_a_run(given),
    )


def _going_on(given: Given) -> Given:
    """Name the arguments of ``pipeline.resume`` and ``pipeline.retry``."""
    return {
        "state_path": told.state(given),
        "connection": told.connection(given),
        "reading": told.reading(given),
        "changes": told.session(given),
    }
