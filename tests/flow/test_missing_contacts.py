"""`importer plan --missing`: whom of the location the file lacks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.flow.conftest import read_table
from tests.flow.test_plan_command import Planned, people

if TYPE_CHECKING:
    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk


def lacking(plan: Planned) -> list[str]:
    return [row["Contact Id"] for row in read_table(Path(plan.summary["missing_file"]))]


def test_contacts_that_no_row_means_are_listed_and_counted(desk: Desk, vendor: Sandbox) -> None:
    vendor.furnish("loc1", custom_fields=["Size"])
    vendor.add_contact("loc1", email="Ann@example.com", firstName="Ann")
    vendor.add_contact("loc1", phone="+14155550100", firstName="Bob")
    gone = vendor.add_contact("loc1", email="gone@example.com", firstName="=1+1", tags=["vip"])
    plan = Planned(
        desk, people(desk, "Ann,ANN@example.com,,", "Bob,,(415) 555-0100,"), "-m", "mapping.yaml", "--missing"
    )
    assert plan.ended.code == 0
    assert plan.summary["missing"] == 1
    assert lacking(plan) == [gone]
    (row,) = read_table(Path(plan.summary["missing_file"]))
    assert (row["First Name"], row["Tags"], row["export_location_id"]) == ("'=1+1", "vip", "loc1")
    assert "Size" in row
    assert "DND SMS" not in row  # the search does not show it, and a blank cell would say that nobody said no
    assert "1 contact of the location has neither" in plan.ended.err
    assert "1 contact of the location has neither" in Path(plan.summary["report"]).read_text(encoding="utf-8")


def test_who_may_be_meant_by_an_ambiguous_row_is_not_missing(desk: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="ann@example.com")
    vendor.add_contact("loc1", email="bob@example.com", phone="+14155550101")
    vendor.add_contact("loc1", email="cid@example.com", additional_emails=["cid@work.example"])
    plan = Planned(
        desk,
        people(desk, "Ann,ann@example.com,+14155550101,", "Cid,cid@work.example,,"),
        "-m",
        "mapping.yaml",
        "--missing",
    )
    assert plan.summary["ambiguous"] == 2
    assert (plan.summary["missing"], lacking(plan)) == (0, [])


def test_a_row_of_another_location_means_nobody_here(desk: Desk, vendor: Sandbox) -> None:
    here = [
        vendor.add_contact(place, email=f"{name}@example.com")
        for place, name in (("loc1", "ann"), ("loc1", "bob"), ("loc2", "ann"), ("loc2", "bob"))
    ]
    desk.write("places.yaml", "version: 1\nlocation: {column: Place}\nfields: {email: Mail}\n")
    file = desk.write("p.csv", "Mail,Place\nann@example.com,loc1\nbob@example.com,loc2\n")
    plan = Planned(desk, file, "-m", "places.yaml", "--missing")
    assert lacking(plan) == [here[1], here[2]]


def test_rows_that_fail_may_be_theirs_and_that_is_said(desk: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="ann@example.com")
    plan = Planned(desk, people(desk, "Ann,ann@@example.com,,"), "-m", "mapping.yaml", "--missing")
    assert plan.summary["missing"] == 1
    assert "1 row that would fail or be skipped" in plan.ended.err


def test_the_missing_can_be_imported_with_the_ready_mapping(desk: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="gone@example.com", firstName="Gone")
    plan = Planned(
        desk,
        people(desk, "Ann,ann@example.com,,"),
        "-m",
        "mapping.yaml",
        "--missing",
        "--results-format",
        "xlsx",
    )
    again = Planned(desk, plan.summary["missing_file"], "-m", "highlevel")
    assert plan.summary["missing_file"].endswith("missing.xlsx")
    assert again.summary["unchanged"] == 1, again.ended.err


def test_a_part_of_a_file_lacks_nobody(desk: Desk, vendor: Sandbox) -> None:
    file = people(desk, "Ann,ann@example.com,,")
    ended = desk.importer("plan", file, "-m", "mapping.yaml", "--missing", "--limit", "1")
    assert ended.code == 2
    assert "--limit" in ended.err


def test_neither_do_rows_that_were_chosen(desk: Desk, vendor: Sandbox) -> None:
    file = people(desk, "Ann,ann@example.com,,", "Bob,bob@example.com,,")
    desk.write("rows", "2\n")
    ended = desk.importer("plan", file, "-m", "mapping.yaml", "--missing", "--rows", "rows")
    assert ended.code == 2
    assert "--missing needs all rows" in ended.err


def test_unasked_nobody_is_listed(desk: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="gone@example.com")
    plan = Planned(desk, people(desk, "Ann,ann@example.com,,"), "-m", "mapping.yaml")
    assert "missing" not in plan.summary
    assert not list(Path(plan.summary["plan"]).parent.glob("missing*"))
