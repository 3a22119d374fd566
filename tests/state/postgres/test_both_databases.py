"""A database of the state, once as a file and once as a schema of Postgres: what holds of both."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from importer.errors import StateError
from importer.state.database import (
    Database,
    Purpose,
    begin_anew_if_damaged,
    create_database,
    database_is_there,
    ensure_database,
    open_database,
    replacing,
)
from importer.state.postgres.address import Address
from importer.state.postgres.database import in_postgres
from importer.state.postgres.faces import make_face
from importer.state.postgres.sessions import kept_sessions

pytestmark = pytest.mark.versions

PURPOSE = Purpose(title="The notebook", go_on="go on with: importer resume", if_damaged="Begin another one.")
TABLE = """
CREATE TABLE IF NOT EXISTS notes (number INTEGER PRIMARY KEY, text TEXT NOT NULL, at REAL, seal BLOB, done INTEGER);
"""


@pytest.fixture(params=["file", "schema", "schema by kept sessions"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A state folder, or the face of one; as a command opens its databases, and as a worker does."""
    if request.param == "file":
        yield tmp_path
        return
    face = make_face(Address.read(request.getfixturevalue("postgres")), tmp_path)
    with kept_sessions() if "kept" in request.param else contextlib.nullcontext():
        yield face


@pytest.fixture
def notebook(folder: Path) -> Iterator[Database]:
    with closing(ensure_database(folder / "notebook.db", PURPOSE, TABLE)) as opened:
        yield opened


def test_what_is_written_is_read_as_what_it_was(notebook: Database) -> None:
    cells = (7, "Ünï", 1.5, b"\x00\xff", True)
    notebook.execute("INSERT INTO notes VALUES (?, ?, ?, ?, ?)", cells)
    query = "SELECT * FROM notes WHERE done = :done AND at > :at"
    found = notebook.execute(query, {"at": 1, "done": True}).fetchone()
    assert found == (7, "Ünï", 1.5, b"\x00\xff", 1)
    assert type(notebook.execute("SELECT sum(number) FROM notes").fetchone()[0]) is int
    assert notebook.execute("SELECT max(number) FROM notes WHERE text IS ?", (None,)).fetchone() == (None,)
    assert notebook.execute("SELECT max(number, 9), text FROM notes").fetchone() == (9, "Ünï")


def test_rows_are_numbered_where_nobody_numbers_them(notebook: Database) -> None:
    notebook.executemany("INSERT INTO notes (text) VALUES (?)", [("a",), ("b",)])
    assert [*notebook.execute("SELECT number, text FROM notes ORDER BY number")] == [(1, "a"), (2, "b")]


def test_rows_are_counted_that_were_written(notebook: Database) -> None:
    notes = "INSERT OR IGNORE INTO notes (number, text) VALUES (?, ?)"
    assert notebook.executemany(notes, [(1, "a"), (2, "b"), (1, "c")]).rowcount == 2
    assert notebook.execute("UPDATE notes SET text = 'd'").rowcount == 2
    notebook.executemany(replacing("notes", "number, text", key="number"), [(2, "e"), (3, "f")])
    assert [*notebook.execute("SELECT text FROM notes ORDER BY text")] == [("d",), ("e",), ("f",)]


def test_texts_sort_by_their_bytes(notebook: Database) -> None:
    notebook.executemany(
        "INSERT INTO notes (text) VALUES (?)", [(text,) for text in ("b", "a", "Z", "é", "_")]
    )
    ordered = [text for (text,) in notebook.execute("SELECT text FROM notes ORDER BY text")]
    assert ordered == sorted(ordered)


def test_a_transaction_is_whole_or_nothing(notebook: Database) -> None:
    with pytest.raises(StateError, match="The notebook"), notebook.transaction():
        notebook.executemany("INSERT INTO notes (text) VALUES (?)", [("first",), (None,)])
    assert notebook.execute("SELECT count(*) FROM notes").fetchone() == (0,)
    for write in (notebook.transaction, notebook.relaxed, notebook.erasing):
        with write():
            notebook.execute("INSERT INTO notes (text) VALUES ('a')")
    assert notebook.execute("SELECT count(*) FROM notes").fetchone() == (3,)


def test_a_second_one_sees_what_was_written_and_waits_for_a_writer(folder: Path, notebook: Database) -> None:
    patient = Purpose(title="The notebook", go_on="begin again", if_damaged="-", busy_seconds=0.1)
    with closing(ensure_database(folder / "notebook.db", patient, TABLE)) as second:
        with notebook.transaction():
            notebook.execute("INSERT INTO notes (text) VALUES ('a')")
            assert second.execute("SELECT count(*) FROM notes").fetchone() == (0,)
            with pytest.raises(StateError, match=r"locked .*then begin again"), second.transaction():
                pass
        with second.transaction():
            assert second.execute("SELECT count(*) FROM notes").fetchone() == (1,)


def test_one_that_is_not_there_is_not_opened_and_one_that_is_there_not_made(folder: Path) -> None:
    path = folder / "notebook.db"
    assert not database_is_there(path)
    with pytest.raises(StateError, match="The notebook"):
        open_database(path, PURPOSE)
    create_database(path, PURPOSE).close()
    assert database_is_there(path)
    with pytest.raises(StateError, match="The notebook"):
        create_database(path, PURPOSE)
    open_database(path, PURPOSE).close()
    begin_anew_if_damaged(path, PURPOSE, TABLE).close()


@pytest.mark.parametrize(
    "use",
    [
        lambda db: db.execute("SELECT * FROM nowhere"),
        lambda db: db.execute("no statement"),
        lambda db: db.executemany("INSERT INTO notes VALUES (?, ?)", [(1, None)]),
        lambda db: db.executescript("CREATE TABLE notes (a TEXT);"),
    ],
)
def test_no_foreign_error_gets_out(notebook: Database, use: Callable[[Database], object]) -> None:
    with pytest.raises(StateError, match=r"The notebook .* cannot be used .*go on with: importer resume"):
        use(notebook)


def test_a_long_answer_is_gone_through_a_few_rows_at_a_time_whatever_is_asked_in_between(
    notebook: Database,
) -> None:
    if notebook.shared:
        in_postgres(notebook).keep_session()  # whose cursors are looked at
    with notebook.transaction():
        notebook.executemany("INSERT INTO notes (text) VALUES (?)", [(f"{n}",) for n in range(5_000)])
    notes = notebook.each("SELECT number, text FROM notes WHERE number > ? ORDER BY number", (10,))
    first = next(notes)
    if notebook.shared:  # the rest stays with the server
        assert notebook.execute("SELECT count(*) FROM pg_cursors").fetchone() == (1,)
    with notebook.transaction():
        notebook.execute("UPDATE notes SET text = 'a' WHERE number = 5000")
    rest = sum(1 for _ in notes)
    assert (first, rest) == ((11, "10"), 4_989)
    if notebook.shared:
        assert notebook.execute("SELECT count(*) FROM pg_cursors").fetchone() == (0,)


def test_an_empty_batch_is_nothing(notebook: Database) -> None:
    assert notebook.executemany("INSERT INTO notes (text) VALUES (?)", []).rowcount <= 0
