from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from importer.errors import StateError
from importer.records import Counts, Fault, Pulse, Remedy, Status
from importer.results.summary import check_accounts
from importer.results.summary_text import render_summary

if TYPE_CHECKING:
    from tests.results.conftest import Story

PROMISED = [
    "run_id",
    "state",
    "reason",
    "source",
    "rows_read",
    "created",
    "updated",
    "skipped",
    "failed",
    "pending",
    "warnings",
    "requests",
    "throttled",
    "seconds",
    "errors_by_code",
    "locations",
    "results",
    "failed_rows",
    "report",
]


def mixed(story: Story) -> Story:
    story.sheet({number: (f"Name {number}", f"n{number}@example.com", "", "") for number in range(2, 10)})
    story.settle(2, Status.CREATED).settle(3, Status.UPDATED, location_id="other").settle(
        4, Status.SKIPPED, code="skip_if"
    )
    story.settle(5, Status.FAILED, code="invalid_email", message="'n5@example.com' is odd.")
    story.settle(6, Status.FAILED, code="invalid_email", message="'n6@example.com' is odd.")
    story.settle(7, Status.FAILED, code="service_error", remedy=Remedy.RUN_AGAIN)
    dropped = Fault(code="dropped", message="left out", column="Phone", fails=False)
    story.settle(8, Status.CREATED, warnings=(dropped, dropped))
    story.pulses = [
        Pulse(
            location_id="ve9EPM428h8vShlRW1KT", started_at=0, seconds=10, requests=7, throttled=2, retries=3
        ),
        Pulse(location_id="other", started_at=1, seconds=9, requests=1, daily_remaining=199_999),
    ]
    story.run = type(story.run)(state="stopped", reason="SIGINT")
    return story


def test_the_promised_names_come_first_and_the_file_says_what_the_program_says(story: Story) -> None:
    summary = mixed(story).write()

    told = json.loads(summary.summary.read_text(encoding="utf-8"))

    assert list(told)[: len(PROMISED)] == PROMISED
    assert told == json.loads(json.dumps(summary.to_json()))


def test_counts_requests_and_reasons_are_told(story: Story) -> None:
    told = mixed(story).write().to_json()

    assert {name: told[name] for name in PROMISED[1:15]} == {
        "state": "stopped",
        "reason": "SIGINT",
        "source": "exports/contacts.csv",
        "rows_read": 8,
        "created": 2,
        "updated": 1,
        "skipped": 1,
        "failed": 3,
        "pending": 1,
        "warnings": 2,
        "requests": 8,
        "throttled": 2,
        "seconds": 60.0,
        "errors_by_code": {"invalid_email": 2, "service_error": 1},
    }
    assert told["rows_with_warnings"] == 1
    assert told["failed_by_remedy"] == {"fix_row": 2, "run_again": 1}
    assert told["warnings_by_code"] == {"dropped": 2}
    assert told["skipped_by_code"] == {"skip_if": 1}


def test_each_location_has_its_own_counts(story: Story) -> None:
    locations = mixed(story).write().to_json()["locations"]

    assert isinstance(locations, dict)
    assert locations["other"] == {
        "created": 0,
        "updated": 1,
        "skipped": 0,
        "failed": 0,
        "pending": 0,
        "requests": 1,
        "throttled": 0,
        "daily_remaining": 199_999,
    }


def test_errors_are_grouped_with_share_and_first_rows_and_no_word_of_a_person(story: Story) -> None:
    summary = mixed(story).write()

    groups = summary.to_json()["errors"]

    assert isinstance(groups, list)
    first = groups[0]
    assert isinstance(first, dict)
    assert (first["code"], first["rows"], first["share"], first["first_rows"]) == (
        "invalid_email",
        2,
        0.6667,
        [5, 6],
    )
    assert "example.com" not in json.dumps(summary.to_json())
    assert "example.com" not in repr(summary)


@pytest.mark.parametrize(
    ("state", "statuses", "code"),
    [
        ("finished", [Status.CREATED], 0),
        ("finished", [Status.CREATED, Status.FAILED], 1),
        ("stopped", [Status.CREATED], 3),
        ("running", [Status.CREATED], 3),
    ],
)
def test_the_exit_code_follows_from_how_it_ended(
    story: Story, state: str, statuses: list[Status], code: int
) -> None:
    story.sheet(dict.fromkeys(range(2, 2 + len(statuses)), ("x", "", "", "")))
    for number, status in enumerate(statuses, 2):
        story.settle(number, status)
    story.run = type(story.run)(state=state)

    assert story.write().exit_code == code


def test_a_run_that_was_cut_off_is_told_as_stopped(story: Story) -> None:
    story.sheet({2: ("x", "", "", "")})
    story.run = type(story.run)(state="running", finished_at=None)

    summary = story.write()

    assert summary.state == "stopped"
    assert summary.reason == "The run was cut off, or is still under way."
    assert summary.to_json()["reason_code"] == "killed"


def test_programs_are_told_in_a_word_why_a_run_stopped(story: Story) -> None:
    story.sheet({2: ("x", "", "", "")})
    story.run = type(story.run)(state="stopped", reason="Stopped by SIGINT.", reason_code="interrupted")

    assert story.write().to_json()["reason_code"] == "interrupted"


def test_accounts_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(StateError, match=r"3 rows were read, but 2 are accounted for"):
        check_accounts(Counts(created=1, failed=1), 3)


def test_what_a_sheet_hides_is_counted_and_said(story: Story) -> None:
    story.sheet({2: ("a",)}, hidden=(3, 1)).settle(2, Status.CREATED)

    summary = story.write()
    told = summary.to_json()["sources"]

    assert isinstance(told, list)
    assert [(each["hidden_rows"], each["hidden_columns"]) for each in told if isinstance(each, dict)] == [
        (3, 1)
    ]
    assert "contacts.csv has 3 hidden rows and 1 hidden column: read" in render_summary(summary)
    assert "3 hidden rows and 1 hidden column (read like all others)" in summary.report.read_text("utf-8")


def test_what_the_reader_doubts_is_said_once_in_each_place(story: Story) -> None:
    story.sheet({2: ("a",)}, doubts=("The encoding <cp1250> is a guess.",)).settle(2, Status.CREATED)

    summary = story.write()
    told = summary.to_json()["sources"]
    page = summary.report.read_text("utf-8")

    assert isinstance(told, list)
    assert [each["doubts"] for each in told if isinstance(each, dict)] == [
        ["The encoding <cp1250> is a guess."]
    ]
    assert render_summary(summary).count("contacts.csv: The encoding <cp1250> is a guess.") == 1
    assert page.count("The encoding &lt;cp1250&gt; is a guess.") == 1


def test_several_sources_are_named_with_their_rows(story: Story) -> None:
    story.sheet({2: ("x", "", "", "")}, name="a.csv").sheet(
        {2: ("y", "", "", ""), 3: ("z", "", "", "")}, name="b.csv"
    )
    staged = type(story.run.sources[0])
    story.run = type(story.run)(
        sources=(staged(name="a.csv", reference="in/a.csv"), staged(name="b.csv", reference="in/b.csv"))
    )
    story.settle(2, Status.FAILED, source=1, code="refused", message="No.")

    summary = story.write()
    told = summary.to_json()

    assert told["source"] == "in/a.csv, in/b.csv"
    assert isinstance(told["sources"], list)
    assert [each["rows"] for each in told["sources"] if isinstance(each, dict)] == [1, 2]
    assert "row b.csv 2" in render_summary(summary)
    assert json.loads(summary.summary.read_text("utf-8"))["errors"][0]["first_sources"] == [1]
