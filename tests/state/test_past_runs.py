"""A start looks through past runs by an index; what it tells is always what their own folders say."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

from importer.records import QuotaMark
from importer.state import StateFolder
from importer.state.journal import Identity, Journal, Run, RunState
from importer.state.run_index import RunIndex

URL = "https://api.example.test"
CHANGED = "Email\nada@example.test\ngrace@example.test\n"


class _Hand(Protocol):
    at: float


def finish(journal: Journal) -> Run:
    journal.set_state(RunState.FINISHED)
    journal.close()
    return journal.run


def mark(at: float, *, used: int = 1) -> QuotaMark:
    return QuotaMark(location_id="location1", at=at, in_window=used, used_today=used)


def spoil(state: StateFolder, run: Run) -> None:
    """Make a run's journal unreadable without a trace in the folder's own times, so that reading it would be seen."""
    path = state.run_folder(run.id) / "journal.db"
    with path.open("rb+") as opened:
        opened.write(b"no journal" * 1_000)


@pytest.fixture
def candidate(state: StateFolder, make_run: Callable[..., Run]) -> Callable[..., Run]:
    return lambda **parts: make_run(state.new_run().path, **parts)


@pytest.fixture
def index(state: StateFolder) -> Path:
    return state.path / "runs.db"


class TestWhatIsRead:
    def test_no_run_is_read_that_does_not_concern_a_start(
        self, state: StateFolder, begin: Callable[..., Journal], candidate: Callable[..., Run]
    ) -> None:
        others = [finish(begin(content=f"Email\n{n}\n", reference=f"{n}.csv")) for n in range(3)]
        same = finish(begin())
        state.previous(candidate())
        for run in others:
            (state.run_folder(run.id) / "identity.json").write_text("{}")
            spoil(state, run)
        previous = state.previous(candidate())
        assert previous is not None
        assert previous.run.id == same.id

    def test_marks_are_read_once_and_again_after_a_session(
        self, state: StateFolder, begin: Callable[..., Journal]
    ) -> None:
        with begin() as journal:
            journal.mark_quota([mark(10.0)])
        run = journal.run
        assert state.quota_marks(URL) == {"location1": mark(10.0)}
        with state.open_journal(run) as journal:
            journal.mark_quota([mark(20.0)])
        assert state.quota_marks(URL) == {"location1": mark(20.0)}
        spoil(state, run)
        assert state.quota_marks(URL) == {"location1": mark(20.0)}

    def test_marks_of_a_run_at_work_are_read_each_time(
        self, state: StateFolder, begin: Callable[..., Journal]
    ) -> None:
        with begin() as journal, state.lock(journal.run):
            for at in (10.0, 20.0):
                journal.mark_quota([mark(at)])
                assert state.quota_marks(URL)["location1"].at == at

    def test_marks_of_a_run_that_was_at_work_and_died_are_known(
        self, state: StateFolder, begin: Callable[..., Journal]
    ) -> None:
        with begin() as journal:
            with state.lock(journal.run):
                journal.mark_quota([mark(10.0)])
                state.quota_marks(URL)
                journal.mark_quota([mark(20.0)])
            # the lock is gone, the journal is as a killed process leaves it: its log beside it
            assert state.quota_marks(URL)["location1"].at == 20.0

    def test_marks_of_long_ago_say_nothing(
        self, state: StateFolder, begin: Callable[..., Journal], clock: _Hand
    ) -> None:
        with begin() as journal:
            journal.mark_quota([mark(10.0)])
        assert state.quota_marks(URL)
        clock.at = (state.run_folder(journal.run.id) / "journal.db").stat().st_mtime + 25 * 3_600 + 1
        assert state.quota_marks(URL) == {}


class TestTheIndexFollowsTheFolders:
    @pytest.mark.parametrize("remade", [False, True])
    def test_a_run_that_came_from_elsewhere_is_found(
        self,
        state: StateFolder,
        begin: Callable[..., Journal],
        candidate: Callable[..., Run],
        index: Path,
        *,
        remade: bool,
    ) -> None:
        finish(begin(reference="other.csv", content=CHANGED))
        assert state.previous(candidate()) is None
        stopped = finish(begin())
        if remade:
            index.unlink()
        previous = state.previous(candidate())
        assert previous is not None
        assert previous.run.id == stopped.id

    def test_of_the_newest_runs_only_those_that_are_taken_are_looked_at(
        self, state: StateFolder, begin: Callable[..., Journal], index: Path
    ) -> None:
        first, second = finish(begin()), finish(begin())
        (state.run_folder(second.id).parent / f"{second.id}9").mkdir()  # no run began there
        index.unlink(missing_ok=True)
        assert list(state.newest_ids()) == [second.id, first.id]
        assert next(state.newest_ids(first.id[:-1])) == first.id
        assert not index.exists()
        assert state.run_ids() == (second.id, first.id)

    def test_a_forgotten_run_leaves_the_index_at_once(
        self, state: StateFolder, begin: Callable[..., Journal], candidate: Callable[..., Run], index: Path
    ) -> None:
        kept, forgotten = finish(begin()), finish(begin())
        state.previous(candidate())
        state.forget(forgotten.id)
        with sqlite3.connect(index) as db:
            assert db.execute("SELECT run_id FROM runs").fetchall() == [(kept.id,)]
        db.close()

    def test_a_run_whose_folder_was_deleted_by_hand_is_not_found(
        self, state: StateFolder, begin: Callable[..., Journal], candidate: Callable[..., Run]
    ) -> None:
        run = finish(begin())
        assert state.previous(candidate()) is not None
        state.run_folder(run.id).rename(state.path / "elsewhere")
        assert state.previous(candidate()) is None

    def test_a_run_whose_journal_was_deleted_with_its_seal_is_passed_over(
        self, state: StateFolder, begin: Callable[..., Journal], candidate: Callable[..., Run]
    ) -> None:
        run = finish(begin())
        assert state.previous(candidate()) is not None
        for path in state.run_folder(run.id).glob("journal.*"):
            path.unlink()
        assert state.previous(candidate()) is None

    @pytest.mark.parametrize("content", [b"no index" * 1_000, b""])
    def test_a_damaged_index_is_made_anew(
        self,
        state: StateFolder,
        begin: Callable[..., Journal],
        candidate: Callable[..., Run],
        index: Path,
        content: bytes,
    ) -> None:
        run = finish(begin())
        state.previous(candidate())
        index.write_bytes(content)
        for _ in range(2):
            previous = state.previous(candidate())
            assert previous is not None
            assert previous.run.id == run.id
        assert index.read_bytes().startswith(b"SQLite format 3")

    def test_an_index_of_another_importer_is_made_anew(
        self, state: StateFolder, begin: Callable[..., Journal], candidate: Callable[..., Run], index: Path
    ) -> None:
        finish(begin())
        state.previous(candidate())
        with sqlite3.connect(index) as db:
            db.executescript(
                "UPDATE runs SET names = x'00', contents = x'00'; UPDATE version SET number = 99"
            )
        db.close()
        assert state.previous(candidate()) is not None

    def test_an_index_that_lost_a_table_is_made_anew(
        self, state: StateFolder, begin: Callable[..., Journal], candidate: Callable[..., Run], index: Path
    ) -> None:
        finish(begin())
        state.previous(candidate())
        with sqlite3.connect(index) as db:
            db.execute("DROP TABLE runs")
        db.close()
        assert state.previous(candidate()) is not None
        assert state.previous(candidate()) is not None
        with sqlite3.connect(index) as db:
            assert db.execute("SELECT count(*) FROM runs").fetchone() == (1,)
        db.close()

    def test_without_an_index_every_run_is_looked_through(
        self, state: StateFolder, begin: Callable[..., Journal], candidate: Callable[..., Run], index: Path
    ) -> None:
        with begin() as journal:
            journal.mark_quota([mark(10.0)])
            journal.set_state(RunState.STOPPED, "Ctrl-C")
        index.mkdir()
        previous = state.previous(candidate())
        assert previous is not None
        assert previous.run.id == journal.run.id
        assert state.quota_marks(URL) == {"location1": mark(10.0)}
        assert state.sweep(None) == ()
        assert state.run_ids() == (journal.run.id,)

    def test_an_empty_state_folder_gets_none(self, state: StateFolder, index: Path) -> None:
        assert state.last_of_mapping(URL, Path("contacts.yaml")) is None
        assert state.quota_marks(URL) == {}
        assert not state.path.exists()
        assert not index.exists()

    def test_it_is_for_its_owner_alone_and_names_no_file(
        self, state: StateFolder, begin: Callable[..., Journal], candidate: Callable[..., Run], index: Path
    ) -> None:
        finish(begin(reference="people-of-ann.csv"))
        state.previous(candidate())
        assert index.stat().st_mode & 0o777 == 0o600
        assert b"people-of-ann" not in index.read_bytes()
        assert b"contacts.yaml" not in index.read_bytes()

    def test_two_processes_that_take_in_the_same_run_do_not_trouble_each_other(
        self, state: StateFolder, begin: Callable[..., Journal]
    ) -> None:
        run = finish(begin())
        with RunIndex.open(state.path) as ours, RunIndex.open(state.path) as theirs:

            def identify(_: str) -> Identity:
                theirs.follow({run.id}, lambda _: Identity.of(run))
                return Identity.of(run)

            ours.follow({run.id}, identify)
            assert ours.of_sources(Identity.of(run)) == (run.id,)
