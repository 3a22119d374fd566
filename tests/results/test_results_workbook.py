from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
import python_calamine

from importer.errors import StateError
from importer.records import Status
from importer.results.summary_text import render_summary
from importer.results.workbook import (
    CELL_CHARACTERS,
    SHEET_COLUMNS,
    Pages,
    escape,
    fitted,
    xlsx_by_cause,
    xlsx_table,
)
from importer.settings import ResultsFormat
from tests.disks import files_of_at_most

if TYPE_CHECKING:
    from tests.results.conftest import Story

HEAD = ("import_row", "import_status", "Name", "ZIP")


def sheets(path: Path) -> dict[str, list[list[Any]]]:
    book = python_calamine.load_workbook(str(path))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_a_run_can_be_written_as_a_workbook(story: Story) -> None:
    story.sheet({2: ("Zoë", "zoe@example.com", "+14155550123", "=1+1"), 3: ("Bo", "", "007", "")})
    story.settle(2, Status.CREATED).settle(3, Status.FAILED, code="refused", message="No.")

    summary = story.write(results_format=ResultsFormat.XLSX)

    assert (summary.results.name, summary.failed_by_cause.name) == ("results.xlsx", "failed-by-cause.xlsx")
    table = sheets(summary.results)["Results"]
    assert table[0][-4:] == ["First Name", "E-mail", "Phone", "Notes"]
    assert table[1][-4:] == ["Zoë", "zoe@example.com", "+14155550123", "=1+1"]
    assert table[2][:2] == [3, "failed"]
    assert table[2][-2] == "007"
    assert summary.failed_rows.name == "failed.csv"


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@x", "#N/A", "01234", "1.5", "TRUE", " padded ", "line\nbreak", "cr\r\nlf", "\x00\x07\x1f", "_x0041_",
     "_x005F_", "'quoted", "tab\there", "2024-01-02"],
)  # fmt: skip
def test_every_text_reads_back_as_it_was(tmp_path: Path, text: str) -> None:
    with xlsx_table(tmp_path / "a.xlsx", ("A", "B")) as table:
        table.write(("x", text))

    assert sheets(tmp_path / "a.xlsx")["Results"][1] == ["x", text]


def test_nothing_of_a_source_is_a_formula_a_number_or_an_error(tmp_path: Path) -> None:
    with xlsx_table(tmp_path / "a.xlsx", ("Row", *HEAD[1:])) as table:
        table.write(("=cmd|' /C calc'!A0", "=1+1", "#REF!", "12"))

    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    cells = [cell for row in book["Results"].iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} == {"s"}
    assert {cell.number_format for cell in cells} == {"@"}
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_the_header_is_frozen_filtered_and_wide_enough_and_statuses_have_colours(tmp_path: Path) -> None:
    with xlsx_table(tmp_path / "a.xlsx", HEAD) as table:
        table.write(("2", "created", "A name of some length", ""))

    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Results"]
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref == "A1:D2"
    assert 20 < sheet.column_dimensions["C"].width < 30
    rules = [rule.formula for each in sheet.conditional_formatting for rule in each.rules]
    assert ['$B2="failed"'] in rules


def test_a_table_that_is_too_long_for_a_sheet_goes_on_in_the_next(tmp_path: Path) -> None:
    with xlsx_table(tmp_path / "a.xlsx", ("Row", "B"), sheet_rows=4) as table:
        for number in range(8):
            table.write((str(number), "x"))

    found = sheets(tmp_path / "a.xlsx")
    assert list(found) == ["Results", "Results 2", "Results 3"]
    assert [line[0] for line in found["Results"]] == ["Row", "0", "1", "2"]
    assert [line[0] for line in found["Results 3"]] == ["Row", "6", "7"]


def test_a_table_without_rows_has_its_header(tmp_path: Path) -> None:
    with xlsx_table(tmp_path / "a.xlsx", HEAD):
        pass

    assert sheets(tmp_path / "a.xlsx") == {"Results": [list(HEAD)]}


def test_ragged_rows_keep_their_surplus_cells(tmp_path: Path) -> None:
    with xlsx_table(tmp_path / "a.xlsx", ("A", "B")) as table:
        table.write(("1", "2", "3", "4"))
        table.write(("1",))

    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Results"]
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)] == [
        ["1", "2", "3", "4"],
        ["1", None, None, None],
    ]


def test_each_cause_has_its_own_sheet_behind_an_overview(tmp_path: Path) -> None:
    with xlsx_by_cause(tmp_path / "a.xlsx", HEAD, sheet_rows=3) as causes:
        for number in range(3):
            causes.add("refused", (str(number), "failed", "x", ""))
        causes.add("column_count", ("9", "failed", "y", ""))
        causes.add("a/very:long*code[with]odd?characters_1", ("10", "failed", "z", ""))
        causes.add("a/very:long*code[with]odd?characters_2", ("11", "failed", "z", ""))

    found = sheets(tmp_path / "a.xlsx")
    assert list(found)[:2] == ["Causes", "refused"]
    assert {"refused 2", "column_count"} < set(found)
    assert len(found) == 6
    overview = found["Causes"]
    assert overview[1][0:4:2] == ["refused", 3]
    assert [line[0] for line in overview[1:]][1] == "a/very:long*code[with]odd?characters_1"


def test_a_text_too_long_for_a_cell_is_cut_and_says_so() -> None:
    assert fitted("x" * CELL_CHARACTERS) == "x" * CELL_CHARACTERS
    cut = fitted("x" * 40_000)
    assert len(cut) == CELL_CHARACTERS
    assert cut.endswith("[... cut here: the source has 40,000 characters]")
    assert len(fitted("\U0001f600" * 20_000).encode("utf-16-le")) <= CELL_CHARACTERS * 2
    assert len(fitted("x" + "\U0001f600" * 20_000).encode("utf-16-le")) <= CELL_CHARACTERS * 2


def test_a_cut_cell_is_counted_and_said(story: Story) -> None:
    story.sheet({2: ("", "", "", "x" * 40_000), 3: ("", "", "", "x" * 32_767)})
    story.settle(2, Status.CREATED).settle(3, Status.CREATED)

    summary = story.write(results_format=ResultsFormat.XLSX)

    assert summary.to_json()["cut_cells"] == 1
    assert "1 cell is longer than a workbook can hold and cut in results.xlsx" in render_summary(summary)
    assert story.write(results_format=ResultsFormat.CSV).cut_cells == 0


def test_cells_beyond_the_last_column_of_a_sheet_are_counted(tmp_path: Path) -> None:
    with xlsx_table(tmp_path / "a.xlsx", ("A", "B")) as table:
        table.write(["x"] * 20_000)

    assert table.cut_cells == 20_000 - SHEET_COLUMNS


def test_our_own_counts_are_numbers_and_sort_as_such(story: Story) -> None:
    story.sheet({2: ("007", "", "", "")}).settle(2, Status.FAILED, http_status=422, attempts=3)

    line = openpyxl.load_workbook(story.write(results_format=ResultsFormat.XLSX).results)["Results"][2]

    assert [line[place].value for place in (0, 8, 9, 13)] == [2, 422, 3, "007"]


def test_the_escape_touches_plain_text_as_little_as_it_can() -> None:
    assert escape("snake_case_x1") == "snake_case_x1"
    assert escape("_x0041_") == "_x005F_x0041_"


def test_a_header_too_wide_for_a_workbook_is_written_as_csv(story: Story) -> None:
    header = tuple(f"c{number}" for number in range(16_380))
    story.sheet({2: ("x",) * len(header)}, header=header)

    assert story.write(results_format=ResultsFormat.XLSX).results.name == "results.csv"


def test_pages_count_their_rows(tmp_path: Path) -> None:
    pages = Pages(openpyxl.Workbook(write_only=True), "T", ("A", "B"), sheet_rows=10)
    pages.write(("1", "2"))
    pages.close()

    assert pages.rows == 1


def write_plain(path: Path) -> None:
    with xlsx_table(path, HEAD) as table:
        for number in range(3_000):
            table.write((str(number), "failed", f"Person {number}", "01234"))


def write_by_cause(path: Path) -> None:
    with xlsx_by_cause(path, HEAD) as causes:
        for number in range(3_000):
            causes.add(f"cause {number % 3}", (str(number), "failed", f"Person {number}", "01234"))


@pytest.mark.parametrize("write", [write_plain, write_by_cause])
def test_a_full_disk_is_told_as_one_and_leaves_nothing_of_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], None]
) -> None:
    for name in ("aside", "there"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "aside"))
    with (
        files_of_at_most(1 << 14),
        pytest.raises(StateError, match="could not be written: File too large"),
    ):
        write(tmp_path / "there" / "failed.xlsx")
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []
