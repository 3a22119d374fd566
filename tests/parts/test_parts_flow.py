"""A run over workers, from the file to the results, in a real Postgres and against the stand-in for HighLevel."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from importer.parts.closing import ClosingRuns
from importer.parts.part import PartEnd, PartWork, work_on_part
from importer.parts.queue import QueuedPart, open_queue
from importer.parts.store import PartStore
from importer.parts.submitting import Submitted, submit
from importer.parts.worker import Worker
from importer.runs.context import RunContext
from importer.runtime.stopping import StopSignal
from importer.sandbox import Sandbox, SandboxSettings
from importer.settings import Connection, RunSettings, Secret
from importer.state.postgres.address import Address
from importer.state.postgres.faces import make_face

MAPPING = """\
version: 1
location: {column: Sub}
fields: {firstName: First, email: Mail}
"""


@dataclass(kw_only=True)
class Cluster:
    """Machines with one Postgres between them, and the vendor's stand-in."""

    folder: Path
    address: Address
    vendor: Sandbox

    def store(self, machine: str = "one") -> PartStore:
        return PartStore.at(make_face(self.address, self.folder / machine), needed_by="a test")

    def connection(self, token: str = "pit-invented") -> Connection:
        return Connection(base_url=self.vendor.base_url, token=Secret(token))

    def settings(self, machine: str = "one", **given: object) -> RunSettings:
        return RunSettings(
            sources=(str(self.folder / "contacts.csv"),),
            mapping=self.folder / "mapping.yaml",
            connection=self.connection(),
            state=self.store(machine).state,
            output=self.folder / "results",
            **given,  # type: ignore[arg-type]
        )

    def write(self, rows: dict[str, int], mapping: str = MAPPING, more: str = "") -> None:
        (self.folder / "mapping.yaml").write_text(mapping, encoding="utf-8")
        lines = [
            f"{location},N{number},n{number}@{location}.example.com"
            for number in range(max(rows.values()))
            for location, count in rows.items()
            if number < count
        ]
        (self.folder / "contacts.csv").write_text(
            "Sub,First,Mail\n" + "\n".join(lines) + f"\n{more}", encoding="utf-8"
        )

    async def submit(self, **given: object) -> Submitted:
        return await submit(self.settings(**given))

    async def work(self, machine: str = "two") -> Worker:
        """Let one worker empty the queue."""
        store = self.store(machine)

        async def work_on(part: QueuedPart, stop: StopSignal) -> PartEnd:
            return await self.part(part.run_id, part.location, machine, stop=stop)

        worker = Worker(work_on, ClosingRuns(store, self.folder / machine / "results"))
        async with open_queue(self.address) as queue:
            await worker.work(queue, concurrency=4, until_empty=True)
        return worker

    async def part(
        self, run_id: str, location: str, machine: str = "two", *, stop: StopSignal | None = None
    ) -> PartEnd:
        context = RunContext(stop=stop or StopSignal(), unattended=True)
        work = PartWork(run_id=run_id, location=location, connection=self.connection(), context=context)
        return await work_on_part(work, self.store(machine))

    def results(self, run_id: str, machine: str = "two") -> list[dict[str, str]]:
        path = self.folder / machine / "results" / run_id / "results.csv"
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture
async def cluster(tmp_path: Path, postgres: str) -> AsyncIterator[Cluster]:
    async with Sandbox(SandboxSettings(burst=0, search_lag_seconds=0)) as vendor:
        yield Cluster(folder=tmp_path, address=Address.read(postgres), vendor=vendor)


async def test_every_row_reaches_its_location_once_and_is_told_once(cluster: Cluster) -> None:
    cluster.write({"A": 5, "B": 3, "C": 1})
    submitted = await cluster.submit()
    assert (submitted.parts, submitted.rows) == (3, 9)
    worker = await cluster.work()
    assert worker.tally.exit_code == 0
    assert {each: len(cluster.vendor.contacts(each)) for each in "ABC"} == {"A": 5, "B": 3, "C": 1}
    lines = cluster.results(submitted.run_id)
    assert [int(line["import_row"]) for line in lines] == list(range(2, 11))
    assert Counter(line["import_status"] for line in lines) == {"created": 9}
