"""A journal in Postgres has one writer a part, and whoever lost it writes nothing more."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from importer.errors import StateError
from importer.records import Counts, FollowUpMark, FollowUpState, Intent, Landed, Outcome, Pulse, Status
from importer.state.journal import Journal, Run, RunState, SessionKind
from importer.state.journal.shared_writer import FencedError
from importer.state.parts import PartState, RunParts
from importer.state.postgres.address import Address
from importer.state.postgres.database import in_postgres
from importer.state.postgres.faces import mark_face
from importer.state.postgres.locks import LocationHeldError
from importer.state.postgres.sessions import kept_sessions
from importer.state.remote import EndWish

pytestmark = pytest.mark.versions


@pytest.fixture(params=["sessions of its own", "kept sessions"], autouse=True)
def sessions(request: pytest.FixtureRequest) -> Iterator[None]:
    """As a command opens its databases, and as a worker does."""
    with kept_sessions() if request.param == "kept sessions" else contextlib.nullcontext():
        yield


@pytest.fixture
def folder(tmp_path: Path, postgres: str) -> Path:
    mark_face(tmp_path, Address.read(postgres))
    folder = tmp_path / "runs" / "20260101-120000-abcd"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def journal(folder: Path, make_run: Callable[..., Run]) -> Iterator[Journal]:
    with Journal.create(folder, make_run(folder)) as journal:
        yield journal


def intent(row: int) -> Intent:
    return Intent(row=row, location_id="l", first_attempt_at=1.0)


def created(row: int) -> Outcome:
    return Outcome(row=row, status=Status.CREATED, location_id="l", contact_id=f"c{row}")


def landed(row: int) -> Landed:
    return Landed(
        row=row, location_id="l", status=Status.CREATED, contact_id="c", http_status=200, attempts=1
    )


def test_who_goes_on_with_a_run_takes_it_from_who_had_it(journal: Journal) -> None:
    journal.intend([intent(2)])
    with Journal.open(journal.folder) as other:
        assert list(other.row_states(0, 9)) == [2]
        journal.intend([intent(3)])  # whoever only looks takes nothing
        other.begin(SessionKind.RESUME)
        writes: list[Callable[[], object]] = [
            lambda: journal.intend([intent(4)]),
            lambda: journal.withdraw([intent(2)]),
            lambda: journal.settle([created(2)]),
            lambda: journal.append(landed=[landed(2)]),
            lambda: journal.append(marks=[FollowUpMark(row=2, name="t", state=FollowUpState.DONE)]),
            lambda: journal.set_rows_read(9),
            lambda: journal.set_state(RunState.FINISHED),
            lambda: journal.undo.begin(None),
        ]
        for write in writes:
            with pytest.raises(StateError, match=r"(Another process took over|do not balance)"):
                write()
        journal.pulse(Pulse(location_id="l", started_at=1.0, seconds=2.0))  # nobody waits for it
        journal.finish_notes()
        assert other.pulses() == ()
        other.settle([created(2), created(3)])
        assert other.counts() == Counts(created=2, pending=-2)


def test_a_batch_that_waits_for_a_take_over_is_refused_and_not_written_behind_it(journal: Journal) -> None:
    """The new holder's transaction has raised the epoch, and is not through: the old one's write waits, then fails."""
    journal.intend([intent(2)])
    caught: list[BaseException] = []

    def write() -> None:
        try:
            journal.intend([intent(3)])
        except StateError as refused:
            caught.append(refused)

    with Journal.open(journal.folder) as other, other._db.transaction():
        other._db.execute("UPDATE parts SET epoch = epoch + 1")
        writer = threading.Thread(target=write)
        writer.start()
        writer.join(0.3)
        assert writer.is_alive()
    writer.join(20)
    assert [type(each) for each in caught] == [FencedError]
    assert list(journal.row_states(0, 9)) == [2]


def test_a_connection_that_postgres_ended_writes_nothing_more(journal: Journal, postgres: str) -> None:
    journal.intend([intent(2)])
    with closing(psycopg.connect(postgres, autocommit=True)) as server:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    for _ in range(2):
        with pytest.raises(StateError, match=r"lost its connection .*go on with: importer resume"):
            journal.intend([intent(3)])
    with Journal.open(journal.folder) as other:
        assert list(other.row_states(0, 9)) == [2]


def test_a_pooler_that_changes_sessions_under_us_is_named(journal: Journal) -> None:
    journal.intend([intent(2)])
    with Journal.open(journal.folder) as other:
        # what PgBouncer in transaction mode does: the next transaction is another session's
        theirs, ours = in_postgres(other._db), in_postgres(journal._db)
        theirs.keep_session()
        ours._own, mine = theirs._own, ours._own
        try:
            with pytest.raises(FencedError, match=r"pooler .*pool_mode = transaction"):
                journal.intend([intent(3)])
        finally:
            ours._own = mine


def test_any_text_of_a_reply_can_be_settled(journal: Journal) -> None:
    texts = [
        "a\tb",
        "two\nlines\r",
        "back\\slash \\N \\.",
        'a "quote", {braces}',
        "\\.",
        "nul\x00",
        "\x1a0041",
        "",
    ]
    outcomes = [
        Outcome(row=row, status=Status.FAILED, code="refused", message=text)
        for row, text in enumerate(texts, 2)
    ]
    journal.settle(outcomes)
    journal.settle(outcomes)  # by the other way of writing
    assert [each.message for each in journal.outcomes()] == texts


def test_a_run_of_a_newer_importer_is_left_alone(journal: Journal) -> None:
    journal._db.execute("INSERT INTO migrations VALUES (99, 0, '9.9')")
    with pytest.raises(Exception, match="written by a newer importer"):
        Journal.open(journal.folder)


class TestParts:
    @pytest.fixture
    def parts(self, journal: Journal) -> Journal:
        RunParts(journal.folder).split({"one": 0, "two": 0})
        return journal

    def test_a_part_speaks_of_its_own_rows_alone(self, parts: Journal) -> None:
        with Journal.open(parts.folder, part="one") as one, Journal.open(parts.folder, part="two") as two:
            for each, row in ((one, 2), (two, 3)):
                each.begin(SessionKind.RUN)
                each.set_rows_read(row)
                each.intend([intent(row)])
                each.settle([created(row)])
            assert (one.counts(), two.counts()) == (
                Counts(created=1, pending=1),
                Counts(created=1, pending=2),
            )
            assert [each.row for each in one.outcomes()] == [2]
            assert list(two.row_states(0, 9)) == [3]
            one.set_rows_read(1)
            one.set_state(RunState.FINISHED)
        with Journal.open(parts.folder) as whole:
            assert (whole.rows_read, whole.counts().created, whole.run.state) == (4, 2, RunState.RUNNING)

    def test_a_run_is_what_its_parts_are(self, parts: Journal) -> None:
        told = []
        for first, second in (("finished", "queued"), ("stopped", "finished"), ("finished", "finished")):
            parts._db.execute("UPDATE parts SET state = ? WHERE location = 'one'", (first,))
            parts._db.execute("UPDATE parts SET state = ? WHERE location = 'two'", (second,))
            with Journal.open(parts.folder) as whole:
                told.append(whole.run.state)
        assert told == [RunState.RUNNING, RunState.STOPPED, RunState.FINISHED]

    def test_taking_one_part_fences_no_other(self, parts: Journal) -> None:
        with Journal.open(parts.folder, part="one") as one, Journal.open(parts.folder, part="two") as two:
            one.intend([intent(2)])
            two.intend([intent(3)])
            with Journal.open(parts.folder, part="one") as newer:
                newer.intend([intent(4)])
                two.intend([intent(5)])
                with pytest.raises(FencedError, match="location one"):
                    one.intend([intent(6)])

    def test_a_location_without_a_part_is_named(self, parts: Journal) -> None:
        with pytest.raises(StateError, match="no part for location three"):
            Journal.open(parts.folder, part="three")

    def test_a_part_is_worked_on_by_one_process_which_is_named_to_the_others(self, parts: Journal) -> None:
        shared = RunParts(parts.folder)
        with shared.take("one") as one:
            one.begin(SessionKind.RUN)
            with (
                pytest.raises(LocationHeldError, match=f"one is being sent to by run {parts.run.id}"),
                shared.take("one"),
            ):
                pass
            with shared.take("two"):
                pass
            one.intend([intent(2)])  # whoever asked in vain took nothing
        with shared.take("one") as again:
            again.begin(SessionKind.RESUME)
        first, second = shared.lines()
        assert (first.location, first.state, first.epoch, second.epoch) == ("one", PartState.RUNNING, 2, 0)
        assert first.holder is not None
        assert first.since is not None

    def test_a_location_is_held_by_one_run_of_all(self, parts: Journal, make_run: Callable[..., Run]) -> None:
        folder = parts.folder.with_name("20260101-120001-abcd")
        with Journal.create(folder, make_run(folder)) as other, RunParts(parts.folder).take("one"):
            locks = other.location_locks(other.run.base_url)
            assert locks is not None
            with pytest.raises(LocationHeldError):
                locks.enter("one")
            locks.enter("two")
            elsewhere = other.location_locks("https://another.example.test")
            assert elsewhere is not None
            elsewhere.enter("one")

    def test_a_lock_is_free_once_its_session_is_gone(self, parts: Journal) -> None:
        shared = RunParts(parts.folder)
        with shared.take("one") as one:
            one._db.close()  # as a kill would
            with shared.take("one") as other:
                other.begin(SessionKind.RESUME)
            with pytest.raises(StateError, match="lost its connection"):
                one.intend([intent(2)])

    def test_what_is_wished_reaches_the_parts_that_are_not_through(self, parts: Journal) -> None:
        shared = RunParts(parts.folder)
        with shared.take("one") as one:
            one.begin(SessionKind.RUN)
            one.set_state(RunState.FINISHED)
        shared.wish(EndWish.PAUSE, by="ann")
        assert shared.wished() == {"two": (EndWish.PAUSE, "ann")}
        shared.requeue(["one", "two"])
        assert shared.wished() == {}
        assert [line.state for line in shared.lines()] == [PartState.FINISHED, PartState.QUEUED]

    def test_a_run_that_has_begun_is_not_split(self, parts: Journal) -> None:
        with RunParts(parts.folder).take("one") as one:
            one.intend([intent(2)])
        with pytest.raises(StateError, match="has begun as a whole"):
            RunParts(parts.folder).split({"three": 1})


def test_a_run_in_files_has_no_parts(tmp_path: Path, make_run: Callable[..., Run]) -> None:
    folder = tmp_path / "run"
    Journal.create(folder, make_run(folder)).close()
    with pytest.raises(StateError, match="postgresql://"):
        RunParts(folder).split({"one": 1})
