"""S9: the job file as the screen writes it, what `importer serve` makes of it, and how its jobs stand."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Any

import pytest

from importer.errors import SettingsError
from importer.jobs.job_state import Health, JobsState, JobState, Occasion, Result
from importer.jobs.loading import load_jobs
from importer.jobs.notices import Event, Notice
from importer.mapping import load_mapping
from importer.runtime.process_lock import locked, this_process
from importer.settings import ReadingOptions
from importer.state import StateFolder
from importer.ui.drafts import ChangedElsewhereError
from importer.ui.schedules import NewJob, Schedules
from importer.ui.screen import Screen
from tests.ui.conftest import Visitor
from tests.ui.past_runs import MAPPING, past_run

ACME = "ve9EPM428h8vShlRW1KT"
WRITTEN = """\
# ours; ask Ann before changing
version: 1
jobs:
  crm:   # the big one
    source: exports/*.csv
    mapping: hubspot
    schedule: "*/15 * * * *"  # quarter hours
"""


def wish(name: str = "nightly", **parts: Any) -> NewJob:
    said: dict[str, Any] = {
        "name": name,
        "source": "/srv/exports",
        "location": ACME,
        "mapping_text": MAPPING,
        "at": time(2, 30),
        "days": "daily",
    }
    return NewJob(**{**said, **parts})


@pytest.fixture
def schedules(tmp_path: Path) -> Schedules:
    return Schedules(tmp_path / "state", None, output=tmp_path / "results")


def written(schedules: Schedules, new: NewJob) -> str:
    schedules.path.parent.mkdir(exist_ok=True)
    schedules.add(new, version=schedules.version)
    return schedules.path.read_text()


def test_a_job_is_what_serve_runs_with_the_very_mapping_of_the_run(
    schedules: Schedules, tmp_path: Path
) -> None:
    written(schedules, wish(changed_only=True, notify="ann@example.com"))

    (named,) = load_jobs(schedules.path)
    assert (named.name, named.source, named.location_id) == ("nightly", "/srv/exports/*", ACME)
    assert (named.job.schedule, named.job.changed_only, named.job.before_images) == (
        ("30 2 * * *",),
        True,
        True,
    )
    assert named.path(named.job.output) == tmp_path / "results"
    assert load_mapping(named.mapping).text == MAPPING
    assert named.channels[0].email == ("ann@example.com",)
    assert {path.stat().st_mode & 0o777 for path in (schedules.path, named.mapping)} == {0o600}


def test_a_file_that_a_person_wrote_grows_by_the_job_and_keeps_the_rest(schedules: Schedules) -> None:
    schedules.path.parent.mkdir()
    schedules.path.write_text(WRITTEN)
    schedules.path.chmod(0o640)

    text = written(schedules, wish(days="workdays"))

    assert text.startswith(WRITTEN)
    assert text.removeprefix(WRITTEN).splitlines()[0] == "  nightly:"
    assert '    schedule: "30 2 * * 1-5"' in text
    assert schedules.path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in load_jobs(schedules.path)] == ["crm", "nightly"]


@pytest.mark.parametrize(
    ("source", "becomes"),
    [
        ("/srv/exports", "/srv/exports/*"),
        ("/srv/v1.2/", "/srv/v1.2/*"),
        ("/srv/contacts-{date:%Y-%m-%d}.csv", "/srv/contacts-{date:%Y-%m-%d}.csv"),
        (
            "https://docs.google.com/spreadsheets/d/abc/edit",
            "https://docs.google.com/spreadsheets/d/abc/edit",
        ),
        ("sftp://ann@example.com/out/contacts.csv", "sftp://ann@example.com/out/contacts.csv"),
    ],
)
def test_a_folder_stands_for_its_newest_file(schedules: Schedules, source: str, becomes: str) -> None:
    written(schedules, wish(source=source))

    (named,) = load_jobs(schedules.path)
    assert named.job.source == becomes


@pytest.mark.parametrize(
    "refused",
    [
        {"source": "exports/contacts.csv"},
        {"source": ""},
        {"source": "/srv/{day}.csv"},
        {"name": "../x"},
        {"name": ""},
        {"days": "sometimes"},
        {"notify": "ftp://x", "name": "a b"},
    ],
)
def test_what_is_no_job_is_refused_and_nothing_is_written(
    schedules: Schedules, refused: dict[str, str]
) -> None:
    with pytest.raises(SettingsError):
        written(schedules, wish(**refused))

    assert not schedules.path.exists()
    assert not (schedules.path.parent / "mappings").exists()


def test_a_job_of_that_name_is_not_overwritten(schedules: Schedules) -> None:
    text = written(schedules, wish())

    with pytest.raises(SettingsError, match="nightly"):
        written(schedules, wish(source="/elsewhere"))

    assert schedules.path.read_text() == text


def test_a_job_is_switched_off_and_on_and_removed_in_its_own_lines(schedules: Schedules) -> None:
    schedules.path.parent.mkdir()
    schedules.path.write_text(WRITTEN)
    before = written(schedules, wish())

    schedules.switch("crm", on=False, version=schedules.version)
    assert [each.job.enabled for each in load_jobs(schedules.path)] == [False, True]
    assert "# quarter hours" in schedules.path.read_text()
    schedules.switch("crm", on=True, version=schedules.version)
    assert len(schedules.path.read_text().splitlines()) == len(before.splitlines()) + 1
    schedules.remove("nightly", version=schedules.version)

    assert [each.name for each in load_jobs(schedules.path)] == ["crm"]
    with pytest.raises(SettingsError, match="only job"):
        schedules.remove("crm", version=schedules.version)


def test_a_change_upon_an_older_text_is_refused(schedules: Schedules) -> None:
    before = schedules.version
    written(schedules, wish())

    with pytest.raises(ChangedElsewhereError):
        schedules.add(wish("another"), version=before)

    assert not (schedules.path.parent / "mappings" / "another.yaml").exists()


def test_a_file_with_faults_is_told_of_and_never_changed(schedules: Schedules) -> None:
    schedules.path.parent.mkdir()
    schedules.path.write_text("version: 1\njobs:\n  crm: {sauce: x}\n")

    fault = schedules.job_states()["fault"]

    assert "sauce" in str(fault)
    with pytest.raises(SettingsError):
        schedules.switch("crm", on=False, version=schedules.version)
    with pytest.raises(SettingsError):
        written(schedules, wish())
    assert "sauce" in schedules.path.read_text()


def test_how_a_job_stands_is_what_serve_kept_of_it_and_looking_begins_nothing(
    schedules: Schedules, tmp_path: Path
) -> None:
    schedules.path.parent.mkdir()
    schedules.path.write_text(WRITTEN)
    written(schedules, wish())
    ended = Occasion(
        job="crm",
        due_at=1.0,
        began_at=1.0,
        ended_at=2.0,
        result=Result.REFUSED,
        sentence="Too few rows.",
        file="a.csv",
    )
    notice = Notice(event=Event.THRESHOLD, job="crm", at=2.0, sentence="Too few rows.")
    with JobsState.open(tmp_path / "state") as kept:
        kept.close_turn(
            JobState(name="crm", accounted_until=2.0, health=Health.FAILING, since=2.0),
            ended,
            [("mail", notice)],
        )

    told: Any = schedules.job_states()

    crm, nightly = told["jobs"]
    assert (crm["health"], crm["last"]["sentence"], crm["schedule"]) == (
        "failing",
        "Too few rows.",
        [{"cron": "*/15 * * * *"}],
    )
    assert (nightly["health"], nightly["last"]) == ("new", None)
    assert nightly["schedule"] == [{"cron": "30 2 * * *", "at": "2:30", "days": "daily"}]
    assert nightly["next_at"] > 0
    assert [each["title"] for each in told["waiting"]] == [notice.title]
    assert [each["sentence"] for each in told["told"]] == ["Too few rows."]
    with JobsState.open(tmp_path / "state") as kept:
        assert kept.known_state("nightly") is None


def test_who_runs_the_jobs_is_told_and_that_it_does_not_know_of_a_change(
    schedules: Schedules, tmp_path: Path
) -> None:
    written(schedules, wish())
    lock = tmp_path / "state" / "locks" / "serve.lock"
    lock.parent.mkdir()

    with locked(lock, this_process("importer serve jobs.yaml", 0.0)):
        told = schedules.job_states()
    with locked(lock, this_process("something else", 9e9)):
        other = schedules.job_states()

    assert (told["stale"], told["can_be_ended"]) == (True, True)
    assert "importer serve jobs.yaml" in str(told["served_by"])
    assert (other["stale"], other["can_be_ended"]) == (False, False)
    assert schedules.job_states()["served_by"] is None


def test_the_password_of_an_address_is_not_shown(schedules: Schedules) -> None:
    written(schedules, wish(source="sftp://ann:secret@example.com/out.csv"))

    assert "secret" not in str(schedules.job_states())


# as the page asks


async def planned(
    visitor: Visitor,
    screen: Screen,
    *,
    sandbox: bool = False,
    reading: dict[str, Any] | None = None,
    **said: Any,
) -> tuple[int, Any]:
    aim: dict[str, Any] = {"sandbox": True, "location_id": None} if sandbox else {}
    run = past_run(screen.state, options={"output": "", "reading": reading or {}}, **aim)
    version = (await visitor.ask("/api/schedule"))["version"]
    whole = {
        "like": run.id,
        "name": "nightly",
        "source": "/srv/in",
        "at": "02:30",
        "days": "daily",
        "version": version,
    }
    return await visitor.post("/api/schedule/add", {**whole, **said})


async def test_a_run_is_repeated_every_night_with_its_mapping_and_its_place(
    visitor: Visitor, screen: Screen
) -> None:
    status, told = await planned(visitor, screen)

    assert (status, told["jobs"][0]["location"]) == (200, ACME)
    (named,) = load_jobs(screen.state / "jobs.yaml")
    assert load_mapping(named.mapping).text == MAPPING


async def test_the_file_of_every_night_is_read_as_somebody_chose_for_the_first(
    visitor: Visitor, screen: Screen
) -> None:
    chosen = {"sheet": "Leads 2", "header_row": 3, "encoding": "cp1252", "delimiter": "\t"}

    status, _ = await planned(visitor, screen, reading={**chosen, "wanted_headers": []})

    assert status == 200
    (named,) = load_jobs(screen.state / "jobs.yaml")
    mapping = load_mapping(named.mapping)
    assert mapping.text.startswith(MAPPING)
    read = mapping.reading_options(ReadingOptions())
    assert {name: getattr(read, name) for name in chosen} == chosen


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"sandbox": True}, "sandbox"),
        ({"at": "late"}, "02:30"),
        ({"source": "in"}, "whole path"),
        ({"version": "x"}, "meanwhile"),
    ],
)
async def test_what_cannot_be_planned_is_told(
    visitor: Visitor, screen: Screen, said: dict[str, Any], sentence: str
) -> None:
    status, answer = await planned(visitor, screen, **said)

    assert (status in {400, 409, 422}, sentence in answer["error"]) == (True, True)
    assert not (screen.state / "jobs.yaml").exists()


async def test_the_form_begins_with_where_the_run_had_its_file_from(visitor: Visitor, screen: Screen) -> None:
    run = past_run(screen.state, "/srv/exports/contacts.csv")
    dropped = past_run(screen.state, str(screen.state / "drafts" / "x" / "file" / "dropped.csv"))

    _, page = await visitor.get(f"/schedule?like={run.id}")

    assert page.index(run.id) < page.index(dropped.id)
    assert '"reference": "/srv/exports/contacts.csv"' in page
    assert page.count('"reference": ""') == 1


async def test_the_jobs_are_run_by_a_process_of_their_own_until_somebody_ends_it(
    visitor: Visitor, screen: Screen
) -> None:
    await planned(visitor, screen)

    status, told = await visitor.post("/api/schedule/serve", {"on": True})
    try:
        assert (status, told["stale"]) == (200, False)
        assert str(screen.state / "jobs.yaml") in told["served_by"]
    finally:
        status, told = await visitor.post("/api/schedule/serve", {"on": False})
    assert (status, told["served_by"]) == (200, None)


async def test_jobs_that_cannot_be_run_are_told_of_by_the_command_itself(
    visitor: Visitor, screen: Screen
) -> None:
    screen.state.mkdir(exist_ok=True)
    (screen.state / "jobs.yaml").write_text("version: 1\njobs: {crm: {}}\n")

    status, answer = await visitor.post("/api/schedule/serve", {"on": True})

    assert (status, "fault" in answer["error"]) == (422, True)
    assert StateFolder(screen.state).run_ids() == ()
