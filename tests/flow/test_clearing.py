"""Cells that ask to empty a field, all the way: in a run, in a plan, and where a policy has a say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from importer.sandbox import SandboxSettings
from tests.flow.conftest import open_vendor
from tests.flow.test_comparing import asked, held
from tests.flow.test_plan_command import Planned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk

MAPPING = """\
version: 1
location: ${HIGHLEVEL_LOCATION_ID}
defaults: {region: US}
clear: "#CLEAR"
fields: {email: Mail, phone: Phone, city: City, source: Source}
custom_fields: {Shirt: Shirt}
tags: {columns: Tags, mode: replace}
"""
ROWS = """\
Mail,Phone,City,Source,Shirt,Tags
ann@example.com,#CLEAR,#CLEAR,#CLEAR,#CLEAR,#CLEAR
bob@example.com,,#CLEAR,,,
"""


@pytest.fixture
def vendor(desk: Desk) -> Iterator[Sandbox]:
    """A vendor whose search sees every write at once."""
    with open_vendor(SandboxSettings(burst=0, search_lag_seconds=0)) as sandbox:
        yield sandbox


def furnished(vendor: Sandbox) -> str:
    """Have Ann with all of it, and Bob with nothing."""
    vendor.furnish("loc1", custom_fields=["Shirt"])
    ann = vendor.add_contact(
        "loc1", email="ann@example.com", phone="+14155550100", city="Rome", source="web", tags=["vip"]
    )
    vendor.edit(ann, customFields={"Shirt": "M"})
    vendor.add_contact("loc1", email="bob@example.com")
    return ann


def shown(vendor: Sandbox, contact_id: str) -> dict[str, Any]:
    contact = held(vendor, contact_id)
    names = ("phone", "city", "source")
    kept = {name: contact["properties"].get(name) for name in names}
    return {**kept, "shirt": contact["customFields"], "tags": contact["tags"]}


def test_a_run_empties_what_cells_ask_for_and_counts_it(desk: Desk, vendor: Sandbox) -> None:
    ann = furnished(vendor)
    desk.write("mapping.yaml", MAPPING)
    ended = desk.run(desk.write("p.csv", ROWS), "-m", "mapping.yaml")
    assert (ended.code, ended.summary["updated"]) == (0, 2), ended.err
    assert ended.summary["warnings_by_code"]["cleared"] == 6
    assert shown(vendor, ann) == {"phone": None, "city": None, "source": "web", "shirt": [], "tags": []}
    assert "source can be emptied only" in ended.rows[0]["import_warnings"]


def test_a_plan_shows_it_and_what_is_blank_already_is_unchanged(desk: Desk, vendor: Sandbox) -> None:
    ann = furnished(vendor)
    desk.write("mapping.yaml", MAPPING)
    plan = Planned(desk, desk.write("p.csv", ROWS), "-m", "mapping.yaml")
    assert plan.actions == ["update", "unchanged"]
    assert plan.changes(0)["city"] == {"old": "Rome", "new": None}
    assert plan.summary["changes"]["Shirt"] == {"set": 0, "changed": 0, "cleared": 1}
    assert "city is emptied" in plan.rows[0]["plan_reason"]
    assert plan.rows[0]["plan_reason"].count("cleared: ") == 4  # each value once; tags are among the changes
    assert "cleared" not in plan.rows[1]["plan_reason"]
    applied = desk.importer("apply", plan.summary["plan_id"], "--json", "--no-progress")
    assert applied.code == 0, applied.err
    assert shown(vendor, ann) == {"phone": None, "city": None, "source": None, "shirt": [], "tags": []}


def test_to_empty_is_no_reason_to_compare(desk: Desk, vendor: Sandbox) -> None:
    furnished(vendor)
    desk.write("mapping.yaml", MAPPING)
    desk.run(desk.write("p.csv", ROWS), "-m", "mapping.yaml")
    assert asked(vendor, "POST contacts/search") == 0


def test_policies_hold_it_back_as_any_other_value(desk: Desk, vendor: Sandbox) -> None:
    ann = furnished(vendor)
    desk.write(
        "mapping.yaml",
        'version: 1\nlocation: ${HIGHLEVEL_LOCATION_ID}\nclear: "#CLEAR"\nfields:\n  email: Mail\n'
        "  city: {column: City, on_update: if_blank}\n  source: {column: Source, on_update: never}\n"
        "custom_fields: {Shirt: {column: Shirt, on_update: append}}\n",
    )
    ended = desk.run(desk.write("p.csv", ROWS), "-m", "mapping.yaml")
    (row, _) = ended.rows
    assert (row["import_status"], row["import_error_code"]) == ("skipped", "unchanged")
    for word in ("city has a value", "source is not changed", "Shirt is only added to"):
        assert word in row["import_warnings"]
    assert shown(vendor, ann)["city"] == "Rome"


def test_a_preview_shows_null_and_a_check_counts_it(desk: Desk) -> None:
    desk.write("mapping.yaml", MAPPING)
    file = desk.write("p.csv", ROWS)
    lines = desk.importer("preview", file, "-m", "mapping.yaml").out
    assert '"city": null' in lines
    told = desk.importer("check", file, "-m", "mapping.yaml", "--json").summary
    assert told["warnings_by_code"]["cleared"] == 6


def test_what_the_vendor_does_not_empty_is_said(desk: Desk, vendor: Sandbox) -> None:
    """With --verify a contact is read back: nobody knows for certain that null empties."""
    ann = furnished(vendor)
    desk.write("mapping.yaml", MAPPING)
    ended = desk.run(desk.write("p.csv", ROWS), "-m", "mapping.yaml", "--verify", "100")
    assert ended.summary["verified"] == 2
    assert ended.summary["differing"] == 0
    assert shown(vendor, ann)["shirt"] == []
