"""What comparing costs and saves: calls, time and CPU of mirror, plan, `run --compare` and a plain run, side by side.

    python benchmarks/plan.py [--contacts 20000] [--changed 200] [--shuffled] [--look-only]

A sandbox without quota holds the contacts; each row of the file is one of them, and so many are changed. The figures
of the commands are those of processes of their own, so that neither the sandbox nor each other is in them; memory is
watched, since the system's own figure of a child begins with what its parent had. ``--shuffled``: the rows come in
another order than the contacts were added in. ``--look-only``: mirror and plan alone, since a plain run of a million
rows is a million calls.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from array import array
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.whole_run import Cost, environment, watched_memory
from importer.sandbox import Sandbox, SandboxSettings, sandbox_aside

PLACE = "loc1"
_YEAR_SECONDS = 365 * 86_400
MAPPING = """\
version: 1
location: loc1
defaults: {region: US}
fields: {email: Mail, firstName: First, lastName: Last, phone: Phone, city: City, companyName: Firm}
tags: {columns: [Tags], split: ";"}
"""


def person(number: int) -> dict[str, str]:
    return {
        "email": f"p{number}@example.com",
        "firstName": f"First{number % 977}",
        "lastName": f"Last{number}",
        "phone": f"+1415{2000000 + number:07d}",
        "city": f"City {number % 50}",
        "companyName": f"Firm {number % 997} Ltd",
    }


def furnish(sandbox: Sandbox, folder: Path, contacts: int, changed: int, *, shuffled: bool = False) -> Path:
    """Seed the contacts, and write the file with a change in every so many rows."""
    file, step = folder / "people.csv", contacts // changed if changed else contacts + 1
    since, apart = time.time() - _YEAR_SECONDS, _YEAR_SECONDS / 2 / contacts
    for number in range(contacts):
        # of another time than this: what was added while it is read is read twice
        sandbox.add_contact(PLACE, added_at=since + number * apart, tags=["vip"], **person(number))
    numbers = array("L", range(contacts))
    if shuffled:
        random.Random(1).shuffle(numbers)
    with file.open("w", encoding="utf-8", newline="") as opened:
        table = csv.writer(opened)
        table.writerow(["Mail", "First", "Last", "Phone", "City", "Firm", "Tags"])
        for number in numbers:
            held = person(number)
            city = "Elsewhere" if number % step == 0 and number // step < changed else held["city"]
            table.writerow(
                [
                    held["email"],
                    held["firstName"],
                    held["lastName"],
                    held["phone"],
                    city,
                    held["companyName"],
                    "VIP",
                ]
            )
    return file


def measure(words: list[str], folder: Path, settings: dict[str, str]) -> tuple[dict[str, Any], Cost]:
    """Give what a command tells, and what it cost."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "importer", *words, "--json", "-q"],
        cwd=folder,
        env=settings,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with watched_memory(process.pid) as memory:
        told = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(words)} ended with {status}")
    return json.loads(told), {
        "s": time.monotonic() - began,
        "s CPU": used.ru_utime + used.ru_stime,
        "MB": sum(memory.peaks.values()),
    }


def show(name: str, calls: int, cost: Cost, rows: int, *, start: float = 0.0) -> None:
    """Print a line; ``start``: the CPU that any such command takes to begin with."""
    a_row = (cost["s CPU"] - start) / rows * 1e6
    print(
        f"{name:<16}{calls:>9,} calls{cost['s']:>8.1f} s{cost['s CPU']:>8.1f} s CPU{a_row:>8.1f} us a row beyond the start"
        f"{rows / cost['s']:>9,.0f} rows/s{cost['MB']:>6.0f} MB   at 10 calls/s {calls / 10:,.0f} s",
        flush=True,
    )


def warm_up(sandbox: Sandbox, folder: Path, file: Path, settings: dict[str, str]) -> None:
    """Have all modules compiled, as they are where the package is installed: a second of CPU else."""
    sandbox.add_contact("warm", email="warm@example.com")
    (folder / "warm.yaml").write_text(MAPPING.replace(PLACE, "warm"), encoding="utf-8")
    words = [file.name, "-m", "warm.yaml", "--limit", "1"]
    measure(["mirror", "warm"], folder, settings)
    measure(["plan", *words], folder, settings)
    measure(["run", *words, "--compare"], folder, settings)


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--contacts", type=int, default=20_000)
    options.add_argument("--changed", type=int, default=200)
    options.add_argument("--shuffled", action="store_true")
    options.add_argument("--look-only", action="store_true")
    given = options.parse_args()
    rows = given.contacts
    with (
        tempfile.TemporaryDirectory(prefix="importer-benchmark-") as place,
        sandbox_aside(SandboxSettings(burst=0, daily=0, search_lag_seconds=0)) as sandbox,
    ):
        folder = Path(place)
        (folder / "people.yaml").write_text(MAPPING, encoding="utf-8")
        file = furnish(sandbox, folder, rows, given.changed, shuffled=given.shuffled)
        settings = {
            **environment(folder),
            "IMPORTER_STATE": str(folder / "state"),
            "HIGHLEVEL_BASE_URL": sandbox.base_url,
            "IMPORTER_PROCESSES": "1",
        }
        words = [file.name, "-m", "people.yaml"]
        warm_up(sandbox, folder, file, settings)
        told, cost = measure(["mirror", PLACE, "--max-age", "0s"], folder, settings)
        _, idle = measure(["mirror", PLACE, "--max-age", "7d"], folder, settings)  # it reads nothing
        start = idle["s CPU"]
        show("mirror", told[PLACE]["requests"], cost, rows, start=start)
        plan, cost = measure(["plan", *words], folder, settings)
        show("plan", plan["requests_made"], cost, rows, start=start)
        print(
            f"plan: {plan['update']:,} updates, {plan['unchanged']:,} unchanged; applying it needs {plan['requests']:,} calls"
        )
        if given.look_only:
            return
        compared, cost = measure(["run", *words, "--compare"], folder, settings)
        show("run --compare", compared["requests"], cost, rows, start=start)
        plain, cost = measure(["run", *words, "--fresh"], folder, settings)
        show("run", plain["requests"], cost, rows, start=start)


if __name__ == "__main__":
    main()
