"""Which rows switch do-not-disturb off, of which location, and of how many it is not known whom they meet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.highlevel.contacts import HeldContact
from importer.mirror.switching import SwitchingRows
from importer.records import Json, Record

OFF: dict[str, Json] = {"status": "inactive"}


def row(number: int, location_id: str, **fields: Json) -> Record:
    return Record(row=number, location_id=location_id, fields={"email": f"p{number}@example.com", **fields})


def held(number: int) -> HeldContact:
    return HeldContact(id=f"c{number}", fields={"email": f"p{number}@example.com"})


@pytest.fixture
def switching(tmp_path: Path) -> Iterator[SwitchingRows]:
    with SwitchingRows.scratch(tmp_path / "switching.db") as rows:
        rows.note(
            [
                row(2, "loc1", dnd=False),
                row(3, "loc1", dnd=False, dndSettings={"SMS": OFF}),
                row(4, "loc2", dnd=False, phone="+14155552671"),
                row(5, "loc2", dndSettings={"SMS": OFF, "WhatsApp": OFF}),
                Record(row=6, location_id="loc2", fields={"firstName": "Ann", "dnd": False}),
            ]
        )
        yield rows


def test_what_rows_switch_off_is_told_of_each_location(switching: SwitchingRows) -> None:
    assert switching.switches() == {
        "loc1": {"dnd", "dndSettings.SMS"},
        "loc2": {"dnd", "dndSettings.SMS", "dndSettings"},
    }


@pytest.mark.parametrize(
    ("open_ones", "rows"),
    [
        ({"loc1": (), "loc2": ()}, 0),
        ({"loc1": ("dnd",), "loc2": ()}, 2),
        ({"loc1": ("dndSettings.SMS",), "loc2": ("dnd",)}, 2),
        ({"loc1": ("dnd", "dndSettings.SMS"), "loc2": ("dndSettings", "dndSettings.SMS")}, 3),
    ],
)
def test_rows_are_open_that_switch_off_what_is_open_in_their_location(
    switching: SwitchingRows, open_ones: dict[str, tuple[str, ...]], rows: int
) -> None:
    assert switching.unasked(open_ones) == rows


def test_a_row_that_is_known_to_lift_is_open_no_more_and_only_in_its_own_location(
    switching: SwitchingRows,
) -> None:
    switching.meet("loc1", [held(2), held(4)], "dnd")
    switching.meet("loc2", [held(4), held(5)], "dnd")

    assert switching.lifting == 2
    assert switching.unasked({"loc1": ("dnd",), "loc2": ("dnd",)}) == 1
