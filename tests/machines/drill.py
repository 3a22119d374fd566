"""Several workers on one run, with a real Postgres and the vendor's stand-in, to be killed, frozen and cut off."""

from __future__ import annotations

import csv
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg
import pytest

from importer.sandbox import Sandbox, SandboxSettings, sandbox_aside
from importer.state.parts import PartLine, PartState, RunParts
from importer.state.postgres.address import Address
from importer.state.postgres.faces import make_face
from importer.state.postgres.schemas import run_schema
from tests.machines.sheet import Reconciled, invent, reconcile, write
from tests.postgres_server import OwnServer, own_server

LOCATIONS: Final = int(os.environ.get("IMPORTER_DRILL_LOCATIONS", "5"))
ROWS: Final = int(os.environ.get("IMPORTER_DRILL_ROWS", "115"))
"""Of each location: the vendor lets a hundred through in ten seconds, so that more take as much longer."""
SEED: Final = int(os.environ.get("IMPORTER_SEED", "0")) or random.randrange(1, 1_000_000)  # noqa: S311  (dice)
BURST: Final = 100
_LOOK_SECONDS: Final = 0.05
_END_SECONDS: Final = 240.0 + 2 * ROWS


def variables(home: Path, address: str) -> dict[str, str]:
    """Give what a machine's environment says."""
    own = {
        "IMPORTER_STATE": address,
        "XDG_STATE_HOME": str(home / "state"),
        "HIGHLEVEL_TOKEN": "pit-drill",
    }
    return {**os.environ, **own}


@dataclass
class Machine:
    """A worker with a folder of its own for all that a machine has."""

    name: str
    home: Path
    address: str
    concurrency: int = LOCATIONS
    prefix: Sequence[str] = ()
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> Machine:
        self.home.mkdir(exist_ok=True)
        words = ["worker", "--concurrency", str(self.concurrency), "-o", str(self.home / "results")]
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, sys.executable, "-m", "importer", *words],
                cwd=self.home,
                env=variables(self.home, self.address),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # so that what it starts is killed and frozen with it
            )
        return self

    @property
    def said(self) -> str:
        return (self.home / "log").read_text(errors="replace")

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def signal(self, number: signal.Signals) -> float:
        """Send a signal to all of its processes; gives when."""
        os.killpg(self.process.pid, number)
        return time.time()

    def kill(self) -> float:
        at = self.signal(signal.SIGKILL)
        self.process.wait()
        return at

    def stop(self) -> int:
        """Ask it to end; gives its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(timeout=30)


@dataclass
class Drill:
    """A run of many locations under way, and what is done to it."""

    folder: Path
    vendor: Sandbox
    server: OwnServer
    address: str
    machines: list[Machine] = field(default_factory=list)
    run_id: str = ""

    def __post_init__(self) -> None:
        dice = random.Random(SEED)  # noqa: S311  (dice)
        self.rows = invent(dice, locations=LOCATIONS, rows=ROWS)
        write(self.rows, self.folder, self.vendor)
        self._known = sum(len(self.vendor.contacts(each)) for each in {row.location for row in self.rows})
        self._watching = make_face(Address.read(self.address), self.folder / "watching")

    def machine(self, name: str, *, prefix: Sequence[str] = (), address: str = "", **more: int) -> Machine:
        made = Machine(
            name=name, home=self.folder / name, address=address or self.address, prefix=prefix, **more
        )
        self.machines.append(made)
        return made

    def submit(self, *more: str) -> None:
        words = ["submit", str(self.folder / "contacts.csv"), "-m", str(self.folder / "mapping.yaml"), *more]
        self.run_id = self.command(
            "desk", *words, "--base-url", self.vendor.base_url, "--no-progress"
        ).strip()

    def command(self, home: str, *words: str) -> str:
        """Run a command at a machine that works on no part; gives what it printed."""
        done = self._run(home, *words)
        assert done.returncode in {0, 1}, done.stderr
        return done.stdout

    def begin_command(self, home: str, *words: str) -> subprocess.Popen[str]:
        """Begin a command at a machine that works on no part; its end is waited for elsewhere."""
        place = self.folder / home
        place.mkdir(exist_ok=True)
        return subprocess.Popen(
            [sys.executable, "-m", "importer", *words],
            cwd=place,
            env=variables(place, self.address),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def command_refused(self, home: str, *words: str) -> str:
        """Run a command that cannot be done now; gives why."""
        done = self._run(home, *words)
        assert done.returncode not in {0, 1}, done.stdout
        return done.stderr

    def _run(self, home: str, *words: str) -> subprocess.CompletedProcess[str]:
        place = self.folder / home
        place.mkdir(exist_ok=True)
        return subprocess.run(
            [sys.executable, "-m", "importer", *words],
            cwd=place,
            env=variables(place, self.address),
            capture_output=True,
            text=True,
            check=False,
        )

    def begin(self, count: int = 3, *more: str) -> None:
        """Queue the run and let so many machines work on it."""
        self.submit(*more)
        for number in range(count):
            self.machine(f"machine{number + 1}").start()

    def lines(self) -> dict[str, PartLine]:
        return {line.location: line for line in RunParts(self._watching / "runs" / self.run_id).lines()}

    def parts_of(self, machine: Machine) -> dict[str, PartLine]:
        """Give the parts that a machine has under way."""
        mark = f"process {machine.process.pid} "
        return {
            name: line
            for name, line in self.lines().items()
            if line.state is PartState.RUNNING and mark in f"{line.holder} "
        }

    def asked(self, path: str) -> int:
        """Count the requests that the vendor was sent for a path."""
        paths: dict[str, int] = self.vendor.state()["paths"]
        return paths.get(f"POST {path}", 0)

    def decided(self) -> tuple[int, set[str]]:
        """Count the rows of the run's plan, and name the locations that say of theirs that all are decided."""
        with psycopg.connect(self.address) as server:
            server.execute(f'SET search_path = "{run_schema(self.run_id)}_plan"'.encode())
            rows = server.execute("SELECT count(*) FROM rows").fetchone()
            whole = server.execute("SELECT location FROM parts WHERE facts IS NOT NULL").fetchall()
        assert rows is not None
        return int(rows[0]), {location for (location,) in whole}

    def await_rows(self, share: float) -> None:
        """Wait until so much of the file has arrived."""
        wanted = self._known + share * len({(row.location, row.email) for row in self.rows})
        self.await_that(lambda: self.vendor.state()["contacts"] >= wanted, f"{share:.0%} of the rows")

    def await_end(self) -> None:
        self.await_that(
            lambda: all(line.state is PartState.FINISHED for line in self.lines().values()),
            "the end of all parts",
        )

    def stopped(self) -> list[str]:
        """Name the locations whose parts nobody goes on with."""
        return [name for name, line in self.lines().items() if line.state is PartState.STOPPED]

    def await_rest(self) -> None:
        """Wait until every part has ended, if only for now."""
        ended = {PartState.FINISHED, PartState.STOPPED}
        self.await_that(lambda: {line.state for line in self.lines().values()} <= ended, "rest")

    def await_that(self, holds: Callable[[], bool], what: str, *, seconds: float = _END_SECONDS) -> float:
        """Wait for something; gives how long it took."""
        began = time.monotonic()
        while not holds():
            if time.monotonic() > began + seconds or not any(each.alive for each in self.machines):
                pytest.fail(f"{what} did not come: {self.told()}")
            time.sleep(_LOOK_SECONDS)
        return time.monotonic() - began

    def takeovers(self, before: Mapping[str, PartLine], at: float) -> list[float]:
        """Wait until parts are held anew, or through; gives how many seconds after a moment each of them was."""

        def taken() -> bool:
            now = self.lines()
            return all(now[name].epoch > line.epoch for name, line in before.items())

        self.await_that(taken, "a takeover", seconds=60)
        now = self.lines()
        return sorted((now[name].since or at) - at for name in before)

    def results(self) -> list[dict[str, str]]:
        """Have the results written by a machine that did none of the work, and read them."""
        words = ("results", self.run_id, "-o", "results")
        # a machine may be writing them just now, since its part was the last to end
        self.await_that(lambda: self._run("clerk", *words).returncode in {0, 1}, "the results", seconds=60)
        (path,) = (self.folder / "clerk" / "results").rglob("results.csv")
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def reconciled(self) -> Reconciled:
        return reconcile(self.rows, self.results(), self.vendor)

    def told(self) -> str:
        """Tell all that is known, for whoever has to find out what went wrong."""
        lines = "\n".join(map(str, self.lines().values()))
        return "\n\n".join([lines, *(f"{each.name}:\n{each.said[-3_000:]}" for each in self.machines)])

    def end(self) -> None:
        for each in self.machines:
            if each.alive:
                each.signal(signal.SIGCONT)
                each.kill()


@contextmanager
def open_drill(folder: Path, *, server: OwnServer | None = None) -> Iterator[Drill]:
    """Have a vendor and a server, and end whatever a drill leaves."""
    settings = SandboxSettings(burst=BURST, interval_seconds=10.0, daily=0, latency_ms=(20, 120), seed=SEED)
    with sandbox_aside(settings) as vendor, _server(server) as running:
        drill = Drill(folder=folder, vendor=vendor, server=running, address=running.address("postgres"))
        try:
            yield drill
        finally:
            drill.end()


@contextmanager
def _server(given: OwnServer | None) -> Iterator[OwnServer]:
    if given is not None:
        yield given
        return
    with own_server() as server:
        yield server
