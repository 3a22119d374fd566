"""`--send-window`: an import at night must not make a workflow text people."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from importer.sandbox import Sandbox
from tests.flow.conftest import Desk
from tests.patience import PATIENCE

PEOPLE = "First,Mail,Phone,Tags\nAnn,ann@example.com,,vip\nBob,bob@example.com,,\n"
RUN = ("run", "people.csv", "-m", "mapping.yaml", "--json", "--no-progress")


def hours_from(hours: int) -> str:
    """Give a window of an hour that begins so many hours from now, by the sandbox location's clock."""
    begins = datetime.now(UTC).astimezone(ZoneInfo("America/New_York")) + timedelta(hours=hours)
    return f"{begins:%H:%M}-{begins + timedelta(hours=1):%H:%M}"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_outside_of_it_a_run_waits_and_says_until_when(desk: Desk, vendor: Sandbox) -> None:
    desk.write("people.csv", PEOPLE)
    process = subprocess.Popen(
        [sys.executable, "-m", "importer", *RUN, "--send-window", hours_from(5)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    told = ""
    while "send window" not in told:
        line = process.stderr.readline()
        assert line, told
        told += line
    assert "America/New_York" in told
    assert not vendor.contacts()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3
    assert json.loads(out)["pending"] == 2
    resumed = desk.importer("resume", "--json", "--send-window", "00:00-24:00")
    assert (resumed.code, resumed.summary["created"]) == (0, 2), resumed.err


def test_inside_of_it_a_run_goes_as_ever(desk: Desk, vendor: Sandbox) -> None:
    desk.write("people.csv", PEOPLE)
    ended = desk.importer(*RUN, "--send-window", hours_from(0))
    assert (ended.code, ended.summary["created"]) == (0, 2)


def test_what_is_no_window_is_a_usage_error(desk: Desk, vendor: Sandbox) -> None:
    desk.write("people.csv", PEOPLE)
    refused = desk.importer(*RUN, "--send-window", "8 to 20")
    assert refused.code == 2
    assert "write it as 08:00-20:00" in refused.err
