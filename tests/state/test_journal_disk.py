from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from importer.sandbox import SandboxSettings, sandbox_aside

ROWS = 600
LIMIT_KILOBYTES = 112
"""Room for an empty journal, and not for all rows."""


@pytest.mark.skipif(
    sys.platform == "win32", reason="there is no limit of a file's size to play a full disk with"
)
def test_a_run_whose_disk_is_full_stops_and_its_resume_marks_every_row_truly(tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_text(
        "Mail,Name\n" + "".join(f"p{n}@example.com,Ada\n" for n in range(ROWS))
    )
    (tmp_path / "contacts.yaml").write_text("version: 1\nfields: {email: Mail, firstName: Name}\n")
    with sandbox_aside(SandboxSettings(burst=5_000, interval_seconds=0.5)) as vendor:
        words = [
            "contacts.csv",
            "-m",
            "contacts.yaml",
            "--location",
            "location1",
            "--base-url",
            vendor.base_url,
        ]
        full = call(tmp_path, ["run", *words], before=lambda: limit_files(LIMIT_KILOBYTES))
        assert full.returncode == 3, full.stderr
        assert "journal" in full.stderr
        assert "Traceback" not in full.stderr
        ended = call(tmp_path, ["resume", "--json", "-q"])
        stored = len(vendor.contacts())
    assert ended.returncode == 0, ended.stderr
    with Path(json.loads(ended.stdout)["results"]).open(encoding="utf-8-sig", newline="") as opened:
        statuses = [row["import_status"] for row in csv.DictReader(opened)]
    assert statuses == ["created"] * ROWS
    assert stored == ROWS


def call(
    folder: Path, words: list[str], *, before: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "importer", *words],
        cwd=folder,
        # a module that is compiled under the limit would be kept cut off, for every process of the tests
        env={
            **os.environ,
            "HIGHLEVEL_TOKEN": "pit-journal",
            "IMPORTER_STATE": str(folder / "state"),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=before,
    )


def limit_files(kilobytes: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024, kilobytes * 1024))
