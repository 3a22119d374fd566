"""The summary of a run, as ``summary.json`` and ``--json`` have it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from importer.errors import StateError
from importer.records import Counts, Json, Remedy, Since, Status, value_type
from importer.results.commands import UNSAID, NextCommands
from importer.results.same_contact import NO_ROWS, SameContact
from importer.results.tally import CodeGroup


@value_type(frozen=True, slots=True, kw_only=True)
class SourceSummary:
    """One source of the run."""

    name: str
    reference: str
    fingerprint: str
    """SHA-256 of its bytes."""
    rows: int
    corrections: str | None = None
    """SHA-256 of what corrections change of it."""
    hidden_rows: int = 0
    """Of the sheet; they are read like all others."""
    hidden_columns: int = 0
    doubts: Sequence[str] = ()
    """What the reader guessed or left out, in sentences."""

    @property
    def hidden(self) -> str:
        """What of the sheet nobody sees who looks at it, in words; empty when all of it shows."""
        parts = (("row", self.hidden_rows), ("column", self.hidden_columns))
        return " and ".join(f"{count:,} hidden {name}{'s' * (count > 1)}" for name, count in parts if count)


@value_type(frozen=True, slots=True, kw_only=True)
class LocationSummary:
    """One location's part. Rows that the run did not reach belong to no location yet."""

    counts: Counts
    requests: int = 0
    throttled: int = 0
    daily_remaining: int | None = None


@value_type(frozen=True, slots=True, kw_only=True)
class Latency:
    """Time to an answer in milliseconds; ``None`` when nothing was answered."""

    p50: float | None = None
    p95: float | None = None
    longest: float | None = None


@value_type(frozen=True, slots=True, kw_only=True)
class Summary:
    """How a run ended. ``created + updated + skipped + failed + pending == rows_read``, always."""

    run_id: str
    """By which ``resume``, ``retry`` and ``undo`` find it."""
    state: Literal["finished", "stopped"]
    """Whether every row has an outcome."""
    reason: str | None
    """Why it stopped, in a sentence; None where it did not."""
    source: str
    """As the user named it; several are joined by ``, `` (each one is in ``sources``)."""
    rows_read: int
    """All rows of the sources, blank ones aside."""
    created: int
    """Rows that made a contact."""
    updated: int
    """Rows that met a contact."""
    skipped: int
    """Rows that were not sent, and should not be."""
    failed: int
    """Rows that were refused or are not valid; each has its code and remedy."""
    pending: int
    """Rows that a stopped run did not reach."""
    warnings: int
    """Warnings given; ``rows_with_warnings`` counts the rows that carry them."""
    requests: int
    """Calls that were made."""
    throttled: int
    """Calls that the vendor refused for the quota's sake."""
    seconds: float
    """Time the run was at work; the pause before a resume does not count."""
    errors_by_code: Mapping[str, int]
    """Failed rows by their code."""
    locations: Mapping[str, LocationSummary]
    """Each location's part, by its id."""
    results: Path
    """The file with every row and its outcome."""
    failed_rows: Path
    """The file with the failed and pending rows, to be corrected and imported."""
    report: Path
    """The page for whoever asked for the import."""

    failed_by_cause: Path
    """The file with a line for each cause."""
    summary: Path
    """The file with these figures."""
    failed_workbook: Path | None = None
    """The failed rows as text cells, which a spreadsheet leaves as they are; None where there are none, or too many."""
    rows_with_warnings: int = 0
    """Rows that carry any."""
    retries: int = 0
    """Calls that were made again."""
    verified: int = 0
    """Contacts that were read back (``--verify``)."""
    differing: int = 0
    """Of those, the ones that hold something else than was sent; their rows carry the warnings."""
    latency: Latency = Latency()
    """Time to an answer."""
    failed_by_remedy: Mapping[Remedy, int] = field(default_factory=dict)
    """Failed rows by what helps."""
    beside: Mapping[str, int] = field(default_factory=dict)
    """What the run added beside contacts, by its kind."""
    errors: Sequence[CodeGroup] = field(default=(), repr=False)
    """Why rows failed, by code, each with its first rows."""
    warning_groups: Sequence[CodeGroup] = field(default=(), repr=False)
    """What rows were warned of, likewise."""
    skip_groups: Sequence[CodeGroup] = field(default=(), repr=False)
    """Why rows were skipped, likewise."""
    sources: Sequence[SourceSummary] = ()
    """What was read, file by file."""
    mapping: str = ""
    """The mapping's file, as it was named."""
    mapping_fingerprint: str = ""
    """Two mappings that mean the same have the same one."""
    base_url: str = ""
    """The address of the API."""
    follows: str | None = None
    """The run whose failed rows this one imports, corrected."""
    since: Since | None = None
    """What became of this run's failed rows in the runs that followed it."""
    sandbox: bool = False
    """Whether it went to a stand-in."""
    started_at: float = 0.0
    """When its first session began, in seconds since 1970."""
    finished_at: float = 0.0
    """When its last session ended, likewise."""
    tool_version: str = ""
    """The version of this program."""
    reason_code: str | None = None
    """Why it stopped, for programs: the ``StopError.code``, or ``killed``; ``None`` when it did not."""
    missing: int = 0
    """People whom earlier files of the feed had and this one lacks (changed-only); they are in ``missing_file``."""
    missing_file: Path | None = None
    """Where those people are listed, if there are any."""
    kept: Sequence[tuple[Path, Path]] = ()
    """Files that somebody changed since they were written, each with the name that the one of now got instead."""
    cut_cells: int = 0
    """Cells that a workbook cannot hold whole; each says so at its end."""
    same_contact: SameContact = NO_ROWS
    """Rows that share an e-mail or a phone; they are in ``same-contact.csv``."""
    commands: NextCommands = UNSAID
    """How the commands that go on from it are said."""
    repeated: bool = False
    """The very same import was finished before: nothing was sent this time."""
    tried: bool = False
    """The very trial that was asked for was done before: nothing was sent this time."""

    def __post_init__(self) -> None:
        check_accounts(self.counts, self.rows_read)

    @property
    def counts(self) -> Counts:
        """Rows by outcome."""
        return Counts(
            created=self.created,
            updated=self.updated,
            skipped=self.skipped,
            failed=self.failed,
            pending=self.pending,
        )

    @property
    def exit_code(self) -> int:
        """0 no row failed (or nothing was left to do), 1 some did, 3 stopped before the end."""
        if self.repeated:
            return 0
        if self.state == "stopped":
            return 3
        return 1 if self.failed else 0

    def to_json(self) -> dict[str, Json]:
        """Write the summary as documented; programs rely on the names."""
        return {
            "run_id": self.run_id,
            "state": self.state,
            "reason": self.reason,
            "source": self.source,
            "rows_read": self.rows_read,
            "created": self.created,
            "updated": self.updated,
            "skipped": self.skipped,
            "failed": self.failed,
            "pending": self.pending,
            "warnings": self.warnings,
            "requests": self.requests,
            "throttled": self.throttled,
            "seconds": round(self.seconds, 3),
            "errors_by_code": dict(self.errors_by_code),
            "locations": {name: _location(part) for name, part in self.locations.items()},
            "results": str(self.results),
            "failed_rows": str(self.failed_rows),
            "report": str(self.report),
            **_additions(self),
        }


def check_accounts(counts: Counts, rows_read: int) -> None:
    """Refuse a summary that does not account for every row. Raises StateError."""
    if counts.read != rows_read:
        raise StateError(
            f"The results do not add up: {rows_read:,} rows were read, but {counts.read:,} are accounted for "
            f"({accounts(counts)}). The journal holds every outcome; write the files again with "
            "`importer results`, and report this if it stays."
        )


def accounts(counts: Counts) -> str:
    """Write counts in one line, every status named."""
    return ", ".join(f"{status.value} {getattr(counts, status.value):,}" for status in Status)


def group_json(groups: Iterable[CodeGroup]) -> list[Json]:
    """Write groups without a word of a person's: codes, counts, what to do, row numbers."""
    return [
        {
            "code": group.code,
            "title": group.title,
            "rows": group.rows,
            "share": round(group.share, 4),
            "remedy": group.remedy.value,
            "mend": group.mend,
            "first_rows": list(group.first_rows),
            "first_sources": [example.source for example in group.examples],
        }
        for group in groups
    ]


def moment(seconds: float) -> str:
    """Write a time as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def since_json(since: Since) -> dict[str, Json]:
    """Write what became of the failed rows, under the names that history uses as well."""
    return {"followed_by": list(since.successors), "corrected": since.corrected, "left": since.left}


def nothing_since(counts: Counts) -> Since:
    """Say that no run took the failed rows up."""
    return Since(successors=(), failed=counts.failed + counts.pending, corrected=0)


def _additions(summary: Summary) -> dict[str, Json]:
    return {
        "beside": dict(summary.beside),
        "reason_code": summary.reason_code,
        "failed_by_cause": str(summary.failed_by_cause),
        "failed_workbook": None if summary.failed_workbook is None else str(summary.failed_workbook),
        "rows_with_warnings": summary.rows_with_warnings,
        "retries": summary.retries,
        "verified": summary.verified,
        "differing": summary.differing,
        "latency_ms": _latency(summary.latency),
        "failed_by_remedy": {remedy.value: rows for remedy, rows in summary.failed_by_remedy.items()},
        "errors": group_json(summary.errors),
        "warnings_by_code": {group.code: group.rows for group in summary.warning_groups},
        "skipped_by_code": {group.code: group.rows for group in summary.skip_groups},
        "sources": [_source(source) for source in summary.sources],
        "mapping": summary.mapping,
        "mapping_sha256": summary.mapping_fingerprint,
        "base_url": summary.base_url,
        "sandbox": summary.sandbox,
        "follows": summary.follows,
        **since_json(summary.since or nothing_since(summary.counts)),
        "started_at": moment(summary.started_at),
        "finished_at": moment(summary.finished_at),
        "version": summary.tool_version,
        "missing": summary.missing,
        "missing_file": None if summary.missing_file is None else str(summary.missing_file),
        "kept": [{"changed": str(changed), "written": str(written)} for changed, written in summary.kept],
        "cut_cells": summary.cut_cells,
        "same_contact": summary.same_contact.to_json(),
        "repeated": summary.repeated,
    }


def _source(source: SourceSummary) -> Json:
    return {
        "name": source.name,
        "reference": source.reference,
        "sha256": source.fingerprint,
        "corrections_sha256": source.corrections,
        "rows": source.rows,
        "hidden_rows": source.hidden_rows,
        "hidden_columns": source.hidden_columns,
        "doubts": list(source.doubts),
    }


def _latency(latency: Latency) -> dict[str, Json]:
    known = {"p50": latency.p50, "p95": latency.p95, "max": latency.longest}
    return {name: None if value is None else round(value, 1) for name, value in known.items()}


def _location(part: LocationSummary) -> dict[str, Json]:
    return {
        **asdict(part.counts),
        "requests": part.requests,
        "throttled": part.throttled,
        "daily_remaining": part.daily_remaining,
    }
