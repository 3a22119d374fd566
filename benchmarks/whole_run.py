"""Run whole imports against a server that is not the limit, and print rows/s, CPU and peak memory.

    python benchmarks/whole_run.py [ROWS ...]           (default: 20000 100000)
    python benchmarks/whole_run.py --memory             peak memory at 20,000, 200,000 and 1,000,000 sent rows
    python benchmarks/whole_run.py --locations 600      rows that go to so many locations in turn, by a column of the file

An import of a file this large uses two processes: CPU and memory are those of both. Beside each import, in turn with
it: a bare aiohttp loop that posts ready bytes, and a script of pandas and asyncio.gather that imports the same file.
"while sending" leaves out what happens before the first and after the last request. Client and server share the cores,
and the machine is noisy: each figure is the best of some turns, and what counts are ratios. Of the memory, "peak" is the sum
of each process' own peak, and "PSS" what both took in one moment, with what they share counted once.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import csv
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.mapping import MAPPING, invent
from benchmarks.sending import bare
from benchmarks.vendor import vendor
from importer.runtime.loop import loop_factory

ROOT = Path(__file__).resolve().parent.parent
LOCATION = "loc0"
SCRIPT_MOST = 100_000
"""More rows, and the script takes gigabytes."""

HIGHER = {"rows/s", "while sending", "requests/s"}
"""Figures of which the better is the higher one."""
COLUMN = "Sub-account"

Cost = dict[str, float]


def environment(folder: Path) -> dict[str, str]:
    """Let modules be compiled once, as they are where a package is installed."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder / "compiled"), "HIGHLEVEL_TOKEN": "pit-benchmark"}


def measure(words: list[str], rows: int, settings: dict[str, str]) -> tuple[str, Cost]:
    """Run a program over so many rows; gives what it told, and what it cost."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, *words], env=settings, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with watched_memory(process.pid) as memory:
        told = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{words} failed: {told}")
    return told, {
        "rows/s": rows / (time.perf_counter() - began),
        "CPU us/row": (used.ru_utime + used.ru_stime) / rows * 1e6,
        # of one process the system tells the peak; of two, each one's own peak is counted
        "peak MB": sum(memory.peaks.values())
        or used.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10),
        "PSS MB": memory.whole,
    }


@dataclass
class Memory:
    """What a process and those it starts took, in MB, as far as /proc tells it."""

    peaks: dict[int, float] = field(default_factory=dict)
    """The peak of each; added up, code that several share counts several times, and peaks of different moments as one."""
    whole: float = 0.0
    """The most that all of them took in one moment, what they share counted once (PSS); looked at four times a second."""

    def look(self, parent: int) -> None:
        together = 0.0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                pid = int(stat.parent.name)
                if pid == parent or int(stat.read_text().rsplit(")", 1)[1].split()[1]) == parent:
                    self.peaks[pid] = max(
                        self.peaks.get(pid, 0.0), megabytes(stat.with_name("status"), "VmHWM:")
                    )
                    together += megabytes(stat.with_name("smaps_rollup"), "Pss:")
        self.whole = max(self.whole, together)


@contextlib.contextmanager
def watched_memory(parent: int) -> Iterator[Memory]:
    """Watch the memory of a process and of those it starts."""
    memory = Memory()
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.25):
            memory.look(parent)

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield memory
    finally:
        over.set()
        watcher.join()


def megabytes(file: Path, named: str) -> float:
    lines = file.read_text().splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(named)), 0.0)


def spread(source: Path, target: Path, locations: int) -> None:
    """Write a source once more, with a column that gives its rows to so many locations in turn."""
    with (
        source.open(encoding="utf-8", newline="") as file,
        target.open("w", encoding="utf-8", newline="") as spread,
    ):
        rows, writer = csv.reader(file), csv.writer(spread)
        writer.writerow([*next(rows), COLUMN])
        writer.writerows([*row, f"loc{number % locations}"] for number, row in enumerate(rows))


def measure_import(source: Path, rows: int, folder: Path, base_url: str, *, locations: int = 1) -> Cost:
    mapping, state = folder / "mapping.yaml", folder / "state"
    text = MAPPING.replace(", mode: replace", "")
    if locations > 1:
        text = text.replace("fields:", f"location: {{column: {COLUMN}}}\nfields:", 1)
    mapping.write_text(text, encoding="utf-8")
    shutil.rmtree(state, ignore_errors=True)
    settings = {
        **environment(folder),
        "HIGHLEVEL_LOCATION_ID": LOCATION,
        "HIGHLEVEL_BASE_URL": base_url,
        "IMPORTER_STATE": str(state),
    }
    words = ["-m", "importer", "run", str(source), "-m", str(mapping)]
    told, cost = measure([*words, "-q", "--json", "-o", str(folder / "results")], rows, settings)
    summary = json.loads(told)
    if summary["created"] != rows:
        raise SystemExit(f"{rows} rows ended otherwise: {summary}")
    cost["while sending"] = summary["requests"] / sending_seconds(state)
    cost["requests/s"] = cost["rows/s"] * summary["requests"] / rows
    return cost


def sending_seconds(state: Path) -> float:
    """Ask the run's journal how long it sent: from the location's first request to the last outcome."""
    (path,) = state.glob("runs/*/journal.db")
    with contextlib.closing(sqlite3.connect(path)) as journal:
        query = "SELECT max(started_at + seconds) - min(started_at) FROM pulses"
        return float(journal.execute(query).fetchone()[0])


def measure_script(source: Path, rows: int, folder: Path, base_url: str) -> Cost:
    words = [
        str(ROOT / "benchmarks" / "pandas_script.py"),
        str(source),
        base_url,
        LOCATION,
        str(folder / "ends.csv"),
    ]
    return measure(words, rows, environment(folder))[1]


def measure_bare(rows: int, base_url: str) -> Cost:
    """Post ready bytes from this process, as often as the import sends: a shorter run would catch calmer moments."""
    cpu, wall = time.process_time(), time.perf_counter()
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(bare(base_url, rows, 100))
    rate = rows / (time.perf_counter() - wall)
    return {
        "rows/s": rate,
        "CPU us/row": (time.process_time() - cpu) / rows * 1e6,
        "while sending": rate,
        "requests/s": rate,
    }


def better(one: Cost, other: Cost) -> Cost:
    """Take the better of two readings, figure by figure."""
    if not one:
        return other
    return {name: (max if name in HIGHER else min)(one[name], other[name]) for name in one}


def show(name: str, rows: int, cost: Cost) -> None:
    print(
        f"{rows:>10,}  {name:20} {cost['rows/s']:>8,.0f}"
        + (f"  {cost['while sending']:>13,.0f}" if "while sending" in cost else " " * 15)
        + f"  {cost['CPU us/row']:>10.0f}"
        + (f"  {cost['peak MB']:>8.0f}  {cost['PSS MB']:>8.0f}" if "peak MB" in cost else ""),
        flush=True,
    )


def compare(rows: int, folder: Path, base_url: str, turns: int, locations: int) -> None:
    source = folder / f"contacts-{rows}.csv"
    invent(source, rows)
    if locations > 1:
        alone, source = source, folder / f"contacts-{rows}-{locations}.csv"
        spread(alone, source, locations)
    loop: Cost = {}
    whole: Cost = {}
    script: Cost = {}
    for _ in range(turns):
        loop = better(loop, measure_bare(rows, base_url))
        whole = better(whole, measure_import(source, rows, folder, base_url, locations=locations))
        if rows <= SCRIPT_MOST and locations == 1:
            script = better(script, measure_script(source, rows, folder, base_url))
    show("bare aiohttp loop", rows, loop)
    if script:
        show("pandas and gather", rows, script)
    show("importer", rows, whole)
    print(
        f"            of the bare loop's requests/s: {whole['while sending'] / loop['while sending']:.2f} while sending, "
        f"{whole['requests/s'] / loop['requests/s']:.2f} from start to end"
    )
    if script:
        print(
            f"            times the script: {whole['rows/s'] / script['rows/s']:.1f} by rows/s, "
            f"{script['CPU us/row'] / whole['CPU us/row']:.1f} by CPU"
        )


def main() -> None:
    if not hasattr(resource, "RUSAGE_CHILDREN"):
        raise SystemExit("this benchmark needs a POSIX system")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", type=int, default=[20_000, 100_000])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--locations", type=int, default=1)
    parser.add_argument("--memory", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, vendor() as base_url:
        folder = Path(name)
        warm = folder / "warm.csv"
        invent(warm, 10)
        measure_import(warm, 10, folder, base_url)
        print(
            f"{'rows':>10}  {'':20} {'rows/s':>8}  {'while sending':>13}  {'CPU us/row':>10}  {'peak MB':>8}  {'PSS MB':>8}"
        )
        if given.memory:
            for rows in (20_000, 200_000, 1_000_000):
                source = folder / "contacts.csv"
                invent(source, rows)
                show("importer", rows, measure_import(source, rows, folder, base_url))
            return
        for rows in given.rows:
            compare(rows, folder, base_url, given.turns, given.locations)


if __name__ == "__main__":
    main()
