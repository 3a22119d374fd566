"""Machines that die, freeze or are cut off in the middle of a run: no row is lost, doubled or called what it was not.

    IMPORTER_DRILL_LOCATIONS=24 IMPORTER_DRILL_ROWS=250 pytest -m campaign tests/machines

prints its figures. ``IMPORTER_SEED`` repeats the file, not the timing.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.machines.drill import BURST, LOCATIONS, ROWS, SEED, Drill, open_drill

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(3_600)]

TAKEOVER_SECONDS: Final = 10.0
"""Where a slot is free."""
FROZEN_SECONDS: Final = 15.0


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
    assert held
    taken = drill.takeovers(held, victim.kill())
    print_figures |= {"parts": len(taken), "takeover": f"{taken[0]:.1f}-{taken[-1]:.1f} s"}
    through(drill, print_figures)
    assert taken[-1] < TAKEOVER_SECONDS


def test_machines_that_are_all_killed_are_followed_by_new_ones(
    drill: Drill, print_figures: dict[str, object]
) -> None:
    drill.begin()
    drill.await_rows(0.3)
    held = {name: line for each in drill.machines for name, line in drill.parts_of(each).items()}
    assert held
    at = max([each.kill() for each in drill.machines])
    for name in ("new1", "new2"):
        drill.machine(name).start()
    taken = drill.takeovers(held, at)
    print_figures |= {"parts": len(taken), "takeover": f"{taken[0]:.1f}-{taken[-1]:.1f} s"}
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
    print_figures["went on after"] = f"{time.monotonic() - at:.1f} s"
    assert again < TAKEOVER_SECONDS + BURST / 10
    through(drill, print_figures)
