"""Sessions that are kept serve the next one as a new one would, and nobody meets what another left in one."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from importer.errors import StateError
from importer.runtime.process_lock import LockHeldError, Owner
from importer.state.database import (
    Database,
    Purpose,
    database_is_there,
    delete_database,
    ensure_database,
    open_database,
)
from importer.state.locks import locked
from importer.state.postgres.address import Address
from importer.state.postgres.faces import make_face
from importer.state.postgres.sessions import kept_sessions
from tests.patience import PATIENCE

PURPOSE = Purpose(title="The notebook", go_on="go on", if_damaged="Begin another one.")
TABLE = "CREATE TABLE IF NOT EXISTS notes (number INTEGER PRIMARY KEY, text TEXT NOT NULL);"
OWNER = Owner(work="a test", pid=1, host="here", started_at=0.0)


@pytest.fixture
def face(tmp_path: Path, postgres: str) -> Path:
    return make_face(Address.read(postgres), tmp_path)


@pytest.fixture
def kept() -> Iterator[None]:
    with kept_sessions():
        yield


def notebook(face: Path, name: str) -> Database:
    return ensure_database(face / f"{name}.db", PURPOSE, TABLE)


def server_process(db: Database) -> int:
    return int(db.execute("SELECT pg_backend_pid()").fetchone()[0])


def all_gone(address: str) -> bool:
    """Tell whether the server ends all sessions within a while: it hears of each that is closed, and takes its time."""
    deadline = time.monotonic() + PATIENCE
    while sessions_at(address):
        if time.monotonic() > deadline:
            return False
        threading.Event().wait(0.01)
    return True


def sessions_at(address: str) -> int:
    with closing(psycopg.connect(address, autocommit=True)) as server:
        query = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        found = server.execute(query).fetchone()
    assert found is not None
    return int(found[0])


@pytest.mark.usefixtures("kept")
class TestKept:
    def test_many_open_databases_have_a_few_sessions_between_them_each_of_which_stays_set_for_one(
        self, face: Path, postgres: str
    ) -> None:
        opened = [notebook(face, f"book{number}") for number in range(12)]
        for number, db in enumerate(opened):
            with db.transaction():
                db.execute("INSERT INTO notes VALUES (1, ?)", (f"of {number}",))
        told = [db.execute("SELECT text FROM notes").fetchone()[0] for db in opened]
        assert told == [f"of {number}" for number in range(12)]
        assert sessions_at(postgres) == 8
        used = {server_process(opened[-1]) for _ in range(3)}
        assert len(used) == 1
        for db in opened:
            db.close()

    @pytest.mark.parametrize("name", ["runs/20260314-091500-0001/plan", "plans/p1/plan", "mirrors/m1/m"])
    def test_what_was_deleted_since_it_was_last_open_is_made_anew(self, face: Path, name: str) -> None:
        notebook(face, name).close()
        delete_database(face / f"{name}.db")
        assert not database_is_there(face / f"{name}.db")
        with closing(notebook(face, name)) as db:
            db.execute("INSERT INTO notes VALUES (1, 'later')")
            assert db.execute("SELECT text FROM notes").fetchone() == ("later",)

    def test_a_statement_beside_a_transaction_is_not_in_it(self, face: Path) -> None:
        with closing(notebook(face, "one")) as one, closing(notebook(face, "two")) as two:
            with one.transaction():
                one.execute("INSERT INTO notes VALUES (1, 'taken back')")
                two.execute("INSERT INTO notes VALUES (1, 'stays')")
                one.execute("ROLLBACK")
            assert one.execute("SELECT count(*) FROM notes").fetchone() == (0,)
            assert two.execute("SELECT text FROM notes").fetchone() == ("stays",)

    def test_what_one_thread_has_not_ended_another_does_not_see(self, face: Path) -> None:
        seen: list[int] = []
        with closing(notebook(face, "one")) as one:

            def count() -> None:
                seen.append(one.execute("SELECT count(*) FROM notes").fetchone()[0])

            with one.transaction():
                one.execute("INSERT INTO notes VALUES (1, 'in the middle')")
                other = threading.Thread(target=count)
                other.start()
                other.join(20)
            count()
        assert seen == [0, 1]

    def test_a_long_answer_goes_on_beside_other_statements(self, face: Path) -> None:
        with closing(notebook(face, "one")) as one, closing(notebook(face, "two")) as two:
            one.executemany("INSERT INTO notes VALUES (?, 'x')", [(number,) for number in range(5_000)])
            for (number,) in one.each("SELECT number FROM notes ORDER BY number"):
                if number % 1_000 == 0:
                    with two.transaction():
                        two.execute("INSERT INTO notes VALUES (?, 'seen')", (number,))
            assert two.execute("SELECT count(*) FROM notes").fetchone() == (5,)

    def test_a_lock_goes_back_with_its_session_and_not_to_the_next_one(self, face: Path) -> None:
        path = face / "locks" / "a.lock"
        with locked(path, OWNER, wait_seconds=0):
            with pytest.raises(LockHeldError), locked(path, OWNER, wait_seconds=0):
                pass
            with closing(notebook(face, "one")) as one:
                one.execute(
                    "SELECT pg_advisory_unlock_all()"
                )  # of whichever session it has: not of the lock's
            with pytest.raises(LockHeldError), locked(path, OWNER, wait_seconds=0):
                pass
        with locked(path, OWNER, wait_seconds=0):
            pass

    def test_after_a_restart_of_the_server_the_next_one_connects_anew(
        self, face: Path, postgres: str
    ) -> None:
        with closing(notebook(face, "one")) as one:
            before = server_process(one)
            with closing(psycopg.connect(postgres, autocommit=True)) as server:
                server.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            assert server_process(one) != before

    def test_a_transaction_that_failed_leaves_nothing_to_the_next_one(self, face: Path) -> None:
        with closing(notebook(face, "one")) as one:
            with pytest.raises(StateError), one.transaction():
                one.execute("INSERT INTO notes VALUES (1, NULL)")
            one.execute("INSERT INTO notes VALUES (2, 'fine')")
            assert one.execute("SELECT number FROM notes").fetchall() == [(2,)]

    def test_one_that_was_closed_is_not_used_again(self, face: Path) -> None:
        one = notebook(face, "one")
        one.close()
        with pytest.raises(StateError, match="the connection is closed"):
            one.execute("SELECT 1")


def test_nothing_is_kept_once_nobody_keeps_sessions(face: Path, postgres: str) -> None:
    with kept_sessions(), kept_sessions():
        left = notebook(face, "one")
        server_process(left)
    assert all_gone(postgres)
    server_process(left)  # one for a moment, which nobody keeps
    left.close()
    with closing(open_database(face / "one.db", PURPOSE)) as one:
        assert server_process(one) == server_process(one)
        assert sessions_at(postgres) == 1
    assert all_gone(postgres)
