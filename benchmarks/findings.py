"""What a check takes that keeps its findings, or looks for similar people, beside the same check without it.

    python benchmarks/findings.py [--rows 1000000] [--failing 30000] [--people 100000] [--rounds 1]

CPU seconds and peak memory of whole processes, in turn, the least of some rounds; read the ratios. Target: 1,000,000 rows
of which 30,000 fail, and their findings in 50 MB: the file, and what the process takes more than without it.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.check import HEADER
from benchmarks.start import IMPORTER, compile_once

MOST_MB = 50
TWICE = 50
"""People who are put in twice: under a nickname, at another address of e-mail, the street spelt otherwise."""
_MIB = 1 << 20
PEOPLE = ("check", "people.csv", "-m", "people.yaml")
MAPPING = """\
version: 1
fields:
  {firstName: First Name, lastName: Last Name, email: E-mail, companyName: Company, address1: Street, city: City, postalCode: ZIP}
"""
_LETTERS = "bcdfghjklmnprstvwz"


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one check took."""

    cpu_seconds: float
    peak_mb: float
    told: Mapping[str, Any]


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--rows", type=int, default=1_000_000)
    words.add_argument("--failing", type=int, default=30_000)
    words.add_argument("--people", type=int, default=100_000, help="rows of the file of similar people")
    words.add_argument("--rounds", type=int, default=1)
    given = words.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        compile_once(folder)
        write_people(folder, given.people)
        check(folder, PEOPLE)  # the first start warms the caches of files and byte code
        missed = measure_findings(folder, given.rows, given.failing, given.rounds)
        measure_similar(folder, given.people, given.rounds)
    return int(missed)


def measure_findings(folder: Path, rows: int, failing: int, rounds: int) -> bool:
    write(folder / "contacts.csv", HEADER, (contact(number, rows // failing) for number in range(rows)))
    check = ("check", "contacts.csv", "-m", "sample")
    plain, kept = compare(folder, check, ("--findings", "kept.findings"), rounds)
    size = (folder / "kept.findings").stat().st_size / _MIB
    more = kept.peak_mb - plain.peak_mb
    print(f"\nfindings: {rows:,} rows, of which {kept.told['failed']:,} fail")
    show("--findings", plain, kept)
    over = size > MOST_MB or more > MOST_MB
    print(f"the file {size:.1f} MB, the process {more:+.1f} MB{'  MISSED' if over else ''}  <= {MOST_MB}")
    return over


def write_people(folder: Path, rows: int) -> None:
    header = ["First Name", "Last Name", "E-mail", "Company", "Street", "City", "ZIP"]
    write(folder / "people.csv", header, itertools.chain(map(person, range(rows)), map(again, range(TWICE))))
    (folder / "people.yaml").write_text(MAPPING, encoding="utf-8")


def measure_similar(folder: Path, rows: int, rounds: int) -> None:
    plain, looked = compare(folder, PEOPLE, ("--similar",), rounds)
    print(f"\nsimilar people: {rows:,} rows, and {TWICE} people once more under other names and addresses")
    show("--similar", plain, looked)
    print(f"pairs told of: {looked.told['similar']['pairs']:,}")


def compare(folder: Path, words: Sequence[str], option: Sequence[str], rounds: int) -> tuple[Cost, Cost]:
    """Check without an option and with it, in turn."""
    plain, more = zip(
        *[(check(folder, words), check(folder, [*words, *option])) for _ in range(rounds)], strict=True
    )
    return least(plain), least(more)


def check(folder: Path, words: Sequence[str]) -> Cost:
    process = subprocess.Popen(
        [sys.executable, *IMPORTER, *words, "-q", "--json"],
        cwd=folder,
        env={**os.environ, "IMPORTER_STATE": str(folder / "state")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    told = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode > 1:
        sys.exit(f"{' '.join(words)} ended with {process.returncode}: {told}")
    unit = _MIB if sys.platform == "darwin" else 1 << 10
    return Cost(
        cpu_seconds=used.ru_utime + used.ru_stime, peak_mb=used.ru_maxrss / unit, told=json.loads(told)
    )


def least(costs: Sequence[Cost]) -> Cost:
    figure: Callable[[str], float] = lambda name: min(getattr(cost, name) for cost in costs)  # noqa: E731
    return Cost(cpu_seconds=figure("cpu_seconds"), peak_mb=figure("peak_mb"), told=costs[-1].told)


def show(name: str, plain: Cost, more: Cost) -> None:
    print(f"{'':<12} {'without':>8} {'with ' + name:>16} {'times':>6}")
    for title, one, other in (
        ("CPU s", plain.cpu_seconds, more.cpu_seconds),
        ("peak MB", plain.peak_mb, more.peak_mb),
    ):
        print(f"{title:<12} {one:>8.1f} {other:>16.1f} {other / one:>6.2f}")


def write(path: Path, header: Sequence[str], rows: Any) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(header)
        table.writerows(rows)


def contact(number: int, failing_every: int) -> list[str]:
    at = "(at)" if number % failing_every == 0 else "@"
    return [
        f"First{number}", f"Last{number}", f"person{number}{at}example.com", "", f"Company {number % 500}",
        f"{number} Main Street", "New York", "NY", "10001", "USA", "03/14/1985", "customer; vip", "M", "News", "No", "Website",
    ]  # fmt: skip


def person(number: int) -> list[str]:
    last = "".join(
        _LETTERS[number // len(_LETTERS) ** place % len(_LETTERS)] + "aeiou"[place] for place in range(5)
    )
    return [
        ("William", "Robert", "Elizabeth", "Margaret")[number % 4], last.title(), f"{last}{number}@example.com",
        f"Company {number % 500}", f"{number} Main Street", "Boston", "02108",
    ]  # fmt: skip


def again(number: int) -> list[str]:
    _, last, _, company, street, *place = person(number * 7)
    first = ("Bill", "Bob", "Liz", "Maggie")[number * 7 % 4]
    return [
        first,
        last,
        f"office{number}@example.org",
        company,
        street.replace("Street", "St."),
        *place,
    ]


if __name__ == "__main__":
    sys.exit(main())
