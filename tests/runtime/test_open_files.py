from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from importer.sandbox import SandboxSettings, sandbox_aside

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX limits")

CONTACTS = "First,Mail\n" + "".join(f"P{number},p{number}@example.com\n" for number in range(60))
MAPPING = "version: 1\nlocation: loc1\nfields: {firstName: First, email: Mail}\n"


def run_with(limit: str, folder: Path, base_url: str) -> subprocess.CompletedProcess[str]:
    (folder / "contacts.csv").write_text(CONTACTS)
    (folder / "mapping.yaml").write_text(MAPPING)
    words = f'{limit} && exec "{sys.executable}" -m importer run contacts.csv -m mapping.yaml --no-progress'
    known = {"HIGHLEVEL_TOKEN": "pit-files", "HIGHLEVEL_BASE_URL": base_url, "IMPORTER_STATE": str(folder)}
    return subprocess.run(
        ["/bin/sh", "-c", words],
        cwd=folder,
        env=os.environ | known,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_limit_too_low_for_a_run_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    with sandbox_aside(SandboxSettings(burst=0)) as sandbox:
        ended = run_with("ulimit -n 20", tmp_path, sandbox.base_url)
        assert not sandbox.contacts()
    assert ended.returncode == 2
    assert "may have 20 files open" in ended.stderr
    assert "ulimit -n 1024" in ended.stderr


def test_a_soft_limit_is_raised_as_far_as_it_may(tmp_path: Path) -> None:
    with sandbox_aside(SandboxSettings(burst=0)) as sandbox:
        ended = run_with("ulimit -S -n 20", tmp_path, sandbox.base_url)
        assert len(sandbox.contacts()) == 60
    assert ended.returncode == 0, ended.stderr
