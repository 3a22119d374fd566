from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest

from importer import pipeline
from importer.errors import SettingsError
from importer.jobs.job_state import Health, Result
from importer.jobs.loading import load_jobs
from importer.runs.context import RunContext
from importer.sandbox import Fault, FaultKind
from importer.settings import Connection, ReadingOptions, Secret
from importer.state import StateFolder
from importer.state.journal import RunState
from tests.jobs.jobs_house import HOME, NEW_YORK, House, moment

JOBS = f"""\
version: 1
timezone: America/New_York
jobs:
  crm:
    source: in/contacts-*.csv
    mapping: mapping.yaml
    location: {HOME}
    schedule: 30 2 * * *
    changed_only: true
    after_success: move:done/
    after_failure: move:failed/
    thresholds: {{failed_rows: 10%, minimum_rows: 5, shrink: 50%}}
    notify: [{{webhook: "https://example.com/hook", on: [always]}}]
"""
People = dict[str, tuple[str, str]]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


async def test_a_file_is_imported_and_put_away(house: House, people: People) -> None:
    house.write_jobs(JOBS)
    house.put("in/contacts-1.csv", people)
    (occasion,) = await house.once(house.resident())
    assert (occasion.result, occasion.counts["created"], occasion.file) == (
        Result.FINISHED,
        20,
        "contacts-1.csv",
    )
    assert names(house.folder / "in" / "done") == ["contacts-1.csv"]
    assert len(house.cities()) == 20
    assert [notice.event for notice in house.told] == ["success"]
    assert not (house.state / "incoming" / "crm").exists()


async def test_only_what_changed_costs_calls(house: House, people: People) -> None:
    house.write_jobs(JOBS)
    resident = house.resident()
    house.put("in/contacts-1.csv", people)
    await house.once(resident)
    house.put("in/contacts-2.csv", {**people, "ada3@example.com": ("Ada3", "Paris")})
    (occasion,) = await house.once(resident)
    assert (occasion.counts["skipped"], occasion.counts["updated"]) == (19, 1)
    assert occasion.counts["requests"] <= 3
    assert house.cities()["ada3@example.com"] == "Paris"


async def test_the_same_content_is_not_imported_twice_under_another_name(
    house: House, people: People
) -> None:
    house.write_jobs(JOBS)
    resident = house.resident()
    house.put("in/contacts-1.csv", people)
    await house.once(resident)
    house.put("in/contacts-1-again.csv", people)
    (occasion,) = await house.once(resident)
    assert occasion.result is Result.NOTHING_NEW
    assert "imported on" in occasion.sentence
    assert names(house.folder / "in") == ["done"]


@pytest.mark.parametrize(
    ("source", "third", "ends_in"),
    [
        ("in/contacts-*.csv", "in/contacts-3.csv", "London"),  # things are again as they were
        ("in/contacts-*.csv", "in/contacts-1.csv", "Paris"),  # the first file, delivered once more
        ("in/contacts.csv", "in/contacts.csv", "London"),  # all bear this name
    ],
)
async def test_content_that_comes_back_counts_unless_it_is_the_old_file(
    house: House, people: People, source: str, third: str, ends_in: str
) -> None:
    house.write_jobs(JOBS.replace("in/contacts-*.csv", source))
    resident = house.resident()
    names = ["in/contacts.csv"] * 2 if source == third else ["in/contacts-1.csv", "in/contacts-2.csv"]
    moved = {email: (first, "Paris") for email, (first, _) in people.items()}
    for name, content in zip([*names, third], [people, moved, people], strict=True):
        house.put(name, content)
        await house.once(resident)
    assert set(house.cities().values()) == {ends_in}


async def test_a_file_that_was_left_in_place_is_no_new_file(house: House, people: People) -> None:
    house.write_jobs(JOBS.replace("after_success: move:done/", "after_success: leave"))
    resident = house.resident()
    house.put("in/contacts-1.csv", people)
    await house.once(resident)
    (occasion,) = await house.once(resident)
    assert (occasion.result, occasion.sentence[:21]) == (Result.FAILED, "There is no new file ")
    assert house.told[-1].event == "failure"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("First Name,E-mail,City\nAda,ada@example.com,London\n", "fewer than the 5"),
        ("First Name,E-mail,City\n" + "Ada,not an address,London\n" * 20, "20 of 20 rows would fail"),
        ("First Name,E-mail,City\n" + "".join(f"A,a{n}@example.com,X\n" for n in range(8)), "60 % are gone"),
    ],
    ids=["too few rows", "too many would fail", "shrank"],
)
async def test_a_file_beyond_a_threshold_is_refused_and_nothing_is_sent(
    house: House, people: People, content: str, why: str
) -> None:
    house.write_jobs(JOBS)
    resident = house.resident()
    house.put("in/contacts-1.csv", people)
    await house.once(resident)
    before = house.sandbox.contacts()
    house.put_text("in/contacts-2.csv", content)
    (occasion,) = await house.once(resident)
    assert occasion.result is Result.REFUSED
    assert why in occasion.sentence
    assert house.sandbox.contacts() == before
    assert names(house.folder / "in" / "failed") == ["contacts-2.csv"]
    assert house.told[-1].event == "threshold"


async def test_after_a_failure_the_next_good_run_is_told_as_recovery(house: House, people: People) -> None:
    house.write_jobs(JOBS)
    resident = house.resident()
    await house.once(resident)
    house.put("in/contacts-1.csv", people)
    await house.once(resident)
    house.put("in/contacts-2.csv", {**people, "new@example.com": ("New", "Rome")})
    await house.once(resident)
    assert [notice.event for notice in house.told] == ["failure", "recovery", "success"]


async def test_an_outage_in_the_middle_stops_the_run_and_it_goes_on_by_itself(house: House) -> None:
    many = {f"p{n}@example.com": ("P", "Bonn") for n in range(800)}
    house.write_jobs(JOBS)
    resident = house.resident()
    house.put("in/contacts-1.csv", many)
    resident.start(resident.jobs[0], house.clock.now())
    while len(house.cities()) < 100:
        await house.clock.sleep(10)
    house.sandbox.fates.down = Fault(kind=FaultKind.UNAVAILABLE)
    await resident.quiet()
    (stopped,) = resident.context.jobs_state.occasions()
    assert stopped.result is Result.STOPPED
    house.sandbox.fates.down = None
    await house.live(resident, house.clock.now() + 3600)
    assert len(house.cities()) == 800
    assert house.sandbox.state()["contacts"] == 800
    assert names(house.folder / "in" / "done") == ["contacts-1.csv"]
    assert [notice.event for notice in house.told] == ["failure", "recovery"]


async def test_a_file_waits_until_it_is_old_enough_and_still(house: House, people: People) -> None:
    house.write_jobs(
        JOBS.replace("    changed_only", "    minimum_age: 5m\n    still_for: 10s\n    changed_only")
    )
    resident = house.resident()
    house.put("in/contacts-1.csv", people, at=house.clock.now())
    assert await house.once(resident) == []
    await house.live(resident, house.clock.now() + 900)
    assert [each.result for each in resident.context.jobs_state.occasions()] == [Result.FINISHED]


async def test_the_newest_file_is_taken_and_older_ones_are_not(house: House, people: People) -> None:
    house.write_jobs(JOBS)
    resident = house.resident()
    old = {email: (first, "Old") for email, (first, _) in people.items()}
    house.put("in/contacts-b.csv", old, at=house.clock.now() - 7200)
    house.put("in/contacts-a.csv", people, at=house.clock.now() - 3600)
    await house.once(resident)
    assert set(house.cities().values()) == {"London"}
    assert names(house.folder / "in") == ["contacts-b.csv", "done"]
    # With the newest put away the old one is the newest there is, and still old.
    (occasion,) = await house.once(resident)
    assert occasion.sentence.startswith("There is no new file")
    assert set(house.cities().values()) == {"London"}
    house.put("in/contacts-b.csv", old)  # written anew, it is news
    (occasion,) = await house.once(resident)
    assert (occasion.result, set(house.cities().values())) == (Result.FINISHED, {"Old"})


async def test_all_files_are_taken_oldest_first_and_a_bad_one_stops_no_other(
    house: House, people: People
) -> None:
    house.write_jobs(JOBS.replace("    mapping:", "    take: all\n    mapping:"))
    resident = house.resident()
    later = {email: (first, "Later") for email, (first, _) in people.items()}
    house.put("in/contacts-z.csv", people, at=house.clock.now() - 7200)
    house.put_text("in/contacts-m.csv", "Wrong,Columns\n" + "1,2\n" * 20, at=house.clock.now() - 5400)
    house.put("in/contacts-a.csv", later, at=house.clock.now() - 3600)
    occasions = await house.once(resident)
    assert [each.result for each in occasions] == [Result.FINISHED, Result.FAILED, Result.FINISHED]
    assert set(house.cities().values()) == {"Later"}
    assert names(house.folder / "in" / "failed") == ["contacts-m.csv"]


async def test_a_dated_name_stands_for_the_day_the_job_was_due(house: House, people: People) -> None:
    house.write_jobs(JOBS.replace("in/contacts-*.csv", "in/{date-1:%Y%m%d}.csv"))
    house.put("in/20261011.csv", people)
    (occasion,) = await house.once(house.resident())
    assert occasion.result is Result.FINISHED


async def test_a_missing_file_is_waited_for(house: House, people: People) -> None:
    house.write_jobs(JOBS.replace("    mapping:", "    wait_for_file: 2h\n    mapping:"))
    resident = house.resident()
    assert await house.once(resident) == []
    house.put("in/contacts-1.csv", people)
    await house.live(resident, house.clock.now() + 600)
    assert [each.result for each in resident.context.jobs_state.occasions()] == [Result.FINISHED]


async def test_a_missing_file_may_be_nothing_to_worry_about(house: House) -> None:
    house.write_jobs(JOBS.replace("    mapping:", "    missing_file: ignore\n    mapping:"))
    (occasion,) = await house.once(house.resident())
    assert occasion.result is Result.NOTHING_NEW
    assert house.told == []


async def test_a_refused_token_is_tried_a_few_times_and_then_told(
    house: House, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIGHLEVEL_TOKEN", "pit-invalid")
    house.write_jobs(JOBS)
    resident = house.resident()
    house.put("in/contacts-1.csv", people)
    await house.once(resident)
    assert house.told == []
    await house.live(resident, house.clock.now() + 7200)
    assert [each.result for each in resident.context.jobs_state.occasions()] == [Result.FAILED] * 4
    assert [notice.event for notice in house.told] == ["failure"]
    assert "pit-invalid" not in house.told[0].sentence


async def test_two_jobs_of_one_location_run_one_after_the_other(house: House, people: People) -> None:
    second_job = (
        JOBS.partition("jobs:\n")[2].replace("  crm:", "  newsletter:").replace("in/contacts", "in/other")
    )
    house.write_jobs(JOBS + second_job)
    resident = house.resident()
    house.put("in/contacts-1.csv", people)
    house.put("in/other-1.csv", {f"n{n}@example.com": ("N", "Oslo") for n in range(20)})
    occasions = await house.once(resident)
    assert [each.result for each in occasions] == [Result.FINISHED] * 2
    first, second = sorted(occasions, key=lambda each: each.ended_at)
    assert first.ended_at <= second.began_at


async def test_a_stop_ends_a_run_in_good_order_and_the_next_start_goes_on(house: House) -> None:
    many = {f"p{n}@example.com": ("P", "Bonn") for n in range(800)}
    house.write_jobs(JOBS)
    resident = house.resident()
    house.put("in/contacts-1.csv", many)
    resident.start(resident.jobs[0], house.clock.now())
    while len(house.cities()) < 100:
        await house.clock.sleep(10)
    resident.stop()
    await resident.quiet()
    assert 100 <= len(house.cities()) < 800
    again = house.resident()
    assert again.context.jobs_state.job_state("crm", now=0).open_file is not None
    await house.live(again, house.clock.now() + 60)
    assert len(house.cities()) == 800
    assert [each.result for each in again.context.jobs_state.occasions()] == [Result.FINISHED, Result.STOPPED]
    assert [notice.event for notice in house.told] == ["success"]


async def test_a_run_stops_when_its_window_closes_and_goes_on_when_it_opens(house: House) -> None:
    many = {f"p{n}@example.com": ("P", "Bonn") for n in range(1500)}
    house.put("in/contacts-1.csv", many)
    closes = datetime.fromtimestamp(house.clock.now() + 120, NEW_YORK)
    window = f"    send_window: {{between: 08:00-{closes:%H:%M}}}\n"
    house.write_jobs(JOBS.replace("    mapping:", window + "    mapping:"))
    resident = house.resident()
    (occasion,) = await house.once(resident)
    assert occasion.result is Result.STOPPED
    assert len(house.cities()) < 1500
    assert resident.context.jobs_state.job_state("crm", now=0).health is Health.NEW
    while len(house.cities()) < 1500:
        house.clock.move_to(house.clock.now() + 3600)
        await house.live(resident, house.clock.now())
        assert house.clock.now() < moment("2026-12-01T12:00")
    assert house.told[0].event == "success"


async def test_people_who_are_gone_for_two_files_get_their_tag_once_and_are_never_deleted(
    house: House, people: People
) -> None:
    gone = "    gone: {tag: left crm, after_files: 2}\n"
    house.write_jobs(JOBS.replace("    changed_only", gone + "    changed_only"))
    resident = house.resident()
    for number in range(4):
        present = people if number == 0 else {**people, "ada0@example.com": ("Ada", f"Town {number}")}
        if number:
            del present["ada7@example.com"]
        house.put(f"in/contacts-{number}.csv", present)
        (occasion,) = await house.once(resident)
        assert occasion.result is Result.FINISHED
        assert ("1 person of earlier files is missing" in occasion.sentence) == (number > 0)
        assert ("1 got the tag 'left crm'" in occasion.sentence) == (number == 2)
    tags = {str(each.properties["email"]): each.tags for each in house.sandbox.vendor.contacts}
    assert tags["ada7@example.com"] == ["nightly", "left crm"]
    assert [email for email, given in tags.items() if "left crm" in given] == ["ada7@example.com"]
    assert resident.context.jobs_state.tagged("crm")
    house.put("in/contacts-9.csv", people)
    await house.once(resident)
    assert resident.context.jobs_state.tagged("crm") == frozenset()


async def test_a_budget_is_spent_once_for_each_time_the_job_is_due(house: House, people: People) -> None:
    house.write_jobs(JOBS.replace("    changed_only", "    max_requests: 8\n    changed_only"))
    house.put("in/contacts-1.csv", people)
    resident = house.resident()
    (occasion,) = await house.once(resident)
    assert occasion.result is Result.STOPPED
    reached = len(house.cities())
    assert 0 < reached < 20
    await house.live(resident, moment("2026-10-13T02:00"))
    assert len(house.cities()) == reached
    await house.live(resident, moment("2026-10-17T12:00"))
    assert len(house.cities()) == 20
    assert house.told[0].event == "success"


async def test_a_run_that_too_many_failures_stopped_is_left_alone(house: House, people: People) -> None:
    more = "    stop_after_failures: 3\n    changed_only"
    house.write_jobs(JOBS.replace("    changed_only", more).replace("failed_rows: 10%, ", ""))
    house.put("in/contacts-1.csv", people)
    house.sandbox.fates.script(
        [Fault(status=422, body=b'{"message": ["no"]}', path="/contacts/upsert", times=9)]
    )
    resident = house.resident()
    (occasion,) = await house.once(resident)
    assert occasion.result is Result.CROSSED
    assert names(house.folder / "in" / "failed") == ["contacts-1.csv"]
    requests = house.sandbox.state()["requests"]
    await house.live(resident, moment("2026-10-13T01:00"))
    assert house.sandbox.state()["requests"] == requests


async def test_a_job_that_compares_sends_only_what_the_location_lacks(house: House, people: People) -> None:
    house.write_jobs(JOBS.replace("changed_only: true", "compare: true"))
    for mail, (first, city) in people.items():
        house.sandbox.add_contact(HOME, email=mail, firstName=first, city=city, tags=["nightly"])
    house.put("in/contacts-1.csv", {**people, "ada0@example.com": ("Ada0", "Paris")})
    (occasion,) = await house.once(house.resident())
    assert (occasion.result, occasion.counts["updated"], occasion.counts["skipped"]) == (
        Result.FINISHED,
        1,
        19,
    )
    assert house.sandbox.state()["paths"]["PUT contacts/*"] == 1


@pytest.mark.parametrize("code", ["paused", "trial_done"])
async def test_a_run_that_is_left_to_a_person_waits_for_one(house: House, people: People, code: str) -> None:
    house.write_jobs(JOBS.replace("    changed_only", "    max_requests: 8\n    changed_only"))
    house.put("in/contacts-1.csv", people)
    resident = house.resident()
    (occasion,) = await house.once(resident)
    assert occasion.run_id is not None
    state = StateFolder(house.state, clock=house.clock)
    run = state.find(occasion.run_id)
    with state.open_journal(run) as journal:
        journal.set_state(RunState.STOPPED, "Somebody looks at it.", code=code)
    reached = len(house.cities())
    await house.live(resident, moment("2026-10-14T12:00"))
    assert len(house.cities()) == reached
    last = resident.context.jobs_state.occasions()[0]
    assert f"importer resume {run.id}" in last.sentence
    await pipeline.resume(
        run.id,
        state_path=house.state,
        connection=Connection(token=Secret("pit-by-hand")),
        reading=ReadingOptions(),
        from_copies=True,
        changes={"max_requests": None},
        context=RunContext(clock=house.clock),
    )
    assert len(house.cities()) == 20
    await house.live(resident, moment("2026-10-15T12:00"))
    assert names(house.folder / "in" / "done") == ["contacts-1.csv"]


async def test_a_run_that_was_deleted_keeps_no_later_file_from_its_turn(house: House, people: People) -> None:
    house.write_jobs(JOBS.replace("    changed_only", "    max_requests: 8\n    changed_only"))
    house.put("in/contacts-1.csv", people)
    resident = house.resident()
    await house.once(resident)
    shutil.rmtree(house.state / "runs")
    shutil.rmtree(house.state / "incoming")
    house.write_jobs(JOBS)
    house.put("in/contacts-2.csv", {**people, "new@example.com": ("New", "Rome")})
    resident = house.resident()
    occasions = await house.once(resident)
    assert [each.result for each in occasions] == [Result.FAILED, Result.FINISHED]
    assert len(house.cities()) == 21


async def test_a_run_that_was_taken_back_is_not_gone_on_with_and_keeps_no_later_file_from_its_turn(
    house: House, people: People
) -> None:
    house.write_jobs(JOBS.replace("    changed_only", "    max_requests: 8\n    changed_only"))
    house.put("in/contacts-1.csv", people)
    (stopped,) = await house.once(house.resident())
    state = StateFolder(house.state)
    with state.open_journal(state.run(stopped.run_id or "")) as journal:
        book = journal.undo
        book.begin(None)
        book.end(RunState.FINISHED)
    house.write_jobs(JOBS)
    house.put("in/contacts-2.csv", {**people, "new@example.com": ("New", "Rome")})
    occasions = await house.once(house.resident())
    assert [each.result for each in occasions] == [Result.FAILED, Result.FINISHED]
    assert "was taken back (importer undo)" in occasions[0].sentence
    assert len(house.cities()) == 21


async def test_a_token_variable_that_is_not_set_is_named(house: House, people: People) -> None:
    house.write_jobs(JOBS.replace("    changed_only", "    token_variable: ACME_TOKEN\n    changed_only"))
    house.put("in/contacts-1.csv", people)
    (occasion,) = await house.once(house.resident())
    assert occasion.result is Result.FAILED
    assert "ACME_TOKEN" in occasion.sentence


def test_every_fault_of_a_job_file_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "jobs.yaml"
    path.write_text(
        "version: 1\njobs:\n  crm:\n    source: a-{today}.csv\n    maping: m.yaml\n"
        "    schedule: 61 2 * * *\n    thresholds: {shrink: 20}\n    minimum_age: 5 minutes\n",
        encoding="utf-8",
    )
    with pytest.raises(SettingsError) as caught:
        load_jobs(path)
    said = str(caught.value)
    for place, words in [(":4:", "braces"), (":5:", "mapping"), (":6:", "61"), (":7:", "20%"), (":8:", "5m")]:
        assert any(place in line and words in line for line in said.splitlines()), (place, words, said)
