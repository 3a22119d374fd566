"""Delimited text as people have it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.reading import Source, open_source
from importer.records import Row
from importer.settings import ReadingOptions

Write = Callable[..., Path]
PEOPLE = [
    ("Ann", "Lee", "ann@example.com"),
    ("Bob", "Ray", "bob@example.com"),
    ("Cy", "Fox", "cy@example.com"),
]


def cells(source: Source) -> list[tuple[str, ...]]:
    return [row.cells for row in source]


def codes(row: Row) -> list[str]:
    return [fault.code for fault in row.faults]


def table(delimiter: str, ending: str = "\n") -> str:
    rows = [("First", "Last", "Email"), *PEOPLE]
    return "".join(delimiter.join(row) + ending for row in rows)


def test_a_plain_file_gives_header_and_numbered_rows(write: Write) -> None:
    source = open_source(write("Name,Email\r\nAnn,ann@example.com\r\n\r\n,,\r\nBob,bob@example.com\r\n"))
    assert source.header == ("Name", "Email")
    assert [(row.number, row.cells) for row in source] == [
        (2, ("Ann", "ann@example.com")),
        (5, ("Bob", "bob@example.com")),
    ]


def test_walking_twice_gives_the_same_rows_in_blocks_of_the_size_asked_for(write: Write) -> None:
    source = open_source(write("a,b\n" + '1,"x\ny"\n2,3\n' * 5000))
    sizes = [len(block) for block in source.blocks(700)]
    assert sizes[:-1] == [700] * (len(sizes) - 1)
    assert sum(sizes) == 10_000
    assert list(source) == list(source)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", ", ", "||", "^", "~", ":", "\x1f"])
def test_the_delimiter_is_found(write: Write, delimiter: str) -> None:
    source = open_source(write(table(delimiter)))
    assert source.header == ("First", "Last", "Email")
    assert cells(source) == PEOPLE
    assert source.detected.delimiter == delimiter


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_any_line_end_is_one(write: Write, ending: str) -> None:
    assert cells(open_source(write(table(",", ending)))) == PEOPLE
    assert cells(open_source(write(table(",", ending).removesuffix(ending)))) == PEOPLE


def test_line_ends_may_be_mixed(write: Write) -> None:
    text = "First,Last,Email\r\nAnn,Lee,ann@example.com\nBob,Ray,bob@example.com\rCy,Fox,cy@example.com"
    assert cells(open_source(write(text))) == PEOPLE


def test_a_file_with_one_column_is_one_column(write: Write) -> None:
    source = open_source(write("Email\nann@example.com\nbob.x@example.com\n"))
    assert source.header == ("Email",)
    assert cells(source) == [("ann@example.com",), ("bob.x@example.com",)]


@pytest.mark.parametrize(
    "text", ["Full Name\nAnn Lee\nBob Ray\n", "Name\nLee, Ann\nRay, Bob\n", "Note\nsee: this\nsay: that\n"]
)
def test_signs_of_prose_divide_no_column(write: Write, text: str) -> None:
    header, *lines = text.splitlines()
    source = open_source(write(text))
    assert source.header == (header,)
    assert cells(source) == [(line,) for line in lines]


def test_a_sep_line_states_the_delimiter_and_is_no_row(write: Write) -> None:
    source = open_source(write("sep=;\r\nName;Note\r\nAnn;a,b,c\r\nBob;d,e,f\r\n"))
    assert source.header == ("Name", "Note")
    assert [row.number for row in source] == [2, 3]
    assert source.detected.delimiter == ";"


def test_what_is_declared_wins(write: Write) -> None:
    path = write("Title\nName|Note;x\nAnn|a;b\n")
    source = open_source(path, options=ReadingOptions(delimiter="|", header_row=2))
    assert source.header == ("Name", "Note;x")
    assert cells(source) == [("Ann", "a;b")]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('"Say ""hi"""', 'Say "hi"'),
        ('"5" pipe"', '5" pipe'),
        ('"Pipe, 5""', 'Pipe, 5"'),
        ('5" pipe', '5" pipe'),
        ('"two\nlines"', "two\nlines"),
        ('"one ""two"" 3"" four"', 'one "two" 3" four'),
        ('""', ""),
    ],
)
def test_quotes_are_read_as_they_were_meant(write: Write, written: str, read: str) -> None:
    text = f'Name,Note,Email\nAnn,{written},ann@example.com\nBob,"x, y",b@example.com\n'
    assert cells(open_source(write(text))) == [
        ("Ann", read, "ann@example.com"),
        ("Bob", "x, y", "b@example.com"),
    ]


def test_a_backslash_may_escape_a_quote(write: Write) -> None:
    text = 'Name,Note\n"Ann","say \\"hi\\", she said"\n"Bob","plain"\n'
    assert cells(open_source(write(text))) == [("Ann", 'say "hi", she said'), ("Bob", "plain")]


def test_backslashes_escape_quotes_in_a_whole_file_without_a_warning(write: Write) -> None:
    body = "".join(f'"A \\"x{n}\\" B, c",a{n}@e.example\n' for n in range(40))
    rows = list(open_source(write("Name,Email\n" + body)))
    assert [row.cells for row in rows] == [(f'A "x{n}" B, c', f"a{n}@e.example") for n in range(40)]
    assert not any(row.faults for row in rows)


@pytest.mark.parametrize("before", [3, 5000], ids=["in the sample", "beyond the sample"])
@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r'"A \"x1\" B, c"', 'A "x1" B, c'),
        (r'"Table, 48\""', 'Table, 48"'),
        (r'"\"Bo\" B"', '"Bo" B'),
        (r'"a\", \"b"', 'a", "b'),
        (r'"\"\""', '""'),
        ('"A \\"x\\"\nB, c"', 'A "x"\nB, c'),
        (r'"C:\dir \"x\", y"', r'C:\dir "x", y'),
        (r'"\\srv\dir \"x\", y"', r'\\srv\dir "x", y'),
        (r'"a\\b \"x\", y"', r'a\b "x", y'),
        (r'"C:\Users\"', "C:\\Users\\"),
        (r'"a\b"', r"a\b"),
        (r"a\b", r"a\b"),
    ],
)
def test_one_row_with_backslashes_among_plain_ones(
    write: Write, before: int, written: str, read: str
) -> None:
    plain = "".join(f"Ann {n},a{n}@e.example,Rome\n" for n in range(before))
    rows = list(open_source(write(f"Name,Email,City\n{plain}{written},x@e.example,Oslo\n{plain}")))
    assert len(rows) == 2 * before + 1
    assert rows[before].cells == (read, "x@e.example", "Oslo")
    assert not any(row.faults for row in rows)


def test_a_cell_may_end_in_a_backslash_where_others_escape_quotes(write: Write) -> None:
    lines = [rf'"say \"{n}\", so","a{n}@e.example"' for n in range(2000)]
    lines[5] = lines[1800] = r'"C:\Users\","path@e.example"'
    lines[7] = lines[1900] = r'"a\b","inner@e.example"'
    rows = list(open_source(write("Name,Email\n" + "\n".join(lines) + "\n")))
    assert not any(row.faults for row in rows)
    assert [rows[index].cells for index in (4, 5, 7, 1800, 1900)] == [
        ('say "4", so', "a4@e.example"),
        ("C:\\Users\\", "path@e.example"),
        ("a\\b", "inner@e.example"),
        ("C:\\Users\\", "path@e.example"),
        ("a\\b", "inner@e.example"),
    ]


def test_backslashes_are_kept_where_as_many_cells_end_in_one_as_escape_a_quote(write: Write) -> None:
    body = '"C:\\Users\\",a@e.example\n' * 20 + r'"say \"hi\", so",b@e.example' + "\n"
    rows = list(open_source(write("Name,Email\n" + body)))
    assert [row.cells[0] for row in rows] == ["C:\\Users\\"] * 20 + ['say "hi", so']
    assert not any(row.faults for row in rows)


@given(
    cells=st.lists(
        st.text(st.sampled_from('ab \\",;\n'), max_size=12).filter(lambda cell: cell == cell.strip()),
        min_size=1,
        max_size=30,
    )
)
def test_what_escapes_quotes_and_backslashes_comes_back(cells: list[str]) -> None:
    written = [cell.replace("\\", "\\\\").replace('"', '\\"') for cell in ['say "hi", "ho", so', *cells]]
    body = "".join(f'"Ann","{cell}","a@e.example"\n' for cell in written)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "contacts.csv")
        path.write_text("Name,Note,Email\n" + body, encoding="utf-8", newline="")
        assert [row.cells[1] for row in open_source(path)] == ['say "hi", "ho", so', *cells]


def test_a_backslash_is_a_character_where_it_escapes_nothing(write: Write) -> None:
    rows = cells(open_source(write('Name,Path\nAnn,"C:\\dir, x"\nBob,C:\\x\n')))
    assert rows == [("Ann", "C:\\dir, x"), ("Bob", "C:\\x")]


def test_apostrophes_may_be_the_quotes(write: Write) -> None:
    text = "Name,Note,City\n'Ann','a, b','Rome'\n'Bob','it''s, so','Oslo'\n'Cy','c','Bonn'\n"
    rows = cells(open_source(write(text)))
    assert rows == [("Ann", "a, b", "Rome"), ("Bob", "it's, so", "Oslo"), ("Cy", "c", "Bonn")]


def test_an_unclosed_quote_swallows_no_other_row(write: Write) -> None:
    lines = ["Name,Email,Phone"] + [f"Person {n},p{n}@example.com,555010{n:04}" for n in range(50)]
    lines[7] = '"Person 6,p6@example.com,5550100006'
    rows = list(open_source(write("\n".join(lines))))
    assert [row.number for row in rows] == list(range(2, 52))
    assert [fault.code for row in rows for fault in row.faults] == ["stray_quote"]
    assert rows[6].cells == ('"Person 6', "p6@example.com", "5550100006")


@pytest.mark.parametrize("column", [0, 1, 2])
def test_an_unclosed_quote_among_quoted_cells_spoils_its_own_row_alone(write: Write, column: int) -> None:
    rows = [[f"Name {n}", f"note, {n}\nmore", f"p{n}@example.com"] for n in range(30)]
    lines = [",".join(f'"{cell}"' for cell in row) for row in rows]
    broken = [f'"{cell}"' for cell in ("Eve", "note 9", "eve@example.com")]
    broken[column] = broken[column].removesuffix('"')
    lines.insert(9, ",".join(broken))
    found = list(open_source(write("Name,Note,Email\n" + "\n".join(lines) + "\n")))
    assert [row.cells for row in found if not row.faults] == [tuple(row) for row in rows]
    assert len(found) == 31


def test_an_unclosed_quote_at_the_start_of_a_large_file_costs_one_row(write: Write) -> None:
    body = "".join(f"Person {n},p{n}@example.com\n" for n in range(100_000))
    rows = list(open_source(write('Name,Email\n"Eve,eve@example.com\n' + body)))
    assert len(rows) == 100_001
    assert sum(bool(row.faults) for row in rows) == 1


def test_short_and_long_rows_fail_and_name_line_and_cells(write: Write) -> None:
    rows = list(open_source(write('a,b,c\n1,"x\ny",3\n1,x,2,3\n4,5\n7,8,9\n7,8,9,,\n')))
    assert [codes(row) for row in rows] == [[], ["column_count"], ["column_count"], [], []]
    assert "Line 4 has 4 cells, more than the 3 columns" in rows[1].faults[0].message
    assert "Line 5 has 2 cells, fewer than the 3 columns" in rows[2].faults[0].message
    assert rows[1].cells == ("1", "x", "2", "3")
    assert rows[2].cells == ("4", "5")
    assert rows[4].cells == ("7", "8", "9")


@pytest.mark.parametrize("name", ['"Ray, Bob"', '"say ""Ray"", Bob"'])
@pytest.mark.parametrize("note", ['"called\nagain"', '"called'])
def test_a_cell_in_quotes_is_never_cut_to_make_up_for_one_that_a_row_lacks(
    write: Write, name: str, note: str
) -> None:
    body = "".join(f"Lee,Ann,a{n}@example.com,x\n" for n in range(20))
    rows = list(open_source(write(f"Last,First,Email,Note\n{body}{name},b@example.com,{note}\n{body}")))
    assert [row.cells[1:3] for row in rows if not any(fault.fails for fault in row.faults)] == [
        ("Ann", f"a{n}@example.com") for n in [*range(20), *range(20)]
    ]
    assert len(rows) == 41


@pytest.mark.parametrize(
    ("row", "cells_of_it"),
    [
        (
            'b@example.com,shifted,Bob,"called\nagain"',
            4,
        ),  # its first line alone has as many cells as the table
        ('Ray,"called\nagain",b@example.com,x', 4),  # its last one has
        ('"called\nagain",x', 2),
    ],
)
def test_a_row_of_the_wrong_width_is_one_row_that_fails(write: Write, row: str, cells_of_it: int) -> None:
    body = "".join(f"a{n}@example.com,Ann,x\n" for n in range(20))
    rows = list(open_source(write(f"Email,First,Note\n{body}{row}\n{body}")))
    assert [len(each.cells) for each in rows if codes(each) == ["column_count"]] == [cells_of_it]
    assert len(rows) == 41


def test_one_cell_is_said_to_be_one(write: Write) -> None:
    (row,) = open_source(write("a,b,c\n4\n"))
    assert row.faults[0].message.startswith("Line 2 has 1 cell, fewer than the 3 columns of the header")


def test_a_shifted_row_fails_although_its_surplus_is_blank(write: Write) -> None:
    body = "".join(f"Ann,a{n}@example.com,+1212555{n:04},\n" for n in range(20))
    rows = list(open_source(write("Name,Email,Phone,Note\n" + body + "Eve,,eve@example.com,+12125550100,\n")))
    assert codes(rows[-1]) == ["column_count"]
    assert not any(row.faults for row in rows[:-1])


def test_a_row_in_another_delimiter_is_refused_not_guessed(write: Write) -> None:
    rows = list(open_source(write(table(",") + "Di;Poe;di@example.com\n")))
    assert codes(rows[-1]) == ["column_count"]


def test_control_characters_in_cells_cut_no_row_and_stay_for_the_mapping(write: Write) -> None:
    text = "Name,Address,Tags\nAnn,12 Main St\x0bApt 4,vip\x1dlead\nBob,9 Oak\x0cAve\x85x,a\x1fb\x1cc\n"
    rows = [row.cells for row in open_source(write(text))]
    assert rows == [
        ("Ann", "12 Main St\x0bApt 4", "vip\x1dlead"),
        ("Bob", "9 Oak\x0cAve\x85x", "a\x1fb\x1cc"),
    ]
