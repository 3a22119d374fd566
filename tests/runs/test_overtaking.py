"""Rows that a later run overtook are skipped, but for those that have written their values already."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from importer.mapping.persons import PersonReader
from importer.mapping.shared_keys import begin as first_holder
from importer.records import Intent, Landed, MatchKey, Outcome, Record, Remedy, Status
from importer.runs.key_sharing import KeyPlace
from importer.runs.overtaking import Overtaken, find_overtaken
from importer.state import StateFolder
from importer.state.journal import Journal, SessionKind
from tests.state.conftest import begin, clock, journal, make_run, state, store

__all__ = ["begin", "clock", "journal", "make_run", "state", "store"]
SERVER = "https://api.example.test"


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


def person(row: int, name: str, *, place: str = "location1") -> Record:
    fields = {"firstName": name, "email": f"{name}@example.com", "phone": "+12125550100"}
    return Record(row=row, location_id=place, fields=fields)


def hold(state: StateFolder, run_id: str, record: Record) -> None:
    """Let a row of a run be the first to hold its keys."""
    place = KeyPlace(folder=state.path, server=SERVER, run_id=run_id)
    with place.open(state.run_folder(run_id)) as holders:
        read = PersonReader(holders.hash).read(record, tuple(MatchKey))
        assert read is not None
        holders.put({held.key: first_holder(read, held, holders.run) for held in read.keys})


@pytest.mark.parametrize(
    ("name", "parts", "found"),
    [
        ("Ann", {}, 1),
        ("Bob", {}, 0),
        ("Ann", {"location_id": "location2"}, 0),
        ("Ann", {"base_url": "https://b.example.test"}, 0),
    ],
    ids=[
        "the same person",
        "a colleague with the same phone",
        "another location's run",
        "another server's run",
    ],
)
def test_a_row_is_overtaken_by_its_own_person_in_its_own_place(
    state: StateFolder, begin: Callable[..., Journal], name: str, parts: dict[str, str], found: int
) -> None:
    with begin() as old, begin(**parts) as later:
        later.settle([Outcome(row=7, status=Status.UPDATED, location_id="location1", contact_id="c7")])
        hold(state, later.run.id, person(7, name))
        overtaken = find_overtaken(
            old,
            lambda: [[person(2, "Ann"), person(3, "Zoe", place="location9")]],
            keys=KeyPlace(folder=state.path, server=SERVER, run_id=old.run.id),
            state=state,
            matching=lambda _record: tuple(MatchKey),
            retrying=False,
        )
        assert len(overtaken) == found


@pytest.mark.parametrize(
    ("retrying", "undone", "found"), [(True, False, 2), (False, False, 1), (True, True, 0)]
)
def test_a_retry_leaves_failed_rows_alone_too_and_a_run_that_is_being_taken_back_overtakes_nobody(
    state: StateFolder, begin: Callable[..., Journal], *, retrying: bool, undone: bool, found: int
) -> None:
    with begin() as old, begin() as later:
        failed = Outcome(row=2, status=Status.FAILED, code="service_down", remedy=Remedy.RUN_AGAIN)
        refused = Outcome(row=3, status=Status.FAILED, code="refused", remedy=Remedy.FIX_ROW)
        old.settle([failed, refused])
        later.settle(
            [
                Outcome(row=row, status=Status.CREATED, location_id="location1", contact_id=f"c{row}")
                for row in (2, 3, 4)
            ]
        )
        rows = [person(2, "Ann"), person(3, "Bob"), person(4, "Cy")]
        for row in rows:
            hold(state, later.run.id, row)
        if undone:
            later.undo.begin(None)
        overtaken = find_overtaken(
            old,
            lambda: [list[Record | Outcome](rows)],
            keys=KeyPlace(folder=state.path, server=SERVER, run_id=old.run.id),
            state=state,
            matching=lambda _record: (MatchKey.EMAIL,),
            retrying=retrying,
        )
        assert len(overtaken) == found


def test_where_no_run_began_later_no_row_is_looked_at(
    state: StateFolder, begin: Callable[..., Journal]
) -> None:
    with begin() as only:
        hold(state, only.run.id, person(2, "Ann"))
        asked = find_overtaken(
            only,
            lambda: pytest.fail("the rows were read once more for nothing"),
            keys=KeyPlace(folder=state.path, server=SERVER, run_id=only.run.id),
            state=state,
            matching=lambda _record: tuple(MatchKey),
            retrying=False,
        )
        assert not asked
