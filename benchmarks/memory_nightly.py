"""What remembering costs: a nightly file of N people, first all new, then 1 % changed.

    python benchmarks/memory_nightly.py [ROWS]

Only memory is timed (hashing the payloads included); reading and mapping come on top.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

from importer.records import Json, Outcome, Status
from importer.state.memory import Memory, PersonRow, fingerprint

BLOCK = 1000


def candidate(row: int, night: int) -> PersonRow:
    changed = night and row % 100 == night
    payload: dict[str, Json] = {
        "locationId": "ve9EPM428h8vShlRW1KT",
        "firstName": f"Ada {row}",
        "lastName": "Lovelace",
        "email": f"ada{row}@example.com",
        "phone": f"+1555{row:07d}",
        "city": "Moved" if changed else "London",
        "customFields": [{"id": "abcdefghijklmnopqrst", "field_value": "M"}],
    }
    keys = (f"email:ada{row}@example.com", f"phone:+1555{row:07d}")
    return PersonRow(
        row=row, location_id="ve9EPM428h8vShlRW1KT", keys=keys, fingerprint=fingerprint(payload, "upsert")
    )


def run(state: Path, rows: int, night: int) -> tuple[float, int]:
    started, sent = time.perf_counter(), 0
    with Memory.open(state) as memory:
        turn = memory.begin(run_id=str(night), realm="https://example.com", feed="nightly")
        for first in range(0, rows, BLOCK):
            block = [candidate(row, night) for row in range(first, min(first + BLOCK, rows))]
            unchanged = turn.unchanged(block)
            changed = [one for one, same in zip(block, unchanged, strict=True) if not same]
            sent += len(changed)
            turn.settled(
                Outcome(row=one.row, status=Status.UPDATED, contact_id=f"c{one.row:019d}") for one in changed
            )
        turn.finish(complete=True)
    return time.perf_counter() - started, sent


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 500_000
    with tempfile.TemporaryDirectory() as folder:
        for night in range(3):
            seconds, sent = run(Path(folder), rows, night)
            size = (Path(folder) / "memory.db").stat().st_size
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(
                f"night {night}: {rows:,} rows, {sent:,} to send, {seconds:.1f} s "
                f"({rows / seconds:,.0f} rows/s), {size / 1e6:.0f} MB on disk, {peak} MB resident"
            )


if __name__ == "__main__":
    main()
