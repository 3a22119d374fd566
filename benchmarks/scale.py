"""How fast are many workers over many locations? Rows a second, CPU a row and how late their loops are.

python benchmarks/scale.py                                  # 100, 300 and 1,000 locations with 1, 2 and 4 workers
python benchmarks/scale.py --locations 100 --workers 2 --rows 50

A real Postgres, sandboxes as vendor (100 requests in 10 seconds a location, as the vendor allows), real processes. Sandboxes,
Postgres and workers share this machine, so that figures fall short of what workers alone would do. Wanted: what the locations'
quota allows. What the journal costs by itself, in SQLite and in Postgres, benchmarks/journal.py prints.

One sandbox is one process, with one core and its own limit of open sockets: many locations are spread over several, by a run
for each of them.
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
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.postgres_server import own_server

_LOCATIONS_A_SANDBOX: Final = 500
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
    """Rows a second that the quota of the locations allows: ten each."""


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
    count = -(-locations // _LOCATIONS_A_SANDBOX)
    with tempfile.TemporaryDirectory() as name, own_server() as server, ExitStack() as running:
        folder = Path(name)
        (folder / "mapping.yaml").write_text(MAPPING)
        environment = {
            **{
                each: value
                for each, value in os.environ.items()
                if not each.startswith(("HIGHLEVEL_", "IMPORTER_"))
            },
            "IMPORTER_STATE": server.address("postgres"),
            "HIGHLEVEL_TOKEN": "pit-invented",
            "XDG_STATE_HOME": str(folder / "state"),
        }
        run_ids = []
        for number in range(count):
            vendor = running.enter_context(sandbox(folder, environment))
            source = f"contacts{number}.csv"
            write_contacts(folder / source, range(number, locations, count), rows)
            words = ("submit", source, "-m", "mapping.yaml", "-q", "--base-url", vendor)
            run_ids.append(importer(folder, environment, *words).strip())
        begun, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        lag = carry_out(folder, environment, workers, -(-locations // workers))
        seconds, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
        shown = [json.loads(importer(folder, environment, "show", each, "--json")) for each in run_ids]
        assert {each["state"] for each in shown} == {"finished"}, shown
        assert sum(each["created"] for each in shown) == locations * rows, shown
        return Figures(
            rows=locations * rows,
            seconds=seconds,
            cpu_seconds=after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime,
            lag_seconds=lag,
            throttled=sum(each["throttled"] for each in shown),
            wanted=locations * 10.0,
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


@contextmanager
def sandbox(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """Run a sandbox in a process of its own; gives its address."""
    port = free_port()
    words = [sys.executable, "-m", "importer", "sandbox", "--port", str(port)]
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(words, cwd=folder, env=environment, **quiet) as process:
        try:
            await_port(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def await_port(port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError(f"Nothing answers at port {port}.")


def write_contacts(path: Path, locations: range, rows: int) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Sub-account", "First", "Mail"])
        for row in range(rows):
            for location in locations:
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
