from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from importer.errors import RunConflictError, SettingsError, StateError
from importer.records import Intent, Landed, Outcome, QuotaMark, Status
from importer.state import StateFolder, keep_days_from_environment
from importer.state.journal import Journal, Run, RunState

BOTH_STORES = "folder"

DAY = 86_400


def finish(journal: Journal) -> Run:
    journal.set_state(RunState.FINISHED)
    journal.close()
    return journal.run


class TestRuns:
    def test_runs_come_newest_first(self, state: StateFolder, begin: Callable[..., Journal]) -> None:
        ids = [finish(begin()).id for _ in range(3)]
        assert [run.id for run in state.runs()] == ids[::-1]
        assert list(state.run_ids()) == ids[::-1]

    def test_the_newest_is_found_when_nothing_is_named(
        self, state: StateFolder, begin: Callable[..., Journal]
    ) -> None:
        finish(begin())
        newest = finish(begin())
        assert state.find() == newest

    def test_the_beginning_of_an_id_is_enough(
        self, state: StateFolder, begin: Callable[..., Journal]
    ) -> None:
        first, second = finish(begin()), finish(begin())
        assert state.find(first.id[:-2]).id == first.id
        with pytest.raises(SettingsError, match=f"could be any of the runs {second.id}, {first.id}"):
            state.find(first.id[:8])

    def test_an_unknown_run_and_an_empty_folder_say_what_to_do(
        self, state: StateFolder, begin: Callable[..., Journal]
    ) -> None:
        with pytest.raises(SettingsError, match=r"There are no runs .* importer run"):
            state.find()
        finish(begin())
        with pytest.raises(SettingsError, match=r"no run 'nowhere' .* importer runs"):
            state.find("nowhere")

    def test_a_run_whose_process_died_reads_as_stopped(
        self, state: StateFolder, begin: Callable[..., Journal]
    ) -> None:
        with begin() as journal:
            dead = state.find()
            assert (dead.state, "killed" in (dead.reason or "")) == (RunState.STOPPED, True)
            with state.lock(journal.run):
                assert state.find().state is RunState.RUNNING

    @pytest.mark.file_alone
    def test_a_damaged_run_hides_no_other(self, state: StateFolder, begin: Callable[..., Journal]) -> None:
        sound = finish(begin())
        damaged = finish(begin())
        (state.run_folder(damaged.id) / "journal.db").write_bytes(b"no journal" * 1_000)
        assert [run.id for run in state.runs()] == [sound.id]
        assert state.run_ids()[0] == damaged.id
        with pytest.raises(StateError, match="damaged"):
            state.find(damaged.id)

    @pytest.mark.file_alone
    def test_a_newest_run_that_is_damaged_is_told_and_not_passed_over(
        self, state: StateFolder, begin: Callable[..., Journal]
    ) -> None:
        finish(begin())
        damaged = finish(begin())
        (state.run_folder(damaged.id) / "journal.db").write_bytes(b"no journal" * 1_000)
        with pytest.raises(StateError, match="damaged"):
            state.find()

    @pytest.mark.file_alone
    def test_a_newest_run_that_never_began_is_passed_over(
        self, state: StateFolder, begin: Callable[..., Journal]
    ) -> None:
        sound = finish(begin())
        empty = finish(begin())
        (state.run_folder(empty.id) / "journal.db").write_bytes(b"")
        assert state.find().id == sound.id

    def test_runs_begun_in_one_instant_get_ids_in_their_order(self, state: StateFolder) -> None:
        ids = [state.new_run().id for _ in range(3)]
        assert ids == sorted(set(ids))

    def test_a_draft_is_no_run_and_is_deleted_when_discarded(self, state: StateFolder) -> None:
        new = state.new_run()
        (new.sources / "0.csv").write_text("people")
        assert list(state.runs()) == []
        new.discard()
        assert not new.path.exists()

    def test_folders_are_for_their_owner_alone(
        self, state: StateFolder, begin: Callable[..., Journal]
    ) -> None:
        begin().close()
        folders = [state.path, *(path for path in state.path.rglob("*") if path.is_dir())]
        assert {path.stat().st_mode & 0o777 for path in folders} == {0o700}

    def test_a_folder_that_was_there_keeps_its_mode(self, tmp_path: Path) -> None:
        shared = tmp_path / "shared"
        shared.mkdir(mode=0o755)
        StateFolder(shared).new_run()
        assert shared.stat().st_mode & 0o777 == 0o755
        assert (shared / "runs").stat().st_mode & 0o777 == 0o700

    def test_a_state_folder_that_cannot_be_made_is_a_clear_stop(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(StateError, match=r"cannot be used: .* --state"):
            StateFolder(tmp_path / "file" / "state").new_run()

    def test_a_failed_file_is_traced_to_the_run_that_wrote_it(
        self, state: StateFolder, begin: Callable[..., Journal], tmp_path: Path
    ) -> None:
        run = finish(begin())
        assert state.origin_of(str(tmp_path / "import-results" / run.id / "failed.csv")) == run.id
        assert state.origin_of(str(tmp_path / run.id / "contacts.csv")) is None
        assert state.origin_of("failed.csv") is None


class TestForgetting:
    def test_a_forgotten_run_leaves_nothing_behind(
        self, state: StateFolder, begin: Callable[..., Journal]
    ) -> None:
        kept = finish(begin())
        with begin() as journal:
            journal.settle([Outcome(row=2, status=Status.CREATED)])
        state.forget(journal.run.id)
        assert [run.id for run in state.runs()] == [kept.id]
        assert not [path for path in state.path.rglob("*") if journal.run.id in str(path)]

    def test_a_run_at_work_is_not_forgotten(self, state: StateFolder, begin: Callable[..., Journal]) -> None:
        with (
            begin() as journal,
            state.lock(journal.run),
            pytest.raises(
                RunConflictError, match=rf"run {journal.run.id} \(process {os.getpid()} .* is at work"
            ),
        ):
            state.forget(journal.run.id)
        assert state.find().id == journal.run.id

    def test_a_damaged_run_can_be_forgotten(self, state: StateFolder, begin: Callable[..., Journal]) -> None:
        run = finish(begin())
        (state.run_folder(run.id) / "journal.db").write_bytes(b"no journal" * 1_000)
        state.forget(run.id)
        assert state.run_ids() == ()

    def test_retention_deletes_what_ended_long_ago_and_nothing_else(
        self, state: StateFolder, begin: Callable[..., Journal], clock: _Hand
    ) -> None:
        old, old_and_held = finish(begin()), finish(begin())
        clock.at += 31 * DAY
        young = finish(begin())
        with state.lock(old_and_held):
            assert state.sweep(30) == (old.id,)
        assert [run.id for run in state.runs()] == [young.id, old_and_held.id]

    def test_retention_never_drops_contacts_that_wait_for_their_tags(
        self,
        state: StateFolder,
        begin: Callable[..., Journal],
        clock: _Hand,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        with begin() as journal:
            landed = Landed(row=2, location_id="l", status=Status.CREATED, contact_id="c", http_status=200, attempts=1)  # fmt: skip
            journal.intend([Intent(row=2, location_id="l", first_attempt_at=1.0)])
            journal.append(landed=[landed])
            journal.set_state(RunState.STOPPED, "Ctrl-C")
        clock.at += 1_000 * DAY
        logger = logging.getLogger("importer.state.folder")
        logger.addHandler(caplog.handler)  # another test may have cut the importer's logs off from the root's
        assert state.sweep(30) == ()
        logger.removeHandler(caplog.handler)
        assert state.run_ids() == (journal.run.id,)
        assert f"importer forget {journal.run.id}" in caplog.text

    def test_contacts_of_a_run_that_was_taken_back_wait_for_nothing(
        self, state: StateFolder, begin: Callable[..., Journal]
    ) -> None:
        with begin() as journal:
            landed = Landed(row=2, location_id="l", status=Status.CREATED, contact_id="c", http_status=200, attempts=1)  # fmt: skip
            journal.intend([Intent(row=2, location_id="l", first_attempt_at=1.0)])
            journal.append(landed=[landed])
            journal.set_state(RunState.STOPPED, "Ctrl-C")
            assert state.unfinished_rows(journal.run.id) == 1
            journal.undo.begin(None)
        assert state.unfinished_rows(journal.run.id) == 0

    @pytest.mark.file_alone
    def test_a_run_whose_journal_was_deleted_is_listed_and_kept_from_being_sent_anew(
        self, state: StateFolder, begin: Callable[..., Journal]
    ) -> None:
        run = finish(begin())
        for path in state.run_folder(run.id).glob("journal.db*"):
            path.unlink()
        assert state.run_ids() == (run.id,)
        with pytest.raises(StateError, match="is gone"):
            state.run(run.id)
        state.forget(run.id)
        assert state.run_ids() == ()

    def test_a_retention_of_ages_deletes_nothing(
        self, state: StateFolder, begin: Callable[..., Journal]
    ) -> None:
        finish(begin())
        assert state.sweep(999_999) == ()

    def test_without_retention_runs_stay(
        self, state: StateFolder, begin: Callable[..., Journal], clock: _Hand
    ) -> None:
        run = finish(begin())
        clock.at += 1_000 * DAY
        assert state.sweep(None) == ()
        assert state.find().id == run.id

    def test_what_an_interrupted_forget_or_start_left_is_swept(
        self, state: StateFolder, clock: _Hand
    ) -> None:
        half_deleted = state.path / "runs" / ".forgotten-20260101-000000-aaaa-bbbb"
        half_deleted.mkdir(parents=True)
        abandoned, young = state.new_run(), state.new_run()
        os.utime(abandoned.path, (clock.at - 7_200,) * 2)
        os.utime(young.path, (clock.at,) * 2)
        state.sweep(None)
        assert [path.exists() for path in (half_deleted, abandoned.path, young.path)] == [False, False, True]

    @pytest.mark.parametrize(("text", "days"), [("", None), ("30", 30.0), (" 0.5 ", 0.5), ("0", 0.0)])
    def test_retention_comes_from_the_environment(
        self, monkeypatch: pytest.MonkeyPatch, text: str, days: float | None
    ) -> None:
        monkeypatch.setenv("IMPORTER_KEEP_DAYS", text)
        assert keep_days_from_environment() == days

    @pytest.mark.parametrize("text", ["soon", "-1", "nan", "inf"])
    def test_retention_that_is_no_number_of_days_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, text: str
    ) -> None:
        monkeypatch.setenv("IMPORTER_KEEP_DAYS", text)
        with pytest.raises(SettingsError, match="number of days"):
            keep_days_from_environment()


def mark(at: float, *, location_id: str = "location1", used: int = 1) -> QuotaMark:
    return QuotaMark(location_id=location_id, at=at, in_window=used, used_today=used, daily_remaining=None)


class TestQuota:
    URL = "https://api.example.test"

    def test_the_newest_mark_of_all_runs_is_known(
        self, state: StateFolder, begin: Callable[..., Journal]
    ) -> None:
        for at in (20.0, 10.0):
            with begin() as journal:
                journal.mark_quota([mark(at)])
        assert state.quota_marks(self.URL, ["location1"]) == {"location1": mark(20.0)}

    def test_the_slowest_reply_of_all_runs_is_known(
        self, state: StateFolder, begin: Callable[..., Journal]
    ) -> None:
        for at, slowest in ((20.0, 1.5), (10.0, 3.0)):
            with begin() as journal:
                journal.mark_quota([replace(mark(at), slowest_seconds=slowest)])
        known = state.quota_marks(self.URL, ["location1"])["location1"]
        assert (known.at, known.slowest_seconds) == (20.0, 3.0)

    def test_marks_are_kept_apart_by_location_and_place(
        self, state: StateFolder, begin: Callable[..., Journal]
    ) -> None:
        with begin() as journal:
            journal.mark_quota([mark(10.0)])
            journal.mark_quota([mark(10.0, location_id="location2")])
        assert set(state.quota_marks(self.URL)) == {"location1", "location2"}
        assert set(state.quota_marks(self.URL, ["location2"])) == {"location2"}
        assert state.quota_marks("https://another.example.test") == {}

    def test_marks_outlive_the_run_that_made_them(
        self, state: StateFolder, begin: Callable[..., Journal]
    ) -> None:
        with begin() as journal:
            journal.mark_quota([mark(10.0, used=9)])
        state.forget(journal.run.id)
        assert state.quota_marks(self.URL)["location1"].used_today == 9

    def test_a_mark_from_before_the_clock_was_set_back_holds_nobody_up(
        self, state: StateFolder, begin: Callable[..., Journal], clock: _Hand
    ) -> None:
        with begin() as journal:
            journal.mark_quota([mark(clock.at + 7_200)])
        assert state.quota_marks(self.URL)["location1"].at == clock.at + 2

    def test_an_older_mark_does_not_replace_a_newer_one(self, state: StateFolder) -> None:
        state.remember_quota(self.URL, {"location1": mark(20.0)})
        state.remember_quota(self.URL, {"location1": mark(10.0)})
        assert state.quota_marks(self.URL)["location1"].at == 20.0

    @pytest.mark.file_alone
    def test_a_memory_that_cannot_be_read_is_as_good_as_none(self, state: StateFolder) -> None:
        state.path.mkdir()
        (state.path / "quota.json").write_text('{"https://api.example.test": [{"no": "mark"}]}')
        assert state.quota_marks(self.URL) == {}
        state.remember_quota(self.URL, {"location1": mark(1.0)})
        assert state.quota_marks(self.URL) == {"location1": mark(1.0)}


class _Hand(Protocol):
    """The hand clock of conftest, as far as these tests move it."""

    at: float
