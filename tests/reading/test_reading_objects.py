"""JSON, JSON Lines and vCard files: records whose values have names."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from importer.errors import SourceError
from importer.reading import open_source
from importer.records import TypedText
from tests.reading.workbook_makers import cells

Write = Callable[..., Path]
PEOPLE = [{"First": "Ann", "Email": "ann@example.com"}, {"First": "Zoë", "Phone": "+12125550130"}]
ROWS = [("Ann", "ann@example.com", ""), ("Zoë", "", "+12125550130")]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(PEOPLE),
        json.dumps(PEOPLE, indent=4, ensure_ascii=False),
        "\n".join(map(json.dumps, PEOPLE)) + "\n",
        "\r\n\r\n".join(map(json.dumps, PEOPLE)),
        "\n".join(json.dumps(one, indent=2) for one in PEOPLE),
        json.dumps({"contacts": PEOPLE, "meta": {"total": 2}, "next": []}),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_lists_of_objects_are_rows_under_all_of_their_names(write: Write, text: str, encoding: str) -> None:
    source = open_source(write(text, encoding=encoding))
    assert source.header == ("First", "Email", "Phone")
    assert cells(source) == ROWS
    assert [row.number for row in source] == [2, 3]
    assert source.detected.format == "JSON"


LISTS = {
    "two levels down": {"status": "ok", "data": {"contacts": PEOPLE, "total": 2}},
    "beside lists that hold nobody": {
        "contacts": PEOPLE,
        "meta": {"page": 1},
        "lists": [{"id": 1}, {"id": 2}],
    },
    "of one person": {"data": {"contacts": PEOPLE[:1], "total": 1}},
    "whatever it is called": {"export": {"1": PEOPLE}},
    "under somebody's address": {"exported_by": "me@example.com", "records": PEOPLE},
}


@pytest.mark.parametrize("around", LISTS.values(), ids=LISTS)
def test_the_list_of_people_is_found_wherever_it_stands(write: Write, around: dict[str, object]) -> None:
    source = open_source(write(json.dumps(around)))
    assert source.header[:2] == ("First", "Email")
    assert cells(source)[0][:2] == ("Ann", "ann@example.com")


def test_answers_page_by_page_are_one_list(write: Write) -> None:
    pages = [{"data": {"contacts": [one]}, "page": page} for page, one in enumerate(PEOPLE)]
    source = open_source(write("\n".join(map(json.dumps, pages))))
    assert source.header == ("First", "Email", "Phone")
    assert cells(source) == ROWS


PERSON = {
    "lists that are parts of a contact": {
        "name": "Ann",
        "emails": [{"value": "a@e.example"}],
        "phones": [{"value": "1"}],
    },
    "their orders": {"email": "a@e.example", "orders": [{"id": 1}, {"id": 2}]},
    "their children": {"email": "a@e.example", "children": [{"name": "Bo", "email": "b@e.example"}]},
}


@pytest.mark.parametrize("person", PERSON.values(), ids=PERSON)
@pytest.mark.parametrize("times", [1, 2])
def test_one_person_with_lists_stays_one_record(write: Write, person: dict[str, object], times: int) -> None:
    source = open_source(write("\n".join([json.dumps(person)] * times)))
    assert len(list(source)) == times
    assert source.header[0] == next(iter(person))


def test_several_lists_of_people_are_refused_by_their_names(write: Write) -> None:
    around = {"data": {"new": PEOPLE, "old": PEOPLE[:1]}, "total": 3}
    with pytest.raises(SourceError, match=r"several lists of objects.*: data\.new \(2\), data\.old \(1\)\."):
        open_source(write(json.dumps(around)))


def test_nested_names_are_joined_by_dots_and_lists_by_commas(write: Write) -> None:
    record = {
        "name": {"first": "Ann", "last": {"birth": "Lee"}},
        "tags": ["vip", "lead"],
        "notes": ["a, b", "c"],
        "emails": [{"value": "a@example.com"}, {"value": "b@example.com"}],
        "empty": [],
    }
    source = open_source(write(json.dumps([record])))
    assert dict(zip(source.header, cells(source)[0], strict=True)) == {
        "name.first": "Ann",
        "name.last.birth": "Lee",
        "tags": "vip, lead",
        "notes": '["a, b", "c"]',
        "emails.1.value": "a@example.com",
        "emails.2.value": "b@example.com",
        "empty": "",
    }


def test_numbers_keep_their_digits_and_nothing_is_blank(write: Write) -> None:
    text = '[{"a":14155550123,"b":14155550123.0,"c":0.1,"d":true,"e":null,"f":12345678901234567890,"g":"007","h":NaN}]'
    found = cells(open_source(write(text)))[0]
    assert found == ("14155550123", "14155550123", "0.1", "TRUE", "", "12345678901234567890", "007", "")
    assert [type(cell) is TypedText for cell in found] == [True, True, True, True, False, False, False, False]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[["First","Email"],["A","a@example.com"]]', "no object with names"),
        ("[]", "no records"),
        ('[{"a": "1"}, {"a": "2"', "record 2 cannot be read"),
        ('[{"a": "1"} {"a": "2"}]', "no comma or bracket follows"),
        ('[{"a": "1"}] x', "more follows"),
        ('{"a": "1"}\n{"a": }\n{"a": "3"}\n', "record 2 cannot be read"),
        ('{"a": "1"}\n17\n', "record 2 is no object"),
        ('[{"a": "1", "a": "2"}]', "names 'a' twice"),
        ('[{"a":' + "[" * 200_000, "record 1 cannot be read"),
        ('[{"a":' + '{"b":' * 5_000 + "1" + "}" * 5_000 + "}]", "nested too deeply"),
        ('[{"a": "' + "x" * (18 << 20) + '"}]', "longer than 16 million characters"),
        (json.dumps([{f"name {n}": "" for n in range(20_000)}]), "16,384 different names"),
    ],
)
def test_what_is_no_list_of_objects_is_refused_with_the_record(write: Write, text: str, told: str) -> None:
    with pytest.raises(SourceError, match=told):
        open_source(write(text))


def test_a_long_file_is_read_in_little_memory(tmp_path: Path) -> None:
    pytest.importorskip("resource")
    path = tmp_path / "a.json"
    with path.open("w", encoding="utf-8") as target:
        target.write("[")
        target.writelines(
            (", " if n else "") + json.dumps({"First": f"P{n}", "Note": "x" * 4000}) for n in range(40_000)
        )
        target.write("]")
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (1 << 28, 1 << 28)); "
        "from importer.reading import open_source; print(sum(1 for _ in open_source(sys.argv[1])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, path], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.strip() == "40000", done.stderr


def test_bytes_and_halves_of_characters_that_are_no_text_are_told(write: Write) -> None:
    good = b"".join(b'{"First":"Zo\xc3\xab","Email":"z@example.com"}\n' for _ in range(9))
    source = open_source(write(good + b'{"First":"Jos\xe9"}\n{"First":"\\ud83d"}\n'))
    rows = list(source)
    assert [row.cells[0] for row in rows[-2:]] == ["Jos\ufffd", "\ufffd"]
    assert [fault.code for row in rows for fault in row.faults] == ["undecodable_bytes"]


CARDS = """BEGIN:VCARD
VERSION:3.0
FN:Ann Lee
N:Lee;Ann;Marie,Jo;Dr.;
ORG:Acme\\, Inc.;Sales;West
item1.EMAIL;type=INTERNET;type=WORK:ann@example.com
item1.X-ABLabel:_$!<Other>!$_
EMAIL;TYPE="home,pref":ann.lee@example.com
EMAIL;TYPE=HOME:lee@example.com
TEL;TYPE=CELL,VOICE:+12125550130
TEL;WORK;FAX:+12125550131
ADR;TYPE=HOME:;;1 Elm St\\nApt 2;Rome;NY;02134;USA
BDAY:19900506
CATEGORIES:vip,news\\, weekly
NOTE:a long
  note\\; with a sign
PHOTO;ENCODING=b;TYPE=JPEG:AAAA
 BBBB
END:VCARD
begin:vcard
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=
=C3=B6rg;;;
TEL;CELL:0171 5550130
END:VCARD
"""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_cards_are_rows_under_the_standard_s_names(write: Write, end: str) -> None:
    source = open_source(write(CARDS.replace("\n", end), name="contacts.vcf"))
    first, second = (
        {name: cell for name, cell in zip(source.header, row.cells, strict=True) if cell} for row in source
    )
    assert first == {
        "FN": "Ann Lee",
        "N.Family Name": "Lee",
        "N.Given Name": "Ann",
        "N.Additional Names": "Marie,Jo",
        "N.Honorific Prefixes": "Dr.",
        "ORG": "Acme, Inc.",
        "ORG.Unit": "Sales, West",
        "EMAIL.WORK": "ann@example.com",
        "EMAIL.HOME": "ann.lee@example.com",
        "EMAIL.HOME 2": "lee@example.com",
        "TEL.CELL": "+12125550130",
        "TEL.WORK FAX": "+12125550131",
        "ADR.HOME.Street Address": "1 Elm St\nApt 2",
        "ADR.HOME.Locality": "Rome",
        "ADR.HOME.Region": "NY",
        "ADR.HOME.Postal Code": "02134",
        "ADR.HOME.Country Name": "USA",
        "BDAY": "1990-05-06",
        "CATEGORIES": "vip, news, weekly",
        "NOTE": "a long note; with a sign",
        "EMAIL.PREF": "ann.lee@example.com",
        "ADR.PREF.Street Address": "1 Elm St\nApt 2",
        "ADR.PREF.Locality": "Rome",
        "ADR.PREF.Region": "NY",
        "ADR.PREF.Postal Code": "02134",
        "ADR.PREF.Country Name": "USA",
    }
    assert second == {"N.Family Name": "Müller", "N.Given Name": "Jörg", "TEL.CELL": "0171 5550130"}
    assert source.detected.format == "vCard"


def card(write: Write, *properties: str) -> dict[str, str]:
    text = "\n".join(("BEGIN:VCARD", "VERSION:3.0", *properties, "END:VCARD", ""))
    source = open_source(write(text, name="contacts.vcf"))
    (row,) = source
    return dict(zip(source.header, row.cells, strict=True))


@pytest.mark.parametrize(
    ("properties", "preferred"),
    [
        (("TEL;TYPE=CELL:1", "TEL;TYPE=WORK,pref:2"), "2"),
        (("TEL;WORK;PREF:1", "TEL;CELL:2"), "1"),
        (("TEL;PREF=2;TYPE=home:1", "TEL;PREF=1;TYPE=work:2"), "2"),
        (("TEL;TYPE=WORK,FAX,pref:1", "TEL;TYPE=CELL:2", "TEL;TYPE=HOME:3"), None),
        (("TEL;TYPE=CELL:1", "TEL;TYPE=WORK:2"), None),
        (("TEL;TYPE=CELL,pref:1",), None),
    ],
)
def test_of_several_numbers_the_one_that_the_card_prefers_has_a_column(
    write: Write, properties: tuple[str, ...], preferred: str | None
) -> None:
    assert card(write, *properties).get("TEL.PREF") == preferred


def test_of_several_addresses_one_stands_whole_in_columns_of_its_own(write: Write) -> None:
    home, work = "ADR;TYPE=HOME:;;Weg 1;Bonn;;53111;Germany", "ADR;TYPE=WORK{}:;;5 Main St;Reno;NV;;USA"
    found = card(write, home, work.format(""))
    assert (found["ADR.PREF.Locality"], "ADR.PREF.Region" in found) == ("Bonn", False)
    found = card(write, home, work.format(",pref"))
    assert (found["ADR.PREF.Locality"], "ADR.PREF.Postal Code" in found) == ("Reno", False)
    assert "ADR.PREF.Locality" not in card(write, "ADR:;;Weg 1;Bonn;;53111;Germany")


@pytest.mark.parametrize(
    "born", ["BDAY;value=date;X-APPLE-OMIT-YEAR=1604:1604-05-06", "BDAY:--0506", "BDAY:--05-06"]
)
def test_a_birthday_without_a_year_keeps_none(write: Write, born: str) -> None:
    assert card(write, born)["BDAY"] == "--05-06"


def test_a_line_end_that_two_pieces_share_is_one(tmp_path: Path) -> None:
    """The reader takes 64 KiB at a time; the carriage return is the last byte of the first piece."""
    start = b"BEGIN:VCARD\r\nNOTE;ENCODING=QUOTED-PRINTABLE:"
    first = start + b"x" * ((1 << 16) - len(start) - 2) + b"=\r"
    path = tmp_path / "a.vcf"
    path.write_bytes(first + b"\nyy\r\nEND:VCARD\r\n")
    assert cells(open_source(path))[0][0].endswith("xxyy")


@pytest.mark.parametrize(
    "text", ["BEGIN:VCARD\nFN:Ann\n", "BEGIN:VCARD\nFN:Ann\nBEGIN:VCARD\nFN:Bob\nEND:VCARD\n"]
)
def test_a_card_without_an_end_is_refused(write: Write, text: str) -> None:
    with pytest.raises(SourceError, match="card 1 has no end"):
        open_source(write(text))


def test_a_line_without_end_is_refused(write: Write) -> None:
    with pytest.raises(SourceError, match="16 million characters"):
        open_source(write("BEGIN:VCARD\nNOTE:" + f"{70 * 'x'}\n " * 260_000 + "\nEND:VCARD\n"))
