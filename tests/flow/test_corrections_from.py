"""A failed file that somebody corrected, taken back as corrections of the file that was imported."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from tests.flow.conftest import correct_workbook, read_table, write_table

if TYPE_CHECKING:
    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk, Ended

CONTACTS = """\
First,Mail,Phone,ZIP
Ann,ann@example.com,,01067
Bob,nobody,,00501
Cid,nowhere,,01001
"""
ODD = """\
First,Mail,Phone,ZIP,Phone
Bob,nobody,,00501,
Ann,ann@example.com,,01067,
Dora,dora@example.com,,02134,,,x
"""
WORDS = ("contacts.csv", "-m", "people.yaml")


@pytest.fixture
def failed(desk: Desk, vendor: Sandbox) -> Path:
    """The failed rows of a run of three of which two failed."""
    return failed_of(desk, CONTACTS)


@pytest.fixture
def odd(desk: Desk, vendor: Sandbox) -> str:
    """The text of failed rows that have two columns of one name, and cells too many."""
    return failed_of(desk, ODD).read_text(encoding="utf-8-sig")


def failed_of(desk: Desk, contacts: str) -> Path:
    desk.write("people.yaml", "version: 1\nfields: {firstName: First, email: Mail, postalCode: ZIP}\n")
    desk.write("contacts.csv", contacts)
    return Path(desk.run(*WORDS).summary["failed_rows"])


def corrections(ended: Ended) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ended.out.splitlines()]


def rewrite(path: Path, target: str, **cells: dict[str, str]) -> str:
    """Save a CSV of ours under another name, some cells by import_row and column written anew."""
    rows = read_table(path)
    for row in rows:
        row.update(cells.get(f"row{row['import_row']}", {}))
    write_table(Path(target), rows)
    return target


def flat(ended: Ended) -> str:
    return " ".join(ended.err.split())


def test_a_corrected_workbook_becomes_corrections_of_the_first_file(desk: Desk, failed: Path) -> None:
    workbook = failed.with_suffix(".xlsx")
    correct_workbook(workbook, "Mail", "bob@example.com", "cid@example.com")
    ended = desk.importer("corrections", "from", str(workbook))
    assert ended.code == 0
    head, *lines = corrections(ended)
    assert len(head["source_sha256"]) == 64
    assert lines == [
        {"row": 3, "column": "Mail", "before": "nobody", "after": "bob@example.com"},
        {"row": 4, "column": "Mail", "before": "nowhere", "after": "cid@example.com"},
    ]
    assert f"2 rows of run {failed.parent.name} corrected" in flat(ended)


def test_the_command_that_it_prints_sends_the_corrected_rows_and_no_others(
    desk: Desk, vendor: Sandbox, failed: Path
) -> None:
    ready = rewrite(failed, "ready.csv", row3={"Mail": "bob@example.com"})
    said = flat(desk.importer("corrections", "from", ready, "-o", "fixed.jsonl"))
    command = shlex.split(said.partition("Send them: importer ")[2])
    ended = desk.importer(*command, "--json", "--no-progress")
    assert [(row["import_row"], row["Mail"]) for row in ended.rows] == [("3", "bob@example.com")]
    assert ended.summary["follows"] == failed.parent.name


def test_a_row_with_cells_too_many_is_replaced_as_a_whole(desk: Desk, odd: str) -> None:
    assert "dora@example.com,,02134,,,x" in odd
    ready = desk.write("ready.csv", odd.replace("dora@example.com,,02134,,,x", "dora@example.com,,02134,"))
    ended = desk.importer("corrections", "from", ready, "-o", "fixed.jsonl")
    assert "Send them" in ended.err
    (line,) = [json.loads(each) for each in Path("fixed.jsonl").read_text().splitlines()[1:]]
    assert line == {
        "row": 4,
        "before": ["Dora", "dora@example.com", "", "02134", "", "", "x"],
        "after": ["Dora", "dora@example.com", "", "02134", ""],
    }
    checked = desk.importer(
        "check", *WORDS, "--corrections", "fixed.jsonl", "--rows", "fixed.jsonl", "--json"
    )
    assert checked.summary["ready"] == 1


def test_a_row_that_has_cells_too_many_still_is_refused_where_it_was_changed(desk: Desk, odd: str) -> None:
    ready = desk.write(
        "ready.csv", odd.replace("dora@example.com,,02134,,,x", "dora@example.com,,02134,x,x,x")
    )
    ended = desk.importer("corrections", "from", ready)
    assert "row 3: it has more or fewer cells than the header still" in flat(ended)


def test_a_column_whose_name_stands_twice_goes_by_its_number(desk: Desk, odd: str) -> None:
    ready = desk.write("ready.csv", odd.replace("nobody,,00501,", "nobody,,00501,5550100"))
    _, line = corrections(desk.importer("corrections", "from", ready))
    assert line == {"row": 2, "column": 5, "before": "", "after": "5550100"}


def test_columns_of_one_name_in_another_order_are_not_swapped(desk: Desk, odd: str) -> None:
    lines = odd.replace("nobody,,00501,", "nobody,,00501,5550100").splitlines()
    mixed = "".join(
        ",".join([*cells[:13], *cells[13:18][::-1]]) + "\n"
        for cells in (line.split(",") for line in lines[:2])
    )
    ended = desk.importer("corrections", "from", desk.write("ready.csv", mixed))
    assert "row 2: 'Phone' stands twice, and the columns are in another order" in flat(ended)


def test_columns_of_one_name_do_not_bar_another_order_where_they_are_as_they_were(
    desk: Desk, odd: str
) -> None:
    lines = odd.replace("nobody", "bob@example.com").splitlines()
    mixed = "".join(
        ",".join([*cells[13:18][::-1], *cells[:13]]) + "\n"
        for cells in (line.split(",") for line in lines[:2])
    )
    _, line = corrections(desk.importer("corrections", "from", desk.write("ready.csv", mixed)))
    assert line == {"row": 2, "column": "Mail", "before": "nobody", "after": "bob@example.com"}


def test_corrections_of_a_corrected_run_are_laid_upon_its_own(desk: Desk, failed: Path) -> None:
    first = {"row": 3, "column": "Mail", "before": "nobody", "after": "still nobody"}
    desk.write("first.jsonl", json.dumps(first) + "\n")
    second = desk.run(*WORDS, "--corrections", "first.jsonl", "--rows", "first.jsonl").summary
    ready = rewrite(Path(second["failed_rows"]), "ready.csv", row3={"Mail": "bob@example.com"})
    ended = desk.importer("corrections", "from", ready, "-o", "all.jsonl")
    _, *lines = [json.loads(each) for each in Path("all.jsonl").read_text().splitlines()]
    assert lines == [first, {**first, "before": "still nobody", "after": "bob@example.com"}]
    assert "--rows ready.csv" in flat(ended)
    third = desk.run(*WORDS, "--corrections", "all.jsonl", "--rows", "ready.csv").summary
    assert (third["created"], third["follows"]) == (1, second["run_id"])


def test_a_file_without_changes_gives_none(desk: Desk, failed: Path) -> None:
    ended = desk.importer("corrections", "from", str(failed))
    assert len(corrections(ended)) == 1
    assert "Nothing was changed of the rows" in flat(ended)


def test_rows_of_several_sources_say_which(desk: Desk, vendor: Sandbox, failed: Path) -> None:
    desk.write("more.csv", CONTACTS.replace("nobody", "somebody"))
    both = Path(desk.run("contacts.csv", "more.csv", *WORDS[1:], "--fresh").summary["failed_rows"])
    rows = read_table(both)
    (wanted,) = [row for row in rows if (row["import_source"], row["import_row"]) == ("more.csv", "3")]
    wanted["Mail"] = "bob@example.com"
    write_table(Path("ready.csv"), rows)
    (line,) = corrections(desk.importer("corrections", "from", "ready.csv"))
    assert line == {
        "row": 3,
        "column": "Mail",
        "before": "somebody",
        "after": "bob@example.com",
        "source": "more.csv",
    }


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({"import_row": "44"}, "row 2: its run had no such row"),
        ({"import_row": "4"}, "row 3: it is row 4 of the run once more"),
        ({"import_run": "20200101-000000-0000"}, "row 2: its import_run or import_row names no row"),
        ({"ZIP": "501"}, "row 2: a spreadsheet seems to have rewritten ZIP: its leading zeros are lost"),
    ],
)
def test_a_row_that_does_not_fit_is_refused_by_its_number(
    desk: Desk, failed: Path, cells: dict[str, str], why: str
) -> None:
    ended = desk.importer("corrections", "from", rewrite(failed, "ready.csv", row3=cells))
    assert (ended.code, ended.out) == (2, "")
    assert why in flat(ended)


def test_what_a_spreadsheet_rewrote_is_taken_where_it_is_meant(desk: Desk, failed: Path) -> None:
    ready = rewrite(failed, "ready.csv", row3={"ZIP": "501"})
    _, line = corrections(desk.importer("corrections", "from", ready, "--accept-rewritten"))
    assert (line["column"], line["after"]) == ("ZIP", "501")


def test_a_column_that_is_gone_blanks_nobody(desk: Desk, failed: Path) -> None:
    rows = [{key: value for key, value in row.items() if key != "ZIP"} for row in read_table(failed)]
    write_table(Path("ready.csv"), rows)
    assert "the column 'ZIP' of the source is not in the file any more" in flat(
        desk.importer("corrections", "from", "ready.csv")
    )


def test_a_value_in_a_new_column_is_not_dropped_in_silence(desk: Desk, failed: Path) -> None:
    write_table(Path("ready.csv"), [{**row, "Note": "call her"} for row in read_table(failed)])
    assert "a column that the source does not have holds something" in flat(
        desk.importer("corrections", "from", "ready.csv")
    )


def test_another_file_is_no_file_of_failed_rows(desk: Desk, failed: Path) -> None:
    ended = desk.importer("corrections", "from", "contacts.csv")
    assert ended.code == 2
    assert "contacts.csv is no file of failed rows" in flat(ended)


def test_a_failed_file_without_rows_says_so(desk: Desk, vendor: Sandbox) -> None:
    kept = failed_of(desk, "First,Mail,Phone,ZIP\nAnn,ann@example.com,,01067\n")

    ended = desk.importer("corrections", "from", str(kept))

    assert ended.code == 2
    assert "has no rows" in ended.err


def test_a_formula_without_its_result_is_no_blank_that_somebody_typed(desk: Desk, failed: Path) -> None:
    workbook = failed.with_suffix(".xlsx")
    correct_workbook(workbook, "First", '=HYPERLINK("https://example.com","Bob")')
    ended = desk.importer("corrections", "from", str(workbook))
    assert ended.code == 2
    assert "row 2: Cell" in flat(ended)
    assert "holds a formula whose result the workbook does not store" in flat(ended)


def test_the_rows_are_found_beside_a_sheet_that_somebody_added(desk: Desk, failed: Path) -> None:
    workbook = failed.with_suffix(".xlsx")
    correct_workbook(workbook, "Mail", "bob@example.com", "cid@example.com")
    book = openpyxl.load_workbook(workbook)
    book.create_sheet("Notes", 0).append(["whom", "to ask"])
    book.save(workbook)
    _, *lines = corrections(desk.importer("corrections", "from", str(workbook)))
    assert [line["row"] for line in lines] == [3, 4]
    counted = desk.importer("check", *WORDS, "--rows", str(workbook), "--json").summary
    assert counted["rows_read"] == 2


@pytest.mark.parametrize("name", ["ready.csv", "contacts.csv"])
def test_only_corrections_are_written_over(desk: Desk, failed: Path, name: str) -> None:
    ready = rewrite(failed, "ready.csv", row3={"Mail": "bob@example.com"})
    before = Path(name).read_bytes()
    ended = desk.importer("corrections", "from", ready, "-o", name)
    assert ended.code == 2
    assert f"{name} is there already, and no file of corrections" in flat(ended)
    assert Path(name).read_bytes() == before
    for _ in range(2):
        assert desk.importer("corrections", "from", ready, "-o", "fixed.jsonl").code == 0
