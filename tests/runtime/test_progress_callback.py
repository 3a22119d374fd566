"""A program's progress callback: what it is told, and how often."""

from __future__ import annotations

import io
import logging

import pytest

from importer.records import Outcome, Status, row_id
from importer.runtime.progress import CallbackProgress, Phase, RunProgress


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def now(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def settled(number: int, status: Status = Status.CREATED) -> Outcome:
    return Outcome(row=row_id(0, number), status=status)


def test_a_thousand_rows_at_once_are_no_thousand_calls() -> None:
    clock, seen = ManualClock(), list[RunProgress]()
    progress = CallbackProgress(seen.append, clock=clock)
    progress.planned(1000, 1000, 1.0)
    for number in range(2, 900):
        progress.settled(settled(number))
    assert [each.settled for each in seen] == [0]
    clock.seconds += 0.2
    progress.settled(settled(900))
    progress.settled(settled(901))
    assert [each.settled for each in seen] == [0, 899]


def test_the_last_row_is_told_at_once() -> None:
    seen = list[RunProgress]()
    progress = CallbackProgress(seen.append, clock=ManualClock())
    progress.planned(2, 2, 1.0)
    progress.settled(settled(2, Status.SKIPPED))
    progress.settled(settled(3, Status.UPDATED))
    assert seen[-1] == RunProgress(phase=Phase.SENDING, total=2, settled=2, updated=1, skipped=1)


def test_a_hold_says_how_long_and_why_until_the_next_row() -> None:
    seen = list[RunProgress]()
    progress = CallbackProgress(seen.append, clock=ManualClock())
    progress.planned(5, 5, 1.0)
    progress.holding("loc", 7.5, "the burst quota is used up")
    assert (seen[-1].phase, seen[-1].wait_seconds, seen[-1].reason) == (
        Phase.WAITING,
        7.5,
        "the burst quota is used up",
    )
    progress.settled(settled(2, Status.FAILED))
    assert seen[-1] == RunProgress(phase=Phase.SENDING, total=5, settled=1, failed=1)


def test_what_the_callback_raises_is_logged_once() -> None:
    told = io.StringIO()
    handler = logging.StreamHandler(told)
    logger = logging.getLogger("importer.runtime.progress")
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING)  # whatever some test's --quiet has set above it
    clock = ManualClock()

    def fail(progress: RunProgress) -> None:
        clock.seconds += 1
        raise RuntimeError(f"closed at {progress.settled}")

    progress = CallbackProgress(fail, clock=clock)
    progress.began()
    progress.planned(1, 1, 1.0)
    progress.settled(settled(2))
    progress.ended()
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)
    assert told.getvalue().count("The progress callback failed; it is called all the same.") == 1
    assert told.getvalue().rstrip().endswith("RuntimeError: closed at 0")


def test_ctrl_c_in_a_callback_is_no_failure_of_it() -> None:
    def stop(_: RunProgress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        CallbackProgress(stop).began()
