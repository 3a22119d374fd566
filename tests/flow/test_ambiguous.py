"""Rows that could be several people are sent to nobody, whichever way they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.flow.test_comparing import asked
from tests.flow.test_plan_command import Planned, people

if TYPE_CHECKING:
    from collections.abc import Callable

    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk, Ended

ROWS = (
    "Ann,ann@example.com,+14155550101,",  # her e-mail, and another's phone
    "Two,two@example.com,,",  # two contacts have it
    "Eve,eve@work.example,,",  # an additional one
    "Zoe,zoe@example.com,+14155550102,",  # the phone of somebody of another e-mail and name
    "New,new@example.com,,",
)


def compared(desk: Desk, file: str) -> Ended:
    return desk.run(file, "-m", "mapping.yaml", "--compare")


def applied(desk: Desk, file: str) -> Ended:
    plan = Planned(desk, file, "-m", "mapping.yaml")
    assert plan.summary["ambiguous"] == 4
    return desk.importer("apply", plan.summary["plan_id"], "--json", "--no-progress")


@pytest.mark.parametrize("send", [compared, applied])
def test_each_kind_of_doubt_fails_its_row_and_no_other(
    desk: Desk, vendor: Sandbox, send: Callable[[Desk, str], Ended]
) -> None:
    vendor.add_contact("loc1", email="ann@example.com")
    vendor.add_contact("loc1", email="bob@example.com", phone="+14155550101")
    for _ in range(2):
        vendor.add_contact("loc1", email="two@example.com")
    vendor.add_contact("loc1", email="eve@example.com", additional_emails=["eve@work.example"])
    vendor.add_contact("loc1", email="dan@example.com", phone="+14155550102", firstName="Dan")
    ended = send(desk, people(desk, *ROWS))
    assert [row["import_status"] for row in ended.rows] == ["failed"] * 4 + ["created"], ended.err
    said = [(row["import_error_code"], row["import_remedy"]) for row in ended.rows[:4]]
    assert said == [("ambiguous", "fix_row")] * 4
    assert "HighLevel would" in ended.rows[0]["import_error"]
    assert asked(vendor, "PUT contacts/*") == asked(vendor, "POST contacts/upsert") == 0
    assert ended.summary["errors_by_code"] == {"ambiguous": 4}


def test_what_a_policy_held_back_is_counted_in_plan_and_summary(desk: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="ann@example.com", firstName="Ann", companyName="Old Ltd")
    desk.write(
        "mapping.yaml",
        "version: 1\nlocation: ${HIGHLEVEL_LOCATION_ID}\ndefaults: {on_update: if_blank}\n"
        "fields: {email: Mail, firstName: First, companyName: Firm, city: City}\n",
    )
    file = desk.write("p.csv", "Mail,First,Firm,City\nann@example.com,Anna,New Ltd,Rome\n")
    plan = Planned(desk, file, "-m", "mapping.yaml")
    assert plan.summary["warnings_by_code"] == {"kept": 2}
    assert "kept: companyName has a value" in plan.rows[0]["plan_reason"]
    ended = desk.run(file, "-m", "mapping.yaml")
    assert ended.summary["warnings_by_code"] == {"kept": 2}
    assert ended.rows[0]["import_warnings"] == "kept: firstName has a value; kept: companyName has a value"
