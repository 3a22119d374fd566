from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from importer.errors import StateError
from importer.runtime.process_lock import locked, this_process
from importer.state import StateFolder
from importer.state.neighbours import Neighbours

BASE = "https://services.example.com"
HOLD = """
import sys
from collections.abc import Callable
from pathlib import Path
from importer.state import StateFolder
from importer.runtime.process_lock import locked, this_process
state, run_id = Path(sys.argv[1]), sys.argv[2]
(state / "locks").mkdir(parents=True, exist_ok=True)
with locked(state / "locks" / f"{run_id}.lock", this_process(run_id, 1.0)):
    StateFolder(state).neighbours(run_id, sys.argv[3]).enter("loc1")
    print("there", flush=True)
    sys.stdin.read()
"""


def move_in(state: Path, run_id: str, base_url: str = BASE) -> subprocess.Popen[str]:
    """Let another process send to a location."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(state), run_id, base_url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "there\n"
    return process


def here(state: Path) -> Neighbours:
    return StateFolder(state).neighbours("run-here", BASE)


def test_a_run_counts_the_others_that_send_to_its_location(tmp_path: Path) -> None:
    ours = here(tmp_path)
    ours.enter("loc1")
    ours.enter("loc2")
    assert (ours.count("loc1"), ours.count("loc2"), ours.count("loc3")) == (0, 0, 0)
    with move_in(tmp_path, "run-b") as second, move_in(tmp_path, "run-c") as third:
        assert (ours.count("loc1"), ours.count("loc2")) == (2, 0)
        second.kill()
        third.kill()


def test_a_run_at_another_address_is_no_neighbour(tmp_path: Path) -> None:
    ours = here(tmp_path)
    ours.enter("loc1")
    with move_in(tmp_path, "run-b", "http://127.0.0.1:9") as other:
        assert ours.count("loc1") == 0
        other.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_run_that_was_killed_counts_no_more_and_its_mark_is_cleared_away(tmp_path: Path) -> None:
    ours = here(tmp_path)
    ours.enter("loc1")
    with move_in(tmp_path, "run-b") as other:
        assert ours.count("loc1") == 1
        other.send_signal(signal.SIGKILL)
        other.wait()
    assert ours.count("loc1") == 0
    assert [mark.name for mark in (tmp_path / "sending").rglob("run-*")] == ["run-here"]


def test_all_locations_are_counted_at_once_also_those_that_another_run_comes_to_later(tmp_path: Path) -> None:
    ours, theirs = here(tmp_path), StateFolder(tmp_path).neighbours("run-b", BASE)
    for location_id in ("loc1", "loc2", "loc3"):
        ours.enter(location_id)
    assert ours.count_all() == {}
    (tmp_path / "locks").mkdir()
    with locked(tmp_path / "locks" / "run-b.lock", this_process("run-b", 1.0)):
        theirs.enter("loc2")
        assert ours.count_all() == {"loc2": 1}
        theirs.enter("loc3")
        theirs.enter("loc9")
        assert ours.count_all() == {"loc2": 1, "loc3": 1}
        theirs.leave()
        assert ours.count_all() == {}


@pytest.mark.parametrize("goes_on", [Neighbours.count_all, lambda theirs: theirs.enter("loc3")])
def test_a_run_that_was_taken_for_dead_as_it_began_makes_itself_known_again(
    tmp_path: Path, goes_on: Callable[[Neighbours], object]
) -> None:
    ours, theirs = here(tmp_path), StateFolder(tmp_path).neighbours("run-b", BASE)
    ours.enter("loc1")
    theirs.enter("loc1")
    theirs.enter("loc2")
    assert ours.count("loc1") == 0, "nobody holds its lock yet, and its file is cleared away"
    (tmp_path / "locks").mkdir()
    with locked(tmp_path / "locks" / "run-b.lock", this_process("run-b", 1.0)):
        goes_on(theirs)
        ours.enter("loc2")
        assert ours.count_all() == {"loc1": 1, "loc2": 1}


def test_what_an_earlier_process_of_a_run_left_is_not_counted(tmp_path: Path) -> None:
    ours = here(tmp_path)
    ours.enter("loc1")
    StateFolder(tmp_path).neighbours("run-b", BASE).enter("loc1")
    (tmp_path / "locks").mkdir()
    with locked(tmp_path / "locks" / "run-b.lock", this_process("run-b", 1.0)):
        StateFolder(tmp_path).neighbours("run-b", BASE).enter("loc2")
        assert ours.count_all() == {}


def test_marks_are_private_and_gone_afterwards(tmp_path: Path) -> None:
    state = tmp_path / "state"
    ours = here(state)
    ours.enter("loc1")
    (mark,) = (state / "sending").rglob("run-*")
    assert (state / "sending").stat().st_mode & 0o777 == 0o700
    assert (mark.stat().st_mode & 0o777, mark.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert "loc1" not in str(mark)
    ours.leave()
    assert not list((state / "sending").iterdir())


def test_a_run_counts_itself_only_once_where_it_holds_its_own_lock(tmp_path: Path) -> None:
    (tmp_path / "locks").mkdir()
    ours = here(tmp_path)
    with locked(tmp_path / "locks" / "run-here.lock", this_process("run-here", 1.0)):
        ours.enter("loc1")
        assert ours.count("loc1") == 0


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "sending").write_text("in the way", encoding="utf-8")
    with pytest.raises(StateError, match=r"--state"):
        here(tmp_path).enter("loc1")
