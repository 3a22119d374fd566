from __future__ import annotations

import gzip
import os
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import importer.reading
from importer.settings import ReadingOptions
from tests.reading.fuzzing import Mutator, covered_lines, read_all
from tests.reading.workbook_makers import (
    book,
    ods,
    ods_cell,
    ods_row,
    ods_table,
    wide,
    xlsb,
    xlsb_cell,
    xlsb_row,
)

SIGNS = st.sampled_from(
    [*"abAB12,;\t|\"'\\@.: é\u20ac", "\n", "\n", "\r\n", "\r", '"', ",", ",", '",', '","', "\n\n"]
)
TEXTS = st.lists(SIGNS, max_size=120).map("".join)
CHARACTERS = st.characters(codec="utf-8", categories=("L", "M", "N", "P", "S", "Zs")) | st.sampled_from(
    "\n\r\t"
)
QUICK = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@QUICK
@given(content=st.binary(max_size=400))
@example(content=b"\xff\xfe,\x00")
@example(content=b"\x1f\x8b")
@example(content=b"PK\x03\x04" + b"\x00" * 40)
@example(content=b"<html><table>")
@example(content=b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600)
def test_no_bytes_bring_out_a_foreign_exception(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    read_all(path)


@QUICK
@given(text=TEXTS)
@example(text='a,b\n"x\n')
@example(text='"\n"\n')
@example(text='a"",b\n"",""c\n')
@example(text="a\x1fb||c\n")
def test_no_letter_of_a_text_is_lost_or_made_up(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8", newline="")
    rows = read_all(path, ReadingOptions(header_row=1))
    if rows is None:
        return
    header = importer.reading.open_source(path, options=ReadingOptions(header_row=1)).header
    found = "".join(header) + "".join("".join(row.cells) for row in rows)
    assert letters(found) == letters(text)


def letters(text: str) -> str:
    return "".join(sorted(sign for sign in text if sign.isalnum()))


@QUICK
@given(
    rows=st.lists(
        st.lists(
            st.text(CHARACTERS, max_size=12),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=20,
    )
)
def test_whatever_csv_writer_writes_is_read_back(tmp_path: Path, rows: list[list[str]]) -> None:
    import csv

    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, quoting=csv.QUOTE_ALL)
        writer.writerow(["First name", "Last name", "Note"])
        writer.writerows([f"p{n}", *row[1:]] for n, row in enumerate(rows))
    found = read_all(path, ReadingOptions(header_row=1, encoding="utf-8", delimiter=","))
    assert found is not None
    assert [row.cells for row in found] == [(f"p{n}", *row[1:]) for n, row in enumerate(rows)]


@pytest.mark.parametrize("kind", ["xlsx", "ods", "xlsb"])
@QUICK
@given(seed=st.integers(0, 10**9))
@example(seed=3331)
@example(seed=1317)
def test_no_damage_to_a_workbook_brings_out_a_foreign_exception(
    small_books: dict[str, bytes], tmp_path: Path, seed: int, kind: str
) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(Mutator(seed)(small_books[kind]))
    read_all(path)


@pytest.fixture(scope="module")
def small_books(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    from datetime import date

    folder = tmp_path_factory.mktemp("small")
    rows: list[list[object]] = [["Name", "Email", "Born", "Zip", "Flag", "Sum"]]
    rows += [[f"Ann {n}", f"a{n}@example.com", date(1990, 1, 2), 2134, n % 2 == 0, "=1+1"] for n in range(12)]
    zips = [ods_row(f"Ann {n}", f"a{n}@example.com", ods_cell("02134", "float", "2134")) for n in range(12)]
    merged = ods_cell("x", attributes='table:number-rows-spanned="2" table:number-columns-repeated="2"')
    sheet = ods_table(ods_row("Name", "Email", "Zip"), *zips, ods_row(merged))
    number = xlsb_cell(5, None, struct.pack("<d", 2134.0), 1)
    people = [
        xlsb_row(n + 1, xlsb_cell(6, 0, wide(f"Ann {n}")), number, xlsb_cell(7, 4, bytes(4)))
        for n in range(12)
    ]
    header = xlsb_row(0, *(xlsb_cell(6, None, wide(name)) for name in ["Name", "Zip", "A", "B", "C"]))
    return {
        "xlsx": book(folder / "a.xlsx", rows, D="00000").read_bytes(),
        "ods": ods(folder / "a.ods", sheet).read_bytes(),
        "xlsb": xlsb(
            folder / "a.xlsb", header + b"".join(people), formats=["00000"], strings=["x"]
        ).read_bytes(),
    }


@pytest.mark.campaign
@pytest.mark.timeout(1200)
def test_a_campaign_led_by_coverage_finds_no_foreign_exception(
    small_books: dict[str, bytes], tmp_path: Path
) -> None:
    """Inputs that reach new lines of the reader are kept and changed further, IMPORTER_FUZZ_INPUTS in all.

    A number of inputs, not of seconds: a quick machine and a slow one come to the same verdict of the same tree.
    """
    text = b'Title\n\n"First, name";Email;"Zip"\nAnn;"a ""b""\nc";02134\n"Bob;b@example.com;1\n\nTotal;2;\n'
    page = (
        b"<html><table><tr><th>Name</th><th>Zip</th></tr><tr><td>Ann</td><td>02134</td></tr></table></html>"
    )
    corpus = [
        text,
        text.replace(b";", b","),
        text.decode().encode("utf-16"),
        gzip.compress(text),
        page,
        b'[{"a":"1","b":{"c":[1,2.5,null,true]}},{"a":"\\ud83d"}]',
        b"BEGIN:VCARD\nN:Lee;Ann;;;\nTEL;TYPE=CELL:+1\nNOTE;ENCODING=QUOTED-PRINTABLE:a=C3=A9=\n b\nEND:VCARD\n",
        *small_books.values(),
    ]
    mutate = Mutator(int(os.environ.get("IMPORTER_FUZZ_SEED", "1")))
    folder = str(Path(importer.reading.__file__).parent)
    seen: set[tuple[str, int]] = set()
    path = tmp_path / "input"
    for turn in range(int(os.environ.get("IMPORTER_FUZZ_INPUTS", "400"))):
        content = mutate(corpus[turn % len(corpus)])[:200_000]
        path.write_bytes(content)
        lines = covered_lines(lambda: read_all(path), folder)
        if not lines <= seen:
            seen |= lines
            corpus.append(content)
    assert len(corpus) > 20, "the inputs that reach new lines are not kept"
