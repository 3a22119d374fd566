"""A run over workers, from the file to the results, in a real Postgres and against the stand-in for HighLevel."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from importer.errors import PausedRunError, SettingsError, StateError, TooManyFailuresError
from importer.highlevel.tokens import NoTokenError
from importer.parts.closing import ClosingRuns
from importer.parts.going_on import again_in
from importer.parts.part import PartWork, work_on_part
from importer.parts.store import PartStore
from importer.parts.submitting import submit
from importer.runs.context import RunContext
from importer.runtime.stopping import StopSignal
from importer.sandbox import Account, Sandbox, SandboxSettings
from importer.settings import Connection, FailureLimit
from importer.state.journal import RunState
from importer.state.parts import PartState
from importer.state.postgres.address import Address
from importer.state.postgres.locks import LocationHeldError
from importer.state.postgres.schemas import run_schema
from importer.state.remote import EndWish
from tests.parts.cluster import Cluster


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


async def test_rows_without_a_location_are_told_as_in_one_process(cluster: Cluster) -> None:
    cluster.write({"A": 2, "B": 1}, more=",Nobody,nobody@example.com\n")
    submitted = await cluster.submit()
    assert (await cluster.work()).tally.exit_code == 1
    (failed,) = [line for line in cluster.results(submitted.run_id) if line["import_status"] == "failed"]
    assert (failed["import_row"], failed["import_error_code"]) == ("5", "unknown_location")


async def test_a_finished_run_is_not_queued_again(cluster: Cluster) -> None:
    cluster.write({"A": 2, "B": 1})
    first = await cluster.submit()
    await cluster.work()
    again = await cluster.submit()
    assert (again.run_id, again.parts, again.finished) == (first.run_id, 0, True)
    assert (await cluster.submit(fresh=True)).run_id != first.run_id


async def test_what_waits_already_is_not_queued_twice(cluster: Cluster) -> None:
    cluster.write({"A": 2, "B": 1})
    first = await cluster.submit()
    again = await cluster.submit()
    assert (again.run_id, again.parts, again.finished) == (first.run_id, 0, False)
    assert (await cluster.work()).tally.finished == 2


async def test_a_part_that_was_done_is_left_as_it_is(cluster: Cluster) -> None:
    cluster.write({"A": 3, "B": 1})
    run_id = (await cluster.submit()).run_id
    first = await cluster.part(run_id, "A")
    requests = cluster.vendor.vendor.tally.requests
    again = await cluster.part(run_id, "A")
    assert cluster.vendor.vendor.tally.requests == requests
    assert (first.exit_code, again.exit_code, again.counts.created) == (0, 0, 3)
    assert [line.state for line in cluster.store().lines(run_id)] == [PartState.FINISHED, PartState.QUEUED]


async def test_only_one_process_sends_to_a_location(cluster: Cluster) -> None:
    cluster.write({"A": 3, "B": 1})
    run_id = (await cluster.submit()).run_id
    with cluster.store("two").take(run_id, "A"):
        with pytest.raises(LocationHeldError, match="Location A is being sent to by run"):
            await cluster.part(run_id, "A")
        assert (await cluster.part(run_id, "B")).state is RunState.FINISHED
    assert (await cluster.part(run_id, "A")).exit_code == 0


async def test_a_location_that_nobody_submitted_has_no_part(cluster: Cluster) -> None:
    cluster.write({"A": 1, "B": 1})
    run_id = (await cluster.submit()).run_id
    with pytest.raises(StateError, match="has no part for location C"):
        await cluster.part(run_id, "C")


async def test_a_paused_run_waits_for_whoever_submits_it_again(cluster: Cluster) -> None:
    cluster.write({"A": 3, "B": 1})
    run_id = (await cluster.submit()).run_id
    stop = StopSignal()
    stop.request(PausedRunError("Paused by ann@desk."))
    end = await cluster.part(run_id, "A", stop=stop)
    assert (end.exit_code, end.reason_code, end.counts.created) == (3, "paused", 0)
    again = await cluster.submit()
    assert again.rows == 4
    assert (await cluster.work()).tally.exit_code == 0
    assert len(cluster.vendor.contacts("A")) == 3


async def test_a_wish_left_for_a_run_is_heard_and_taken_back_by_the_next_submit(cluster: Cluster) -> None:
    cluster.write({"A": 1, "B": 1})
    run_id, store = (await cluster.submit()).run_id, cluster.store("two")
    assert store.wish(run_id) is None
    store.parts(run_id).wish(EndWish.PAUSE, by="importer pause, ann@desk")
    wished = store.wish(run_id)
    assert isinstance(wished, PausedRunError)
    await cluster.submit()
    assert store.wish(run_id) is None


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"plan": "plan-20261127-140000-0001"}, "a plan"),
        ({"metrics_file": Path("m.prom")}, "--metrics-file"),
        ({"connection": Connection(sandbox=True)}, "--sandbox"),
    ],
)
async def test_what_needs_one_process_is_refused(
    cluster: Cluster, given: dict[str, object], named: str
) -> None:
    cluster.write({"A": 1, "B": 1})
    with pytest.raises(SettingsError, match=f"Not to be spread over workers: {named}"):
        await submit(replace(cluster.settings(), **given))  # type: ignore[arg-type]


def test_state_in_a_folder_is_no_place_for_parts(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="importer worker needs state that all machines reach"):
        PartStore.at(tmp_path, needed_by="importer worker")


async def test_a_location_that_refuses_us_fails_its_own_rows_and_no_others(
    tmp_path: Path, postgres: str
) -> None:
    account = Account(token="pit-invented", locations=frozenset({"A"}))
    async with Sandbox(SandboxSettings(burst=0, search_lag_seconds=0, accounts=(account,))) as vendor:
        cluster = Cluster(folder=tmp_path, address=Address.read(postgres), vendor=vendor)
        cluster.write({"A": 2, "B": 1})
        run_id = (await cluster.submit()).run_id
        assert (await cluster.work()).tally.exit_code == 1
        ends = [(line["import_status"], line["import_error_code"]) for line in cluster.results(run_id)]
        assert Counter(ends) == {("created", ""): 2, ("failed", "location_refused"): 1}


async def test_a_machine_without_the_token_leaves_the_rows_to_one_that_has_it(cluster: Cluster) -> None:
    cluster.write({"A": 2, "B": 1})
    run_id = (await cluster.submit()).run_id
    without = PartWork(
        run_id=run_id,
        location="A",
        connection=Connection(base_url=cluster.vendor.base_url),
        context=RunContext(unattended=True),
    )
    with pytest.raises(NoTokenError, match="no token"):
        await work_on_part(without, cluster.store("two"))
    (line, _) = cluster.store().lines(run_id)
    assert (line.state, line.reason_code) == (PartState.STOPPED, "credentials")
    assert (await cluster.part(run_id, "A")).counts.created == 2


async def test_failed_rows_do_not_keep_a_part_from_its_end(cluster: Cluster) -> None:
    cluster.write({"A": 2, "B": 1}, more="A,Ann,no e-mail\n")
    run_id = (await cluster.submit()).run_id
    end = await cluster.part(run_id, "A")
    assert (end.exit_code, end.counts.created, end.counts.failed) == (1, 2, 1)


async def test_too_many_failures_stop_the_part_in_which_they_are(cluster: Cluster) -> None:
    bad = "".join(f"A,Ann,bad{number}\n" for number in range(5))
    cluster.write({"A": 1, "B": 1}, more=bad)
    submitted = await cluster.submit(stop_after_failures=FailureLimit(rows=3))
    assert (await cluster.work()).tally.exit_code == 3
    states = {
        line.location: (line.state, line.reason_code) for line in cluster.store().lines(submitted.run_id)
    }
    assert states == {"A": (PartState.STOPPED, "too_many_failures"), "B": (PartState.FINISHED, None)}


async def test_failures_of_all_parts_together_stop_the_run_and_it_goes_on_when_submitted_again(
    cluster: Cluster,
) -> None:
    cluster.write({"A": 1, "B": 1}, more="".join(f"{each},Ann,bad\n" for each in "AB"))
    run_id = (await cluster.submit(stop_after_failures=FailureLimit(rows=2))).run_id
    runs = ClosingRuns(cluster.store("three"))
    assert runs.wishes([run_id]) == {}  # from here on it counts
    await cluster.part(run_id, "A")
    assert runs.wishes([run_id]) == {}
    await cluster.part(run_id, "B")
    assert isinstance(runs.wishes([run_id])[run_id], TooManyFailuresError)
    assert runs.wishes([]) == {}
    assert runs.wishes([run_id]) == {}


async def test_a_part_whose_end_cannot_be_written_down_is_taken_again(
    cluster: Cluster, postgres: str
) -> None:
    cluster.write({"A": 3, "B": 1})
    run_id = (await cluster.submit()).run_id
    refuse_ends(postgres, run_id)
    end = await cluster.part(run_id, "A")
    assert (end.state, end.reason_code) == (RunState.STOPPED, StateError.code)
    assert again_in(end.reason_code, wished=end.wished) == 5.0


def refuse_ends(postgres: str, run_id: str) -> None:
    """Let the database write all but how a part ended, as where its disk is full at that moment."""
    with psycopg.connect(postgres, autocommit=True) as database:
        database.execute(f'SET search_path = "{run_schema(run_id)}"')
        database.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$"
        )
        database.execute(
            "CREATE TRIGGER ends BEFORE UPDATE OF state ON parts FOR EACH ROW "
            "WHEN (NEW.state IN ('stopped', 'finished')) EXECUTE FUNCTION refuse()"
        )
