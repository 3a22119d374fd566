"""Addresses behind cells that show something else are read, in a column of their own; what is shown stays."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from importer.mapping import parse_mapping
from importer.reading import Source, open_source
from importer.runs.overlooked import overlooked
from importer.suggestion.suggesting import suggest

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
