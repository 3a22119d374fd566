"""Which run a command means: a new one, the one that the same command began, or one that is named."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

from importer.errors import LEFT_TO_PEOPLE, ImporterError, RunConflictError, SettingsError, StateError
from importer.mapping import Mapping, parse_mapping
from importer.mirror.folder import MirrorFolder
from importer.results.commands import access_words
from importer.results.metrics import require_metrics
from importer.runs.context import RunContext
from importer.runs.following import follow
from importer.runs.intake import choose_location, require_destination, stage_all
from importer.runs.lineage import Lineage, trace
from importer.runs.objects import refuse_idle_options
from importer.runs.remembered import Changes, lifted, recalled, remembered
from importer.runs.session import RunSession
from importer.runtime.clock import Clock
from importer.runtime.logs import log_context
from importer.runtime.open_files import allow_open_files
from importer.settings import Connection, ReadingOptions, RunSettings
from importer.state import NewRun, Previous, StateFolder, changes_since, keep_days_from_environment
from importer.state.database import database_is_there
from importer.state.journal import Journal, Operator, Run, RunState, SessionKind
from importer.state.plans import Plans, StoredPlan


@contextlib.asynccontextmanager
async def begin(settings: RunSettings, mapping: Mapping, context: RunContext) -> AsyncIterator[RunSession]:
    """Open a new run, or the one that the very same import began before.

    Raises SetupError; of a run that ends by one, nothing is left behind.
    """
    allow_open_files()
    refuse_idle_options(settings, mapping)
    require_destination(settings.connection, mapping)
    if settings.metrics_file is not None:
        require_metrics()
    state = StateFolder(settings.state, clock=context.clock)
    new = _new_run(state, context.clock)
    with _unless_begun(new):
        candidate, lineage = await asyncio.to_thread(_candidate, new, settings, mapping, state)
        with state.lock(candidate):
            previous = None if settings.fresh else _repeats(state.previous(candidate), settings, context)
            if previous is None:
                with _begun(new, candidate, context) as journal, log_context(run_id=new.id):
                    lineage.keep(new.id, state)
                    yield RunSession(
                        journal=journal,
                        settings=settings,
                        mapping=mapping,
                        context=context,
                        kind=SessionKind.RUN,
                    )
                return
    with _reopened(previous.run, settings, state, context, SessionKind.RESUME) as session:
        yield session


@contextlib.contextmanager
def reopen(
    wanted: str | None,
    kind: SessionKind,
    *,
    state_path: Path,
    connection: Connection,
    reading: ReadingOptions,
    from_copies: bool = True,
    changes: Changes | None = None,
    context: RunContext | None = None,
) -> Iterator[RunSession]:
    """Open a run that is named, the newest by default, with the settings that it began with.

    Raises RunConflictError when a source or the mapping changed since, unless ``from_copies`` says to go on from
    the copies that the run keeps.
    """
    allow_open_files()
    context = context or RunContext()
    state = StateFolder(state_path, clock=context.clock)
    found = state.find(wanted)
    if found.state is not RunState.FINISHED and not from_copies and (differences := changes_since(found)):
        previous = Previous(run=found, differences=differences)
        raise _conflict(previous, state_path=state_path, connection=connection)
    settings = recalled(found, connection=connection, state=state_path, reading=reading)
    settings = replace(settings, **lifted(changes or {}))
    with _reopened(found, settings, state, context, kind) as session:
        yield session


@contextlib.contextmanager
def _reopened(
    run: Run, settings: RunSettings, state: StateFolder, context: RunContext, kind: SessionKind
) -> Iterator[RunSession]:
    with state.lock(run), state.open_journal(run) as journal, log_context(run_id=run.id):
        mapping = parse_mapping(run.mapping_text, name=str(run.mapping_path))
        yield RunSession(journal=journal, settings=settings, mapping=mapping, context=context, kind=kind)


def _new_run(state: StateFolder, clock: Clock) -> NewRun:
    """Make a new run's folder; raises SettingsError where the state folder cannot be used: nothing was sent yet."""
    try:
        state.sweep(keep_days_from_environment())
        MirrorFolder(state.path, clock=clock).sweep()
        Plans(state.path).sweep(clock.now())
        return state.new_run()
    except StateError as cause:
        raise SettingsError(str(cause)) from None


@contextlib.contextmanager
def _unless_begun(new: NewRun) -> Iterator[None]:
    """Leave no folder behind in which no run began; one with a journal is never deleted here."""
    try:
        yield
    finally:
        if not database_is_there(new.path / "journal.db"):
            new.discard()


@contextlib.contextmanager
def _begun(new: NewRun, candidate: Run, context: RunContext) -> Iterator[Journal]:
    """Open the journal of a new run; one that ends before it wrote an intent is discarded."""
    unsent = False
    try:
        with _created(new, candidate, context) as journal:
            try:
                yield journal
            except ImporterError:
                # Only a run that never wrote an intent may go: of any other the journal is all that is known.
                unsent = journal.untouched
                raise
    finally:
        if unsent:
            new.discard()


def _created(new: NewRun, candidate: Run, context: RunContext) -> Journal:
    """Create a run's journal. Raises SettingsError: without it nothing was sent, and there is no run to go on with."""
    try:
        operator = _with_approver(context.operator, candidate, new.path.parent.parent)
        return Journal.create(new.path, candidate, clock=context.clock, operator=operator)
    except StateError as cause:
        new.discard()
        raise SettingsError(str(cause)) from cause


def _with_approver(operator: Operator | None, candidate: Run, state: Path) -> Operator | None:
    """Name who approved the plan that a run applies, where the command does not."""
    plan_id = candidate.options.get("plan")
    if operator is None or operator.approved_by is not None or not isinstance(plan_id, str):
        return operator
    with StoredPlan.open(Plans(state).find(plan_id)) as stored:
        return replace(operator, approved_by=stored.approval.by)


def _candidate(
    new: NewRun, settings: RunSettings, mapping: Mapping, state: StateFolder
) -> tuple[Run, Lineage]:
    staged = stage_all(settings, new.sources)
    lineage = trace(staged, mapping, settings, state)
    if settings.rows is not None:
        follow(lineage, staged, state, settings.follows)
    run = Run(
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
        follows=lineage.follows,
    )
    return run, lineage


def _repeats(previous: Previous | None, settings: RunSettings, context: RunContext) -> Previous | None:
    if previous is None or (previous.run.sandbox and previous.finished):
        return None  # each finished try in the embedded sandbox leaves an empty vendor behind
    if context.unattended and previous.run.reason_code in LEFT_TO_PEOPLE:
        return None
    if previous.differences:
        raise _conflict(previous, state_path=settings.state, connection=settings.connection)
    return previous


def _conflict(previous: Previous, *, state_path: Path, connection: Connection) -> RunConflictError:
    commands = access_words(state_path, connection.token_file)
    return previous.conflict(commands.resume(previous.run.id, "--from-copies"))
