"""Whatever a location holds and a file says: what a plan sends is there afterwards, and is not sent again."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer import pipeline
from importer.records import OnUpdate, PlanAction
from importer.results.plan import PlanSummary
from importer.runs.context import RunContext
from importer.runs.planning.applying import applying_settings
from importer.runs.planning.plan import plan
from importer.sandbox import Sandbox, SandboxSettings
from importer.settings import Connection, ReadingOptions, RunSettings, Secret
from tests.flow.conftest import read_table
from tests.sending.runs import AheadClock

PLACE = "loc1"
HEADER = ("Mail", "First", "City", "Story", "Tags", "Out")
CELLS = {
    "First": st.sampled_from(["", "Ann", "ann", "Bob", "#CLEAR"]),
    "City": st.sampled_from(["", "Rome", " Rome", "Oslo", "#CLEAR"]),
    "Story": st.sampled_from(["", "one", "two", "one\ntwo", "#CLEAR"]),
    "Tags": st.sampled_from(["", "a", "A;b", "c"]),
    "Out": st.sampled_from(["", "yes"]),
}
NAMES = ("ann", "bob", "cid", "dan")
PERSON = st.fixed_dictionaries(CELLS)
PEOPLE = st.dictionaries(st.sampled_from(NAMES), PERSON, min_size=1, max_size=4)
HELD = st.dictionaries(
    st.sampled_from(NAMES),
    st.fixed_dictionaries(
        {}, optional={"firstName": st.sampled_from(["Ann", "Zoe"]), "city": st.sampled_from(["Rome", "Bern"])}
    ),
    max_size=3,
)
_TURN_SECONDS = 0.001
"""What beats once a second would beat without a pause, and take from the work all the time that there is."""
SLOW = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]


class HastyClock(AheadClock):
    """The sandbox's clock and the importer's, for which waiting takes next to no time."""

    def monotonic(self) -> float:
        return self.now()

    async def sleep(self, seconds: float) -> None:
        self.ahead_seconds += max(seconds, 0.0)
        await asyncio.sleep(_TURN_SECONDS)


def mapping_text(policy: OnUpdate, story: OnUpdate) -> str:
    return f"""\
version: 1
location: {PLACE}
clear: "#CLEAR"
fields:
  email: Mail
  firstName: {{column: First, on_update: {policy}}}
  city: {{column: City, on_update: {policy}}}
  dnd: {{column: Out, transforms: [only_yes]}}
custom_fields: {{Story: {{column: Story, on_update: {story}}}}}
tags: {{columns: Tags, split: ";"}}
"""


class Import:
    """A file, its mapping and a location, as a command has them."""

    def __init__(
        self,
        folder: Path,
        sandbox: Sandbox,
        clock: HastyClock,
        text: str,
        people: Mapping[str, Mapping[str, str]],
    ) -> None:
        self._folder = folder
        self._context = RunContext(clock=clock)
        (folder / "mapping.yaml").write_text(text, encoding="utf-8")
        with (folder / "people.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, HEADER)
            table.writeheader()
            table.writerows({"Mail": f"{name}@example.com", **cells} for name, cells in people.items())
        self._connection = Connection(base_url=sandbox.base_url, token=Secret("pit-test"))
        self._settings = RunSettings(
            sources=(str(folder / "people.csv"),),
            mapping=folder / "mapping.yaml",
            connection=self._connection,
            state=folder / "state",
            output=folder / "out",
        )
        self._plans = 0

    async def plan(self) -> PlanSummary:
        self._plans += 1
        output = self._folder / f"plan{self._plans}"
        return await plan(replace(self._settings, output=output), max_age_seconds=0.0, context=self._context)

    async def apply(self, made: PlanSummary) -> list[dict[str, str]]:
        settings = applying_settings(
            made.plan_id,
            state=self._settings.state,
            connection=self._connection,
            reading=ReadingOptions(),
            now=made.made_at,
            good_for_seconds=60.0,
        )
        return read_table((await pipeline.run(settings, context=self._context)).results)


async def planned_applied_planned(
    text: str, held: Mapping[str, Any], people: Mapping[str, Any]
) -> tuple[PlanSummary, list[dict[str, str]], list[dict[str, str]]]:
    """Plan, apply, and plan again; gives the first plan, the results, and the second plan's rows."""
    with TemporaryDirectory() as folder:
        clock = HastyClock()
        async with Sandbox(SandboxSettings(burst=0, search_lag_seconds=0), clock=clock) as sandbox:
            sandbox.furnish(PLACE, custom_fields=["Story"])
            for name, fields in held.items():
                sandbox.add_contact(PLACE, email=f"{name}@example.com", **fields)
            case = Import(Path(folder), sandbox, clock, text, people)
            first = await case.plan()
            results = await case.apply(first)
            again = await case.plan()
            return first, results, read_table(again.plan)


@settings(max_examples=6, suppress_health_check=SLOW)
@given(
    held=HELD,
    people=PEOPLE,
    policy=st.sampled_from([OnUpdate.OVERWRITE, OnUpdate.IF_BLANK, OnUpdate.NEVER]),
    story=st.sampled_from([OnUpdate.OVERWRITE, OnUpdate.APPEND]),
)
def test_once_a_plan_is_applied_nothing_of_it_is_left_to_do(
    held: dict[str, Any], people: dict[str, Any], policy: OnUpdate, story: OnUpdate
) -> None:
    first, results, again = asyncio.run(planned_applied_planned(mapping_text(policy, story), held, people))
    expected = {
        "created": first.count(PlanAction.CREATE),
        "updated": first.count(PlanAction.UPDATE),
        "skipped": first.count(PlanAction.UNCHANGED),
    }
    ended = [row["import_status"] for row in results]
    assert {status: ended.count(status) for status in expected} == expected
    assert [row["plan_action"] for row in again] == ["unchanged"] * len(people), again
