"""A run under way is watched, paused and stopped from another process, whoever started it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from importer.sandbox import Sandbox
from importer.state.remote import EndWish, leave_wish
from tests.flow.test_stopping import CONTACTS, ROWS, after, begin
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from tests.flow.conftest import Desk

FEW = "First,Mail,Phone,Tags\n" + "".join(f"P{number},p{number}@example.com,,\n" for number in range(40))


def progress_of(desk: Desk) -> dict[str, Any] | None:
    found = list(desk.folder.glob("import-results/*/progress.json"))
    snapshot: dict[str, Any] | None = json.loads(found[0].read_text()) if found else None
    return snapshot


@pytest.mark.parametrize(("command", "reason"), [("pause", "paused"), ("stop", "interrupted")])
def test_a_run_is_ended_from_another_process(
    desk: Desk, slow_vendor: Sandbox, command: str, reason: str
) -> None:
    desk.write("contacts.csv", CONTACTS)
    reached = after(slow_vendor, 20)
    process = begin(desk, "--concurrency", "1")
    assert reached.wait(PATIENCE)

    asked = desk.importer(command)

    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3, err
    stopped = json.loads(out)
    assert (stopped["state"], stopped["reason_code"]) == ("stopped", reason)
    assert stopped["reason"].startswith(
        f"{'Paused' if command == 'pause' else 'Stopped'} by importer {command}, "
    )
    assert asked.code == 0
    assert asked.err.startswith(f"Run {stopped['run_id']}: {stopped['reason']} Go on with: importer resume ")
    assert stopped["created"] + stopped["pending"] == ROWS
    assert stopped["pending"] > 0


def test_progress_counts_the_whole_run_after_a_resume_that_no_wish_of_yesterday_ends(
    desk: Desk, vendor: Sandbox
) -> None:
    desk.write("contacts.csv", FEW + "Nobody,,,\n")
    vendor.leave_for_today("loc1", 20)
    run_id = desk.run("contacts.csv", "-m", "mapping.yaml").summary["run_id"]
    stopped = progress_of(desk)
    assert stopped is not None
    assert (stopped["phase"], stopped["rows"]) == ("ended", 40 + 1)
    assert 0 < stopped["created"] < 40

    vendor.leave_for_today("loc1", 1_000)
    leave_wish(desk.folder.parent / "state" / "runs" / run_id, EndWish.PAUSE, by="somebody")
    assert desk.importer("resume").code == 1

    snapshot = progress_of(desk)
    assert snapshot is not None
    counts = {
        name: snapshot[name] for name in ("settled", "created", "updated", "skipped", "failed", "pending")
    }
    assert counts == {
        "settled": 40 + 1, "created": 40, "updated": 0, "skipped": 0, "failed": 1, "pending": 0,
    }  # fmt: skip


def test_who_follows_a_run_sees_it_move_and_then_how_it_ended(desk: Desk, slow_vendor: Sandbox) -> None:
    desk.write("contacts.csv", CONTACTS)
    reached = after(slow_vendor, 20)
    process = begin(desk, "--concurrency", "1")
    assert reached.wait(PATIENCE)

    seen = desk.importer("show", "--follow")

    process.communicate(timeout=PATIENCE)
    lines = seen.out.splitlines()
    assert any("rows/s" in line and f"of {ROWS} rows" in line for line in lines)
    assert f"{ROWS} of {ROWS} rows (100 %), ended; created {ROWS}, updated 0, skipped 0, failed 0" in lines
    assert "State:     finished" in seen.out


def test_what_is_not_under_way_is_not_asked_to_end(desk: Desk, vendor: Sandbox) -> None:
    nothing = desk.importer("pause")
    assert (nothing.code, "No run of" in nothing.err) == (2, True)
    desk.write("contacts.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,,\n")
    run_id = desk.run("contacts.csv", "-m", "mapping.yaml").summary["run_id"]

    over = desk.importer("stop", run_id)

    assert over.code == 2
    assert f"Run {run_id} is not under way: it is finished." in over.err
    assert not list((desk.folder.parent / "state").glob("runs/*/wish.json"))


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_before_the_results_folder_is_there_progress_is_for_the_owner_alone(tmp_path: Path) -> None:
    from importer.state.remote import PROGRESS_NAME, read_progress, write_progress

    assert write_progress(tmp_path / PROGRESS_NAME, {"rows": None}, private=True)
    assert (tmp_path / PROGRESS_NAME).stat().st_mode & 0o777 == 0o600
    assert read_progress([tmp_path / "nowhere", tmp_path]) == {"rows": None}
    (tmp_path / PROGRESS_NAME).write_text('{"rows": ')
    assert read_progress([tmp_path]) is None
