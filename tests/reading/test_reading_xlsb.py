"""Binary Excel workbooks, with the long records that Excel writes and the short ones that others do."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from importer.errors import SourceError
from importer.reading import open_source
from tests.reading.workbook_makers import cells, record, wide, xlsb, xlsb_cell, xlsb_row

RK, ERROR, TRUTH, REAL, TEXT, SHARED = 2, 3, 4, 5, 6, 7


def real(value: float) -> bytes:
    return struct.pack("<d", value)


def texts(index: int, *values: str, short: bool = False) -> bytes:
    return xlsb_row(
        index,
        *(
            xlsb_cell(TEXT, column if not short or not column else None, wide(value))
            for column, value in enumerate(values)
        ),
    )


def test_short_records_take_the_column_behind_the_last_cell(tmp_path: Path) -> None:
    row = xlsb_row(
        1,
        xlsb_cell(TEXT, None, wide("Ann")),
        xlsb_cell(TEXT, 2, wide("a@example.com")),
        xlsb_cell(REAL, None, real(5)),
        xlsb_cell(1, None, b""),
        xlsb_cell(TRUTH, None, b"\x01"),
    )
    path = xlsb(
        tmp_path / "a.xlsb", texts(0, "Name", "Note", "Email", "Count", "Blank", "Opted", short=True) + row
    )
    assert cells(open_source(path)) == [("Ann", "", "a@example.com", "5", "", "TRUE")]


def test_numbers_are_read_as_they_show(tmp_path: Path) -> None:
    formats = ["00000", "+0", "yyyy\\-mm\\-dd", "0%"]
    row = xlsb_row(
        1,
        xlsb_cell(RK, 0, struct.pack("<I", 2134 << 2 | 2), 1),
        xlsb_cell(REAL, 1, real(442079460123.0), 2),
        xlsb_cell(REAL, 2, real(32999.0), 3),
        xlsb_cell(RK, None, struct.pack("<I", 25 << 2 | 3), 4),
        xlsb_cell(RK, None, struct.pack("<I", (-7 << 2 | 2) & 0xFFFFFFFF)),
        xlsb_cell(RK, None, struct.pack("<I", struct.unpack("<Q", real(1.5))[0] >> 32)),
    )
    path = xlsb(
        tmp_path / "a.xlsb", texts(0, "Zip", "Phone", "Born", "Share", "Sum", "Half") + row, formats=formats
    )
    assert cells(open_source(path)) == [("02134", "+442079460123", "1990-05-06", "25%", "-7", "1.5")]


def test_results_of_formulas_shared_texts_and_errors_are_read(tmp_path: Path) -> None:
    row = xlsb_row(
        1,
        xlsb_cell(SHARED, 0, struct.pack("<I", 1)),
        xlsb_cell(8, 1, wide("Ann Lee") + bytes(8)),
        xlsb_cell(9, 2, real(7) + bytes(8)),
        xlsb_cell(ERROR, 3, b"\x2a"),
        xlsb_cell(62, 4, b"\x00" + wide("rich")),
    )
    path = xlsb(
        tmp_path / "a.xlsb", texts(0, "First", "Full", "Sum", "Look", "Note") + row, strings=["other", "Ann"]
    )
    found = next(iter(open_source(path)))
    assert found.cells == ("Ann", "Ann Lee", "7", "", "rich")
    assert [(fault.code, fault.column) for fault in found.faults] == [("error_cell", "D")]


def test_what_is_hidden_and_merged_is_told(tmp_path: Path) -> None:
    sheet = (
        record(60, struct.pack("<IIIIH", 1, 1, 0, 0, 1))
        + texts(0, "Company", "Name")
        + texts(1, "Acme", "Ann")
    )
    sheet += xlsb_row(2, xlsb_cell(TEXT, 1, wide("Bob")), hidden=True) + texts(4, "Bolt", "Cy")
    source = open_source(
        xlsb(tmp_path / "a.xlsb", sheet + record(146) + record(176, struct.pack("<IIII", 1, 2, 0, 0)))
    )
    assert [(row.number, row.cells) for row in source] == [
        (2, ("Acme", "Ann")),
        (3, ("Acme", "Bob")),
        (5, ("Bolt", "Cy")),
    ]
    assert [[fault.code for fault in row.faults] for row in source] == [[], ["hidden_row"], []]
    assert (source.detected.hidden_rows, source.detected.hidden_columns) == (1, 1)


def test_columns_that_are_hidden_to_the_right_of_all_cells_hide_nothing(tmp_path: Path) -> None:
    hidden = record(60, struct.pack("<IIIIH", 2, 16_383, 0, 0, 1))
    source = open_source(xlsb(tmp_path / "a.xlsb", hidden + texts(0, "Name", "Note") + texts(1, "Ann", "x")))
    assert source.detected.hidden_columns == 0


@pytest.mark.parametrize(
    "sheet",
    [
        texts(5, "Name") + texts(5, "Ann"),
        texts(0, "Name") + texts(2_000_000, "Ann"),
        texts(0, "Name") + xlsb_row(1, xlsb_cell(TEXT, 20_000, wide("x"))),
        texts(0, "Name") + xlsb_row(1, xlsb_cell(TEXT, 0, struct.pack("<I", 1 << 30))),
        texts(0, "Name") + xlsb_row(1, xlsb_cell(SHARED, 0, struct.pack("<I", 99))),
        texts(0, "Name") + b"\x06\xff\xff\xff\xff",
        texts(0, "Name") + b"\x06\xff\xff\xff\x7f",
    ],
)
def test_records_that_cannot_be_are_said_to_be_damage(tmp_path: Path, sheet: bytes) -> None:
    with pytest.raises(SourceError, match="damaged"):
        list(open_source(xlsb(tmp_path / "a.xlsb", sheet)))
