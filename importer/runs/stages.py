"""The stages of a session, one after the other: survey, sending, and what is told at the end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from contextvars import copy_context
from dataclasses import replace

from importer.errors import ImporterError, StateError, StopError
from importer.results import Summary
from importer.results.files import RunFiles
from importer.results.metrics import write_metrics
from importer.results.missing import MISSING_NAME, write_missing
from importer.results.writing import write_summary
from importer.runs.aside import ask_aside
from importer.runs.forerunners import amend_forerunners
from importer.runs.key_sharing import free_keys
from importer.runs.preparing import Preparation, open_preparation
from importer.runs.preparing.order import Surveyed
from importer.runs.preparing.writing import write_results
from importer.runs.session import RunSession
from importer.runs.suppressing import changed_since_noted, read_suppression
from importer.runtime.logs import logger_of
from importer.runtime.stopping import StopSignal
from importer.state.journal import Journal, RunState
from importer.state.memory import Leaver
from importer.state.written import WrittenFiles

logger = logger_of(__name__)


def suppress(session: RunSession) -> RunSession:
    """Read who is to be sent nothing, before anything else; the list of now counts, also where a run goes on."""
    run = session.journal.run
    found = read_suppression(session.mapping.model, run.working_folder / run.mapping_path)
    if found is None:
        return session
    for note in found.notes:
        logger.warning("%s", note)
    if changed_since_noted(found.suppression, session.journal.folder):
        logger.warning(
            "The suppression list %s changed since this run last went by it: whoever is on it now is sent nothing more.",
            found.suppression.name,
        )
    return replace(session, suppression=found.suppression)


def prepare(session: RunSession) -> AbstractContextManager[Preparation]:
    """Open what reads ahead of the sender and writes results behind it, here or in a second process."""
    return open_preparation(
        session.order,
        session.mapping,
        session.journal,
        second_process=session.context.second_process,
        early=session.context.early_process,
    )


@contextlib.contextmanager
def freeing_keys(session: RunSession) -> Iterator[None]:
    """Let go, in the end, of the keys of rows that were refused, and of all where nothing was sent."""
    try:
        yield
    finally:
        place = session.order.keys
        if place is not None:
            try:
                free_keys(place, session.journal)
            except ImporterError as cause:  # it must not hide how the session ended
                logger.warning("The keys of refused rows stay held: %s", cause)


async def survey(session: RunSession, preparation: Preparation) -> tuple[Surveyed, ...]:
    """Read every source once from end to end, and bind the mapping to it. Raises SetupError: nothing was sent yet."""
    run_here = copy_context().run
    surveying = asyncio.get_running_loop().run_in_executor(
        None, run_here, _survey, preparation, session.context.stop
    )
    import importer.runs.delivery  # noqa: F401  (what sends takes longest to import, and the survey may be another process' work)

    surveyed = await surveying
    await ask_aside(session.journal, session.journal.set_rows_read, sum(each.rows for each in surveyed))
    return surveyed


async def send(session: RunSession, preparation: Preparation, surveyed: Sequence[Surveyed]) -> list[Leaver]:
    """Send what has no outcome, and leave the run finished or stopped; gives the people whom this file lacks.

    Raises SetupError while nothing was sent.
    """
    from importer.runs.delivery import Delivery, deliver

    delivery = Delivery(
        journal=session.journal,
        preparation=preparation,
        surveyed=surveyed,
        mapping=session.mapping,
        settings=session.settings,
        context=session.context,
        kind=session.kind,
        suppression=session.suppression,
        part=session.part,
        origins=session.origins,
        trial_in_all=session.trial_in_all,
    )
    try:
        gone = await deliver(delivery)
        await ask_aside(session.journal, session.journal.set_state, RunState.FINISHED)
    except StopError as stopped:
        await ask_aside(session.journal, _note_stop, session.journal, stopped)
        return []
    return gone


def conclude(session: RunSession, summary: Summary, gone: list[Leaver]) -> Summary:
    """Write what stands beside the results: who is missing from the file, and metrics."""
    if gone:
        files = RunFiles(summary.results.parent, WrittenFiles(session.journal.folder))
        missing = summary.results.with_name(MISSING_NAME)
        write_missing(gone, missing, replacing=files.replacing)
        summary = replace(summary, missing=len(gone), missing_file=files.place_of(missing))
        summary = write_summary(replace(summary, kept=(*summary.kept, *files.kept)), files)
    amend_forerunners(session.journal.folder, session.order.commands)
    if session.settings.metrics_file is not None:
        write_metrics(summary, session.settings.metrics_file)
    return summary


async def write_again(session: RunSession) -> Summary:
    """Write the files of a run that has nothing left to do, or nothing that this command is to do."""
    summary = await asyncio.to_thread(write_results, session.order, session.mapping, session.journal)
    finished, tried = session.nothing_left, session.trial_over
    return conclude(session, replace(summary, repeated=finished, tried=tried and not finished), [])


def _note_stop(journal: Journal, stopped: StopError) -> None:
    try:
        journal.set_state(RunState.STOPPED, str(stopped), code=stopped.code)
    except StateError:
        # A full disk refuses this as well. The file will read as stopped, since its process is dead by then; what
        # is told now has to give the reason.
        journal.run = replace(
            journal.run, state=RunState.STOPPED, reason=str(stopped), reason_code=stopped.code
        )


def _survey(preparation: Preparation, stop: StopSignal) -> tuple[Surveyed, ...]:
    surveyed = preparation.survey(stop.check)
    for each in surveyed:
        for line in each.described:
            logger.info("%s", line)
        for doubt in each.doubts:
            logger.warning("%s", doubt)
        if each.misfit is not None:
            logger.warning("%s", each.misfit)
    return surveyed
