"""A file and its corrections are one story: which rows came through, by which run, and what is left."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

import importer
from importer.cli import main
from importer.sandbox import Sandbox
from tests.flow.conftest import correct_workbook, read_table, write_table

if TYPE_CHECKING:
    from tests.flow.conftest import Desk, Ended

CONTACTS = """\
First,Mail,Phone,ZIP,Born
Ann,ann@example.com,,01067,3/14/1985
Bob,nobody,2125550111,00501,3/15/1985
Cid,nowhere,12125550112,01001,1985-03-16
Dora,no-one,,02134,3/17/1985
"""
WORDS = ("-m", "people.yaml")


@pytest.fixture
def failed(desk: Desk, vendor: Sandbox) -> Path:
    """The failed rows of a run of four of which three failed, as CSV; the workbook lies beside it."""
    desk.write(
        "people.yaml",
        "version: 1\ndefaults: {region: US, date_order: MDY}\n"
        "fields: {firstName: First, email: Mail, phone: Phone, postalCode: ZIP, dateOfBirth: Born}\n",
    )
    desk.write("contacts.csv", CONTACTS)
    return Path(desk.run("contacts.csv", *WORDS).summary["failed_rows"])


def shown(desk: Desk, run_id: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(desk.importer("show", run_id, "--json").out)
    return told


def changed(path: Path, target: Path, **columns: tuple[str, ...]) -> str:
    """Save a CSV of ours under another name, with some columns written anew."""
    rows = read_table(path)
    for column, values in columns.items():
        for row, value in zip(rows, values, strict=True):
            row[column] = value
    write_table(target, rows)
    return target.name


def test_show_and_history_of_the_first_run_know_what_was_corrected_since(desk: Desk, failed: Path) -> None:
    first = failed.parent.name
    workbook = failed.with_suffix(".xlsx")
    correct_workbook(workbook, "Mail", "bob@example.com", "cid@example.com")
    shutil.move(workbook, desk.folder / "ready.xlsx")  # under a name and in a place of its own

    second = desk.run("ready.xlsx", *WORDS)

    assert (second.code, second.summary["created"]) == (1, 2)
    told = shown(desk, first)
    assert (told["followed_by"], told["corrected"], told["left"]) == ([second.summary["run_id"]], 2, 1)
    assert shown(desk, second.summary["run_id"])["follows"] == first
    text = desk.importer("show", first).out
    assert f"Followed:  {second.summary['run_id']}" in text
    assert "Since:     4 rows: 1 at first, 2 of 3 corrected since, 1 left" in text
    listed = {line.split()[0]: line.split() for line in desk.importer("runs").out.splitlines()}
    assert [listed[run][-3] for run in (first, second.summary["run_id"])] == ["1", "1"]


def test_what_the_corrections_of_corrections_bring_home_counts_too(desk: Desk, failed: Path) -> None:
    first = failed.parent.name
    once = changed(failed, desk.folder / "once.csv", Mail=("bob@example.com", "nowhere", "no-one"))
    second = Path(desk.run(once, *WORDS).summary["failed_rows"])
    twice = changed(second, desk.folder / "twice.csv", Mail=("cid@example.com", "no-one"))
    third = desk.run(twice, *WORDS).summary["run_id"]

    assert (shown(desk, first)["corrected"], shown(desk, first)["left"]) == (2, 1)
    assert shown(desk, second.parent.name)["followed_by"] == [third]


def test_a_row_that_comes_back_twice_is_corrected_once(desk: Desk, failed: Path) -> None:
    mails = ("bob@example.com", "nowhere", "no-one")
    for name in ("once.csv", "again.csv"):
        changed(failed, desk.folder / name, Mail=mails)
        mails = ("bob@example.com", "cid@example.com", "no-one")
    desk.run("once.csv", *WORDS)
    desk.run("again.csv", *WORDS)

    told = shown(desk, failed.parent.name)

    assert (len(told["followed_by"]), told["corrected"], told["left"]) == (2, 2, 1)


def test_rows_are_known_whatever_order_they_come_back_in(desk: Desk, failed: Path) -> None:
    rows = read_table(failed)
    rows[0]["Mail"] = "bob@example.com"
    write_table(desk.folder / "sorted.csv", rows[::-1])
    desk.run("sorted.csv", *WORDS)
    assert shown(desk, failed.parent.name)["left"] == 2


def test_a_run_that_was_forgotten_counts_no_more_and_its_rows_are_imported_all_the_same(
    desk: Desk, failed: Path
) -> None:
    mended = changed(failed, desk.folder / "mended.csv", Mail=("bob@example.com", "nowhere", "no-one"))
    desk.importer("forget", failed.parent.name)
    second = desk.run(mended, *WORDS)
    assert second.summary["created"] == 1
    assert shown(desk, second.summary["run_id"])["follows"] is None


@pytest.mark.parametrize("claimed", ["../../elsewhere", "20990101-000000-0000", "", "x" * 5_000, "a\nb"])
def test_a_run_that_the_file_only_claims_is_not_believed(desk: Desk, failed: Path, claimed: str) -> None:
    rows = [
        {**row, "import_run": claimed, "Mail": f"{row['First']}@example.com"} for row in read_table(failed)
    ]
    write_table(desk.folder / "claimed.csv", rows)
    ended = desk.run("claimed.csv", *WORDS)
    assert ended.code == 0, ended.err
    assert shown(desk, ended.summary["run_id"])["follows"] is None


def test_cells_that_a_spreadsheet_rewrote_are_refused_before_anything_is_sent(
    desk: Desk, vendor: Sandbox, failed: Path
) -> None:
    saved = changed(
        failed,
        desk.folder / "saved.csv",
        Mail=("bob@example.com", "cid@example.com", "dora@example.com"),
        Phone=("2125550111", "1.21256E+10", ""),
        ZIP=("501", "1001", "2134"),
        Born=("03/15/85", "3/16/1985", "3/17/1985"),
    )
    requests = vendor.state()["requests"]

    for command in ("run", "check"):
        refused = desk.importer(command, saved, *WORDS)
        assert refused.code == 2
        for part in (
            "A spreadsheet rewrote 6 cells that were not at fault when saved.csv was saved",
            "row 2, ZIP: its leading zeros are lost",
            "row 3, Phone: it is written as a power of ten",
            "row 2, Born: it is written as another kind of date",
            "failed.xlsx",
            f"importer results {failed.parent.name}",
        ):
            assert part in " ".join(refused.err.split())
        assert "12125550112" not in refused.err, "it may go into a log"
    assert vendor.state()["requests"] == requests
    assert json.loads(desk.importer("runs", "--json").out)[0]["run_id"] == failed.parent.name

    accepted = desk.run(saved, *WORDS, "--accept-rewritten")
    assert accepted.summary["rows_read"] == 3


def test_the_column_that_was_at_fault_and_what_a_person_corrects_are_free_to_change(
    desk: Desk, failed: Path
) -> None:
    saved = changed(
        failed,
        desk.folder / "saved.csv",
        Mail=("bob@example.com", "cid@example.com", "dora@example.com"),
        Phone=("+12125550111", "12125550113", ""),
        ZIP=("00501", "01002", "02134"),
    )
    assert desk.run(saved, *WORDS).code == 0


def test_a_workbook_that_a_spreadsheet_saved_goes_through(desk: Desk, failed: Path) -> None:
    workbook = failed.with_suffix(".xlsx")
    correct_workbook(workbook, "Mail", "bob@example.com", "cid@example.com", "dora@example.com")
    assert desk.run(str(workbook), *WORDS).summary["created"] == 3


def test_a_number_typed_over_a_text_of_the_workbook_is_told_as_well(desk: Desk, failed: Path) -> None:
    workbook = failed.with_suffix(".xlsx")
    book = openpyxl.load_workbook(workbook)
    sheet = book.worksheets[0]
    (place,) = [cell.column for cell in sheet[1] if cell.value == "ZIP"]
    sheet.cell(2, place).value = 501
    sheet.cell(2, place).number_format = "General"
    book.save(workbook)
    refused = desk.importer("run", str(workbook), *WORDS)
    assert refused.code == 2
    assert "row 2, ZIP: its leading zeros are lost" in " ".join(refused.err.split())


def test_a_file_whose_mark_a_spreadsheet_took_for_letters_is_known_all_the_same(
    desk: Desk, failed: Path
) -> None:
    saved = desk.folder / changed(failed, desk.folder / "saved.csv", ZIP=("501", "1001", "02134"))
    text = saved.read_text(encoding="utf-8-sig").removeprefix("\ufeff")
    saved.write_text("ï»¿" + text, encoding="utf-8")
    refused = desk.importer("check", saved.name, *WORDS)
    assert refused.code == 2
    assert "row 2, ZIP: its leading zeros are lost" in " ".join(refused.err.split())


class Screen(StringIO):
    """Standard error as a terminal that somebody sits at."""

    def isatty(self) -> bool:
        return True


def test_what_was_rewritten_is_shown_to_whoever_sits_at_the_terminal(
    desk: Desk, failed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = changed(
        failed,
        desk.folder / "saved.csv",
        Mail=("bob@example.com", "cid@example.com", "dora@example.com"),
        ZIP=("501", "1001", "02134"),
    )
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    with pytest.raises(SystemExit):
        main(["check", saved, *WORDS])
    assert "  row 2, ZIP: '00501' became '501'\n" in screen.getvalue()


def test_no_value_is_part_of_the_refusal_that_notices_and_logs_are_made_of(desk: Desk, failed: Path) -> None:
    saved = changed(failed, desk.folder / "saved.csv", ZIP=("501", "1001", "02134"))
    with pytest.raises(importer.SourceError) as refused:
        importer.run(saved, "mapping.yaml", token="pit-flow", location_id="loc1")
    assert "00501" not in f"{refused.value}{refused.value!r}"


def test_a_file_of_a_version_that_wrote_no_run_is_known_by_its_folder(desk: Desk, failed: Path) -> None:
    with failed.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        del row["import_run"]
        row["Mail"] = f"{row['First']}@example.com"
    write_table(failed, rows)
    desk.run(str(failed), *WORDS)
    assert shown(desk, failed.parent.name)["left"] == 0


def import_corrected(desk: Desk, failed: Path, *mails: str) -> Ended:
    correct_workbook(failed.with_suffix(".xlsx"), "Mail", *mails)
    return desk.run(str(failed.with_suffix(".xlsx")), *WORDS)


def test_the_first_runs_own_files_tell_what_came_after_it(desk: Desk, failed: Path) -> None:
    second = import_corrected(desk, failed, "bob@example.com", "cid@example.com").summary["run_id"]

    told = json.loads((failed.parent / "summary.json").read_text())
    assert (told["followed_by"], told["corrected"], told["left"]) == ([second], 2, 1)
    assert (told["failed"], told["rows_read"]) == (3, 4), "what the run itself did stays as it was"
    page = (failed.parent / "report.html").read_text()
    assert "4 rows: 1 at first, 2 of 3 corrected since, 1 left" in page
    assert f'<a href="../{second}/report.html">{second}</a>' in page
    assert f"importer show {second}" in page
    assert "Correct the failed rows" not in page
    followed = (failed.parent.parent / second / "report.html").read_text()
    assert f'<a href="../{failed.parent.name}/report.html">{failed.parent.name}</a>' in followed
    assert (
        json.loads((failed.parent.parent / second / "summary.json").read_text())["follows"]
        == failed.parent.name
    )
    again = sorted(path.name for path in failed.parent.iterdir() if "-2" in path.name)
    assert again == [], "the corrected workbook lies there as it is, and nothing goes beside it"


def test_what_came_after_reaches_the_very_first_run(desk: Desk, failed: Path) -> None:
    second = Path(import_corrected(desk, failed, "bob@example.com").summary["failed_rows"])
    import_corrected(desk, second, "cid@example.com", "dora@example.com")
    told = json.loads((failed.parent / "summary.json").read_text())
    assert (told["corrected"], told["left"]) == (3, 0)
    page = (failed.parent / "report.html").read_text()
    assert "3 of 3 corrected since, none left" in page
    assert "Nothing. Every row is where it belongs." in page


def test_a_run_that_was_taken_back_corrected_nothing(desk: Desk, failed: Path, vendor: Sandbox) -> None:
    second = import_corrected(desk, failed, "bob@example.com", "cid@example.com").summary["run_id"]
    assert desk.importer("undo", second, "--yes").code == 0

    assert shown(desk, failed.parent.name)["corrected"] == 0
    told = json.loads((failed.parent / "summary.json").read_text())
    assert (told["corrected"], told["left"]) == (0, 3)
    assert "0 of 3 corrected since, 3 left" in (failed.parent / "report.html").read_text()
    assert "Correct the failed rows" in desk.importer("results", failed.parent.name).err


def test_a_report_that_somebody_changed_is_left_alone(desk: Desk, failed: Path) -> None:
    report = failed.parent / "report.html"
    report.write_text("my notes")
    import_corrected(desk, failed, "bob@example.com")
    assert report.read_text() == "my notes"
    assert json.loads((failed.parent / "summary.json").read_text())["corrected"] == 1


def test_files_that_were_taken_away_do_not_come_back(desk: Desk, failed: Path) -> None:
    (failed.parent / "failed.xlsx").rename(desk.folder / "rows.xlsx")
    shutil.rmtree(failed.parent)
    correct_workbook(desk.folder / "rows.xlsx", "Mail", "bob@example.com")
    assert desk.run("rows.xlsx", *WORDS).summary["created"] == 1
    assert not failed.parent.exists()


def test_a_run_whose_files_are_written_again_advises_what_is_left(desk: Desk, failed: Path) -> None:
    second = import_corrected(desk, failed, "bob@example.com", "cid@example.com").summary["run_id"]

    again = desk.importer("results", failed.parent.name)

    told = " ".join(again.err.split())
    assert "4 rows: 1 at first, 2 of 3 corrected since, 1 left" in told
    assert (
        f"1 row of the 3 that failed is left. The newest run that took them up tells more: importer show {second}"
        in told
    )
    assert "importer run" not in told
    assert f"these are rows of run {failed.parent.name}, corrected" in desk.importer("results", second).err


def test_a_resume_does_not_put_old_values_over_rows_that_were_imported_corrected(
    desk: Desk, vendor: Sandbox
) -> None:
    desk.write(
        "contacts.csv",
        "First,Mail,Phone,Tags\nAnn,ann@example.com,,\nBbo,bob@example.com,,\nCid,cid@example.com,,\n",
    )
    stopped = desk.run("contacts.csv", "-m", "mapping.yaml", "--trial", "1")
    assert (stopped.code, stopped.summary["pending"]) == (3, 2)
    workbook = Path(stopped.summary["failed_workbook"])
    correct_workbook(workbook, "First", "Bob", "Cid")
    assert desk.run(str(workbook), "-m", "mapping.yaml", "--limit", "1").summary["created"] == 1

    resumed = desk.importer("resume", stopped.summary["run_id"], "--json", "--no-progress")

    assert resumed.code == 0, resumed.err
    assert [(row["import_status"], row["import_error_code"]) for row in resumed.rows] == [
        ("created", ""),
        ("skipped", "superseded"),
        ("created", ""),
    ]
    assert sorted(contact["properties"]["firstName"] for contact in vendor.contacts()) == [
        "Ann",
        "Bob",
        "Cid",
    ]


ELSEWHERE = [("--sandbox",), ("--location", "loc2", "--into-other-location")]
"""Imports that bring no row of loc1 home."""


@pytest.mark.parametrize("words", ELSEWHERE)
def test_rows_that_were_only_tried_elsewhere_are_still_sent_by_a_resume(
    desk: Desk, vendor: Sandbox, words: tuple[str, ...]
) -> None:
    people = (f"Ann,p{number}@example.com,,\n" for number in range(6))
    desk.write("people.csv", "First,Mail,Phone,Tags\n" + "".join(people))
    stopped = desk.run("people.csv", "-m", "mapping.yaml", "--trial", "2")
    rest = Path(stopped.summary["results"]).with_name("failed.csv")
    tried = desk.run(str(rest), "-m", "mapping.yaml", *words)
    assert tried.summary["created"] == 4
    resumed = desk.importer("resume", stopped.summary["run_id"], "--json", "--no-progress")
    assert resumed.summary["created"] == 6, resumed.err
    assert len(vendor.contacts("loc1")) == 6


@pytest.mark.parametrize("words", ELSEWHERE)
def test_corrections_that_were_only_tried_elsewhere_count_as_none(
    desk: Desk, failed: Path, words: tuple[str, ...]
) -> None:
    mails = ("bob@example.com", "cid@example.com", "dora@example.com")
    tried = desk.run(changed(failed, desk.folder / "tried.csv", Mail=mails), *WORDS, *words)
    assert tried.summary["created"] == 3
    assert shown(desk, failed.parent.name)["followed_by"] == []
    assert shown(desk, tried.summary["run_id"])["follows"] is None
    assert "corrected since" not in (failed.parent / "report.html").read_text()
