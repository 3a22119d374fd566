"""Where a table begins and ends: titles, headers, totals, second tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from importer.errors import SourceError
from importer.reading import Source, open_source
from importer.records import Row
from importer.settings import ReadingOptions

Write = Callable[..., Path]
PEOPLE = [
    ("Ann", "Lee", "ann@example.com"),
    ("Bob", "Ray", "bob@example.com"),
    ("Cy", "Fox", "cy@example.com"),
]
TABLE = "First,Last,Email\n" + "".join(",".join(row) + "\n" for row in PEOPLE)


def cells(source: Source) -> list[tuple[str, ...]]:
    return [row.cells for row in source]


def codes(row: Row) -> list[str]:
    return [fault.code for fault in row.faults]


def test_titles_and_notes_above_the_header_are_left_out(write: Write) -> None:
    text = 'Notes:\n"When exporting your connection data, you may notice that some are missing."\n\n' + TABLE
    source = open_source(write(text))
    assert source.header == ("First", "Last", "Email")
    assert source.detected.header_row == 4
    assert [row.number for row in source] == [5, 6, 7]


def test_a_title_padded_with_delimiters_is_still_a_title(write: Write) -> None:
    source = open_source(write("Contacts 2024,,\n,,\n" + TABLE))
    assert source.header == ("First", "Last", "Email")
    assert cells(source) == PEOPLE


def test_a_title_above_two_columns_with_spaces_is_still_a_title(write: Write) -> None:
    source = open_source(write("Export\nName, Email\nAnn, ann@example.com\nBob, bob@example.com\n"))
    assert source.header == ("Name", "Email")
    assert cells(source) == [("Ann", "ann@example.com"), ("Bob", "bob@example.com")]


def test_two_rows_may_name_the_columns(write: Write) -> None:
    text = "Name,Home,,Work,\n,City,Zip,City,Zip\nAnn,Rome,02134,Bonn,02135\nBob,Oslo,10001,Linz,10002\n"
    source = open_source(write(text))
    assert source.header == ("Name", "Home City", "Home Zip", "Work City", "Work Zip")
    assert len(list(source)) == 2


def test_names_over_groups_of_columns_that_need_none_are_a_title(write: Write) -> None:
    text = "Person,,Address,\nFirst,Email,Street,Zip\nAnn,ann@example.com,1 Elm,02134\nBob,b@example.com,2 Oak,10001\n"
    source = open_source(write(text))
    assert source.header == ("First", "Email", "Street", "Zip")
    assert len(list(source)) == 2


def test_the_mapping_decides_which_row_is_the_header(write: Write) -> None:
    text = "Exported by,First,,\nFirst,Email,Street,Zip\nAnn,ann@example.com,1 Elm,02134\n"
    source = open_source(write(text), options=ReadingOptions(wanted_headers=("first", "E-mail", "Zip")))
    assert source.header == ("First", "Email", "Street", "Zip")


def test_a_first_contact_without_values_is_not_taken_for_a_second_header_row(write: Write) -> None:
    people = "Ann,Acme,,\nBob,Bolt,bob@example.com,+12125550100\nCy,Cog,cy@example.com,+12125550101\n"
    source = open_source(write("Name,Company,Email,Phone\n" + people))
    assert source.header == ("Name", "Company", "Email", "Phone")
    assert len(list(source)) == 3


@pytest.mark.parametrize(
    "text",
    [
        "Ann,ann@example.com\nBob,bob@example.com\n",
        "Ann;Lee;+1 212 555 0100;Rome\nBob;Ray;+1 212 555 0101;Oslo\n",
        "ann@example.com\nbob@example.com\n",
    ],
)
def test_a_file_without_a_header_is_refused_by_the_number_of_its_first_row(write: Write, text: str) -> None:
    with pytest.raises(SourceError, match="no header: its first row, row 1") as refused:
        open_source(write(text))
    assert "nn@example.com" not in str(refused.value)


@pytest.mark.parametrize(
    "value",
    [
        "Ann Lee <ann@example.com>",
        "<ann@example.com>",
        "ann (at) example.com",
        "ann[at]example[dot]com",
        "ann @ example.com",
        "ann@example.com (work)",
        "'ann@example.com",
        "ann@example.com; ann2@example.com",
        "p: 212-555-0130",
        "tel. 020/79460126",
        "1-212-555-0130 (home)",
        "212 555 0130 / 212 555 0131",
        "212.555.0130",
        "212–555–0130",
        '="2125550130"',
        "'+12125550130",
        "☎ 212-555-0130",
        "2.12556E+09",
    ],
)
def test_a_first_row_that_is_a_person_in_any_spelling_is_no_header(write: Write, value: str) -> None:
    with pytest.raises(SourceError, match="no header"):
        open_source(write(f"Ann|Lee|{value}|Rome\nBob|Ray|{value}|Oslo\n"))


def test_a_first_row_with_a_date_over_dates_is_no_header(write: Write) -> None:
    with pytest.raises(SourceError, match="no header"):
        open_source(write("Ann,1990-01-02,Rome\nBob,1991-02-03,Oslo\nCy,1992-03-04,Bonn\n"))


@pytest.mark.parametrize(
    "header",
    [
        "Name|E-Mail (name@example.com)",
        "Name|Phone (e.g. +1 212 555 0100)",
        "Email @|Phone #",
        "Name|2019",
        "Q1 2024|Q2 2024",
        "Name|Group 20240101",
        "2024-01-02|2024-01-03",
    ],
)
def test_a_header_that_tells_how_to_fill_it_in_is_a_header(write: Write, header: str) -> None:
    source = open_source(write(f"Mail|{header}\na@example.com|x|1\nb@example.com|y|2\nc@example.com||\n"))
    assert source.header == ("Mail", *header.split("|"))


@pytest.mark.parametrize(
    "title", ["My list,printed today,", "Contacts 2024,,", "Customers,,\nprinted today,,"]
)
@pytest.mark.parametrize("people", [1, 2, 3])
def test_a_title_that_is_cut_into_cells_is_a_title_over_a_short_table_too(
    write: Write, title: str, people: int
) -> None:
    rows = "".join(f"Ann {n},a{n}@example.com,Rome\n" for n in range(people))
    source = open_source(write(f"{title}\nName,Email,City\n{rows}"))
    assert source.header == ("Name", "Email", "City")
    assert len(list(source)) == people


def test_a_first_contact_with_one_value_is_none_of_the_header_although_that_leaves_a_column_unnamed(
    write: Write,
) -> None:
    first = "Ann,ann@example.com,unknown,unknown,calls back\n"
    rows = "".join(f"Bob,b{n}@example.com,1990-05-0{n + 1},+1212555013{n},x\n" for n in range(4))
    source = open_source(write("Name,Email,Born,Phone,\n" + first + rows))
    assert source.header == ("Name", "Email", "Born", "Phone", "")
    assert len(list(source)) == 5


def test_a_mapping_makes_a_missing_header_certain(write: Write) -> None:
    path = write("Ann,1990-01-02,12\nBob,1991-02-03,13\n")
    with pytest.raises(SourceError, match="no header"):
        open_source(path, options=ReadingOptions(wanted_headers=("First Name", "Birthday")))


def test_nothing_but_values_gets_numbered_columns_and_loses_no_row(write: Write) -> None:
    source = open_source(write("1,2.5,2024-01-02\n3,4.5,2024-01-03\n"))
    assert source.detected.header_row == 0
    assert [row.number for row in source] == [1, 2]


def test_odd_headers_are_cleaned_and_twins_kept(write: Write) -> None:
    text = '\ufeff" First  Name ","E-\u200bmail\n",Tag,Tag,\nAnn,a@example.com,x,y,z\n'
    source = open_source(write(text))
    assert source.header == ("First Name", "E-mail", "Tag", "Tag", "")
    assert any("Tag" in note for note in source.detected.notes)


def test_hundreds_of_empty_columns_are_left_out(write: Write) -> None:
    text = "Name,Email" + "," * 300 + "\n" + ("Ann,a@example.com" + "," * 300 + "\n") * 5
    source = open_source(write(text))
    assert source.header == ("Name", "Email")
    assert not any(row.faults for row in source)


def test_a_delimiter_at_the_end_of_the_header_alone_is_no_column_that_rows_need(write: Write) -> None:
    rows = list(open_source(write("Name,Email,\nAnn,a@example.com\nBob,b@example.com\n")))
    assert [row.cells for row in rows] == [("Ann", "a@example.com", ""), ("Bob", "b@example.com", "")]


def test_totals_and_notes_below_the_table_are_handed_over_as_such(write: Write) -> None:
    body = "".join(f"Ann {n},a{n}@example.com,Rome,x\n" for n in range(10))
    footers = "\nTotal: 10 contacts,,,\nExported on 2024-01-02,,,\n"
    rows = list(open_source(write("Name,Email,City,Tag\n" + body + footers)))
    assert [codes(row) for row in rows[-2:]] == [["footer_row"], ["footer_row"]]
    assert not any(row.faults for row in rows[:-2])


def test_a_short_total_names_its_true_cause(write: Write) -> None:
    body = "".join(f"Ann {n},a{n}@example.com,Rome,x\n" for n in range(10))
    rows = list(open_source(write("Name,Email,City,Tag\n" + body + "Total,10\n")))
    assert codes(rows[-1]) == ["footer_row"]


def test_a_repeated_header_is_no_contact_and_rows_after_it_are(write: Write) -> None:
    rows = list(open_source(write(TABLE + TABLE)))
    assert [codes(row) for row in rows] == [[], [], [], ["repeated_header"], [], [], []]


def test_a_second_table_below_is_not_taken_for_contacts(write: Write) -> None:
    body = "".join(f"Ann {n},a{n}@example.com,{n}\n" for n in range(10))
    second = "\n\nProduct,Colour,Shop\nPen,red,Rome\nInk,blue,Oslo\n"
    rows = list(open_source(write("Name,Email,Age\n" + body + second)))
    assert [codes(row) for row in rows[-3:]] == [["second_table"]] * 3
    assert not any(row.faults for row in rows[:-3])


def test_a_row_without_e_mail_after_a_gap_is_still_a_contact(write: Write) -> None:
    body = "".join(f"Ann {n},a{n}@example.com,{n}\n" for n in range(10))
    rows = list(open_source(write("Name,Email,Age\n" + body + "\nDi Poe,,\n")))
    assert rows[-1].faults == ()


def test_cells_over_the_library_s_limit_are_read(write: Write) -> None:
    big = "x" * 300_000
    source = open_source(write(f'Name,Note\nAnn,"{big}"\nBob,"a\n{big}"\n'))
    assert cells(source) == [("Ann", big), ("Bob", "a\n" + big)]


def test_names_that_look_like_nothing_survive(write: Write) -> None:
    names = ["Null", "NA", "None", "True", "Nan", "Inf", "N/A", "null", "#N/A"]
    source = open_source(write("Name,City\n" + "".join(f"{name},x\n" for name in names)))
    assert [row.cells[0] for row in source] == names


def test_zeros_signs_and_long_numbers_stay_as_written(write: Write) -> None:
    text = "Zip,Phone,Id\n02134,+12125550101,14155550123456789012\n00501,0012125550101,1E5\n"
    assert cells(open_source(write(text)))[0] == ("02134", "+12125550101", "14155550123456789012")


def test_our_own_results_are_read_back_without_our_columns_and_guards(write: Write) -> None:
    text = (
        "import_row,import_status,import_error,Name,Note\n"
        "2,failed,bad,Ann,'=1+1\n3,failed,bad,Bob,''quoted\n4,failed,long,Cy,x,y\n"
    )
    source = open_source(write(text))
    assert source.header == ("Name", "Note")
    assert cells(source) == [("Ann", "=1+1"), ("Bob", "'quoted"), ("Cy", "x", "y")]


@pytest.mark.parametrize("content", ["", "\n\n\n", "\n \n", "\ufeff", b"\x00" * 5000])
def test_a_file_with_nothing_in_it_is_refused(write: Write, content: str | bytes) -> None:
    with pytest.raises(SourceError, match=r"empty|no rows"):
        open_source(write(content))


def test_a_header_alone_is_a_file_without_rows(write: Write) -> None:
    source = open_source(write("Name,Email\n"))
    assert source.header == ("Name", "Email")
    assert list(source) == []


def test_a_header_row_that_does_not_exist_is_refused(write: Write) -> None:
    with pytest.raises(SourceError, match="Row 99"):
        open_source(write(TABLE), options=ReadingOptions(header_row=99))


@pytest.mark.parametrize("delimiter", ["", "\n", '"'])
def test_a_delimiter_that_cannot_be_one_is_refused(write: Write, delimiter: str) -> None:
    with pytest.raises(SourceError, match="delimiter"):
        open_source(write(TABLE), options=ReadingOptions(delimiter=delimiter))


@pytest.mark.parametrize(
    ("declared", "text", "what"),
    [
        (ReadingOptions(sheet="Contacts"), "Name,City\nAnn,Rome\n", "sheet"),
        (ReadingOptions(sheet="Contacts"), '[{"Name": "Ann"}]', "sheet"),
        (ReadingOptions(header_row=2), '[{"Name": "Ann"}]', "header row"),
        (ReadingOptions(delimiter=";"), "BEGIN:VCARD\nVERSION:3.0\nFN:Ann\nEND:VCARD\n", "delimiter"),
    ],
)
def test_what_is_declared_and_cannot_be_of_such_a_file_is_said(
    write: Write, declared: ReadingOptions, text: str, what: str
) -> None:
    doubts = open_source(write(text), options=declared).detected.doubts
    assert [doubt.startswith(f"The {what} that was declared changes nothing: ") for doubt in doubts] == [True]


APART = {
    "below a gap": TABLE + "\nDO NOT CONTACT,,\nDi,Elk,di@example.com\n",
    "without a gap": TABLE + "Unsubscribed:,,\nDi,Elk,di@example.com\n",
    "as the only cell": TABLE + "\n*** Opted out (June) ***\nDi,Elk,di@example.com\n",
    "in German": TABLE + "\nAbgemeldete,,\nDi,Elk,di@example.com\n",
    "below their own header": TABLE + "\nunsubscribed,,\nName,Mail,Reason\nDi Elk,di@example.com,moved\n",
}


@pytest.mark.parametrize("text", APART.values(), ids=APART)
def test_people_below_a_line_that_sets_them_apart_are_not_imported(write: Write, text: str) -> None:
    rows = list(open_source(write(text)))
    assert [codes(row) for row in rows[:3]] == [[], [], []]
    assert len(rows) > 4
    assert all("set_apart" in codes(row) for row in rows[3:])
    assert all(fault.fails for row in rows[3:] for fault in row.faults)


def test_the_next_line_by_itself_ends_what_was_set_apart(write: Write) -> None:
    rows = list(
        open_source(write(TABLE + "\nDNC,,\nDi,Elk,di@example.com\n\nNew clients,,\nEd,Oak,ed@example.com\n"))
    )
    assert [codes(row) for row in rows[3:]] == [["set_apart"], ["set_apart"], [], []]


def test_a_list_of_one_column_has_lines_too(write: Write) -> None:
    rows = list(open_source(write("Email\na@e.example\n\nUNSUBSCRIBED\nb@e.example\nc@e.example\n")))
    assert [codes(row) for row in rows] == [[], ["set_apart"], ["set_apart"], ["set_apart"]]


@pytest.mark.parametrize(
    "text",
    [
        "State,First,Email\nActive,Ann,a@e.example\nUnsubscribed,,\nActive,Bob,b@e.example\n",
        "First,Last,Email\nAnn,Lee,a@e.example\nDnc Ltd,,info@dnc.example\nBob,Ray,b@e.example\n",
        "Note,First,Email\nhe asked: do not call him before 9 in the morning on any day of the week,,\nx,Bob,b@e.example\n",
    ],
)
def test_such_words_in_a_row_s_own_cells_set_nobody_apart(write: Write, text: str) -> None:
    assert {code for row in open_source(write(text)) for code in codes(row)} == set()


@pytest.mark.parametrize("mark", ["\ufeff", "ï»¿"])
@pytest.mark.parametrize("header", ["First,Last,Email", '"First","Last","Email"'])
def test_a_header_repeated_behind_a_mark_within_the_file_is_no_contact(
    write: Write, mark: str, header: str
) -> None:
    rows = list(open_source(write(f"{TABLE}{mark}{header}\nDi,Elk,di@example.com\n")))
    assert [codes(row) for row in rows if "repeated_header" in codes(row)] != []
    assert codes(rows[-1]) == []


def test_the_title_of_a_group_below_the_header_is_no_part_of_a_name(write: Write) -> None:
    rows = "Region Nord,,,\nAnn,Lee,ann@e.example,1\nBob,Ray,bob@e.example,2\nCy,Fox,cy@e.example,3\n"
    source = open_source(
        write(f",First,Last,Email,Count\n,{rows.replace(chr(10), chr(10) + ',').removesuffix(',')}")
    )
    assert source.header == ("", "First", "Last", "Email", "Count")


def test_names_below_the_title_of_two_columns_are_the_header_where_another_name_spans_both_rows(
    write: Write,
) -> None:
    people = "".join(f"Ann,a{n}@example.com,+1415555010{n},vip\n" for n in range(5))
    source = open_source(write(f"Clients\n\nName,Contact,,Tags\nName,Email,Phone,Tags\n{people}"))
    assert [name.split()[-1] for name in source.header] == ["Name", "Email", "Phone", "Tags"]
    assert [row.number for row in source] == [5, 6, 7, 8, 9]


def test_a_name_below_a_gap_of_the_header_is_its_column_s(write: Write) -> None:
    body = "".join(f"A{n},1990-01-0{n},a{n}@e.example\n" for n in range(1, 6))
    source = open_source(write(f"Name,,Email\n,Birthday,\n{body}"))
    assert source.header == ("Name", "Name Birthday", "Email")


DATEV = (
    '"EXTF";700;16;"Debitoren/Kreditoren";5;20240501120000000;;"RE";"";"";1001;1\n'
    "Konto;Name;Ort;E-Mail;Telefon\n"
    '10001;"Groß";"Bonn";"info@example.com";"0211/123456"\n'
)


@pytest.mark.parametrize("sign", ["EXTF", "DTVF"])
@pytest.mark.parametrize("wanted", [(), ("E-Mail",)])
def test_the_header_of_a_datev_file_stands_below_its_own_first_row(
    write: Write, sign: str, wanted: tuple[str, ...]
) -> None:
    text = DATEV.replace("EXTF", sign)
    source = open_source(write(text), options=ReadingOptions(wanted_headers=wanted))
    assert source.detected.header_row == 2
    assert source.header[:5] == ("Konto", "Name", "Ort", "E-Mail", "Telefon")
    assert len(list(source)) == 1


def test_a_column_called_extf_is_no_datev_file(write: Write) -> None:
    assert open_source(write("EXTF;Mail;Name\n7;a@example.com;Ann\n")).detected.header_row == 1
