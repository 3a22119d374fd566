"""What starting costs: whole processes, beside one that only imports aiohttp, in the same run.

    python benchmarks/start.py [--rounds 7]

CPU seconds of a process and of those that it starts, the least of some rounds; the programs take turns, so that a busy
machine disturbs all of them alike. Read the ratios. Targets: `--help` at most 0.35 times `import aiohttp`, a check of ten
rows 1.4 times, a run of ten rows into the sandbox 2.2 times.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

IMPORTER = ("-m", "importer")
MEASURE = "import aiohttp"
ROWS = 10
MAPPING = """\
version: 1
defaults: {region: US, date_order: MDY}
fields: {firstName: First, lastName: Last, email: Email, phone: Phone, dateOfBirth: Born, country: Country}
tags: {columns: [Tags], split: ";"}
custom_fields: {Shirt Size: Shirt}
"""


@dataclass(frozen=True, kw_only=True)
class Program:
    """Words for the interpreter, and how many times the measure they may cost."""

    words: Sequence[str]
    most: float | None = None


PROGRAMS: Mapping[str, Program] = {
    MEASURE: Program(words=("-c", MEASURE)),
    "an empty program": Program(words=("-c", "")),
    "importer --help": Program(words=(*IMPORTER, "--help"), most=0.35),
    f"check of {ROWS} rows": Program(
        words=(*IMPORTER, "check", "people.csv", "-m", "people.yaml", "-q"), most=1.4
    ),
    f"run of {ROWS} rows": Program(
        words=(*IMPORTER, "run", "people.csv", "-m", "people.yaml", "--sandbox", "-q"), most=2.2
    ),
}


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one start took."""

    cpu_seconds: float
    wall_seconds: float


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--rounds", type=int, default=7)
    rounds = words.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        compile_once(Path(folder))
        write_people(Path(folder))
        costs: dict[str, list[Cost]] = {name: [] for name in PROGRAMS}
        for _ in range(rounds + 1):  # the first warms the caches of files and byte code
            for name, program in PROGRAMS.items():
                costs[name].append(start(program.words, Path(folder)))
    return show({name: least(found[1:]) for name, found in costs.items()})


def compile_once(folder: Path) -> None:
    """Let modules be compiled once, as they are where a package is installed, and not in each process."""
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
        os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")


def write_people(folder: Path) -> None:
    rows = [
        f"Ann{number},Lee,ann{number}@example.com,212555{number:04},3/14/1985,US,lead;warm,M"
        for number in range(ROWS)
    ]
    text = "\n".join(["First,Last,Email,Phone,Born,Country,Tags,Shirt", *rows, ""])
    (folder / "people.csv").write_text(text, encoding="utf-8")
    (folder / "people.yaml").write_text(MAPPING, encoding="utf-8")


def start(words: Sequence[str], folder: Path) -> Cost:
    surroundings = {**os.environ, "IMPORTER_STATE": str(folder / "state")}
    before, begun = children_seconds(), time.perf_counter()
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=surroundings, check=False, capture_output=True, text=True
    )
    cost = Cost(cpu_seconds=children_seconds() - before, wall_seconds=time.perf_counter() - begun)
    if done.returncode:
        sys.exit(f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return cost


def children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def least(costs: Sequence[Cost]) -> Cost:
    return Cost(
        cpu_seconds=min(cost.cpu_seconds for cost in costs),
        wall_seconds=min(cost.wall_seconds for cost in costs),
    )


def show(costs: Mapping[str, Cost]) -> int:
    unit = costs[MEASURE].cpu_seconds
    print(f"{'':<20} {'CPU ms':>8} {'wall ms':>8} {'CPU in ' + repr(MEASURE):>24}")
    missed = False
    for name, cost in costs.items():
        ratio, most = cost.cpu_seconds / unit, PROGRAMS[name].most
        late = most is not None and ratio > most
        target = "" if most is None else f"  <= {most}{'  MISSED' if late else ''}"
        print(
            f"{name:<20} {1e3 * cost.cpu_seconds:>8.0f} {1e3 * cost.wall_seconds:>8.0f} {ratio:>24.2f}{target}"
        )
        missed |= late
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
