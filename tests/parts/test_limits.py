"""Limits over all workers of a run."""

from __future__ import annotations

import pytest

from importer.errors import BudgetSpentError, StopError, TooManyFailuresError
from importer.parts.limits import DoneSoFar, RunLimits, reason_to_stop
from importer.records import Json
from importer.settings import FailureLimit

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
