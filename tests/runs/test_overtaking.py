"""Rows that a later run overtook are skipped, but for those that have written their values already."""

from __future__ import annotations

from importer.records import Intent, Landed, Outcome, Remedy, Status
from importer.runs.overtaking import Overtaken
from importer.state.journal import Journal, SessionKind
from tests.state.conftest import clock, journal, make_run

__all__ = ["clock", "journal", "make_run"]


def test_only_rows_that_would_write_values_now_are_skipped(journal: Journal) -> None:
    tags_due = Landed(
        row=3, location_id="l", status=Status.CREATED, contact_id="c3", http_status=200, attempts=1
    )
    failed = [
        Outcome(row=row, status=Status.FAILED, code="service_down", remedy=Remedy.RUN_AGAIN) for row in (4, 5)
    ]
    journal.intend(Intent(row=row, location_id="l", first_attempt_at=1.0) for row in (3, 4))
    journal.append(landed=[tags_due], outcomes=failed)
    journal.settle([Outcome(row=6, status=Status.SKIPPED, code="superseded")])
    journal.begin(SessionKind.RETRY)
    overtaken = Overtaken()
    for row in (2, 3, 4, 5, 6):
        overtaken.add(row, "20270101-000000-aaaa", 9)
    assert overtaken.settle(journal) == 3
    assert [(each.row, each.code) for each in journal.outcomes()] == [
        (2, "superseded"),
        (4, "superseded"),
        (5, "superseded"),
        (6, "superseded"),
    ]
    assert overtaken.sentence.startswith("3 rows left alone")


def test_more_than_are_settled_at_once_are_all_settled(journal: Journal) -> None:
    overtaken = Overtaken()
    for row in range(2, 2_502):
        overtaken.add(row, f"20270101-000000-{row % 2:04x}", row + 1)
    assert overtaken.settle(journal) == 2_500
    last = list(journal.outcomes())[-1]
    assert last.message is not None
    assert last.message.startswith(
        "Run 20270101-000000-0001, which began after this one, imported the same person by its row 2502"
    )
