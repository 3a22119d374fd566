"""`apply --replan`: a row whose contact somebody changed since is decided anew upon what the contact holds now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from importer.runs.remembered import recalled_from, remembered
from importer.sandbox import SandboxSettings
from importer.settings import Connection, RunSettings
from tests.flow.conftest import Ended, open_vendor
from tests.flow.test_comparing import asked, held
from tests.flow.test_plan_command import Planned, people

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk


@pytest.fixture
def vendor(desk: Desk) -> Iterator[Sandbox]:
    with open_vendor(SandboxSettings(burst=0, search_lag_seconds=0)) as sandbox:
        yield sandbox


def replanned(desk: Desk, plan: Planned, *words: str) -> Ended:
    return desk.importer("apply", plan.summary["plan_id"], "--replan", "--json", "--no-progress", *words)


def test_a_row_whose_contact_changed_is_sent_upon_what_it_holds_now(desk: Desk, vendor: Sandbox) -> None:
    ann = vendor.add_contact("loc1", email="ann@example.com", firstName="Ann")
    bob = vendor.add_contact("loc1", email="bob@example.com", firstName="Bob")
    file = people(desk, "Anna,ann@example.com,,vip", "Bobby,bob@example.com,,")
    plan = Planned(desk, file, "-m", "mapping.yaml")
    vendor.edit(ann, fields={"firstName": "Annika"})
    ended = replanned(desk, plan)
    assert [row["import_status"] for row in ended.rows] == ["updated", "updated"], ended.err
    assert held(vendor, ann)["properties"]["firstName"] == "Anna"
    assert held(vendor, ann)["tags"] == ["vip"]
    assert held(vendor, bob)["properties"]["firstName"] == "Bobby"
    assert "decided anew: somebody changed firstName" in ended.rows[0]["import_warnings"]
    assert ended.rows[1]["import_warnings"] == ""
    assert ended.summary["warnings_by_code"] == {"replanned": 1}


def test_a_new_decision_may_be_to_send_nothing(desk: Desk, vendor: Sandbox) -> None:
    """Somebody put the very values there, or filled what the mapping only fills where it is blank."""
    text = Path("mapping.yaml").read_text(encoding="utf-8")
    desk.write(
        "mapping.yaml", text.replace("firstName: First", "firstName: {column: First, on_update: if_blank}")
    )
    vendor.add_contact("loc1", email="ann@example.com", phone="+14155550109")
    plan = Planned(desk, people(desk, "Anna,ann@example.com,+14155550100,"), "-m", "mapping.yaml")
    (contact,) = vendor.contacts("loc1")
    vendor.edit(contact["id"], fields={"firstName": "Annika", "phone": "+14155550100"})
    vendor.edit(contact["id"], fields={"phone": "+14155550100"})
    ended = replanned(desk, plan)
    (row,) = ended.rows
    assert (row["import_status"], row["import_error_code"]) == ("skipped", "unchanged"), row
    assert "firstName has a value" in row["import_warnings"]
    assert asked(vendor, "PUT contacts/*") == 0


def test_somebody_who_came_meanwhile_is_updated_by_the_rules(desk: Desk, vendor: Sandbox) -> None:
    plan = Planned(desk, people(desk, "Anna,ann@example.com,,vip"), "-m", "mapping.yaml")
    ann = vendor.add_contact("loc1", email="ann@example.com", firstName="Somebody", tags=["old"])
    ended = replanned(desk, plan)
    (row,) = ended.rows
    assert (row["import_status"], row["import_contact_id"]) == ("updated", ann)
    assert "there by now" in row["import_warnings"]
    contact = held(vendor, ann)
    assert (contact["properties"]["firstName"], sorted(contact["tags"])) == ("Anna", ["old", "vip"])


def test_a_second_row_of_somebody_who_came_meanwhile_follows(desk: Desk, vendor: Sandbox) -> None:
    file = people(desk, "Anna,ann@example.com,,", "Anne,ann@example.com,,vip")
    plan = Planned(desk, file, "-m", "mapping.yaml")
    ann = vendor.add_contact("loc1", email="ann@example.com", firstName="Somebody")
    ended = replanned(desk, plan)
    assert [row["import_status"] for row in ended.rows] == ["updated", "updated"], ended.rows
    assert held(vendor, ann)["properties"]["firstName"] == "Anne"
    assert len(vendor.contacts("loc1")) == 1


def test_a_contact_that_is_no_longer_the_rows_is_left_alone(desk: Desk, vendor: Sandbox) -> None:
    ann = vendor.add_contact("loc1", email="ann@example.com", firstName="Ann")
    plan = Planned(desk, people(desk, "Anna,ann@example.com,,"), "-m", "mapping.yaml")
    vendor.edit(ann, fields={"firstName": "Zoe", "email": "zoe@example.com"})
    ended = replanned(desk, plan)
    assert [row["import_error_code"] for row in ended.rows] == ["changed_since"]
    assert held(vendor, ann)["properties"]["firstName"] == "Zoe"


def test_without_it_nothing_is_decided_anew_and_it_may_be_asked_for_later(
    desk: Desk, vendor: Sandbox
) -> None:
    ann = vendor.add_contact("loc1", email="ann@example.com", firstName="Ann")
    plan = Planned(desk, people(desk, "Anna,ann@example.com,,"), "-m", "mapping.yaml")
    vendor.edit(ann, fields={"firstName": "Annika"})
    applied = desk.importer("apply", plan.summary["plan_id"], "--json", "--no-progress")
    assert [row["import_error_code"] for row in applied.rows] == ["changed_since"]
    ended = replanned(desk, plan)
    assert ended.summary["run_id"] != applied.summary["run_id"]
    assert ended.summary["updated"] == 1
    assert held(vendor, ann)["properties"]["firstName"] == "Anna"


def test_a_resumed_apply_goes_on_deciding_anew(tmp_path: Path) -> None:
    """What a later session is told of the first one."""
    settings = RunSettings(
        sources=("a.csv",), mapping=Path("m.yaml"), connection=Connection(), state=tmp_path, replan=True
    )
    later = recalled_from(
        remembered(settings),
        sources=settings.sources,
        mapping=settings.mapping,
        connection=settings.connection,
        state=tmp_path,
        reading=settings.reading,
    )
    assert later.replan
