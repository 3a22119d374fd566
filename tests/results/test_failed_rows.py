"""Failed rows are there to be corrected: what a spreadsheet does to them on the way must do no harm."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.reading import open_source
from importer.reading.formula_guard import guard_all, unguard
from importer.records import Status
from importer.results.csv_file import csv_table
from importer.results.failed_rows import open_failed_rows
from importer.results.files import RunFiles

if TYPE_CHECKING:
    from tests.results.conftest import Story

Read = Callable[[Path], list[list[str]]]
TRICKY = ("01067", "+14155550123", "=1+1", "3/14/1985")


def failing(story: Story, *rows: tuple[str, ...]) -> Story:
    story.sheet(dict(enumerate(rows, 2)))
    for number in range(2, len(rows) + 2):
        story.settle(number, Status.FAILED, code="refused")
    return story


def test_the_workbook_of_failed_rows_is_there_by_default_and_holds_text(story: Story) -> None:
    workbook = failing(story, TRICKY).write().failed_workbook

    assert workbook is not None
    assert workbook.name == "failed.xlsx"
    cells = openpyxl.load_workbook(workbook)["Failed rows"][2][-4:]
    assert [(cell.value, cell.data_type, cell.number_format) for cell in cells] == [
        (text, "s", "@") for text in TRICKY
    ]


def test_a_spreadsheet_that_saves_the_workbook_changes_no_cell(story: Story) -> None:
    workbook = failing(story, TRICKY).write().failed_workbook
    assert workbook is not None

    openpyxl.load_workbook(workbook).save(workbook)

    assert [tuple(map(str, row.cells)) for row in open_source(workbook)] == [TRICKY]


def test_a_row_with_too_few_cells_fails_again_from_the_workbook_until_it_is_corrected(story: Story) -> None:
    workbook = (
        failing(story, ("Ana", "ana@example.com"), ("Bo", "bo@example.com", "1", "x")).write().failed_workbook
    )
    assert workbook is not None
    assert [[fault.code for fault in row.faults] for row in open_source(workbook)] == [["column_count"], []]

    book = openpyxl.load_workbook(workbook)
    (marked,) = [cell for cell in book["Failed rows"][2] if "too few cells" in str(cell.value)]
    marked.value = None
    book.save(workbook)

    assert [tuple(map(str, row.cells)) for row in open_source(workbook) if not row.faults] == [
        ("Ana", "ana@example.com", "", ""),
        ("Bo", "bo@example.com", "1", "x"),
    ]


@pytest.mark.parametrize("rows", [[("x" * 40_000, "", "", "")], [("Ana", *["x"] * 17_000)]])
def test_what_a_workbook_cannot_hold_whole_is_in_the_csv_alone(
    story: Story, rows: list[tuple[str, ...]], read_csv: Read
) -> None:
    summary = failing(story, *rows).write()

    assert summary.failed_workbook is None
    assert not summary.failed_rows.with_suffix(".xlsx").exists()
    assert tuple(read_csv(summary.failed_rows)[1][-len(rows[0]) :]) == rows[0]
    assert summary.to_json()["failed_workbook"] is None


def test_so_many_failed_rows_that_nobody_corrects_them_by_hand_have_no_workbook(
    story: Story, tmp_path: Path
) -> None:
    path, head = tmp_path / "failed.xlsx", ["A", "B"]
    for rows, there in ((3, True), (4, False)):
        with (
            csv_table(tmp_path / "failed.csv", head) as table,
            open_failed_rows(table, path, head, RunFiles(tmp_path, story.written), most_cells=6) as failed,
        ):
            for number in range(rows):
                failed.write([str(number), "x"])
        assert path.exists() is there, "one of an earlier writing goes with it"
        assert len((tmp_path / "failed.csv").read_text().splitlines()) == rows + 1
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".xlsx"] == []


def test_a_run_without_failed_rows_leaves_no_workbook_of_an_earlier_writing(story: Story) -> None:
    story.sheet({2: TRICKY})
    pending = story.write().failed_workbook
    assert pending is not None

    story.settle(2, Status.CREATED)

    assert story.write().failed_workbook is None
    assert not pending.exists()


def test_a_workbook_that_somebody_changed_stays_when_nothing_fails_any_more(story: Story) -> None:
    story.sheet({2: TRICKY})
    pending = story.write().failed_workbook
    assert pending is not None
    pending.write_bytes(b"mine")
    story.settle(2, Status.CREATED)
    story.write()
    assert pending.read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("delimiters", "expected"),
    [
        ((";",), ";"),
        (("\t", "\t"), "\t"),
        ((";", ","), ","),
        ((", ",), ","),
        ((None,), ","),
        (("\x01",), ","),
    ],
)
def test_failed_rows_are_delimited_as_their_sources_are(
    story: Story, delimiters: tuple[str | None, ...], expected: str
) -> None:
    for delimiter in delimiters:
        story.sheet({2: TRICKY}, delimiter=delimiter)

    head = story.write().failed_rows.read_text(encoding="utf-8-sig").splitlines()[0]

    assert head.split(expected)[:2] == ["import_row", "import_status"]


def test_a_file_split_at_semicolons_runs_nothing_where_a_spreadsheet_splits_at_commas(story: Story) -> None:
    evil = ("x,=1+1", "1,-2", "a,@SUM(1)", ",+3")
    story.sheet({2: evil}, delimiter=";").settle(2, Status.FAILED, code="refused", message="see,=1+1")

    path = story.write().failed_rows

    split = [cell for line in path.read_text(encoding="utf-8-sig").splitlines() for cell in line.split(",")]
    assert not [cell for cell in split if cell.lstrip('"')[:1] in {"=", "+", "-", "@"}]
    assert [tuple(map(str, row.cells)) for row in open_source(path)] == [evil]


@given(st.lists(st.text("=+-@',;|\t\r\n\0a", max_size=8), min_size=3, max_size=3))
def test_cells_guarded_behind_commas_too_read_back_as_they_were(cells: list[str]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=";").writerow(guard_all(cells, commas=True))
    (read,) = csv.reader(io.StringIO(file.getvalue(), newline=""), delimiter=";")

    assert [unguard(cell, commas=True) for cell in read] == cells
    assert not any(re.search("[;|,\t\r\n][=+\\-@]", cell) for cell in read)
