from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

import pytest

from importer.records import Outcome, Status
from importer.results.course import Course
from importer.results.terminal import Progress, open_progress
from importer.runtime.clock import SystemClock
from importer.runtime.logs import configure_logging
from importer.runtime.progress import SendingProgress
from tests.patience import PATIENCE

if sys.platform != "win32":
    import fcntl
    import struct
    import termios

if TYPE_CHECKING:
    from importer.results.terminal import Display


class HandClock(SystemClock):
    def __init__(self) -> None:
        self.at = 100.0

    def monotonic(self) -> float:
        return self.at


def created(row: int = 2, status: Status = Status.CREATED) -> Outcome:
    return Outcome(row=row, status=status)


def test_it_is_what_the_sender_talks_to() -> None:
    talked_to: SendingProgress = Progress()
    talked_to.requested("a", 0.1, throttled=False)


def test_elsewhere_than_on_a_terminal_there_is_a_line_every_few_seconds() -> None:
    clock, stream = HandClock(), io.StringIO()
    with open_progress(stream=stream, clock=clock) as progress:
        progress.planned(100, 100, 10.0)
        for _ in range(50):
            clock.at += 0.125
            progress.settled(created())
        clock.at += 1
        progress.settled(created(status=Status.FAILED))

    assert stream.getvalue().splitlines() == [
        "0 of 100 rows (0 %), 0.0 rows/s, 10 s left; created 0, updated 0, skipped 0, failed 0",
        "40 of 100 rows (40 %), 8.0 rows/s, 7.5 s left; created 40, updated 0, skipped 0, failed 0",
        "51 of 100 rows (51 %), 7.0 rows/s, 7.0 s left; created 50, updated 0, skipped 0, failed 1",
    ]


@pytest.mark.parametrize("given", [{"quiet": True}, {"quiet": True, "no_progress": True}])
def test_quiet_means_nothing_at_all(given: dict[str, bool]) -> None:
    stream = io.StringIO()
    with open_progress(
        stream=stream, quiet=given["quiet"], no_progress=given.get("no_progress", False)
    ) as progress:
        progress.planned(1, 1, 1)
        progress.message("hello")
        progress.settled(created())

    assert stream.getvalue() == ""


def test_without_progress_messages_still_come_through() -> None:
    clock, stream = HandClock(), io.StringIO()
    with open_progress(stream=stream, no_progress=True, clock=clock) as progress:
        progress.planned(1, 1, 1)
        progress.message("The token lacks a scope.")
        progress.holding("loc", 7_200, "the daily allowance is used up")
        progress.settled(created())

    assert stream.getvalue().splitlines() == [
        "The token lacks a scope.",
        "Location loc waits 2 h 00 min: the daily allowance is used up.",
    ]


def test_with_logs_as_json_progress_goes_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    stream = io.StringIO()
    logging.getLogger("importer").propagate = True
    with (
        caplog.at_level(logging.INFO, "importer"),
        open_progress(stream=stream, log_format="json") as progress,
    ):
        progress.planned(1, 1, 1)

    assert stream.getvalue() == ""
    assert caplog.messages[0].startswith("0 of 1 row (0 %)")


def test_closing_twice_does_no_harm_and_a_run_without_rows_shows_nothing() -> None:
    stream = io.StringIO()
    progress = open_progress(stream=stream)
    progress.planned(0, 0, 0.0)
    progress.close()
    progress.close()

    assert stream.getvalue() == ""


async def test_while_nothing_settles_the_time_left_goes_on() -> None:
    seen = asyncio.Event()

    class Watcher:
        seconds = 0.0
        times = 0

        def show(self, course: Course, now: float) -> None:  # noqa: ARG002  (the display's)
            self.times += 1
            if self.times > 2:
                seen.set()

        def say(self, text: str) -> None: ...

        def close(self) -> None: ...

    display: Display = Watcher()
    with Progress(display, tick_seconds=0.001) as progress:
        progress.planned(10, 10, 1.0)
        await asyncio.wait_for(seen.wait(), timeout=PATIENCE)


@contextlib.contextmanager
def logged_to(stream: TextIO) -> Iterator[None]:
    handler = configure_logging(stream=stream)
    yield
    logging.getLogger("importer").removeHandler(handler)


def read_to(terminal: int, last: str) -> str:
    """Read what was drawn: a pseudo-terminal hands it over in its own time, so the last word is waited for."""
    shown = b""
    while not shown.rstrip().endswith(last.encode()):
        shown += os.read(terminal, 4096)
    return shown.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are Unix's")
@pytest.mark.parametrize("width", [40, 80, 140])
def test_on_a_terminal_the_bar_keeps_to_its_width(width: int) -> None:
    parent, child = os.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    clock = HandClock()
    with (
        os.fdopen(child, "w", encoding="utf-8") as stream,
        logged_to(stream),
        open_progress(stream=stream, clock=clock) as progress,
    ):
        progress.planned(1_000, 1_000, 100.0)
        clock.at += 5
        progress.settled(created())
        progress.message("a message")
        log = logging.getLogger("importer")
        log.warning("a line of the log")
        progress.close()
        log.warning("a line behind the bar")
        print("END", file=stream, flush=True)
        shown = read_to(parent, "END")
    os.close(parent)

    frames = [
        frame.strip("\x1b[A\n") for frame in shown.replace("\r\n", "\n").replace("\n", "\r").split("\r")
    ]
    assert all(len(frame) <= width for frame in frames)
    assert "a message" in frames
    assert any(frame.lstrip().startswith("0%|") for frame in frames)
    assert sum(frame.endswith("WARNING a line of the log") for frame in frames) == 1
    assert frames[-3].endswith("WARNING a line behind the bar")
    assert frames[-2:] == ["END", ""]
    if width >= 80:
        assert "1 of 1,000 rows, 0.2 rows/s, 1 min 40 s left, created 1" in shown


def test_the_time_left_is_never_less_than_the_quota_needs() -> None:
    course = Course(now=0.0)
    course.plan(1_000, 1_000, 100.0)
    for _ in range(100):
        course.settle(0, Status.CREATED, 2.0)

    assert course.rows_per_second(2.0) == 50.0
    assert course.seconds_left(2.0) == pytest.approx(90.0)


def test_the_time_left_follows_the_pace_when_that_is_slower() -> None:
    course = Course(now=0.0)
    course.plan(1_000, 1_000, 100.0)
    for second in range(1, 101):
        course.settle(0, Status.CREATED, float(second))

    assert course.seconds_left(100.0) == pytest.approx(900.0, rel=0.05)


def test_a_sandbox_without_the_vendors_quota_is_soon_noticed() -> None:
    course = Course(now=0.0)
    course.plan(100_000, 100_000, 10_000.0)
    for second in range(1, 31):
        for _ in range(1_000):
            course.settle(0, Status.CREATED, float(second))

    assert course.seconds_left(30.0) == pytest.approx(70.0, rel=0.05)


def test_a_hold_of_the_only_location_is_added_and_told() -> None:
    course = Course(now=0.0)
    course.plan(100, 100, 10.0)
    course.hold("a", 3_600.0, "the daily allowance is used up")

    assert course.seconds_left(0.0) == pytest.approx(3_610.0)
    assert course.motion(0.0) == "waiting 1 h 00 min (the daily allowance is used up), 1 h 00 min left"


def test_a_hold_of_one_location_among_others_is_not_a_hold_of_the_run() -> None:
    course = Course(now=0.0)
    course.plan(100, 100, 10.0)
    course.request("b", 0.0, throttled=False)
    course.hold("a", 3_600.0, "busy")

    assert course.held_seconds(0.0) == 0.0


def test_rows_that_were_settled_before_count_from_the_plan_on() -> None:
    course = Course(now=0.0)
    course.settle(0, Status.SKIPPED, 0.0)
    course.plan(9, 9, 9.0)

    assert course.planned_rows == 10
    assert course.seconds_left(0.0) == pytest.approx(9.0)


def test_rows_that_wait_for_their_follow_ups_do_not_stop_the_time_left() -> None:
    course = Course(now=0.0)
    course.plan(1_000, 1_000, 100.0)
    for request in range(1, 401):
        course.request("a", request / 10, throttled=False)

    assert course.settled_rows == 0
    assert course.rows_per_second(40.0) == pytest.approx(10.0, rel=0.05)
    assert course.seconds_left(40.0) == pytest.approx(60.0, rel=0.05)


def test_refused_requests_carry_no_rows() -> None:
    course = Course(now=0.0)
    course.plan(100, 100, 10.0)
    for _ in range(50):
        course.request("a", 20.0, throttled=True)

    assert course.rows_per_second(20.0) == 0.0


def test_rows_that_wait_for_their_tags_count_as_sent_and_not_as_settled() -> None:
    course = Course(now=0.0)
    course.plan(10, 10, 5.0)
    course.land([2, 3, 4])
    course.settle(2, Status.CREATED, 1.0)

    assert course.progressed() == "3 of 10 rows sent, 1 settled"
    assert course.line(1.0).startswith("3 of 10 rows sent, 1 settled (30 %)")
    course.settle(3, Status.CREATED, 1.0)
    course.settle(4, Status.CREATED, 1.0)
    assert course.progressed() == "3 of 10 rows"
