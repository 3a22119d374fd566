"""Addresses behind cells that show something else are read, in a column of their own; what is shown stays."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import openpyxl
import pytest

from importer.mapping import parse_mapping
from importer.reading import Source, open_source
from importer.reading.workbooks.links import LinkNotes
from importer.runs.overlooked import overlooked
from importer.suggestion.suggesting import suggest
from tests.reading.workbook_makers import ods, ods_row, ods_table, record, wide, xlsb, xlsb_cell, xlsb_row

xlwt = pytest.importorskip("xlwt")
PEOPLE = [("Ann Lee", "ann@example.com"), ("Bob Ray", "bob@example.com"), ("Cy Orr", "cy@example.com")]


def workbook(folder: Path, *, shown: str | None, target: str = "mailto:{}", header: str = "Email") -> Source:
    """Write people with a link each, below what is shown for all of them, or their addresses."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["Name", header, "City"])
    for number, (name, address) in enumerate(PEOPLE, 2):
        sheet.append([name, shown or address, "Leeds"])
        sheet.cell(number, 2).hyperlink = target.format(address)
        sheet.cell(number, 2).value = shown or address
    book.save(folder / "people.xlsx")
    return open_source(folder / "people.xlsx")


def rows(source: Source) -> list[list[str]]:
    return [list(cells) for block in source.blocks() for cells in block.rows]


def test_addresses_behind_what_is_shown_stand_in_a_column_of_their_own(tmp_path: Path) -> None:
    source = workbook(tmp_path, shown="Write me")
    assert source.header == ("Name", "Email", "City", "Email (link)")
    assert rows(source) == [[name, "Write me", "Leeds", address] for name, address in PEOPLE]
    assert [line for line in source.detected.describe() if "link" in line] == [
        "note: column 'Email' shows no e-mail addresses, and its links lead to some: they stand in a column of their own, 'Email (link)'"
    ]


def test_addresses_that_lead_to_themselves_are_one_column(tmp_path: Path) -> None:
    assert workbook(tmp_path, shown=None).header == ("Name", "Email", "City")


def test_links_to_pages_are_no_addresses(tmp_path: Path) -> None:
    assert workbook(tmp_path, shown="Page", target="https://example.com/{}").header == (
        "Name",
        "Email",
        "City",
    )


@pytest.mark.parametrize("target", ["mailto:{}?subject=Hello%20you", "MAILTO: {}", "mailto:{}?a=1&b=2"])
def test_of_a_link_the_address_is_taken(tmp_path: Path, target: str) -> None:
    source = workbook(tmp_path, shown="Write me", target=target)
    assert [cells[-1] for cells in rows(source)] == [address for _, address in PEOPLE]


def test_formulas_that_write_to_somebody_are_links(tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["Name", "Contact"])
    for name, address in PEOPLE:
        sheet.append([name, f'=HYPERLINK("mailto:{address}?subject=x","Write me")'])
    book.save(path)
    source = open_source(path)
    assert source.header == ("Name", "Contact", "Contact (link)")
    assert [cells[-1] for cells in rows(source)] == [address for _, address in PEOPLE]


def test_a_row_without_a_link_has_none_and_gaps_count_as_rows(tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for cells in (["Name", "Email"], ["Ann Lee", "Write me"], [], ["Bob Ray", ""], ["Cy Orr", "Write me"]):
        sheet.append(cells)
    sheet["B2"].hyperlink, sheet["B5"].hyperlink = "mailto:ann@example.com", "mailto:cy@example.com"
    sheet["B2"].value = sheet["B5"].value = "Write me"
    book.save(path)
    found = [(cells[0], cells[-1]) for cells in rows(open_source(path)) if cells[0]]
    assert found == [("Ann Lee", "ann@example.com"), ("Bob Ray", ""), ("Cy Orr", "cy@example.com")]


def test_more_cells_than_the_header_has_columns_stay_behind_the_links(tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for cells in (["Name", "Email"], ["Ann Lee", "Write me"], ["Bob Ray", "Write me", "one too many"]):
        sheet.append(cells)
    for number, (_, address) in enumerate(PEOPLE[:2], 2):
        sheet.cell(number, 2).hyperlink = f"mailto:{address}"
        sheet.cell(number, 2).value = "Write me"
    book.save(path)
    source = open_source(path)
    assert source.header == ("Name", "Email", "Email (link)")
    (block,) = source.blocks()
    assert [fault.code for fault in block.faults[1] if fault.fails] == ["column_count"]


def test_suggest_takes_the_addresses_that_links_lead_to(tmp_path: Path) -> None:
    chosen = suggest(workbook(tmp_path, shown="Write me")).chosen()
    assert chosen["Email (link)"] == "email"
    assert "Email" not in chosen


def test_names_that_lead_to_addresses_stay_names(tmp_path: Path) -> None:
    chosen = suggest(workbook(tmp_path, shown="Ann Lee", header="Contact")).chosen()
    assert chosen["Contact (link)"] == "email"
    assert chosen["Name"] == "name"


def test_a_mapping_that_takes_what_is_shown_for_addresses_is_told(tmp_path: Path) -> None:
    source = workbook(tmp_path, shown="Write me")
    (said,) = overlooked(parse_mapping("version: 1\nlocation: location1\nfields: {email: Email}"), source)
    assert "Map 'Email (link)'" in said
    assert (
        overlooked(parse_mapping("version: 1\nlocation: location1\nfields: {email: Email (link)}"), source)
        == ()
    )


# The other kinds of workbooks: below Name and Email, "Write me" for everybody, a link for all but the second row.
Maker = Callable[[Path, Sequence[str]], Path]


def of_ods(folder: Path, targets: Sequence[str]) -> Path:
    cells = (
        f'<table:table-cell office:value-type="string"><text:p>{_linked(target)}</text:p></table:table-cell>'
        for target in targets
    )
    body = [ods_row(name, cell) for (name, _), cell in zip(PEOPLE, cells, strict=True)]
    return ods(folder / "people.ods", ods_table(ods_row("Name", "Email"), *body))


def _linked(target: str) -> str:
    shown = "<text:span>Write me</text:span>"
    return f'<text:a xlink:href="{target}" xlink:type="simple">{shown}</text:a>' if target else shown


def of_ods_formulas(folder: Path, targets: Sequence[str]) -> Path:
    cells = (
        f"""<table:table-cell table:formula='of:=HYPERLINK("{target}";"Write me")' office:value-type="string"><text:p>Write me</text:p></table:table-cell>"""
        for target in targets
    )
    body = [ods_row(name, cell) for (name, _), cell in zip(PEOPLE, cells, strict=True)]
    return ods(folder / "people.ods", ods_table(ods_row("Name", "Email"), *body))


def of_xlsb(folder: Path, targets: Sequence[str]) -> Path:
    sheet = xlsb_row(0, *(xlsb_cell(6, place, wide(text)) for place, text in enumerate(["Name", "Email"])))
    for row, (name, _) in enumerate(PEOPLE, 1):
        sheet += xlsb_row(row, xlsb_cell(6, 0, wide(name)), xlsb_cell(6, 1, wide("Write me")))
    links = b"".join(
        record(494, struct.pack("<IIII", row, row, 1, 1) + wide(f"L{row - 1}") + wide("") * 3)
        for row, target in enumerate(targets, 1)
        if target
    )
    return xlsb(folder / "people.xlsb", sheet, targets=targets, behind=links)


def of_xlsb_formulas(folder: Path, targets: Sequence[str]) -> Path:
    sheet = xlsb_row(0, *(xlsb_cell(6, place, wide(text)) for place, text in enumerate(["Name", "Email"])))
    for row, ((name, _), target) in enumerate(zip(PEOPLE, targets, strict=True), 1):
        tokens = b"\x17" + struct.pack("<H", len(target)) + target.encode("utf-16-le")
        value = wide("Write me") + bytes(2) + struct.pack("<I", len(tokens)) + tokens
        sheet += xlsb_row(row, xlsb_cell(6, 0, wide(name)), xlsb_cell(8, 1, value))
    return xlsb(folder / "people.xlsb", sheet)


def of_xls(folder: Path, targets: Sequence[str], *, left: int = 0, broken: bytes = b"") -> Path:
    book = xlwt.Workbook()
    sheet = book.add_sheet("People")
    sheet.write(0, left, "Name")
    sheet.write(0, left + 1, "Email")
    for row, (name, _) in enumerate(PEOPLE, 1):
        sheet.write(row, left, name)
        sheet.write(row, left + 1, "Write me")
    links = b"".join(_hlink(row, left + 1, target) for row, target in enumerate(targets, 1) if target)
    written = sheet.get_biff_data
    end = struct.pack("<HH", 0x000A, 0)
    sheet.get_biff_data = lambda: written().removesuffix(end) + links + broken + end
    book.save(str(folder / "people.xls"))
    return folder / "people.xls"


_LINK_CLASS: Final = bytes.fromhex("d0c9ea79f9bace118c8200aa004ba90b")
_URL_CLASS: Final = bytes.fromhex("e0c9ea79f9bace118c8200aa004ba90b")


def _hlink(row: int, column: int, target: str) -> bytes:
    """Write a link as Excel does: what is shown, and where it leads to as a moniker."""
    url = (target + "\0").encode("utf-16-le")
    shown = "Write me\0"
    body = struct.pack("<HHHH", row, row, column, column) + _LINK_CLASS + struct.pack("<II", 2, 0x17)
    body += struct.pack("<I", len(shown)) + shown.encode("utf-16-le")
    body += _URL_CLASS + struct.pack("<I", len(url)) + url
    return struct.pack("<HH", 0x01B8, len(body)) + body


def of_xls_formulas(folder: Path, targets: Sequence[str]) -> Path:
    book = xlwt.Workbook()
    sheet = book.add_sheet("People")
    for row, cells in enumerate([("Name", "Email"), *((name, None) for name, _ in PEOPLE)]):
        sheet.write(row, 0, cells[0])
        sheet.write(row, 1, cells[1] or xlwt.Formula(f'HYPERLINK("{targets[row - 1]}";"Write me")'))
    book.save(str(folder / "people.xls"))
    return folder / "people.xls"


MAKERS: Final[dict[str, Maker]] = {
    "ods": of_ods,
    "ods, formulas": of_ods_formulas,
    "xlsb": of_xlsb,
    "xlsb, formulas": of_xlsb_formulas,
    "xls": of_xls,
    "xls, formulas": of_xls_formulas,
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_links_of_every_kind_of_workbook_are_read(make: Maker, tmp_path: Path) -> None:
    source = open_source(make(tmp_path, ["mailto:ann@example.com?subject=Hi", "", "mailto:cy@example.com"]))
    assert source.header == ("Name", "Email", "Email (link)")
    assert [(cells[0], cells[-1]) for cells in rows(source)] == [
        ("Ann Lee", "ann@example.com"),
        ("Bob Ray", ""),
        ("Cy Orr", "cy@example.com"),
    ]


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_links_to_pages_are_no_addresses_in_any_workbook(make: Maker, tmp_path: Path) -> None:
    source = open_source(make(tmp_path, ["https://example.com/mailto:ann@example.com"] * 3))
    assert source.header == ("Name", "Email")


def test_links_stand_by_the_columns_of_a_table_that_begins_further_right(tmp_path: Path) -> None:
    source = open_source(of_xls(tmp_path, ["mailto:ann@example.com"] * 3, left=2))
    assert source.header == ("Name", "Email", "Email (link)")


def test_a_damaged_link_costs_an_old_workbook_nothing_else(tmp_path: Path) -> None:
    cut = (
        struct.pack("<HH", 0x01B8, 40)
        + struct.pack("<HHHH", 1, 1, 1, 1)
        + bytes(20)
        + struct.pack("<II", 0x10, 9)
    )
    source = open_source(of_xls(tmp_path, ["mailto:ann@example.com"] * 3, broken=cut + b"xxxx"))
    assert source.header == ("Name", "Email", "Email (link)")
    assert not [line for line in source.detected.describe() if "number formats" in line]


def test_the_letters_of_a_link_s_scheme_are_of_any_case(tmp_path: Path) -> None:
    source = open_source(of_ods(tmp_path, ["MAILTO:ann@example.com"] * 3))
    assert [cells[-1] for cells in rows(source)] == ["ann@example.com"] * 3


def test_more_links_than_a_sheet_of_people_has_are_left_out() -> None:
    notes = LinkNotes()
    notes.put(1, 2, 2, "mailto:ann@example.com")
    notes.put(1, 3, 300_000, "mailto:bob@example.com")
    assert notes.links == {1: {2: "ann@example.com"}}


def test_a_link_in_a_comment_is_none_of_its_cell(tmp_path: Path) -> None:
    note = '<office:annotation><text:p><text:a xlink:href="mailto:boss@example.com">Boss</text:a></text:p></office:annotation>'
    cell = f'<table:table-cell office:value-type="string">{note}<text:p>Write me</text:p></table:table-cell>'
    path = ods(
        tmp_path / "a.ods", ods_table(ods_row("Name", "Email"), ods_row("Ann", cell), ods_row("Bob", cell))
    )
    assert open_source(path).header == ("Name", "Email")


def test_repeated_rows_of_an_open_document_lead_to_the_same_address(tmp_path: Path) -> None:
    cell = f'<table:table-cell office:value-type="string"><text:p>{_linked("mailto:ann@example.com")}</text:p></table:table-cell>'
    twice = ods_row("Ann", cell, attributes='table:number-rows-repeated="2"')
    path = ods(tmp_path / "a.ods", ods_table(ods_row("Name", "Email"), twice, ods_row("Bob", "-")))
    assert [cells[-1] for cells in rows(open_source(path))] == ["ann@example.com", "ann@example.com", ""]
