"""Looking before writing, and taking back, from Python."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

import importer
from importer.sandbox import Sandbox, SandboxSettings
from tests.flow.conftest import open_vendor

if TYPE_CHECKING:
    from tests.flow.conftest import Desk

PEOPLE = "First,Mail,Phone,Tags\nAnn,ann@example.com,,\nBob,bob@example.com,,\n"


@pytest.fixture
def vendor(desk: Desk) -> Iterator[Sandbox]:
    """A stand-in whose search is never behind, with one contact."""
    desk.write("people.csv", PEOPLE)
    with open_vendor(SandboxSettings(burst=0, search_lag_seconds=0)) as vendor:
        vendor.add_contact("loc1", email="ann@example.com", firstName="Anna")
        yield vendor


def names(vendor: Sandbox) -> list[str]:
    return sorted(contact["properties"]["firstName"] for contact in vendor.contacts("loc1"))


def test_a_program_plans_applies_and_takes_back(vendor: Sandbox) -> None:
    planned = importer.plan("people.csv", importer.load_mapping("mapping.yaml"), output="plans")
    assert planned.plan.parent.parent.name == "plans"
    counts = {action.value: count for action, count in planned.actions.items() if count}
    assert counts == {"create": 1, "update": 1}
    assert names(vendor) == ["Anna"], "nothing was sent"

    applied = importer.apply(planned, approved_by="Zoe")
    assert (applied.state, applied.created, applied.updated) == ("finished", 1, 1)
    assert names(vendor) == ["Ann", "Bob"]

    looked = importer.undo(applied.run_id, dry_run=True)
    assert (looked.dry, looked.count(importer.UndoStatus.DELETED)) == (True, 1)
    assert names(vendor) == ["Ann", "Bob"]

    undone = importer.undo(applied.run_id)
    assert (undone.state, undone.counts) == ("finished", {"deleted": 1, "restored": 1})
    assert names(vendor) == ["Anna"]


def test_who_approved_a_plan_stands_in_the_runs_history(desk: Desk, vendor: Sandbox) -> None:
    planned = importer.plan("people.csv", "mapping.yaml")
    applied = importer.apply(planned.plan_id, approved_by="Zoe")
    assert "Zoe" in desk.importer("show", applied.run_id).out


def test_a_plan_that_is_too_old_is_refused_in_parameters(vendor: Sandbox) -> None:
    planned = importer.plan("people.csv", "mapping.yaml")
    with pytest.raises(importer.SettingsError, match="give it longer with good_for_seconds="):
        importer.apply(planned, good_for_seconds=0)
    assert names(vendor) == ["Anna"]


def test_a_program_reads_a_location_and_what_was_read_lately_costs_nothing(vendor: Sandbox) -> None:
    first = importer.mirror_location()
    assert (first.location_id, first.contacts) == ("loc1", 1)
    assert first.requests > 0
    vendor.add_contact("loc1", email="new@example.com")
    assert importer.mirror_location("loc1").contacts == 1
    assert importer.mirror_location("loc1", max_age_seconds=0).contacts == 2


def test_a_location_that_refuses_the_token_is_an_error(vendor: Sandbox) -> None:
    with pytest.raises(importer.CredentialsError):
        importer.mirror_location("loc1", token="pit-invalid")


def test_what_names_no_location_is_refused(desk: Desk) -> None:
    with pytest.raises(importer.SettingsError, match="No location is named"):
        importer.mirror_location()


async def test_within_a_loop_they_are_awaited(vendor: Sandbox) -> None:
    planned = await importer.plan_async("people.csv", "mapping.yaml", missing=True)
    assert planned.missing is not None
    applied = await importer.apply_async(planned)
    assert applied.created == 1
    undone = await importer.undo_async(applied.run_id)
    assert undone.count(importer.UndoStatus.KEPT) == 0
    assert (await importer.mirror_location_async("loc1")).contacts == 1
    for call in (
        lambda: importer.plan("people.csv", "mapping.yaml"),
        lambda: importer.apply(planned),
        lambda: importer.undo(applied.run_id),
        importer.mirror_location,
    ):
        with pytest.raises(importer.SettingsError, match="_async"):
            call()


async def test_an_undo_whose_task_is_cancelled_can_be_taken_up_again(vendor: Sandbox) -> None:
    summary = await importer.run_async("people.csv", "mapping.yaml", before_images=True)
    taking = asyncio.create_task(importer.undo_async(summary.run_id))
    await asyncio.sleep(0)
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    undone = await importer.undo_async(summary.run_id)
    assert undone.counts == {"deleted": 1, "restored": 1}
    assert names(vendor) == ["Anna"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"max_age_seconds": -1}, "max_age_seconds is -1"),
        ({"max_age_seconds": "1h"}, "max_age_seconds is '1h'"),
        ({"missing": "yes"}, "missing is 'yes'"),
    ],
)
def test_a_value_that_means_nothing_is_refused(
    vendor: Sandbox, options: dict[str, object], said: str
) -> None:
    with pytest.raises(importer.SettingsError, match=said):
        importer.plan("people.csv", "mapping.yaml", **options)  # type: ignore[arg-type]  # wrong on purpose


def test_an_approval_names_somebody(vendor: Sandbox) -> None:
    with pytest.raises(importer.SettingsError, match="approved_by names nobody"):
        importer.apply("plan", approved_by=" ")
