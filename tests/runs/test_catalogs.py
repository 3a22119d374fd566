from __future__ import annotations

import asyncio
from typing import Any

import pytest

from importer.errors import MappingError
from importer.highlevel.calls import Call
from importer.highlevel.catalog import Catalog, CatalogNeeds
from importer.mapping import parse_mapping
from importer.records import FollowUps, Outcome, Record, Status
from importer.runs.catalogs import AskedLocations, NewTags, unchecked_notes
from importer.runs.meeting import meet
from importer.sending import Sender, SendingPolicy
from importer.sending.looking import LOOKING, NoRows
from importer.settings import Connection, Secret
from tests.sending.paper_vendor import PaperVendor
from tests.sending.virtual_time import VirtualClock, run_virtually

NEEDS = CatalogNeeds(custom_fields=True)
MAPPING = parse_mapping(
    "version: 1\nfields: {email: Mail, assignedTo: Owner}\ncustom_fields: {Fee: Fee}\nafter: {workflow: Welcome}\n"
)


def met(
    vendor: PaperVendor, locations: list[str], policy: SendingPolicy = LOOKING, needs: CatalogNeeds = NEEDS
) -> tuple[AskedLocations, float]:
    """Meet the locations of a vendor made of arithmetic, and tell how long it took."""

    async def meeting() -> tuple[AskedLocations, float]:
        async with Sender(
            connection=Connection(base_url=vendor.base_url, token=Secret("pit-paper")),
            journal=NoRows(),
            policy=policy,
            clock=VirtualClock(),
            client=vendor,
        ) as sender:
            asked = await meet(locations, needs, sender)
            return asked, asyncio.get_running_loop().time()

    return run_virtually(meeting())


def test_a_slow_location_is_left_unasked_after_a_while() -> None:
    asked, seconds = met(PaperVendor(latency=lambda _: (20.0, 20.0)), ["loc1"])

    assert asked.catalogs == {}
    assert asked.silent == {"loc1": "it did not answer within 15 s"}
    assert 14 < seconds < 16


def test_many_locations_are_met_side_by_side_and_each_tells_its_quota() -> None:
    names = [f"loc{number}" for number in range(40)]
    asked, seconds = met(PaperVendor(latency=lambda _: (0.1, 0.1), burst=10_000), names)

    assert sorted(asked.catalogs) == sorted(asked.quotas) == sorted(names)
    assert seconds < 3


def test_one_location_that_refuses_leaves_the_others_asked() -> None:
    def respond(call: Call) -> tuple[int, dict[str, Any]] | None:
        return (401, {"message": "Invalid JWT"}) if call.path.startswith("/locations/bad") else None

    asked, _ = met(PaperVendor(respond=respond), ["bad", "good"])

    assert list(asked.catalogs) == ["good"]
    assert "Invalid JWT" in asked.silent["bad"]


def test_a_workflow_that_is_not_there_ends_the_look() -> None:
    def respond(call: Call) -> tuple[int, dict[str, Any]] | None:
        return (200, {"workflows": []}) if call.path.startswith("/workflows/") else None

    policy = SendingPolicy(follow_ups=FollowUps(workflow="Welcome"), opening=LOOKING.opening)
    with pytest.raises(MappingError, match="no workflow named 'Welcome'"):
        met(PaperVendor(respond=respond), ["loc1"], policy, MAPPING.needs)


def test_what_stays_unchecked_is_said_once_for_each_reason() -> None:
    silent = {"loc1": "it did not answer within 15 s", "loc2": "it did not answer within 15 s", "loc3": "No"}
    first, second = unchecked_notes(AskedLocations(silent=silent), MAPPING)

    assert first.startswith("Location loc1 and 1 more could not be asked: it did not answer within 15 s.")
    assert "custom field 'Fee'" in first
    assert "the owners" in first
    assert "the workflow 'Welcome'" in first
    assert second.startswith("Location loc3 could not be asked: No.")


def test_new_tags_are_counted_against_their_own_location_whatever_their_case() -> None:
    known = Catalog(location_id="loc1", tags=frozenset({"vip"}))
    new_tags = NewTags(AskedLocations(catalogs={"loc1": known, "loc2": Catalog(location_id="loc2")}))
    new_tags.see(
        [
            Record(row=2, location_id="loc1", fields={}, tags=("VIP", "Spring")),
            Record(row=3, location_id="loc2", fields={}, tags=("whatever",)),
            Outcome(row=4, status=Status.FAILED),
        ]
    )

    assert new_tags.rows == {"Spring": 1}


def test_a_column_of_free_text_taken_for_tags_does_not_fill_the_memory() -> None:
    new_tags = NewTags(AskedLocations(catalogs={"loc1": Catalog(location_id="loc1", tags=frozenset())}))
    new_tags.see([Record(row=n, location_id="loc1", fields={}, tags=(f"note {n}",)) for n in range(1_500)])

    assert len(new_tags.rows) == 1_000
