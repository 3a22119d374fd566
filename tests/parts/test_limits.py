"""Limits over all workers of a run."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from importer.errors import BudgetSpentError, StopError, TooManyFailuresError
from importer.parts.limits import DoneSoFar, RunLimits, reason_to_stop
from importer.records import Json
from importer.sandbox import Fault, Sandbox, SandboxSettings
from importer.settings import FailureLimit
from importer.state.parts import PartState
from importer.state.postgres.address import Address
from tests.parts.cluster import Cluster

ROWS, SHARE = FailureLimit(rows=5), FailureLimit(share=0.1)


@pytest.mark.parametrize(
    ("limits", "requests", "settled", "failed", "expected"),
    [
        (RunLimits(), 10**6, 10**6, 10**6, None),
        (RunLimits(requests=100), 99, 99, 0, None),
        (RunLimits(requests=100), 100, 99, 0, BudgetSpentError),
        (RunLimits(failures=ROWS), 0, 1_000, 4, None),
        (RunLimits(failures=ROWS), 0, 5, 5, TooManyFailuresError),
        (RunLimits(failures=SHARE), 0, 99, 99, None),
        (RunLimits(failures=SHARE), 0, 100, 10, None),
        (RunLimits(failures=SHARE), 0, 100, 11, TooManyFailuresError),
    ],
)
def test_when_all_parts_of_a_run_stop(
    limits: RunLimits, requests: int, settled: int, failed: int, expected: type[StopError] | None
) -> None:
    found = reason_to_stop(limits, DoneSoFar(requests=requests, settled=settled, failed=failed))
    assert (None if found is None else type(found)) == expected


def test_limits_are_those_that_the_run_was_submitted_with() -> None:
    kept: dict[str, Json] = {"max_requests": 7, "stop_after_failures": {"rows": None, "share": 0.1}}
    assert RunLimits.of(kept) == RunLimits(requests=7, failures=SHARE)
    assert not RunLimits.of({})


LOCATIONS = "ABCDEFGH"
EACH = 120
LIMIT = 220
BEYOND = 100
"""What all of them send in some six seconds: a worker looks once a second, and is promised to stop after two."""


@pytest.fixture
async def paced(tmp_path: Path, postgres: str) -> AsyncIterator[Cluster]:
    """Eight locations that take twenty requests at once, and two a second from then on: sixteen of all together."""
    async with Sandbox(SandboxSettings(burst=20, interval_seconds=10.0, search_lag_seconds=0)) as vendor:
        cluster = Cluster(folder=tmp_path, address=Address.read(postgres), vendor=vendor)
        cluster.write(dict.fromkeys(LOCATIONS, EACH))
        yield cluster


async def test_a_budget_holds_over_workers_that_spend_it_at_once(paced: Cluster) -> None:
    run_id = (await paced.submit(max_requests=LIMIT)).run_id
    await asyncio.gather(paced.work("two"), paced.work("three"))
    assert LIMIT <= paced.vendor.state()["requests"] <= LIMIT + BEYOND
    states = Counter((line.state, line.reason_code) for line in paced.store().lines(run_id))
    assert states == {(PartState.STOPPED, "budget_spent"): len(LOCATIONS)}
    made = sum(len(paced.vendor.contacts(each)) for each in LOCATIONS)
    assert paced.store().pending(run_id) == EACH * len(LOCATIONS) - made


async def test_failures_are_counted_over_workers_that_fail_at_once(paced: Cluster) -> None:
    paced.vendor.script([Fault(status=422, body=b'{"message": "no"}', path="contacts/upsert", times=10_000)])
    run_id = (await paced.submit(stop_after_failures=FailureLimit(rows=LIMIT))).run_id
    await asyncio.gather(paced.work("two"), paced.work("three"))
    assert {line.reason_code for line in paced.store().lines(run_id)} == {"too_many_failures"}
    done = paced.store().progress(run_id)
    assert LIMIT <= done.failed <= LIMIT + BEYOND
