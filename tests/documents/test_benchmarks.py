"""Every program under benchmarks/ does its work on a tiny size, so that none is found broken by whoever needs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

STARTED = {
    # program: (words for a tiny size, a word of what it prints)
    "bench": (["--rows", "3000"], "changed rule"),
    "changed_only": (["200"], "rows"),
    "check": (["300"], "300"),
    "findings": (["--rows", "600", "--failing", "20", "--people", "400"], "pairs told of: 50"),
    "history": (["--runs", "10", "--rounds", "1"], "10 runs"),
    "house": ([], "rooms"),
    "journal": (["--rows", "1000"], "us a row"),
    "mapping": (["--rows", "300", "--rounds", "1"], "us"),
    "memory_nightly": (["500"], "rows"),
    "migration": (["--contacts", "8", "--kills", "1"], "there once"),
    "pace": (["--rows", "150"], "150"),
    "pictures": (["{folder}"], ""),
    "plan": (["--contacts", "200", "--changed", "5"], "unchanged"),
    "reading": (["--csv-rows", "1000", "--xlsx-rows", "300", "--folder", "{folder}"], "rows"),
    "results_speed": (["1000"], "rows"),
    "sandbox": (["--requests", "200", "--connections", "5"], "requests/s"),
    "screen": (
        ["--rows", "600", "--failing", "20", "--turns", "2"],
        "Chromium",
    ),  # said, too, where there is none
    "scale": (["--locations", "4", "--workers", "1", "--rows", "3"], "CPU us/row"),
    "sending": (["--rows", "300"], "us"),
    "start": (["--rounds", "1"], "importer --help"),
    "suggestion": (["tuned"], "precision"),
    "terminal_pictures": (["{folder}"], "terminal-show.svg"),
    "whole_run": (["300", "--turns", "1"], "300"),
}
NOT_MEASURING = {
    "audit",  # asks what is known of weaknesses; its judgement is tested by itself
    "invented_run",  # makes what pictures shows
    "make_samples",  # run by the test of the samples
    "man_page",  # run by the test of the man page
    "mutation",  # run by .ci/run: its smallest size takes a minute
    "pandas_script",  # started by whole_run
    "release",  # run by the tests of the package
    "vendor",  # started by whole_run
    "write_api",  # run by the test of the documents
    "write_catalogue",
    "write_commands",
}


def test_every_benchmark_is_started_here_or_said_why_not() -> None:
    programs = {path.stem for path in (ROOT / "benchmarks").glob("*.py")}
    assert programs == STARTED.keys() | NOT_MEASURING


@pytest.mark.campaign
@pytest.mark.parametrize("name", STARTED)
def test_a_benchmark_measures_a_tiny_size(name: str, tmp_path: Path) -> None:
    words, printed = STARTED[name]
    ended = subprocess.run(
        [
            sys.executable,
            str(ROOT / "benchmarks" / f"{name}.py"),
            *(word.format(folder=tmp_path) for word in words),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    # 1: a target was missed, which says nothing at such a size
    assert (ended.returncode in {0, 1}, "Traceback" in ended.stderr) == (True, False), ended.stderr[-2000:]
    assert printed in ended.stdout
