"""An undo, killed at random moments against a vendor of bad manners, and gone on with; then every contact is reconciled."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import pytest

from importer.sandbox import Fault, FaultKind, Sandbox, SandboxSettings
from tests.flow.conftest import Desk, desk, open_vendor, read_table

__all__ = ["desk"]  # a fixture of the flows

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(300)]

KILLS: Final = int(os.environ.get("IMPORTER_UNDO_KILLS", "6"))
SEED: Final = int(os.environ.get("IMPORTER_SEED", "0")) or random.randrange(1, 1_000_000)  # noqa: S311  (dice)
EACH: Final = 80
TOUCHED: Final = 8
MANNERS: Final = [
    *[None] * 40,
    *(
        FaultKind.RESET,
        FaultKind.DROP,
        FaultKind.GARBAGE,
        FaultKind.TRUNCATED,
        FaultKind.ERROR,
        FaultKind.UNAVAILABLE,
    ),
]
MAPPING: Final = """\
version: 1
location: ${HIGHLEVEL_LOCATION_ID}
fields: {firstName: First, email: Mail, city: City}
tags: {columns: [Tags]}
"""


def furnish(desk: Desk, vendor: Sandbox) -> None:
    """Have people whom the file changes and people whom it brings; some of both are edited after the run."""
    for number in range(EACH):
        vendor.add_contact(
            "loc1", email=f"old{number}@example.com", firstName="Old", name="Old", city="Paris", tags=["old"]
        )
    rows = [f"New,{kind}{number}@example.com,Rome,vip" for kind in ("old", "new") for number in range(EACH)]
    desk.write("people.csv", "\n".join(("First,Mail,City,Tags", *rows, "")))
    desk.write("mapping.yaml", MAPPING)


def stored(vendor: Sandbox) -> dict[str, Any]:
    return {
        each["email"]: (each["id"], deepcopy(each["properties"]), sorted(each["tags"]))
        for each in vendor.contacts("loc1")
    }


def edit(vendor: Sandbox) -> None:
    by_email = {each["email"]: each["id"] for each in vendor.contacts("loc1")}
    for number in range(TOUCHED):
        vendor.edit(by_email[f"old{number}@example.com"], fields={"city": "Oslo"})
        vendor.edit(by_email[f"new{number}@example.com"], note="called")


def undoing(desk: Desk, run_id: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "importer", "undo", run_id, "--yes", "--json", "--no-progress"],
        cwd=desk.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def kill_somewhere(desk: Desk, vendor: Sandbox, run_id: str, dice: random.Random) -> bool:
    """Kill an undo after some requests; False where it had ended by then."""
    after = vendor.state()["requests"] + dice.randrange(3, 260)
    with undoing(desk, run_id) as process:
        while process.poll() is None and vendor.state()["requests"] < after:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    return process.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_an_undo_that_is_killed_again_and_again_takes_back_all_and_no_more(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    dice = random.Random(SEED)  # noqa: S311  (dice)
    with open_vendor(SandboxSettings(burst=0, latency_ms=(1, 8))) as vendor:
        furnish(desk, vendor)
        before = stored(vendor)
        ran = desk.run("people.csv", "-m", "mapping.yaml", "--before-images")
        assert ran.code == 0, ran.err
        run_id = ran.summary["run_id"]
        edit(vendor)
        vendor.script(Fault(kind=dice.choice(MANNERS)) for _ in range(20_000))
        kills = sum(kill_somewhere(desk, vendor, run_id, dice) for _ in range(KILLS))
        vendor.script(())
        ended = desk.importer("undo", run_id, "--yes", "--json", "--no-progress")
        with capsys.disabled():
            print(f"\nundo campaign (seed {SEED}): {kills} kills, {vendor.state()['requests']:,} requests")  # noqa: T201
        assert ended.code == 1, ended.err
        after = stored(vendor)
        lines = {line["undo_row"]: line for line in read_table(Path(json.loads(ended.out)["undo"]))}
    assert len(lines) == 2 * EACH
    counted = Counter(line["undo_status"] for line in lines.values())
    assert counted == {"restored": EACH - TOUCHED, "deleted": EACH - TOUCHED, "kept": 2 * TOUCHED}, (
        lines.values()
    )
    assert after.keys() == before.keys() | {f"new{number}@example.com" for number in range(TOUCHED)}
    for email, (contact_id, properties, tags) in before.items():
        number = int(email.removeprefix("old").partition("@")[0])
        expected = {**properties, "city": "Oslo"} if number < TOUCHED else properties
        assert after[email] == (contact_id, expected, tags)
