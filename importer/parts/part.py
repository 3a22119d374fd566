"""One part of a run: its location is taken, its rows are sent, and it is given back, whoever asked for it.

It may be a worker of the queue, a Kubernetes Job or a person: what makes it true is the location's lock, which is held on
the very connection that writes the journal. Whoever loses the one can write nothing in the other, and so send nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from importer.errors import SettingsError, SetupError, StateError, StopError
from importer.mapping import parse_mapping
from importer.parts.attached import origins_of_part
from importer.parts.preparation import PartPreparation
from importer.parts.store import PartStore
from importer.parts.trying import shares_of
from importer.records import Counts, Json, value_type
from importer.runs.aside import aside
from importer.runs.attaching import FilePlace, lie_beside, origins_of
from importer.runs.context import RunContext
from importer.runs.remembered import recalled
from importer.runs.session import RunSession
from importer.runs.stages import freeing_keys, send, survey
from importer.runtime.logs import log_context
from importer.runtime.open_files import allow_open_files
from importer.settings import Connection, ReadingOptions
from importer.state.journal import Journal, RunState, SessionKind
from importer.state.parts import AGAIN, PartLine, PartState

_COUNTED: Final = ("created", "updated", "skipped", "failed")


@value_type(frozen=True, slots=True, kw_only=True)
class PartWork:
    """What is to be done, and with what: a run, a location, and this machine's own settings."""

    run_id: str
    location: str
    connection: Connection
    context: RunContext
    reading: ReadingOptions = ReadingOptions()
    allow_transforms: bool = False
    """Whether mappings may call Python functions on this machine: whoever submits has no say over it."""


@value_type(frozen=True, slots=True, kw_only=True)
class PartEnd:
    """How a part stands after somebody worked on it."""

    run_id: str
    location: str
    state: RunState
    reason: str | None = None
    reason_code: str | None = None
    counts: Counts = Counts()
    wished: bool = False
    """Somebody asked the run to end: nobody goes on with it unasked."""

    @property
    def exit_code(self) -> int:
        """Give what ``run`` would leave with."""
        return 3 if self.state is not RunState.FINISHED else int(self.counts.failed > 0)

    @property
    def sentence(self) -> str:
        said = ", ".join(f"{getattr(self.counts, each):,} {each}" for each in _COUNTED)
        if self.state is RunState.FINISHED:
            return f"Run {self.run_id}, part {self.location} is finished: {said}."
        return (
            f"Run {self.run_id}, part {self.location} stopped: {said}, {self.counts.pending:,} pending. "
            f"{self.reason or ''}"
        ).rstrip()

    def to_json(self) -> dict[str, Json]:
        return {
            "run_id": self.run_id,
            "location_id": self.location,
            "state": self.state.value,
            "reason": self.reason,
            "reason_code": self.reason_code,
            **{each: getattr(self.counts, each) for each in (*_COUNTED, "pending")},
        }


async def work_on_part(work: PartWork, store: PartStore) -> PartEnd:
    """Send what a part has left, and tell how it stands then; one that is finished is left as it is.

    Raises LocationHeldError where somebody else sends to its location, and SetupError where nothing could be sent.
    """
    allow_open_files()
    # In threads: other parts of this worker must not wait for the server. A part has many questions to it where it begins
    # and ends, and hundreds begin at once.
    with log_context(run_id=work.run_id):
        async with aside(store.take(work.run_id, work.location)) as journal:
            # asked under the location's lock: whoever had it before may have ended it
            line = await asyncio.to_thread(_line_of, work, store)
            session = _session(work, store, journal, line)
            session.refuse_undone()
            if line.state is not PartState.FINISHED:
                await _carry_out(session, work, store)
            return await asyncio.to_thread(_end, work, store, journal)


async def _carry_out(session: RunSession, work: PartWork, store: PartStore) -> None:
    try:
        _refuse_functions(session, work)
        if (asked := await asyncio.to_thread(store.wish, work.run_id)) is not None:
            raise asked
        if session.mapping.model.suppress is not None:
            suppression = await asyncio.to_thread(store.suppression, work.run_id)
            session = replace(session, suppression=suppression)
        if lie_beside(session.mapping.model.files) and session.mapping.model.files.fields:
            origins = await asyncio.to_thread(_attached, session, work, store)
            session = replace(session, origins=origins)
        rows = await asyncio.to_thread(store.rows, work.run_id, work.location)
        preparation = PartPreparation(session.order, session.mapping, session.journal, rows)
        async with aside(freeing_keys(session)), aside(contextlib.closing(preparation)):
            with _deleting(rows):
                surveyed = await survey(session, preparation)
                await send(session, preparation, surveyed)
    except StateError:  # nothing can be written down any more
        raise
    except (SetupError, StopError) as fault:
        # Its line says why it stands, for whoever looks from another machine.
        await asyncio.to_thread(session.journal.set_state, RunState.STOPPED, str(fault), code=fault.code)
        if isinstance(fault, SetupError):
            raise


def _attached(session: RunSession, work: PartWork, store: PartStore) -> tuple[FilePlace, ...]:
    run = session.journal.run
    elsewhere = origins_of(session.mapping.model.files, run.sources, run.working_folder)
    with store.attached(run.id, work.location) as listed:
        return origins_of_part(listed, partial(store.attached_content, run.id), elsewhere)


def _refuse_functions(session: RunSession, work: PartWork) -> None:
    """Raise SettingsError where the run calls functions, and this machine does not let it: they could be anybody's."""
    if session.settings.allow_transforms and not work.allow_transforms:
        raise SettingsError(
            "The mapping calls Python functions (--allow-transforms), and this worker was started without that flag. Start every "
            "worker that is to send it with --allow-transforms, where those functions can be imported, then queue the run "
            f"again: importer resume {work.run_id}"
        )


@contextlib.contextmanager
def _deleting(path: Path) -> Iterator[None]:
    """Leave none of the rows on this machine: nobody who forgets a person looks for them here."""
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _session(work: PartWork, store: PartStore, journal: Journal, line: PartLine) -> RunSession:
    run = journal.run
    settings = recalled(run, connection=work.connection, state=store.state, reading=work.reading)
    # Results are written by whoever ends the last part, from the journal; a part only needs a place of its own.
    shares = shares_of(run.latest_options)
    trial = None if shares is None else shares.get(work.location, 0)
    settings = replace(settings, output=journal.folder, metrics_file=None, trial=trial)
    return RunSession(
        journal=journal,
        settings=settings,
        mapping=parse_mapping(run.mapping_text, name=str(run.mapping_path)),
        context=work.context,
        # Whoever takes it, and whenever: rows that a later run overtook meanwhile are not sent.
        kind=SessionKind.RETRY if line.reason_code == AGAIN else SessionKind.RESUME,
        part=work.location,
        trial_in_all=None if shares is None else sum(shares.values()),
    )


def _end(work: PartWork, store: PartStore, journal: Journal) -> PartEnd:
    line = _line_of(work, store)
    finished = line.state is PartState.FINISHED
    if line.state in {PartState.FINISHED, PartState.STOPPED}:
        reason, code = line.reason, line.reason_code
    else:  # a full disk refuses that line, too; with no reason known, nobody would take the part again
        reason, code = "Its end could not be written down.", StateError.code
    return PartEnd(
        run_id=work.run_id,
        location=work.location,
        state=RunState.FINISHED if finished else RunState.STOPPED,
        reason=reason,
        reason_code=code,
        counts=journal.counts(),
        wished=line.wish is not None,
    )


def _line_of(work: PartWork, store: PartStore) -> PartLine:
    found = store.parts(work.run_id).line(work.location)
    if found is None:
        raise SettingsError(
            f"Run {work.run_id} has no part for location {work.location}. See: importer show {work.run_id}"
        )
    return found
