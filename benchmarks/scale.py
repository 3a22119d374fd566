"""How fast are many workers over many locations? Rows a second, CPU a row and how late their loops are.

python benchmarks/scale.py                                  # 100, 300 and 1,000 locations with 1, 2 and 4 workers
python benchmarks/scale.py --locations 100 --workers 2 --rows 50

A real Postgres, the sandbox as vendor (100 requests in 10 seconds a location, as the vendor allows), real processes. Sandbox,
Postgres and workers share this machine, so that figures fall short of what workers alone would do. Wanted: what the locations'
quota allows. What the journal costs by itself, in SQLite and in Postgres, benchmarks/journal.py prints.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from importer.sandbox import SandboxSettings, sandbox_aside
from tests.postgres_server import own_server

MAPPING = """\
version: 1
location: {column: Sub-account}
fields: {firstName: First, email: Mail}
"""


@dataclass(frozen=True)
class Figures:
    rows: int
    seconds: float
    cpu_seconds: float
    lag_seconds: float
    throttled: int
    wanted: float
    """Rows a second that the quota of the locations allows, within the time that it took."""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--locations", default="100,300,1000")
    asked.add_argument("--workers", default="1,2,4")
    asked.add_argument("--rows", type=int, default=150, help="of each location")
    given = asked.parse_args()
    print("locations  workers  rows/s   wanted   share  CPU us/row  loop lag p99 s  refused")
    for locations in map(int, given.locations.split(",")):
        for workers in map(int, given.workers.split(",")):
            found = measure(locations, workers, given.rows)
            pace = found.rows / found.seconds
            print(
                f"{locations:9,}  {workers:7}  {pace:6,.0f}  {found.wanted:7,.0f}  {pace / found.wanted:5.0%}  "
                f"{found.cpu_seconds / found.rows * 1e6:10,.0f}  {found.lag_seconds:14.2f}  {found.throttled:7}",
                flush=True,
            )


def measure(locations: int, workers: int, rows: int) -> Figures:
    """Submit one file over so many locations, let workers carry it out, and add up what they used."""
    with (
        tempfile.TemporaryDirectory() as name,
        own_server() as server,
        sandbox_aside(SandboxSettings()) as vendor,
    ):
        folder = Path(name)
        write_contacts(folder / "contacts.csv", locations, rows)
        (folder / "mapping.yaml").write_text(MAPPING)
        environment = {
            **{
                each: value
                for each, value in os.environ.items()
                if not each.startswith(("HIGHLEVEL_", "IMPORTER_"))
            },
            "IMPORTER_STATE": server.address("postgres"),
            "HIGHLEVEL_TOKEN": "pit-invented",
            "HIGHLEVEL_BASE_URL": vendor.base_url,
            "XDG_STATE_HOME": str(folder / "state"),
        }
        run_id = importer(folder, environment, "submit", "contacts.csv", "-m", "mapping.yaml", "-q").strip()
        begun, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        lag = carry_out(folder, environment, workers, -(-locations // workers))
        seconds, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
        shown = json.loads(importer(folder, environment, "show", run_id, "--json"))
        assert (shown["state"], shown["created"]) == ("finished", locations * rows), shown
        return Figures(
            rows=locations * rows,
            seconds=seconds,
            cpu_seconds=after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime,
            lag_seconds=lag,
            throttled=shown["throttled"],
            # the first hundred of each location may go at once
            wanted=locations * rows / max((rows - 100) / 10, 1.0),
        )


def carry_out(folder: Path, environment: dict[str, str], workers: int, concurrency: int) -> float:
    """Let workers empty the queue; gives how late the latest of their loops was."""
    ports = [free_port() for _ in range(workers)]
    words = [
        sys.executable,
        "-m",
        "importer",
        "worker",
        "--once",
        "--concurrency",
        str(concurrency),
        "--health",
    ]
    running = [
        subprocess.Popen([*words, str(port)], cwd=folder, env=environment, stderr=subprocess.DEVNULL)
        for port in ports
    ]
    lag = 0.0
    while any(each.poll() is None for each in running):
        lag = max(lag, *(lag_at(port) for port in ports))
        time.sleep(0.5)
    assert {each.returncode for each in running} == {0}
    return lag


def lag_at(port: int) -> float:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as page:
            lines = page.read().decode().splitlines()
    except OSError:
        return 0.0
    return max(
        (float(line.split()[-1]) for line in lines if line.startswith("highlevel_importer_worker_loop_lag")),
        default=0.0,
    )


def write_contacts(path: Path, locations: int, rows: int) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Sub-account", "First", "Mail"])
        for row in range(rows):
            for location in range(locations):
                writer.writerow([f"subAccount{location:05}", f"Ann {row}", f"p{row}@l{location}.example.com"])


def importer(folder: Path, environment: dict[str, str], *words: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "importer", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
