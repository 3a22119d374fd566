"""A run of two processes, either of which may be killed; the other cleans up, and nothing is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from importer.runs.preparing.subprocess_pipe import SecondProcess
from importer.runtime.environment import load_environment
from tests.flow.test_stopping import CONTACTS, ROWS, after, begin, until
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for processes in /proc")


@pytest.fixture(autouse=True)
def _two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMPORTER_PROCESSES", "2")


def second_of(process: subprocess.Popen[str]) -> int:
    """Find the process that a run has started."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == process.pid:
            return int(stat.parent.name)
    raise AssertionError("the run has no second process")


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def drafts(desk: Desk) -> list[Path]:
    return list(desk.folder.glob("import-results/*/.*"))


def test_a_run_of_two_processes_ends_as_one_of_one_does(
    desk: Desk, vendor: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write("contacts.csv", CONTACTS + "Bad,no address,,\n")
    two = desk.run("contacts.csv", "-m", "mapping.yaml", "--location", "loc2")
    monkeypatch.setenv("IMPORTER_PROCESSES", "1")
    one = desk.run("contacts.csv", "-m", "mapping.yaml", "--location", "loc1")
    assert (two.code, one.code) == (1, 1)
    told = ("import_row", "import_status", "import_error", "import_attempts", "First", "Mail", "Tags")
    assert [[row[name] for name in told] for row in two.rows] == [
        [row[name] for name in told] for row in one.rows
    ]
    assert two.summary.keys() == one.summary.keys()
    assert two.summary["errors_by_code"] == one.summary["errors_by_code"]


def test_a_mapping_that_does_not_fit_is_refused_in_the_same_words(
    desk: Desk, vendor: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write("contacts.csv", "Name,E-Mail\nAnn,ann@example.com\n")
    two = desk.run("contacts.csv", "-m", "mapping.yaml")
    monkeypatch.setenv("IMPORTER_PROCESSES", "1")
    one = desk.run("contacts.csv", "-m", "mapping.yaml")
    assert two == one
    assert two.code == 2
    assert "mapping.yaml:5:14:" in two.err


def test_a_run_whose_second_process_is_killed_stops_and_goes_on_later(
    desk: Desk, slow_vendor: Sandbox
) -> None:
    people = "".join(f"P{number},p{number}@example.com,,vip\n" for number in range(4_000))
    desk.write("contacts.csv", f"First,Mail,Phone,Tags\n{people}")
    reached = after(slow_vendor, 20)
    process = begin(desk, "--concurrency", "30")
    assert reached.wait(PATIENCE)
    os.kill(second_of(process), signal.SIGKILL)
    out, err = process.communicate(timeout=PATIENCE)
    stopped = json.loads(out)
    assert (process.returncode, stopped["reason_code"]) == (3, "interrupted"), err
    assert "The second process of this run" in stopped["reason"]
    assert stopped["created"] + stopped["pending"] == 4_000
    # what was in the air has landed, tags and all
    assert [each["tags"] for each in slow_vendor.contacts()] == [["vip"]] * stopped["created"]
    assert drafts(desk) == []
    ended = desk.importer("resume", "--json")
    assert (ended.code, ended.summary["created"]) == (0, 4_000), ended.err
    assert len(slow_vendor.contacts()) == 4_000


def test_a_run_that_is_killed_takes_its_second_process_with_it(desk: Desk, slow_vendor: Sandbox) -> None:
    desk.write("contacts.csv", CONTACTS)
    reached = after(slow_vendor, 30)
    process = begin(desk, "--concurrency", "4")
    assert reached.wait(PATIENCE)
    second = second_of(process)
    process.kill()
    process.communicate()
    until(lambda: is_gone(second))
    assert drafts(desk) == []
    ended = desk.importer("resume", "--json")
    assert ended.code == 0, ended.err
    assert (ended.summary["created"], ended.summary["updated"]) == (ROWS, 0)
    assert len(slow_vendor.contacts()) == ROWS


def test_ctrl_c_reaches_both_and_only_the_first_decides(desk: Desk, slow_vendor: Sandbox) -> None:
    desk.write("contacts.csv", CONTACTS)
    reached = after(slow_vendor, 20)
    process = subprocess.Popen(
        [sys.executable, "-m", "importer", "run", "contacts.csv", "-m", "mapping.yaml", "--json"],
        cwd=desk.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )
    assert reached.wait(PATIENCE)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    out, err = process.communicate(timeout=PATIENCE)
    stopped = json.loads(out)
    assert (process.returncode, stopped["state"]) == (3, "stopped"), err
    assert stopped["reason"] == "Stopped by Ctrl-C."
    assert stopped["created"] + stopped["pending"] == ROWS
    assert "Traceback" not in err


def test_no_token_stands_in_the_environment_of_the_second_process(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write(
        ".env", "HIGHLEVEL_TOKEN=pit-from-file\nHIGHLEVEL_TOKEN_loc1=pit-of-one\nIMPORTER_PASSWORD=open\n"
    )
    for name in ("HIGHLEVEL_TOKEN", "HIGHLEVEL_TOKEN_loc1", "IMPORTER_PASSWORD"):
        monkeypatch.setenv(name, "")  # so that what the file sets is gone with this test
        monkeypatch.delenv(name)
    load_environment(desk.folder)
    assert os.environ["HIGHLEVEL_TOKEN"] == "pit-from-file"
    second = SecondProcess.start()
    assert second is not None
    with second:
        assert second.ready()
        environment = Path(f"/proc/{second._process.pid}/environ").read_bytes()
    assert b"PATH=" in environment
    assert b"pit-" not in environment
    assert b"IMPORTER_PASSWORD" not in environment
