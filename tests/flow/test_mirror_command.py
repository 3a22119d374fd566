"""`importer mirror`: what an operator sees of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk


def test_a_location_is_read_and_told_with_its_age(desk: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="ann@example.com")
    ended = desk.importer("mirror", "--json")
    told = json.loads(ended.out)
    assert ended.code == 0
    assert told["loc1"]["contacts"] == 1
    assert told["loc1"]["requests"] == 2
    assert "1 contact" in ended.err
    assert "as of" in ended.err


def test_a_second_command_finds_it_young_enough(desk: Desk, vendor: Sandbox) -> None:
    desk.importer("mirror")
    ended = desk.importer("mirror", "--json")
    assert json.loads(ended.out)["loc1"] | {"seconds": 0, "at": ""} == {
        "name": "Sandbox loc1",
        "contacts": 0,
        "requests": 0,
        "seconds": 0,
        "how": "kept",
        "at": "",
    }


def test_locations_are_read_each_for_itself(desk: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc2", email="ann@example.com")
    told = json.loads(desk.importer("mirror", "loc1", "loc2", "--json").out)
    assert {name: each["contacts"] for name, each in told.items()} == {"loc1": 0, "loc2": 1}


def test_a_token_without_the_right_is_told_before_anything_else(desk: Desk, vendor: Sandbox) -> None:
    ended = desk.importer("mirror", "--token-file", desk.write("token", "pit-no-scope"))
    assert ended.code == 2
    assert "scope" in ended.err


def test_an_age_that_is_none_is_refused_with_examples(desk: Desk) -> None:
    ended = desk.importer("mirror", "--max-age", "soon")
    assert ended.code == 2
    assert "90s, 30m, 1h or 7d" in ended.err
