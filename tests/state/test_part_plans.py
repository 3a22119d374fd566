"""What each part of a run decided, in a file and in Postgres: whole by itself, and of whoever took the part last."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from importer.errors import SettingsError, StateError
from importer.records import PlanAction, PlannedRow
from importer.state.part_plans import PartPlan, TakenPart
from importer.state.plans import PlanFacts, StoredPlan

FACTS = PlanFacts(
    plan_id="20261127-140000-0001",
    made_at=1.0,
    sources=("contacts.csv",),
    fingerprints=("f",),
    mapping_path="m.yaml",
    mapping_fingerprint="m",
    location_id=None,
    base_url="https://one",
)


@pytest.fixture
def folder(store_folder: Path) -> Path:
    made = store_folder / "runs" / FACTS.plan_id
    made.mkdir(parents=True)
    return made


def taken(folder: Path, location: str, turn: int = 1) -> PartPlan:
    return PartPlan.take(folder, TakenPart(location=location, turn=turn))


def row(number: int, action: PlanAction = PlanAction.CREATE) -> PlannedRow:
    return PlannedRow(row=number, action=action, location_id="l", contact_id=None)


def test_a_part_is_whole_by_itself_and_the_run_s_plan_is_of_all_that_are(folder: Path) -> None:
    with taken(folder, "A") as one, taken(folder, "B") as other:
        one.add([row(2), row(4)])
        one.finish(replace(FACTS, requests={"A": 2}, lifts=1))
        other.add([row(3)])
        assert (one.whole, other.whole) == (True, False)
        assert one.facts.requests == {"A": 2}
        with pytest.raises(SettingsError, match="cut off"):
            _ = other.facts
        with StoredPlan.open(folder) as together:
            assert (together.facts.requests, together.facts.lifts) == ({"A": 2}, 1)
        other.finish(replace(FACTS, requests={"B": 1}, lifts=2))
    with closing(StoredPlan.open(folder)) as together:
        assert (together.facts.requests, together.facts.lifts) == ({"A": 2, "B": 1}, 3)
        assert list(together.rows(2, 4)) == [2, 3, 4]


def test_of_a_plan_that_no_part_has_whole_nothing_is_used(folder: Path) -> None:
    with taken(folder, "A") as one:
        one.add([row(2)])
    with closing(StoredPlan.open(folder)) as together, pytest.raises(SettingsError, match="cut off"):
        _ = together.facts


def test_who_lost_a_part_decides_nothing_more_of_it(folder: Path) -> None:
    with taken(folder, "A") as before:
        before.add([row(2), row(3)])
        with taken(folder, "A", turn=2) as now:
            with pytest.raises(StateError, match="took over location A"):
                before.add([row(2, PlanAction.FAIL)])
            with pytest.raises(StateError, match="took over location A"):
                before.finish(FACTS)
            with pytest.raises(StateError, match="took over location A"):
                taken(folder, "A", turn=1)
            assert not now.whole
            now.add([row(2, PlanAction.UPDATE), row(3)])
            now.finish(FACTS)
    with closing(StoredPlan.open(folder)) as together:
        assert together.rows(2, 2)[2].action is PlanAction.UPDATE


def test_what_was_whole_stays_so_for_whoever_takes_the_part_next(folder: Path) -> None:
    with taken(folder, "A") as before:
        before.add([row(2)])
        before.finish(FACTS)
    with taken(folder, "A", turn=7) as now:
        assert (now.whole, list(now.rows(0, 9))) == (True, [2])
