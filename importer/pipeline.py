"""Lead a row the whole way, in one page.

    source -> mapping -> payload -> send -> journal -> results -> report

``run`` begins an import, or goes on with the one that the same command began; ``resume`` and ``retry`` go on with a
run by its id, and ``results`` goes only the end of the way. ``check`` and ``preview`` (``importer.runs.forecast``, ``importer.runs.preview``) go the
same way without sending: they stand apart since they load nothing of what sends and keeps.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from importer.mapping import Mapping, load_mapping
from importer.results import Summary
from importer.runs.context import RunContext
from importer.runs.identity import begin, reopen
from importer.runs.located import located_sources
from importer.runs.preparing.writing import write_results
from importer.runs.remembered import Changes
from importer.runs.remote import open_to_others
from importer.runs.session import RunSession
from importer.runs.stages import conclude, freeing_keys, prepare, send, suppress, survey, write_again
from importer.runtime import environment
from importer.settings import Connection, ReadingOptions, ResultsFormat, RunSettings
from importer.state.journal import SessionKind


async def _carry_out(session: RunSession) -> Summary:
    """Work on a run until every row has its outcome or something stops it; then write its files."""
    session.refuse_undone()
    if session.nothing_left or session.trial_over:
        return await write_again(session)
    session.refuse_split()
    session = await asyncio.to_thread(suppress, session)
    async with open_to_others(session) as session:
        with freeing_keys(session), prepare(session) as preparation:
            surveyed = await survey(session, preparation)  # source -> mapping
            gone = await send(session, preparation, surveyed)  # payload -> send -> journal
            summary = await asyncio.to_thread(preparation.write_results)  # results -> report
        return conclude(session, summary, gone)


async def run(
    settings: RunSettings, *, mapping: Mapping | None = None, context: RunContext | None = None
) -> Summary:
    """Import the sources, or go on with the stopped run of the very same import.

    A finished, unchanged import is not sent again: its summary comes back with ``repeated`` set. A run that stops
    before its end returns its summary too. Raises SetupError when nothing was sent, and StopError when it was
    interrupted before its first row.
    """
    mapping, context = mapping or load_mapping(settings.mapping), context or RunContext()
    async with (
        located_sources(settings, mapping, context) as readable,
        begin(readable, mapping, context) as session,
    ):
        return await _carry_out(session)


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
    """Go on with a stopped run, the newest by default; a finished one is left as it is. Raises as ``reopen`` does."""
    with reopen(
        wanted,
        SessionKind.RESUME,
        state_path=state_path,
        connection=connection,
        reading=reading,
        from_copies=from_copies,
        changes=changes,
        context=context,
    ) as session:
        return await _carry_out(session)


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
    with reopen(
        wanted,
        SessionKind.RETRY,
        state_path=state_path,
        connection=connection,
        reading=reading,
        changes=changes,
        context=context,
    ) as session:
        return await _carry_out(session)


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
    given = {"output": output, "results_format": results_format, "report_details": report_details}
    # Under the run's lock: outcomes of one at work would settle between the rows' reading and the counts.
    with reopen(
        wanted,
        SessionKind.RESUME,
        state_path=state_path,
        connection=Connection(),
        reading=reading or ReadingOptions(password=environment.source_password()),
        changes={name: value for name, value in given.items() if value},
    ) as session:
        return write_results(session.order, session.mapping, session.journal)
