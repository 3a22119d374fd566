"""A run that is stopped, killed or refused goes on where it was, and each row keeps its one true outcome."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from importer.cli.residing import on_signals
from importer.sandbox import Fault, FaultKind, Sandbox
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from tests.flow.conftest import Desk

ROWS = 300
CONTACTS = "First,Mail,Phone,Tags\n" + "".join(
    f"P{number},p{number}@example.com,,vip\n" for number in range(ROWS)
)

stops = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


def begin(desk: Desk, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "importer", "run", "contacts.csv", "-m", "mapping.yaml", "--json", *words],
        cwd=desk.folder,
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def after(vendor: Sandbox, requests: int) -> threading.Event:
    """Give an event that comes with the reply to so many requests."""
    reached = threading.Event()

    def note(body: bytes) -> bytes:
        reached.set()
        return body

    vendor.script([*[Fault()] * requests, Fault(alter=note)])
    return reached


def until(true: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


@stops
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_the_requests_in_the_air_land_and_the_same_command_goes_on(
    desk: Desk, slow_vendor: Sandbox, number: signal.Signals
) -> None:
    desk.write("contacts.csv", CONTACTS)
    reached = after(slow_vendor, 20)
    process = begin(desk, "--concurrency", "2")
    assert reached.wait(PATIENCE)
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3, err
    stopped = json.loads(out)
    assert stopped["state"] == "stopped"
    assert stopped["reason"] == f"Stopped by {'Ctrl-C' if number is signal.SIGINT else number.name}."
    assert stopped["created"] + stopped["pending"] == ROWS
    assert stopped["pending"] > 0
    ended = desk.run("contacts.csv", "-m", "mapping.yaml")
    assert (ended.code, ended.summary["run_id"]) == (0, stopped["run_id"])
    assert (ended.summary["created"], ended.summary["updated"]) == (ROWS, 0)
    assert len(slow_vendor.contacts()) == ROWS


def until_still(count: Callable[[], int], seconds: float = 2.0) -> int:
    """Wait until a count that another process raises has not changed for so long; gives it."""
    seen, since = count(), time.monotonic()
    while time.monotonic() - since < seconds:
        threading.Event().wait(0.05)
        if (now := count()) != seen:
            seen, since = now, time.monotonic()
    return seen


@stops
def test_a_killed_run_is_resumed_with_each_row_marked_as_it_was(desk: Desk, slow_vendor: Sandbox) -> None:
    desk.write("contacts.csv", CONTACTS)
    reached = after(slow_vendor, 30)
    process = begin(desk, "--concurrency", "4")
    assert reached.wait(PATIENCE)
    process.kill()
    process.communicate()
    ended = desk.importer("resume", "--json")
    assert ended.code == 0, ended.err
    assert (ended.summary["created"], ended.summary["updated"]) == (ROWS, 0)
    assert len(slow_vendor.contacts()) == ROWS
    assert [int(row["import_row"]) for row in ended.rows] == list(range(2, ROWS + 2))


def test_a_lost_reply_does_not_turn_created_into_updated(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,,\n")
    vendor.script([*[Fault()] * 1, Fault(kind=FaultKind.RESET)])
    ended = desk.run("contacts.csv", "-m", "mapping.yaml")
    assert [(row["import_status"], row["import_attempts"]) for row in ended.rows] == [("created", "2")]
    assert len(vendor.contacts()) == 1


def test_a_source_that_changed_under_a_stopped_run_is_refused(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", CONTACTS)
    vendor.leave_for_today("loc1", 50)
    stopped = desk.run("contacts.csv", "-m", "mapping.yaml")
    assert (stopped.code, stopped.summary["state"]) == (3, "stopped")
    vendor.leave_for_today("loc1", 1_000)
    desk.write("contacts.csv", CONTACTS + "New,new@example.com,,\n")
    for words in (["run", "contacts.csv", "-m", "mapping.yaml"], ["resume"]):
        refused = desk.importer(*words)
        assert refused.code == 2
        assert "contacts.csv has changed" in refused.err
        assert "--fresh" in refused.err
    went_on = desk.importer("resume", "--from-copies", "--json")
    assert (went_on.code, went_on.summary["created"]) == (0, ROWS)


def test_resume_and_retry_with_nothing_left_to_do_are_fine(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,,\nBob,nobody,,\n")
    assert desk.run("contacts.csv", "-m", "mapping.yaml").code == 1
    requests = vendor.state()["requests"]
    assert desk.importer("resume").code == 0
    assert desk.importer("retry").code == 0
    assert vendor.state()["requests"] == requests


def test_a_run_that_fails_too_often_stops_and_says_so(desk: Desk, vendor: Sandbox) -> None:
    bad = "First,Mail,Phone,Tags\n" + "".join(f"P{number},wrong,,\n" for number in range(50))
    desk.write("contacts.csv", bad + CONTACTS.partition("\n")[2])
    ended = desk.run("contacts.csv", "-m", "mapping.yaml", "--stop-after-failures", "10")
    assert (ended.code, ended.summary["state"]) == (3, "stopped")
    assert "--stop-after-failures" in ended.summary["reason"]
    assert (
        sum(ended.summary[name] for name in ("created", "updated", "skipped", "failed", "pending"))
        == ROWS + 50
    )


def without(*names: str) -> Callable[[bytes], bytes]:
    """Give a change to a reply's body that takes properties out, of the reply and of its contact."""

    def alter(body: bytes) -> bytes:
        told = json.loads(body)
        for name in names:
            told.pop(name, None)
            told.get("contact", {}).pop(name, None)
        return json.dumps(told).encode()

    return alter


def test_a_reply_that_does_not_say_new_is_judged_by_the_contacts_date(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,,\n")
    vendor.script([Fault(), Fault(alter=without("new"))])
    ended = desk.run("contacts.csv", "-m", "mapping.yaml")
    assert [row["import_status"] for row in ended.rows] == ["created"]


def test_a_lost_reply_and_one_without_date_are_settled_by_the_contact_itself(
    desk: Desk, vendor: Sandbox
) -> None:
    desk.write("contacts.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,,\n")
    vendor.script([Fault(), Fault(kind=FaultKind.RESET), Fault(alter=without("dateAdded"))])
    ended = desk.run("contacts.csv", "-m", "mapping.yaml")
    assert [(row["import_status"], row["import_warnings"]) for row in ended.rows] == [("created", "")]


def test_what_nothing_can_prove_is_said_on_the_row(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,,\n")
    hide = without("dateAdded")
    vendor.script([Fault(), Fault(kind=FaultKind.RESET), Fault(alter=hide), Fault(alter=hide)])
    ended = desk.run("contacts.csv", "-m", "mapping.yaml")
    (row,) = ended.rows
    assert row["import_status"] == "updated"
    assert row["import_warnings"].startswith("perhaps_created")


def test_tags_of_what_has_landed_are_sent_before_an_interrupted_run_ends(
    desk: Desk, slow_vendor: Sandbox
) -> None:
    desk.write("contacts.csv", CONTACTS)
    reached = after(slow_vendor, 40)
    process = begin(desk, "--concurrency", "4")
    assert reached.wait(PATIENCE)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3, err
    stopped = json.loads(out)
    people = slow_vendor.contacts()
    assert stopped["created"] == len(people) > 0
    assert all(person["tags"] == ["vip"] for person in people)


def test_a_budget_of_requests_leaves_room_for_the_tags(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", CONTACTS)
    words = ("contacts.csv", "-m", "mapping.yaml", "--max-requests", "120")
    told = []
    for _ in range(3):
        ended = desk.run(*words)
        told.append((ended.code, ended.summary["created"]))
    assert [code for code, _ in told] == [3, 3, 0]
    assert 100 < told[0][1] < 120
    assert told[2][1] == ROWS
    assert all(person["tags"] == ["vip"] for person in vendor.contacts())


def test_a_share_of_failures_is_one_of_the_rows_reached_in_order(desk: Desk, vendor: Sandbox) -> None:
    rows = "".join(f"P{n},p{n}@example.com,,\n" + f"Q{n},wrong,,\n" for n in range(150))
    desk.write("contacts.csv", "First,Mail,Phone,Tags\n" + rows)
    ended = desk.run("contacts.csv", "-m", "mapping.yaml", "--stop-after-failures", "60%")
    assert (ended.code, ended.summary["created"], ended.summary["failed"]) == (1, 150, 150)
    stopped = desk.run("contacts.csv", "-m", "mapping.yaml", "--fresh", "--stop-after-failures", "40%")
    assert (stopped.code, stopped.summary["failed"]) == (3, 50)


@stops
def test_a_run_whose_vendor_is_silent_stops_within_ten_seconds(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", CONTACTS)
    reached = threading.Event()

    def note(body: bytes) -> bytes:
        reached.set()
        return body

    vendor.script([Fault(), *[Fault()] * 10, Fault(alter=note), *[Fault(kind=FaultKind.SLOW)] * 50])
    process = begin(desk, "--concurrency", "4")
    assert reached.wait(PATIENCE)
    asked_at = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3, err
    # Ten seconds are promised, and kept to by tests/sending in virtual time; a busy machine takes longer, silence a minute.
    assert time.monotonic() - asked_at < 30
    stopped = json.loads(out)
    assert sum(stopped[name] for name in ("created", "updated", "skipped", "failed", "pending")) == ROWS


@stops
def test_a_run_that_is_still_meeting_its_location_stops_at_once(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", CONTACTS)
    vendor.script([Fault(status=429)] * 50)
    process = begin(desk)
    until(lambda: vendor.state()["requests"] > 0)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)  # the refusals would last eight minutes
    assert process.returncode == 3, err
    assert json.loads(out)["pending"] == ROWS


class CutIn(io.RawIOBase):
    """A standard error at which a signal arrives while the first line is being written."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, line: Any) -> int:
        self.lines.append(bytes(line))
        if len(self.lines) == 1:
            signal.raise_signal(signal.SIGTERM)
        return len(line)


@stops
async def test_a_signal_in_the_middle_of_a_line_is_heard_and_answered(
    capfd: pytest.CaptureFixture[str],
) -> None:
    stopped, error = asyncio.Event(), CutIn()
    shown = io.TextIOWrapper(io.BufferedWriter(error), encoding="utf-8", line_buffering=True)
    with contextlib.redirect_stderr(shown), on_signals(stopped.set):
        shown.write("a line of the work's\n")
        await asyncio.wait_for(stopped.wait(), PATIENCE)
    assert error.lines == [b"a line of the work's\n"]
    assert capfd.readouterr().err == "SIGTERM: finishing in good order ...\n"
