from __future__ import annotations

import json
import subprocess
import sys

import pytest

from importer.sandbox import SandboxSettings, Window
from tests.flow.conftest import Desk, desk, open_vendor

__all__ = ["desk"]  # a fixture of the flows

pytestmark = pytest.mark.campaign


def begin(desk: Desk, name: str, rows: int) -> subprocess.Popen[str]:
    people = "\n".join(f"P{row},{name}{row}@example.com,," for row in range(rows))
    desk.write(f"{name}.csv", f"First,Mail,Phone,Tags\n{people}\n")
    words = ["run", f"{name}.csv", "-m", "mapping.yaml", "--json", "--no-progress"]
    return subprocess.Popen(
        [sys.executable, "-m", "importer", *words], cwd=desk.folder, stdout=subprocess.PIPE, text=True
    )


def test_two_runs_into_one_location_share_its_quota_and_none_is_refused(desk: Desk) -> None:
    quota = SandboxSettings(burst=100, interval_seconds=4.0, window=Window.SLIDING, latency_ms=(5, 40))
    with open_vendor(quota) as vendor:
        first = begin(desk, "first", 400)
        while not vendor.contacts():
            assert first.poll() is None
        with first, begin(desk, "second", 100) as second:
            told = [json.loads(process.communicate(timeout=120)[0]) for process in (first, second)]
        assert [(each["created"], each["throttled"]) for each in told] == [(400, 0), (100, 0)]
        assert len(vendor.contacts()) == 500
    assert not list((desk.folder.parent / "state" / "sending").iterdir())
