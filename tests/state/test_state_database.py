"""The files of the state folder in trouble: what is told of each, and that no sqlite3 error gets out."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from importer.errors import SettingsError, StateError
from importer.jobs.job_state import JobsState, JobState
from importer.state.database import (
    DamagedError,
    Database,
    Purpose,
    begin_anew_if_damaged,
    create_database,
    ensure_database,
    open_database,
    statements,
)
from importer.state.memory import Imported, ImportedFiles, Memory

PURPOSE = Purpose(title="The notebook", go_on="go on with: importer resume", if_damaged="Begin another one.")
TABLE = "CREATE TABLE IF NOT EXISTS notes (number INTEGER PRIMARY KEY, text TEXT NOT NULL);"


@pytest.fixture
def notebook(tmp_path: Path) -> Iterator[Database]:
    with closing(ensure_database(tmp_path / "notebook.db", PURPOSE, TABLE)) as opened:
        yield opened


class Kept:
    """One of the state folder's files, and a way to write to it that takes many pages."""

    def __init__(self, name: str, state: Path) -> None:
        self.jobs_state, self.imported_files, self.memory = (
            JobsState.open(state),
            ImportedFiles.open(state),
            Memory.open(state),
        )
        opened: dict[str, JobsState | ImportedFiles | Memory] = {
            "jobs.db": self.jobs_state,
            "ledger.db": self.imported_files,
            "memory.db": self.memory,
        }
        self.db = opened[name]._db

    def write(self) -> None:
        long = "x" * 999
        for n in range(99):
            match self.db.path.name:
                case "jobs.db":
                    self.jobs_state.put(JobState(name=f"{n}", accounted_until=1.0, open_file=long))
                case "ledger.db":
                    self.imported_files.add(
                        Imported(feed=f"{n}", fingerprint=long, name="b", run_id="r", imported_at=1.0, rows=1)
                    )
                case _:
                    self.memory.begin(run_id=f"{long}{n}", realm="r", feed="f")

    def close(self) -> None:
        for opened in (self.jobs_state, self.imported_files, self.memory):
            opened.close()


FILES = ("jobs.db", "ledger.db", "memory.db")


@pytest.fixture(params=FILES)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    with closing(Kept(request.param, tmp_path)) as kept:
        yield kept


TOLD = {
    "jobs.db": ("The jobs' state", "start importer serve or watch again"),
    "ledger.db": ("The list of imported files", "start importer serve or watch again"),
    "memory.db": ("The memory of what was last sent", "go on with: importer resume"),
}


def test_a_spent_disk_is_named_as_the_cause_with_the_file_and_the_next_step(kept: Kept) -> None:
    (pages,) = kept.db.execute("PRAGMA page_count").fetchone()
    kept.db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StateError) as caught:
        kept.write()
    title, next_step = TOLD[kept.db.path.name]
    assert str(caught.value).startswith(f"{title} {kept.db.path} cannot be written: the disk is full (")
    assert str(caught.value).endswith(f"). Free some space, then {next_step}")
    kept.db.execute("PRAGMA max_page_count = 1000000")
    kept.write()


def test_a_file_that_another_program_locks_is_named(kept: Kept) -> None:
    kept.db.execute("PRAGMA busy_timeout = 1")
    with closing(sqlite3.connect(kept.db.path, isolation_level=None)) as intruder:
        intruder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StateError, match=r"\.db cannot be used: another program has it locked .*then"):
            kept.write()
    kept.write()


def test_a_file_that_may_not_be_written_says_which_folder_to_mend(notebook: Database) -> None:
    notebook.execute("PRAGMA query_only = ON")
    with pytest.raises(StateError, match=r"The notebook .*notebook\.db cannot be written .*--state"):
        notebook.execute("INSERT INTO notes (text) VALUES ('a')")


def test_a_file_that_is_not_there_is_not_made_by_opening_it(tmp_path: Path) -> None:
    with pytest.raises(StateError, match=r"The notebook .* cannot be opened .* you may read and write it"):
        open_database(tmp_path / "none.db", PURPOSE)
    assert not (tmp_path / "none.db").exists()


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match=r"jobs\.db cannot be made: .*--state"):
        JobsState.open(tmp_path / "file")


def test_a_file_is_begun_once(tmp_path: Path) -> None:
    create_database(tmp_path / "notebook.db", PURPOSE).close()
    with pytest.raises(StateError, match=r"cannot be made: File exists"):
        create_database(tmp_path / "notebook.db", PURPOSE)


def test_what_one_connection_writes_outlives_another_of_its_process_and_a_program_that_looks(
    notebook: Database,
) -> None:
    """Jobs of one process share the files of a state folder, and `importer runs` looks at them meanwhile."""
    ensure_database(notebook.path, PURPOSE, TABLE).close()
    notebook.execute("INSERT INTO notes VALUES (1, 'before')")
    assert notes_seen_by_another_program(notebook.path) == ["before"]
    notebook.execute("INSERT INTO notes VALUES (2, 'after')")
    assert notes_seen_by_another_program(notebook.path) == ["before", "after"]


def notes_seen_by_another_program(path: Path) -> list[str]:
    look = (
        "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); "
        "print(*(text for text, in db.execute('SELECT text FROM notes'))); db.close()"
    )
    seen = subprocess.run([sys.executable, "-c", look, str(path)], capture_output=True, text=True, check=True)
    return seen.stdout.split()


def test_damage_met_while_rows_are_read_is_our_error_with_its_own_next_step(notebook: Database) -> None:
    with notebook.transaction():
        notebook.executemany("INSERT INTO notes (text) VALUES (?)", (("x" * 400,) for _ in range(2_000)))
    notebook.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(notebook.path.read_bytes())
    content[len(content) // 2 :] = b"\xff" * (len(content) - len(content) // 2)
    notebook.close()
    notebook.path.write_bytes(bytes(content))
    with closing(open_database(notebook.path, PURPOSE)) as damaged:
        with pytest.raises(DamagedError, match=r"The notebook .* is damaged .*Begin another one\."):
            for _ in damaged.execute("SELECT text FROM notes"):
                pass
        with pytest.raises(DamagedError, match=r"The notebook .* is damaged .*Begin another one\."):
            damaged.refuse_damage()


def test_a_file_that_can_be_done_without_is_begun_anew_and_nobody_is_told_to_do_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "notebook.db").write_bytes(b"no notebook" * 99)
    purpose = replace(PURPOSE, without_it="Notes are taken again.")
    with closing(begin_anew_if_damaged(tmp_path / "notebook.db", purpose, TABLE)) as anew:
        assert anew.execute("SELECT count(*) FROM notes").fetchone() == (0,)
    (said,) = caplog.messages
    assert said.endswith(
        "It was put aside as notebook.db.damaged, and another one begun. Notes are taken again."
    )
    assert PURPOSE.if_damaged not in said
    (tmp_path / "notebook.db").write_bytes(b"no notebook" * 99)
    with pytest.raises(DamagedError, match=r"Begin another one\. Notes are taken again\.$"):
        ensure_database(tmp_path / "notebook.db", purpose, TABLE)


@pytest.mark.parametrize("use", ["execute", "executemany", "executescript", "transaction"])
def test_no_sqlite_error_gets_out_of_the_door(notebook: Database, use: str) -> None:
    uses: dict[str, Callable[[], object]] = {
        "execute": lambda: notebook.execute("SELECT * FROM nowhere"),
        "executemany": lambda: notebook.executemany("INSERT INTO notes VALUES (?, ?)", [(1, None)]),
        "executescript": lambda: notebook.executescript("CREATE TABLE notes (a);"),
        "transaction": lambda: notebook.transaction().__enter__(),
    }
    if use == "transaction":
        notebook.close()
    with pytest.raises(StateError, match=r"notebook\.db cannot be used .*go on with: importer resume"):
        uses[use]()


def test_a_transaction_is_whole_or_nothing(notebook: Database) -> None:
    notes = [("first",), (None,)]
    with pytest.raises(StateError, match="NOT NULL"), notebook.transaction():
        notebook.executemany("INSERT INTO notes (text) VALUES (?)", notes)
    assert notebook.execute("SELECT count(*) FROM notes").fetchone() == (0,)


def test_a_commit_waits_for_the_disk(kept: Kept, notebook: Database) -> None:
    full = (2,)
    assert [each.execute("PRAGMA synchronous").fetchone() for each in (kept.db, notebook)] == [full, full]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_files_and_folders_are_for_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "state"
    with closing(ensure_database(folder / "notebook.db", PURPOSE, TABLE)):
        assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.name == "nt", reason="such names are not allowed")
def test_a_folder_with_a_strange_name_is_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "100% #1?mode=memory"
    ensure_database(folder / "notebook.db", PURPOSE, TABLE).close()
    with closing(open_database(folder / "notebook.db", PURPOSE)) as opened:
        assert opened.execute("SELECT count(*) FROM notes").fetchone() == (0,)


def test_a_script_is_cut_into_its_statements_triggers_and_all() -> None:
    trigger = "CREATE TRIGGER t BEFORE UPDATE ON notes BEGIN\n  DELETE FROM notes;\nEND;\n"
    assert list(statements(f"{TABLE}\n{trigger}")) == [f"{TABLE}\n", trigger]
