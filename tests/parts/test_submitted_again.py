"""A run over workers that is gone on with: by its id, by the same command, after a pause, for its failed rows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from importer import pipeline
from importer.errors import BudgetSpentError, RunConflictError
from importer.parts.closing import ClosingRuns
from importer.parts.submitting import submit_again
from importer.sandbox import Account, Sandbox, SandboxSettings
from importer.settings import ReadingOptions
from importer.state.parts import PartState
from importer.state.postgres.address import Address
from importer.state.remote import EndWish
from tests.parts.cluster import Cluster


async def test_no_process_sends_all_of_a_run_that_workers_send_part_by_part(cluster: Cluster) -> None:
    cluster.write({"A": 3, "B": 1})
    run_id = (await cluster.submit()).run_id
    settings, store = cluster.settings(), cluster.store()
    requests = cluster.vendor.vendor.tally.requests
    for go_on in (pipeline.resume, pipeline.retry):
        with pytest.raises(RunConflictError, match=f"importer resume {run_id}"):
            await go_on(
                run_id, state_path=store.state, connection=cluster.connection(), reading=ReadingOptions()
            )
    with pytest.raises(RunConflictError, match="was submitted to workers"):
        await pipeline.run(settings)
    assert cluster.vendor.vendor.tally.requests == requests
    assert (await cluster.work()).tally.exit_code == 0
    assert {each: len(cluster.vendor.contacts(each)) for each in "AB"} == {"A": 3, "B": 1}


async def test_the_same_import_is_told_once_more_when_its_parts_are_finished(cluster: Cluster) -> None:
    cluster.write({"A": 2, "B": 1})
    await cluster.submit()
    await cluster.work()
    summary = await pipeline.run(cluster.settings())
    assert (summary.repeated, summary.created) == (True, 3)


async def test_a_stopped_run_goes_on_by_its_id_with_the_rows_that_are_left(cluster: Cluster) -> None:
    cluster.write({"A": 3, "B": 2})
    run_id, store = (await cluster.submit()).run_id, cluster.store("two")
    await cluster.part(run_id, "A")
    store.parts(run_id).wish(EndWish.PAUSE, by="ann@desk")
    assert (await cluster.work()).tally.exit_code == 3
    again = await submit_again(run_id, store, {})
    assert (again.parts, again.rows, again.finished) == (1, 2, False)
    assert (await cluster.work()).tally.exit_code == 0
    assert {each: len(cluster.vendor.contacts(each)) for each in "AB"} == {"A": 3, "B": 2}
    last = await submit_again(run_id, store, {})
    assert (last.parts, last.rows, last.finished) == (0, 0, True)


async def test_parts_that_wait_for_a_worker_are_stopped_without_one(cluster: Cluster) -> None:
    cluster.write({"A": 2, "B": 1})
    run_id, store = (await cluster.submit()).run_id, cluster.store("two")
    store.parts(run_id).wish(EndWish.STOP, by="ann@desk")
    lines = store.lines(run_id)
    assert {(line.state, line.reason, line.reason_code) for line in lines} == {
        (PartState.STOPPED, "Stopped by ann@desk.", "interrupted")
    }
    assert store.run(run_id).state.value == "stopped"
    assert (await cluster.work()).tally.stopped == 2  # what waited in the queue is not sent
    assert len(cluster.vendor.contacts("A")) == 0


async def test_failed_rows_are_sent_again_by_workers_once_and_only_those_worth_it(
    tmp_path: Path, postgres: str
) -> None:
    accounts = (Account(token="pit-narrow", locations=frozenset({"A"})), Account(token="pit-wide"))
    async with Sandbox(SandboxSettings(burst=0, search_lag_seconds=0, accounts=accounts)) as vendor:
        cluster = Cluster(folder=tmp_path, address=Address.read(postgres), vendor=vendor, token="pit-narrow")
        cluster.write({"A": 2, "B": 2}, more="A,Ann,no e-mail\n")
        run_id = (await cluster.submit()).run_id
        assert (await cluster.work()).tally.exit_code == 1
        cluster.token = "pit-wide"
        again = await submit_again(run_id, cluster.store(), {}, failed_rows=True)
        assert (again.parts, again.rows) == (1, 2)
        requests = vendor.vendor.tally.requests
        await cluster.work("three")
        assert vendor.vendor.tally.requests - requests < 10
        ends = Counter(
            (each["import_location"] if "import_location" in each else each["Sub"], each["import_status"])
            for each in cluster.results(run_id, "three")
        )
        assert ends == {("A", "created"): 2, ("A", "failed"): 1, ("B", "created"): 2}
        last = await submit_again(run_id, cluster.store(), {}, failed_rows=True)
        assert (last.parts, last.finished) == (0, True)


async def test_a_retry_whose_worker_dies_tries_each_failed_row_once(tmp_path: Path, postgres: str) -> None:
    account = Account(token="pit-invented", locations=frozenset({"A"}))
    async with Sandbox(SandboxSettings(burst=0, search_lag_seconds=0, accounts=(account,))) as vendor:
        cluster = Cluster(folder=tmp_path, address=Address.read(postgres), vendor=vendor)
        cluster.write({"A": 1, "B": 2})
        run_id, store = (await cluster.submit()).run_id, cluster.store()
        await cluster.work()
        await submit_again(run_id, store, {}, failed_rows=True)
        (line,) = [each for each in store.lines(run_id) if each.location == "B"]
        assert (line.state, line.turn) == (PartState.QUEUED, 1)
        await cluster.part(run_id, "B")
        await cluster.part(run_id, "B")  # as after a rescue: it is finished by now
        (line,) = [each for each in store.lines(run_id) if each.location == "B"]
        assert (line.state, line.turn) == (PartState.FINISHED, 2)


async def test_what_is_said_when_a_run_goes_on_holds_for_its_workers_until_it_is_said_otherwise(
    cluster: Cluster,
) -> None:
    cluster.write({"A": 6, "B": 1})
    run_id, store = (await cluster.submit(max_requests=1)).run_id, cluster.store()
    for budget, created in ((None, 1), (2, 3), (None, 4), (0, 6)):
        await submit_again(run_id, store, {} if budget is None else {"max_requests": budget})
        assert (await cluster.part(run_id, "A")).counts.created == created
    assert store.run(run_id).options["max_requests"] == 1


async def test_a_worker_that_lives_on_counts_by_the_limits_that_were_said_last(cluster: Cluster) -> None:
    cluster.write({"A": 3, "B": 3})
    run_id = (await cluster.submit(max_requests=1)).run_id
    runs = ClosingRuns(cluster.store("three"))
    runs.wishes([run_id])
    assert (await cluster.part(run_id, "A")).reason_code == "budget_spent"
    assert isinstance(runs.wishes([run_id])[run_id], BudgetSpentError)
    runs.wishes([])
    await submit_again(run_id, cluster.store(), {"max_requests": 0})
    runs.wishes([run_id])
    await cluster.part(run_id, "A")
    assert runs.wishes([run_id]) == {}
