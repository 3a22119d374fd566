"""submit, worker and part as commands of their own, on machines that share nothing but a Postgres."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from importer.sandbox import Sandbox, SandboxSettings, sandbox_aside
from tests.patience import PATIENCE

MAPPING = "version: 1\nlocation: {column: Sub}\nfields: {firstName: First, email: Mail}\n"


@dataclass(kw_only=True)
class Machines:
    """Two of them, each with a state folder of its own that holds scratch alone."""

    folder: Path
    vendor: Sandbox
    address: str
    program: tuple[str, ...]

    def write(self, **rows: int) -> None:
        (self.folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
        lines = [
            f"{location},N{number},n{number}@{location}.example.com"
            for location, count in rows.items()
            for number in range(count)
        ]
        (self.folder / "contacts.csv").write_text(
            "Sub,First,Mail\n" + "\n".join(lines) + "\n", encoding="utf-8"
        )

    def environment(self, machine: str) -> dict[str, str]:
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("HIGHLEVEL_", "IMPORTER_"))
        }
        return {
            **clean,
            "IMPORTER_STATE": self.address,
            "XDG_STATE_HOME": str(self.folder / machine),
            "HIGHLEVEL_TOKEN": "pit-invented",
            "HIGHLEVEL_BASE_URL": self.vendor.base_url,
        }

    def run(self, machine: str, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        ended = subprocess.run(
            [*self.program, *words],
            cwd=self.folder,
            env=self.environment(machine),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == code, ended.stderr
        return ended

    def start(self, machine: str, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self.program, *words],
            cwd=self.folder,
            env=self.environment(machine),
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def machines(tmp_path: Path, postgres: str, forked_importer: tuple[str, ...]) -> Iterator[Machines]:
    with sandbox_aside(SandboxSettings(burst=0, search_lag_seconds=0)) as vendor:
        yield Machines(folder=tmp_path, vendor=vendor, address=postgres, program=forked_importer)


def test_what_one_machine_submits_another_sends_and_any_shows(machines: Machines) -> None:
    machines.write(A=4, B=2)
    run_id = machines.run("one", "submit", "contacts.csv", "-m", "mapping.yaml").stdout.strip()
    parts = json.loads(machines.run("two", "show", run_id, "--json").stdout)["parts"]
    assert [(each["location_id"], each["state"], each["rows_read"]) for each in parts] == [
        ("A", "queued", 4),
        ("B", "queued", 2),
    ]
    told = json.loads(machines.run("two", "part", run_id, "A", "--json").stdout)
    assert (told["location_id"], told["state"], told["created"]) == ("A", "finished", 4)
    ended = machines.run("two", "worker", "--once", "-o", "out")
    assert f"Run {run_id} is finished: 6 created" in ended.stderr
    assert [len(machines.vendor.contacts(each)) for each in "AB"] == [4, 2]
    shown = machines.run("one", "show", run_id).stdout
    assert "Parts:     2 finished" in shown
    assert "pit-invented" not in shown + ended.stderr
    again = json.loads(machines.run("one", "results", run_id, "-o", "again", "--json").stdout)
    assert (again["state"], again["created"], again["rows_read"]) == ("finished", 6, 6)
    assert (machines.folder / "out" / run_id / "results.csv").read_bytes() == (
        machines.folder / "again" / run_id / "results.csv"
    ).read_bytes()
    assert "finished already" in machines.run("one", "submit", "contacts.csv", "-m", "mapping.yaml").stderr


def test_a_worker_that_is_asked_to_stop_leaves_in_time_and_another_goes_on(
    tmp_path: Path, postgres: str, forked_importer: tuple[str, ...]
) -> None:
    # two requests a second: the part is under way when the signal comes, however fast the machine
    with sandbox_aside(SandboxSettings(burst=1, search_lag_seconds=0)) as vendor:
        machines = Machines(folder=tmp_path, vendor=vendor, address=postgres, program=forked_importer)
        machines.write(A=40)
        run_id = machines.run("one", "submit", "contacts.csv", "-m", "mapping.yaml", "-q").stdout.strip()
        worker = machines.start("two", "worker", "--health", "0")
        assert worker.stderr is not None
        port = (
            next(line for line in worker.stderr if line.startswith("Health on")).split(":")[-1].split("/")[0]
        )
        while not parts_under_way(int(port)):
            time.sleep(0.05)
        begun = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        _, said = worker.communicate(timeout=PATIENCE)
        assert worker.returncode == 3, said
        assert time.monotonic() - begun < 30  # ten, where nothing else is at work
        (part,) = json.loads(machines.run("one", "show", run_id, "--json").stdout)["parts"]
        assert (part["state"], part["reason_code"]) == ("stopped", "interrupted")


JOBS = """\
version: 1
jobs:
  nightly: {source: "in/*.csv", mapping: mapping.yaml, schedule: "0 * * * *", after_success: leave}
"""


def test_of_two_services_one_queues_a_job_and_both_see_its_end(machines: Machines) -> None:
    machines.write(A=3, B=1)
    (machines.folder / "in").mkdir()
    (machines.folder / "contacts.csv").rename(machines.folder / "in" / "contacts.csv")
    (machines.folder / "jobs.yaml").write_text(JOBS, encoding="utf-8")
    worker = machines.start("two", "worker")
    services = [machines.start(machine, "serve", "jobs.yaml", "--once") for machine in ("one", "three")]
    said = [each.communicate(timeout=PATIENCE)[1] for each in services]
    assert [each.returncode for each in services] == [0, 0], said
    worker.terminate()
    worker.communicate(timeout=PATIENCE)
    (run,) = json.loads(machines.run("three", "runs", "--json").stdout)
    assert (run["state"], run["created"]) == ("finished", 4)
    assert [len(machines.vendor.contacts(each)) for each in "AB"] == [3, 1]
    assert sum("4 created" in each for each in said) == 1


def test_a_run_that_is_paused_from_another_machine_waits_for_a_person(machines: Machines) -> None:
    machines.write(A=2, B=1)
    run_id = machines.run("one", "submit", "contacts.csv", "-m", "mapping.yaml", "-q").stdout.strip()
    machines.run("three", "pause", run_id)
    machines.run("two", "worker", "--once", code=3)
    shown = json.loads(machines.run("one", "show", run_id, "--follow", "--json").stdout.splitlines()[0])
    assert (shown["settled"], shown["parts"]["stopped"]) == (0, 2)
    machines.run("one", "submit", "contacts.csv", "-m", "mapping.yaml", "-q")
    machines.run("two", "worker", "--once")
    assert [len(machines.vendor.contacts(each)) for each in "AB"] == [2, 1]


def parts_under_way(port: int) -> list[object]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/status", timeout=PATIENCE) as page:
        found: list[object] = json.load(page)["parts"]
    return found


@pytest.mark.parametrize("words", [("worker", "--once"), ("part", "20260101-000000-0001", "A")])
def test_without_a_postgres_the_message_says_what_to_set(
    tmp_path: Path,
    words: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from importer.cli import main

    monkeypatch.setenv("IMPORTER_STATE", str(tmp_path))
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
    assert "IMPORTER_STATE=postgresql://" in " ".join(capsys.readouterr().err.split())
