"""`importer export`: a backup that the ready mapping imports again, with who said no."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.flow.conftest import read_table

if TYPE_CHECKING:
    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk

NO = {"SMS": {"status": "active"}, "Email": {"status": "inactive"}}


def furnish(vendor: Sandbox) -> None:
    vendor.add_contact(
        "loc1",
        email="ann@example.com",
        firstName="Ann",
        phone="+14155550100",
        postalCode="01234",
        tags=["a", "b"],
        dndSettings=NO,
        dateOfBirth="1985-03-14",
    )
    vendor.add_contact("loc1", email="bob@example.com", firstName="=1+1", dnd=True)


@pytest.mark.parametrize("name", ["backup.csv", "backup.xlsx"])
def test_what_is_exported_can_be_imported_elsewhere(desk: Desk, vendor: Sandbox, name: str) -> None:
    furnish(vendor)
    ended = desk.importer("export", "-o", name, "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["contacts"] == 2
    moved = desk.run(name, "-m", "highlevel", "--location", "loc2")
    assert moved.summary["created"] == 2, moved.err
    before, after = ({each["email"]: each for each in vendor.contacts(place)} for place in ("loc1", "loc2"))
    ann = after["ann@example.com"]
    assert ann["phone"] == "+14155550100"
    assert ann["tags"] == ["a", "b"]
    assert ann["properties"]["dndSettings"]["SMS"]["status"] == "active"
    for field in ("firstName", "postalCode", "dateOfBirth"):
        assert ann["properties"][field] == before["ann@example.com"]["properties"][field]
    assert after["bob@example.com"]["properties"]["firstName"] == "=1+1"
    assert after["bob@example.com"]["properties"]["dnd"] is True


def test_channels_are_read_once_as_long_as_nobody_changes(desk: Desk, vendor: Sandbox) -> None:
    furnish(vendor)
    desk.importer("export", "-o", "a.csv")
    desk.importer("export", "-o", "b.csv")
    assert vendor.state()["paths"]["GET contacts/*"] == 2
    assert read_table(Path("a.csv")) == read_table(Path("b.csv"))
    shown = {row["Email"]: row["DND SMS"] for row in read_table(Path("a.csv"))}
    assert shown == {"ann@example.com": "yes", "bob@example.com": ""}


def test_without_channels_no_contact_is_read_by_itself(desk: Desk, vendor: Sandbox) -> None:
    furnish(vendor)
    ended = desk.importer("export", "-o", "a.csv", "--without-dnd")
    assert ended.code == 0
    assert "GET contacts/*" not in vendor.state()["paths"]


def test_a_file_of_another_kind_is_refused(desk: Desk, vendor: Sandbox) -> None:
    ended = desk.importer("export", "-o", "backup.pdf")
    assert ended.code == 2
    assert ".xlsx" in ended.err


def test_channels_that_were_read_are_compared(desk: Desk, vendor: Sandbox) -> None:
    furnish(vendor)
    desk.importer("export", "-o", "a.csv")
    planned = desk.importer("plan", "a.csv", "-m", "highlevel", "--json")
    assert json.loads(planned.out)["unchanged"] == 2, planned.out


def test_an_export_takes_the_place_of_the_one_before(desk: Desk, vendor: Sandbox) -> None:
    furnish(vendor)
    desk.importer("export", "-o", "a.csv", "--without-dnd")
    vendor.add_contact("loc1", email="cid@example.com")
    ended = desk.importer("export", "-o", "a.csv", "--without-dnd", "--max-age", "0s")
    assert ended.code == 0, ended.err


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_somebody_elses_file_is_not_written_over_unasked(desk: Desk, vendor: Sandbox, name: str) -> None:
    furnish(vendor)
    desk.write(name, "mine")
    before = vendor.state()["requests"]
    refused = desk.importer("export", "-o", name, "--without-dnd")
    assert (refused.code, Path(name).read_text()) == (2, "mine")
    assert "--force" in refused.err
    assert vendor.state()["requests"] == before
    assert desk.importer("export", "-o", name, "--without-dnd", "--force").code == 0
    assert Path(name).read_bytes() != b"mine"


def test_an_export_that_somebody_changed_is_his_file(desk: Desk, vendor: Sandbox) -> None:
    furnish(vendor)
    desk.importer("export", "-o", "a.csv", "--without-dnd")
    with Path("a.csv").open("a", encoding="utf-8") as file:
        file.write("mine\r\n")
    assert desk.importer("export", "-o", "a.csv", "--without-dnd").code == 2
    assert Path("a.csv").read_text(encoding="utf-8").endswith("mine\n")


def test_a_file_that_came_meanwhile_stays(desk: Desk, vendor: Sandbox, tmp_path: Path) -> None:
    from importer.errors import SettingsError
    from importer.results.files import replacing_own
    from importer.state.written import WrittenFiles

    place = tmp_path / "a.csv"
    with (  # noqa: PT012  (what is raised is raised by the end of the block)
        pytest.raises(SettingsError, match="--force"),
        replacing_own(place, WrittenFiles(tmp_path), force=False) as draft,
    ):
        draft.write_text("ours")
        place.write_text("mine")
    assert place.read_text() == "mine"


def test_a_block_that_nobody_may_lift_stays_one(desk: Desk, vendor: Sandbox) -> None:
    vendor.add_contact(
        "loc1",
        email="ann@example.com",
        dndSettings={"SMS": {"status": "permanent"}, "Call": {"status": "active"}},
    )
    desk.importer("export", "-o", "a.csv")
    (row,) = read_table(Path("a.csv"))
    assert (row["DND SMS"], row["DND Call"]) == ("permanent", "yes")

    desk.importer("run", "a.csv", "-m", "highlevel", "--location", "loc2", "--into-other-location", "--yes")

    (arrived,) = vendor.contacts("loc2")
    assert {name: each["status"] for name, each in arrived["properties"]["dndSettings"].items()} == {
        "SMS": "permanent",
        "Call": "active",
    }
