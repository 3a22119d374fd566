"""Machines that die, freeze or are cut off in the middle of a run: no row is lost, doubled or called what it was not.

    IMPORTER_DRILL_LOCATIONS=24 IMPORTER_DRILL_ROWS=250 pytest -m campaign tests/machines

prints its figures. ``IMPORTER_SEED`` repeats the file, not the timing.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from importer.sandbox import Fault, FaultKind
from importer.state.parts import PartLine
from tests.disks import small_disk
from tests.machines.cut_off import far_machine, way_to
from tests.machines.drill import BURST, LOCATIONS, ROWS, SEED, Drill, open_drill
from tests.machines.slowness import slowness
from tests.postgres_server import own_server

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(3_600)]

TAKEOVER_SECONDS: Final = 10.0
"""Where a slot is free. As the two below, it is what is promised of a quiet machine, and measured by how slow this one is."""
POWER_OFF_SECONDS: Final = 15.0
STOP_SECONDS: Final = 10.0
FROZEN_SECONDS: Final = 15.0
FULL_SECONDS: Final = 5.0

_SEARCH: Final = "contacts/search"
_JOBS: Final = """\
version: 1
jobs:
  arrivals: {source: contacts.csv, mapping: mapping.yaml, schedule: 30 2 * * *}
"""


@pytest.fixture
def drill(tmp_path: Path) -> Iterator[Drill]:
    with open_drill(tmp_path) as drill:
        yield drill


@pytest.fixture
def print_figures(
    capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> Iterator[dict[str, object]]:
    figures: dict[str, object] = {}
    yield figures
    with capsys.disabled():
        name = request.node.name.removeprefix("test_").replace("_", " ")
        told = ", ".join(f"{what} {value}" for what, value in figures.items())
        print(f"\ndrill ({LOCATIONS} locations x {ROWS} rows, seed {SEED}): {name}: {told}")  # noqa: T201


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """Make a folder that the server's user reaches."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def within(seconds: float, took: float, figures: dict[str, object]) -> None:
    """Hold what something took against what is promised of it."""
    assert took < seconds * float(str(figures["slowness"])), figures


def taken_over(
    drill: Drill, held: Mapping[str, PartLine], at: float, figures: dict[str, object]
) -> list[float]:
    """Wait until others work on the parts that were held, and tell after how long."""
    taken = drill.takeovers(held, at)
    figures |= {
        "slowness": f"{slowness():.2f}",
        "parts": len(taken),
        "takeover": f"{taken[0]:.1f}-{taken[-1]:.1f} s",
    }
    return taken


def through(drill: Drill, figures: dict[str, object]) -> None:
    """Wait for the end, and hold every row against what had to happen."""
    drill.await_end()
    found = drill.reconciled()
    figures["sent twice"] = found.sent_twice
    figures["busiest window"] = found.busiest_window
    assert found.faults(burst=BURST) == {}, drill.told()


def test_a_machine_that_is_killed_leaves_its_parts_to_the_others(
    drill: Drill, print_figures: dict[str, object]
) -> None:
    drill.begin()
    drill.await_rows(0.3)
    victim = max(drill.machines, key=lambda each: len(drill.parts_of(each)))
    held = drill.parts_of(victim)
    assert held, drill.told()
    taken = taken_over(drill, held, victim.kill(), print_figures)
    through(drill, print_figures)
    within(TAKEOVER_SECONDS, taken[-1], print_figures)


def test_machines_that_are_all_killed_are_followed_by_new_ones(
    drill: Drill, print_figures: dict[str, object]
) -> None:
    drill.begin()
    drill.await_rows(0.3)
    held = {name: line for each in drill.machines for name, line in drill.parts_of(each).items()}
    assert held, drill.told()
    at = max([each.kill() for each in drill.machines])
    for name in ("new1", "new2"):
        drill.machine(name).start()
    taken_over(drill, held, at, print_figures)
    through(drill, print_figures)


def test_a_machine_that_is_frozen_goes_on_where_it_was(
    drill: Drill, print_figures: dict[str, object]
) -> None:
    drill.begin()
    drill.await_rows(0.3)
    victim = max(drill.machines, key=lambda each: len(drill.parts_of(each)))
    assert drill.parts_of(victim)
    victim.signal(signal.SIGSTOP)
    time.sleep(FROZEN_SECONDS)
    victim.signal(signal.SIGCONT)
    through(drill, print_figures)


def test_a_server_that_crashes_is_found_again(drill: Drill, print_figures: dict[str, object]) -> None:
    drill.begin()
    drill.await_rows(0.3)
    drill.server.crash()
    time.sleep(1.0)
    at = time.monotonic()
    drill.server.start()
    before = drill.vendor.state()["requests"]
    again = drill.await_that(lambda: drill.vendor.state()["requests"] > before, "a request", seconds=60)
    print_figures |= {"slowness": f"{slowness():.2f}", "went on after": f"{time.monotonic() - at:.1f} s"}
    within(TAKEOVER_SECONDS + BURST / 10, again, print_figures)
    through(drill, print_figures)


@pytest.mark.parametrize("both_ways", [False, True], ids=["from the database", "from all"])
def test_a_machine_that_is_cut_off_loses_its_parts_and_sends_no_more(
    tmp_path: Path, print_figures: dict[str, object], *, both_ways: bool
) -> None:
    with (
        far_machine(f"im{os.getpid()}") as far,
        own_server(hosts=[far.host]) as server,
        open_drill(tmp_path, server=server) as drill,
        way_to(drill.vendor.base_url, far, tmp_path) as way,
    ):
        drill.submit()
        there = drill.address.replace("127.0.0.1", far.host)
        victim = drill.machine("far", prefix=far.prefix, address=there).start()
        drill.await_that(lambda: len(drill.parts_of(victim)) >= LOCATIONS // 2, "work at the far machine")
        for name in ("near1", "near2"):
            drill.machine(name).start()
        drill.await_rows(0.3)
        held = drill.parts_of(victim)
        assert held, drill.told()
        far.cut()
        if both_ways:
            way()
        taken = taken_over(drill, held, time.time(), print_figures)
        through(drill, print_figures)
        within(POWER_OFF_SECONDS, taken[-1], print_figures)


def test_a_server_whose_disk_is_full_stops_the_sending_and_nothing_is_lost(
    tmp_path: Path, print_figures: dict[str, object]
) -> None:
    with (
        open_folder() as folder,
        small_disk(folder, "160m") as disk,
        own_server(disk=disk) as server,
        open_drill(tmp_path, server=server) as drill,
    ):
        drill.begin()
        drill.await_rows(0.3)
        ballast = disk / "ballast"
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 16))
        before = drill.vendor.state()["requests"]
        time.sleep(FULL_SECONDS)
        print_figures["requests while full"] = drill.vendor.state()["requests"] - before
        ballast.unlink()
        if not (server.data / "postmaster.pid").exists():
            server.start()
        for each in drill.machines:
            if not each.alive:
                each.start()
        drill.await_rest()
        if drill.stopped():
            drill.submit()  # the same command queues what is left
        through(drill, print_figures)


@pytest.mark.parametrize("moment", [0.2, 1.5, 3.0])
def test_machines_that_are_killed_while_they_compare_leave_no_plan_by_halves(
    drill: Drill, print_figures: dict[str, object], moment: float
) -> None:
    drill.vendor.script([Fault(kind=FaultKind.SLOW, path=_SEARCH, seconds=3.0, times=2 * LOCATIONS)])
    drill.submit("--compare")
    first = drill.machine("first").start()
    drill.await_that(lambda: drill.asked(_SEARCH) >= LOCATIONS, "each location's contacts being read")
    time.sleep(moment)
    first.kill()
    second = drill.machine("second").start()
    drill.await_that(lambda: len(drill.parts_of(second)) == LOCATIONS, "all parts at the second machine")
    time.sleep(2 * moment)
    held = drill.parts_of(second)
    at = second.kill()
    drill.machine("third").start()
    taken_over(drill, held, at, print_figures)
    through(drill, print_figures)
    assert drill.decided() == (len(drill.rows), set(drill.lines()))


def test_two_engines_at_once_on_one_run_send_each_row_once(
    drill: Drill, print_figures: dict[str, object]
) -> None:
    drill.begin(1)
    drill.await_rows(0.2)
    location = next(iter(drill.parts_of(drill.machines[0])))
    said = drill.command_refused("beside", "part", drill.run_id, location)
    assert f"process {drill.machines[0].process.pid}" in said
    through(drill, print_figures)


def test_a_machine_that_is_asked_to_end_gives_its_parts_back(
    drill: Drill, print_figures: dict[str, object]
) -> None:
    drill.begin(2)
    drill.await_rows(0.3)
    victim = max(drill.machines, key=lambda each: len(drill.parts_of(each)))
    held = drill.parts_of(victim)
    began = time.monotonic()
    assert victim.stop() == 3
    ended = time.monotonic() - began
    taken = drill.takeovers(held, time.time())
    print_figures |= {
        "slowness": f"{slowness():.2f}",
        "ended after": f"{ended:.1f} s",
        "takeover": f"{taken[0]:.1f}-{taken[-1]:.1f} s",
    }
    through(drill, print_figures)
    within(STOP_SECONDS, ended, print_figures)
    within(TAKEOVER_SECONDS, taken[-1], print_figures)


def test_two_serves_of_one_job_file_import_a_file_once(
    drill: Drill, print_figures: dict[str, object]
) -> None:
    (drill.folder / "jobs.yaml").write_text(_JOBS, encoding="utf-8")
    for name in ("machine1", "machine2"):
        drill.machine(name).start()
    words = ("serve", str(drill.folder / "jobs.yaml"), "--once", "--base-url", drill.vendor.base_url)
    serves = [drill.begin_command(name, *words) for name in ("serve1", "serve2")]
    said = [each.communicate(timeout=240)[1] for each in serves]
    assert {each.returncode for each in serves} == {0}, said
    (run,) = json.loads(drill.command("desk", "runs", "--json"))
    drill.run_id = run["run_id"]
    through(drill, print_figures)
    assert print_figures["sent twice"] == 0
