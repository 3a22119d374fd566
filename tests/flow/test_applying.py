"""`apply` as operators rely on it: killed and resumed, in its hours, after other runs, with who approved it."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from importer.sandbox import SandboxSettings
from tests.flow.conftest import open_vendor
from tests.flow.test_plan_command import Planned, people
from tests.flow.test_send_window import hours_from
from tests.flow.test_stopping import after, stops
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk

NEW, CHANGED, SAME = 20, 20, 20


def made(desk: Desk, vendor: Sandbox) -> Planned:
    """Plan rows of new people, of people who change, and of people who do not."""
    for number in range(CHANGED + SAME):
        vendor.add_contact(
            "loc1",
            email=f"p{number}@example.com",
            firstName="Bea" if number < CHANGED else "Ann",
            tags=[] if number < CHANGED else ["x"],
        )
    file = people(desk, *(f"Ann,p{number}@example.com,,x" for number in range(NEW + CHANGED + SAME)))
    return Planned(desk, file, "-m", "mapping.yaml")


def begin(desk: Desk, plan: Planned, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "importer", "apply", plan.summary["plan_id"], "--json", *words],
        cwd=desk.folder,
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@stops
@pytest.mark.parametrize("requests", [8, 30, 55])
def test_an_apply_that_was_killed_is_resumed_and_each_row_is_sent_once(desk: Desk, requests: int) -> None:
    with open_vendor(SandboxSettings(burst=0, latency_ms=(8, 12))) as vendor:
        plan = made(desk, vendor)
        in_the_middle = after(vendor, requests)
        process = begin(desk, plan, "--no-progress")
        assert in_the_middle.wait(PATIENCE)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=PATIENCE)
        assert process.returncode == -signal.SIGKILL
        ended = desk.importer("resume", "--json", "--no-progress")
        assert ended.code == 0, ended.err
        outcomes = Counter((row["Mail"], row["import_status"]) for row in ended.rows)
        assert set(outcomes.values()) == {1}
        assert Counter(status for _, status in outcomes) == {
            "created": NEW,
            "updated": CHANGED,
            "skipped": SAME,
        }, ended.rows
        contacts = vendor.contacts("loc1")
        assert len(contacts) == len({each["email"] for each in contacts}) == NEW + CHANGED + SAME
        assert {each["properties"]["firstName"] for each in contacts} == {"Ann"}
        assert all(each["tags"] == ["x"] for each in contacts)
        assert vendor.state()["paths"].get("POST contacts/upsert", 0) == 0


def test_a_plan_is_applied_although_the_same_file_was_imported_before(desk: Desk) -> None:
    with open_vendor(SandboxSettings(burst=0, search_lag_seconds=0)) as vendor:
        file = people(desk, "Ann,ann@example.com,,")
        desk.run(file, "-m", "mapping.yaml")
        (contact,) = vendor.contacts("loc1")
        vendor.edit(contact["id"], fields={"firstName": "Annika"})
        plan = Planned(desk, file, "-m", "mapping.yaml").summary["plan_id"]
        ended = desk.importer("apply", plan, "--json")
        assert (ended.code, ended.summary["updated"]) == (0, 1), ended.err
        assert vendor.contacts("loc1")[0]["properties"]["firstName"] == "Ann"


def test_a_plan_that_was_applied_names_a_command_that_compares_anew(desk: Desk, vendor: Sandbox) -> None:
    plan = Planned(desk, people(desk, "Ann,ann@example.com,,"), "-m", "mapping.yaml").summary["plan_id"]
    assert desk.importer("apply", plan, "--no-progress", "--yes").code == 0
    again = desk.importer("apply", plan, "--no-progress", "--yes")
    (said,) = [line for line in again.err.splitlines() if "To compare it anew and send what differs:" in line]
    (contact,) = vendor.contacts("loc1")
    vendor.edit(contact["id"], fields={"city": "Paris"})
    ended = desk.importer(*shlex.split(said.partition("importer ")[2]), "--json", "--no-progress")
    assert (ended.code, ended.summary["skipped_by_code"]) == (0, {"unchanged": 1}), ended.err


def test_a_stopped_run_of_the_same_file_is_not_gone_on_with_by_a_plan(desk: Desk, vendor: Sandbox) -> None:
    file = people(desk, *(f"Ann,p{number}@example.com,," for number in range(6)))
    stopped = desk.run(file, "-m", "mapping.yaml", "--trial", "2")
    plan = Planned(desk, file, "-m", "mapping.yaml").summary
    ended = desk.importer("apply", plan["plan_id"], "--json", "--no-progress")
    assert ended.summary["run_id"] != stopped.summary["run_id"]
    assert ended.summary["rows_read"] == sum(
        ended.summary[each] for each in ("created", "updated", "skipped", "failed")
    )
    assert len(vendor.contacts("loc1")) == 6


@stops
def test_outside_of_its_hours_apply_waits_and_sends_nothing(desk: Desk, vendor: Sandbox) -> None:
    plan = Planned(desk, people(desk, "Ann,ann@example.com,,", "Bob,bob@example.com,,"), "-m", "mapping.yaml")
    process = begin(desk, plan, "--no-progress", "--send-window", hours_from(5))
    assert process.stderr is not None
    told = ""
    while "send window" not in told:
        line = process.stderr.readline()
        assert line, told
        told += line
    assert vendor.contacts() == []
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, json.loads(out)["pending"]) == (3, 2)
    resumed = desk.importer("resume", "--json", "--send-window", "00:00-24:00")
    assert (resumed.code, resumed.summary["created"]) == (0, 2), resumed.err


def test_the_history_tells_who_approved_what_was_applied(desk: Desk, vendor: Sandbox) -> None:
    plan = Planned(desk, people(desk, "Ann,ann@example.com,,", "Bob,bob@example.com,,"), "-m", "mapping.yaml")
    applied = ("apply", plan.summary["plan_id"], "--no-progress")
    desk.importer(*applied, "--approved-by", "Eva Müller")
    assert "Approved:  by Eva Müller" in desk.importer("show").out
    told = json.loads(desk.importer("show", "--json").out)
    assert told["approved_by"] == "Eva Müller"
    assert told["sessions"][0]["approved_by"] == "Eva Müller"
    assert json.loads(desk.importer("runs", "--json").out)[0]["approved_by"] == "Eva Müller"


def test_a_run_that_nobody_approved_says_nothing_of_it(desk: Desk, vendor: Sandbox) -> None:
    desk.run(people(desk, "Ann,ann@example.com,,"), "-m", "mapping.yaml")
    assert "Approved" not in desk.importer("show").out
    assert json.loads(desk.importer("show", "--json").out)["approved_by"] is None


def test_a_blank_name_approves_nothing(desk: Desk, vendor: Sandbox) -> None:
    plan = Planned(desk, people(desk, "Ann,ann@example.com,,"), "-m", "mapping.yaml")
    refused = desk.importer("apply", plan.summary["plan_id"], "--approved-by", " ")
    assert refused.code == 2
    assert "--approved-by" in refused.err
    assert vendor.contacts() == []


def test_a_plan_that_lost_rows_is_refused_before_the_first_is_sent(desk: Desk, vendor: Sandbox) -> None:
    file = people(desk, *(f"Ann,p{number}@example.com,," for number in range(600)))
    plan_id = Planned(desk, file, "-m", "mapping.yaml").summary["plan_id"]
    (kept,) = (desk.folder.parent / "state" / "plans").glob("*/plan.db")
    with contextlib.closing(sqlite3.connect(kept)) as db, db:
        db.execute("DELETE FROM rows WHERE row = (SELECT max(row) FROM rows)")
    refused = desk.importer("apply", plan_id)
    assert refused.code == 2
    assert "has 599 rows, and the source 600" in refused.err
    assert vendor.contacts() == []
