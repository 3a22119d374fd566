"""What the past costs: a start in a state folder with many runs behind it, beside one with twenty.

    python benchmarks/history.py [--runs 5000] [--rounds 5]

CPU seconds of whole processes, the least of some rounds, in turn. Half of the runs behind are of the last day, with
marks of the quota that a start has to know; the others are older. Target: within 10 % of the few, whatever is behind.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.start import IMPORTER, Cost, compile_once, least, start, write_people
from importer.records import QuotaMark
from importer.sources import StagedSource
from importer.state import StateFolder
from importer.state.journal import Journal, Run, RunState

FEW = 20
MOST = 1.10
DAYS = 40
PROGRAMS: Mapping[str, Sequence[str]] = {
    "check": ("check", "people.csv", "-m", "people.yaml", "-q"),
    "run": ("run", "people.csv", "-m", "people.yaml", "--sandbox", "-q"),
    "runs": ("runs",),
    "show": ("show",),
}


@dataclass
class PastClock:
    """A clock that stands where a past run began."""

    at: float

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--runs", type=int, default=5_000)
    words.add_argument("--rounds", type=int, default=5)
    given = words.parse_args()
    with tempfile.TemporaryDirectory() as name:
        compile_once(Path(name))
        folders = {runs: prepared(Path(name) / str(runs), runs) for runs in (FEW, given.runs)}
        return show(given.runs, {words: compare(words, folders, given.rounds) for words in PROGRAMS})


def prepared(folder: Path, runs: int) -> Path:
    folder.mkdir()
    write_people(folder)
    now = time.time()
    for number in range(runs):
        begin(folder, number, now - (runs - number) * 86_400 / max(runs, 1) * (1 if number % 2 else DAYS))
    return folder


def begin(folder: Path, number: int, at: float) -> None:
    """Begin and end a run of a file of its own."""
    clock = PastClock(at)
    new = StateFolder(folder / "state", clock=clock).new_run()
    text = f"Email\nann{number}@example.test\n"
    copy = new.sources / "0.csv"
    copy.write_text(text)
    source = StagedSource(
        index=0, reference=f"past-{number}.csv", name=f"past-{number}.csv", path=copy,
        fingerprint=hashlib.sha256(text.encode()).hexdigest(), size=len(text),
    )  # fmt: skip
    run = Run(
        id=new.id, started_at=at, sources=(source,), mapping_path=Path("past.yaml"), mapping_text="version: 1\n",
        mapping_fingerprint="0" * 64, location_id="location1", base_url="https://services.leadconnectorhq.com",
        working_folder=folder, options={"output": str(folder / "import-results")},
    )  # fmt: skip
    with Journal.create(new.path, run, clock=clock) as journal:
        journal.mark_quota(
            [QuotaMark(location_id=f"location{number % 7}", at=at, in_window=10, used_today=10)]
        )
        journal.set_state(RunState.FINISHED)
    os.utime(new.path / "journal.db", (at, at))


def compare(name: str, folders: Mapping[int, Path], rounds: int) -> Mapping[int, Cost]:
    costs: dict[int, list[Cost]] = {runs: [] for runs in folders}
    for turn in range(rounds + 1):  # the first warms caches, and makes the index
        for runs, folder in folders.items():
            people = folder / "people.csv"
            people.write_text(
                people.read_text().replace(f"ann0-{turn - 1}@", "ann0@").replace("ann0@", f"ann0-{turn}@")
            )
            costs[runs].append(start((*IMPORTER, *PROGRAMS[name]), folder))
    return {runs: least(found[1:]) for runs, found in costs.items()}


def show(most: int, found: Mapping[str, Mapping[int, Cost]]) -> int:
    print(f"{'':<8} {'CPU ms, ' + str(FEW) + ' runs':>15} {f'{most:,} runs':>12} {'times':>6}")
    missed = False
    for name, costs in found.items():
        few, many = costs[FEW].cpu_seconds, costs[most].cpu_seconds
        missed |= many > MOST * few
        late = f"  MISSED (<= {MOST})" if many > MOST * few else ""
        print(f"{name:<8} {1e3 * few:>15.0f} {1e3 * many:>12.0f} {many / few:>6.2f}{late}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
