"""A run's files, written from its journal and its copies of the sources."""

from __future__ import annotations

from importer.errors import StateError
from importer.mapping import Mapping
from importer.results import ResultsWriter, Summary
from importer.results.files import RunFiles
from importer.runs.intake import count_rows, open_staged
from importer.runs.preparing.order import Order
from importer.state.journal import Journal
from importer.state.lineage import corrections_since
from importer.state.written import WrittenFiles


def write_results(order: Order, mapping: Mapping, journal: Journal) -> Summary:
    """Write all files in one go. Raises StateError."""
    with open_writer(order, mapping, journal) as writer:
        return writer.finish(journal.run, corrections_since(journal.folder, journal))


def open_writer(order: Order, mapping: Mapping, journal: Journal) -> ResultsWriter:
    """Make ready to write. Raises StateError where a copy of a source is gone."""
    for source in order.sources:
        if not source.path.is_file():
            raise StateError(
                f"The run's own copy of {source.name} was deleted ({source.path}), so its files cannot be written. "
                f"{journal.run.reason or ''}".rstrip()
            )
    sources = open_staged(order.sources, mapping, order.reading)
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
