"""A run queued instead of sent: staged, surveyed once, split by location, and its parts put where workers find them."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

from importer.errors import SettingsError
from importer.mapping import Mapping as FieldMapping
from importer.mapping import load_mapping
from importer.parts.queue import QueuedPart, open_queue
from importer.parts.splitting import SplitPart, split_run
from importer.parts.store import PartStore
from importer.parts.suppression import read_list
from importer.records import Json, value_type
from importer.runs.attaching import refuse_files_beside
from importer.runs.context import RunContext
from importer.runs.identity import begin, reopen
from importer.runs.intake import open_staged, survey
from importer.runs.located import located_sources
from importer.runs.remembered import Changes, said_anew, settings_as_begun
from importer.runs.session import RunSession
from importer.runtime.logs import logger_of
from importer.settings import Connection, ReadingOptions, RunSettings
from importer.state.journal import SessionKind
from importer.state.parts import PartState

logger = logger_of(__name__)


@value_type(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What was queued of a run. ``parts``: those that wait for a worker now, and did not before."""

    run_id: str
    parts: int = 0
    rows: int = 0
    """Those that are left to send."""
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
    if mapping.model.files.fields:
        refuse_files_beside(mapping.model.files)
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
        await asyncio.to_thread(_keep_suppression, session, store, again=split)
        if not split:
            await asyncio.to_thread(_split, session, store)
        else:
            store.remember(run_id, said_anew(session.journal.run, settings))
    # The run's own lock is let go by now: whoever has a slot may begin.
    return await queue_parts(run_id, store)


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
        store.remember(run_id, said_anew(run, settings_as_begun(run, session.settings, changes)))
    return await queue_parts(run_id, store, failed_rows=failed_rows)


async def queue_parts(run_id: str, store: PartStore, *, failed_rows: bool = False) -> Submitted:
    """Put what is left of a run that was split where workers find it. Raises StateError.

    ``failed_rows``: those that are worth another try are left, too.
    """
    run, again = store.run(run_id), store.retryable(run_id) if failed_rows else {}
    lines = [
        line for line in store.lines(run_id) if line.state is not PartState.FINISHED or line.location in again
    ]
    rows = store.pending(run_id) + sum(again.values())
    store.requeue(run_id, lines, again=again)
    async with open_queue(store.address) as queue:
        queued = await queue.put(
            QueuedPart(run_id=run_id, location=line.location, place=run.place) for line in lines
        )
    return Submitted(run_id=run_id, parts=queued, rows=rows, finished=not lines)


def _keep_suppression(session: RunSession, store: PartStore, *, again: bool) -> None:
    """Keep who is sent nothing for the workers; the list of now counts, also where a run goes on."""
    run_id = session.journal.run.id
    known = again and session.mapping.model.suppress is not None and store.knows_suppression(run_id)
    if (found := read_list(session, known=known)) is not None:
        store.keep_suppression(run_id, found)


def _split(session: RunSession, store: PartStore) -> None:
    """Read every source once from end to end, and keep the rows of each location by themselves."""
    with tempfile.TemporaryDirectory(prefix="importer-parts-") as folder:
        parts = _parts(session, Path(folder))
        store.keep_rows(session.journal.run.id, parts)
        store.split(session.journal.run.id, parts)


def _parts(session: RunSession, folder: Path) -> Sequence[SplitPart]:
    order, check = session.order, session.context.stop.check
    sources = open_staged(order.sources, session.mapping, order.reading)
    intakes = survey(sources, session.mapping, order.survey, keep_going=check)
    for source, intake in zip(sources, intakes, strict=True):
        for doubt in (*source.detected.doubts, *intake.bound.notes):
            logger.warning("%s: %s", source.name, doubt)
    return split_run(intakes, folder, keep_going=check)


def needs_one_process(settings: RunSettings, mapping: FieldMapping) -> list[str]:
    """Name what is decided over all rows in their order, or lives in one process alone."""
    needs = {
        "--sandbox": settings.connection.sandbox,
        "--trial": settings.trial is not None,
        "--compare": settings.compare or settings.plan is not None,
        "on_update or match: by in the mapping": mapping.compares,
        "--allow-transforms": settings.allow_transforms,
        "--metrics-file": settings.metrics_file is not None,
    }
    return [name for name, wanted in needs.items() if wanted]


def _refuse_what_needs_one_process(settings: RunSettings, mapping: FieldMapping) -> None:
    if named := needs_one_process(settings, mapping):
        raise SettingsError(
            f"{' and '.join(named)} cannot be spread over workers: it needs one process. Import with importer run, which "
            "keeps its state in Postgres just the same."
        )
