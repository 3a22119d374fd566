"""How jobs stand, in a file and in a Postgres: the same after each turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from importer.jobs.job_state import Health, JobsState, JobState, Occasion, Result, jobs_place
from importer.jobs.notices import Event, Notice
from importer.sources.sightings import Sighting

pytestmark = pytest.mark.versions


@pytest.fixture
def jobs(store_folder: Path) -> Iterator[JobsState]:
    place = jobs_place(store_folder, "http://127.0.0.1:8700", sandbox=True)
    assert not JobsState.is_in(place)
    with JobsState.open(place) as opened:
        yield opened
    assert JobsState.is_in(place)
    assert not JobsState.is_in(store_folder)


def turn(number: int, result: Result = Result.FINISHED, **counts: int) -> Occasion:
    at = float(number)
    return Occasion(
        job="nightly", due_at=at, began_at=at, ended_at=at, result=result, sentence="So.", counts=counts
    )


def test_a_job_begins_now_and_stands_where_it_was_put(jobs: JobsState) -> None:
    assert jobs.known_state("nightly") is None
    fresh = jobs.job_state("nightly", now=5.0)
    assert fresh == JobState(name="nightly", accounted_until=5.0, since=5.0)
    waiting = replace(
        fresh, health=Health.FAILING, open_run="r1", open_plan="p1", open_file="f", open_due=1.5, next_at=9.0
    )
    jobs.put(waiting)
    assert jobs.known_state("nightly") == waiting
    jobs.put(fresh)
    assert jobs.job_state("nightly", now=99.0) == fresh


def test_turns_are_listed_newest_first_and_add_up(jobs: JobsState) -> None:
    state = JobState(name="nightly", accounted_until=1.0)
    for number in range(1, 4):
        jobs.close_turn(state, turn(number, created=2, failed=1, pending=7), [])
    jobs.close_turn(state, turn(4, Result.STOPPED, created=9), [])
    assert [each.ended_at for each in jobs.occasions("nightly", limit=2)] == [4.0, 3.0]
    assert jobs.occasions("weekly") == []
    assert jobs.occasions()[-1].counts == {
        "created": 2, "updated": 0, "skipped": 0, "failed": 1, "pending": 7, "requests": 0
    }  # fmt: skip
    assert jobs.totals("nightly") == {"result finished": 3, "result stopped": 1, "created": 6, "failed": 3}


def test_a_notice_waits_until_it_is_delivered(jobs: JobsState) -> None:
    notice = Notice(event=Event.FAILURE, job="nightly", at=10.0, sentence="Zo\u00eb's file is empty.")
    jobs.close_turn(
        JobState(name="nightly", accounted_until=1.0), turn(10), [("mail", notice), ("hook", notice)]
    )
    assert list(jobs.parcels(due_by=9.0)) == []
    mail, hook = jobs.parcels(due_by=10.0)
    assert ((mail.channel, mail.notice, mail.attempts), hook.channel) == (("mail", notice, 0), "hook")
    jobs.delivered(mail)
    jobs.postpone(hook, 20.0)
    assert (jobs.parcels_waiting(), jobs.next_parcel_at()) == (1, 20.0)
    assert [each.attempts for each in jobs.parcels(due_by=20.0)] == [1]


def test_a_file_is_dealt_with_as_long_as_it_is_the_same(jobs: JobsState) -> None:
    seen = Sighting(reference="in/a.csv", name="a.csv", size=7, modified_at=1.25)
    assert not jobs.dealt_with("nightly", seen)
    jobs.deal("nightly", seen.reference, 7, 1.25)
    assert jobs.dealt_with("nightly", seen)
    assert not jobs.dealt_with("weekly", seen)
    jobs.let_go("nightly", [replace(seen, size=8)])
    assert not jobs.dealt_with("nightly", seen)


def test_who_is_gone_is_tagged_once_and_anew_when_they_go_again(jobs: JobsState) -> None:
    for _ in range(2):
        jobs.tag("nightly", ["c1", "c2"])
    jobs.retag("nightly", keep=["c2"])
    assert jobs.tagged("nightly") == {"c2"}
