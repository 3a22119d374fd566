"""A run over workers that compares: each part with its own location alone, and only what changes something is sent."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import replace

import pytest

from importer.errors import MirrorError, SettingsError
from importer.jobs.job_state import JobsState
from importer.jobs.queueing import QueuedRuns
from importer.mirror.folder import MirrorFolder, MirrorHeldError
from importer.parts.going_on import again_in
from importer.parts.part import PartEnd
from importer.runtime.clock import SystemClock
from importer.runtime.stopping import StopSignal
from importer.sandbox import Fault
from importer.state.parts import PartState
from tests.parts.cluster import MAPPING, Cluster

SEARCH = "contacts/search"


def asked(cluster: Cluster, path: str) -> int:
    paths: dict[str, int] = cluster.vendor.state()["paths"]
    return paths.get(f"POST {path}", 0)


def upserts(cluster: Cluster) -> int:
    """Count what wrote to a contact, made or changed."""
    paths: dict[str, int] = cluster.vendor.state()["paths"]
    return sum(
        count
        for path, count in paths.items()
        if path.startswith(("POST contacts", "PUT contacts")) and not path.endswith("search")
    )


def ends(cluster: Cluster, run_id: str) -> Counter[tuple[str, str]]:
    lines = cluster.results(run_id)
    return Counter((line["Sub"], line["import_error_code"] or line["import_status"]) for line in lines)


def named(cluster: Cluster, location: str) -> set[str]:
    return {each["properties"]["firstName"] for each in cluster.vendor.contacts(location)}


def told_more(body: bytes) -> bytes:
    """Say that the location has more contacts than ever come."""
    said = json.loads(body)
    return json.dumps({**said, "total": said["total"] + 5}).encode()


async def test_the_first_run_sends_and_the_second_only_what_changed(cluster: Cluster) -> None:
    cluster.write({"A": 5, "B": 3})
    first = await cluster.submit(compare=True)
    assert (await cluster.work()).tally.exit_code == 0
    assert ends(cluster, first.run_id) == {("A", "created"): 5, ("B", "created"): 3}
    written = upserts(cluster)
    text = (cluster.folder / "contacts.csv").read_text(encoding="utf-8")
    changed = text.replace("A,N1,", "A,New,") + "B,N9,n9@B.example.com\n"
    (cluster.folder / "contacts.csv").write_text(changed, encoding="utf-8")
    second = await cluster.submit(compare=True)
    assert (await cluster.work("three")).tally.exit_code == 0
    lines = cluster.results(second.run_id, "three")
    found = Counter((each["Sub"], each["import_error_code"] or each["import_status"]) for each in lines)
    assert found == {
        ("A", "unchanged"): 4,
        ("A", "updated"): 1,
        ("B", "unchanged"): 3,
        ("B", "created"): 1,
    }
    assert upserts(cluster) == written + 2
    assert "New" in named(cluster, "A")


@pytest.mark.parametrize("rule", ["defaults: {on_update: if_blank}", "defaults: {on_update: never}"])
async def test_a_policy_of_the_mapping_compares_too(cluster: Cluster, rule: str) -> None:
    cluster.vendor.add_contact("A", email="n0@A.example.com", firstName="Kept")
    cluster.write({"A": 2, "B": 1}, mapping=f"{MAPPING}{rule}\n")
    run_id = (await cluster.submit()).run_id
    assert (await cluster.work()).tally.exit_code == 0
    assert ends(cluster, run_id) == {("A", "unchanged"): 1, ("A", "created"): 1, ("B", "created"): 1}
    assert named(cluster, "A") == {"Kept", "N1"}


async def test_a_mirror_that_is_not_whole_is_not_believed_and_keeps_no_other_location_waiting(
    cluster: Cluster,
) -> None:
    for location in "AB":
        cluster.vendor.add_contact(location, email=f"n0@{location}.example.com", firstName="N0")
    cluster.write({"A": 2, "B": 2})
    run_id = (await cluster.submit(compare=True)).run_id
    cluster.vendor.script([Fault(path=SEARCH, alter=told_more, times=2)])
    with pytest.raises(MirrorError, match="HighLevel counts 6 contacts, and 1 came"):
        await cluster.part(run_id, "A")
    assert (upserts(cluster), cluster.store().lines(run_id)[0].reason_code) == (0, "mirror")
    assert (await cluster.part(run_id, "B")).exit_code == 0
    assert upserts(cluster) == 1
    # whoever queues it again lets the location be read anew
    await cluster.submit(compare=True)
    assert (await cluster.work()).tally.exit_code == 0
    assert ends(cluster, run_id) == {
        (location, end): 1 for location in "AB" for end in ("unchanged", "created")
    }


async def test_what_a_machine_decided_before_its_end_another_goes_on_with(cluster: Cluster) -> None:
    for number in range(30):
        cluster.vendor.add_contact("A", email=f"n{number}@A.example.com", firstName="Old")
    cluster.write({"A": 30, "B": 1})
    run_id = (await cluster.submit(compare=True, max_requests=20)).run_id
    first = await cluster.part(run_id, "A")
    assert (first.reason_code, first.counts.pending > 0, first.counts.updated > 0) == (
        "budget_spent",
        True,
        True,
    )
    searched = asked(cluster, SEARCH)
    untouched = next(
        each for each in cluster.vendor.contacts("A") if each["properties"]["firstName"] == "Old"
    )
    cluster.vendor.edit(untouched["id"], fields={"firstName": "Person"})
    await cluster.submit(compare=True)
    assert (await cluster.work("three")).tally.exit_code == 0
    assert asked(cluster, SEARCH) == searched + 1  # B alone is looked at
    lines = cluster.results(run_id, "three")
    codes = Counter(each["import_error_code"] for each in lines if each["Sub"] == "A")
    assert codes == {"": 29, "changed_since": 1}
    assert "Person" in named(cluster, "A")


async def test_a_part_that_dies_while_it_reads_its_location_is_begun_anew_elsewhere(cluster: Cluster) -> None:
    for number in range(600):  # more than one call brings
        cluster.vendor.add_contact("A", email=f"n{number}@A.example.com", firstName=f"N{number}")
    cluster.write({"A": 600, "B": 1})
    run_id = (await cluster.submit(compare=True)).run_id
    dying: asyncio.Task[PartEnd] | None = None

    def die(body: bytes) -> bytes:
        assert dying is not None
        dying.cancel()
        return body

    cluster.vendor.script([Fault(path=SEARCH), Fault(path=SEARCH, alter=die)])
    dying = asyncio.create_task(cluster.part(run_id, "A"))
    await asyncio.wait([dying])
    assert dying.cancelled()
    assert (await cluster.work("three")).tally.exit_code == 0
    assert upserts(cluster) == 1
    lines = cluster.results(run_id, "three")
    assert Counter(each["import_error_code"] for each in lines) == {"unchanged": 600, "": 1}


async def test_a_location_that_somebody_reads_just_now_is_compared_a_little_later(cluster: Cluster) -> None:
    cluster.write({"A": 1, "B": 1})
    run_id = (await cluster.submit(compare=True)).run_id
    mirrors = MirrorFolder(cluster.store("three").state, clock=SystemClock())
    with (
        mirrors.reading(cluster.vendor.base_url, "A"),
        pytest.raises(MirrorHeldError, match="are being read"),
    ):
        await cluster.part(run_id, "A")
    line = cluster.store().lines(run_id)[0]
    assert (line.state, again_in(line.reason_code, wished=False)) == (PartState.STOPPED, 5.0)
    assert (await cluster.work()).tally.exit_code == 0


async def test_a_trial_that_compares_needs_one_process(cluster: Cluster) -> None:
    cluster.write({"A": 1, "B": 1})
    with pytest.raises(SettingsError, match="Not to be spread over workers: --trial with --compare"):
        await cluster.submit(trial=1, compare=True)


async def test_a_job_that_compares_is_queued_like_any_other(cluster: Cluster) -> None:
    cluster.vendor.add_contact("A", email="n0@A.example.com", firstName="N0")
    cluster.write({"A": 2, "B": 1})
    store = cluster.store("serve")
    settings = replace(cluster.settings("serve"), compare=True)
    with JobsState.open(store.state) as jobs:
        serving = asyncio.create_task(QueuedRuns(store, jobs).run(settings, StopSignal()))
        while not serving.done():
            await cluster.work()
    summary = serving.result()
    assert (summary.created, summary.skipped) == (2, 1)
    assert {line.state for line in store.lines(summary.run_id)} == {PartState.FINISHED}
