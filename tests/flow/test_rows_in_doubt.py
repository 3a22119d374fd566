"""Rows whose reply was lost, against a vendor that looks up when it hears of a row and stores when it has time."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from importer.highlevel.quota import BURST
from importer.sandbox import Fault, FaultKind, Sandbox, SandboxSettings, Window
from tests.flow.conftest import open_vendor, read_table
from tests.flow.test_stopping import begin, stops, until, until_still
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from tests.flow.conftest import Desk

PEOPLE = 100


def write_people(desk: Desk, count: int = PEOPLE, *, tags: str = "") -> None:
    rows = "".join(f"P{number},p{number}@example.com,,{tags}\n" for number in range(count))
    desk.write("contacts.csv", f"First,Mail,Phone,Tags\n{rows}")


@pytest.fixture
def late_vendor(desk: Desk) -> Iterator[Sandbox]:
    """Works on a row for one to two and a half seconds, and two attempts side by side make two contacts."""
    with open_vendor(SandboxSettings(burst=100_000, racy=True, store_delay_ms=(1_000, 2_500))) as vendor:
        yield vendor


def a_wide_window_is_marked() -> bool:
    """Tell whether a run that goes on after a kill would know that the quota is wider than the usual one, and need not wait for it."""
    (journal,) = (Path(os.environ["IMPORTER_STATE"]) / "runs").glob("*/journal.db")
    with contextlib.closing(sqlite3.connect(journal)) as db:
        (most,) = db.execute("SELECT max(in_window) FROM quota_marks").fetchone()
    return most is not None and most > BURST


@stops
def test_a_killed_run_that_goes_on_at_once_does_not_meet_its_own_attempts_at_work(
    desk: Desk, late_vendor: Sandbox
) -> None:
    many = 3 * PEOPLE
    write_people(desk, many)
    process = begin(desk, "--no-progress")
    until(lambda: late_vendor.state()["requests"] > PEOPLE // 2)
    until(a_wide_window_is_marked)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=PATIENCE)

    ended = desk.importer("run", "contacts.csv", "-m", "mapping.yaml", "--json")
    assert ended.code == 0, ended.err
    assert len(late_vendor.contacts()) == many
    assert [row["import_status"] for row in ended.rows] == ["created"] * many
    assert (
        " ".join(ended.err.split()).count("that may or may not have been sent when the run was cut off wait")
        == 1
    ), ended.err
    assert late_vendor.state()["overlapping_upserts"] == 0


@stops
def test_rows_that_are_not_in_doubt_go_on_while_a_few_wait(desk: Desk, late_vendor: Sandbox) -> None:
    write_people(desk)
    process = begin(desk, "--no-progress", "--concurrency", "10")
    until(lambda: late_vendor.state()["requests"] > 10)
    until(a_wide_window_is_marked)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=PATIENCE)

    again = begin(desk, "--no-progress", "--concurrency", "60")
    until(lambda: len(late_vendor.contacts()) >= PEOPLE * 3 // 4)
    assert again.poll() is None, "those in doubt are left"
    out, err = again.communicate(timeout=PATIENCE)
    assert json.loads(out)["created"] == PEOPLE, err
    assert len(late_vendor.contacts()) == PEOPLE


@stops
@pytest.mark.parametrize(("number", "seconds"), [(signal.SIGTERM, 7.0), (signal.SIGINT, 20.0)])
def test_after_a_signal_no_row_is_sent_that_waits_for_its_turn_and_those_that_landed_are_finished(
    desk: Desk, number: signal.Signals, seconds: float
) -> None:
    """The window is full when the signal comes, and opens before the run must be over; or long after."""
    with open_vendor(SandboxSettings(interval_seconds=seconds, window=Window.SLIDING)) as vendor:
        write_people(desk, 300, tags="vip")
        process = begin(desk, "--no-progress")
        until(lambda: len(vendor.contacts()) >= 80)
        stored = until_still(
            lambda: len(vendor.contacts())
        )  # the burst is over, and all workers stand at the gate
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 3, err
        assert len(vendor.contacts()) == stored, "sent after the signal"
        assert json.loads(out)["created"] == stored
        assert {tuple(each["tags"]) for each in vendor.contacts()} == {("vip",)}
        assert vendor.state()["refusals"].get("burst", 0) == 0


@stops
def test_contacts_that_still_wait_for_their_tags_are_shown_as_stored_and_finished_by_a_resume(
    desk: Desk, vendor: Sandbox
) -> None:
    write_people(desk, 40, tags="vip")
    vendor.add_contact("loc1", email="p0@example.com")
    vendor.script([Fault(kind=FaultKind.SLOW, path="/bulk/tags/", stored=False)])
    process = begin(desk, "--no-progress")
    until(lambda: any("/bulk/tags/" in path for path in vendor.state()["paths"]))
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=PATIENCE)
    told = json.loads(out)
    assert process.returncode == 3, err
    assert (told["created"], told["updated"], told["pending"]) == (39, 1, 0)
    rows = read_table(Path(told["results"]))
    assert [row["import_status"] for row in rows] == ["updated", *["created"] * 39]
    assert {row["import_contact_id"] for row in rows} == {each["id"] for each in vendor.contacts()}
    assert {row["import_attempts"] for row in rows} == {"1"}
    assert all(row["import_warnings"].startswith("unfinished: ") for row in rows)
    assert not read_table(Path(told["failed_rows"])), "imported again, they would be stored again"
    shown = desk.importer("show", told["run_id"], "--json")
    assert (shown.summary["created"], shown.summary["pending"]) == (39, 0)

    refused = desk.importer("forget", told["run_id"])
    assert refused.code == 2
    assert "40 contacts are stored" in refused.err
    assert "--yes" in refused.err

    finished = desk.importer("resume", "--json", "--no-progress")
    assert finished.code == 0, finished.err
    assert not any(row["import_warnings"] for row in finished.rows)
    assert {tuple(each["tags"]) for each in vendor.contacts()} == {("vip",)}
    assert sum(count for path, count in vendor.state()["paths"].items() if "upsert" in path) == 40
    assert desk.importer("forget", told["run_id"]).code == 0


@stops
@pytest.mark.parametrize(("answer", "code"), [("n", 2), ("y", 0)])
def test_on_a_terminal_forgetting_an_unfinished_run_asks_first(
    desk: Desk, vendor: Sandbox, answer: str, code: int
) -> None:
    write_people(desk, 3, tags="vip")
    vendor.script([Fault(kind=FaultKind.SLOW, path="/bulk/tags/", stored=False)])
    process = begin(desk, "--no-progress")
    until(lambda: any("/bulk/tags/" in path for path in vendor.state()["paths"]))
    process.send_signal(signal.SIGTERM)
    run_id = json.loads(process.communicate(timeout=PATIENCE)[0])["run_id"]
    ended, said = on_a_terminal(desk, ["forget", run_id], answer)
    assert ended == code
    assert "Forget it? [y/N]" in said
    assert (desk.importer("show", run_id).code == 0) is (answer == "n")


def on_a_terminal(desk: Desk, words: list[str], answer: str) -> tuple[int, str]:
    """Run a command as a person does, and answer its question."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "importer", *words]
    with subprocess.Popen(command, cwd=desk.folder, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        said = b""
        while b"[y/N]" not in said:
            said += os.read(ours, 4_096)
        os.write(ours, f"{answer}\n".encode())
        try:
            while more := os.read(ours, 4_096):
                said += more
        except OSError:
            pass  # what Linux says at the end of a terminal
        code = process.wait(timeout=PATIENCE)
    os.close(ours)
    return code, said.decode()


@stops
def test_an_unfinished_run_is_forgotten_where_yes_is_said(desk: Desk, vendor: Sandbox) -> None:
    write_people(desk, 3, tags="vip")
    vendor.script([Fault(kind=FaultKind.SLOW, path="/bulk/tags/", stored=False)])
    process = begin(desk, "--no-progress")
    until(lambda: len(vendor.contacts()) == 3)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=PATIENCE)
    written = desk.importer("results", "--json")
    assert {row["import_warnings"].split(":")[0] for row in written.rows} <= {"unfinished", ""}
    assert desk.importer("forget", written.summary["run_id"], "--yes").code == 0
