from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from importer.errors import RunConflictError
from importer.state import StateFolder
from importer.state.journal import Journal, Run
from importer.state.lock import LockHeldError, Owner, holder, locked

HOLD = """
import sys
from pathlib import Path
from importer.state.lock import locked, this_process
with locked(Path(sys.argv[1]), this_process("20260101-000000-aaaa", 1_700_000_000.0)):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other_process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock file until its standard input closes, or it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "held.lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def me() -> Owner:
    return Owner(run_id="mine", pid=os.getpid(), host="here", started_at=1.0)


def test_a_lock_of_a_live_process_names_its_owner(
    tmp_path: Path, other_process: subprocess.Popen[str]
) -> None:
    path = tmp_path / "held.lock"
    with pytest.raises(LockHeldError) as caught, locked(path, me()):
        pass
    assert caught.value.owner is not None
    assert (caught.value.owner.run_id, caught.value.owner.pid) == ("20260101-000000-aaaa", other_process.pid)
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
        assert found.run_id == "?"


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
