"""What a question to an opened file costs: a row under a changed rule, the values of a column; and memory.

python benchmarks/bench.py [--rows 1000000]
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from importer.bench.asking import open_bench
from importer.mapping import parse_mapping
from importer.mapping.editing import edited, path_of

MAPPING = """\
version: 1
defaults: {region: US}
fields:
  firstName: First Name
  lastName: Last Name
  email: Email
  phone: Phone
  companyName: Company
  city: City
  country: Country
  dateOfBirth: Birthday
tags: {columns: [Tags], split: ";"}
"""
HEADER = "First Name,Last Name,Email,Phone,Company,City,Country,Tags,Birthday,Note\n"


def write_contacts(path: Path, rows: int) -> None:
    dice = random.Random(1)
    with path.open("w", encoding="utf-8") as file:
        file.write(HEADER)
        for number in range(rows):
            file.write(
                f"{dice.choice(('Ann', 'Bob'))},Lee{number % 5000},p{number}@example.com,+1212{number:07d},"
                f"Firm {dice.randrange(200_000)},{dice.choice(('Berlin', 'Paris'))},DE,a;b,1990-02-01,note {number}\n"
            )


@contextmanager
def timed(what: str) -> Iterator[None]:
    began = time.process_time()
    yield
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{what:<46} {1000 * (time.process_time() - began):>10,.1f} ms of CPU, peak {peak} MB")


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rows", type=int, default=1_000_000)
    rows = words.parse_args().rows
    mapping = parse_mapping(MAPPING)
    british = edited(MAPPING, name="mapping.yaml", set_to=[(path_of("defaults.region"), "GB")])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "contacts.csv"
        write_contacts(path, rows)
        with timed("opened"):
            opening = open_bench(str(path))
            bench = opening.__enter__()
        with timed("a row, the first time"):
            bench.becomes(mapping, [5])
        with timed("the row under a changed rule"):
            bench.becomes(british, [5])
        with timed("another row under the same mapping"):
            bench.becomes(british, [6])
        with timed("the last row (all rows are read once)"):
            bench.becomes(british, [rows + 1])
        with timed("another row far behind"):
            bench.becomes(british, [rows // 2])
        for column, prefix in (("City", ""), ("Company", ""), ("Email", ""), ("Email", "p77")):
            with timed(f"values of {column}{f' from {prefix!r} on' if prefix else ''}"):
                found = bench.values(column, prefix=prefix)
            print(f"    {found.distinct:,} different, missed at most {found.missed}")
        opening.__exit__(None, None, None)


if __name__ == "__main__":
    main()
