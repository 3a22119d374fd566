"""What comparing costs and saves: calls, time and CPU of mirror, plan, `run --compare` and a plain run, side by side.

    python benchmarks/plan.py [--contacts 20000] [--changed 200]

A sandbox without quota holds the contacts; each row of the file is one of them, and so many are changed. The figures
of the commands are those of processes of their own, so that neither the sandbox nor each other is in them.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from importer.sandbox import Sandbox, SandboxSettings, sandbox_aside

PLACE = "loc1"
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


def furnish(sandbox: Sandbox, folder: Path, contacts: int, changed: int) -> Path:
    """Seed the contacts, and write the file with a change in every so many rows."""
    file, step = folder / "people.csv", contacts // changed if changed else contacts + 1
    with file.open("w", encoding="utf-8", newline="") as opened:
        table = csv.writer(opened)
        table.writerow(["Mail", "First", "Last", "Phone", "City", "Firm", "Tags"])
        for number in range(contacts):
            held = person(number)
            sandbox.add_contact(PLACE, tags=["vip"], **held)
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


def measure(
    words: list[str], folder: Path, environment: dict[str, str]
) -> tuple[dict[str, Any], float, float]:
    """Give what a command tells, its seconds and its CPU seconds."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "importer", *words, "--json", "-q"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if done.returncode:
        sys.exit(f"{' '.join(words)} ended with {done.returncode}")
    return json.loads(done.stdout), time.monotonic() - began, cpu


def show(name: str, calls: int, seconds: float, cpu: float, rows: int) -> None:
    at_quota = f"{calls / 10:,.0f} s"
    print(
        f"{name:<16}{calls:>9,} calls{seconds:>8.1f} s{cpu:>8.1f} s CPU{cpu / rows * 1e6:>8.1f} us a row   at 10 calls/s {at_quota}"
    )


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--contacts", type=int, default=20_000)
    options.add_argument("--changed", type=int, default=200)
    given = options.parse_args()
    rows = given.contacts
    with (
        tempfile.TemporaryDirectory(prefix="importer-benchmark-") as place,
        sandbox_aside(SandboxSettings(burst=0, daily=0, search_lag_seconds=0)) as sandbox,
    ):
        folder = Path(place)
        (folder / "people.yaml").write_text(MAPPING, encoding="utf-8")
        file = furnish(sandbox, folder, rows, given.changed)
        environment = {
            **os.environ,
            "IMPORTER_STATE": str(folder / "state"),
            "HIGHLEVEL_BASE_URL": sandbox.base_url,
            "HIGHLEVEL_TOKEN": "pit-benchmark",
            "IMPORTER_PROCESSES": "1",
        }
        words = [file.name, "-m", "people.yaml"]
        told, seconds, cpu = measure(["mirror", PLACE, "--max-age", "0s"], folder, environment)
        show("mirror", told[PLACE]["requests"], seconds, cpu, rows)
        plan, seconds, cpu = measure(["plan", *words], folder, environment)
        show("plan", plan["requests_made"], seconds, cpu, rows)
        compared, seconds, cpu = measure(["run", *words, "--compare"], folder, environment)
        show("run --compare", compared["requests"], seconds, cpu, rows)
        plain, seconds, cpu = measure(["run", *words, "--fresh"], folder, environment)
        show("run", plain["requests"], seconds, cpu, rows)
        most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"no process took more than {most:.0f} MB")
        print(
            f"plan: {plan['update']:,} updates, {plan['unchanged']:,} unchanged; applying it needs {plan['requests']:,} calls"
        )


if __name__ == "__main__":
    main()
