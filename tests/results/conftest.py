from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from importer.records import Block, Counts, Outcome, Pulse, Remedy, Status, row_id
from importer.results import ResultsWriter, Summary
from importer.results.commands import NextCommands
from importer.results.files import RunFiles
from importer.state.written import WrittenFiles

HEADER = ("First Name", "E-mail", "Phone", "Notes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a reader would have found out."""

    delimiter: str | None = None
    hidden_rows: int = 0
    hidden_columns: int = 0
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A source in memory: rows by the number that a spreadsheet shows."""

    name: str = "contacts.csv"
    header: tuple[str, ...] = HEADER
    rows: Mapping[int, Sequence[str]] = field(default_factory=dict)
    index: int = 0
    detected: Found = Found()

    def blocks(self, size: int = 1000) -> Iterator[Block]:
        numbers = list(self.rows)
        for start in range(0, len(numbers), size):
            part = numbers[start : start + size]
            yield Block(source=self.index, numbers=part, rows=[self.rows[number] for number in part])


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    name: str = "contacts.csv"
    reference: str = "exports/contacts.csv"
    content_sha256: str = "ab" * 32
    corrections_sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOnPaper:
    id: str = "2026-11-23-160000-abcd"
    started_at: float = 1_795_449_600.0
    finished_at: float | None = 1_795_449_660.0
    state: str = "finished"
    reason: str | None = None
    reason_code: str | None = None
    sources: Sequence[Staged] = (Staged(),)
    mapping_path: str = "mappings/contacts.yaml"
    mapping_fingerprint: str = "cd" * 32
    location_id: str | None = "ve9EPM428h8vShlRW1KT"
    base_url: str = "https://services.leadconnectorhq.com"
    sandbox: bool = False
    tool_version: str = "0.1.0"
    follows: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalOnPaper:
    rows: int
    settled: tuple[Outcome, ...] = ()
    heard: tuple[Pulse, ...] = ()
    worked_seconds: float = 60.0

    def unfinished(self, first: int, last: int) -> Iterator[Outcome]:  # noqa: ARG002  (JournalView's signature)
        """Yield nothing: every row that is stored is settled here."""
        return iter(())

    def outcomes(self, first: int, last: int) -> Iterator[Outcome]:
        return (outcome for outcome in self.settled if first <= outcome.row <= last)

    def counts(self) -> Counts:
        told = [outcome.status.value for outcome in self.settled]
        by_status = {status.value: told.count(status.value) for status in Status}
        return Counts(**{**by_status, "pending": by_status["pending"] + self.rows - len(told)})

    def seconds(self) -> float:
        return self.worked_seconds

    def pulses(self) -> Iterator[Pulse]:
        return iter(self.heard)


@dataclass(slots=True, kw_only=True)
class Story:
    """A run that is told instead of run."""

    folder: Path
    sheets: list[Sheet] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    pulses: list[Pulse] = field(default_factory=list)
    run: RunOnPaper = field(default_factory=RunOnPaper)

    @property
    def written(self) -> WrittenFiles:
        kept = self.folder.parents[1] / "kept"
        kept.mkdir(exist_ok=True)
        return WrittenFiles(kept)

    def sheet(
        self,
        rows: Mapping[int, Sequence[str]],
        *,
        hidden: tuple[int, int] = (0, 0),
        delimiter: str | None = None,
        doubts: tuple[str, ...] = (),
        **given: Any,
    ) -> Story:
        found = Found(delimiter=delimiter, hidden_rows=hidden[0], hidden_columns=hidden[1], doubts=doubts)
        self.sheets.append(Sheet(rows=rows, index=len(self.sheets), detected=found, **given))
        if len(self.run.sources) < len(self.sheets):
            self.run = replace(self.run, sources=(*self.run.sources, Staged()))
        return self

    def settle(self, number: int, status: Status, *, source: int = 0, **given: Any) -> Story:
        given.setdefault("location_id", "ve9EPM428h8vShlRW1KT")
        if status is Status.FAILED:
            given.setdefault("remedy", Remedy.FIX_ROW)
        self.outcomes.append(Outcome(row=row_id(source, number), status=status, **given))
        return self

    @property
    def journal(self) -> JournalOnPaper:
        rows = sum(len(sheet.rows) for sheet in self.sheets)
        return JournalOnPaper(rows=rows, settled=tuple(self.outcomes), heard=tuple(self.pulses))

    def write(self, **given: Any) -> Summary:
        journal = given.pop("journal", self.journal)
        since = given.pop("since", None)
        given.setdefault("commands", NextCommands(mapping=("-m", "mappings/contacts.yaml")))
        with ResultsWriter(
            journal=journal,
            run_id=self.run.id,
            sources=self.sheets,
            files=RunFiles(self.folder, self.written),
            **given,
        ) as writer:
            return writer.finish(self.run, since=since)


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(folder=tmp_path / "import-results" / "2026-11-23-160000-abcd")


@pytest.fixture
def read_csv() -> Callable[[Path], list[list[str]]]:
    """Read a CSV of ours as any program would."""

    def read(path: Path) -> list[list[str]]:
        return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))

    return read
