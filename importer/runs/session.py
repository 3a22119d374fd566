"""One process' work on one run: take the sources in, deliver what has no outcome, tell how it ended."""

from __future__ import annotations

import asyncio
import logging
from contextvars import copy_context
from dataclasses import replace
from typing import TYPE_CHECKING

from importer.errors import StateError, StopError
from importer.mapping import Mapping
from importer.results import Summary
from importer.results.metrics import write_metrics
from importer.results.missing import write_missing
from importer.results.writing import write_summary
from importer.runs.context import RunContext
from importer.runs.preparing import Preparation, open_preparation
from importer.runs.preparing.order import Order, Surveyed
from importer.runtime.logs import log_context
from importer.settings import RunSettings
from importer.state.journal import Journal, RunState, SessionKind
from importer.state.memory import Leaver

if TYPE_CHECKING:
    from importer.runs.delivery import Delivery

logger = logging.getLogger(__name__)


async def carry_out(
    journal: Journal, settings: RunSettings, mapping: Mapping, context: RunContext, kind: SessionKind
) -> Summary:
    """Work on a run until every row has its outcome or something stops it; then write its files.

    Raises SetupError while nothing was sent, StopError when it was interrupted before its first row, and StateError
    when the files cannot be written.
    """
    with log_context(run_id=journal.run.id):
        order = Order.of(journal.run, settings, mapping)
        with open_preparation(
            order,
            mapping,
            journal,
            second_process=context.second_process,
            early=context.early_process,
        ) as preparation:
            run_here = copy_context().run
            surveying = asyncio.get_running_loop().run_in_executor(
                None, run_here, _survey, preparation, context
            )
            # What sends takes longest to import, and the survey may be another process' work.
            from importer.runs.delivery import Delivery

            surveyed = await surveying
            journal.set_rows_read(sum(each.rows for each in surveyed))
            gone = await _deliver(
                Delivery(
                    journal=journal,
                    preparation=preparation,
                    surveyed=surveyed,
                    mapping=mapping,
                    settings=settings,
                    context=context,
                    kind=kind,
                )
            )
            summary = await asyncio.to_thread(preparation.write_results)
        if gone:
            summary = _write_missing_people(summary, gone)
        if settings.metrics_file is not None:
            write_metrics(summary, settings.metrics_file)
        return summary


async def _deliver(delivery: Delivery) -> list[Leaver]:
    """Deliver, and leave the run finished or stopped."""
    from importer.runs.delivery import deliver

    try:
        gone = await deliver(delivery)
        delivery.journal.set_state(RunState.FINISHED)
    except StopError as stopped:
        _note_stop(delivery.journal, stopped)
        return []
    return gone


def _note_stop(journal: Journal, stopped: StopError) -> None:
    try:
        journal.set_state(RunState.STOPPED, str(stopped), code=stopped.code)
    except StateError:
        # A full disk refuses this as well. The file will read as stopped, since its process is dead by then; what
        # is told now has to give the reason.
        journal.run = replace(
            journal.run, state=RunState.STOPPED, reason=str(stopped), reason_code=stopped.code
        )


def _write_missing_people(summary: Summary, gone: list[Leaver]) -> Summary:
    write_missing(gone, summary.results.parent)
    summary = replace(summary, missing=len(gone))
    write_summary(summary)
    return summary


def _survey(preparation: Preparation, context: RunContext) -> tuple[Surveyed, ...]:
    surveyed = preparation.survey(context.stop.check)
    for each in surveyed:
        for line in each.described:
            logger.info("%s", line)
        for doubt in each.doubts:
            logger.warning("%s", doubt)
    return surveyed
