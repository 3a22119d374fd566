"""One process' work on one run: take the sources in, deliver what has no outcome, tell how it ended."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime

from importer.delivery import Delivery, deliver
from importer.errors import StateError, StopError
from importer.intake import Intake, SurveyOptions, count_rows, open_staged, survey
from importer.journal import Journal, Run, RunState, SessionKind
from importer.logs import log_context
from importer.mapping import Mapping
from importer.memory import Gone
from importer.results import Summary, write_results
from importer.results.metrics import write_metrics
from importer.results.missing import write_missing
from importer.results.writing import write_summary
from importer.settings import RunSettings
from importer.surroundings import Surroundings

logger = logging.getLogger(__name__)


async def carry_out(
    journal: Journal, settings: RunSettings, mapping: Mapping, around: Surroundings, kind: SessionKind
) -> Summary:
    """Work on a run until every row has its outcome or something stops it; then write its files.

    Raises SetupError while nothing was sent, StopError when it was interrupted before its first row, and StateError
    when the files cannot be written.
    """
    with log_context(run_id=journal.run.id):
        intakes = await asyncio.to_thread(_take_in, journal.run, settings, mapping, around)
        journal.set_rows_read(sum(intake.rows for intake in intakes))
        gone = await _deliver(
            Delivery(
                journal=journal,
                intakes=intakes,
                mapping=mapping,
                settings=settings,
                around=around,
                kind=kind,
            )
        )
        summary = await asyncio.to_thread(tell, journal, settings, mapping)
        if gone:
            summary = _tell_missing(summary, gone)
        if settings.metrics_file is not None:
            write_metrics(summary, settings.metrics_file)
        return summary


async def _deliver(delivery: Delivery) -> list[Gone]:
    """Deliver, and leave the run finished or stopped."""
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


def _tell_missing(summary: Summary, gone: list[Gone]) -> Summary:
    write_missing(gone, summary.results.parent)
    summary = replace(summary, missing=len(gone))
    write_summary(summary)
    return summary


def _take_in(run: Run, settings: RunSettings, mapping: Mapping, around: Surroundings) -> list[Intake]:
    options = SurveyOptions(
        location_id=run.location_id,
        # The day the run began, so that a resume maps each row as the first session did.
        today=datetime.fromtimestamp(run.started_at, UTC).date(),
        limit=settings.limit,
        allow_transforms=settings.allow_transforms,
    )
    sources = open_staged(run.sources, mapping, settings.reading)
    for source in sources:
        for line in source.detected.describe():
            logger.info("%s: %s", source.name, line)
    return survey(sources, mapping, options, keep_going=around.stop.check)


def tell(journal: Journal, settings: RunSettings, mapping: Mapping, *, repeated: bool = False) -> Summary:
    """Write a run's files from its journal and its copies of the sources. Raises StateError."""
    run = journal.run
    for source in run.sources:
        if not source.path.is_file():
            raise StateError(
                f"The run's own copy of {source.name} was deleted ({source.path}), so its files cannot be written. "
                f"{run.reason or ''}".rstrip()
            )
    sources = open_staged(run.sources, mapping, settings.reading)
    if not journal.rows_read:  # killed during its survey
        journal.set_rows_read(count_rows(sources, settings.limit))
    summary = write_results(
        run=run,
        journal=journal,
        sources=sources,
        folder=settings.output / run.id,
        results_format=settings.results_format,
        limit=settings.limit,
        report_details=settings.report_details,
    )
    return replace(summary, repeated=repeated)
