"""How fast results are written: the real reader and journal, against reading and writing the file with csv alone.

python benchmarks/results_speed.py [ROWS] [csv|xlsx]
"""

from __future__ import annotations

import csv
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

from importer.reading import open_source
from importer.records import Outcome, Remedy, Status, row_id
from importer.results import ResultsWriter
from importer.results.files import RunFiles
from importer.sources import stage
from importer.state.journal import Journal, Run, RunState
from importer.state.written import WrittenFiles

HEADER = [f"Column {number}" for number in range(25)]


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    results_format = sys.argv[2] if len(sys.argv) > 2 else "csv"
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        write_source(home / "contacts.csv", rows)
        plain = timed(lambda: copy_with_csv(home / "contacts.csv", home / "copy.csv"))
        with journal_of(home, rows) as journal:
            source = open_source(journal.run.sources[0].path)
            reading = timed(lambda: sum(len(block) for block in source.blocks(2000)))
            asking = timed(lambda: sum(1 for _ in journal.outcomes()))

            def write() -> None:
                with ResultsWriter(
                    journal=journal,
                    run_id=journal.run.id,
                    sources=[source],
                    files=RunFiles(home / "out", WrittenFiles(home)),
                    results_format=results_format,
                ) as writer:
                    writer.finish(journal.run)

            writing = timed(write)
            if results_format == "csv":
                tracemalloc.start()
                write()
                peak = tracemalloc.get_traced_memory()[1] / 1e6
                print(f"peak of Python's memory while writing: {peak:.1f} MB")
        for name, seconds in (
            ("csv.reader to csv.writer", plain),
            ("our reader alone", reading),
            ("outcomes from the journal alone", asking),
            (f"all files, {results_format}", writing),
        ):
            print(f"{name:<34}{seconds:8.2f} s{rows / seconds:12,.0f} rows/s")


def timed(work: object) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def write_source(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(rows):
            tail = [f"v{number % 97} {column}" if column % 3 else "" for column in range(22)]
            writer.writerow(
                [f"Name{number}", f"n{number}@example.com", f"+1415555{number % 10_000:04}", *tail]
            )


def copy_with_csv(source: Path, target: Path) -> None:
    with (
        source.open(encoding="utf-8", newline="") as read,
        target.open("w", encoding="utf-8", newline="") as write,
    ):
        csv.writer(write).writerows(csv.reader(read))


def journal_of(home: Path, rows: int) -> Journal:
    folder = home / "run"
    (folder / "sources").mkdir(parents=True)
    run = Run(
        id="speed",
        started_at=0.0,
        sources=(stage(str(home / "contacts.csv"), folder / "sources", 0),),
        mapping_path=Path("m.yaml"),
        mapping_text="version: 1\n",
        mapping_fingerprint="0",
        base_url="https://example.test",
    )
    journal = Journal.create(folder, run)
    journal.set_rows_read(rows)
    journal.settle(outcomes(rows))
    journal.set_state(RunState.FINISHED)
    return journal


def outcomes(rows: int) -> Iterator[Outcome]:
    for number in range(2, rows + 2):
        failed = number % 20 == 0
        yield Outcome(
            row=row_id(0, number),
            status=Status.FAILED if failed else Status.CREATED,
            location_id="ve9EPM428h8vShlRW1KT",
            contact_id=None if failed else f"c{number:019}",
            code="refused" if failed else None,
            message="HighLevel refused the row: 'email must be an email'." if failed else None,
            remedy=Remedy.FIX_ROW if failed else Remedy.NONE,
            http_status=422 if failed else 200,
            attempts=1,
            trace_id="7f0c0a9e-4a52-4d0a-9d52-0d8e0f7a1b2c",
        )


if __name__ == "__main__":
    main()
