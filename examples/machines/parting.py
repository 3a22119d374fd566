"""One part of a submitted run as a function, for engines that call Python. It imports nothing of them."""

from __future__ import annotations

import json
import subprocess
import sys

FINISHED, SOME_FAILED = 0, 1


def parts_of(run: str) -> list[str]:
    """Name the locations of a run that are not finished, the largest first."""
    shown = json.loads(_importer("show", run, "--json").stdout)
    return [part["location_id"] for part in shown["parts"] if part["state"] != "finished"]


def work_on(run: str, location: str) -> dict[str, int]:
    """Send what a location has left; raises where it stopped before its end, so that the engine tries again."""
    ended = _importer("part", run, location, "--json", "--no-progress", check=False)
    if ended.returncode not in {FINISHED, SOME_FAILED}:
        raise RuntimeError(
            f"Part {location} of run {run} did not come to its end: {ended.stderr.strip()[-500:]}"
        )
    told = json.loads(ended.stdout)
    return {name: told[name] for name in ("created", "updated", "skipped", "failed")}


def _importer(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    # a process of its own: who kills the task kills what it sends, and the next one goes on by the journal
    return subprocess.run(  # noqa: S603
        [sys.executable, "-m", "importer", *words], capture_output=True, text=True, check=check
    )
