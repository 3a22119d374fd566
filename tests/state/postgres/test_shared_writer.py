"""Many parts of one process, one session: together where they can, each for itself where one of them must not."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from importer.errors import StateError
from importer.records import Append, Intent, Outcome, QuotaMark, Status
from importer.state.journal import Journal, Run, RunState, SessionKind
from importer.state.journal.shared_writer import FencedError, PartWriters, SharedWriter
from importer.state.parts import RunParts
from importer.state.postgres.address import Address
from importer.state.postgres.faces import mark_face
from importer.state.postgres.locks import LocationHeldError
from importer.state.postgres.sessions import kept_sessions
from tests.flow.test_stopping import until

pytestmark = pytest.mark.versions

LOCATIONS = ("one", "two", "three")


@pytest.fixture
def folder(tmp_path: Path, postgres: str, make_run: Callable[..., Run]) -> Path:
    """A run of three parts."""
    mark_face(tmp_path, Address.read(postgres))
    folder = tmp_path / "runs" / "20260101-120000-abcd"
    folder.mkdir(parents=True)
    Journal.create(folder, make_run(folder)).close()
    RunParts(folder).split(dict.fromkeys(LOCATIONS, 1))
    return folder


@pytest.fixture
def writers() -> Iterator[PartWriters]:
    with kept_sessions():
        yield PartWriters()


@pytest.fixture
def journals(folder: Path, writers: PartWriters) -> Iterator[dict[str, Journal]]:
    """All three, taken by one process."""
    with contextlib.ExitStack() as taken:
        parts = RunParts(folder)
        found = {each: taken.enter_context(parts.take(each, writers=writers)) for each in LOCATIONS}
        for journal in found.values():
            journal.begin(SessionKind.RUN)
        yield found


def intent(row: int) -> Intent:
    return Intent(row=row, location_id="l", first_attempt_at=1.0)


def created(row: int, contact: str = "") -> Outcome:
    return Outcome(row=row, status=Status.CREATED, location_id="l", contact_id=contact or f"c{row}")


def writer_of(journal: Journal) -> SharedWriter:
    writer = journal._appends._writer  # type: ignore[attr-defined]  # of a journal in Postgres
    assert isinstance(writer, SharedWriter)
    return writer


def written_at_once(journals: dict[str, Journal], appends: dict[str, Append]) -> dict[str, Future[None]]:
    """Let parts begin to write while a transaction is under way, so that they are gathered."""
    writer = writer_of(journals["one"])
    with writer.db.by_session_of(writer.db):
        first = journals["three"].write(Append(intents=[intent(99)]))
        while writer._waiting:
            pass
        begun = {name: journals[name].write(append) for name, append in appends.items()}
    first.result(20)
    for future in begun.values():
        future.exception(20)
    return begun


LOCKS = (
    "FROM pg_locks WHERE locktype = 'advisory' "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
"""Those of this test's database: other tests work beside it on one server."""


def ask(address: str, query: str) -> list[tuple[object, ...]]:
    """Ask the server, by another session; ``{run}`` stands for the run's schema."""
    query = query.replace("{run}", '"importer_run_20260101-120000-abcd"')
    with closing(psycopg.connect(address, autocommit=True)) as server:
        return server.execute(query.encode()).fetchall()


def test_what_parts_write_meanwhile_is_one_transaction_and_each_has_its_own_rows(
    journals: dict[str, Journal], postgres: str
) -> None:
    rows = dict(zip(LOCATIONS, (2, 3, 4), strict=True))
    begun = written_at_once(
        journals,
        {each: Append(intents=[intent(row)], outcomes=[created(row + 10)]) for each, row in rows.items()},
    )
    assert [each.exception() for each in begun.values()] == [None] * 3
    for each, row in rows.items():
        assert [outcome.row for outcome in journals[each].outcomes()] == [row + 10]
        assert row in journals[each].row_states(0, 9)
    together = "SELECT count(DISTINCT xmin::text) FROM {run}.all_outcomes"
    assert ask(postgres, together) == [(1,)]


@pytest.mark.parametrize(
    ("intents", "outcomes"),
    [(1, 0), (0, 1), (1, 1), (1, 300)],
    ids=["intents alone", "an outcome alone", "both", "many outcomes"],
)
def test_who_lost_a_part_writes_nothing_of_it_and_the_others_write_theirs(
    journals: dict[str, Journal], postgres: str, intents: int, outcomes: int
) -> None:
    ask(postgres, "UPDATE {run}.parts SET epoch = epoch + 1 WHERE location = 'two' RETURNING 1")
    rows = dict(zip(LOCATIONS, (2, 3, 4), strict=True))
    appends = {
        each: Append(
            intents=[intent(row)] * intents,
            outcomes=[created(1_000 * row + number) for number in range(outcomes)],
        )
        for each, row in rows.items()
    }
    begun = written_at_once(journals, appends)
    assert [type(each.exception()) for each in begun.values()] == [type(None), FencedError, type(None)]
    known = ask(postgres, 'SELECT "row" FROM {run}.all_intents WHERE "row" < 99 ORDER BY 1')
    settled = ask(postgres, 'SELECT "row" FROM {run}.all_outcomes ORDER BY 1')
    assert known == ([(2,), (4,)] if intents else [])
    assert settled == [(1_000 * row + number,) for row in (2, 4) for number in range(outcomes)]


def test_rows_that_cannot_be_written_are_no_other_parts_trouble(journals: dict[str, Journal]) -> None:
    journals["two"].settle([created(3)])
    begun = written_at_once(
        journals,
        {
            "one": Append(outcomes=[created(2)]),
            "two": Append(intents=[intent(5)], outcomes=[created(3, "somebody else")]),
            "three": Append(outcomes=[created(4)]),
        },
    )
    with pytest.raises(StateError, match="settled again"):
        begun["two"].result()
    assert begun["one"].exception() is begun["three"].exception() is None
    assert 5 not in journals["two"].row_states(0, 9)
    assert [each.contact_id for each in journals["two"].outcomes()] == ["c3"]


def test_appends_of_one_part_are_written_one_after_the_other(journals: dict[str, Journal]) -> None:
    writer = writer_of(journals["one"])
    with writer.db.by_session_of(writer.db):
        begun = [
            journals["one"].write(Append(intents=[replace(intent(2), location_id=each)]))
            for each in ("first", "second", "last")
        ]
    for each in begun:
        each.result(20)
    known = journals["one"].row_states(0, 9)[2]
    assert isinstance(known, Intent)
    assert known.location_id == "last"


def test_all_parts_have_one_session_between_them(journals: dict[str, Journal], postgres: str) -> None:
    for each, row in zip(LOCATIONS, (2, 3, 4), strict=True):
        journals[each].intend([intent(row)])
    held = ask(
        postgres,
        f"SELECT count(*), count(DISTINCT pid) {LOCKS} AND mode = 'ExclusiveLock'",
    )
    assert held == [(3, 1)]


def test_a_location_is_not_taken_twice_by_one_process(
    journals: dict[str, Journal], folder: Path, writers: PartWriters
) -> None:
    with (
        pytest.raises(LocationHeldError, match="being sent to by run"),
        RunParts(folder).take("one", writers=writers),
    ):
        pass
    journals["one"].intend([intent(2)])  # who asked in vain took nothing


def test_a_lost_session_ends_all_of_its_parts_and_the_next_one_begins_another(
    journals: dict[str, Journal], folder: Path, writers: PartWriters, postgres: str
) -> None:
    ask(
        postgres,
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    for each in journals.values():
        with pytest.raises(StateError, match="lost its connection"):
            each.intend([intent(2)])
    with RunParts(folder).take("one", writers=writers) as again:
        again.begin(SessionKind.RESUME)
        again.intend([intent(2)])
        with pytest.raises(StateError):
            journals["one"].intend([intent(3)])
    assert [line.epoch for line in RunParts(folder).lines() if line.location == "one"] == [2]


def test_what_was_used_of_a_quota_is_known_before_somebody_else_may_send(
    journals: dict[str, Journal], folder: Path
) -> None:
    mark = QuotaMark(location_id="one", at=5.0, in_window=7, used_today=8)
    for each in (replace(mark, in_window=6), mark):  # the second so soon that it would wait
        journals["one"].mark_quota([each])
        journals["one"].finish_notes()  # as whoever gives the location back
    with Journal.open(folder) as whole:
        assert whole.quota_marks() == {"one": mark}


def test_a_part_that_ended_lets_the_others_go_on_and_the_last_one_ends_the_session(
    folder: Path, writers: PartWriters, postgres: str
) -> None:
    parts = RunParts(folder)
    with parts.take("one", writers=writers) as one:
        with parts.take("two", writers=writers) as two:
            two.begin(SessionKind.RUN)
            two.settle([created(2)])
            two.set_state(RunState.FINISHED)
        with parts.take("two") as elsewhere:  # given back: free for others
            assert elsewhere.counts().created == 1
        one.begin(SessionKind.RUN)
        one.intend([intent(3)])
    until(
        lambda: ask(postgres, f"SELECT count(*) {LOCKS}") == [(0,)]
    )  # the server ends a session in its own time


def test_a_note_that_cannot_be_written_fails_the_next_append_of_its_part_alone(
    journals: dict[str, Journal],
) -> None:
    writer, holding = writer_of(journals["one"]), journals["one"]._appends._taken  # type: ignore[attr-defined]  # likewise
    writer.note(holding, "INSERT INTO nowhere VALUES (?)", [(1,)])
    journals["one"].finish_notes()
    with pytest.raises(StateError, match="nowhere"):
        journals["one"].intend([intent(2)])
    journals["two"].intend([intent(3)])


def test_nobody_waits_for_what_a_writer_that_has_ended_was_to_write(journals: dict[str, Journal]) -> None:
    writer, holding = writer_of(journals["one"]), journals["one"]._appends._taken  # type: ignore[attr-defined]  # likewise
    writer.close()
    with pytest.raises(StateError, match="location one is closed"):
        writer.begin(holding, ()).result(20)
