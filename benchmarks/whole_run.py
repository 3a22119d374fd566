"""Run whole imports of growing files through a sandbox of their own, and print rows/s, CPU and peak memory.

    python benchmarks/whole_run.py [ROWS ...]        (default: 20000 200000)

The sandbox is another process on the same machine, so rows/s are those of two programs that share the cores; CPU
and memory are the importer's alone.
"""

from __future__ import annotations

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

ROOT = Path(__file__).parents[1]
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


def measure(rows: int, folder: Path) -> dict[str, float]:
    source = folder / f"contacts-{rows}.csv"
    write_contacts(source, rows)
    with sandbox() as base_url:
        environment = {
            **os.environ,
            "HIGHLEVEL_TOKEN": "pit-benchmark",
            "HIGHLEVEL_LOCATION_ID": "benchmarkLocation001",
            "HIGHLEVEL_BASE_URL": base_url,
            "IMPORTER_STATE": str(folder / f"state-{rows}"),
        }
        words = ["run", str(source), "-m", str(ROOT / "mappings" / "sample.yaml"), "-q", "--json"]
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "importer", *words, "-o", str(folder / "results")],
            env=environment,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        told = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
    summary = json.loads(told)
    if status or summary["created"] != rows:
        raise SystemExit(f"{rows} rows ended otherwise: {summary}")
    seconds = time.perf_counter() - began
    return {
        "rows_a_second": rows / seconds,
        "cpu_microseconds_a_row": (used.ru_utime + used.ru_stime) / rows * 1e6,
        "peak_megabytes": used.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10),
    }


def main() -> None:
    if not hasattr(resource, "RUSAGE_CHILDREN"):
        raise SystemExit("this benchmark needs a POSIX system")
    sizes = [int(word) for word in sys.argv[1:]] or [20_000, 200_000]
    print(f"{'rows':>10}  {'rows/s':>8}  {'CPU us/row':>10}  {'peak MB':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for rows in sizes:
            got = measure(rows, Path(folder))
            print(
                f"{rows:>10,}  {got['rows_a_second']:>8,.0f}  {got['cpu_microseconds_a_row']:>10.0f}  "
                f"{got['peak_megabytes']:>8.0f}"
            )


if __name__ == "__main__":
    main()
