"""A watched folder: which files it means, and that nothing but the folder starts it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from importer.jobs.arrivals import newcomers
from importer.jobs.health import metrics, status
from importer.jobs.job_state import Result
from importer.jobs.named_job import WatchedJob
from importer.jobs.resident import Resident
from importer.jobs.watching import watch_job
from importer.reading.formats import SUFFIXES
from importer.sources.expanding import expand_sources
from tests.jobs.jobs_house import HOME, MAPPING, House, VirtualTime, moment
from tests.jobs.test_jobs_turns import People

WRAPPERS = [suffix for suffix, facts in SUFFIXES.items() if facts.wraps]
TAKEN = {f"a{suffix}" for suffix in SUFFIXES} | {
    f"a{suffix}{wrapper}" for suffix, facts in SUFFIXES.items() if not facts.wraps for wrapper in WRAPPERS
}
LEFT = {
    "a.csv.bz2",
    "a.csv.part",
    "a.pdf",
    "notes.md",
    "no suffix",
    "~$a.xlsx",
    ".hidden.csv",
    "a.csv.crdownload",
}


def watched(house: House, folder: Path, *, pattern: str | None = None, **more: str) -> WatchedJob:
    (house.folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    options = {"mapping": str(house.folder / "mapping.yaml"), "location": HOME, **more}
    return watch_job(folder, pattern=pattern, options=options)


@pytest.fixture
def inbox(house: House) -> Path:
    (house.folder / "in").mkdir()
    return house.folder / "in"


async def test_what_a_run_takes_of_a_folder_is_what_a_watch_takes(house: House, inbox: Path) -> None:
    for name in TAKEN | LEFT:
        house.put_text(f"in/{name}", "Mail\na@example.com\n")
    (inbox / "folder.csv").mkdir()
    found = await newcomers(watched(house, inbox), house.clock.now(), house.context())
    assert {each.name for each in found} == TAKEN
    assert {Path(each).name for each in expand_sources([str(inbox)])} == TAKEN


async def test_a_pattern_takes_what_it_names_and_nothing_half_written(house: House, inbox: Path) -> None:
    for name in ("list.dat", "list.dat.part", "other.csv"):
        house.put_text(f"in/{name}", "Mail\na@example.com\n")
    job = watched(house, inbox, pattern="list.*")
    found = await newcomers(job, house.clock.now(), house.context())
    assert [each.name for each in found] == ["list.dat"]
    assert [Path(each).name for each in expand_sources([str(inbox / "list.*")])] == ["list.dat"]


@pytest.mark.parametrize("name", ["[in] 2026", "{date}", "${HOME}", "what?", "a*"])
async def test_a_folder_is_meant_whatever_it_is_called(house: House, people: People, name: str) -> None:
    house.put(f"{name}/a.csv", people)
    resident = Resident([watched(house, house.folder / name)], house.context())
    (occasion,) = await house.once(resident)
    assert occasion.counts["created"] == len(people)


@pytest.mark.parametrize("start", ["2028-02-28T23:50", "2026-12-31T23:50"])
async def test_the_clock_never_starts_a_watched_folder(
    house: House, inbox: Path, people: People, clock: VirtualTime, start: str
) -> None:
    clock.move_to(moment(start))
    resident = Resident([watched(house, inbox)], house.context())
    assert status(resident)["jobs"][resident.jobs[0].name]["next_at"] is None  # type: ignore[index, call-overload]
    assert "highlevel_importer_job_next_timestamp_seconds{" not in metrics(resident)
    house.put("in/a.csv", people)
    await house.live(resident, clock.now() + 3 * 86_400)
    assert resident.context.jobs_state.occasions() == []
    assert len(await house.once(resident)) == 1


@pytest.mark.parametrize("kind", ["empty", "unreadable"])
async def test_a_file_that_cannot_be_taken_keeps_no_other_one_waiting(
    house: House, inbox: Path, people: People, kind: str
) -> None:
    first = house.put_text("in/a.csv", "" if kind == "empty" else "Mail\na@example.com\n")
    if kind == "unreadable":
        first.chmod(0)
        if os.access(first, os.R_OK):
            pytest.skip("whoever runs the tests may read any file")
    house.put("in/b.csv", people)
    resident = Resident([watched(house, inbox, still_for="2s")], house.context())
    found = await house.once(resident)
    assert [(each.file, each.result) for each in found] == [
        ("a.csv", Result.FAILED),
        ("b.csv", Result.FINISHED),
    ]
    assert len(house.cities()) == len(people)
    # An empty one is known from then on; one that may be read some day is looked at again.
    again = await house.once(resident)
    assert [each.result for each in again] == [Result.NOTHING_NEW if kind == "empty" else Result.FAILED]


async def test_a_watched_folder_that_could_not_begin_is_tried_again_by_itself(
    house: House, inbox: Path, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.put("in/a.csv", people)
    resident = Resident([watched(house, inbox)], house.context())
    monkeypatch.setenv("HIGHLEVEL_TOKEN", "pit-invalid")
    (failed,) = await house.once(resident)
    assert failed.counts["created"] == 0
    monkeypatch.setenv("HIGHLEVEL_TOKEN", "pit-invented")
    await house.live(resident, house.clock.now() + 3_600)
    assert len(house.cities()) == len(people)
