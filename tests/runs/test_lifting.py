"""Whether any row can let somebody be written to again is told without the rows, where that can be."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from importer.highlevel.calls import Call
from importer.highlevel.catalog import CatalogNeeds
from importer.mapping import parse_mapping
from importer.records import Json
from importer.runs.lifting import may_lift, nobody_said_no
from importer.sending import Sender
from importer.sending.looking import LOOKING, NoRows
from importer.settings import Connection, Secret
from tests.sending.paper_vendor import PaperVendor
from tests.sending.virtual_time import VirtualClock, run_virtually

NOBODY: Final[dict[str, Any]] = {"contacts": [], "total": 0}
SOMEBODY: Final[dict[str, Any]] = {"contacts": [{"id": "c1", "searchAfter": [1, "c1"]}], "total": 1}
MANY: Final = {"loc1": 2_000, "loc2": 1_000}
Answer = Callable[[str, str, Json], tuple[int, dict[str, Any]]]


@pytest.mark.parametrize(
    ("rules", "switches"),
    [
        ("{email: Mail}", set()),
        ("{email: Mail, dnd: Out}", {"dnd"}),
        ("{email: Mail, dndSettings.SMS: Texts, inboundDndSettings.all: In}", {"dndSettings.SMS", "inboundDndSettings.all"}),
        ("{email: Mail, dndSettings.SMS: Texts, dndSettings.SMS.message: Why}", {"dndSettings.SMS"}),
        ("{email: Mail, dnd: {column: Out, transforms: [only_yes]}}", set()),
        ("{email: Mail, dnd: {column: Out, transforms: [only_yes], default: no}}", {"dnd"}),
        ("{email: Mail, dnd: {column: Out, transforms: [only_yes], map: {x: no}}}", {"dnd"}),
        ("{email: Mail, dnd: {column: Out, transforms: [only_yes, boolean]}}", {"dnd"}),
        ("{email: Mail, dnd: {value: no}}", {"dnd"}),
    ],
)  # fmt: skip
def test_what_rows_may_switch_off_is_told_by_their_rules(rules: str, switches: set[str]) -> None:
    assert may_lift(parse_mapping(f"version: 1\nfields: {rules}\n")) == switches


@pytest.mark.parametrize("said", ["mode: create_only", "object: company"])
def test_what_touches_no_contact_that_is_there_lifts_nothing(said: str) -> None:
    fields = "{name: Name}" if "company" in said else "{email: Mail, dnd: Out}"
    assert may_lift(parse_mapping(f"version: 1\n{said}\nfields: {fields}\n")) == set()


def asked(
    answer: Answer,
    switches: set[str],
    rows: dict[str, int] = MANY,
    met: tuple[str, ...] = ("loc1", "loc2"),
) -> tuple[bool, list[str]]:
    """Ask a vendor's locations, and give the searches as well."""
    searches: list[str] = []

    def respond(call: Call) -> tuple[int, dict[str, Any]] | None:
        if call.path != "/contacts/search":
            return None
        said = json.loads(call.body or b"")
        (wanted,) = said["filters"]
        searches.append(f"{said['locationId']} {wanted['field']} {wanted['value']}")
        return answer(said["locationId"], wanted["field"], wanted["value"])

    async def ask() -> bool:
        vendor = PaperVendor(respond=respond)
        connection = Connection(base_url=vendor.base_url, token=Secret("pit-paper"))
        async with Sender(
            connection=connection, journal=NoRows(), policy=LOOKING, clock=VirtualClock(), client=vendor
        ) as sender:
            for location_id in met:
                await sender.open_location(location_id, CatalogNeeds())
            return await nobody_said_no(sender, switches, rows, met=met)

    return run_virtually(ask()), searches


def test_where_nobody_said_no_one_search_for_each_state_of_a_switch_tells() -> None:
    known, searches = asked(lambda *_: (200, NOBODY), {"dnd", "dndSettings.SMS"})

    assert known
    assert sorted(searches) == [
        f"{location} {state}"
        for location in MANY
        for state in ("dnd True", "dndSettings.SMS.status active", "dndSettings.SMS.status permanent")
    ]


def test_many_locations_are_asked_side_by_side_up_to_the_first_where_somebody_did() -> None:
    rows = {f"loc{number:02}": 75 for number in range(40)}  # 16 are asked while a thousand rows would be read
    known, searches = asked(lambda *_: (200, NOBODY), {"dnd"}, rows, tuple(rows))
    assert known
    assert len(searches) == 40

    known, searches = asked(
        lambda location, *_: (200, SOMEBODY if location == "loc03" else NOBODY), {"dnd"}, rows, tuple(rows)
    )
    assert not known
    assert len(searches) == 16


@pytest.mark.parametrize(
    "answer",
    [
        lambda location, *_: (200, SOMEBODY if location == "loc2" else NOBODY),
        lambda _, field, value: (200, SOMEBODY if (field, value) == ("dnd", True) else NOBODY),
        lambda _, __, value: (200, SOMEBODY if value == "permanent" else NOBODY),
        lambda *_: (200, {"contacts": [], "total": 3}),
        lambda *_: (422, {"message": "no such filter"}),
        lambda *_: (401, {"message": "The token is not authorized for this scope."}),
        lambda *_: (200, {"new": True}),
    ],
    ids=["another location", "dnd", "permanent", "counted, not shown", "refused", "scope", "no page"],
)
def test_somebody_who_said_no_and_whatever_is_no_answer_leave_it_to_the_rows(answer: Answer) -> None:
    known, _ = asked(answer, {"dnd", "dndSettings.SMS"})
    assert not known


@pytest.mark.parametrize(
    ("switches", "rows", "met"),
    [
        ({"dnd"}, {"loc1": 600, "loc2": 399}, ("loc1", "loc2")),
        ({"dnd"}, MANY, ("loc1",)),
        ({"dnd", "dndSettings.WhatsApp"}, MANY, ("loc1", "loc2")),
    ],
    ids=["few rows", "a location that was not met", "a channel that cannot be searched"],
)
def test_what_a_search_would_not_tell_or_not_sooner_is_not_asked(
    switches: set[str], rows: dict[str, int], met: tuple[str, ...]
) -> None:
    assert asked(lambda *_: (200, NOBODY), switches, rows, met) == (False, [])
