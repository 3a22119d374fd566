"""Excel 97-2003 workbooks: what calamine does not tell of them, and containers that are damaged."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from importer.errors import SourceError
from importer.reading import open_source
from importer.reading.workbooks.xls_looks import looks_of

xlwt = pytest.importorskip("xlwt")
HEADER = ["Name", "Zip", "Phone", "Span", "Share", "Sum"]


def written(path: Path, *, row: int = 0, column: int = 0, people: int = 3) -> Path:
    """Write people below a header that begins at a cell; the second one is hidden, and so is the column of phones."""
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("Käufer")
    formats = ["General", "00000", "(000) 000-0000", "[h]:mm", "0.0%", "General"]
    styles = [xlwt.easyxf(num_format_str=code) for code in formats]
    for place, name in enumerate(HEADER, column):
        sheet.write(row, place, name)
    for person in range(people):
        values = [f"P{person}", 501 + person, 4155550120 + person, 1.25, 0.125, 0.1 + 0.2]
        for place, (value, style) in enumerate(zip(values, styles, strict=True)):
            sheet.write(row + 1 + person, column + place, value, style)
    sheet.row(row + 2).hidden = True
    sheet.col(column + 2).hidden = True
    workbook.add_sheet("Empty")
    workbook.save(str(path))
    return path


@pytest.mark.parametrize(("row", "column"), [(0, 0), (3, 2)])
def test_number_formats_of_an_old_workbook_are_read(tmp_path: Path, row: int, column: int) -> None:
    source = open_source(written(tmp_path / "a.xls", row=row, column=column))
    assert source.header == tuple(HEADER)
    assert [found.cells for found in source] == [
        ("P0", "00501", "(415) 555-0120", "30:00:00", "12.5%", "0.3"),
        ("P1", "00502", "(415) 555-0121", "30:00:00", "12.5%", "0.3"),
        ("P2", "00503", "(415) 555-0122", "30:00:00", "12.5%", "0.3"),
    ]
    assert source.detected.header_row == row + 1


def test_what_an_old_workbook_hides_is_counted(tmp_path: Path) -> None:
    source = open_source(written(tmp_path / "a.xls"))
    assert (source.detected.hidden_rows, source.detected.hidden_columns) == (1, 1)
    assert [[fault.code for fault in row.faults] for row in source] == [[], ["hidden_row"], []]


def test_errors_of_an_old_workbook_are_blank_with_a_warning(tmp_path: Path) -> None:
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("S")
    for column, value in enumerate(["Name", "Score", "Opted"]):
        sheet.write(0, column, value)
    sheet.write(1, 0, "Ann")
    sheet.row(1).set_cell_error(1, 0x2A)
    sheet.write(1, 2, True)
    sheet.write(2, 0, "Bob")
    workbook.save(str(tmp_path / "a.xls"))
    rows = list(open_source(tmp_path / "a.xls"))
    assert [row.cells for row in rows] == [("Ann", "", "TRUE"), ("Bob", "", "")]
    assert [[fault.code for fault in row.faults] for row in rows] == [["error_cell"], []]
    assert "Cell B shows the error #N/A" in rows[0].faults[0].message


def test_rows_beyond_the_first_batch_keep_their_formats_and_warnings(tmp_path: Path) -> None:
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("S")
    sheet.write(0, 0, "Name")
    sheet.write(0, 1, "Zip")
    style = xlwt.easyxf(num_format_str="00000")
    for row in range(1, 1500):
        sheet.write(row, 0, f"P{row}")
        sheet.write(row, 1, row, style)
    sheet.row(1200).hidden = True
    workbook.save(str(tmp_path / "a.xls"))
    rows = list(open_source(tmp_path / "a.xls"))
    assert [row.cells[1] for row in rows] == [f"{row:05}" for row in range(1, 1500)]
    assert [row.number for row in rows if row.faults] == [1201]


def test_a_damaged_container_is_read_or_refused_and_nothing_else(tmp_path: Path) -> None:
    content = written(tmp_path / "whole.xls", people=40).read_bytes()
    dice = random.Random(7)  # noqa: S311  (which bytes are damaged is no secret)
    path = tmp_path / "a.xls"
    for _ in range(150):
        damaged = bytearray(content[: dice.randrange(600, len(content))] if dice.random() < 0.3 else content)
        for _ in range(dice.randrange(1, 9)):
            limit = min(len(damaged), dice.choice([600, 4000, sys.maxsize]))
            damaged[dice.randrange(8, limit)] = dice.choice([0, 0xFF, dice.randrange(256)])
        path.write_bytes(damaged)
        looks_of(path, "Käufer")
        try:
            list(open_source(path))
        except SourceError:
            continue
