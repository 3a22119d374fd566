"""What follows the upsert is done once, whatever is refused, lost or killed in between."""

from __future__ import annotations

import sys
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

import pytest

from importer.sandbox import Fault, FaultKind, Sandbox
from tests.flow.conftest import MAPPING, Ended
from tests.flow.test_stopping import CONTACTS, ROWS, after, begin, until
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from tests.flow.conftest import Desk

BOTH = "after: {workflow: Welcome, campaign: Newsletter}\n"
ANN = "First,Mail,Phone,Tags\nAnn,ann@example.com,,vip\n"

kills = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


@pytest.fixture
def campaign(vendor: Sandbox) -> str:
    """The end of the path of a call that adds to the campaign."""
    return f"/campaigns/{vendor.location('loc1').campaigns[0]['id']}"


@pytest.fixture
def run(desk: Desk) -> Callable[[str], Ended]:
    def start(after: str) -> Ended:
        desk.write("mapping.yaml", MAPPING + after)
        desk.write("contacts.csv", ANN)
        return desk.run("contacts.csv", "-m", "mapping.yaml")

    return start


def refused(path: str) -> Fault:
    return Fault(status=400, body=b'{"statusCode": 400, "message": "Not now."}', path=path)


def only(ended: Ended) -> dict[str, str]:
    (row,) = ended.rows
    return row


def enrolments(vendor: Sandbox) -> list[dict[str, int]]:
    return [each["enrolments"] for each in vendor.contacts("loc1")]


def test_the_retry_of_a_refused_campaign_does_not_enrol_in_the_workflow_again(
    desk: Desk, vendor: Sandbox, campaign: str, run: Callable[[str], Ended]
) -> None:
    vendor.script([refused(campaign)])
    failed = run(BOTH)
    assert (only(failed)["import_error_code"], only(failed)["import_remedy"]) == (
        "workflow_failed",
        "run_again",
    )
    assert enrolments(vendor) == [{"Welcome": 1}]
    retried = desk.importer("retry", "--json")
    assert (retried.code, only(retried)["import_status"]) == (0, "created"), retried.err
    assert enrolments(vendor) == [{"Welcome": 1, "Newsletter": 1}]


def test_tags_are_not_sent_again_when_only_the_workflow_failed(
    desk: Desk, vendor: Sandbox, run: Callable[[str], Ended]
) -> None:
    vendor.script([refused("/workflow/")])
    run("after: {workflow: Welcome}\n")
    assert vendor.contacts()[0]["tags"] == ["vip"]
    bulk_calls = vendor.state()["replies"]["201"]
    retried = desk.importer("retry", "--json")
    assert (retried.code, enrolments(vendor)) == (0, [{"Welcome": 1}]), retried.err
    assert vendor.state()["replies"]["201"] == bulk_calls + 1  # the enrolment alone


def test_an_enrolment_in_doubt_is_told_and_no_retry_is_advised(
    desk: Desk, vendor: Sandbox, run: Callable[[str], Ended]
) -> None:
    vendor.script([Fault(kind=FaultKind.RESET, path="/workflow/")])
    ended = run("after: {workflow: Welcome}\n")
    assert (ended.code, ended.summary["failed"]) == (1, 1)
    row = only(ended)
    assert (row["import_error_code"], row["import_remedy"]) == ("follow_up_unconfirmed", "none")
    assert "enrollment history" in row["import_error"]
    assert "importer retry" not in ended.err
    assert "import that file" not in ended.err
    assert "by hand" in ended.err
    desk.importer("retry", "--json")
    assert enrolments(vendor) == [{"Welcome": 1}]


@kills
@pytest.mark.parametrize("stored", [True, False], ids=["done", "not done"])
def test_a_kill_between_two_follow_ups_repeats_neither(
    desk: Desk, vendor: Sandbox, campaign: str, *, stored: bool
) -> None:
    """Killed while the campaign's call is in the air: the workflow is known to be done, the campaign is in doubt."""
    desk.write("mapping.yaml", MAPPING + BOTH)
    desk.write("contacts.csv", ANN)
    vendor.script([Fault(kind=FaultKind.SLOW, path=campaign, stored=stored)])
    process = begin(desk)
    until(lambda: vendor.state()["faults"].get("slow") == 1)
    process.kill()
    process.communicate()
    done = {"Welcome": 1, "Newsletter": 1} if stored else {"Welcome": 1}
    assert enrolments(vendor) == [done]
    row = only(desk.importer("resume", "--json"))
    assert (row["import_status"], row["import_error_code"]) == ("failed", "follow_up_unconfirmed")
    assert "whether it was added to the campaign is not known" in row["import_error"]
    assert enrolments(vendor) == [done]


@kills
def test_whenever_a_run_is_killed_nobody_is_enrolled_twice_or_left_out_without_a_word(
    desk: Desk, slow_vendor: Sandbox
) -> None:
    desk.write("mapping.yaml", MAPPING + BOTH)
    desk.write("contacts.csv", CONTACTS.replace("vip", ""))  # tags would keep the enrolments waiting
    dice = Random(20)  # noqa: S311  (no secret)
    for _ in range(3):
        reached = after(slow_vendor, dice.randint(20, 2 * ROWS // 3))
        process = begin(desk)
        assert reached.wait(PATIENCE)
        process.kill()
        process.communicate()
    ended = desk.importer("resume", "--json")
    found = {each["email"]: each["enrolments"] for each in slow_vendor.contacts()}
    in_doubt = [row for row in ended.rows if row["import_status"] == "failed"]
    assert {row["import_error_code"] for row in in_doubt} <= {"follow_up_unconfirmed"}
    assert len(in_doubt) < 3 * 100, "a kill leaves in doubt what is in the air, and little more"
    assert {times for each in found.values() for times in each.values()} == {1}
    sure = {row["Mail"] for row in ended.rows} - {row["Mail"] for row in in_doubt}
    assert {email for email in sure if len(found[email]) < 2} == set()


def test_a_try_in_the_embedded_sandbox_knows_whatever_workflow_and_campaign_is_named(desk: Desk) -> None:
    desk.write("mapping.yaml", MAPPING + "after: {workflow: Onboarding, campaign: Autumn}\n")
    desk.write("contacts.csv", ANN)
    ended = desk.run("contacts.csv", "-m", "mapping.yaml", "--sandbox")
    assert (ended.code, only(ended)["import_status"]) == (0, "created"), ended.err
