"""Workbooks of every kind, as programs and people write them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter  # type: ignore[import-untyped]
from openpyxl.styles import PatternFill

from importer.errors import SourceError
from importer.reading import open_source
from importer.reading.workbooks.xlsx_strings import shared_strings
from importer.records import TypedText
from importer.settings import ReadingOptions
from tests.reading.workbook_makers import HEADER, MAIN, book, cells, inline, raw_book, sheet_xml, sheets

CONTACTS: list[list[object]] = [["Name", "Email"], ["Ann", "ann@example.com"]]
DEALS: list[list[object]] = [["Deal", "Sum"], ["Big", 5]]
BORN = datetime.fromisoformat("1990-05-06T00:00:00")


def test_header_rows_and_numbers_are_those_of_the_sheet(tmp_path: Path) -> None:
    path = book(
        tmp_path / "a.xlsx", [["Name", "Email"], ["Ann", "ann@example.com"], [], ["Bob", "b@example.com"]]
    )
    source = open_source(path)
    assert source.header == ("Name", "Email")
    assert [(row.number, row.cells) for row in source] == [
        (2, ("Ann", "ann@example.com")),
        (4, ("Bob", "b@example.com")),
    ]
    assert list(source) == list(source)


def test_number_formats_that_carry_meaning_are_kept(tmp_path: Path) -> None:
    row = [2134, 2125550100, 123456789, 14155550123.0, 1.41556e10, 0.25, 1234.5]
    path = book(
        tmp_path / "a.xlsx",
        [["Zip", "Phone", "SSN", "Mobile", "Other", "Share", "Sum"], row],
        A="00000",
        B="[<=9999999]###\\-####;\\(###\\)\\ ###\\-####",
        C="000\\-00\\-0000",
        E="0.00E+00",
        F="0%",
        G="#,##0.00",
    )
    expected = ("02134", "(212) 555-0100", "123-45-6789", "14155550123", "14155600000", "25%", "1234.5")
    assert cells(open_source(path)) == [expected]


def test_typed_cells_keep_their_value(tmp_path: Path) -> None:
    moment = datetime.fromisoformat("2024-01-02T03:04:05")
    row = [date(1990, 5, 6), moment, time(9, 30), True, 7, timedelta(hours=30)]
    path = book(tmp_path / "a.xlsx", [["Day", "Moment", "Time", "Flag", "Count", "Span"], row])
    found = cells(open_source(path))[0]
    assert found == ("1990-05-06", "2024-01-02 03:04:05", "09:30:00", "TRUE", "7", "30:00:00")
    assert [cell.value for cell in found if isinstance(cell, TypedText)] == row


@pytest.mark.parametrize("from_1904", [False, True])
def test_dates_count_from_the_workbook_s_own_epoch(tmp_path: Path, *, from_1904: bool) -> None:
    workbook = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"), {"date_1904": from_1904})
    sheet = workbook.add_worksheet()
    sheet.write_row(0, 0, ["Name", "Born"])
    sheet.write(1, 0, "Ann")
    sheet.write_datetime(1, 1, BORN, workbook.add_format({"num_format": "d mmm yyyy"}))
    workbook.close()
    assert cells(open_source(tmp_path / "a.xlsx")) == [("Ann", "1990-05-06")]


def test_titles_merged_cells_and_hidden_rows_are_read_as_a_person_reads_them(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    for row in (["Members 2024"], [], ["Company", "Name"], ["Acme", "Ann"], [None, "Bob"], ["Bolt", "Cy"]):
        sheet.append(row)
    sheet.merge_cells("A1:B1")
    sheet.merge_cells("A4:A5")
    sheet.row_dimensions[6].hidden = True
    sheet.column_dimensions["B"].hidden = True
    workbook.save(tmp_path / "a.xlsx")
    source = open_source(tmp_path / "a.xlsx")
    assert source.header == ("Company", "Name")
    assert cells(source) == [("Acme", "Ann"), ("Acme", "Bob"), ("Bolt", "Cy")]
    assert [[fault.code for fault in row.faults] for row in source] == [[], [], ["hidden_row"]]
    assert (source.detected.hidden_rows, source.detected.hidden_columns) == (1, 1)


def test_error_cells_are_blank_and_formulas_are_their_results(tmp_path: Path) -> None:
    workbook = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    sheet = workbook.add_worksheet()
    sheet.write_row(0, 0, ["Name", "Full", "Sum"])
    sheet.write(1, 0, "Ann")
    sheet.write_formula(1, 1, '=A2&" Lee"', None, "Ann Lee")
    sheet.write_formula(1, 2, "=1/0", None, "#DIV/0!")
    workbook.close()
    row = next(iter(open_source(tmp_path / "a.xlsx")))
    assert row.cells == ("Ann", "Ann Lee", "")
    assert [(fault.code, fault.fails) for fault in row.faults] == [("error_cell", False)]


def test_a_formula_without_a_result_is_blank_with_a_warning_and_never_the_formula(tmp_path: Path) -> None:
    row = next(iter(open_source(book(tmp_path / "b.xlsx", [["Name", "Full"], ["Ann", "=A2"]]))))
    assert row.cells == ("Ann", "")
    assert [(fault.code, fault.fails) for fault in row.faults] == [("formula_without_value", False)]


def test_rich_and_escaped_texts_are_joined_and_readings_left_out(tmp_path: Path) -> None:
    strings = (
        f'<sst xmlns="{MAIN}"><si><t>Name</t></si><si><t>Note</t></si>'
        '<si><r><rPr><b/></rPr><t>An</t></r><r><t xml:space="preserve">n </t></r><rPh sb="0" eb="1"><t>x</t></rPh></si>'
        "<si><t>a &lt;b&gt; &amp;#38; _x000D_c &#233;</t></si><si/></sst>"
    )
    rows = (
        '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
        '<row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2" t="s"><v>3</v></c></row>'
        '<row r="3"><c r="A3" t="s"><v>0</v></c><c r="B3" t="s"><v>4</v></c></row>'
    )
    path = raw_book(tmp_path / "a.xlsx", sheet_xml(rows), sharedStrings=strings)
    assert cells(open_source(path)) == [("Ann ", "a <b> &#38; \rc é"), ("Name", "")]


@pytest.mark.parametrize(
    ("items", "texts"),
    [
        ('<si><t>Ann</t></si><si><t xml:space="preserve"> b &amp; c</t></si>', ["Ann", " b & c"]),
        ("<si><t>Ann</t></si><si><t></t></si><si><t>Bob</t></si>", ["Ann", "", "Bob"]),
        ("<si><t>Ann</t></si>\n<si><t>Bob</t></si>", ["Ann", "Bob"]),
        ("<si><t>Ann</t></si><si><r><t>B</t></r><r><t>ob</t></r></si>", ["Ann", "Bob"]),
        ("<si><t>Ann</t></si><si><t>Bob</t><rPh><t>x</t></rPh></si>", ["Ann", "Bob"]),
        ("<si><t>Ann</t></si><si/><si><t>Bob</t></si>", ["Ann", "", "Bob"]),
        ("<si><t>a xml:space=_x0022_preserve_x0022_</t></si>", ['a xml:space="preserve"']),
    ],
)
def test_shared_strings_are_the_same_however_they_are_written(items: str, texts: list[str]) -> None:
    """A part of the table without its head is cut, not searched, where every item is of the usual form."""
    assert shared_strings(["<sst><si><t>Name</t></si>", items, "</sst>"]) == ["Name", *texts]


def test_cells_without_references_are_read_in_order(tmp_path: Path) -> None:
    rows = (
        "<row><c t='inlineStr'><is><t>Name</t></is></c><c t=\"inlineStr\"><is><t>Email</t></is></c></row>"
        '<row><!-- odd --><c t="inlineStr"><is><t><![CDATA[A & B]]></t></is></c><c><v>5</v></c></row>'
    )
    assert cells(open_source(raw_book(tmp_path / "a.xlsx", sheet_xml(rows)))) == [("A & B", "5")]


def test_xml_with_prefixes_is_read(tmp_path: Path) -> None:
    sheet = (
        f'<x:worksheet xmlns:x="{MAIN}"><x:sheetData>'
        '<x:row r="1"><x:c r="A1" t="inlineStr"><x:is><x:t>Name</x:t></x:is></x:c></x:row>'
        '<x:row r="3"><x:c r="A3" t="str"><x:v>Ann</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    )
    source = open_source(raw_book(tmp_path / "b.xlsx", sheet))
    assert [(row.number, row.cells) for row in source] == [(3, ("Ann",))]


def test_a_lone_cell_in_the_last_corner_and_a_lying_dimension_cost_nothing(tmp_path: Path) -> None:
    rows = HEADER + "".join(
        f'<row r="{n}">{inline(f"A{n}", "Ann")}{inline(f"B{n}", f"a{n}@example.com")}</row>'
        for n in range(2, 40)
    )
    corner = '<row r="1048576"><c r="XFD1048576" s="0"/></row>'
    xml = sheet_xml(rows + corner, root=f'<worksheet xmlns="{MAIN}"><dimension ref="A1:B1"/>')
    source = open_source(raw_book(tmp_path / "a.xlsx", xml))
    assert len(list(source)) == 38
    assert source.header == ("Name", "Email")


def test_all_columns_of_a_sheet_can_be_read(tmp_path: Path) -> None:
    workbook = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"), {"constant_memory": True})
    sheet = workbook.add_worksheet()
    for row, word in enumerate(("Column", "value")):
        for column in range(16_384):
            sheet.write_string(row, column, f"{word} {column}")
    workbook.close()
    source = open_source(tmp_path / "a.xlsx")
    assert len(source.header) == 16_384
    assert cells(source)[0][-1] == "value 16383"


def test_the_mapped_headers_choose_the_sheet(tmp_path: Path) -> None:
    path = sheets(tmp_path / "a.xlsx", Deals=DEALS, Contacts=CONTACTS)
    source = open_source(path, options=ReadingOptions(wanted_headers=("Name", "E-mail")))
    assert source.detected.sheet == "Contacts"


def test_sheets_that_are_left_out_are_named_and_those_with_people_said_to_be(tmp_path: Path) -> None:
    old: list[list[object]] = [["Member", "Mail"], ["Di", "di@example.com"]]
    path = sheets(tmp_path / "a.xlsx", Deals=DEALS, Contacts=CONTACTS, Old=old)
    detected = open_source(path, options=ReadingOptions(wanted_headers=("Name", "E-mail"))).detected
    assert [doubt.partition(", and")[0] for doubt in detected.doubts] == ["Sheet 'Old' holds people, too"]
    assert "sheet 'Deals' is left out: it shows no people" in detected.notes
    assert open_source(path, options=ReadingOptions(sheet="Contacts")).detected.doubts == ()


def test_without_a_mapping_the_visible_sheets_are_named_and_one_is_asked_for(tmp_path: Path) -> None:
    path = sheets(tmp_path / "a.xlsx", Deals=DEALS, Contacts=CONTACTS, Secret=CONTACTS)
    workbook = openpyxl.load_workbook(path)
    workbook["Secret"].sheet_state = "veryHidden"
    workbook.save(path)
    with pytest.raises(SourceError, match=r"Deals, Contacts") as caught:
        open_source(path)
    assert "Secret" not in str(caught.value)
    assert cells(open_source(path, options=ReadingOptions(sheet="secret"))) == [("Ann", "ann@example.com")]
    with pytest.raises(SourceError, match="no sheet 'Nope'"):
        open_source(path, options=ReadingOptions(sheet="Nope"))


def test_an_empty_sheet_beside_the_contacts_is_no_question(tmp_path: Path) -> None:
    assert open_source(sheets(tmp_path / "a.xlsx", Sheet1=[], Contacts=CONTACTS)).detected.sheet == "Contacts"


def test_styles_without_number_formats_change_nothing(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [["Name", "Id"], ["Ann", 12345]])
    workbook = openpyxl.load_workbook(path)
    workbook.worksheets[0]["B2"].fill = PatternFill("solid", fgColor="FFFF00")
    workbook.save(path)
    assert cells(open_source(path)) == [("Ann", "12345")]


def test_sparse_rows_and_late_kinds_of_cells_keep_their_columns(tmp_path: Path) -> None:
    """Rows are read by a shape learnt from those before; what does not fit it must come out the same."""
    rows: list[list[object]] = [["A", "B", "C", "D"]]
    for n in range(300):
        rows.append(
            [n if n % 3 else None, f"t{n}" if n % 5 else None, n % 2 == 0 if n % 7 else None, n + 0.5]
        )
        if n % 50 == 49:
            rows.append([f"text {n}", n, "a & b", date(2024, 1, 1)])
    found = cells(open_source(book(tmp_path / "a.xlsx", rows)))
    assert found == [tuple(map(shown, row)) for row in rows[1:]]


def shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return value.isoformat() if isinstance(value, date) else str(value)


def test_an_old_workbook_is_read(tmp_path: Path) -> None:
    xlwt = pytest.importorskip("xlwt")
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("Contacts")
    for column, name in enumerate(["Name", "Phone", "Born"]):
        sheet.write(2, column, name)
    sheet.write(3, 0, "Ann")
    sheet.write(3, 1, 14155550123)
    sheet.write(3, 2, BORN, xlwt.easyxf(num_format_str="yyyy-mm-dd"))
    workbook.save(str(tmp_path / "a.xls"))
    source = open_source(tmp_path / "a.xls")
    assert [(row.number, row.cells) for row in source] == [(4, ("Ann", "14155550123", "1990-05-06"))]


def test_merged_cells_of_an_old_workbook_count_for_each_row(tmp_path: Path) -> None:
    xlwt = pytest.importorskip("xlwt")
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("Contacts")
    for row, values in enumerate([("Company", "Name"), ("", "Ann"), ("", "Bob"), ("Bolt", "Cy")]):
        for column, value in enumerate(values):
            if value:
                sheet.write(row, column, value)
    sheet.write_merge(1, 2, 0, 0, "Acme")
    workbook.save(str(tmp_path / "a.xls"))
    source = open_source(tmp_path / "a.xls")
    assert cells(source) == [("Acme", "Ann"), ("Acme", "Bob"), ("Bolt", "Cy")]
    assert not any("number formats" in note for note in source.detected.notes)


def test_a_name_over_two_rows_of_the_header_stands_for_one_column(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Kontakt", None, None, "Newsletter"])
    sheet.append(["Vorname", "Nachname", "E-Mail"])
    sheet.append(["Jan", "Alt", "a@e.example", "ja"])
    sheet.append(["Uwe", "Berg", "b@e.example", "nein"])
    sheet.merge_cells("A1:C1")
    sheet.merge_cells("D1:D2")
    book.save(tmp_path / "a.xlsx")
    source = open_source(tmp_path / "a.xlsx")
    assert source.header[-1] == "Newsletter"
    assert cells(source) == [("Jan", "Alt", "a@e.example", "ja"), ("Uwe", "Berg", "b@e.example", "nein")]
    assert not any(row.faults for row in source)
