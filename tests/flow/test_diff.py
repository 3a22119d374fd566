"""`importer diff`: who is on one side only, and what differs of who is on both."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from importer.sandbox import SandboxSettings
from tests.flow.conftest import open_vendor, read_table
from tests.flow.test_plan_command import WRITES, people

if TYPE_CHECKING:
    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk

Line = tuple[str, str, str, str, str, str]


class Diffed:
    """A diff as its exit code, its JSON and its table tell it."""

    def __init__(self, desk: Desk, *words: str) -> None:
        ended = desk.importer("diff", *words, "-o", "diff.csv", "--json", "--no-progress", "--force")
        self.code = ended.code
        self.told: dict[str, Any] = ended.summary if ended.out else {}
        self.err = ended.err

    @property
    def counts(self) -> dict[str, int]:
        names = ("same", "differing", "only_a", "only_b", "ambiguous", "failed", "skipped")
        return {name: self.told[name] for name in names if self.told[name]}

    @property
    def lines(self) -> list[Line]:
        columns = ("diff_status", "diff_a", "diff_b", "diff_field", "diff_a_value", "diff_b_value")
        return [
            (
                row[columns[0]],
                row[columns[1]],
                row[columns[2]],
                row[columns[3]],
                row[columns[4]],
                row[columns[5]],
            )
            for row in read_table(Path("diff.csv"))
        ]


def test_two_locations_that_hold_the_same_do_not_differ(desk: Desk, vendor: Sandbox) -> None:
    for place, mail in (("loc1", "Ann@example.com"), ("loc2", "ann@EXAMPLE.com")):
        vendor.furnish(place, custom_fields=["Size"])
        vendor.add_contact(
            place, email=mail, firstName="Ann", tags=["b", "a"] if place == "loc1" else ["a", "b"]
        )
    found = Diffed(desk, "loc1", "loc2")
    assert (found.code, found.counts, found.lines) == (0, {"same": 1}, [])
    assert WRITES.isdisjoint(vendor.state()["paths"])


def test_each_field_that_differs_has_a_line_and_whoever_is_alone_has_one(desk: Desk, vendor: Sandbox) -> None:
    ann = vendor.add_contact(
        "loc1", added_at=1.0, email="ann@example.com", firstName="Ann", city="Rome", tags=["a"]
    )
    other = vendor.add_contact("loc2", email="ann@example.com", firstName="Anna", tags=["a", "b"])
    here = vendor.add_contact("loc1", added_at=2.0, email="here@example.com", firstName="=1+1")
    there = vendor.add_contact("loc2", phone="+14155550100")
    found = Diffed(desk, "loc1", "loc2")
    assert (found.code, found.counts) == (1, {"differing": 1, "only_a": 1, "only_b": 1})
    assert found.lines == [
        ("differing", ann, other, "city", "Rome", ""),
        ("differing", ann, other, "firstName", "Ann", "Anna"),
        ("differing", ann, other, "tags", "a", "a, b"),
        ("only_a", here, "", "", "", ""),
        ("only_b", "", there, "", "", ""),
    ]
    assert found.told["fields"] == {"city": 1, "firstName": 1, "tags": 1}
    assert read_table(Path("diff.csv"))[3]["diff_name"] == "'=1+1"


def test_custom_fields_are_compared_by_their_names(desk: Desk) -> None:
    with open_vendor(SandboxSettings(burst=0, search_lag_seconds=0)) as vendor:
        here, there = {"Size": "M", "Only here": "x", "Same": "1"}, {"Other": "", "SIZE": "L", "Same": "1"}
        for place, values in (("loc1", here), ("loc2", there)):
            vendor.edit(vendor.add_contact(place, email="ann@example.com"), customFields=values)
        found = Diffed(desk, "loc1", "loc2")
    assert found.told["fields"] == {"SIZE": 1, "Only here": 1}


def test_a_contact_is_the_pair_of_one_alone(desk: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="ann@example.com", firstName="Ann")
    vendor.add_contact("loc1", phone="+14155550100", firstName="Ann")
    both = vendor.add_contact("loc2", email="ann@example.com", phone="+14155550100", firstName="Ann")
    found = Diffed(desk, "loc1", "loc2")
    assert found.counts == {"differing": 1, "ambiguous": 1}
    assert found.lines[-1][2] == both


@pytest.mark.parametrize("file_first", [True, False])
def test_a_file_is_compared_in_what_its_mapping_writes(
    desk: Desk, vendor: Sandbox, *, file_first: bool
) -> None:
    same = vendor.add_contact("loc1", email="same@example.com", firstName="Same", city="Rome", tags=["x"])
    ann = vendor.add_contact("loc1", email="ann@example.com", firstName="Ann", city="Rome")
    lone = vendor.add_contact("loc1", email="lone@example.com")
    file = people(
        desk,
        "Same,SAME@example.com,,",
        "Anna,ann@example.com,,VIP",
        "New,new@example.com,,",
        "Bad,bad@@example.com,,",
    )
    words = (file, "loc1") if file_first else ("loc1", file)
    found = Diffed(desk, *words, "-m", "mapping.yaml")
    alone, others = ("only_a", "only_b") if file_first else ("only_b", "only_a")
    assert (found.code, found.counts) == (1, {"same": 1, "differing": 1, alone: 1, others: 1, "failed": 1})

    def line(status: str, row: str, contact: str, field: str = "", cell: str = "", held: str = "") -> Line:
        if file_first:
            return (status, row, contact, field, cell, held)
        return (status, contact, row, field, held, cell)

    assert sorted(found.lines) == sorted(
        [
            line("differing", "row 3", ann, "firstName", "Anna", "Ann"),
            line("differing", "row 3", ann, "tags", "vip", ""),
            line(alone, "row 4", ""),
            line("failed", "row 5", ""),
            line(others, "", lone),
        ]
    )
    assert same not in str(found.lines)


def test_a_file_finds_contacts_as_its_mapping_says(desk: Desk) -> None:
    with open_vendor(SandboxSettings(burst=0, search_lag_seconds=0)) as vendor:
        ann = vendor.add_contact("loc1", email="old@example.com")
        vendor.edit(ann, customFields={"ERP Id": "A-1"})
        desk.write(
            "erp.yaml",
            "version: 1\nlocation: loc1\nfields: {email: Mail}\ncustom_fields: {ERP Id: Id}\n"
            "match: {by: {custom_field: ERP Id}}\n",
        )
        file = desk.write("p.csv", "Mail,Id\nnew@example.com,A-1\n")
        found = Diffed(desk, file, "loc1", "-m", "erp.yaml")
    assert found.lines == [("differing", "row 2", ann, "email", "new@example.com", "old@example.com")]


def test_what_a_search_does_not_show_is_not_compared_and_said(desk: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="ann@example.com", timezone="Europe/Rome")
    desk.write("zone.yaml", "version: 1\nlocation: loc1\nfields: {email: Mail, timezone: Zone}\n")
    file = desk.write("p.csv", "Mail,Zone\nann@example.com,Europe/Paris\n")
    found = Diffed(desk, file, "loc1", "-m", "zone.yaml")
    assert (found.code, found.counts, found.told["not_compared"]) == (0, {"same": 1}, ["timezone"])


def test_the_terminal_is_told_the_counts(desk: Desk, vendor: Sandbox) -> None:
    (desk.folder / "loc1").mkdir()  # a folder of that name is no file to compare
    vendor.add_contact("loc1", email="ann@example.com", city="Rome")
    vendor.add_contact("loc2", email="ann@example.com")
    ended = desk.importer("diff", "loc1", "loc2")
    assert ended.code == 1
    assert "only in A" in ended.out
    assert "city" in ended.out
    assert "ann@example.com" not in ended.out


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("people.csv", "loc1"), "-m"),
        (("people.csv", "mapping.yaml", "-m", "mapping.yaml"), "has to be a location"),
        (("loc1", "loc2", "-m", "mapping.yaml"), "neither"),
        (("loc1", "https://app.gohighlevel.com/v2/location/loc1/contacts"), "one location"),
        (("loc1", "loc2", "-o", "diff.pdf"), ".xlsx"),
        (("loc1", "loc2", "-o", "mapping.yaml.csv"), "--force"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_any_call(
    desk: Desk, vendor: Sandbox, words: tuple[str, ...], why: str
) -> None:
    people(desk, "Ann,ann@example.com,,")
    desk.write("mapping.yaml.csv", "mine")
    ended = desk.importer("diff", *words)
    assert ended.code == 2
    assert why in ended.err
    assert vendor.state()["requests"] == 0
