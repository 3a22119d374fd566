"""A run queued instead of sent: staged, surveyed once, split by location, and its parts put where workers find them."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from importer.errors import SettingsError
from importer.mapping import Mapping as FieldMapping
from importer.mapping import load_mapping
from importer.parts.agreeing import agree
from importer.parts.attached import list_attached, look_again
from importer.parts.queue import QueuedPart, open_queue
from importer.parts.splitting import split_run
from importer.parts.store import PartStore
from importer.parts.suppression import read_list
from importer.parts.trying import SHARES, shares_of, trial_shares
from importer.records import Json, value_type
from importer.runs.attaching import FilePlace, lie_beside, origins_of
from importer.runs.context import RunContext
from importer.runs.identity import begin, reopen
from importer.runs.intake import Intake, open_staged, survey
from importer.runs.located import located_sources
from importer.runs.remembered import Changes, said_anew, settings_as_begun
from importer.runs.session import RunSession
from importer.runs.trial import trial_done
from importer.runtime.logs import logger_of
from importer.settings import Connection, ReadingOptions, RunSettings
from importer.state.journal import SessionKind
from importer.state.parts import PartState

logger = logger_of(__name__)

_KNOWN_THERE: Final = "is known to each location's worker alone"


@value_type(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What was queued of a run. ``parts``: those that wait for a worker now, and did not before."""

    run_id: str
    parts: int = 0
    rows: int = 0
    """Those that are left to send."""
    tried: bool = False
    """The very trial that is asked for was done before; ``rows`` wait for whoever sends the rest."""
    finished: bool = False
    """The very same import was brought to its end before, so that nothing is left to do."""

    def to_json(self) -> dict[str, Json]:
        return {"run_id": self.run_id, "parts": self.parts, "rows": self.rows, "finished": self.finished}


async def submit(
    settings: RunSettings, *, mapping: FieldMapping | None = None, context: RunContext | None = None
) -> Submitted:
    """Queue an import, or what is left of the one that the same command queued before. Raises SetupError."""
    mapping, context = mapping or load_mapping(settings.mapping), context or RunContext()
    _refuse_what_needs_one_process(settings, mapping)
    store = PartStore.at(settings.state, needed_by="importer submit", clock=context.clock)
    async with (
        located_sources(settings, mapping, context) as readable,
        begin(readable, mapping, context) as session,
    ):
        session.refuse_undone()
        run_id, rows = session.journal.run.id, session.journal.rows_read
        if session.nothing_left:
            return Submitted(run_id=run_id, rows=rows, finished=True)
        split = bool(store.lines(run_id))
        if session.trial_over:
            return Submitted(run_id=run_id, rows=session.journal.counts().pending, tried=True)
        await asyncio.to_thread(_keep_suppression, session, store, again=split)
        if split:
            await asyncio.to_thread(_look_for_files_again, session, store)
        if split and settings.trial is None:
            shares: dict[str, int] | None = None
        else:
            shares = await _prepare(session, store, split=split)
        _remember(session, store, shares)
    # The run's own lock is let go by now: whoever has a slot may begin.
    return await queue_parts(run_id, store)


def _remember(session: RunSession, store: PartStore, shares: Mapping[str, int] | None) -> None:
    """Write down what workers go on by: what was said otherwise than at the beginning, and the shares of a trial."""
    run, trial = session.journal.run, session.settings.trial
    tried: dict[str, Json] = {} if shares is None else {SHARES: dict(shares), "trial": trial}
    store.remember(run.id, said_anew(run, session.settings) | tried)


async def submit_again(
    run_id: str,
    store: PartStore,
    changes: Changes,
    *,
    failed_rows: bool = False,
    from_copies: bool = False,
) -> Submitted:
    """Queue what a run that was split has left; ``changes``: settings that are to be otherwise. Raises SetupError.

    ``from_copies``: although its sources or its mapping changed since it was submitted.
    """
    with reopen(
        run_id,
        SessionKind.RETRY if failed_rows else SessionKind.RESUME,
        state_path=store.state,
        connection=Connection(),
        reading=ReadingOptions(),
        from_copies=from_copies or failed_rows,
    ) as session:
        session.refuse_undone()
        run = session.journal.run
        _keep_suppression(session, store, again=True)
        _look_for_files_again(session, store)
        store.remember(run_id, said_anew(run, settings_as_begun(run, session.settings, changes)))
    return await queue_parts(run_id, store, failed_rows=failed_rows)


async def queue_parts(run_id: str, store: PartStore, *, failed_rows: bool = False) -> Submitted:
    """Put what is left of a run that was split where workers find it. Raises StateError.

    ``failed_rows``: those that are worth another try are left, too.
    """
    run, again = store.run(run_id), store.retryable(run_id) if failed_rows else {}
    left = [
        line for line in store.lines(run_id) if line.state is not PartState.FINISHED or line.location in again
    ]
    shares = shares_of(run.latest_options)
    lines = left if shares is None else [line for line in left if shares.get(line.location)]
    rows = store.pending(run_id) + sum(again.values()) if shares is None else sum(shares.values())
    store.requeue(run_id, lines, again=again)
    if shares is not None:
        store.leave(run_id, [line for line in left if line not in lines], trial_done(sum(shares.values())))
    async with open_queue(store.address) as queue:
        queued = await queue.put(
            QueuedPart(run_id=run_id, location=line.location, place=run.place) for line in lines
        )
    return Submitted(run_id=run_id, parts=queued, rows=rows, finished=not left)


def _keep_suppression(session: RunSession, store: PartStore, *, again: bool) -> None:
    """Keep who is sent nothing for the workers; the list of now counts, also where a run goes on."""
    run_id = session.journal.run.id
    known = again and session.mapping.model.suppress is not None and store.knows_suppression(run_id)
    if (found := read_list(session, known=known)) is not None:
        store.keep_suppression(run_id, found)


async def _prepare(session: RunSession, store: PartStore, *, split: bool) -> dict[str, int] | None:
    """Read every source once from end to end, and split a run that is not yet; gives the shares of its trial, if it is to be one."""
    intakes = await asyncio.to_thread(_surveyed, session)
    if not split:
        await agree(session, intakes)
        await asyncio.to_thread(_split, session, intakes, store)
    wanted, check = session.settings.trial, session.context.stop.check
    return (
        None if wanted is None else await asyncio.to_thread(trial_shares, intakes, wanted, keep_going=check)
    )


def _surveyed(session: RunSession) -> Sequence[Intake]:
    order, check = session.order, session.context.stop.check
    sources = open_staged(order.sources, session.mapping, order.reading)
    intakes = survey(sources, session.mapping, order.survey, keep_going=check)
    for source, intake in zip(sources, intakes, strict=True):
        for doubt in (*source.detected.doubts, *intake.bound.notes):
            logger.warning("%s: %s", source.name, doubt)
    return intakes


def _split(session: RunSession, intakes: Sequence[Intake], store: PartStore) -> None:
    """Keep the rows of each location by themselves."""
    run_id = session.journal.run.id
    with tempfile.TemporaryDirectory(prefix="importer-parts-") as folder:
        parts = split_run(intakes, Path(folder), keep_going=session.context.stop.check)
        store.keep_rows(run_id, parts)
        if _takes_files_along(session):
            lists, origins = Path(folder) / "attached", _origins(session)
            with store.keeping_attached(run_id) as keep:
                list_attached(intakes, origins, lists, keep, keep_going=session.context.stop.check)
            store.keep_attached(run_id, lists)
        store.split(run_id, parts)


def _takes_files_along(session: RunSession) -> bool:
    files = session.mapping.model.files
    return bool(files.fields) and lie_beside(files)


def _origins(session: RunSession) -> Sequence[FilePlace]:
    run = session.journal.run
    return origins_of(session.mapping.model.files, run.sources, run.working_folder)


def _look_for_files_again(session: RunSession, store: PartStore) -> None:
    """Take files along by now that could not be had when the run was submitted, where their source lies on this machine."""
    run = session.journal.run
    if not _takes_files_along(session):
        return
    with (
        tempfile.TemporaryDirectory(prefix="importer-parts-") as folder,
        store.keeping_attached(run.id) as keep,
    ):
        lists, origins = Path(folder) / "attached", _origins(session)
        for line in store.lines(run.id):
            with store.attached(run.id, line.location) as listed:
                look_again(line.location, listed, origins, lists, keep)
        if lists.exists():
            store.keep_attached(run.id, lists)


def needs_one_process(settings: RunSettings, mapping: FieldMapping) -> list[str]:
    """Name what belongs to one process, each with why."""
    tries = settings.trial is not None
    needs = {
        "--sandbox (the embedded one lives in the process that sends: let all send to one `importer sandbox` by --base-url)": settings.connection.sandbox,
        f"--trial with --changed-only (which rows changed {_KNOWN_THERE})": tries and settings.changed_only,
        f"--trial with --compare, on_update or match: by (which rows change anything {_KNOWN_THERE})": tries
        and (settings.compare or mapping.compares),
        "a plan (it was made, and is kept, as one)": settings.plan is not None,
        "--metrics-file (a worker has metrics of its own: --health)": settings.metrics_file is not None,
    }
    return [name for name, wanted in needs.items() if wanted]


def _refuse_what_needs_one_process(settings: RunSettings, mapping: FieldMapping) -> None:
    if named := needs_one_process(settings, mapping):
        raise SettingsError(
            f"Not to be spread over workers: {'; '.join(named)}. Leave it out, or import with importer run, which keeps its state "
            "in Postgres just the same."
        )
