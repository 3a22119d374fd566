"""A journal that is not what was last written: every fault is seen, and no row is taken for what it is not."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from importer.errors import ImporterError, StateError
from importer.records import FollowUpMark, FollowUpState, Intent, Landed, Outcome, RowId, RowState, Status
from importer.state.database import DamagedError
from importer.state.journal import Journal, NeverBegunError, Run, RunState, SessionKind
from importer.state.journal.integrity import checksum
from importer.state.journal.seal import SEAL_NAME, Seal, read_seal

ROWS = 2_000
FIRST_ATTEMPT = 1_700_000_100.0


def created(row: int) -> Outcome:
    return Outcome(
        row=row, status=Status.CREATED, location_id="location1", contact_id=f"contact{row}", attempts=1
    )


def intents(rows: range) -> list[Intent]:
    return [Intent(row=row, location_id="location1", first_attempt_at=FIRST_ATTEMPT + row) for row in rows]


def landed(row: int) -> Landed:
    return Landed(
        row=row, location_id="location1", status=Status.CREATED, contact_id=f"contact{row}", http_status=200, attempts=1
    )  # fmt: skip


@pytest.fixture
def killed(tmp_path: Path, make_run: Callable[..., Run]) -> Path:
    """The folder of a run whose process was killed: rows are settled, landed, and in doubt; a log is there."""
    alive = tmp_path / "alive"
    with Journal.create(alive, make_run(alive)) as journal:
        journal.set_rows_read(ROWS)
        for start in range(2, ROWS, 100):
            journal.intend(intents(range(start, start + 100)))
            journal.append(
                landed=[landed(row) for row in range(start, start + 50)],
                marks=[FollowUpMark(row=row, name="tags", state=FollowUpState.DONE) for row in range(start, start + 50)],
                outcomes=[created(row) for row in range(start + 10, start + 90)],
            )  # fmt: skip
        shutil.copytree(alive, tmp_path / "killed")
    return tmp_path / "killed"


def wal(folder: Path) -> Path:
    return folder / "journal.db-wal"


def believed(folder: Path) -> dict[RowId, RowState]:
    with Journal.open(folder) as journal:
        return journal.row_states(0, ROWS + 200)


def truth(row: int) -> tuple[type, ...]:
    """What may be said of a row: the truth, or that it is in doubt."""
    place = (row - 2) % 100
    if 10 <= place < 90:
        return (Outcome, Landed, Intent) if place < 50 else (Outcome, Intent)
    return (Landed, Intent) if place < 10 else (Intent,)


def assert_nothing_wrong(found: dict[RowId, RowState]) -> None:
    for row in range(2, ROWS + 2):
        assert row in found, f"row {row} was sent, and is taken for one that was not"
        assert isinstance(found[row], truth(row)), (row, found[row])
        state = found[row]
        if isinstance(state, Outcome | Landed):
            assert (state.status, state.contact_id) == (Status.CREATED, f"contact{row}")
        else:
            assert state.first_attempt_at <= FIRST_ATTEMPT + row


def flip(content: bytearray, dice: Random, bits: int) -> None:
    for _ in range(bits):
        content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)


def test_a_journal_that_is_whole_is_believed(killed: Path) -> None:
    assert_nothing_wrong(believed(killed))
    with Journal.open(killed) as journal:
        assert journal.loss is None


def test_rows_in_doubt_that_lost_their_last_attempt_count_as_sent_just_now(killed: Path) -> None:
    wal(killed).unlink()
    opened_at = time.time()
    intents = [state for state in believed(killed).values() if isinstance(state, Intent)]
    assert intents
    assert all(each.last_attempt_at is not None and each.last_attempt_at >= opened_at for each in intents)


def test_a_known_row_whose_later_attempt_may_be_lost_counts_as_sent_just_now(
    tmp_path: Path, make_run: Callable[..., Run]
) -> None:
    alive = tmp_path / "alive"
    with Journal.create(alive, make_run(alive)) as journal:
        journal.intend(intents(range(2, 4)))
        with sqlite3.connect(journal.path) as other:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        other.close()
        again = Intent(row=2, location_id="location1", first_attempt_at=FIRST_ATTEMPT, last_attempt_at=2e9)
        journal.intend([again])
        shutil.copytree(alive, tmp_path / "killed")
    opened_at = time.time()
    wal(tmp_path / "killed").unlink()
    state = believed(tmp_path / "killed")[2]
    assert isinstance(state, Intent)
    assert state.last_attempt_at is not None
    assert state.last_attempt_at >= opened_at


def test_a_deleted_log_is_seen_and_the_rows_it_held_are_in_doubt(
    killed: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wal(killed).unlink()
    logger = logging.getLogger("importer.state.journal.journal")
    logger.addHandler(caplog.handler)  # another test may have cut the importer's logs off from the root's
    assert_nothing_wrong(believed(killed))
    logger.removeHandler(caplog.handler)
    assert "lost what was written to it last" in caplog.text
    assert "importer resume alive" in caplog.text


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_log_that_was_cut_is_seen(killed: Path, share: float) -> None:
    content = wal(killed).read_bytes()
    wal(killed).write_bytes(content[: int(len(content) * share)])
    with Journal.open(killed) as journal:
        assert journal.loss is not None
        assert_nothing_wrong(journal.row_states(0, ROWS + 200))


def test_flipped_bits_in_the_log_never_make_a_row_what_it_is_not(killed: Path, tmp_path: Path) -> None:
    content, dice, seen = wal(killed).read_bytes(), Random(7), 0  # noqa: S311
    for number in range(60):
        folder = shutil.copytree(killed, tmp_path / f"flipped{number}")
        changed = bytearray(content)
        flip(changed, dice, bits=3)
        wal(folder).write_bytes(bytes(changed))
        try:
            found = believed(folder)
        except StateError:
            seen += 1
        else:
            assert_nothing_wrong(found)
        shutil.rmtree(folder)
    assert seen < 60


@pytest.mark.parametrize("closed", [True, False])
def test_flipped_bits_in_the_journal_are_refused_or_change_nothing(
    killed: Path,
    tmp_path: Path,
    closed: bool,  # noqa: FBT001
) -> None:
    if closed:
        Journal.open(killed).close()  # what the log holds goes into the journal
    content, dice, refused = (killed / "journal.db").read_bytes(), Random(11), 0  # noqa: S311
    for number in range(150):
        folder = shutil.copytree(killed, tmp_path / f"flipped{number}")
        changed = bytearray(content)
        flip(changed, dice, bits=1 + number % 3)
        (folder / "journal.db").write_bytes(bytes(changed))
        try:
            found = believed(folder)
        except (StateError, NeverBegunError, ImporterError) as told:
            refused += 1
            assert "nothing was sent" not in str(told)  # noqa: PT017  (most flips change nothing)
        else:
            assert_nothing_wrong(found)
        shutil.rmtree(folder)
    assert refused > 50 if closed else refused >= 0


def test_an_emptied_journal_is_not_taken_for_a_run_that_never_began(killed: Path) -> None:
    (killed / "journal.db").write_bytes(b"")
    wal(killed).unlink()
    with pytest.raises(DamagedError, match=r"it is empty, and was not.*--fresh"):
        Journal.open(killed, thorough=False)


def test_an_emptied_journal_with_a_seal_that_cannot_be_read_is_no_run_that_never_began(killed: Path) -> None:
    (killed / "journal.db").write_bytes(b"")
    (killed / SEAL_NAME).write_bytes(b"\0" * 192)
    wal(killed).unlink()
    with pytest.raises(DamagedError, match="it is empty"):
        Journal.open(killed)


def test_a_changed_status_is_refused_with_a_sentence(killed: Path) -> None:
    with sqlite3.connect(killed / "journal.db") as db:
        db.execute("UPDATE outcomes SET status = 'cseated' WHERE \"row\" = 50")
    db.close()
    with pytest.raises(DamagedError, match="a row of its table outcomes is not as it was written"):
        Journal.open(killed)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE outcomes SET contact_id = 'contact1' WHERE \"row\" = 50",
        'UPDATE outcomes SET "row" = 5 WHERE "row" = 50',
        'UPDATE intents SET "row" = 9000 WHERE "row" = 50',
        'UPDATE intents SET first_attempt_at = first_attempt_at + 1 WHERE "row" = 50',
        "UPDATE landed SET status = 'updated' WHERE \"row\" = 3",
        "UPDATE follow_ups SET state = 'open' WHERE \"row\" = 3",
        'DELETE FROM intents WHERE "row" = 50',
        "UPDATE run SET mapping_text = 'version: 2'",
        "UPDATE run SET state = 'finished'",
        "UPDATE sources SET path = '/etc/passwd'",
        "DELETE FROM run",
    ],
)
def test_whatever_else_wrote_into_a_journal_is_refused(killed: Path, change: str) -> None:
    with sqlite3.connect(killed / "journal.db") as db:
        db.execute(change)
    db.close()
    with pytest.raises(DamagedError, match=r"is damaged .*--fresh"):
        Journal.open(killed)


def test_a_seal_that_is_gone_is_told(killed: Path) -> None:
    (killed / SEAL_NAME).unlink()
    with pytest.raises(DamagedError, match=r"journal\.seal"):
        Journal.open(killed)


def test_a_seal_that_was_half_written_leaves_the_one_before(killed: Path) -> None:
    whole = read_seal(killed)
    assert whole is not None
    content = bytearray((killed / SEAL_NAME).read_bytes())
    start = whole.appends % 2 * (len(content) // 2)
    content[start : start + 10] = b"\0" * 10
    (killed / SEAL_NAME).write_bytes(bytes(content))
    before = read_seal(killed)
    assert before is not None
    assert before.appends == whole.appends - 1
    assert_nothing_wrong(believed(killed))


def cut_power(folder: Path, seal: bytes) -> None:
    """Leave the seal as it was on the disk at some earlier moment: it is synced at a session's begin and end alone."""
    (folder / SEAL_NAME).write_bytes(seal)


def test_a_power_cut_that_cost_the_seal_its_last_writes_is_told_as_unproven_and_no_more(
    tmp_path: Path, make_run: Callable[..., Run], caplog: pytest.LogCaptureFixture
) -> None:
    alive = tmp_path / "alive"
    with Journal.create(alive, make_run(alive)) as journal:
        seal = (alive / SEAL_NAME).read_bytes()
        for row in range(2, 12):
            journal.intend(intents(range(row, row + 1)))
        journal.settle(created(row) for row in range(2, 7))
        shutil.copytree(alive, tmp_path / "cut")
    cut_power(tmp_path / "cut", seal)
    logger = logging.getLogger("importer.state.journal.journal")
    logger.addHandler(caplog.handler)  # another test may have cut the importer's logs off from the root's
    found = believed(tmp_path / "cut")
    logger.removeHandler(caplog.handler)
    assert [type(found[row]) for row in range(2, 12)] == [Outcome] * 5 + [Intent] * 5
    assert "cannot be proven" in caplog.text
    assert "lost" not in caplog.text
    assert "damaged" not in caplog.text


def test_a_seal_that_a_kill_left_one_append_behind_is_no_matter(
    tmp_path: Path, make_run: Callable[..., Run], caplog: pytest.LogCaptureFixture
) -> None:
    alive = tmp_path / "alive"
    with Journal.create(alive, make_run(alive)) as journal:
        journal.intend(intents(range(2, 4)))
        seal = (alive / SEAL_NAME).read_bytes()
        journal.settle([created(2)])
        shutil.copytree(alive, tmp_path / "killed")
    cut_power(tmp_path / "killed", seal)
    logger = logging.getLogger("importer.state.journal.journal")
    logger.addHandler(caplog.handler)
    assert isinstance(believed(tmp_path / "killed")[2], Outcome)
    logger.removeHandler(caplog.handler)
    assert caplog.text == ""


def test_a_deleted_journal_is_told_as_damaged_and_not_as_a_run_that_never_was(killed: Path) -> None:
    (killed / "journal.db").unlink()
    wal(killed).unlink()
    with pytest.raises(DamagedError, match=r"is gone, and what was sent with it.*--fresh"):
        Journal.open(killed, thorough=False)


def test_a_loss_stays_known_to_the_sessions_that_follow(killed: Path) -> None:
    wal(killed).unlink()
    with Journal.open(killed) as journal:
        journal.begin(SessionKind.RESUME)
        journal.intend(intents(range(2, 12)))
        journal.set_state(RunState.STOPPED, "Ctrl-C")
    with Journal.open(killed) as journal:
        assert journal.loss is not None
        assert_nothing_wrong(journal.row_states(0, ROWS + 200))
        assert ROWS + 150 not in journal.row_states(0, ROWS + 200)


def test_rows_beyond_the_last_one_sent_are_not_in_doubt(killed: Path) -> None:
    wal(killed).unlink()
    assert max(believed(killed)) == ROWS + 1


def test_an_intent_written_again_keeps_its_checksum_and_is_counted_once(journal: Journal) -> None:
    journal.intend([Intent(row=2, location_id="l", first_attempt_at=5.5, attempts=1)])
    journal.intend(
        [Intent(row=row, location_id="l", first_attempt_at=7.25, attempts=2, exact=True) for row in (2, 3)]
    )
    seal = read_seal(journal.folder)
    assert seal is not None
    assert (seal.intents, seal.last_row) == (2, 3)
    journal.close()
    with Journal.open(journal.folder) as again:
        assert again.row_states(0, 9) == {
            2: Intent(row=2, location_id="l", first_attempt_at=5.5, attempts=2, exact=True),
            3: Intent(row=3, location_id="l", first_attempt_at=7.25, attempts=2, exact=True),
        }


def test_a_sentence_with_half_a_surrogate_pair_is_no_damage(journal: Journal) -> None:
    journal.settle([Outcome(row=2, status=Status.FAILED, code="invalid", message="half \ud800 of it")])
    journal.close()
    with Journal.open(journal.folder) as again:
        assert [each.message for each in again.outcomes()] == ["half ? of it"]


def test_a_checksum_is_the_same_in_every_python() -> None:
    assert checksum((2, "created", None, "Jörg", 1.5)) == 1065670114
    assert Seal.decode(Seal(appends=3, intents=2, last_row=1).encode()) == Seal(
        appends=3, intents=2, last_row=1
    )
