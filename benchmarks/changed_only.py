"""What a nightly file costs from end to end: all rows the first night, 1 % changed the second.

    python benchmarks/changed_only.py [ROWS]

The whole way (read, map, memory, send, journal, results) against a sandbox in a process of its own without a quota.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from importer import pipeline
from importer.sandbox import SandboxSettings, sandbox_aside
from importer.settings import Connection, RunSettings, Secret

MAPPING = """\
version: 1
defaults: {region: US}
fields: {firstName: First, lastName: Last, email: E-mail, phone: Phone, city: City}
tags: {always: [nightly]}
"""


def write(path: Path, rows: int, night: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("First,Last,E-mail,Phone,City\n")
        for row in range(rows):
            city = "Moved" if night and row % 100 == night else "London"
            file.write(f"Ada {row},Lovelace,ada{row}@example.com,+1213{2_000_000 + row},{city}\n")


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with (
        tempfile.TemporaryDirectory() as name,
        sandbox_aside(SandboxSettings(burst=1_000_000, daily=0)) as sandbox,
    ):
        folder = Path(name)
        (folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
        for night in range(2):
            source = folder / f"night{night}.csv"
            write(source, rows, night)
            settings = RunSettings(
                sources=(str(source),),
                mapping=folder / "mapping.yaml",
                connection=Connection(
                    base_url=sandbox.base_url, token=Secret("invented"), location_id="ve9EPM428h8vShlRW1KT"
                ),
                state=folder / "state",
                output=folder / "out",
                changed_only=True,
                feed="nightly",
            )
            started = time.perf_counter()
            summary = asyncio.run(pipeline.run(settings))
            seconds = time.perf_counter() - started
            print(
                f"night {night}: {rows:,} rows, {summary.skipped:,} unchanged, {summary.created:,} created, "
                f"{summary.updated:,} updated, {summary.failed:,} failed, {summary.requests:,} calls, {seconds:.1f} s "
                f"({rows / seconds:,.0f} rows/s)"
            )


if __name__ == "__main__":
    main()
