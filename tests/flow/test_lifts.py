"""What would let somebody be written to who said no is counted by itself before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from importer.highlevel.lifts import lifts, switches_off
from importer.mapping.values.booleans import without_no
from tests.flow.test_plan_command import Planned

if TYPE_CHECKING:
    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk

MAPPING = """\
version: 1
location: ${HIGHLEVEL_LOCATION_ID}
fields: {email: Mail, dnd: Out, dndSettings.SMS: Texts}
"""
ROWS = """\
Mail,Out,Texts
ann@example.com,no,
bob@example.com,no,
cid@example.com,yes,
dan@example.com,,no
"""


def furnished(desk: Desk, vendor: Sandbox) -> str:
    """Have Ann and Dan say no, of four people."""
    vendor.add_contact("loc1", email="ann@example.com", dnd=True)
    vendor.add_contact("loc1", email="bob@example.com")
    dan = vendor.add_contact("loc1", email="dan@example.com")
    vendor.edit(dan, fields={"dndSettings": {"SMS": {"status": "active"}}})
    desk.write("mapping.yaml", MAPPING)
    return desk.write("p.csv", ROWS)


def test_a_check_with_a_token_counts_whom_rows_lift_it_for(desk: Desk, vendor: Sandbox) -> None:
    file = furnished(desk, vendor)
    checked = desk.importer("check", file, "-m", "mapping.yaml", "--json")
    assert checked.summary["lifts"] == {"rows": 3, "asked": 3, "lifting": 2}
    assert "2 of 3 rows that switch do-not-disturb off would lift it" in " ".join(checked.err.split())


def test_a_check_without_a_token_says_how_many_may(
    desk: Desk, vendor: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = furnished(desk, vendor)
    monkeypatch.delenv("HIGHLEVEL_TOKEN")
    checked = desk.importer("check", file, "-m", "mapping.yaml", "--json")
    assert checked.summary["lifts"] == {"rows": 3, "asked": 0, "lifting": 0}
    assert "3 rows may lift somebody's do-not-disturb" in " ".join(checked.err.split())


def test_a_run_says_before_its_first_write_how_many_rows_may_lift(desk: Desk, vendor: Sandbox) -> None:
    ended = desk.run(furnished(desk, vendor), "-m", "mapping.yaml")
    (target,) = [line for line in ended.err.splitlines() if "Into " in line]
    assert "lifts: 2. So many rows lift a contact's do-not-disturb" in target


def crowded(desk: Desk, vendor: Sandbox, columns: str, cells: str, **said: Any) -> str:
    """Have one person say no, far down in a file of more rows than are looked up one by one."""
    vendor.add_contact("loc1", phone="+14155552671", email="other@example.com", **said)
    vendor.add_contact("loc1", email="n1@example.com", dndSettings={"Call": {"status": "active"}})
    names = columns.split(",")
    desk.write(
        "mapping.yaml",
        "version: 1\nlocation: loc1\ndefaults: {region: US}\nfields: {email: Mail, phone: Tel, "
        + ", ".join(f"{name}: C{at}" for at, name in enumerate(names))
        + "}\n",
    )
    lines = [f"n{row}@example.com,,{cells}" for row in range(600)]
    lines[-1] = f",415-555-2671,{cells}"
    header = ",".join(["Mail", "Tel", *(f"C{at}" for at, _ in enumerate(names))])
    return desk.write("p.csv", "\n".join([header, *lines, ""]))


@pytest.mark.parametrize(
    ("switch", "said"),
    [
        ("dnd", {"dnd": True}),
        ("dndSettings.SMS", {"dndSettings": {"SMS": {"status": "permanent"}}}),
        ("dndSettings.Email", {"dndSettings": {"Email": {"status": "active"}}}),
        ("inboundDndSettings.all", {"inboundDndSettings": {"all": {"status": "active"}}}),
    ],
)
def test_of_many_rows_all_are_held_against_who_said_no(
    desk: Desk, vendor: Sandbox, switch: str, said: dict[str, Any]
) -> None:
    file = crowded(desk, vendor, switch, "no", **said)
    checked = desk.importer("check", file, "-m", "mapping.yaml", "--json")
    assert checked.summary["lifts"] == {"rows": 600, "asked": 600, "lifting": 1}
    assert vendor.state()["paths"].get("GET contacts/search/duplicate", 0) == 0
    assert vendor.state()["paths"]["POST contacts/search"] <= 4


def test_a_run_tells_of_a_row_far_down_before_it_sends_the_first(desk: Desk, vendor: Sandbox) -> None:
    file = crowded(desk, vendor, "dnd", "no", dnd=True)
    ended = desk.run(file, "-m", "mapping.yaml", "--trial", "1")
    assert "lifts: 1. So many rows" in ended.err


@pytest.mark.parametrize(("rule", "searches"), [("Out", 1), ("{column: Out, transforms: [only_yes]}", 0)])
def test_where_no_row_can_lift_anything_they_are_not_read_for_it(
    desk: Desk, vendor: Sandbox, rule: str, searches: int
) -> None:
    desk.write("mapping.yaml", f"version: 1\nlocation: loc1\nfields: {{email: Mail, dnd: {rule}}}\n")
    lines = [f"n{row}@example.com,{'no' if row == 700 else 'yes'}" for row in range(1_000)]
    file = desk.write("p.csv", "\n".join(["Mail,Out", *lines, ""]))
    ended = desk.run(file, "-m", "mapping.yaml", "--trial", "1")
    assert "lifts" not in ended.err
    paths = vendor.state()["paths"]  # that one row is looked up where rows are read
    assert (paths.get("POST contacts/search", 0), paths.get("GET contacts/search/duplicate", 0)) == (
        searches,
        0,
    )


def test_what_the_search_cannot_tell_is_told_as_such(desk: Desk, vendor: Sandbox) -> None:
    said = {"dndSettings": {"WhatsApp": {"status": "active"}, "SMS": {"status": "active"}}}
    file = crowded(desk, vendor, "dndSettings.WhatsApp,dndSettings.SMS", "no,no", **said)
    checked = desk.importer("check", file, "-m", "mapping.yaml", "--json")
    assert checked.summary["lifts"] == {"rows": 600, "asked": 101, "lifting": 1}
    ended = desk.run(file, "-m", "mapping.yaml", "--trial", "1")
    assert "lifts: up to 500 of 600 rows that switch do-not-disturb off" in ended.err
    assert "1 for certain; of 499 it cannot be told beforehand" in ended.err


def test_a_file_that_only_creates_lifts_nothing(desk: Desk, vendor: Sandbox) -> None:
    file = crowded(desk, vendor, "dnd", "no", dnd=True)
    with (desk.folder / "mapping.yaml").open("a") as mapping:
        mapping.write("mode: create_only\n")
    checked = desk.importer("check", file, "-m", "mapping.yaml", "--json")
    assert checked.summary["lifts"] == {"rows": 0, "asked": 0, "lifting": 0}


def test_what_was_compared_is_told_of_all_rows(desk: Desk, vendor: Sandbox) -> None:
    file = furnished(desk, vendor)
    plan = Planned(desk, file, "-m", "mapping.yaml")
    assert plan.summary["lifts"] == 2  # the search does not show Dan's channels: he may have said no
    applied = desk.importer("apply", plan.summary["plan_id"], "--json", "--no-progress")
    assert "lifts: 2." in applied.err


def test_a_run_that_lifts_nothing_says_nothing_of_it(desk: Desk, vendor: Sandbox) -> None:
    furnished(desk, vendor)
    file = desk.write("p.csv", "Mail,Out,Texts\nann@example.com,yes,\n")
    assert "lifts" not in desk.run(file, "-m", "mapping.yaml").err
    assert desk.importer("check", file, "-m", "mapping.yaml", "--json").summary["lifts"]["rows"] == 0


@pytest.mark.parametrize(
    ("fields", "contact", "lifted"),
    [
        ({"dnd": False}, {"dnd": True}, True),
        ({"dnd": False}, {"dnd": False}, False),
        ({"dnd": True}, {"dnd": True}, False),
        ({"dndSettings": {"SMS": {"status": "inactive"}}}, {"dndSettings": {"SMS": {"status": "active"}}}, True),
        ({"dndSettings": {"SMS": {"status": "inactive"}}}, {"dndSettings": {"SMS": {"status": "permanent"}}}, True),
        ({"dndSettings": {"SMS": {"status": "inactive"}}}, {"dndSettings": {"Call": {"status": "active"}}}, False),
        ({"inboundDndSettings": {"all": {"status": "inactive"}}}, {"inboundDndSettings": {"all": {"status": "active"}}}, True),
        ({"dndSettings": {"SMS": {"status": "active"}}}, {"dndSettings": {"SMS": {"status": "active"}}}, False),
    ],
)  # fmt: skip
def test_only_a_no_over_somebodys_yes_lifts(fields: Any, contact: Any, *, lifted: bool) -> None:
    assert lifts(fields, contact) is lifted
    assert switches_off(fields) or not lifted


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("no", ""),
        ("FALSE", ""),
        ("0", ""),
        ("Nein", ""),
        ("inactive", ""),
        ("yes", "yes"),
        ("maybe", "maybe"),
    ],
)
def test_a_no_is_left_out_and_every_other_text_stays(text: str, left: str) -> None:
    assert without_no(text) == left
