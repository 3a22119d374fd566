"""Rows that are fixed and sent again over the same source: their numbers stay, and history tells one story."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk, Ended

CONTACTS = """\
First,Mail,Phone,Tags,Born
Ann,ann@example,,vip,05/04/1990
Bob,bob@example.com,,,25/12/1980
Cid,cid@example,,,01/02/1991
Dora,dora@example,,,03/04/1985
"""
MAPPING = """\
version: 1
location: ${HIGHLEVEL_LOCATION_ID}
fields: {firstName: First, email: Mail, dateOfBirth: Born}
"""
FIXED = [
    {"row": 2, "column": "Mail", "before": "ann@example", "after": "ann@example.com"},
    {"row": 4, "column": "Mail", "before": "cid@example", "after": "cid@example.com"},
]
WORDS = ("contacts.csv", "-m", "mapping.yaml")
FIX = (*WORDS, "--corrections", "fixed.jsonl", "--rows", "fixed.jsonl")


@pytest.fixture
def first(desk: Desk, vendor: Sandbox) -> Ended:
    """A run of four rows of which three failed, and corrections of two of them."""
    desk.write("mapping.yaml", MAPPING)
    desk.write("contacts.csv", CONTACTS)
    desk.write("fixed.jsonl", "".join(f"{json.dumps(line)}\n" for line in FIXED))
    ended = desk.run(*WORDS)
    assert (ended.summary["created"], ended.summary["failed"]) == (1, 3)
    return ended


def statuses(ended: Ended) -> dict[str, str]:
    return {row["import_row"]: row["import_status"] for row in ended.rows}


def shown(desk: Desk, run_id: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(desk.importer("show", run_id, "--json").out)
    return told


def test_only_the_rows_that_are_named_are_sent_under_the_numbers_they_had(
    desk: Desk, vendor: Sandbox, first: Ended
) -> None:
    second = desk.run(*FIX)
    assert (second.code, second.summary["rows_read"]) == (0, 2)
    assert statuses(second) == {"2": "created", "4": "created"}
    assert second.summary["follows"] == first.summary["run_id"]
    mails = {each["email"] for each in vendor.contacts("loc1")}
    assert mails == {"ann@example.com", "bob@example.com", "cid@example.com"}


def test_the_history_tells_both_runs_as_one_story(desk: Desk, first: Ended) -> None:
    second = desk.run(*FIX).summary
    told = shown(desk, first.summary["run_id"])
    assert (told["followed_by"], told["corrected"], told["left"]) == ([second["run_id"]], 2, 1)
    text = desk.importer("show", first.summary["run_id"]).out
    assert "4 rows: 1 at first, 2 of 3 corrected since, 1 left" in text


def test_a_third_run_follows_whichever_sent_its_row_last(desk: Desk, first: Ended) -> None:
    desk.write("bad.jsonl", json.dumps({**FIXED[0], "after": "ann(at)example.com"}) + "\n")
    second = desk.run(*WORDS, "--corrections", "bad.jsonl", "--rows", "bad.jsonl").summary
    assert second["failed"] == 1
    third = desk.run(*FIX).summary
    assert third["created"] == 2
    told = shown(desk, first.summary["run_id"])
    assert (told["followed_by"], told["corrected"], told["left"]) == (
        [second["run_id"], third["run_id"]],
        2,
        1,
    )


def test_a_row_that_came_home_is_not_sent_when_the_first_run_goes_on(
    desk: Desk, vendor: Sandbox, first: Ended
) -> None:
    desk.write("contacts.csv", CONTACTS.replace("@example,", "@example.com,"))
    stopped = desk.run(*WORDS, "--trial", "1").summary
    desk.write("rows", "3\n4\n")
    assert desk.run(*WORDS, "--rows", "rows").summary["follows"] == stopped["run_id"]
    resumed = desk.importer("resume", stopped["run_id"], "--json", "--no-progress")
    assert statuses(resumed) == {"2": "created", "3": "skipped", "4": "skipped", "5": "created"}


def test_the_failed_file_names_the_rows_to_send_again(desk: Desk, first: Ended) -> None:
    rows = first.summary["failed_rows"]
    second = desk.run(*WORDS, "--corrections", "fixed.jsonl", "--rows", rows)
    assert statuses(second) == {"2": "created", "4": "created", "5": "failed"}
    workbook = first.summary["failed_workbook"]
    again = desk.run(*WORDS, "--corrections", "fixed.jsonl", "--rows", workbook).summary
    assert (again["repeated"], again["run_id"]) == (True, second.summary["run_id"])


def test_check_and_preview_look_at_the_named_rows_alone(desk: Desk, first: Ended) -> None:
    checked = desk.importer("check", *FIX, "--json").summary
    assert (checked["rows_read"], checked["ready"]) == (2, 2)
    lines = [json.loads(line) for line in desk.importer("preview", *FIX).out.splitlines()]
    assert [line["row"] for line in lines] == [2, 4]


def test_how_dates_are_written_is_learnt_from_the_rows_around_them(desk: Desk, first: Ended) -> None:
    ann, _ = [json.loads(line) for line in desk.importer("preview", *FIX).out.splitlines()]
    assert ann["payload"]["dateOfBirth"] == "1990-04-05"  # day first, as only Bob's row proves


def test_an_interrupted_run_of_some_rows_goes_on_with_those_rows(
    desk: Desk, vendor: Sandbox, first: Ended
) -> None:
    stopped = desk.run(*FIX, "--trial", "1").summary
    (desk.folder / "fixed.jsonl").rename(desk.folder / "moved.jsonl")
    resumed = desk.importer("resume", stopped["run_id"], "--json", "--no-progress")
    assert statuses(resumed) == {"2": "created", "4": "created"}


def test_without_its_list_of_rows_a_run_is_not_gone_on_with(
    desk: Desk, vendor: Sandbox, first: Ended
) -> None:
    stopped = desk.run(*FIX, "--trial", "1").summary
    sources = desk.folder.parent / "state" / "runs" / stopped["run_id"] / "sources"
    (kept,) = sources.glob("*.rows")
    kept.unlink()
    ended = desk.importer("resume", stopped["run_id"], "--no-progress")
    assert ended.code == 2
    assert "list of the rows of contacts.csv" in " ".join(ended.err.split())
    assert len(vendor.contacts("loc1")) == 2


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("2\nfour\n", "line 2: it is no row number"),
        ("2\n²\n", "line 2: it is no row number"),
        ('{"row": "2"}\n', 'line 1: its "row" is no number'),
        ('{"row": 2, "source": "other.csv"}\n', "no source has the name"),
        ("# nothing\n\n", "names no row"),
        ("2\n17\n", "The source has no row 17"),
        ("1\n", "The source has no row 1"),
        ("import_row,Mail\nx,y\n", "row 2: it is no row number"),
    ],
)
def test_a_list_that_names_no_rows_of_the_file_sends_nothing(
    desk: Desk, vendor: Sandbox, first: Ended, content: str, why: str
) -> None:
    desk.write("rows", content)
    ended = desk.run(*WORDS, "--rows", "rows")
    assert ended.code == 2
    assert why in " ".join(ended.err.split())
    assert len(vendor.contacts("loc1")) == 1


def test_a_run_of_another_file_cannot_be_followed(desk: Desk, first: Ended) -> None:
    desk.write("other.csv", CONTACTS.replace("Dora", "Flora"))
    ended = desk.run(
        "other.csv", "-m", "mapping.yaml", "--rows", "fixed.jsonl", "--follows", first.summary["run_id"]
    )
    assert ended.code == 2
    assert "cannot be followed" in " ".join(ended.err.split())
    assert "--follows goes with --rows" in desk.run(*WORDS, "--follows", first.summary["run_id"]).err


def test_several_sources_need_to_be_told_apart(desk: Desk, first: Ended, tmp_path: Path) -> None:
    desk.write("more.csv", CONTACTS.replace("ann@example", "ann@example.org").replace("Ann", "Anna"))
    desk.write("rows", "2\n")
    words = ("contacts.csv", "more.csv", "-m", "mapping.yaml", "--rows", "rows")
    assert "there are 2 sources" in " ".join(desk.run(*words).err.split())
    desk.write("rows", '{"row": 2, "source": "more.csv"}\n')
    assert [row["Mail"] for row in desk.run(*words).rows] == ["ann@example.org"]


def test_the_run_before_is_found_by_what_the_file_holds_whatever_it_is_called_now(
    desk: Desk, first: Ended
) -> None:
    (desk.folder / "contacts.csv").rename(desk.folder / "of-monday.csv")
    second = desk.run("of-monday.csv", *FIX[1:]).summary
    assert second["follows"] == first.summary["run_id"]
    (desk.folder / "of-monday.csv").rename(desk.folder / "of-tuesday.csv")
    assert desk.run("of-tuesday.csv", *FIX[1:], "--fresh").summary["follows"] == second["run_id"]


def test_a_run_that_was_taken_back_is_not_followed(desk: Desk, first: Ended) -> None:
    assert desk.importer("undo", first.summary["run_id"], "--yes").code == 0
    assert desk.run(*FIX).summary["follows"] is None


def test_a_run_of_the_first_rows_alone_is_not_followed_for_it_may_not_have_had_these(
    desk: Desk, first: Ended
) -> None:
    limited = desk.run(*WORDS, "--limit", "2").summary["run_id"]
    second = desk.run(*FIX).summary
    assert second["follows"] == first.summary["run_id"]
    assert shown(desk, limited)["followed_by"] == []
