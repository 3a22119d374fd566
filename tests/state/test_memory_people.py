from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.errors import SettingsError
from importer.records import Outcome, RowId, Status
from importer.state.memory import Imported, ImportedFiles, Memory, MemoryPass, PersonRow, fingerprint

REALM = "https://services.example.com"
HOME = "ve9EPM428h8vShlRW1KT"


class Calendar:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = 1_000_000.0

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
def memory(store_folder: Path, calendar: Calendar) -> Iterator[Memory]:
    with Memory.open(store_folder, clock=calendar) as opened:
        yield opened


def person(row: RowId, payload: str, *keys: str, location_id: str = HOME) -> PersonRow:
    return PersonRow(row=row, location_id=location_id, keys=keys, fingerprint=fingerprint(payload))


ADA = person(2, "Ada", "email:ada@example.com", "phone:+15550100001")
BOB = person(3, "Bob", "email:bob@example.com")


def settle(turn: MemoryPass, candidates: list[PersonRow], status: Status = Status.CREATED) -> None:
    turn.settled(
        Outcome(row=one.row, status=status, contact_id=f"contact{one.row:04d}") for one in candidates
    )


def night(
    memory: Memory,
    run_id: str,
    candidates: list[PersonRow],
    *,
    feed: str = "crm",
    status: Status = Status.UPDATED,
    full_every: int | None = None,
) -> list[bool]:
    """One whole run: ask, send what changed, settle it with one status, finish."""
    turn = memory.begin(run_id=run_id, realm=REALM, feed=feed, full_every=full_every)
    unchanged = turn.unchanged(candidates)
    settle(turn, [one for one, same in zip(candidates, unchanged, strict=True) if not same], status)
    turn.finish(complete=True)
    return unchanged


def test_what_was_settled_is_unchanged_the_next_night(memory: Memory) -> None:
    assert night(memory, "1", [ADA, BOB]) == [False, False]
    assert night(memory, "2", [ADA, BOB]) == [True, True]


def test_a_changed_payload_is_sent(memory: Memory) -> None:
    night(memory, "1", [ADA, BOB])
    assert night(memory, "2", [person(2, "Ada Lovelace", *ADA.keys), BOB]) == [False, True]
    assert night(memory, "3", [ADA, BOB]) == [False, True]


@pytest.mark.parametrize("status", [Status.FAILED, Status.SKIPPED, Status.PENDING])
def test_a_row_that_was_not_stored_last_time_is_not_unchanged(memory: Memory, status: Status) -> None:
    night(memory, "1", [ADA], status=status)
    assert night(memory, "2", [ADA]) == [False]


def test_a_failure_forgets_what_was_known_before(memory: Memory) -> None:
    night(memory, "1", [ADA])
    night(memory, "2", [person(2, "Changed", *ADA.keys)], status=Status.FAILED)
    assert night(memory, "3", [ADA]) == [False]


def test_a_run_that_died_after_asking_has_forgotten(store_folder: Path) -> None:
    with Memory.open(store_folder) as memory:
        night(memory, "1", [ADA])
        turn = memory.begin(run_id="2", realm=REALM, feed="crm")
        assert turn.unchanged([person(2, "Changed", *ADA.keys)]) == [False]
    with Memory.open(store_folder) as memory:
        assert night(memory, "3", [ADA]) == [False]


def test_a_run_that_stopped_has_learnt_what_it_settled(store_folder: Path) -> None:
    with Memory.open(store_folder) as memory:
        turn = memory.begin(run_id="1", realm=REALM, feed="crm")
        turn.unchanged([ADA, BOB])
        settle(turn, [ADA])
    with Memory.open(store_folder) as memory:
        assert night(memory, "2", [ADA, BOB]) == [True, False]


def test_a_row_that_an_earlier_session_may_have_sent_is_learnt_without_asking(store_folder: Path) -> None:
    with Memory.open(store_folder) as memory:
        memory.begin(run_id="1", realm=REALM, feed="crm").unchanged([ADA, BOB])
    with Memory.open(store_folder) as memory:
        turn = memory.begin(run_id="1", realm=REALM, feed="crm")
        turn.expect([ADA])
        assert turn.unchanged([BOB]) == [False]
        settle(turn, [ADA, BOB])
        turn.finish(complete=True)
        assert night(memory, "2", [ADA, BOB]) == [True, True]


def test_the_same_person_is_known_per_location_and_per_server(memory: Memory) -> None:
    night(memory, "1", [ADA])
    elsewhere = person(2, "Ada", *ADA.keys, location_id="otherLocation0000001")
    assert night(memory, "2", [ADA, elsewhere]) == [True, False]
    turn = memory.begin(run_id="3", realm="http://127.0.0.1:8700", feed="crm")
    assert turn.unchanged([ADA]) == [False]


def test_a_later_row_sharing_a_key_with_one_that_is_sent_keeps_its_turn(memory: Memory) -> None:
    mother = person(2, "Mother", "email:m@example.com", "phone:+15550100009")
    child = person(3, "Child", "email:c@example.com", "phone:+15550100009")
    night(memory, "1", [mother, child])
    assert night(memory, "2", [mother, child]) == [True, True]
    changed = person(2, "Mother moved", *mother.keys)
    assert night(memory, "3", [changed, child]) == [False, False]
    assert night(memory, "4", [changed, child]) == [True, True]
    assert night(memory, "5", [changed, person(3, "Child moved", *child.keys)]) == [True, False]


def test_the_turn_is_kept_over_blocks_and_over_a_restart(store_folder: Path) -> None:
    mother = person(2, "Mother", "email:m@example.com", "phone:+15550100009")
    child = person(3, "Child", "email:c@example.com", "phone:+15550100009")
    with Memory.open(store_folder) as memory:
        night(memory, "1", [mother, child])
        turn = memory.begin(run_id="2", realm=REALM, feed="crm")
        assert turn.unchanged([person(2, "Mother moved", *mother.keys)]) == [False]
    with Memory.open(store_folder) as memory:
        turn = memory.begin(run_id="2", realm=REALM, feed="crm")
        assert turn.unchanged([child]) == [False]


def test_a_row_without_a_key_is_always_sent(memory: Memory) -> None:
    nameless = person(2, "Nobody")
    night(memory, "1", [nameless])
    assert night(memory, "2", [nameless]) == [False]


def test_every_nth_run_sends_everything(memory: Memory) -> None:
    unchanged = [night(memory, f"{n}", [ADA], full_every=3) for n in range(8)]
    assert [sent for (sent,) in unchanged] == [False, True, True, False, True, True, False, True]


def test_a_run_that_is_not_changed_only_keeps_memory_right(memory: Memory) -> None:
    night(memory, "1", [ADA])
    turn = memory.begin(run_id="2", realm=REALM, feed="by hand", changed_only=False)
    assert turn.unchanged([person(2, "Edited", *ADA.keys), BOB]) == [False, False]
    settle(turn, [person(2, "Edited", *ADA.keys), BOB], Status.UPDATED)
    turn.finish(complete=True)
    assert night(memory, "3", [ADA]) == [False]


def test_a_run_that_is_not_changed_only_leaves_unknown_locations_unknown(memory: Memory) -> None:
    turn = memory.begin(run_id="1", realm=REALM, feed="by hand", changed_only=False)
    turn.unchanged([ADA])
    settle(turn, [ADA])
    turn.finish(complete=True)
    assert memory.places() == set()
    assert night(memory, "2", [ADA]) == [False]


def gone(memory: Memory, run_id: str, feed: str = "crm", passes: int = 1) -> list[tuple[str, float, int]]:
    turn = memory.begin(run_id=run_id, realm=REALM, feed=feed)
    return [(one.contact_id, one.missing_since, one.passes) for one in turn.gone(passes=passes)]


def test_people_missing_from_a_complete_file_are_gone_since_then(memory: Memory, calendar: Calendar) -> None:
    night(memory, "1", [ADA, BOB])
    calendar.at += 86_400
    night(memory, "2", [ADA])
    since = calendar.at
    calendar.at += 86_400
    night(memory, "3", [ADA])
    assert gone(memory, "3") == [("contact0003", since, 2)]
    assert gone(memory, "3", passes=3) == []
    night(memory, "4", [ADA, BOB])
    assert gone(memory, "4") == []


def test_a_file_that_is_ended_twice_lacked_them_once(memory: Memory) -> None:
    night(memory, "1", [ADA, BOB])
    night(memory, "2", [ADA])
    memory.begin(run_id="2", realm=REALM, feed="crm").finish(complete=True)
    assert [times for _, _, times in gone(memory, "2")] == [1]


def test_nobody_is_gone_after_a_run_that_did_not_see_all(memory: Memory) -> None:
    night(memory, "1", [ADA, BOB])
    turn = memory.begin(run_id="2", realm=REALM, feed="crm")
    turn.unchanged([ADA])
    turn.finish(complete=False)
    assert gone(memory, "2") == []


def test_nobody_is_gone_from_one_feed_for_being_missing_in_another(memory: Memory) -> None:
    night(memory, "1", [ADA, BOB])
    night(memory, "2", [ADA], feed="newsletter")
    assert gone(memory, "1") == gone(memory, "2", "newsletter") == []


def test_who_changed_the_address_and_kept_the_phone_is_not_gone(memory: Memory) -> None:
    night(memory, "1", [ADA])
    night(memory, "2", [person(2, "Ada King", "email:king@example.com", ADA.keys[1])])
    assert gone(memory, "2") == []


def test_no_name_address_or_number_is_in_the_file(tmp_path: Path) -> None:
    with Memory.open(tmp_path) as memory:
        night(memory, "1", [ADA, BOB])
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert not any(word in content for word in (b"ada@", b"Ada", b"+15550100001", b"example.com/"))


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_the_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    with Memory.open(tmp_path) as memory:
        night(memory, "1", [ADA])
        assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_a_damaged_memory_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "memory.db").write_bytes(b"not a database, for sure" * 100)
    with Memory.open(tmp_path) as memory:
        assert night(memory, "1", [ADA]) == [False]
        assert night(memory, "2", [ADA]) == [True]
    assert (tmp_path / "memory.db.damaged").exists()


def test_a_damaged_list_of_imported_files_is_said_since_files_would_be_imported_again(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"not a database, for sure" * 100)
    with pytest.raises(SettingsError, match=r"ledger\.db is damaged"):
        ImportedFiles.open(tmp_path)


def test_the_order_of_keys_does_not_change_a_fingerprint() -> None:
    assert fingerprint({"a": 1, "b": [1, 2]}) == fingerprint({"b": [1, 2], "a": 1})
    assert fingerprint({"a": 1}) != fingerprint({"a": "1"})
    assert fingerprint({"a": 1}, "upsert") != fingerprint({"a": 1}, "create_only")


def test_the_list_of_imported_files_knows_a_file_by_its_content_for_each_feed(store_folder: Path) -> None:
    first = Imported(feed="crm", fingerprint="aa", name="monday.csv", run_id="r1", imported_at=1.0, rows=10)
    with ImportedFiles.open(store_folder) as imported_files:
        imported_files.add(first)
        imported_files.add(
            Imported(feed="crm", fingerprint="bb", name="b.csv", run_id="r2", imported_at=2.0, rows=9)
        )
    with ImportedFiles.open(store_folder) as imported_files:
        assert imported_files.find("crm", "aa") == first
        assert imported_files.find("newsletter", "aa") is None
        assert (imported_files.last("crm") or first).rows == 9
        assert imported_files.last("newsletter") is None
