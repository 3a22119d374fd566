"""`importer approve`: what a person says of a plan, and what then may happen to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.flow.test_plan_command import Planned, people

if TYPE_CHECKING:
    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk

JOBS = """\
version: 1
jobs:
  crm:
    source: people.csv
    mapping: mapping.yaml
    location: loc1
    schedule: 30 2 * * *
    thresholds: {creates: 0}
"""


def planned(desk: Desk) -> str:
    plan = Planned(desk, people(desk, "Ann,ann@example.com,,"), "-m", "mapping.yaml")
    return str(plan.summary["plan_id"])


def test_what_is_approved_is_applied_and_the_history_tells_by_whom(desk: Desk, vendor: Sandbox) -> None:
    plan = planned(desk)
    said = desk.importer("approve", plan, "--by", "Grace Hopper", "--yes")
    assert said.code == 0
    assert f"Plan {plan}: people.csv into loc1." in said.err
    assert "Of 1 row, 1 would create a contact, 0 would change one" in said.err
    assert "was approved by Grace Hopper on 20" in said.err
    assert f"importer apply {plan}" in said.err
    assert desk.importer("apply", plan, "--json", "--no-progress").code == 0
    assert json.loads(desk.importer("show", "--json").out)["approved_by"] == "Grace Hopper"


def test_what_is_refused_is_not_applied(desk: Desk, vendor: Sandbox) -> None:
    plan = planned(desk)
    said = json.loads(desk.importer("approve", plan, "--refuse", "--by", "Ada", "--yes", "--json").out)
    assert (said["plan_id"], said["decision"], said["by"], said["job"]) == (plan, "refused", "Ada", None)
    ended = desk.importer("apply", plan, "--no-progress")
    assert (ended.code, vendor.contacts("loc1")) == (2, [])
    assert f"Ada refused plan {plan}" in ended.err


def test_the_first_word_stands(desk: Desk, vendor: Sandbox) -> None:
    plan = planned(desk)
    assert desk.importer("approve", plan, "--by", "Ada", "--yes").code == 0
    second = desk.importer("approve", plan, "--refuse", "--by", "Bob", "--yes")
    assert (second.code, "was approved by Ada" in second.err, "Bob" in second.err) == (2, True, False)


def test_where_nobody_can_be_asked_nothing_is_approved(desk: Desk, vendor: Sandbox) -> None:
    plan = planned(desk)
    ended = desk.importer("approve", plan)
    assert (ended.code, "say --yes on this very command" in ended.err) == (2, True)
    assert "is not applied" not in desk.importer("apply", plan, "--no-progress").err


def test_a_plan_that_is_not_there_is_named(desk: Desk, vendor: Sandbox) -> None:
    ended = desk.importer("approve", "plan-1999", "--yes")
    assert (ended.code, "There is no plan 'plan-1999'" in ended.err) == (2, True)


def test_a_job_waits_goes_on_at_its_next_call_and_its_plan_is_applied_by_nobody_else(
    desk: Desk, vendor: Sandbox
) -> None:
    people(desk, "Ann,ann@example.com,,")
    desk.write("jobs.yaml", JOBS)
    once = ("serve", "jobs.yaml", "--once", "--job", "crm")
    waits = desk.importer(*once)
    assert (waits.code, vendor.contacts("loc1")) == (3, [])
    (plan,) = {word.rstrip(".:") for word in waits.err.split() if word.startswith("plan-")}
    by_hand = desk.importer("apply", plan, "--no-progress", "--yes")
    assert (by_hand.code, "is applied by job crm" in by_hand.err) == (2, True)
    still = desk.importer(*once)
    assert (still.code, vendor.contacts("loc1")) == (3, [])
    said = desk.importer("approve", plan, "--yes")
    assert "Job crm waits: Of 1 row, 1 would create a contact (more than 0 rows)." in said.err
    assert "Job crm sends it." in said.err
    assert desk.importer(*once).code == 0
    assert [each["email"] for each in vendor.contacts("loc1")] == ["ann@example.com"]
