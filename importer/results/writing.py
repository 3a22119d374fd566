"""Write all files of a run from its journal and its sources, in one pass over the rows."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Final, Literal, Self, TypeAlias

from importer.errors import StateError
from importer.records import Counts, Since
from importer.results.columns import join_columns
from importer.results.commands import UNSAID, NextCommands
from importer.results.failed_rows import shared_delimiter
from importer.results.files import Replacing, RunFiles, replacing_text, sweep_drafts
from importer.results.joining import Join
from importer.results.row_files import PlacedTables, Tables, open_tables, table_files
from importer.results.same_contact import NO_ROWS, SameContact
from importer.results.summary import (
    Latency,
    LocationSummary,
    SourceSummary,
    Summary,
    accounts,
    check_accounts,
)
from importer.results.tally import Tally
from importer.results.traffic import LocationTraffic, Traffic, gather
from importer.results.views import JournalView, RunView, SourceView
from importer.settings import ResultsFormat

ListSameContact: TypeAlias = Callable[[RunFiles], SameContact]
"""Writes the list of rows that share a key, if there are any, and says how many."""

_SHOWN_MASKED: Final = 5
_SHOWN_DETAILED: Final = 50


class ResultsWriter:
    """Writes results, failed rows, summary and report of a run into its folder; each file appears when it is whole.

    A file there that is not as it was written is kept: somebody works on it.

    Settled rows can be written while others are still sent; ``finish`` writes what is left. ``limit`` is the run's
    own: rows behind it were never part of it. With ``report_details`` the report shows values unmasked. As a
    context it raises StateError where the disk refuses.
    """

    def __init__(
        self,
        *,
        journal: JournalView,
        sources: Sequence[SourceView],
        run_id: str,
        files: RunFiles,
        results_format: ResultsFormat = ResultsFormat.CSV,
        limit: int | None = None,
        report_details: bool = False,
        commands: NextCommands = UNSAID,
    ) -> None:
        self._journal = journal
        self._sources = sources
        self._details = report_details
        self._commands = commands
        columns = join_columns(
            [(source.name, source.header) for source in sources],
            run_id=run_id,
            location_id=commands.location_id or "",
        )
        self._files = table_files(files.folder, results_format, columns)
        self._tally = Tally(
            [source.header for source in sources], keep=_SHOWN_DETAILED if report_details else _SHOWN_MASKED
        )
        self._join = Join(journal, sources, limit=limit)
        self._open = contextlib.ExitStack()
        self._placed = files
        self._opening = open_tables(
            self._files,
            columns,
            self._tally,
            files=self._placed,
            delimiter=shared_delimiter(source.detected.delimiter for source in sources),
        )

    def __enter__(self) -> Self:
        for path in self._files:
            sweep_drafts(path)
        self._tables = self._open.enter_context(self._opening)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, trace)

    def advance(self) -> Iterator[None]:
        """Write the blocks of rows that are settled by now, one at each step."""
        for joined in self._join.settled():
            self._tables.write(joined)
            yield

    def finish(
        self,
        run: RunView,
        list_same_contact: ListSameContact = lambda _: NO_ROWS,
        *,
        since: Since | None = None,
        misfit: Callable[[Sequence[str]], str | None] = lambda _: None,
    ) -> Summary:
        """Write all that is left, the rows that share a key, and what came ``since`` of the failed ones.

        ``misfit`` says of a header what the mapping looks for in vain.
        Raises StateError when the rows do not add up.
        """
        for joined in self._join.rest():
            self._tables.write(joined)
        self._open.close()
        _check_against_journal(self._tally.counts, self._journal.counts())
        traffic = gather(self._journal.pulses())
        summary = _summarise(
            run,
            tally=self._tally,
            traffic=traffic,
            files=self._files.placed(self._placed),
            tables=self._tables,
            sources=_sources(run, self._sources, self._tables.rows, misfit),
            seconds=self._journal.seconds(),
            commands=self._commands,
        )
        summary = replace(summary, since=since, same_contact=list_same_contact(self._placed))
        return self._written_out(summary, traffic)

    def _written_out(self, summary: Summary, traffic: Traffic) -> Summary:
        files = self._placed
        _write_report(summary, traffic, details=self._details, replacing=files.replacing)
        summary = replace(summary, report=files.place_of(summary.report), kept=files.kept)
        return write_summary(summary, files)


def _summarise(
    run: RunView,
    *,
    tally: Tally,
    traffic: Traffic,
    files: PlacedTables,
    tables: Tables,
    sources: tuple[SourceSummary, ...],
    seconds: float,
    commands: NextCommands,
) -> Summary:
    counts = tally.counts
    finished_at = run.finished_at or run.started_at + seconds
    state, reason, code = _ended(run)
    return Summary(
        run_id=run.id,
        state=state,
        reason=reason,
        reason_code=code,
        source=", ".join(source.reference for source in run.sources),
        rows_read=tables.rows.total(),
        created=counts.created,
        updated=counts.updated,
        skipped=counts.skipped,
        failed=counts.failed,
        pending=counts.pending,
        warnings=tally.warnings.counts.total(),
        # What a killed process had not noted yet shows in its rows' attempts.
        requests=max(traffic.requests, tally.attempts),
        throttled=traffic.throttled,
        seconds=seconds,
        errors_by_code=dict(tally.errors.counts.most_common()),
        locations=_locations(tally.locations, traffic.locations),
        results=files.results,
        failed_rows=files.failed_rows,
        report=files.results.with_name("report.html"),
        failed_by_cause=files.failed_by_cause,
        failed_workbook=files.failed_workbook,
        summary=files.results.with_name("summary.json"),
        rows_with_warnings=tally.warned_rows,
        retries=traffic.retries,
        verified=traffic.verified,
        differing=traffic.differing,
        latency=Latency(p50=traffic.whole.p50, p95=traffic.whole.p95, longest=traffic.latency_max or None),
        failed_by_remedy=dict(tally.remedies.most_common()),
        beside=dict(sorted(tally.beside.items())),
        errors=tally.errors.ranked(),
        warning_groups=tally.warnings.ranked(),
        skip_groups=tally.skips.ranked(),
        sources=sources,
        cut_cells=tables.cut_cells,
        mapping=str(run.mapping_path),
        mapping_fingerprint=run.mapping_fingerprint,
        base_url=run.base_url,
        follows=run.follows,
        sandbox=run.sandbox,
        started_at=run.started_at,
        finished_at=finished_at,
        tool_version=run.tool_version,
        commands=commands,
    )


def _ended(run: RunView) -> tuple[Literal["finished", "stopped"], str | None, str | None]:
    if run.state == "finished":
        return "finished", run.reason, None
    if run.state == "stopped":
        return "stopped", run.reason, run.reason_code
    return "stopped", run.reason or "The run was cut off, or is still under way.", run.reason_code or "killed"


def _sources(
    run: RunView,
    opened: Sequence[SourceView],
    rows: Mapping[int, int],
    misfit: Callable[[Sequence[str]], str | None],
) -> tuple[SourceSummary, ...]:
    return tuple(
        SourceSummary(
            name=staged.name,
            reference=staged.reference,
            fingerprint=staged.content_sha256,
            corrections=staged.corrections_sha256,
            rows=rows.get(index, 0),
            hidden_rows=source.detected.hidden_rows,
            hidden_columns=source.detected.hidden_columns,
            doubts=(*source.detected.doubts, *filter(None, [misfit(source.header)])),
        )
        for index, (staged, source) in enumerate(zip(run.sources, opened, strict=True))
    )


def _locations(
    counts: Mapping[str, Counts], traffic: Mapping[str, LocationTraffic]
) -> dict[str, LocationSummary]:
    silent = LocationTraffic()
    return {
        name: LocationSummary(
            counts=counts.get(name, Counts()),
            requests=traffic.get(name, silent).requests,
            throttled=traffic.get(name, silent).throttled,
            daily_remaining=traffic.get(name, silent).daily_remaining,
        )
        for name in sorted(counts.keys() | traffic.keys())
    }


def _check_against_journal(written: Counts, held: Counts) -> None:
    """Refuse files that tell something else than the journal: a source changed, or rows were lost on the way."""
    check_accounts(written, held.read)
    if written != held:
        raise StateError(
            f"The files do not match the journal: they hold {accounts(written)}; the journal holds {accounts(held)}. "
            "The copy of the source that the run keeps was changed; the journal is still whole."
        )


def _write_report(summary: Summary, traffic: Traffic, *, details: bool, replacing: Replacing) -> None:
    from importer.results.report import render_report

    with replacing_text(summary.report, replacing=replacing) as file:
        file.write(render_report(summary, traffic, details=details))


def write_summary(summary: Summary, files: RunFiles) -> Summary:
    """Write ``summary.json`` anew, and tell where it went. Raises StateError."""
    with replacing_text(summary.summary, replacing=files.replacing) as file:
        json.dump(summary.to_json(), file, indent=2, ensure_ascii=False)
        file.write("\n")
    return replace(summary, summary=files.place_of(summary.summary))
