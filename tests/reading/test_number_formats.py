"""Numbers as a sheet shows them, where the number format holds a part of the value."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.reading import open_source
from importer.reading.workbooks.xlsx_formats import renderer_of
from tests.reading.workbook_makers import book, cells

PHONE = 442079460123


@pytest.mark.parametrize(
    ("code", "stored", "shown"),
    [
        ("+0", "442079460123", "+442079460123"),
        ('"+"0', "442079460123.0", "+442079460123"),
        ("\\+0", "4.42079460123E+11", "+442079460123"),
        ('"+"General', "442079460123", "+442079460123"),
        ("+#", "442079460123", "+442079460123"),
        ('"0"0', "2079460125", "02079460125"),
        ("\\0#", "2079460125", "02079460125"),
        ('"+44"0', "2079460126", "+442079460126"),
        ('"+44 "00 0000 0000', "2079460126", "+44 20 7946 0126"),
        ('00"."00"."00"."00"."00', "123456789", "01.23.45.67.89"),
        ("00000", "2134", "02134"),
        ("00000", "123456", "123456"),
        ("00000-0000", "21341234", "02134-1234"),
        ("+0;-0;0", "0", "0"),
        ("00000;-00000;0", "0", "0"),
        ("[<=99999]00000;00000-0000", "2134", "02134"),
        ("[<=99999]00000;00000-0000", "21341234", "02134-1234"),
        ("+0;-0;0", "-5", "-5"),
    ],
)
def test_what_a_format_adds_to_a_number_is_read(code: str, stored: str, shown: str) -> None:
    assert renderer_of(164, code, epoch_1904=False)(stored) == shown


@pytest.mark.parametrize("code", ["0", "General", "#,##0", "0.00", '0" kg"', '"$"0', "0;[Red]-0", "#"])
def test_what_a_format_only_dresses_up_is_the_number(code: str) -> None:
    assert renderer_of(164, code, epoch_1904=False)("442079460123") == "442079460123"


def test_workbooks_of_both_kinds_show_the_plus_and_the_zero(tmp_path: Path) -> None:
    xlwt = pytest.importorskip("xlwt")
    rows: list[list[object]] = [["Name", "Phone", "Home"], ["Ann", PHONE, 2079460125]]
    book(tmp_path / "a.xlsx", rows, B="+0", C='"0"0')
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("S")
    for row, values in enumerate(rows):
        for column, value in enumerate(values):
            code = ["General", "+0", '"0"0'][column]
            sheet.write(row, column, value, xlwt.easyxf(num_format_str=code))
    workbook.save(str(tmp_path / "a.xls"))
    for name in ("a.xlsx", "a.xls"):
        assert cells(open_source(tmp_path / name)) == [("Ann", "+442079460123", "02079460125")]
