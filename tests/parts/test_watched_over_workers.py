"""A run over workers as others see and steer it: the screen, `show --follow`, pause from anywhere, other runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from importer.errors import RunConflictError, SettingsError
from importer.parts.closing import wishes_heeded
from importer.parts.queue import open_queue
from importer.pipeline import run as run_alone
from importer.runs.over_workers import RunOverWorkers
from importer.runtime.stopping import StopSignal
from importer.sandbox import Sandbox, SandboxSettings
from importer.state.journal import RunState
from importer.state.parts import PartState
from importer.state.postgres.address import Address
from importer.state.postgres.locks import LocationHeldError
from importer.state.remote import EndWish
from importer.ui.runs import ScreenRuns
from tests.parts.cluster import Cluster
from tests.patience import PATIENCE


async def test_the_screen_shows_a_run_as_one_with_who_is_at_work(cluster: Cluster) -> None:
    cluster.write({"A": 3, "B": 1})
    run_id, store = (await cluster.submit()).run_id, cluster.store("screen")
    shown = ScreenRuns(store.state)
    (live,) = shown.under_way()
    assert (live["run_id"], live["under_way"], live["rows"], live["settled"]) == (run_id, True, 4, 0)
    assert (live["parts"], live["workers"]) == ({"queued": 2, "running": 0, "stopped": 0, "finished": 0}, [])
    await cluster.part(run_id, "A")
    found = shown.progress(shown.find(run_id))
    assert (found["settled"], found["created"], found["parts"]) == (
        3,
        3,
        {"queued": 1, "running": 0, "stopped": 0, "finished": 1},
    )
    with cluster.store("two").take(run_id, "B") as journal:
        journal.set_state(RunState.RUNNING)
        at_work = shown.progress(shown.find(run_id))
        assert len(at_work["workers"]) == 1  # type: ignore[arg-type]
    shown.wish(run_id, EndWish.PAUSE)
    assert (await cluster.part(run_id, "B")).reason_code == "paused"
    assert shown.under_way() == []
    assert shown.progress(shown.find(run_id))["under_way"] is False
    with pytest.raises(SettingsError, match="not under way any more"):
        shown.wish(run_id, EndWish.STOP)


async def test_how_fast_it_goes_is_told_by_two_looks(cluster: Cluster) -> None:
    cluster.write({"A": 4, "B": 4})
    run_id = (await cluster.submit()).run_id
    at = 100.0
    watched = RunOverWorkers(cluster.store("three").folder, run_id, lambda: at)
    first = watched.look()
    assert (first["phase"], first["rows_per_second"], first["seconds_left"]) == ("sending", 0.0, None)
    await cluster.part(run_id, "A")
    at += 2.0
    second = watched.look()
    assert (second["rows_per_second"], second["seconds_left"]) == (2.0, 2.0)
    await cluster.part(run_id, "B")
    at += 2.0
    assert (watched.look()["phase"], watched.look()["seconds_left"]) == ("ended", None)


def wait_until(is_so: Callable[[], Any]) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.parametrize("wish", list(EndWish))
async def test_a_wish_reaches_a_part_that_is_under_way(wish: EndWish, tmp_path: Any, postgres: str) -> None:
    # two requests in ten seconds: it is under way when it is asked, however fast the machine
    async with Sandbox(SandboxSettings(burst=2, search_lag_seconds=0)) as vendor:
        cluster = Cluster(folder=tmp_path, address=Address.read(postgres), vendor=vendor)
        cluster.write({"A": 30, "B": 30})
        run_id, store = (await cluster.submit()).run_id, cluster.store("three")
        working = asyncio.create_task(cluster.work())
        await asyncio.to_thread(
            wait_until, lambda: all(line.state is PartState.RUNNING for line in store.lines(run_id))
        )
        store.parts(run_id).wish(wish, by="ann@desk")
        worker = await asyncio.wait_for(working, PATIENCE)
        assert worker.tally.exit_code == 3
        assert {line.reason_code for line in store.lines(run_id)} == {
            {EndWish.PAUSE: "paused", EndWish.STOP: "interrupted"}[wish]
        }
        async with open_queue(cluster.address) as queue:
            assert (await queue.load()).waiting == 0  # nobody goes on with it unasked


async def test_a_part_that_an_engine_started_hears_it_too(cluster: Cluster) -> None:
    cluster.write({"A": 1, "B": 1})
    run_id, store, stop = (await cluster.submit()).run_id, cluster.store("three"), StopSignal()
    async with wishes_heeded(store, run_id, stop):
        store.parts(run_id).wish(EndWish.PAUSE, by="ann@desk")
        await asyncio.to_thread(wait_until, lambda: stop.reason is not None)
    assert str(stop.reason) == "Paused by ann@desk."


async def test_two_runs_of_one_location_are_sent_one_after_the_other(cluster: Cluster) -> None:
    cluster.write({"A": 3, "B": 1})
    first = await cluster.submit()
    cluster.source = "others.csv"
    cluster.write({"A": 3, "C": 1})
    second = await cluster.submit()
    assert first.run_id != second.run_id
    with (
        cluster.store("two").take(first.run_id, "A"),
        pytest.raises(LocationHeldError, match="being sent to by"),
    ):
        await cluster.part(second.run_id, "A")
    assert (await cluster.work()).tally.exit_code == 0
    assert {each: len(cluster.vendor.contacts(each)) for each in "ABC"} == {"A": 3, "B": 1, "C": 1}
    counts = [cluster.results(each.run_id) for each in (first, second)]
    assert [[line["import_status"] for line in some if line["Sub"] == "A"] for some in counts] == [
        ["created"] * 3,
        ["updated"] * 3,
    ]


async def test_a_run_beside_workers_is_refused_the_location_that_one_of_them_has(cluster: Cluster) -> None:
    cluster.write({"A": 3, "B": 1})
    run_id = (await cluster.submit()).run_id
    cluster.source = "others.csv"
    cluster.write({"A": 2, "C": 1})
    with (
        cluster.store("two").take(run_id, "A"),
        pytest.raises(RunConflictError, match="Location A is being sent to by"),
    ):
        await run_alone(cluster.settings())
    assert cluster.vendor.contacts("C") == []
    assert (await run_alone(cluster.settings())).created == 3
    assert (await cluster.work()).tally.exit_code == 0
