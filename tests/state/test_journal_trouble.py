from __future__ import annotations

import shutil
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from importer.errors import ImporterError, RunConflictError, StateError
from importer.records import FollowUpMark, FollowUpState, Intent, Landed, Outcome, Remedy, Status
from importer.state.database import open_database
from importer.state.journal import Journal, Run, RunState, SessionKind
from importer.state.journal.schema import MIGRATIONS, VERSION, migrate, read_version
from importer.state.journal.storage import PURPOSE

OLD_JOURNAL = Path(__file__).parent / "journal_v1.sql"


def created(row: int) -> Outcome:
    return Outcome(row=row, status=Status.CREATED, location_id="location1", contact_id=f"contact{row}")


@pytest.fixture
def full_disk(journal: Journal) -> Callable[[bool], None]:
    """Make SQLite itself refuse to let the file grow, as on a full disk, and give the room back."""

    def fill(full: bool) -> None:  # noqa: FBT001  (a switch)
        pages = journal._db.execute("PRAGMA page_count").fetchone()[0]
        journal._db.execute(f"PRAGMA max_page_count = {pages if full else 1_000_000}")

    return fill


def test_a_full_disk_is_a_clear_stop_and_no_outcome_is_half_written(
    journal: Journal, full_disk: Callable[[bool], None]
) -> None:
    journal.settle([created(2)])
    full_disk(True)
    with pytest.raises(StateError, match=r"the disk is full .*importer resume") as caught:
        journal.settle([created(row) for row in range(3, 10_000)])
    assert caught.value.exit_code == 3
    assert [each.row for each in journal.outcomes()] == [2]
    full_disk(False)
    journal.settle([created(row) for row in range(3, 10_000)])
    assert journal.counts().created == 9_998


def test_why_a_run_stopped_is_known_even_when_the_disk_cannot_hold_it(
    journal: Journal, full_disk: Callable[[bool], None]
) -> None:
    full_disk(True)
    with pytest.raises(StateError):
        journal.set_state(RunState.STOPPED, "The disk is full. " * 1_000)
    assert journal.run.state is RunState.STOPPED
    assert "The disk is full." in (journal.run.reason or "")


def test_an_intent_that_finds_a_full_disk_raises_before_anything_is_sent(
    journal: Journal, full_disk: Callable[[bool], None]
) -> None:
    full_disk(True)
    with pytest.raises(StateError, match="the disk is full"):
        journal.intend(
            Intent(row=row, location_id="location1", first_attempt_at=1.0) for row in range(10_000)
        )
    assert journal.row_states(0, 10_000) == {}


def test_a_locked_journal_is_a_clear_stop(journal: Journal) -> None:
    journal._db.execute("PRAGMA busy_timeout = 10")
    intruder = sqlite3.connect(journal.path, isolation_level=None)
    intruder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StateError, match=r"another program has it locked .*importer resume"):
        journal.settle([created(2)])
    intruder.execute("ROLLBACK")
    intruder.close()
    journal.settle([created(2)])
    assert journal.counts().created == 1


@pytest.mark.parametrize("content", [b"this is no SQLite file" * 100, b"\0" * 5_000])
def test_a_file_that_is_no_journal_is_refused(journal: Journal, content: bytes) -> None:
    journal.close()
    journal.path.write_bytes(content)
    with pytest.raises(ImporterError, match=r"damaged .*--fresh"):
        Journal.open(journal.folder)


def test_a_damaged_journal_is_refused_before_a_row_is_sent_again(journal: Journal) -> None:
    journal.settle([created(row) for row in range(2, 5_000)])
    journal.close()
    content = bytearray(journal.path.read_bytes())
    for at in range(len(content) // 2, len(content) // 2 + 3 * 4_096):
        content[at] = 0xFF
    journal.path.write_bytes(bytes(content))
    with pytest.raises(StateError, match="is damaged") as caught:
        Journal.open(journal.folder)
    assert "--fresh" in str(caught.value)


def test_an_empty_file_left_by_a_power_cut_at_the_start_says_that_the_run_never_began(
    journal: Journal,
) -> None:
    journal.close()
    journal.path.write_bytes(b"")
    with pytest.raises(ImporterError, match="never began"):
        Journal.open(journal.folder)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows deletes no open file")
def test_a_journal_deleted_under_the_run_stops_it_before_the_next_row_is_sent(journal: Journal) -> None:
    shutil.rmtree(journal.folder)
    with pytest.raises(StateError, match="was deleted under the run"):
        journal.intend([Intent(row=2, location_id="location1", first_attempt_at=1.0)])


def test_a_journal_cut_short_is_refused(journal: Journal) -> None:
    journal.settle([created(row) for row in range(2, 5_000)])
    journal.close()
    content = journal.path.read_bytes()
    journal.path.write_bytes(content[: len(content) // 2])
    with pytest.raises(StateError, match="damaged"):
        Journal.open(journal.folder)


def old_journal(folder: Path) -> None:
    folder.mkdir()
    old = sqlite3.connect(folder / "journal.db")
    old.executescript(OLD_JOURNAL.read_text(encoding="utf-8"))
    old.close()


def test_a_journal_of_the_first_schema_is_brought_up_to_date_with_all_it_holds(tmp_path: Path) -> None:
    folder = tmp_path / "20260102-030405-beef"
    old_journal(folder)
    with Journal.open(folder) as journal:
        assert read_version(journal._db) == VERSION
        assert journal.run.state is RunState.STOPPED
        assert (journal.run.follows, journal.run.sources[0].name) == (None, "contacts.csv")
        assert [(each.row, each.status) for each in journal.outcomes()] == [
            (2, Status.CREATED),
            (3, Status.FAILED),
        ]
        assert journal.row_states(4, 4) == {
            4: Intent(
                row=4,
                location_id="location1",
                first_attempt_at=1767323046.5,
                last_attempt_at=1767323050.0,  # the last sign of life: it does not say when it was sent
            )
        }
        assert journal.counts().pending == 2
        assert [each.kind for each in journal.sessions()] == [SessionKind.RUN]
        journal.begin(SessionKind.RETRY)
        journal.settle([created(3)])
        assert journal.counts().created == 2


def test_a_row_that_landed_under_an_older_schema_goes_on_with_all_its_follow_ups(tmp_path: Path) -> None:
    folder = tmp_path / "20260102-030405-beef"
    old_journal(folder)
    old = sqlite3.connect(folder / "journal.db")
    old.execute("INSERT INTO landed VALUES (4, 'location1', 'created', 'contact4', 201, 2, 'trace4', NULL)")
    old.commit()
    old.close()
    landed = Landed(
        row=4,
        location_id="location1",
        status=Status.CREATED,
        contact_id="contact4",
        http_status=201,
        attempts=2,
        trace_id="trace4",
    )
    with Journal.open(folder) as journal:
        assert journal.row_states(4, 4) == {4: landed}
        tagged = FollowUpMark(row=4, name="add_tags", state=FollowUpState.DONE)
        journal.append(marks=[tagged])
        assert journal.row_states(4, 4) == {4: replace(landed, marks=(tagged,))}


def test_a_migration_cut_in_the_middle_leaves_the_old_file_whole(tmp_path: Path) -> None:
    folder = tmp_path / "20260102-030405-beef"
    old_journal(folder)
    path = folder / "journal.db"
    cut = (MIGRATIONS[0], f"{MIGRATIONS[1]}DROP TABLE nowhere;\n")
    db = open_database(path, PURPOSE)
    with pytest.raises(StateError, match="no such table: nowhere"), db.transaction():
        migrate(db, cut)
    assert read_version(db) == 1
    db.close()
    with Journal.open(folder) as journal:
        assert journal.counts().created == 1


def test_a_journal_of_a_newer_importer_is_left_alone(journal: Journal) -> None:
    journal._db.execute("INSERT INTO migrations VALUES (?, 0, '9.9')", (VERSION + 1,))
    with pytest.raises(RunConflictError, match=r"newer importer .*Upgrade"):
        Journal.open(journal.folder)


def test_a_read_only_folder_is_a_clear_refusal(tmp_path: Path, make_run: Callable[..., Run]) -> None:
    missing = tmp_path / "gone" / "run"
    run = make_run(tmp_path / "run")
    with pytest.raises(StateError, match=r"mapping\.yaml cannot be written"):
        Journal.create(missing, run)


def test_a_failed_row_keeps_its_remedy_over_a_migration(tmp_path: Path) -> None:
    folder = tmp_path / "20260102-030405-beef"
    old_journal(folder)
    with Journal.open(folder) as journal:
        assert next(iter(journal.outcomes(3, 3))).remedy is Remedy.RUN_AGAIN
        assert journal.retryable() == 1
