from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from importer.errors import StateError
from importer.reading.formula_guard import guard_all, unguard
from importer.records import Fault, Remedy, Status, TypedText
from importer.results.columns import OWN_COLUMNS
from tests.results.conftest import Found

if TYPE_CHECKING:
    from tests.results.conftest import Story

OWN = len(OWN_COLUMNS)
Read = Callable[[Path], list[list[str]]]


def test_every_row_stands_in_source_order_with_our_columns_first(story: Story, read_csv: Read) -> None:
    story.sheet(
        {2: ("Ana", "ana@example.com", "", ""), 3: ("Bo", "bo@example", "", ""), 5: ("Cy", "", "", "")}
    )
    story.settle(
        3, Status.FAILED, code="invalid_email", message="'bo@example' is no e-mail.", location_id="ve9E"
    )
    story.settle(
        2, Status.CREATED, location_id="ve9E", contact_id="c1", http_status=200, attempts=1, trace_id="t1"
    )
    story.run = type(story.run)(state="stopped", reason="interrupted")

    summary = story.write()

    assert ["|".join(line) for line in read_csv(summary.results)] == [
        "|".join([*OWN_COLUMNS, "First Name", "E-mail", "Phone", "Notes"]),
        "2|created|c1|||none||ve9E|200|1|t1||2026-11-23-160000-abcd|Ana|ana@example.com||",
        "3|failed||invalid_email|''bo@example' is no e-mail.|fix_row||ve9E||0|||2026-11-23-160000-abcd|Bo|bo@example||",
        "5|pending||||run_again||||0|||2026-11-23-160000-abcd|Cy|||",
    ]


def test_failed_rows_are_the_failed_and_the_pending_ones_alone(story: Story, read_csv: Read) -> None:
    story.sheet({2: ("Ana", "", "", ""), 3: ("Bo", "", "", ""), 4: ("Cy", "", "", ""), 5: ("Di", "", "", "")})
    story.settle(2, Status.UPDATED).settle(3, Status.FAILED, code="refused").settle(4, Status.SKIPPED)

    summary = story.write()

    lines = read_csv(summary.failed_rows)
    assert lines[0] == read_csv(summary.results)[0]
    assert [(line[0], line[1]) for line in lines[1:]] == [("3", "failed"), ("5", "pending")]


def test_failed_rows_are_grouped_by_cause_with_the_most_frequent_first(story: Story, read_csv: Read) -> None:
    story.sheet({number: (f"Name {number}", "", "", "") for number in range(2, 7)})
    for number, code in (
        (2, "refused"),
        (3, "invalid_email"),
        (4, "refused"),
        (5, "invalid_email"),
        (6, "refused"),
    ):
        story.settle(number, Status.FAILED, code=code)

    lines = read_csv(story.write().failed_by_cause)

    assert [(line[0], line[3]) for line in lines[1:]] == [
        ("2", "refused"),
        ("4", "refused"),
        ("6", "refused"),
        ("3", "invalid_email"),
        ("5", "invalid_email"),
    ]


def test_warnings_are_written_as_code_and_sentence(story: Story, read_csv: Read) -> None:
    story.sheet({2: ("Ana", "", "12", "")})
    warnings = (
        Fault(code="dropped_phone", message="Phone was left out.", fails=False),
        Fault(code="not_stored", message="City was not stored.", fails=False),
    )
    story.settle(2, Status.CREATED, warnings=warnings)

    line = read_csv(story.write().results)[1]

    assert line[6] == "dropped_phone: Phone was left out.; not_stored: City was not stored."


def test_the_file_begins_with_a_byte_order_mark_and_keeps_every_character(
    story: Story, read_csv: Read
) -> None:
    cells = ("Zoë \u4e2d\u6587 \U0001f600", 'say "hi", twice', "line\r\nbreak", "\x00\x07\ufeff")
    story.sheet({2: cells})

    path = story.write().results

    assert path.read_bytes().startswith(b"\xef\xbb\xbfimport_row")
    assert tuple(read_csv(path)[1][-4:]) == cells


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+14155550123",
        "-5",
        "@cmd",
        "\t=1",
        "\r=1",
        "\n=1",
        "'quoted",
        "''",
        "\uff1d1",
        "",
        " =1",
        "a=1",
        "01234",
    ],
)
def test_no_cell_runs_as_a_formula_and_reading_back_gives_the_text(
    story: Story, read_csv: Read, text: str
) -> None:
    story.sheet({2: (text, text, text, text)}, header=("=A", "-B", "C", "D"))
    story.settle(
        2, Status.FAILED, code="refused", message=text, contact_id=text, trace_id=text, location_id=text
    )

    lines = read_csv(story.write().failed_rows)

    assert all(cell[:1] not in set("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20") for line in lines for cell in line)
    assert [unguard(cell) for cell in lines[1][-4:]] == [text] * 4
    assert [unguard(cell) for cell in lines[0][-4:]] == ["=A", "-B", "C", "D"]


def test_only_cells_that_a_spreadsheet_would_run_are_guarded() -> None:
    assert guard_all(["=1", "a", "", "'", "+1", "\t"]) == ["'=1", "a", "", "''", "'+1", "'\t"]
    inside = [";=1", "a\t=1", "a;b", "a; =1", "a|@x", "a\n-1", "a;'=1", "7;-3", "a,=1"]
    assert guard_all(inside) == [
        ";'=1",
        "a\t'=1",
        "a;b",
        "a; =1",
        "a|'@x",
        "a\n'-1",
        "a;''=1",
        "7;'-3",
        "a,=1",
    ]


@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
def test_nothing_runs_in_a_spreadsheet_that_splits_elsewhere(
    story: Story, tmp_path: Path, delimiter: str
) -> None:
    evil = (";=1+1", "a\t=1+1", "a|@SUM(1)", "a\n=1+1")
    story.sheet({2: evil}).settle(2, Status.FAILED, code="refused", message="x;=1+1\r\n+2\t-3")

    written = story.write().failed_rows.read_text(encoding="utf-8-sig")

    cells = [cell for line in written.splitlines() for cell in line.split(delimiter)]
    assert not [cell for cell in cells if cell.lstrip('"')[:1] in {"=", "+", "-", "@"}]


def test_ragged_rows_keep_every_cell_and_stay_ragged(story: Story, read_csv: Read) -> None:
    story.sheet({2: ("Ana", "a@example.com", "1", "x", "too", "many"), 3: ("Bo", "b@example.com")})
    story.settle(2, Status.FAILED, code="column_count").settle(3, Status.FAILED, code="column_count")

    long, short = read_csv(story.write().failed_rows)[1:]

    assert long[OWN:] == ["Ana", "a@example.com", "1", "x", "too", "many"]
    assert short[OWN:] == ["Bo", "b@example.com"]


def test_several_sources_share_the_union_of_their_headers(story: Story, read_csv: Read) -> None:
    story.sheet({2: ("Ana", "1")}, name="a.csv", header=("Name", "Phone"))
    story.sheet(
        {2: ("b@example.com", "Bo"), 3: ("c@example.com", "Cy")}, name="b.csv", header=("Mail", "Name")
    )
    story.settle(2, Status.CREATED, source=0).settle(2, Status.UPDATED, source=1)

    lines = read_csv(story.write().results)

    assert lines[0][OWN:] == ["import_source", "Name", "Phone", "Mail"]
    assert [[line[0], line[1], *line[OWN:]] for line in lines[1:]] == [
        ["2", "created", "a.csv", "Ana", "1", ""],
        ["2", "updated", "b.csv", "Bo", "", "b@example.com"],
        ["3", "pending", "b.csv", "Cy", "", "c@example.com"],
    ]


def test_ragged_rows_stay_ragged_in_a_union_of_headers(story: Story, read_csv: Read) -> None:
    story.sheet({2: ("1", "2")}, name="a.csv", header=("A", "B"))
    story.sheet({2: ("b", "c", "more"), 3: ("b",), 4: ()}, name="b.csv", header=("C", "A"))

    lines = read_csv(story.write().results)

    assert [line[OWN + 1 :] for line in lines] == [
        ["A", "B", "C"],
        ["1", "2", ""],
        ["c", "", "b", "more"],
        ["b"],
        [],
    ]


def test_a_header_that_stands_twice_keeps_both_columns(story: Story, read_csv: Read) -> None:
    story.sheet({2: ("a", "b")}, name="a.csv", header=("Tag", "Tag"))
    story.sheet({2: ("c",)}, name="b.csv", header=("Tag",))

    lines = read_csv(story.write().results)

    assert [line[OWN + 1 :] for line in lines] == [["Tag", "Tag"], ["a", "b"], ["c", ""]]


def test_a_limited_run_holds_its_own_rows_alone(story: Story, read_csv: Read) -> None:
    story.sheet(dict.fromkeys(range(2, 12), ("x", "", "", "")))
    story.settle(2, Status.CREATED).settle(3, Status.CREATED)
    journal = type(story.journal)(rows=2, settled=tuple(story.outcomes))

    summary = story.write(limit=2, journal=journal)

    assert summary.rows_read == 2
    assert len(read_csv(summary.results)) == 3


def test_half_a_character_from_a_broken_source_is_written_as_an_escape(story: Story, read_csv: Read) -> None:
    story.sheet({2: ("Jos\udce9", "", "", "")})
    assert read_csv(story.write().results)[1][OWN] == "Jos\\udce9"


def test_typed_cells_of_a_workbook_are_written_as_a_person_reads_them(story: Story, read_csv: Read) -> None:
    story.sheet({2: (TypedText("01234", 1234), TypedText("50 %", 0.5), "", "")})
    assert read_csv(story.write().results)[1][OWN : OWN + 2] == ["01234", "50 %"]


def test_files_that_do_not_match_the_journal_are_refused(story: Story) -> None:
    story.sheet({2: ("Ana", "", "", "")})
    story.settle(2, Status.CREATED).settle(3, Status.CREATED)

    with pytest.raises(StateError, match=r"do not match the journal|do not add up"):
        story.write(journal=type(story.journal)(rows=2, settled=tuple(story.outcomes)))


def test_a_stopped_write_leaves_neither_half_a_file_nor_a_draft(story: Story) -> None:
    story.sheet({2: ("Ana", "", "", "")})
    first = story.write()
    before = first.results.read_bytes()
    story.sheet({2: ("Bo", "", "", "")}, name="b.csv")
    story.sheets.append(Broken())  # type: ignore[arg-type]

    with pytest.raises(RuntimeError, match="torn"):
        story.write()

    assert first.results.read_bytes() == before
    assert sorted(path.name for path in story.folder.iterdir()) == [
        "failed-by-cause.csv",
        "failed.csv",
        "failed.xlsx",
        "report.html",
        "results.csv",
        "summary.json",
    ]


class Broken:
    name = "torn.csv"
    detected = Found()
    header = ("A",)
    rows: dict[int, tuple[str, ...]] = {}  # noqa: RUF012  (never written)

    def blocks(self, size: int = 1000) -> None:  # noqa: ARG002  (the shape of a source)
        raise RuntimeError("torn")


def test_a_folder_that_cannot_be_written_is_told_in_one_sentence(story: Story) -> None:
    story.sheet({2: ("Ana", "", "", "")})
    story.folder.parent.mkdir()
    story.folder.write_text("a file in the way", encoding="utf-8")

    with pytest.raises(StateError, match=r"could not be written.*importer results"):
        story.write()


def test_what_helps_a_row_that_was_not_reached_is_to_run_again(story: Story, read_csv: Read) -> None:
    story.sheet({2: ("Ana", "", "", "")})
    assert read_csv(story.write().results)[1][5] == Remedy.RUN_AGAIN
