"""What a search does not show is read by id where a rule writes it, and our own writes count though the search lags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from importer.sandbox import SandboxSettings
from tests.flow.conftest import open_vendor
from tests.flow.test_comparing import asked, compared, held
from tests.flow.test_plan_command import Planned, people

if TYPE_CHECKING:
    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk

OPT_OUTS = """\
version: 1
location: ${HIGHLEVEL_LOCATION_ID}
fields:
  email: Mail
  dndSettings.SMS: Stop
  timezone: Zone
"""
NO = {"SMS": {"status": "active"}, "Email": {"status": "active"}}


@pytest.fixture
def opt_outs(desk: Desk, vendor: Sandbox) -> str:
    """A file of opt-outs: of somebody who said no already, of one who did not, and of a blank cell."""
    desk.write("mapping.yaml", OPT_OUTS)
    vendor.add_contact("loc1", email="no@example.com", dndSettings=NO, timezone="Europe/Rome")
    vendor.add_contact("loc1", email="yes@example.com")
    vendor.add_contact("loc1", email="blank@example.com", dndSettings=NO)
    vendor.add_contact("loc1", email="elsewhere@example.com", dndSettings=NO)
    return desk.write(
        "stop.csv",
        "Mail,Stop,Zone\nno@example.com,yes,Europe/Rome\nyes@example.com,yes,\nblank@example.com,,\n"
        "new@example.com,yes,\n",
    )


def test_channels_and_time_zones_are_read_of_whom_a_row_means_with_one(
    desk: Desk, vendor: Sandbox, opt_outs: str
) -> None:
    plan = Planned(desk, opt_outs, "-m", "mapping.yaml")
    assert plan.actions == ["unchanged", "update", "unchanged", "create"]
    assert plan.changes(1)["dndSettings"]["old"] is None
    assert plan.summary["changes"]["dndSettings"] == {"set": 1, "changed": 0, "cleared": 0}
    assert asked(vendor, "GET contacts/*") == 2
    assert plan.summary["requests_made"] == sum(vendor.state()["paths"].values())


def test_they_are_read_again_once_their_contact_changed(desk: Desk, opt_outs: str, vendor: Sandbox) -> None:
    words = (opt_outs, "-m", "mapping.yaml", "--max-age", "0s")
    Planned(desk, *words)
    Planned(desk, *words)
    assert asked(vendor, "GET contacts/*") == 2


def test_a_rule_that_writes_none_of_them_reads_nobody(desk: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="ann@example.com", dndSettings=NO)
    Planned(desk, people(desk, "Anna,ann@example.com,,"), "-m", "mapping.yaml")
    assert asked(vendor, "GET contacts/*") == 0


def test_a_comparing_run_leaves_alone_who_said_no_already(desk: Desk, vendor: Sandbox, opt_outs: str) -> None:
    ended = compared(desk, opt_outs)
    assert [row["import_status"] for row in ended.rows] == ["skipped", "updated", "skipped", "created"]
    assert asked(vendor, "PUT contacts/*") == 1


def test_who_never_said_no_is_no_lift(desk: Desk, vendor: Sandbox) -> None:
    desk.write("mapping.yaml", OPT_OUTS)
    vendor.add_contact("loc1", email="ann@example.com")
    no = vendor.add_contact("loc1", email="bob@example.com", dndSettings=NO)
    file = desk.write("p.csv", "Mail,Stop,Zone\nann@example.com,no,\nbob@example.com,no,\n")
    plan = Planned(desk, file, "-m", "mapping.yaml")
    assert plan.summary["lifts"] == 1
    assert no in [row["plan_contact_id"] for row in plan.rows if "active" in row["plan_changes"]]


def test_a_comparison_right_after_a_run_sees_what_that_wrote(desk: Desk) -> None:
    with open_vendor(SandboxSettings(burst=0, search_lag_seconds=60)) as vendor:
        bob = vendor.add_contact("loc1", email="bob@example.com", firstName="Robert")
        desk.importer("mirror", "loc1")
        file = people(desk, "Ann,ann@example.com,,x", "Bob,bob@example.com,+14155550101,")
        assert compared(desk, file).summary["updated"] == 1
        before = asked(vendor, "PUT contacts/*"), asked(vendor, "POST contacts")
        again = compared(desk, people(desk, "Ann,ann@example.com,,x", "Bob,,+14155550101,"), "--fresh")
        assert [row["import_error_code"] for row in again.rows] == ["unchanged", "unchanged"]
        assert (asked(vendor, "PUT contacts/*"), asked(vendor, "POST contacts")) == before
        assert held(vendor, bob)["properties"]["firstName"] == "Bob"


def test_a_mirror_from_before_our_own_run_is_not_young_enough(desk: Desk) -> None:
    with open_vendor(SandboxSettings(burst=0, search_lag_seconds=0)) as vendor:
        vendor.add_contact("loc1", email="ann@example.com", firstName="Ann")
        desk.importer("mirror", "loc1")
        desk.run(people(desk, "Anna,ann@example.com,,"), "-m", "mapping.yaml")
        plan = Planned(desk, "people.csv", "-m", "mapping.yaml", "--max-age", "1h")
        assert plan.actions == ["unchanged"]
