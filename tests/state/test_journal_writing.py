from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from importer.errors import RunConflictError, StateError
from importer.records import (
    Counts,
    Fault,
    FollowUpMark,
    FollowUpState,
    Intent,
    Landed,
    Outcome,
    Pulse,
    QuotaMark,
    Remedy,
    Status,
    row_id,
)
from importer.state.journal import Journal, Run, RunState, SessionKind

BOTH_STORES = True


def intent(row: int, at: float = 100.0, *, attempts: int = 1, exact: bool = False) -> Intent:
    return Intent(row=row, location_id="location1", first_attempt_at=at, attempts=attempts, exact=exact)


def landed(row: int, contact_id: str, status: Status = Status.CREATED) -> Landed:
    return Landed(
        row=row, location_id="location1", status=status, contact_id=contact_id, http_status=200, attempts=1
    )


def mark(row: int, name: str, state: FollowUpState = FollowUpState.DONE) -> FollowUpMark:
    return FollowUpMark(row=row, name=name, state=state)


def outcome(row: int, status: Status = Status.CREATED, **parts: object) -> Outcome:
    return Outcome(row=row, status=status, **parts)  # type: ignore[arg-type]  # parts come by name


def failed(row: int, remedy: Remedy = Remedy.RUN_AGAIN) -> Outcome:
    return outcome(row, Status.FAILED, code="service_down", message="No reply.", remedy=remedy)


def test_an_outcome_comes_back_as_it_was_settled(journal: Journal) -> None:
    full = Outcome(
        row=row_id(1, 7),
        status=Status.FAILED,
        location_id="location1",
        contact_id="contact1",
        code="refused",
        message="Zoë's e-mail was refused: “no”.",
        remedy=Remedy.FIX_ROW,
        warnings=(
            Fault(
                code="dropped", message="The phone was dropped; see 'Mobile'.", column="Mobile", fails=False
            ),
            Fault(code="kept", message="Kept.", fails=False),
        ),
        http_status=422,
        attempts=3,
        trace_id="trace1",
    )
    plain = Outcome(row=row_id(0, 2), status=Status.SKIPPED)
    journal.settle([full, plain])
    assert list(journal.outcomes()) == [plain, full]


def test_outcomes_come_in_source_order_and_by_range(journal: Journal) -> None:
    rows = [row_id(1, 3), row_id(0, 9), row_id(0, 2), row_id(1, 2)]
    journal.settle([outcome(row) for row in rows])
    assert [each.row for each in journal.outcomes()] == sorted(rows)
    assert [each.row for each in journal.outcomes(row_id(0, 3), row_id(1, 2))] == [row_id(0, 9), row_id(1, 2)]


def test_more_outcomes_than_a_page_come_once_each(journal: Journal) -> None:
    journal.settle([outcome(row) for row in range(2, 5_002)])
    assert [each.row for each in journal.outcomes()] == list(range(2, 5_002))


def test_a_standing_goes_from_intent_over_landed_to_outcome(journal: Journal) -> None:
    journal.intend([intent(2), intent(3), intent(4)])
    journal.append(landed=[landed(3, "contact3"), landed(4, "contact4")])
    journal.settle([outcome(4)])
    assert journal.row_states(2, 9) == {2: intent(2), 3: landed(3, "contact3"), 4: outcome(4)}


def test_rows_outside_the_range_and_unknown_rows_have_no_standing(journal: Journal) -> None:
    journal.intend([intent(2), intent(5)])
    assert list(journal.row_states(3, 5)) == [5]


def test_the_earliest_attempt_of_a_row_stays_known(journal: Journal) -> None:
    journal.intend([intent(2, at=100.0, attempts=1, exact=True)])
    journal.intend([intent(2, at=200.0, attempts=4)])
    assert journal.row_states(2, 2) == {2: intent(2, at=100.0, attempts=4, exact=True)}


def test_a_row_that_was_not_sent_after_all_has_no_standing_again(journal: Journal) -> None:
    journal.intend([intent(2), intent(3)])
    journal.withdraw([intent(2, attempts=0)])
    assert journal.row_states(2, 3) == {3: intent(3)}


def test_what_counts_of_a_row_that_was_not_sent_is_its_next_attempt(journal: Journal) -> None:
    """By the moment of one that never left, a contact that somebody made meanwhile would be taken for the row's own."""
    journal.intend([intent(2, at=100.0)])
    journal.withdraw([intent(2, at=110.0, attempts=0)])
    journal.intend([intent(2, at=200.0)])
    found = journal.row_states(2, 2)[2]
    assert isinstance(found, Intent)
    assert found.first_attempt_at == 200.0


def test_a_row_in_doubt_that_was_not_sent_again_is_in_doubt_as_before(journal: Journal) -> None:
    before = replace(intent(2, at=100.0), last_attempt_at=105.0)
    journal.intend([before])
    journal.intend([replace(intent(2, at=100.0), last_attempt_at=900.0)])
    journal.withdraw([before])
    assert journal.row_states(2, 2) == {2: before}


def test_a_row_that_was_never_intended_is_nothing_to_take_back(journal: Journal) -> None:
    """An append that wrote nothing would be missed: the journal would not be as far as its seal."""
    journal.intend([intent(2)])
    journal.withdraw([intent(9, attempts=0)])
    journal.close()
    with Journal.open(journal.folder) as again:
        assert again.loss is None
        assert again.row_states(2, 9) == {2: intent(2)}


def test_a_row_that_was_not_sent_can_still_settle_and_be_read_through(journal: Journal) -> None:
    journal.intend([intent(2), intent(3)])
    journal.withdraw([intent(2, attempts=0), intent(3, attempts=0)])
    journal.withdraw([intent(9, attempts=0)])
    journal.settle([outcome(2)])
    journal.close()
    with Journal.open(journal.folder) as again:
        assert again.loss is None
        assert again.row_states(2, 9) == {2: outcome(2)}


def test_settling_a_row_again_as_it_stands_is_harmless(journal: Journal) -> None:
    broken = outcome(3, Status.FAILED, message="half a pair: \ud800")
    journal.settle([outcome(2), broken])
    journal.settle([outcome(2), broken, outcome(4)])
    assert journal.counts() == Counts(created=2, failed=1, pending=-3)


def test_settling_a_row_in_another_way_is_refused_and_nothing_of_the_batch_is_kept(journal: Journal) -> None:
    journal.settle([outcome(2)])
    with pytest.raises(StateError, match=r"Row 2 of run .* is settled as created .* again as updated"):
        journal.settle([outcome(3), outcome(2, Status.UPDATED)])
    assert [each.row for each in journal.outcomes()] == [2]


def test_a_row_twice_in_one_batch_with_two_outcomes_is_refused(journal: Journal) -> None:
    with pytest.raises(StateError, match="Row 2"):
        journal.settle([outcome(2), outcome(2, Status.UPDATED)])
    assert list(journal.outcomes()) == []


def test_landings_and_outcomes_are_written_together_or_not_at_all(journal: Journal) -> None:
    journal.append(landed=[landed(2, "contact2")], outcomes=[outcome(3)])
    assert journal.row_states(0, 9) == {2: landed(2, "contact2"), 3: outcome(3)}
    with pytest.raises(StateError):
        journal.append(landed=[landed(4, "contact4")], outcomes=[outcome(3, Status.UPDATED)])
    assert list(journal.row_states(0, 9)) == [2, 3]


def test_empty_batches_write_nothing(journal: Journal) -> None:
    journal.intend([])
    journal.append(landed=[])
    journal.settle([])
    assert journal.row_states(0, 99) == {}


def test_text_that_sqlite_cannot_hold_is_kept_as_far_as_it_goes(journal: Journal) -> None:
    broken = Fault(code="bytes", message="Cell \udcff cannot be read.", fails=False)
    journal.settle([outcome(2, message="half \ud800 a pair", warnings=(broken,)), outcome(3)])
    first, second = journal.outcomes()
    assert first.message == "half ? a pair"
    assert first.warnings[0].message == "Cell ? cannot be read."
    assert second.row == 3


def test_every_write_is_there_for_whoever_opens_the_file_next(journal: Journal, clock: object) -> None:
    journal.set_rows_read(5)
    journal.intend([intent(2)])
    journal.append(landed=[landed(3, "contact3")])
    journal.settle([outcome(4, location_id="location1")])
    journal.pulse(
        Pulse(location_id="location1", started_at=1.0, seconds=2.0, requests=3, throttled=1, retries=1)
    )
    journal.mark_quota(
        [QuotaMark(location_id="location1", at=9.0, in_window=7, used_today=70, daily_remaining=5)]
    )
    with Journal.open(journal.folder) as other:
        assert other.row_states(0, 9) == journal.row_states(0, 9)
        assert other.counts() == Counts(created=2, pending=3)
        assert other.counts_by_location() == {"location1": Counts(created=2)}
        assert [pulse.requests for pulse in other.pulses()] == [3]
        assert (other.traffic().requests, other.traffic().throttled, other.traffic().retries) == (3, 1, 1)
        assert other.quota_marks()["location1"].in_window == 7
        assert other.run == journal.run


def test_a_newer_mark_of_a_location_replaces_the_older(journal: Journal) -> None:
    for used in (1, 2):
        journal.mark_quota([QuotaMark(location_id="location1", at=used, in_window=used, used_today=used)])
    assert journal.quota_marks()["location1"].used_today == 2


def test_the_location_that_has_least_left_of_its_day_is_told(journal: Journal) -> None:
    def left(location_id: str, daily_remaining: int | None) -> QuotaMark:
        return QuotaMark(
            location_id=location_id, at=1.0, in_window=1, used_today=1, daily_remaining=daily_remaining
        )

    assert journal.least_daily_remaining() is None
    journal.mark_quota([left("location1", None)])
    assert journal.least_daily_remaining() is None
    journal.mark_quota([left("location2", 900), left("location3", 40), left("location4", None)])
    assert journal.least_daily_remaining() == 40


def test_of_several_attempts_the_first_and_the_last_are_known(journal: Journal) -> None:
    for at in (20.0, 40.0, 30.0):
        journal.intend([Intent(row=2, location_id="location1", first_attempt_at=at, last_attempt_at=at)])
    (known,) = journal.row_states(0, 9).values()
    assert isinstance(known, Intent)
    assert (known.first_attempt_at, known.last_attempt_at) == (20.0, 40.0)


@pytest.mark.file_alone
def test_the_file_is_durable_and_for_its_owner_alone(journal: Journal) -> None:
    journal.mark_quota([QuotaMark(location_id="location1", at=1.0, in_window=1, used_today=1)])
    journal.settle([outcome(2)])
    database = journal._db
    assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert database.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    modes = {path.name: path.stat().st_mode & 0o777 for path in journal.folder.iterdir() if path.is_file()}
    kept = {"journal.db", "journal.db-wal", "journal.db-shm", "journal.seal", "mapping.yaml", "identity.json"}
    assert set(modes) == kept
    assert set(modes.values()) == {0o600}


def test_a_second_journal_in_one_folder_is_refused(journal: Journal) -> None:
    with pytest.raises(StateError, match=r"cannot be made: (File exists|it is there already)"):
        Journal.create(journal.folder, journal.run)


def test_a_folder_without_a_journal_says_so(tmp_path: Path) -> None:
    with pytest.raises(RunConflictError, match="There is no journal in"):
        Journal.open(tmp_path)


def test_a_journal_is_untouched_until_a_row_is_intended(journal: Journal) -> None:
    journal.set_rows_read(3)
    journal.pulse(Pulse(location_id="location1", started_at=1.0, seconds=2.0))
    assert journal.untouched
    journal.intend([intent(2)])
    assert not journal.untouched


class TestMadeHere:
    def test_an_earlier_row_with_the_contact_made_it(self, journal: Journal) -> None:
        journal.settle([outcome(2, Status.UPDATED, contact_id="contact1")])
        assert journal.made_here("contact1", 3)

    def test_an_earlier_row_that_landed_counts_too(self, journal: Journal) -> None:
        journal.append(landed=[landed(2, "contact1")])
        assert journal.made_here("contact1", 3)

    def test_the_row_itself_does_not_count(self, journal: Journal) -> None:
        journal.append(landed=[landed(3, "contact1")])
        assert not journal.made_here("contact1", 3)

    def test_another_contact_does_not_count(self, journal: Journal) -> None:
        journal.settle([outcome(2, contact_id="contact1")])
        assert not journal.made_here("contact2", 3)

    def test_a_later_row_counts_only_when_it_created_the_contact(self, journal: Journal) -> None:
        journal.settle(
            [outcome(8, Status.CREATED, contact_id="made"), outcome(9, Status.UPDATED, contact_id="met")]
        )
        assert journal.made_here("made", 3)
        assert not journal.made_here("met", 3)

    def test_a_later_row_that_failed_after_it_landed_counts_as_what_it_landed_as(
        self, journal: Journal
    ) -> None:
        for row, contact_id, status in ((8, "made", Status.CREATED), (9, "met", Status.UPDATED)):
            journal.append(landed=[landed(row, contact_id, status)])
            journal.settle([outcome(row, Status.FAILED, contact_id=contact_id, code="tags_failed")])
        assert journal.made_here("made", 3)
        assert not journal.made_here("met", 3)

    def test_rows_settled_after_the_first_question_are_found(self, journal: Journal) -> None:
        assert not journal.made_here("contact1", 3)
        journal.settle([outcome(2, contact_id="contact1")])
        assert journal.made_here("contact1", 3)


class TestAccounting:
    def test_what_is_read_and_not_settled_is_pending(self, journal: Journal) -> None:
        journal.set_rows_read(10)
        journal.intend([intent(row) for row in range(2, 12)])
        journal.settle([outcome(2), outcome(3, Status.UPDATED), outcome(4, Status.SKIPPED), failed(5)])
        assert journal.counts() == Counts(created=1, updated=1, skipped=1, failed=1, pending=6)

    def test_a_run_with_pending_rows_cannot_be_called_finished(self, journal: Journal) -> None:
        journal.set_rows_read(2)
        journal.settle([outcome(2)])
        with pytest.raises(StateError, match=r"do not balance: rows have no outcome \(1 of 2\)"):
            journal.set_state(RunState.FINISHED)
        assert journal.run.state is RunState.RUNNING

    def test_more_rows_settled_than_read_are_noticed(self, journal: Journal) -> None:
        journal.settle([outcome(2)])
        with pytest.raises(StateError, match="more rows were settled than read"):
            journal.check_accounting()

    def test_errors_are_counted_by_code_with_their_first_rows(self, journal: Journal) -> None:
        down = [failed(row) for row in range(10, 18)]
        journal.settle([*down, outcome(3, Status.FAILED, code="invalid_email", message="No e-mail.")])
        first, second = journal.errors()
        assert (first.code, first.count, first.rows, first.remedy) == (
            "service_down",
            8,
            (10, 11, 12, 13, 14),
            Remedy.RUN_AGAIN,
        )
        assert (second.code, second.count, second.rows, second.message) == (
            "invalid_email",
            1,
            (3,),
            "No e-mail.",
        )

    def test_warnings_are_counted_by_code(self, journal: Journal) -> None:
        dropped = Fault(code="dropped", message="Dropped.", fails=False)
        other = Fault(code="other", message="Other.", fails=False)
        journal.settle([outcome(2, warnings=(dropped, dropped)), outcome(3, warnings=(dropped, other))])
        first, second = journal.warnings()
        assert (first.code, first.count, first.rows) == ("dropped", 3, (2, 3))
        assert (second.code, second.count, second.rows) == ("other", 1, (3,))


class TestSessions:
    def test_the_word_for_why_a_run_stopped_is_kept_until_it_goes_on(self, journal: Journal) -> None:
        journal.set_state(RunState.STOPPED, "Stopped by SIGINT.", code="interrupted")
        with Journal.open(journal.folder) as later:
            assert later.run.reason_code == "interrupted"
            later.begin(SessionKind.RESUME)
        with Journal.open(journal.folder) as later:
            assert later.run.reason_code is None

    def test_a_stopped_and_resumed_run_adds_up_its_time(self, journal: Journal, clock: object) -> None:
        _move(clock, 10)
        journal.set_state(RunState.STOPPED, "SIGINT")
        _move(clock, 1_000)
        journal.begin(SessionKind.RESUME)
        assert (journal.run.state, journal.run.reason, journal.run.finished_at) == (
            RunState.RUNNING,
            None,
            None,
        )
        _move(clock, 5)
        journal.set_state(RunState.FINISHED)
        assert journal.seconds() == 15
        kinds = [(each.kind, each.state, each.reason) for each in journal.sessions()]
        assert kinds == [
            (SessionKind.RUN, RunState.STOPPED, "SIGINT"),
            (SessionKind.RESUME, RunState.FINISHED, None),
        ]
        with Journal.open(journal.folder) as other:
            assert other.run == journal.run

    def test_a_killed_session_counts_up_to_its_last_pulse(self, journal: Journal, clock: object) -> None:
        started_at = journal.run.started_at
        journal.pulse(Pulse(location_id="location1", started_at=started_at + 2, seconds=3.0))
        _move(clock, 1_000)
        journal.begin(SessionKind.RESUME)
        journal.set_state(RunState.FINISHED)
        assert journal.seconds() == 5
        first = journal.sessions()[0]
        assert (first.state, first.ended_at) == (RunState.STOPPED, None)
        assert "killed" in (first.reason or "")


class TestRetry:
    def test_only_failed_rows_worth_another_try_are_open_again(self, journal: Journal) -> None:
        journal.intend([intent(2, at=50.0), intent(3)])
        journal.settle([failed(2), failed(3, Remedy.FIX_ROW), outcome(4)])
        assert journal.retryable() == 1
        journal.begin(SessionKind.RETRY)
        assert journal.row_states(0, 9) == {
            2: intent(2, at=50.0),
            3: failed(3, Remedy.FIX_ROW),
            4: outcome(4),
        }

    def test_a_row_whose_follow_ups_failed_is_open_as_landed(self, journal: Journal) -> None:
        journal.intend([intent(2)])
        journal.append(landed=[landed(2, "contact2")])
        journal.settle([failed(2)])
        journal.begin(SessionKind.RETRY)
        assert journal.row_states(2, 2) == {2: landed(2, "contact2")}

    def test_what_is_known_of_its_follow_ups_comes_with_it(self, journal: Journal) -> None:
        marks = [mark(2, "add_tags"), mark(2, "workflow", FollowUpState.SENT), mark(3, "workflow")]
        journal.append(
            landed=[landed(2, "contact2")],
            marks=marks,
            outcomes=[failed(2), outcome(3, contact_id="contact3")],
        )
        journal.append(marks=[mark(2, "workflow", FollowUpState.OPEN)])
        journal.begin(SessionKind.RETRY)
        assert journal.row_states(2, 3) == {
            2: replace(
                landed(2, "contact2"),
                marks=(mark(2, "add_tags"), mark(2, "workflow", FollowUpState.OPEN)),
            ),
            3: outcome(3, contact_id="contact3"),
        }

    def test_a_retry_replaces_the_outcome_and_keeps_the_earlier_one(self, journal: Journal) -> None:
        journal.set_rows_read(2)
        journal.settle([failed(2), outcome(3)])
        journal.set_state(RunState.FINISHED)
        journal.begin(SessionKind.RETRY)
        journal.settle([outcome(2, contact_id="contact2")])
        journal.set_state(RunState.FINISHED)
        assert journal.counts() == Counts(created=2)
        assert [each.row for each in journal.outcomes()] == [2, 3]
        earlier = journal._db.execute('SELECT "row", pass, status, code FROM earlier_outcomes').fetchall()
        assert earlier == [(2, 1, "failed", "service_down")]

    def test_within_a_retry_a_row_is_settled_once(self, journal: Journal) -> None:
        journal.settle([failed(2)])
        journal.begin(SessionKind.RETRY)
        journal.settle([outcome(2)])
        with pytest.raises(StateError, match="settled as created"):
            journal.settle([failed(2)])

    def test_a_row_that_fails_again_can_be_retried_again(self, journal: Journal) -> None:
        journal.settle([failed(2)])
        for _ in range(2):
            journal.begin(SessionKind.RETRY)
            assert journal.row_states(2, 2) == {}
            journal.settle([failed(2)])
            assert journal.row_states(2, 2) == {2: failed(2)}

    def test_a_row_that_a_stopped_retry_did_not_reach_keeps_its_outcome(self, journal: Journal) -> None:
        journal.set_rows_read(2)
        journal.settle([failed(2), failed(3)])
        journal.begin(SessionKind.RETRY)
        journal.settle([outcome(2)])
        journal.set_state(RunState.STOPPED, "SIGTERM")
        assert journal.counts() == Counts(created=1, failed=1)
        with Journal.open(journal.folder) as later:
            later.begin(SessionKind.RESUME)
            assert later.retrying
            assert later.row_states(0, 9) == {2: outcome(2)}

    def test_a_settled_row_other_than_failed_is_never_replaced_by_a_retry(self, journal: Journal) -> None:
        journal.settle([outcome(2), failed(3, Remedy.FIX_ROW)])
        journal.begin(SessionKind.RETRY)
        for again in (outcome(2, Status.UPDATED), outcome(3)):
            with pytest.raises(StateError, match="is settled as"):
                journal.settle([again])


@pytest.mark.file_alone
def test_no_token_and_no_payload_is_in_the_file(
    tmp_path: Path, make_run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIGHLEVEL_TOKEN", "pit-very-secret")
    folder = tmp_path / "run"
    with Journal.create(folder, make_run(folder)) as journal:
        journal.intend([intent(2)])
        journal.settle([outcome(2)])
        tables = journal._db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    assert not any("payload" in sql.lower() or "token" in sql.lower() for (sql,) in tables)
    assert b"pit-very-secret" not in (folder / "journal.db").read_bytes()


def test_a_source_named_in_no_utf8_comes_back(tmp_path: Path, make_run: Callable[..., Run]) -> None:
    folder = tmp_path / "run"
    run = make_run(folder, reference="caf\udce9.csv")
    with Journal.create(folder, run), Journal.open(folder) as other:
        assert other.run.sources == run.sources


def test_a_moved_state_folder_still_finds_its_copies(tmp_path: Path, make_run: Callable[..., Run]) -> None:
    folder = tmp_path / "here" / "run"
    with Journal.create(folder, make_run(folder)):
        pass
    folder.parent.rename(tmp_path / "there")
    with Journal.open(tmp_path / "there" / "run") as journal:
        assert journal.run.sources[0].path.is_file()


def test_reading_while_another_process_writes_sees_whole_batches(journal: Journal) -> None:
    with Journal.open(journal.folder, thorough=False) as reader:
        journal._db.execute("BEGIN IMMEDIATE")
        journal._db.execute(
            "INSERT INTO outcomes (\"row\", status, remedy, attempts) VALUES (2, 'created', 'none', 1)"
        )
        assert list(reader.outcomes()) == []
        journal._db.execute("COMMIT")
        assert [each.row for each in reader.outcomes()] == [2]


def test_no_foreign_error_leaves_the_room(journal: Journal) -> None:
    journal._db.close()
    for act in (journal.counts, lambda: list(journal.outcomes()), lambda: journal.intend([intent(2)])):
        with pytest.raises(StateError) as caught:
            act()
        assert isinstance(caught.value.__cause__, sqlite3.Error | psycopg.Error)


def _move(clock: object, seconds: float) -> None:
    clock.at += seconds  # type: ignore[attr-defined]  # the hand clock of conftest


class TestMadeBy:
    def test_a_row_that_created_its_contact_gives_its_id(self, journal: Journal) -> None:
        journal.settle([outcome(2, Status.CREATED, contact_id="made")])
        assert journal.made_by(2) == "made"

    def test_so_does_one_that_failed_after_it_landed(self, journal: Journal) -> None:
        journal.append(landed=[landed(2, "made", Status.CREATED)])
        assert journal.made_by(2) == "made"
        journal.settle([outcome(2, Status.FAILED, contact_id="made", code="tags_failed")])
        assert journal.made_by(2) == "made"

    def test_any_other_end_is_given_as_it_is(self, journal: Journal) -> None:
        refused = outcome(2, Status.FAILED, contact_id="in the way", code="duplicate_contact")
        journal.settle([refused])
        assert journal.made_by(2) == refused

    def test_of_a_row_without_an_end_nothing_is_known(self, journal: Journal) -> None:
        journal.append(landed=[landed(2, "met", Status.UPDATED)])
        assert journal.made_by(2) is None
