"""Corrections: read as they stand, laid over a source, and refused where they do not fit."""

from __future__ import annotations

import csv
import io
import json
from itertools import repeat
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import xlsxwriter  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.errors import SourceError
from importer.reading import Source, open_source
from importer.reading.corrections import (
    LONGEST_LINE,
    Corrections,
    lines_of,
    read_corrections,
)
from importer.records import Row
from importer.settings import ReadingOptions

PEOPLE = (
    "First,E-mail,Phone\nAnn,ann@example,555 0101\nBob,bob@example.com,555 0102\nCy,cy@example.com,555 0103\n"
)
ANN = {"row": 2, "column": "E-mail", "before": "ann@example", "after": "ann@example.com"}


def written(*lines: object) -> bytes:
    return "".join(f"{json.dumps(line)}\n" for line in lines).encode()


def read(content: bytes) -> Corrections:
    file = read_corrections(lines_of(io.BytesIO(content)), name="c.jsonl")
    return Corrections(file.name, file.corrections)


def laid(path: Path, *lines: object, options: ReadingOptions = ReadingOptions()) -> Source:  # noqa: B008  (frozen)
    return open_source(path, options=options, corrections=read(written(*lines)))


def people(folder: Path, text: str = PEOPLE) -> Path:
    path = folder / "people.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def rows(source: Source) -> list[tuple[int, tuple[str, ...], list[str]]]:
    return [(row.number, row.cells, [fault.code for fault in row.faults]) for row in source]


def refused(path: Path, *lines: object) -> str:
    with pytest.raises(SourceError) as caught:
        rows(laid(path, *lines))
    return str(caught.value)


def test_a_corrected_cell_is_read_in_place_of_the_files_and_its_row_says_so(tmp_path: Path) -> None:
    corrected, *others = laid(people(tmp_path), ANN)
    assert (corrected.number, corrected.cells) == (2, ("Ann", "ann@example.com", "555 0101"))
    (warning,) = corrected.faults
    assert (warning.code, warning.column, warning.fails) == ("corrected", "E-mail", False)
    assert warning.message == "Other than in the file, since it was corrected: E-mail."
    assert [row.faults for row in others] == [(), ()]


def test_every_walk_gives_the_same_rows(tmp_path: Path) -> None:
    source = laid(people(tmp_path), ANN)
    assert rows(source) == rows(source)


def test_a_correction_upon_a_correction_counts_as_one(tmp_path: Path) -> None:
    again = {**ANN, "before": ANN["after"], "after": "ann@example.org"}
    path = people(tmp_path)
    assert rows(laid(path, ANN, again)) == rows(laid(path, {**ANN, "after": "ann@example.org"}))


BACK = {**ANN, "before": ANN["after"], "after": ANN["before"]}
NOTHING = {**ANN, "after": ANN["before"]}
WHOLE = {"row": 2, "before": ["Ann", "ann@example", "555 0101"], "after": ["An", "ann@example", "555 0101"]}


@pytest.mark.parametrize(
    "lines",
    [
        (NOTHING,),
        (ANN, BACK),
        (ANN, BACK, ANN, BACK),
        ({**WHOLE, "after": WHOLE["before"]},),
        (WHOLE, {**ANN, "column": "First", "before": "An", "after": "Ann"}),
    ],
)
def test_a_row_that_is_what_it_was_is_not_said_to_be_corrected(
    tmp_path: Path, lines: tuple[object, ...]
) -> None:
    assert rows(laid(people(tmp_path), *lines)) == rows(open_source(people(tmp_path)))


def test_of_two_cells_only_the_changed_one_is_said_to_be_corrected(tmp_path: Path) -> None:
    same = {"row": 2, "column": "First", "before": "Ann", "after": "Ann"}
    (warning,) = next(iter(laid(people(tmp_path), same, ANN))).faults
    assert warning.message == "Other than in the file, since it was corrected: E-mail."


@pytest.mark.parametrize("lines", [(NOTHING,), (ANN, BACK), ({**WHOLE, "after": WHOLE["before"]},)])
def test_what_changes_nothing_has_to_be_there_all_the_same(tmp_path: Path, lines: tuple[object, ...]) -> None:
    path = people(tmp_path, PEOPLE.replace("ann@example", "ann@example.net"))
    assert "it does not hold what `before` says" in refused(path, *lines)


def test_a_short_row_that_nothing_changes_stays_short(tmp_path: Path) -> None:
    path = people(tmp_path, "First,E-mail,Phone\nAnn,ann@example\n")
    same = {"row": 2, "before": ["Ann", "ann@example"], "after": ["Ann", "ann@example"]}
    assert rows(laid(path, same)) == rows(open_source(path))


def test_a_second_correction_of_a_cell_has_to_know_of_the_first(tmp_path: Path) -> None:
    said = refused(people(tmp_path), ANN, {**ANN, "after": "ann@example.org"})
    assert (
        "line 2: row 2, 'E-mail' was corrected on line 1 already, and `before` is not what that left" in said
    )


def test_what_is_not_there_is_refused_with_its_line_and_without_what_is_there(tmp_path: Path) -> None:
    path = people(tmp_path)
    with pytest.raises(SourceError) as caught:
        rows(laid(path, {**ANN, "before": "anna@example"}, {**ANN, "row": 3, "before": "bobby"}))
    said = str(caught.value)
    assert "line 1: row 2, 'E-mail': it does not hold what `before` says" in said
    assert "line 2: row 3, 'E-mail'" in said
    assert "bob@example.com" not in said
    assert caught.value.cells[1] == "line 2: row 3, 'E-mail' holds 'bob@example.com', and `before` is 'bobby'"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ({**ANN, "row": 9}, "row 9, 'E-mail': there is no such row of data"),
        ({**ANN, "row": 1}, "row 1, 'E-mail': there is no such row of data"),
        ({**ANN, "column": "Mail"}, "no column has this header"),
        ({**ANN, "column": 4}, "row 2, column 4: there are 3 columns"),
        (
            {"row": 2, "before": ["Ann", "ann@example", "555 0101"], "after": ["", "", " "]},
            "it would leave nothing of the row",
        ),
        (
            {"row": 2, "before": ["Ann", "ann@example", "555 0101"], "after": ["a", "b", "c", "d"]},
            "`after` has 4 cells, and the header 3 columns",
        ),
    ],
)
def test_a_correction_that_fits_nowhere_is_refused(tmp_path: Path, line: object, why: str) -> None:
    assert why in refused(people(tmp_path), line)


def test_a_blank_row_cannot_be_corrected_for_it_is_none(tmp_path: Path) -> None:
    path = people(tmp_path, PEOPLE.replace("Bob,bob@example.com,555 0102", ",,"))
    assert "there is no such row" in refused(path, {**ANN, "row": 3, "before": ""})


def test_columns_of_one_name_are_named_by_their_numbers(tmp_path: Path) -> None:
    path = people(tmp_path, "Name,Phone,Phone\nAnn,1,2\nBob,3,4\n")
    assert "several columns have this header" in refused(
        path, {"row": 2, "column": "Phone", "before": "2", "after": "5"}
    )
    first, _ = laid(path, {"row": 2, "column": 3, "before": "2", "after": "5"})
    assert first.cells == ("Ann", "1", "5")


def test_a_row_with_a_cell_too_many_is_put_right_as_a_whole(tmp_path: Path) -> None:
    path = people(tmp_path, PEOPLE.replace("555 0102", "555,0102"))
    ragged = ["Bob", "bob@example.com", "555", "0102"]
    assert rows(open_source(path))[1] == (3, tuple(ragged), ["column_count"])
    assert "correct the whole row" in refused(
        path, {"row": 3, "column": "Phone", "before": "555", "after": "555 0102"}
    )
    source = laid(path, {"row": 3, "before": ragged, "after": ["Bob", "bob@example.com", "555 0102"]})
    assert rows(source)[1] == (3, ("Bob", "bob@example.com", "555 0102"), ["corrected"])


def test_a_row_with_too_few_cells_is_put_right_as_a_whole(tmp_path: Path) -> None:
    path = people(tmp_path, PEOPLE.replace("Bob,bob@example.com", "bob@example.com"))
    source = laid(
        path, {"row": 3, "before": ["bob@example.com", "555 0102"], "after": ["", "bob@example.com"]}
    )
    assert rows(source)[1] == (3, ("", "bob@example.com", ""), ["corrected"])


def test_a_cell_upon_a_whole_row_and_the_other_way_round(tmp_path: Path) -> None:
    whole = {"row": 2, "before": ["Ann", "ann@example", "555 0101"], "after": ["An", "an@example", ""]}
    cell = {"row": 2, "column": "E-mail", "before": "an@example", "after": "an@example.com"}
    again = {"row": 2, "before": ["An", "an@example.com"], "after": ["Anne", "an@example.com", "1"]}
    first, *_ = laid(people(tmp_path), whole, cell, again)
    assert first.cells == ("Anne", "an@example.com", "1")


def test_bytes_that_are_no_text_are_no_fault_once_their_cell_is_corrected(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(PEOPLE.encode().replace(b"Bob", b"B\xf6b") + "Zoë,zoe@example.com,1\n".encode())
    assert rows(open_source(path))[1][2] == ["undecodable_bytes"]
    source = laid(path, {"row": 3, "column": "First", "before": "B\ufffdb", "after": "Böb"})
    assert rows(source)[1] == (3, ("Böb", "bob@example.com", "555 0102"), ["corrected"])


def test_a_cell_of_a_workbook_is_corrected_and_no_more_the_error_that_it_shows(tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([["First", "Phone", "Age"], ["Ann", "", 41], ["Bob", "2", 42]]):
            sheet.write_row(number, 0, row)
        sheet.write_formula(1, 1, "=1/0", value="#DIV/0!")
    (_, cells, codes), _ = rows(open_source(path))
    assert codes == ["error_cell"]
    source = laid(
        path,
        {"row": 2, "column": "Phone", "before": cells[1], "after": "1"},
        {"row": 2, "column": "Age", "before": "41", "after": "14"},
    )
    assert rows(source)[0] == (2, ("Ann", "1", "14"), ["corrected"])


def test_a_file_of_ours_is_corrected_behind_its_guards(tmp_path: Path) -> None:
    text = "import_row,import_status,Name,Note\n7,failed,'=Ann,x\n8,failed,Bob,y\n"
    first, _ = laid(
        people(tmp_path, text),
        {"row": 2, "column": "Name", "before": "=Ann", "after": "+Ann"},
        {"row": 2, "column": 2, "before": "x", "after": "'x"},
    )
    assert first.cells == ("+Ann", "'x")


CELL = st.text(
    st.characters(codec="ascii", exclude_characters="\x00\r\n", categories=["L", "N", "P"]), max_size=6
)
TABLE = st.lists(st.tuples(CELL, CELL, CELL), min_size=3, max_size=12)


@settings(max_examples=25)
@given(TABLE, st.data())
def test_corrections_over_a_file_read_as_the_edited_file(
    table: list[tuple[str, ...]], data: st.DataObject
) -> None:
    table = [(f"n{number}", *row[1:]) for number, row in enumerate(table)]
    edited = [list(row) for row in table]
    lines = []
    for _ in range(data.draw(st.integers(1, 6))):
        row = data.draw(st.integers(0, len(table) - 1))
        column = data.draw(st.integers(1, 2))
        after = data.draw(CELL)
        lines.append(
            {"row": row + 2, "column": ("A", "B", "C")[column], "before": edited[row][column], "after": after}
        )
        edited[row][column] = after
    with TemporaryDirectory() as folder:
        first, second = Path(folder) / "first.xlsx", Path(folder) / "edited.xlsx"
        for path, cells in ((first, table), (second, edited)):
            with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
                sheet = book.add_worksheet()
                for number, row in enumerate([("A", "B", "C"), *cells]):
                    for place, cell in enumerate(row):
                        sheet.write_string(number, place, cell)
        over = [(row.number, row.cells) for row in laid(first, *lines)]
        assert over == [(row.number, row.cells) for row in open_source(second)]


WORD = st.text("abé,;\"'=+ 1", min_size=1, max_size=5).map(lambda text: f"w{text}")
ROW = st.lists(WORD, min_size=1, max_size=5)


@settings(max_examples=40)
@given(st.lists(ROW, min_size=4, max_size=9), st.data())
def test_whole_rows_laid_over_a_text_read_as_the_edited_text(
    table: list[list[str]], data: st.DataObject
) -> None:
    table = [["n0", "n1", "n2"], *table]  # one row under the header that is surely whole
    edited, lines = [list(row) for row in table], []
    for place in data.draw(st.lists(st.integers(1, len(table) - 1), unique=True, max_size=4)):
        edited[place] = data.draw(st.lists(WORD, min_size=3, max_size=3))
        lines.append({"row": place + 2, "before": table[place], "after": edited[place]})
    with TemporaryDirectory() as folder:
        first, second = Path(folder) / "first.csv", Path(folder) / "edited.csv"
        for path, rows_of in ((first, table), (second, edited)):
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["A", "B", "C"], *rows_of])
        # Of such few and ragged rows either file alone might be taken for another form of table.
        known = ReadingOptions(encoding="utf-8", delimiter=",", header_row=1)
        over = [(row.number, row.cells, failing(row)) for row in laid(first, *lines, options=known)]
        assert over == [(row.number, row.cells, failing(row)) for row in open_source(second, options=known)]


def failing(row: Row) -> list[str]:
    return [fault.code for fault in row.faults if fault.fails]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"row 2 is wrong", "it is no JSON object"),
        (b"[1, 2]", "it is no JSON object"),
        (b"[" * 100_000, "it is no JSON object"),
        (b"\xff\xfe", "it is no UTF-8 text"),
        (b'{"row": 2, "column": "E", "before": NaN, "after": ""}', "it is no JSON object"),
        (b'{"row": 1' + b"0" * 5_000 + b"}", "it is no JSON object"),
        (b'{"row": 2, "row": 3, "before": "", "after": ""}', "it says a key twice"),
        (b'{"row": true, "column": "E", "before": "", "after": ""}', "`row` is no row number"),
        (b'{"row": 2.0, "column": "E", "before": "", "after": ""}', "`row` is no row number"),
        (b'{"row": 0, "column": "E", "before": "", "after": ""}', "`row` is no row number"),
        (b'{"row": 2, "column": 0, "before": "", "after": ""}', "`column` is neither"),
        (b'{"row": 2, "column": "E", "before": "", "after": 5}', "'after' is no text"),
        (b'{"row": 2, "before": "a", "after": "b"}', "'before' is no list of cells"),
        (b'{"row": 2, "column": "E", "before": "", "after": "\\ud800"}', "'after' has a sign that no file"),
        (b'{"row": 2, "column": "E", "before": "", "after": "\\u0000"}', "'after' has a sign that no file"),
        (b'{"row": 2, "column": "E", "after": "x"}', "'before' is missing"),
        (
            b'{"row": 2, "column": "E", "before": "", "after": "x", "vhy": ""}',
            "'vhy' is no key of a correction",
        ),
        (b'{"row": 2, "column": "E", "before": "", "after": "x", "why": 1}', "'why' is no text"),
        (b'{"source_sha256": "ab"}', "`source_sha256` stands alone, on the first line"),
        (b'{"row": 2, "before": "' + b"x" * LONGEST_LINE, "it is longer than"),
    ],
)
def test_a_line_that_is_no_correction_is_refused_by_its_number(line: bytes, why: str) -> None:
    with pytest.raises(SourceError, match="line 2: ") as caught:
        read(written(ANN) + line + b"\n" + written({**ANN, "row": 3}))
    assert why in str(caught.value)
    assert "line 3" not in str(caught.value)


def test_all_lines_that_are_wrong_are_named_at_once_and_not_without_end() -> None:
    with pytest.raises(SourceError) as caught:
        read(b"x\n" * 1_000_000)
    assert "line 1: " in str(caught.value)
    assert "and 92 more" in str(caught.value)


def test_more_corrections_than_memory_should_hold_are_refused() -> None:
    lines = [written({**ANN, "row": row}) for row in range(2, 7)]
    assert len(read_corrections(lines, name="c.jsonl", most=5).corrections) == 5
    with pytest.raises(SourceError, match="more than 4 corrections"):
        read_corrections(lines, name="c.jsonl", most=4)


def test_blank_lines_a_mark_at_the_beginning_and_reasons_change_nothing() -> None:
    said = b"\xef\xbb\xbf\n" + written({**ANN, "why": "as she told us", "at": "2026-11-27"}) + b"\n"
    assert read(said).fingerprint == read(written(ANN)).fingerprint


def test_a_file_of_blank_lines_has_an_end() -> None:
    with pytest.raises(SourceError, match="more than 2,000,000 lines"):
        read_corrections(repeat(b"\n"), name="c.jsonl")


def test_a_file_of_long_blank_lines_has_an_end() -> None:
    with pytest.raises(SourceError, match="256 MB"):
        read_corrections(repeat(b" " * 1_000_000), name="c.jsonl")


def test_what_changes_nothing_is_in_no_fingerprint() -> None:
    other = {"row": 3, "column": "First", "before": "Bob", "after": "Bob"}
    assert read(written(ANN, other)).fingerprint == read(written(ANN)).fingerprint
    assert read(written(other)).fingerprint is None


def test_the_fingerprint_knows_what_is_changed_and_not_in_which_order() -> None:
    other = {"row": 3, "column": "First", "before": "Bob", "after": "Rob"}
    assert read(written(ANN, other)).fingerprint == read(written(other, ANN)).fingerprint
    assert read(written(ANN)).fingerprint != read(written({**ANN, "after": "x"})).fingerprint
    assert read(written(ANN)).fingerprint != read(written({**ANN, "column": 2})).fingerprint


class _Endless(io.BytesIO):
    """A device whose first line never ends."""

    def readline(self, size: int | None = -1, /) -> bytes:
        return b"\0" * (size or 0)


def test_a_line_without_end_is_refused_and_not_waited_for() -> None:
    with pytest.raises(SourceError, match="line 1: it is longer than"):
        read_corrections(lines_of(_Endless()), name="c.jsonl")
