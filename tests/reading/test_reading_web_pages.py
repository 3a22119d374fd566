"""Web pages that call themselves workbooks: which table, which rows, which cells."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from importer.errors import SourceError
from importer.reading import open_source
from importer.settings import ReadingOptions
from tests.reading.workbook_makers import cells

pytest.importorskip("lxml")
Write = Callable[..., Path]
ANN, BOB, CY = (("Ann", "ann@example.com"), ("Bob", "bob@example.com"), ("Cy", "cy@example.com"))


def row(*texts: str, tag: str = "td", attributes: str = "") -> str:
    written = (text if text.startswith("<t") else f"<{tag}>{text}</{tag}>" for text in texts)
    return f"<tr {attributes}>{''.join(written)}</tr>"


def table(*rows: str) -> str:
    return f"<table>{''.join(rows)}</table>"


HEADER = row("Name", "Email", tag="th")


def test_tables_with_the_same_header_are_one_list(write: Write) -> None:
    page = table(HEADER, row(*ANN), row(*BOB)) + "<p>page 2</p>" + table(row("Printed"), HEADER, row(*CY))
    source = open_source(write(page))
    assert [(one.number, one.cells) for one in source] == [(2, ANN), (3, BOB), (6, CY)]
    assert source.detected.doubts == ()


def test_a_table_of_other_people_is_named_and_one_without_people_is_not(write: Write) -> None:
    menu = table(row("Home", "Help"))
    others = table(row("Kunde", "Post", "Tel"), row("Di", "di@example.com", "+12125550130"))
    source = open_source(write(menu + table(HEADER, row(*ANN), row(*BOB), row(*CY)) + others))
    assert cells(source) == [ANN, BOB, CY]
    assert len(source.detected.doubts) == 1
    assert "2 rows of 3 columns" in source.detected.doubts[0]


def test_the_mapped_headers_choose_the_table(write: Write) -> None:
    page = table(row("Deal", "Sum", "Day"), *[row("Big", "5", "x")] * 9) + table(HEADER, row(*ANN))
    assert cells(open_source(write(page), options=ReadingOptions(wanted_headers=("Name", "Email")))) == [ANN]


def test_a_cell_across_the_table_is_a_title_and_one_down_it_counts_for_each_row(write: Write) -> None:
    title = row('<td colspan="2">Our customers</td>')
    page = table(
        title,
        row("Company", "Name", tag="th"),
        row('<td rowspan="2">Acme</td>', "Ann"),
        row("Bob"),
        row("Bolt", "Cy"),
    )
    source = open_source(write(page))
    assert source.header == ("Company", "Name")
    assert cells(source) == [("Acme", "Ann"), ("Acme", "Bob"), ("Bolt", "Cy")]


def test_a_cell_down_the_right_edge_keeps_its_column(write: Write) -> None:
    page = table(
        row("A", "B", "C", tag="th"), row("1", "b", '<td rowspan="3">x</td>'), row("2", "e"), row("3")
    )
    assert cells(open_source(write(page))) == [("1", "b", "x"), ("2", "e", "x"), ("3", "", "x")]


def test_rows_that_the_page_hides_are_imported_with_a_warning(write: Write) -> None:
    page = table(
        HEADER,
        row(*ANN),
        row(*BOB, attributes='style="color:red; DISPLAY : none"'),
        row(*CY, attributes="hidden"),
    )
    source = open_source(write(page))
    assert cells(source) == [ANN, BOB, CY]
    assert [[fault.code for fault in one.faults] for one in source] == [[], ["hidden_row"], ["hidden_row"]]
    assert source.detected.hidden_rows == 2


def test_a_cell_is_read_as_it_shows(write: Write) -> None:
    address = "12 Main St<br>Apt\n   4<div>Rome</div>"
    name = '<span style="display:none">zz</span>  An<b>n</b> <script>x()</script>&amp;&nbsp;Lee<!-- no -->'
    page = table(row("Name", "Address"), row(name, address))
    assert cells(open_source(write(page))) == [("Ann &\xa0Lee", "12 Main St\nApt 4\nRome")]


def test_a_table_in_a_cell_is_a_table_of_its_own(write: Write) -> None:
    page = table(row(f"<td>menu{table(HEADER, row(*ANN), row(*BOB))}</td>"))
    assert cells(open_source(write(page))) == [ANN, BOB]


def test_cells_without_end_tags_are_read(write: Write) -> None:
    assert cells(
        open_source(write("<table><tr><th>Name<th>Email<tr><td>Ann<td>ann@example.com</table>"))
    ) == [ANN]


@pytest.mark.parametrize("span", ["colspan", "rowspan"])
def test_a_span_of_a_billion_costs_no_memory(write: Write, span: str) -> None:
    wide = f'<td {span}="1000000000">x</td>'
    path = write(table(HEADER, row(wide, wide), row(*ANN)), name="a.xls")
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)); "
        "from importer.reading import open_source; print(len(list(open_source(sys.argv[1]))))"
    )
    pytest.importorskip("resource")
    done = subprocess.run(
        [sys.executable, "-c", script, path], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == "2", done.stderr


@pytest.mark.parametrize(
    ("stated", "encoding"),
    [
        ("<meta charset=windows-1252>", "cp1252"),
        ("<meta http-equiv=Content-Type content='text/html; charset=ISO-8859-1'>", "cp1252"),
        ('<meta charset="shift_jis">', "cp932"),
    ],
)
def test_a_page_that_states_its_encoding_leaves_no_guess(write: Write, stated: str, encoding: str) -> None:
    name = "髙橋" if encoding == "cp932" else "Jos\u0082 €"
    name = name.replace("\u0082", "é")
    page = f"<html>{stated}<body>{table(HEADER, row(name, 'a@e.example'))}</body></html>"
    source = open_source(write(page.encode(encoding)))
    assert (cells(source), source.detected.doubts) == ([(name, "a@e.example")], ())


@pytest.mark.parametrize("stated", ["utf-8", "klingon", "base64", "windows-1252'"])
def test_what_a_page_states_is_not_believed_against_its_bytes(write: Write, stated: str) -> None:
    page = f"<meta charset='{stated}'>{table(HEADER, row('Zoë', 'a@e.example'))}"
    assert cells(open_source(write(page.encode())))[0][0] == "Zoë"
    assert cells(open_source(write(page.encode("cp1252"))))[0][0] == "Zoë"


def test_spans_that_stand_for_millions_of_cells_are_refused(write: Write) -> None:
    wide = '<td colspan="1000">x</td>'
    with pytest.raises(SourceError, match="repeating or spreading"):
        open_source(write(table(HEADER, *[row(wide)] * 400)))


def test_a_page_that_nests_without_end_is_refused_and_not_cut_off(write: Write) -> None:
    deep = "<div>" * 20_000 + "Ann" + "</div>" * 20_000
    with pytest.raises(SourceError, match="web page without a table that can be read"):
        open_source(write(table(HEADER, row(*BOB), row(deep, "ann@example.com"))))


def test_a_page_that_nests_as_deep_as_pages_do_is_read(write: Write) -> None:
    deep = "<div>" * 900 + "Ann" + "</div>" * 900
    assert cells(open_source(write(table(HEADER, row(deep, "ann@example.com"))))) == [ANN]
