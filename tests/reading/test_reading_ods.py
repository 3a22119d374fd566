"""OpenDocument sheets, as people see them and as any program writes them."""

from __future__ import annotations

from datetime import date, time, timedelta
from pathlib import Path

import pytest

from importer.errors import SourceError
from importer.reading import open_source
from importer.records import TypedText
from importer.settings import ReadingOptions
from tests.reading.workbook_makers import cells, ods, ods_cell, ods_row, ods_table

HEADER = ods_row("Name", "Email")
ANN = ods_row("Ann", "ann@example.com")


@pytest.mark.parametrize(
    ("value", "shown", "text"),
    [
        ("2134", "02134", "02134"),
        ("442079460123", "+442079460123", "+442079460123"),
        ("2079460126", "+44 20 7946 0126", "+44 20 7946 0126"),
        ("2125550130", "(212) 555-0130", "(212) 555-0130"),
        ("123456789", "01.23.45.67.89", "01.23.45.67.89"),
        ("14155550123", "1.41556E+10", "14155550123"),
        ("1234567", "1,234,567", "1234567"),
        ("1234567", "1 234 567", "1234567"),
        ("12", "12.00", "12"),
        ("0", "0.00", "0"),
        ("1234.5", "1.234,50 €", "1234.5"),
        ("0.30000000000000004", "0.3", "0.3"),
        ("7", "", "7"),
    ],
)
def test_a_number_is_read_as_it_shows_where_that_says_more(
    tmp_path: Path, value: str, shown: str, text: str
) -> None:
    row = ods_row("Ann", ods_cell(shown, "float", value))
    assert cells(open_source(ods(tmp_path / "a.ods", ods_table(HEADER, row)))) == [("Ann", text)]


def test_typed_cells_keep_their_value(tmp_path: Path) -> None:
    header = ods_row("Name", "Day", "Clock", "Span", "Flag", "Share")
    row = ods_row(
        "Ann",
        ods_cell("6. Mai 1990", "date", "1990-05-06"),
        ods_cell("9.30", "time", "PT09H30M00S"),
        ods_cell("30:00", "time", "PT30H00M00S"),
        ods_cell("WAHR", "boolean", "true"),
        ods_cell("12,5 %", "percentage", "0.125"),
    )
    found = cells(open_source(ods(tmp_path / "a.ods", ods_table(header, row))))[0]
    assert found == ("Ann", "1990-05-06", "09:30:00", "30:00:00", "TRUE", "12.5%")
    typed = [cell.value for cell in found if isinstance(cell, TypedText)]
    assert typed == [date(1990, 5, 6), time(9, 30), timedelta(hours=30), True, 0.125]


def test_white_space_notes_and_formatting_are_what_a_person_reads(tmp_path: Path) -> None:
    note = "<office:annotation><text:p>call her</text:p></office:annotation>"
    name = f'<table:table-cell office:value-type="string">{note}<text:p>\n An<text:span>n</text:span>\n  Lee</text:p></table:table-cell>'
    place = (
        '<table:table-cell office:value-type="string"><text:p>1<text:s text:c="2"/>Elm<text:tab/>St<text:line-break/>Flat</text:p>'
        "<text:p>Rome</text:p></table:table-cell>"
    )
    source = open_source(ods(tmp_path / "a.ods", ods_table(ods_row("Name", "Place"), ods_row(name, place))))
    assert cells(source) == [("Ann Lee", "1  Elm\tSt\nFlat\nRome")]


def test_repeated_cells_and_rows_keep_columns_and_numbers(tmp_path: Path) -> None:
    header = ods_row("A", '<table:table-cell table:number-columns-repeated="2"/>', "D")
    gap = ods_row(
        '<table:table-cell table:number-columns-repeated="1024"/>',
        attributes='table:number-rows-repeated="3"',
    )
    twice = ods_row(
        "x",
        ods_cell("y", attributes='table:number-columns-repeated="3"'),
        attributes='table:number-rows-repeated="2"',
    )
    rest = ods_row(
        '<table:table-cell table:number-columns-repeated="16384"/>',
        attributes='table:number-rows-repeated="1048570"',
    )
    source = open_source(ods(tmp_path / "a.ods", ods_table(header, gap, twice, rest)))
    assert source.header == ("A", "", "", "D")
    assert [(row.number, row.cells) for row in source] == [
        (5, ("x", "y", "y", "y")),
        (6, ("x", "y", "y", "y")),
    ]


@pytest.mark.parametrize(
    "row",
    [
        ods_row("Ann", "ann@example.com", attributes='table:number-rows-repeated="1000000"'),
        ods_row("Ann", ods_cell("x", attributes='table:number-columns-repeated="1000000000"')),
        ods_row("Ann", '<table:table-cell table:number-columns-repeated="99999999999999"/>', "x"),
    ],
)
def test_a_few_bytes_that_stand_for_millions_of_cells_are_refused(tmp_path: Path, row: str) -> None:
    with pytest.raises(SourceError, match=r"repeating|more than the 16,384 columns"):
        list(open_source(ods(tmp_path / "a.ods", ods_table(HEADER, row))))


def test_merged_hidden_and_faulty_cells_are_told(tmp_path: Path) -> None:
    merged = ods_cell("Acme", attributes='table:number-rows-spanned="2"')
    error = '<table:table-cell table:formula="of:=1/0" office:value-type="string" calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>'
    unknown = '<table:table-cell table:formula="of:=A1"/>'
    rows = (
        ods_row("Company", "Name", "Sum"),
        ods_row(merged, "Ann", error),
        ods_row("<table:covered-table-cell/>", "Bob", unknown, attributes='table:visibility="filter"'),
        ods_row("Bolt", "Cy", "5"),
    )
    columns = '<table:table-column/><table:table-column table:visibility="collapse"/>'
    source = open_source(ods(tmp_path / "a.ods", ods_table(*rows, columns=columns)))
    assert cells(source) == [("Acme", "Ann", ""), ("Acme", "Bob", ""), ("Bolt", "Cy", "5")]
    assert [[fault.code for fault in row.faults] for row in source] == [
        ["error_cell"],
        ["hidden_row", "formula_without_value"],
        [],
    ]
    assert (source.detected.hidden_rows, source.detected.hidden_columns) == (1, 1)


def test_rows_in_groups_count_and_those_of_drawings_and_earlier_versions_do_not(tmp_path: Path) -> None:
    other = ods_table(ods_row("No", "contact"), name="Inside")
    aside = f"<table:tracked-changes>{other}</table:tracked-changes>"
    shapes = f"<table:shapes>{other}</table:shapes>"
    grouped = f"<table:table-header-rows>{HEADER}</table:table-header-rows>{shapes}<table:table-row-group>{ANN}</table:table-row-group>"
    source = open_source(ods(tmp_path / "a.ods", aside + ods_table(grouped)))
    assert source.detected.sheet == "Contacts"
    assert cells(source) == [("Ann", "ann@example.com")]


def test_a_hidden_sheet_is_read_when_it_is_named(tmp_path: Path) -> None:
    styles = '<style:style style:name="ta2"><style:table-properties table:display="false"/></style:style>'
    tables = ods_table(HEADER, ANN, name="Old", style="ta2") + ods_table(
        HEADER, ods_row("Bob", "b@example.com")
    )
    path = ods(tmp_path / "a.ods", tables, styles=styles)
    assert cells(open_source(path)) == [("Bob", "b@example.com")]
    assert cells(open_source(path, options=ReadingOptions(sheet="Old"))) == [("Ann", "ann@example.com")]


def test_a_workbook_that_does_not_say_what_it_is_is_known_by_its_content(tmp_path: Path) -> None:
    path = ods(tmp_path / "a.ods", ods_table(HEADER, ANN), mimetype=False)
    assert cells(open_source(path)) == [("Ann", "ann@example.com")]


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        (
            '<manifest:file-entry manifest:media-type="application/vnd.oasis.opendocument.text"/>',
            "OpenDocument text",
        ),
        (
            '<m media-type="application/vnd.oasis.opendocument.spreadsheet"><manifest:encryption-data/></m>',
            "protected by a password",
        ),
    ],
)
def test_other_open_documents_and_locked_ones_are_named(tmp_path: Path, manifest: str, told: str) -> None:
    path = ods(tmp_path / "a.ods", "", mimetype=False, manifest=manifest)
    with pytest.raises(SourceError, match=told):
        open_source(path)


def test_content_that_is_cut_off_or_declares_entities_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="damaged"):
        open_source(ods(tmp_path / "a.ods", f'<table:table table:name="S">{HEADER}<table:table-row>'))
    entities = '<!DOCTYPE a [<!ENTITY b "bbbb">]>'
    with pytest.raises(SourceError, match="entities"):
        open_source(ods(tmp_path / "b.ods", "", prolog=entities))


def test_texts_in_texts_without_end_do_not_end_the_program(tmp_path: Path) -> None:
    deep = "<text:span>" * 5000 + "Ann" + "</text:span>" * 5000
    row = ods_row(ods_cell(deep), "a@example.com")
    assert cells(open_source(ods(tmp_path / "a.ods", ods_table(HEADER, row)))) == [("Ann", "a@example.com")]
