"""What the journal costs: CPU per row for an intent before and an outcome after, each batch durable on the disk.

    python benchmarks/journal.py [--rows 100000] [--folder DIR] [--postgres ADDRESS | own]

The target is under 15 us CPU a row in batches of 50 and more. "plain" is the same rows by the same statements and in as many
transactions, without what makes the journal tell that it lost its end or was changed: checksums, numbers, seal. The folder should lie on a real disk: on a RAM disk a
sync costs nothing. Rows settle in nearly source order, as replies come in. With ``--postgres`` the same rows go to a server as well
(``own``: one that is started for it), where the client's CPU has the same target, and the wall is mostly the server's disk.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import resource
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from importer.records import Fault, Intent, Landed, Outcome, Status
from importer.sources import StagedSource
from importer.state.journal import Journal, Run, RunState
from importer.state.journal.rows import INTENT_COLUMNS, OUTCOME_COLUMNS, intent_cells, outcome_cells
from importer.state.postgres.address import Address
from importer.state.postgres.faces import mark_face

TARGET_MICROSECONDS = 15.0
TURNS = 7
"""So often the two are measured in turn, since a machine has its moods; the least of each counts."""
PLAIN_INTEND = (
    f'INSERT INTO intents ({INTENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT("row") DO NOTHING'  # noqa: S608
)
PLAIN_SETTLE = f"""
    INSERT INTO outcomes ({OUTCOME_COLUMNS}, pass) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT("row") DO UPDATE SET status = excluded.status WHERE outcomes.pass < excluded.pass
"""  # noqa: S608


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--postgres", default=None)
    given = parser.parse_args()
    worst = 0.0
    print(f"{given.rows:,} rows: intent + outcome, every 20th with a warning; us per row")
    print(f"{'batch':>6} {'sync':>7} {'CPU':>7} {'wall':>7} {'+ landed CPU':>13} {'MB/M rows':>10}")
    for batch in (1, 10, 50, 100, 500):
        rows = given.rows if batch >= 50 else given.rows // 10
        for level in ("FULL", "NORMAL"):
            cpu, wall, size = measure(rows, batch, level, given.folder, follow_ups=False)
            landed_cpu, _, _ = measure(rows, batch, level, given.folder, follow_ups=True)
            print(f"{batch:>6} {level:>7} {cpu:>7.1f} {wall:>7.1f} {landed_cpu:>13.1f} {size:>10.0f}")
            if batch >= 50 and level == "FULL":
                worst = max(worst, cpu)
    read(given.rows, given.folder)
    for batch in (10, 50, 500):
        rows = given.rows // 2 if batch >= 50 else given.rows // 20
        print(f"batches of {batch}: {compare(rows, batch, given.folder):.2f} times the CPU of plain SQLite")
    print(f"worst of batches >= 50 with FULL: {worst:.1f} us CPU a row (target < {TARGET_MICROSECONDS:.0f})")
    if given.postgres:
        worst = max(worst, over_postgres(given.rows, given.folder, given.postgres))
    sys.exit(worst >= TARGET_MICROSECONDS)


def over_postgres(rows: int, folder: Path | None, address: str) -> float:
    """Print what a row costs this process where the journal is in Postgres; give the worst of batches from 50 on."""
    with server(address) as reached:
        print(f"{'batch':>6} {'Postgres CPU':>13} {'wall':>7} {'+ landed CPU':>13}")
        worst = 0.0
        for batch in (1, 10, 50, 100, 500):
            count = rows if batch >= 50 else rows // 20
            cpu, wall, _ = measure(count, batch, "", folder, follow_ups=False, address=reached)
            landed_cpu, _, _ = measure(count, batch, "", folder, follow_ups=True, address=reached)
            print(f"{batch:>6} {cpu:>13.1f} {wall:>7.1f} {landed_cpu:>13.1f}")
            if batch >= 50:
                worst = max(worst, cpu)
        read(rows, folder, reached)
    print(
        f"worst of batches >= 50 in Postgres: {worst:.1f} us CPU a row (target < {TARGET_MICROSECONDS:.0f})"
    )
    return worst


@contextlib.contextmanager
def server(address: str) -> Iterator[str]:
    if address != "own":
        yield address
        return
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tests.postgres_server import empty_database, own_server

    with own_server() as started, empty_database(started) as empty:
        yield empty


def measure(
    rows: int, batch: int, level: str, folder: Path | None, *, follow_ups: bool, address: str = ""
) -> tuple[float, float, float]:
    """CPU and wall us per row, and MB per million rows; the nouns are made outside the clock."""
    work = list(batches(rows, batch))
    with begun(folder, address) as journal:
        journal._db.execute(f"PRAGMA synchronous = {level}")  # noqa: SLF001  (only a benchmark may ask for less)
        cpu, wall = time.process_time(), time.perf_counter()
        for intents, landed, outcomes in work:
            journal.intend(intents)
            if follow_ups:
                journal.append(landed=landed)
            journal.settle(outcomes)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        journal.set_rows_read(rows)
        journal.set_state(RunState.FINISHED)
        size = 0 if address else journal.path.stat().st_size
    return cpu / rows * 1e6, wall / rows * 1e6, size / rows


def compare(rows: int, batch: int, folder: Path | None) -> float:
    """Tell how many times the CPU of plain appends the journal takes."""
    ours, plain = [], []
    for _ in range(TURNS):
        ours.append(measure(rows, batch, "FULL", folder, follow_ups=False)[0])
        plain.append(measure_plain(rows, batch, folder))
    return min(ours) / min(plain)


def measure_plain(rows: int, batch: int, folder: Path | None) -> float:
    work = list(batches(rows, batch))
    with begun(folder) as journal:
        db = journal._db  # noqa: SLF001  (the same file, written by hand)
        cpu = time.process_time()
        for intents, _, outcomes in work:
            with db.transaction():
                db.executemany(PLAIN_INTEND, [intent_cells(intent) for intent in intents])
            with db.transaction():
                db.executemany(PLAIN_SETTLE, [(*outcome_cells(outcome), 1) for outcome in outcomes])
        return (time.process_time() - cpu) / rows * 1e6


def read(rows: int, folder: Path | None, address: str = "") -> None:
    """Time what a resume and the results read."""
    with begun(folder, address) as journal:
        for intents, _, outcomes in batches(rows, 500):
            journal.intend(intents)
            journal.settle(outcomes)
        clock = time.process_time()
        for first in range(2, rows + 2, 1_000):
            journal.row_states(first, first + 999)
        row_states = time.process_time() - clock
        clock = time.process_time()
        count = sum(1 for _ in journal.outcomes())
        outcomes_read = time.process_time() - clock
        clock = time.process_time()
        journal.counts()
        counts = time.process_time() - clock
        if count != rows:
            sys.exit(f"{rows - count} outcomes were lost")
    print(
        f"reading: row states {row_states / rows * 1e6:.1f} us a row, outcomes {outcomes_read / rows * 1e6:.1f} us a row, "
        f"counts {counts * 1e3:.1f} ms; peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
    )


@contextlib.contextmanager
def begun(folder: Path | None, address: str = "") -> Iterator[Journal]:
    with tempfile.TemporaryDirectory(dir=folder) as name:
        place = Path(name)
        if address:
            mark_face(place, Address.read(address))
            place = place / "runs" / secrets.token_hex(8)
            place.mkdir(parents=True)
        copy = place / "0.csv"
        copy.write_text("Email\n")
        source = StagedSource(index=0, reference="0.csv", name="0.csv", path=copy, fingerprint="0", size=6)
        run = Run(
            id="run",
            started_at=0.0,
            sources=(source,),
            mapping_path=Path("m.yaml"),
            mapping_text="version: 1",
            mapping_fingerprint="0",
            base_url="https://api.example.test",
        )
        with Journal.create(place, run) as journal:
            yield journal


def batches(rows: int, size: int) -> Iterator[tuple[Sequence[Intent], Sequence[Landed], Sequence[Outcome]]]:
    shuffled = random.Random(1)
    for start in range(2, rows + 2, size):
        numbers = list(range(start, min(start + size, rows + 2)))
        intents = [
            Intent(row=row, location_id="ve9EPM428h8vShlRW1KT", first_attempt_at=1.7e9) for row in numbers
        ]
        shuffled.shuffle(numbers)
        yield intents, [landed(row) for row in numbers], [outcome(row) for row in numbers]


def landed(row: int) -> Landed:
    return Landed(
        row=row,
        location_id="ve9EPM428h8vShlRW1KT",
        status=Status.CREATED,
        contact_id=f"contact{row:013d}",
        http_status=200,
        attempts=1,
        trace_id=f"{row:036d}",
    )


def outcome(row: int) -> Outcome:
    dropped = Fault(code="phone_dropped", message="The phone is no number.", column="Phone", fails=False)
    return Outcome(
        row=row,
        status=Status.CREATED,
        location_id="ve9EPM428h8vShlRW1KT",
        contact_id=f"contact{row:013d}",
        warnings=(dropped,) if row % 20 == 0 else (),
        http_status=200,
        attempts=1,
        trace_id=f"{row:036d}",
    )


if __name__ == "__main__":
    main()
