"""Results with the real reader and the real journal: what is written is read back, corrected and imported again."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer.reading import Source, open_source
from importer.reading.formula_guard import guard_all, unguard
from importer.records import Outcome, Remedy, Status, row_id
from importer.results import ResultsWriter, Summary
from importer.results.csv_file import CsvTable
from importer.results.files import RunFiles
from importer.settings import ResultsFormat
from importer.sources import stage
from importer.state.journal import Journal, Run, RunState
from importer.state.written import WrittenFiles

SOURCE = (
    "First Name;E-mail;Phone;Notes\r\n"
    "Zoë;zoe@example.com;+44 20 7946 0958;=1+1\r\n"
    "\r\n"
    "'Ann;ann@example.com;'+1;\"two\r\nlines\"\r\n"
    "Bo;bo@example.com;1;x;surplus\r\n"
    "Cy;cy@example\r\n"
    "Di;di@example.com;01234;@home\r\n"
)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    path = tmp_path / "contacts.csv"
    path.write_bytes(SOURCE.encode("utf-8"))
    home = tmp_path / "run"
    (home / "sources").mkdir(parents=True)
    run = Run(
        id="r1",
        started_at=1_795_449_600.0,
        sources=(stage(str(path), home / "sources", 0),),
        mapping_path=Path("m.yaml"),
        mapping_text="version: 1\n",
        mapping_fingerprint="00" * 32,
        base_url="https://services.leadconnectorhq.com",
    )
    with Journal.create(home, run) as journal:
        journal.set_rows_read(5)
        yield journal


@pytest.fixture
def write(journal: Journal, tmp_path: Path) -> Callable[..., Summary]:
    def written(**given: Any) -> Summary:
        sources = [open_source(source.path) for source in journal.run.sources]
        with ResultsWriter(
            journal=journal,
            run_id=journal.run.id,
            sources=sources,
            files=RunFiles(tmp_path / "out", WrittenFiles(journal.folder)),
            **given,
        ) as writer:
            return writer.finish(journal.run)

    return written


def fail_all(journal: Journal) -> None:
    def failed(number: int) -> Outcome:
        return Outcome(row=row_id(0, number), status=Status.FAILED, code="refused", remedy=Remedy.FIX_ROW)

    journal.settle(failed(number) for number in (2, 4, 5, 6, 7))
    journal.set_state(RunState.FINISHED)


def cells(source: Source) -> list[tuple[str, ...]]:
    return [tuple(map(str, row.cells)) for row in source if not row.faults]


def test_failed_rows_are_read_back_as_the_source_was(journal: Journal, write: Callable[..., Summary]) -> None:
    fail_all(journal)

    again = open_source(write().failed_rows)

    assert again.header == ("First Name", "E-mail", "Phone", "Notes")
    assert cells(again) == cells(open_source(journal.run.sources[0].path))


def test_ragged_rows_fail_again_until_they_are_corrected(
    journal: Journal, write: Callable[..., Summary]
) -> None:
    fail_all(journal)

    again = open_source(write().failed_rows)

    assert [[fault.code for fault in row.faults] for row in again] == [
        [],
        [],
        ["column_count"],
        ["column_count"],
        [],
    ]


def test_a_corrected_file_is_read_as_corrected(journal: Journal, write: Callable[..., Summary]) -> None:
    fail_all(journal)
    path = write().failed_rows
    lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""), delimiter=";"))
    lines[4][-1:] = ["cy@example.com", "", ""]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)  # by a program that delimits otherwise

    assert ("Cy", "cy@example.com", "", "") in cells(open_source(path))


def test_a_workbook_of_results_is_read_back_as_the_source_was(
    journal: Journal, write: Callable[..., Summary]
) -> None:
    fail_all(journal)

    again = open_source(write(results_format=ResultsFormat.XLSX).results)

    assert again.header[:4] == ("First Name", "E-mail", "Phone", "Notes")
    first = next(iter(again)).cells[:4]
    assert tuple(first) == ("Zoë", "zoe@example.com", "+44 20 7946 0958", "=1+1")


def test_writing_the_files_again_gives_the_same_bytes(
    journal: Journal, write: Callable[..., Summary]
) -> None:
    fail_all(journal)
    # but for the workbook, which says when it was made
    first = {path.name: path.read_bytes() for path in write().results.parent.glob("*.[!x]*")}
    second = {path.name: path.read_bytes() for path in write().results.parent.glob("*.[!x]*")}

    assert first == second


def test_a_stopped_run_accounts_for_every_row(journal: Journal, write: Callable[..., Summary]) -> None:
    journal.settle([Outcome(row=row_id(0, 4), status=Status.UPDATED, contact_id="c1")])
    journal.set_state(RunState.STOPPED, "SIGTERM")

    summary = write()

    assert (summary.rows_read, summary.updated, summary.pending) == (5, 1, 4)
    assert [row.number for row in open_source(summary.failed_rows)] == [2, 3, 4, 5]


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.text(
    "=+-@';|\t\r\n\0a\uff1d", max_size=8
)


@given(st.lists(st.lists(ANY_TEXT | st.text('",\r\n', max_size=3), min_size=3, max_size=3), max_size=5))
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_columns_are_written_as_their_lines_would_be(delimiter: str, rows: list[list[str]]) -> None:
    by_line, by_column, plain = (io.StringIO(newline="") for _ in range(3))
    guarded = [guard_all(row, commas=delimiter != ",") for row in rows]
    csv.writer(plain, lineterminator="\r\n", delimiter=delimiter).writerows(guarded)

    CsvTable(by_line, delimiter=delimiter).write_all(rows)
    CsvTable(by_column, delimiter=delimiter).write_columns(list(zip(*rows, strict=True)))

    assert by_column.getvalue() == by_line.getvalue() == plain.getvalue()


@given(st.lists(st.lists(ANY_TEXT, min_size=3, max_size=3), max_size=5))
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_guarded_cells_survive_a_csv_file(rows: list[list[str]]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\r\n").writerows(map(guard_all, rows))
    read = list(csv.reader(io.StringIO(file.getvalue(), newline="")))

    assert [[unguard(cell) for cell in line] for line in read] == rows
    assert all(cell[:1] not in set("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20") for line in read for cell in line)
    assert not any(re.search("[;|\t\r\n][=+\\-@\uff1d]", cell) for line in read for cell in line)
