"""Readings of a location and applied plans, killed at random moments; then reconciled with what the vendor holds.

    IMPORTER_KILLS=100 pytest -m campaign tests/campaign/test_looking_campaign.py

prints its figures; ``IMPORTER_SEED`` repeats the dice, not the timing.
"""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest

from importer.mirror.folder import MirrorFolder
from importer.mirror.store import Mirror
from importer.runtime.clock import SystemClock
from importer.sandbox import Sandbox, SandboxSettings, sandbox_aside

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(1_200)]

KILLS: Final = int(os.environ.get("IMPORTER_KILLS", "8"))
SEED: Final = int(os.environ.get("IMPORTER_SEED", "0")) or random.randrange(1, 1_000_000)  # noqa: S311  (dice)
LARGE: Final = 21_000
"""Enough to be read in parts."""
FAULTS: Final = {
    **dict.fromkeys(("reset", "drop", "truncated", "garbage"), 0.01),
    "500": 0.01,
    "stored-502": 0.01,
}
MAPPING: Final = """\
version: 1
location: loc1
fields: {email: Mail, firstName: First, companyName: Firm}
tags: {columns: [Tags], split: ";"}
"""


class Commands:
    """Commands of one operator, some of which are killed."""

    def __init__(self, folder: Path, sandbox: Sandbox, dice: random.Random) -> None:
        self.folder = folder
        self.kills = 0
        self._dice = dice
        self._environment = {
            **os.environ,
            "IMPORTER_STATE": str(folder / "state"),
            "HIGHLEVEL_BASE_URL": sandbox.base_url,
            "HIGHLEVEL_TOKEN": "pit-campaign",
            "IMPORTER_PROCESSES": "1",
        }

    def whole(self, *words: str) -> tuple[int, dict[str, Any]]:
        """Let a command come to its end; gives its exit code and what it tells."""
        done = subprocess.run(
            [sys.executable, "-m", "importer", *words, "--json", "-q"],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        told: dict[str, Any] = json.loads(done.stdout) if done.stdout else {}
        assert done.returncode in {0, 1}, done.stderr
        return done.returncode, told

    def killed(self, longest_seconds: float, *words: str) -> bool:
        """Kill a command at some moment; False where it was over before."""
        process = subprocess.Popen(
            [sys.executable, "-m", "importer", *words, "--json", "-q"],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(self._dice.uniform(0.3, longest_seconds))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            self.kills += 1
            return True
        return False


def test_a_reading_that_is_killed_again_and_again_comes_to_what_the_location_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dice = random.Random(SEED)  # noqa: S311  (dice)
    settings = SandboxSettings(
        burst=0,
        daily=0,
        latency_ms=(5, 40),
        search_lag_seconds=0,
        seed=SEED,
        faults={"500": 0.02, "reset": 0.02},
    )
    with sandbox_aside(settings) as sandbox:
        now = time.time() - 400 * 86_400
        held = [
            sandbox.add_contact("loc1", email=f"p{number}@example.com", added_at=now + number * 1_000)
            for number in range(LARGE)
        ]
        commands = Commands(tmp_path, sandbox, dice)
        while commands.kills < KILLS and commands.killed(2.5, "mirror", "loc1", "--max-age", "0s"):
            sandbox.edit(dice.choice(held), fields={"city": f"City {commands.kills}"})
            sandbox.edit(held.pop(dice.randrange(len(held))), delete=True)
            held.append(sandbox.add_contact("loc1", email=f"new{commands.kills}@example.com"))
        _, told = commands.whole("mirror", "loc1", "--max-age", "0s")
        _reconcile_mirror(tmp_path / "state", sandbox, told["loc1"], lingering=KILLS)
        _, told = commands.whole("mirror", "loc1", "--max-age", "0s")
        _reconcile_mirror(tmp_path / "state", sandbox, told["loc1"], lingering=0)
        with capsys.disabled():
            print(f"\nmirror, seed {SEED}: {commands.kills} kills, {sandbox.state()['requests']} requests")  # noqa: T201


def _reconcile_mirror(state: Path, sandbox: Sandbox, told: dict[str, Any], *, lingering: int) -> None:
    there = {each["id"]: each for each in sandbox.contacts("loc1")}
    path = MirrorFolder(state, clock=SystemClock()).newest(sandbox.base_url, "loc1")
    assert path is not None
    with Mirror.open(path) as mirror:
        read = list(mirror)
    ids = [each.id for each in read]
    assert len(set(ids)) == len(ids) == told["contacts"]
    # a contact that was deleted after its page was read is in it until the next reading
    assert set(there) <= set(ids)
    assert len(set(ids) - set(there)) <= lingering
    lost = [
        each.id for each in read if each.id in there and each.fields.get("email") != there[each.id]["email"]
    ]
    assert lost == []


def test_an_applied_plan_that_is_killed_again_and_again_does_what_it_says_and_no_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dice = random.Random(SEED)  # noqa: S311  (dice)
    settings = SandboxSettings(
        burst=5_000, interval_seconds=0.5, daily=0, latency_ms=(1, 20), slow_seconds=0.7, seed=SEED,
        search_lag_seconds=0, faults=FAULTS,
    )  # fmt: skip
    with sandbox_aside(settings) as sandbox:
        ids = [
            sandbox.add_contact("loc1", email=f"p{number}@example.com", firstName="Ann", companyName="Old")
            for number in range(400)
        ]
        _write_file(tmp_path)
        commands = Commands(tmp_path, sandbox, dice)
        _, plan = commands.whole("plan", "people.csv", "-m", "people.yaml")
        assert (plan["create"], plan["update"], plan["unchanged"]) == (200, 200, 200)
        for contact_id in ids[:20]:
            sandbox.edit(contact_id, fields={"companyName": "A person's"})
        puts = Counter({each: _updated(sandbox)[each] for each in ids})
        words = ("apply", plan["plan_id"])
        while commands.kills < KILLS and commands.killed(2.0, *words):
            pass  # the same command goes on with its own run
        _, told = commands.whole(*words)
        _reconcile_plan(sandbox, told, ids, puts)
        with capsys.disabled():
            print(f"\napply, seed {SEED}: {commands.kills} kills, {sandbox.state()['requests']} requests")  # noqa: T201


def _write_file(folder: Path) -> None:
    """Two hundred who change, two hundred who do not, two hundred who are new."""
    (folder / "people.yaml").write_text(MAPPING, encoding="utf-8")
    with (folder / "people.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["Mail", "First", "Firm", "Tags"])
        for number in range(600):
            table.writerow([f"p{number}@example.com", "Ann", "New" if number < 200 else "Old", ""])


def _updated(sandbox: Sandbox) -> dict[str, Any]:
    return {each["id"]: each["dateUpdated"] for each in sandbox.contacts("loc1")}


def _reconcile_plan(sandbox: Sandbox, told: dict[str, Any], ids: list[str], before: dict[str, Any]) -> None:
    contacts = sandbox.contacts("loc1")
    emails = Counter(each["email"] for each in contacts)
    assert max(emails.values()) == 1
    assert len(emails) == 600
    firm = {each["email"]: each["properties"].get("companyName") for each in contacts}
    assert {firm[f"p{number}@example.com"] for number in range(20)} == {"A person's"}
    assert {firm[f"p{number}@example.com"] for number in range(20, 200)} == {"New"}
    after = _updated(sandbox)
    touched = [each for each in ids[200:] if after[each] != before[each]]
    assert touched == []
    with Path(told["results"]).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    ends = Counter((row["import_status"], row["import_error_code"]) for row in rows)
    assert ends["skipped", "changed_since"] == 20
    assert ends["skipped", "unchanged"] == 200
    assert ends["updated", ""] == 180
    made = [row for row in rows if int(row["import_row"]) > 401]
    assert {row["import_status"] for row in made} <= {"created", "updated"}
    owners = {each["id"]: each["email"] for each in contacts}
    foreign = [row["Mail"] for row in rows if owners[row["import_contact_id"]] != row["Mail"]]
    assert foreign == []
