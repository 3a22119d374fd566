from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from importer.errors import RunConflictError
from importer.runtime.process_lock import LockHeldError, Owner, holder, locked
from importer.state import StateFolder
from importer.state.journal import Journal, Run

HOLD = """
import sys
import threading
from pathlib import Path
from importer.runtime.process_lock import locked, this_process

BOTH_STORES = "folder"
with locked(Path(sys.argv[1]), this_process("run 20260101-000000-aaaa", 1_700_000_000.0)):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def hold(path: Path, *, before: str = "") -> Iterator[subprocess.Popen[str]]:
    """Another process that holds a lock file until its standard input closes, or it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", f"{before}\n{HOLD}", str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


@pytest.fixture
def other_process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    with hold(tmp_path / "held.lock") as process:
        yield process


def me() -> Owner:
    return Owner(work="run mine", pid=os.getpid(), host="here", started_at=1.0)


def test_a_lock_of_a_live_process_names_its_owner(
    tmp_path: Path, other_process: subprocess.Popen[str]
) -> None:
    path = tmp_path / "held.lock"
    with pytest.raises(LockHeldError) as caught, locked(path, me()):
        pass
    assert caught.value.owner is not None
    assert (caught.value.owner.work, caught.value.owner.pid) == (
        "run 20260101-000000-aaaa",
        other_process.pid,
    )
    assert holder(path) == caught.value.owner


def test_a_lock_of_a_killed_process_is_free(tmp_path: Path, other_process: subprocess.Popen[str]) -> None:
    path = tmp_path / "held.lock"
    other_process.send_signal(signal.SIGKILL)
    other_process.wait()
    assert path.exists(), "a killed process deletes nothing"
    assert holder(path) is None
    with locked(path, me()):
        assert holder(path) == me()


def test_a_lock_is_free_after_use_and_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    for _ in range(2):
        with locked(path, me()):
            assert path.stat().st_mode & 0o777 == 0o600
        assert not path.exists()
    assert holder(path) is None


def test_an_unreadable_owner_still_holds(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    with locked(path, me()):
        path.write_text("{")
        found = holder(path)
        assert found is not None
        assert found.work == "another process"


def test_a_run_of_version_0_1_0_that_holds_a_lock_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    with locked(path, me()):
        path.write_text('{"run_id": "20260101-000000-aaaa", "pid": 7, "host": "there", "started_at": 1.0}')
        assert str(holder(path)).startswith("run 20260101-000000-aaaa (process 7 on there, since ")


def test_who_waits_gets_the_lock_when_it_is_given_back(
    tmp_path: Path, other_process: subprocess.Popen[str]
) -> None:
    assert other_process.stdin is not None
    ends = threading.Timer(0.3, other_process.stdin.close)
    ends.start()
    with locked(tmp_path / "held.lock", me(), wait_seconds=30):
        assert holder(tmp_path / "held.lock") == me()
    ends.join()


@pytest.mark.skipif(
    sys.platform == "win32", reason="there is no limit of a file's size to play a full disk with"
)
def test_a_full_disk_takes_the_owners_name_and_not_the_lock(tmp_path: Path) -> None:
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))"
    with hold(tmp_path / "held.lock", before=full):
        found = holder(tmp_path / "held.lock")
    assert found is not None
    assert found.work == "another process"


def test_the_second_run_of_a_source_is_told_who_holds_it(
    state: StateFolder, begin: Callable[..., Journal]
) -> None:
    with begin() as first, begin() as second, state.lock(first.run):
        told = rf"contacts.csv is being imported by run {first.run.id} \(process {os.getpid()} on .*since"
        with pytest.raises(RunConflictError, match=told), state.lock(second.run):
            pass
        assert state.holder(second.run.id) is None, "nothing of a refused lock is kept"
    with state.lock(second.run):
        pass


def test_corrections_and_a_choice_of_rows_do_not_let_two_runs_of_one_file_go_side_by_side(
    state: StateFolder, make_run: Callable[..., Run], tmp_path: Path
) -> None:
    plain = make_run(tmp_path / "one", id="20260101-000000-0001")
    laid = tuple(each.laid(corrections="c" * 64, rows="d" * 64) for each in plain.sources)
    with state.lock(plain), pytest.raises(RunConflictError, match="is being imported by"):
        state.lock(replace(plain, id="20260101-000000-0002", sources=laid)).__enter__()


def test_who_meets_an_undo_is_told_that_the_run_is_taken_back(
    state: StateFolder, begin: Callable[..., Journal]
) -> None:
    with begin() as first, begin() as again, state.lock(first.run, undoing=True):
        told = rf"The import of contacts.csv is being taken back by the undo of run {first.run.id} \(process"
        for run in (first.run, again.run):
            with pytest.raises(RunConflictError, match=told), state.lock(run):
                pass


@pytest.mark.parametrize(
    "parts",
    [
        {"content": "Email\nother@example.test\n"},
        {"location_id": "location2"},
        {"base_url": "https://b.test"},
    ],
)
def test_other_people_or_another_place_go_side_by_side(
    state: StateFolder, begin: Callable[..., Journal], parts: dict[str, str]
) -> None:
    with begin() as first, begin(**parts) as second, state.lock(first.run), state.lock(second.run):
        assert state.holder(second.run.id) is not None


def test_one_source_given_twice_is_locked_once(
    state: StateFolder, begin: Callable[..., Journal], make_run: Callable[..., Run]
) -> None:
    with begin() as journal:
        twice = make_run(journal.folder, sources=journal.run.sources * 2)
    with state.lock(twice):
        assert state.holder(twice.id) is not None
