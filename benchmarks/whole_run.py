"""Run whole imports of growing files through a sandbox of their own, and print rows/s, CPU and peak memory.

    python benchmarks/whole_run.py [ROWS ...]        (default: 20000 200000)

Beside each import, in the same minute on the same machine: a bare aiohttp loop that posts ready bytes, and a script
of pandas and asyncio.gather that imports the same file. The sandbox is another process, so rows/s are those of two
programs that share the cores; CPU and memory are the client's alone. The machine is noisy: read ratios.
"""

from __future__ import annotations

import asyncio
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.sending import bare, vendor
from importer.highlevel.client import loop_factory

ROOT = Path(__file__).resolve().parent.parent
LOCATION = "benchmarkLocation001"
BARE_TURNS = 5
HEADER = [
    "First Name", "Last Name", "E-mail", "Mobile", "Company", "Street", "City", "State", "ZIP", "Country", "Birthday",
    "Tags", "Shirt Size", "Interests", "Email Opt Out", "Lead Source",
]  # fmt: skip


def write_contacts(path: Path, rows: int) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(HEADER)
        for number in range(rows):
            table.writerow([
                f"First{number}", f"Last{number}", f"person{number}@example.com", "", f"Company {number % 500}",
                f"{number} Main Street", "New York", "NY", "10001", "USA", "03/14/1985", "customer; vip", "M", "News",
                "No", "Website",
            ])  # fmt: skip


@contextmanager
def sandbox() -> Iterator[str]:
    words = [
        sys.executable,
        "-m",
        "importer",
        "sandbox",
        "--port",
        "0",
        "--burst",
        "0",
        "--daily",
        "0",
        "--json",
    ]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["base_url"]
        finally:
            process.terminate()


def environment(folder: Path) -> dict[str, str]:
    """Let modules be compiled once, as they are where a package is installed."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder / "compiled"), "HIGHLEVEL_TOKEN": "pit-benchmark"}


def measure(words: list[str], rows: int, settings: dict[str, str]) -> tuple[str, dict[str, float]]:
    """Run a program over so many rows; gives what it told, and what it cost."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, *words], env=settings, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{words} failed: {told}")
    return told, {
        "rows/s": rows / (time.perf_counter() - began),
        "CPU us/row": (used.ru_utime + used.ru_stime) / rows * 1e6,
        "peak MB": used.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10),
    }


def measure_import(source: Path, rows: int, folder: Path) -> dict[str, float]:
    with sandbox() as base_url:
        settings = {
            **environment(folder),
            "HIGHLEVEL_LOCATION_ID": LOCATION,
            "HIGHLEVEL_BASE_URL": base_url,
            "IMPORTER_STATE": str(folder / f"state-{rows}"),
        }
        words = ["-m", "importer", "run", str(source), "-m", str(ROOT / "mappings" / "sample.yaml")]
        told, cost = measure([*words, "-q", "--json", "-o", str(folder / "results")], rows, settings)
    summary = json.loads(told)
    if summary["created"] != rows:
        raise SystemExit(f"{rows} rows ended otherwise: {summary}")
    return cost


def measure_script(source: Path, rows: int, folder: Path) -> dict[str, float]:
    with sandbox() as base_url:
        words = [str(ROOT / "benchmarks" / "pandas_script.py"), str(source), base_url, LOCATION]
        return measure(words, rows, environment(folder))[1]


def measure_bare(rows: int) -> dict[str, float]:
    """Post ready bytes from this process; the best of several turns."""
    costs, paces = [], []
    with vendor() as base_url:
        for _ in range(BARE_TURNS):
            cpu, wall = time.process_time(), time.perf_counter()
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                runner.run(bare(base_url, rows, 100))
            costs.append((time.process_time() - cpu) / rows * 1e6)
            paces.append(rows / (time.perf_counter() - wall))
    return {"rows/s": max(paces), "CPU us/row": min(costs)}


def show(name: str, rows: int, cost: dict[str, float]) -> None:
    peak = f"{cost['peak MB']:>8.0f}" if "peak MB" in cost else ""
    print(f"{rows:>10,}  {name:20} {cost['rows/s']:>8,.0f}  {cost['CPU us/row']:>10.0f}  {peak}", flush=True)


def compare(rows: int, folder: Path) -> None:
    source = folder / f"contacts-{rows}.csv"
    write_contacts(source, rows)
    loop, whole, script = (
        measure_bare(5_000),
        measure_import(source, rows, folder),
        measure_script(source, rows, folder),
    )
    show("bare aiohttp loop", 5_000, loop)
    show("pandas and gather", rows, script)
    show("importer", rows, whole)
    share, times = (other["CPU us/row"] / whole["CPU us/row"] for other in (loop, script))
    print(f"            by CPU: {share:.2f} of the bare loop's pace, {times:.1f} times the script's")


def main() -> None:
    if not hasattr(resource, "RUSAGE_CHILDREN"):
        raise SystemExit("this benchmark needs a POSIX system")
    sizes = [int(word) for word in sys.argv[1:]] or [20_000, 200_000]
    with tempfile.TemporaryDirectory() as folder:
        warm = Path(folder, "warm.csv")
        write_contacts(warm, 10)
        measure_import(warm, 10, Path(folder))
        measure_script(warm, 10, Path(folder))
        print(f"{'rows':>10}  {'':20} {'rows/s':>8}  {'CPU us/row':>10}  {'peak MB':>8}")
        for rows in sizes:
            compare(rows, Path(folder))


if __name__ == "__main__":
    main()
