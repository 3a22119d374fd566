"""The read-only face of runs: which there are, what they came to, their rows by page, their files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import importer
from importer.errors import SettingsError
from importer.records import Counts
from importer.runs.history import PastRun
from importer.runtime.process_lock import locked, this_process
from importer.state.ended import FILE_NAME
from importer.state.journal import Journal, SessionKind

if TYPE_CHECKING:
    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk

CONTACTS = "First,Mail,Phone,Tags\n" + "".join(
    f"P{n},{'nobody' if n % 3 == 0 else f'p{n}@example.com'},,\n" for n in range(30)
)
WORDS = ("contacts.csv", "-m", "mapping.yaml")


@pytest.fixture
def run(desk: Desk, vendor: Sandbox) -> PastRun:
    """A run of thirty rows of which ten failed."""
    desk.write("contacts.csv", CONTACTS)
    run_id = desk.run(*WORDS).summary["run_id"]
    return importer.open_history().find(run_id)


def kept(desk: Desk, run: PastRun) -> Path:
    return desk.folder.parent / "state" / "runs" / run.id


def test_a_run_tells_what_it_came_to_and_why(run: PastRun) -> None:
    assert run.counts == Counts(created=20, failed=10)
    assert [(cause.kind, cause.code, cause.rows, cause.remedy) for cause in run.causes] == [
        ("failed", "invalid_email", 10, "fix_row")
    ]
    assert (run.under_way, run.followed_by, run.run.state) == (False, (), "finished")


def test_its_rows_come_by_pages_of_one_kind_or_all(run: PastRun) -> None:
    first = run.rows(status="failed", count=4)
    assert [(row.number, row.source, row.outcome.code) for row in first] == [
        (number, 0, "invalid_email") for number in (2, 5, 8, 11)
    ]
    rest = run.rows(status="failed", after=first[-1].id)
    assert [row.number for row in rest] == [14, 17, 20, 23, 26, 29]
    assert run.rows(status="failed", after=rest[-1].id) == ()
    assert [row.number for row in run.rows(count=3)] == [2, 3, 4]
    assert len(run.rows(code="invalid_email")) == 10
    assert run.rows(code="invalid_phone") == ()
    assert len(run.rows(count=10_000_000)) == 30


def test_its_files_are_those_that_are_there(run: PastRun) -> None:
    names = {path.name for path in run.files()}
    assert {"results.csv", "failed.csv", "failed.xlsx", "report.html", "summary.json"} <= names
    (run.folder / "results.csv").unlink()
    assert "results.csv" not in {path.name for path in run.files()}


def test_the_newest_run_comes_first_and_a_damaged_one_is_left_out(desk: Desk, run: PastRun) -> None:
    second = desk.run(*WORDS, "--fresh").summary["run_id"]
    history = importer.open_history(desk.folder.parent / "state")
    assert [each.id for each in history] == [second, run.id]
    assert history.find().id == second
    (kept(desk, run) / "journal.db").write_bytes(b"damaged")
    assert [each.id for each in history] == [second]
    with pytest.raises(SettingsError, match="There is no run"):
        history.find("1999")


def test_a_run_that_was_fixed_names_the_run_that_followed_it(desk: Desk, run: PastRun) -> None:
    desk.write(
        "fixed.jsonl", json.dumps({"row": 2, "column": "Mail", "before": "nobody", "after": "a@b.com"})
    )
    fixed = desk.run(*WORDS, "--corrections", "fixed.jsonl", "--rows", "fixed.jsonl").summary["run_id"]
    history = importer.open_history()
    assert history.find(run.id).followed_by == (fixed,)
    assert [row.number for row in history.find(fixed).rows()] == [2]


def test_counts_are_kept_and_not_counted_again(desk: Desk, run: PastRun) -> None:
    path = kept(desk, run) / FILE_NAME
    assert path.stat().st_mode & 0o077 == 0
    told = json.loads(path.read_text())
    told["counts"]["created"] = 7
    path.write_text(json.dumps(told))
    assert importer.open_history().find(run.id).counts.created == 7


@pytest.mark.parametrize("content", [None, "", "[]", '{"sessions": 9, "counts": {}, "causes": []}'])
def test_where_nothing_was_kept_since_the_last_session_the_journal_is_counted_once(
    desk: Desk, run: PastRun, content: str | None
) -> None:
    path = kept(desk, run) / FILE_NAME
    path.unlink()
    if content is not None:
        path.write_text(content)
    again = importer.open_history().find(run.id)
    assert (again.counts, again.causes) == (run.counts, run.causes)
    assert json.loads(path.read_text())["counts"]["failed"] == 10


def test_a_run_under_way_is_told_by_what_it_says_of_itself(desk: Desk, run: PastRun) -> None:
    with Journal.open(kept(desk, run)) as journal:
        journal.begin(SessionKind.RETRY)
    (run.folder / "progress.json").write_text(
        json.dumps({"phase": "sending", "rows": 30, "created": 5, "failed": "x", "pending": 25})
    )
    lock = desk.folder.parent / "state" / "locks" / f"{run.id}.lock"
    with locked(lock, this_process("a test", 0.0)):
        found = importer.open_history().find(run.id)
        assert (found.under_way, found.counts, found.causes) == (True, Counts(), ())
        (run.folder / "progress.json").write_text(
            json.dumps({"phase": "sending", "created": 5, "pending": 25})
        )
        assert importer.open_history().find(run.id).counts == Counts(created=5, pending=25)


@pytest.mark.parametrize(
    "said",
    [
        '{"created": Infinity, "phase": "sending"}',
        '{"created": NaN, "phase": 5, "rows": []}',
        '{"phase": "\\u001b[2J", "created": {}, "pending": null}',
        "[]",
        "[" * 100_000,
    ],
)
def test_what_somebody_wrote_over_the_progress_of_a_run_ends_nothing(
    desk: Desk, run: PastRun, said: str
) -> None:
    with Journal.open(kept(desk, run)) as journal:
        journal.begin(SessionKind.RETRY)
    (run.folder / "progress.json").write_text(said)
    (kept(desk, run) / "progress.json").unlink(missing_ok=True)
    lock = desk.folder.parent / "state" / "locks" / f"{run.id}.lock"
    with locked(lock, this_process("a test", 0.0)):
        assert importer.open_history().find(run.id).counts == Counts()
        shown = desk.importer("show", run.id)
    assert shown.code == 0
    assert "\x1b" not in shown.out


def test_pages_begin_behind_any_number_and_a_status_is_one_that_rows_have(run: PastRun) -> None:
    assert run.rows(after=10**30) == ()
    assert run.rows(count=-1) == ()
    with pytest.raises(SettingsError, match=r"'done' is no status of a row\. There are: created, updated"):
        run.rows(status="done")
