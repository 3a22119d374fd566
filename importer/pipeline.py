"""Lead a row the whole way, in one page.

    source -> mapping -> payload -> send -> journal -> results -> report

``run`` begins an import, or goes on with the one that the same command began; ``resume`` and ``retry`` go on with a
run by its id. All three end in ``session.carry_out``: one process' work on one run, from the sources to the report.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from importer.errors import ImporterError, SettingsError, StateError
from importer.mapping import Mapping, load_mapping, parse_mapping
from importer.results import Summary
from importer.results.metrics import require_metrics, write_metrics
from importer.runs.context import RunContext
from importer.runs.intake import choose_location, stage_all
from importer.runs.preparing.order import Order
from importer.runs.preparing.writing import write_results
from importer.runs.remembered import recalled, remembered
from importer.runs.session import carry_out
from importer.runtime import environment
from importer.settings import Connection, ReadingOptions, ResultsFormat, RunSettings
from importer.state import NewRun, Previous, StateFolder, changes_since, keep_days_from_environment
from importer.state.journal import Journal, Run, RunState, SessionKind

Changes: TypeAlias = dict[str, Any]


async def run(
    settings: RunSettings, *, mapping: Mapping | None = None, context: RunContext | None = None
) -> Summary:
    """Import the sources, or go on with the stopped run of the very same import.

    A finished, unchanged import is not sent again: its summary comes back with ``repeated`` set. A run that stops
    before its end returns its summary too. Raises SetupError when nothing was sent, and StopError when it was
    interrupted before its first row.
    """
    context = context or RunContext()
    mapping = mapping or load_mapping(settings.mapping)
    _require_destination(settings.connection, mapping)
    if settings.metrics_file is not None:
        require_metrics()
    state = StateFolder(settings.state, clock=context.clock)
    new = _new_run(state)
    with _unless_begun(new):
        candidate = await asyncio.to_thread(_candidate, new, settings, mapping, state)
        with state.lock(candidate):
            previous = None if settings.fresh else _repeats(state.previous(candidate))
            if previous is None:
                return await _begin(new, candidate, settings, mapping, context)
    return await _go_on(previous.run, settings, state, context, SessionKind.RESUME)


async def resume(
    wanted: str | None,
    *,
    state_path: Path,
    connection: Connection,
    reading: ReadingOptions,
    from_copies: bool = False,
    changes: Changes | None = None,
    context: RunContext | None = None,
) -> Summary:
    """Go on with a stopped run, the newest by default; a finished one is left as it is.

    ``changes`` are fields of RunSettings that this session is to have otherwise than the run began.

    Raises RunConflictError when a source or the mapping changed since, unless ``from_copies`` says to go on from
    the copies that the run keeps.
    """
    context = context or RunContext()
    state = StateFolder(state_path, clock=context.clock)
    found = state.find(wanted)
    if found.state is not RunState.FINISHED and not from_copies and (found_changed := changes_since(found)):
        raise Previous(run=found, differences=found_changed).conflict()
    settings = recalled(found, connection=connection, state=state_path, reading=reading)
    settings = replace(settings, **(changes or {}))
    return await _go_on(found, settings, state, context, SessionKind.RESUME)


async def retry(
    wanted: str | None,
    *,
    state_path: Path,
    connection: Connection,
    reading: ReadingOptions,
    changes: Changes | None = None,
    context: RunContext | None = None,
) -> Summary:
    """Send the failed rows of a run again that are worth another try, and what a stopped run did not reach."""
    context = context or RunContext()
    state = StateFolder(state_path, clock=context.clock)
    found = state.find(wanted)
    settings = recalled(found, connection=connection, state=state_path, reading=reading)
    settings = replace(settings, **(changes or {}))
    return await _go_on(found, settings, state, context, SessionKind.RETRY)


def results(
    wanted: str | None,
    *,
    state_path: Path,
    reading: ReadingOptions | None = None,
    output: Path | None = None,
    results_format: ResultsFormat | None = None,
    report_details: bool = False,
) -> Summary:
    """Write a run's files again from its journal and its copies of the sources; nothing is sent.

    What is not given stays as the run had it.
    """
    state = StateFolder(state_path)
    found = state.find(wanted)
    reading = reading or ReadingOptions(password=environment.source_password())
    settings = recalled(found, connection=Connection(), state=state_path, reading=reading)
    settings = replace(
        settings,
        output=output or settings.output,
        results_format=results_format or settings.results_format,
        report_details=report_details or settings.report_details,
    )
    # Under the lock: outcomes of a run at work would settle between the rows' reading and the counts.
    with state.lock(found), state.open_journal(found) as journal:
        mapping = parse_mapping(found.mapping_text, name=str(found.mapping_path))
        return write_results(Order.of(found, settings, mapping), mapping, journal)


def _new_run(state: StateFolder) -> NewRun:
    """Make a new run's folder; raises SettingsError where the state folder cannot be used: nothing was sent yet."""
    try:
        state.sweep(keep_days_from_environment())
        return state.new_run()
    except StateError as cause:
        raise SettingsError(str(cause)) from None


@contextlib.contextmanager
def _unless_begun(new: NewRun) -> Iterator[None]:
    """Leave no folder behind in which no run began; one with a journal is never deleted here."""
    try:
        yield
    finally:
        if not (new.path / "journal.db").exists():
            new.discard()


def _require_destination(connection: Connection, mapping: Mapping) -> None:
    """Refuse before a large file is read what the first request would refuse anyway."""
    if connection.sandbox:
        return
    if choose_location(connection, mapping) is None and not mapping.location_by_column:
        raise SettingsError(
            "No location is named. Give --location ID, set HIGHLEVEL_LOCATION_ID, or write location: into the mapping "
            "(the id stands in the address of the sub-account: .../location/ID/...). --sandbox needs none."
        )


def _candidate(new: NewRun, settings: RunSettings, mapping: Mapping, state: StateFolder) -> Run:
    staged = stage_all(settings.sources, new.sources)
    origins = (state.origin_of(reference) for reference in settings.sources)
    return Run(
        id=new.id,
        started_at=new.started_at,
        sources=staged,
        mapping_path=settings.mapping,
        mapping_text=mapping.text,
        mapping_fingerprint=mapping.fingerprint,
        location_id=choose_location(settings.connection, mapping),
        base_url="sandbox" if settings.connection.sandbox else settings.connection.base_url,
        sandbox=settings.connection.sandbox,
        options=remembered(settings),
        follows=next((origin for origin in origins if origin), None),
    )


def _repeats(previous: Previous | None) -> Previous | None:
    if previous is None or (previous.run.sandbox and previous.finished):
        return None  # each finished try in the embedded sandbox leaves an empty vendor behind
    if previous.differences:
        raise previous.conflict()
    return previous


async def _begin(
    new: NewRun, candidate: Run, settings: RunSettings, mapping: Mapping, context: RunContext
) -> Summary:
    unsent = False
    try:
        with Journal.create(new.path, candidate, clock=context.clock) as journal:
            try:
                return await carry_out(journal, settings, mapping, context, SessionKind.RUN)
            except ImporterError:
                # Only a run that never wrote an intent may go: of any other the journal is all that is known.
                unsent = journal.untouched
                raise
    finally:
        if unsent:
            new.discard()


async def _go_on(
    run: Run, settings: RunSettings, state: StateFolder, context: RunContext, kind: SessionKind
) -> Summary:
    with state.lock(run), state.open_journal(run) as journal:
        mapping = parse_mapping(run.mapping_text, name=str(run.mapping_path))
        again = kind is SessionKind.RETRY and journal.retryable() > 0
        if run.state is RunState.FINISHED and not again:
            summary = await asyncio.to_thread(
                write_results, Order.of(run, settings, mapping), mapping, journal
            )
            summary = replace(summary, repeated=True)
            if settings.metrics_file is not None:
                write_metrics(summary, settings.metrics_file)
            return summary
        return await carry_out(journal, settings, mapping, context, kind)
