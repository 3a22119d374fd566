"""Jobs whose file would do more than its thresholds allow wait for a person, and for nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from importer.jobs.job_state import Health, Occasion, Result
from importer.jobs.judging import why_approval
from importer.jobs.model import Thresholds
from importer.records import PlanAction
from importer.results.plan import PlanSummary
from importer.sandbox import Sandbox, SandboxSettings
from importer.state import StateFolder
from importer.state.plans import Decision, Plans, StoredPlan
from importer.yaml.kinds import read_section
from tests.jobs.jobs_house import HOME, House, VirtualTime, moment

JOBS = f"""\
version: 1
timezone: America/New_York
jobs:
  crm:
    source: in/contacts-*.csv
    mapping: mapping.yaml
    location: {HOME}
    schedule: 30 2 * * *
    after_success: move:done/
    after_failure: move:failed/
    thresholds: {{creates: 50%, updates: 2, lifts: 0}}
    notify: [{{webhook: "https://example.com/hook"}}]
"""
People = dict[str, tuple[str, str]]


@pytest.fixture
async def house(tmp_path: Path, clock: VirtualTime) -> AsyncIterator[House]:
    settings = SandboxSettings(burst=10_000, daily=0, search_lag_seconds=0)
    async with Sandbox(settings, clock=clock) as sandbox:
        house = House(folder=tmp_path, sandbox=sandbox, clock=clock)
        yield house
        house.close()


async def known(house: House, people: People) -> None:
    """Have the location know people, without their job."""
    house.write_jobs(JOBS.replace("    thresholds: {creates: 50%, updates: 2, lifts: 0}\n", ""))
    house.put("in/contacts-0.csv", people)
    (occasion,) = await house.once(house.resident())
    assert occasion.counts["created"] == len(people)
    house.told.clear()
    house.write_jobs(JOBS)


def moved(people: People, count: int) -> People:
    return {
        email: (first, "Paris" if number < count else city)
        for number, (email, (first, city)) in enumerate(people.items())
    }


def say(house: House, decision: Decision, by: str = "Grace") -> str:
    (plan_id, *_) = Plans(house.state).ids()
    with StoredPlan.open(Plans(house.state).find(plan_id)) as stored:
        stored.say(decision, by=by, at=house.clock.now())
    return plan_id


def paris(house: House) -> int:
    return list(house.cities().values()).count("Paris")


async def waiting(house: House, people: People, count: int = 3) -> Occasion:
    await known(house, people)
    house.put("in/contacts-1.csv", moved(people, count))
    (occasion,) = await house.once(house.resident())
    return occasion


async def test_a_file_within_its_thresholds_is_sent_by_its_plan(house: House, people: People) -> None:
    occasion = await waiting(house, people, count=2)
    assert (occasion.result, occasion.counts["updated"], paris(house)) == (Result.FINISHED, 2, 2)
    assert occasion.counts["skipped"] == 18, "what is the same costs no call"
    assert house.resident().context.jobs_state.job_state("crm", now=0).open_plan is None


async def test_a_file_that_changes_too_much_waits_and_says_for_what(house: House, people: People) -> None:
    occasion = await waiting(house, people)
    assert (occasion.result, paris(house)) == (Result.AWAITING, 0)
    (notice,) = house.told
    (plan_id,) = Plans(house.state).ids()
    assert notice.event == "approval"
    assert "3 would change one (more than 2 rows)" in notice.sentence
    assert f"importer approve {plan_id}" in notice.sentence
    assert str(notice.report) in map(str, house.folder.rglob("plan.html"))
    assert list(house.folder.glob("in/contacts-1.csv")), "the file stays where it is until somebody decides"


async def test_it_goes_on_within_a_minute_after_it_was_approved(house: House, people: People) -> None:
    await waiting(house, people)
    resident = house.resident()
    await house.live(resident, house.clock.now() + 3600)
    assert paris(house) == 0
    say(house, Decision.APPROVED)
    approved_at = house.clock.now()
    await house.live(resident, approved_at + 60)
    assert paris(house) == 3
    last = resident.context.jobs_state.occasions()[0]
    assert (last.result, last.counts["updated"]) == (Result.FINISHED, 3)
    assert [each.event for each in house.told] == ["approval"], "it is told once, however long it waits"
    run = StateFolder(house.state).run(str(last.run_id))
    with StateFolder(house.state).open_journal(run) as journal:
        (session,) = journal.sessions()
    assert session.operator is not None
    assert session.operator.approved_by == "Grace"


async def test_a_refused_file_is_put_away_and_not_asked_about_again(house: House, people: People) -> None:
    await waiting(house, people)
    resident = house.resident()
    say(house, Decision.REFUSED, by="Ada")
    await house.live(resident, house.clock.now() + 60)
    last = resident.context.jobs_state.occasions()[0]
    assert last.result is Result.REFUSED
    assert last.sentence.startswith("Ada refused plan ")
    assert (paris(house), (house.folder / "in" / "failed" / "contacts-1.csv").is_file()) == (0, True)
    assert resident.context.jobs_state.job_state("crm", now=0).open_file is None


async def test_a_newer_file_takes_the_place_of_one_that_still_waits(house: House, people: People) -> None:
    await waiting(house, people)
    resident = house.resident()
    house.put("in/contacts-2.csv", moved(people, 1))
    house.clock.move_to(moment("2026-10-13T02:30"))
    await house.live(resident, house.clock.now() + 60)
    newer, older = resident.context.jobs_state.occasions(limit=2)
    assert (older.result, older.file) == (Result.REFUSED, "contacts-1.csv")
    assert "A newer file came before anybody approved plan" in older.sentence
    assert (newer.result, newer.file, paris(house)) == (Result.FINISHED, "contacts-2.csv", 1)


async def test_what_was_approved_of_another_mapping_is_planned_and_asked_anew(
    house: House, people: People
) -> None:
    await waiting(house, people)
    first = say(house, Decision.APPROVED)
    mapping = house.folder / "mapping.yaml"
    mapping.write_text(mapping.read_text(encoding="utf-8").replace("nightly", "evening"), encoding="utf-8")
    (occasion,) = await house.once(house.resident())
    assert occasion.result is Result.AWAITING
    assert "20 would change one" in occasion.sentence
    assert (len(Plans(house.state).ids()), first in occasion.sentence, paris(house)) == (2, False, 0)


async def test_what_was_approved_more_than_a_week_ago_is_asked_anew(house: House, people: People) -> None:
    await waiting(house, people)
    say(house, Decision.APPROVED)
    house.clock.move_to(house.clock.now() + 8 * 86_400)
    (occasion,) = await house.once(house.resident())
    assert (occasion.result, paris(house)) == (Result.AWAITING, 0)


@pytest.mark.parametrize("decision", [None, Decision.REFUSED])
async def test_a_file_that_somebody_was_asked_about_is_not_sent_because_the_thresholds_went(
    house: House, people: People, decision: Decision | None
) -> None:
    await waiting(house, people)
    if decision is not None:
        say(house, decision)
    house.write_jobs(JOBS.replace("    thresholds: {creates: 50%, updates: 2, lifts: 0}\n", ""))
    await house.once(house.resident())
    assert paris(house) == 0


async def test_waiting_is_no_failure_and_stands_in_the_status(house: House, people: People) -> None:
    await waiting(house, people)
    state = house.resident().context.jobs_state.job_state("crm", now=0)
    assert (state.health, state.open_plan) == (Health.WELL, Plans(house.state).ids()[0])


def summary(creates: int, updates: int, lifts: int, same: int = 0) -> PlanSummary:
    actions = {PlanAction.CREATE: creates, PlanAction.UPDATE: updates, PlanAction.UNCHANGED: same}
    blank = PlanSummary(
        plan_id="plan-1", sources=(), mapping="", made_at=0.0, actions=actions, fields={}, groups=(), mirrors={},
        requests=0, requests_without_plan=0, requests_made=0, seconds=0, apply_seconds=0, lifts=0, workflow=None,
        plan=Path("plan.csv"), report=Path("plan.html"),
    )  # fmt: skip
    return replace(blank, lifts=lifts)


@pytest.mark.parametrize(
    ("thresholds", "plan", "said"),
    [
        ({"updates": "10%"}, summary(0, 10, 0, same=90), None),
        (
            {"updates": "10%"},
            summary(0, 11, 0, same=89),
            "Of 100 rows, 11 would change one (more than 10 % of the rows).",
        ),
        ({"creates": "0"}, summary(1, 0, 0), "Of 1 row, 1 would create a contact (more than 0 rows)."),
        ({"creates": "0"}, summary(0, 5, 0), None),
        (
            {"lifts": "0"},
            summary(0, 5, 2),
            "Of 5 rows, 2 would lift somebody's do-not-disturb (more than 0 rows).",
        ),
        (
            {"lifts": "0", "updates": "1"},
            summary(0, 2, 1),
            "Of 2 rows, 2 would change one (more than 1 row) and 1 would lift somebody's do-not-disturb (more than 0 rows).",
        ),
    ],
)
def test_thresholds_are_shares_of_the_rows_read(
    thresholds: dict[str, str], plan: PlanSummary, said: str | None
) -> None:
    assert why_approval(read_section(Thresholds, thresholds), plan) == said
