"""What stands beside contacts, as journal and memory keep it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from importer.records import Added, FollowUpMark, FollowUpState, Intent, Landed, Outcome, Status
from importer.state.database import DamagedError
from importer.state.journal import Journal
from importer.state.memory import KnownAdditions

TEA = Added(kind="note", location_id="loc1", contact_id="c1", id="n1", made=True, digest="d1")
CAKE = Added(kind="note", location_id="loc1", contact_id="c1", id="n2", made=False, digest="d2")


def done(number: int, added: Added) -> FollowUpMark:
    return FollowUpMark(row=2, name=f"note_{number}", state=FollowUpState.DONE, added=added)


def landed(row: int) -> Landed:
    return Landed(
        row=row, location_id="loc1", status=Status.CREATED, contact_id="c1", http_status=200, attempts=1
    )


def test_what_was_added_comes_back_with_the_outcome_of_its_row(journal: Journal) -> None:
    journal.append(landed=[landed(2)], marks=[done(1, TEA), done(2, CAKE)])
    journal.settle([Outcome(row=2, status=Status.CREATED), Outcome(row=3, status=Status.CREATED)])
    assert [each.added for each in journal.outcomes()] == [(TEA, CAKE), ()]
    assert journal.added_beside("c1") == {"n1": "d1", "n2": "d2"}
    assert journal.added_beside("c2") == {}


def test_a_row_that_still_has_more_to_get_shows_what_it_has(journal: Journal) -> None:
    journal.append(landed=[landed(2)], marks=[done(1, TEA)])
    assert [each.added for each in journal.unfinished()] == [(TEA,)]


def test_a_landed_row_comes_back_with_its_first_attempt(journal: Journal) -> None:
    journal.intend([Intent(row=2, location_id="loc1", first_attempt_at=100.5)])
    journal.append(landed=[landed(2)])
    state = journal.row_states(2, 2)[2]
    assert isinstance(state, Landed)
    assert state.first_attempt_at == 100.5


def test_an_addition_that_was_changed_in_the_journal_is_damage(journal: Journal) -> None:
    journal.append(landed=[landed(2)], marks=[done(1, TEA)])
    journal.close()
    with sqlite3.connect(journal.path) as db:
        db.execute("UPDATE additions SET id = 'n9'")
    db.close()
    with pytest.raises(DamagedError, match="table additions"):
        Journal.open(journal.folder)


def test_an_addition_is_remembered_for_its_own_place_location_and_contact(store_folder: Path) -> None:
    with KnownAdditions.open(store_folder, place="https://one") as known:
        known.learn([TEA])
        known.learn([])
    with KnownAdditions.open(store_folder, place="https://one") as known:
        assert known.find(location_id="loc1", contact_id="c1", digest="d1") == "n1"
        assert known.find(location_id="loc2", contact_id="c1", digest="d1") is None
        assert known.find(location_id="loc1", contact_id="c2", digest="d1") is None
        assert known.find(location_id="loc1", contact_id="c1", digest="d2") is None
    with KnownAdditions.open(store_folder, place="https://two") as other:
        assert other.find(location_id="loc1", contact_id="c1", digest="d1") is None


def test_the_file_is_its_owner_s_and_says_nothing_of_anybody(tmp_path: Path) -> None:
    with KnownAdditions.open(tmp_path, place="https://one") as known:
        known.learn([TEA])
    (path,) = tmp_path.glob("*.db")
    assert path.stat().st_mode & 0o077 == 0
    assert b"c1" not in path.read_bytes()


def test_a_damaged_memory_is_begun_anew(tmp_path: Path) -> None:
    with KnownAdditions.open(tmp_path, place="https://one") as known:
        known.learn([TEA])
    (path,) = tmp_path.glob("*.db")
    path.write_bytes(b"no database at all" * 100)
    with KnownAdditions.open(tmp_path, place="https://one") as known:
        assert known.find(location_id="loc1", contact_id="c1", digest="d1") is None
