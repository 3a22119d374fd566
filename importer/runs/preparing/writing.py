"""A run's files, written from its journal and its copies of the sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from importer.errors import StateError
from importer.mapping import Mapping
from importer.mapping.fit import misfit
from importer.reading import Source
from importer.records import Status
from importer.results import ResultsWriter, Summary
from importer.results.files import RunFiles
from importer.results.same_contact import NO_ROWS, SameContact
from importer.runs.intake import count_rows, open_staged
from importer.runs.preparing.order import Order
from importer.state.ended import CauseKind, Ended, RunCause, keep_ended
from importer.state.journal import Journal, Run
from importer.state.lineage import corrections_since
from importer.state.memory import SameContacts
from importer.state.written import WrittenFiles


def write_results(
    order: Order, mapping: Mapping, journal: Journal, sources: Sequence[Source] | None = None
) -> Summary:
    """Write all files in one go. Raises StateError."""
    with open_writer(order, mapping, journal, sources) as writer:
        return finish_results(writer, order, mapping, journal, journal.run)


def finish_results(
    writer: ResultsWriter, order: Order, mapping: Mapping, journal: Journal, run: Run
) -> Summary:
    """Write what is left of a run that ended. Raises StateError."""
    since = corrections_since(journal.folder, journal)
    summary = writer.finish(
        run,
        partial(_list_same_contact, order, mapping, journal),
        since=since,
        misfit=partial(misfit, mapping.model),
    )
    keep_ended(journal, Ended(counts=summary.counts, causes=tuple(_causes(summary))))
    return summary


def _causes(summary: Summary) -> Iterator[RunCause]:
    for kind, groups in (
        (CauseKind.FAILED, summary.errors),
        (CauseKind.SKIPPED, summary.skip_groups),
        (CauseKind.WARNING, summary.warning_groups),
    ):
        for group in groups:
            yield RunCause(kind=kind, code=group.code, rows=group.rows, remedy=group.remedy)


def open_writer(
    order: Order, mapping: Mapping, journal: Journal, opened: Sequence[Source] | None = None
) -> ResultsWriter:
    """Make ready to write, from sources that are ``opened`` or else opened here. Raises StateError where a copy of one is gone."""
    for source in order.sources:
        if not source.path.is_file():
            raise StateError(
                f"The run's own copy of {source.name} was deleted ({source.path}), as it is when a person in it is "
                f"forgotten, so its files cannot be written. What it did stays known (importer show); --fresh imports the "
                f"sources anew. {journal.run.reason or ''}".rstrip()
            )
    sources = opened or open_staged(order.sources, mapping, order.reading)
    if not journal.rows_read:  # killed during its survey
        journal.set_rows_read(count_rows(sources, order.survey.limit))
    return ResultsWriter(
        journal=journal,
        sources=sources,
        run_id=journal.run.id,
        files=RunFiles(order.folder, WrittenFiles(journal.folder)),
        results_format=order.results_format,
        limit=order.survey.limit,
        report_details=order.report_details,
        commands=order.commands,
    )


def _list_same_contact(order: Order, mapping: Mapping, journal: Journal, files: RunFiles) -> SameContact:
    with SameContacts(journal.folder) as links:
        if not links.counts().groups:
            return NO_ROWS
        from importer.runs.same_contact_list import list_same_contacts  # most runs have no such rows

        return list_same_contacts(
            links,
            open_staged(order.sources, mapping, order.reading),
            mapping,
            order.survey,
            ends=journal.outcomes,
            unsettled=Status.PENDING,
            folder=order.folder,
            files=files,
        )
