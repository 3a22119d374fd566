"""A run over workers taken back from any machine: all of its locations, though one of them refuses, and though it is stopped."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from importer.errors import InterruptedRunError, RunConflictError
from importer.results.undo import UndoSummary
from importer.runs.context import RunContext
from importer.runs.undo.taking import UndoOptions, undo
from importer.runtime.stopping import StopSignal
from importer.sandbox import Account, Fault, Sandbox, SandboxSettings
from importer.settings import Connection, ReadingOptions, Secret
from importer.state.postgres.address import Address
from importer.state.postgres.locks import LocationHeldError
from tests.parts.cluster import Cluster

A_ALONE = "pit-of-a"


@pytest.fixture
async def cluster(tmp_path: Path, postgres: str) -> AsyncIterator[Cluster]:
    """Machines with a token for both locations, and another one that has one for A alone."""
    accounts = (
        Account(token="pit-invented", locations=frozenset({"A", "B"})),
        Account(token=A_ALONE, locations=frozenset({"A"})),
    )
    async with Sandbox(SandboxSettings(burst=0, search_lag_seconds=0, accounts=accounts)) as vendor:
        yield Cluster(folder=tmp_path, address=Address.read(postgres), vendor=vendor)


async def taken_back(
    cluster: Cluster, run_id: str, *, token: str | None = None, stop: StopSignal | None = None
) -> UndoSummary:
    return await undo(
        run_id,
        state_path=cluster.store("four").state,
        connection=Connection(base_url=cluster.vendor.base_url, token=Secret(token or cluster.token)),
        reading=ReadingOptions(),
        options=UndoOptions(),
        context=RunContext(stop=stop or StopSignal()),
    )


def told(cluster: Cluster, summary: UndoSummary) -> Counter[tuple[str, str]]:
    """Count the lines of the file by location and end."""
    rows = (cluster.folder / cluster.source).read_text(encoding="utf-8").splitlines()
    with summary.path.open(encoding="utf-8-sig", newline="") as file:
        return Counter(
            (rows[int(line["undo_row"]) - 1].partition(",")[0], line["undo_status"])
            for line in csv.DictReader(file)
        )


def left(cluster: Cluster) -> dict[str, int]:
    return {each: len(cluster.vendor.contacts(each)) for each in "AB"}


def deletes(cluster: Cluster) -> int:
    paths: dict[str, int] = cluster.vendor.state()["paths"]
    return sum(count for path, count in paths.items() if path.startswith("DELETE contacts"))


async def sent(cluster: Cluster, **given: object) -> str:
    run_id = (await cluster.submit(**given)).run_id
    assert (await cluster.work()).tally.exit_code == 0
    return run_id


async def test_contacts_that_all_parts_made_are_deleted_from_a_machine_that_sent_none_of_them(
    cluster: Cluster,
) -> None:
    cluster.vendor.add_contact("B", email="n0@B.example.com", firstName="Before")
    cluster.write({"A": 5, "B": 3})
    run_id = await sent(cluster)
    summary = await taken_back(cluster, run_id)
    assert told(cluster, summary) == {("A", "deleted"): 5, ("B", "deleted"): 2, ("B", "kept"): 1}
    assert left(cluster) == {"A": 0, "B": 1}
    with pytest.raises(RunConflictError, match="was taken back"):
        await cluster.part(run_id, "A")
    assert (await cluster.submit()).run_id != run_id


async def test_a_location_that_refuses_hides_no_other_and_is_taken_back_once_it_lets_us(
    cluster: Cluster,
) -> None:
    cluster.write({"A": 4, "B": 3})
    run_id = await sent(cluster)
    first = await taken_back(cluster, run_id, token=A_ALONE)
    assert told(cluster, first) == {("A", "deleted"): 4, ("B", "kept"): 3}
    assert any("Its location refuses us" in reason for reason in first.reasons)
    assert left(cluster) == {"A": 0, "B": 3}
    second = await taken_back(cluster, run_id)
    assert told(cluster, second) == {("A", "deleted"): 4, ("B", "deleted"): 3}
    assert (left(cluster), deletes(cluster)) == ({"A": 0, "B": 0}, 7)


async def test_an_undo_that_was_stopped_goes_on_where_it_was(cluster: Cluster) -> None:
    cluster.write({"A": 50, "B": 50})  # more than are taken back at once
    run_id = await sent(cluster)
    stop = StopSignal()

    def stopping(body: bytes) -> bytes:
        stop.request(InterruptedRunError("Somebody pressed Ctrl-C."))
        return body

    cluster.vendor.script([Fault(path="contacts/", alter=stopping)])
    first = await taken_back(cluster, run_id, stop=stop)
    assert (first.stopped, first.reason_code) == ("Somebody pressed Ctrl-C.", "interrupted")
    assert sum(left(cluster).values()) > 0
    second = await taken_back(cluster, run_id)
    assert second.stopped is None
    assert told(cluster, second) == {("A", "deleted"): 50, ("B", "deleted"): 50}
    assert (left(cluster), deletes(cluster)) == ({"A": 0, "B": 0}, 100)


async def test_what_a_comparing_run_overwrote_is_put_back_in_all_locations_that_it_reached(
    cluster: Cluster,
) -> None:
    for location in "AB":
        for number in range(3):
            cluster.vendor.add_contact(location, email=f"n{number}@{location}.example.com", firstName="Old")
    cluster.write({"A": 4, "B": 4})
    run_id = (await cluster.submit(compare=True)).run_id
    await cluster.part(run_id, "A")  # B waits for a worker: nothing of it is decided yet
    first = await taken_back(cluster, run_id)
    assert told(cluster, first) == {("A", "restored"): 3, ("A", "deleted"): 1, ("B", "nothing"): 4}
    for location in "AB":
        names = [each["properties"]["firstName"] for each in cluster.vendor.contacts(location)]
        assert names == ["Old"] * 3


async def test_a_part_that_a_worker_has_is_not_taken_back_under_its_hands(cluster: Cluster) -> None:
    cluster.write({"A": 2, "B": 2})
    run_id = (await cluster.submit()).run_id
    await cluster.part(run_id, "A")
    with (
        cluster.store("two").take(run_id, "B"),
        pytest.raises(LocationHeldError, match="Location B is being"),
    ):
        await taken_back(cluster, run_id)
    assert left(cluster) == {"A": 2, "B": 0}
