"""The package as a library."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import importer
from importer import Phase, RunProgress, SettingsError

if TYPE_CHECKING:
    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk


def test_a_program_reads_loads_and_runs(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,,\n")
    source = importer.read("contacts.csv")
    assert source.header == ("First", "Mail", "Phone", "Tags")
    assert [(row.number, row.cells, row.faults) for row in source] == [
        (2, ("Ann", "ann@example.com", "", ""), ())
    ]
    mapping = importer.load_mapping("mapping.yaml")
    summary = importer.run("contacts.csv", mapping, token="pit-library", location_id="loc9")
    assert (summary.state, summary.created) == ("finished", 1)
    assert len(vendor.contacts("loc9")) == 1


async def test_a_program_with_a_loop_awaits(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,,\n")
    summary = await importer.run_async(Path("contacts.csv"), "mapping.yaml")
    assert summary.created == 1
    with pytest.raises(SettingsError, match="run_async"):
        importer.run("contacts.csv", "mapping.yaml")


def test_rows_with_line_breaks_are_shown_as_csv_that_reads_back(desk: Desk) -> None:
    desk.write("breaks.csv", 'First,Mail\n"B\nb","x\r\ny"\n')
    shown = desk.importer("read", "breaks.csv", "-n", "0", "--format", "csv").out
    desk.write("again.csv", shown)
    assert [row.cells for row in importer.read("again.csv")] == [
        row.cells for row in importer.read("breaks.csv")
    ]


@dataclass
class Told:
    """What a progress callback was told, and by which thread."""

    seen: list[RunProgress] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)

    def __call__(self, progress: RunProgress) -> None:
        self.seen.append(progress)
        self.threads.add(threading.get_ident())


def people(rows: int) -> str:
    return "First,Mail,Phone,Tags\n" + "".join(f"P{n},p{n}@example.com,,\n" for n in range(rows))


async def test_progress_goes_from_reading_to_the_end_on_the_loops_thread(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", people(30) + "Bad,no address,,\n")
    told = Told()
    summary = await importer.run_async("contacts.csv", "mapping.yaml", on_progress=told)
    first, *_, last = told.seen
    assert first == RunProgress(phase=Phase.READING)
    assert last == RunProgress(phase=Phase.ENDED, total=31, settled=31, created=30, failed=1)
    assert (summary.created, summary.failed) == (30, 1)
    assert told.threads == {threading.get_ident()}
    settled = [each.settled for each in told.seen]
    assert settled == sorted(settled)
    assert any(each.phase is Phase.SENDING and each.settled == each.total for each in told.seen)


def test_a_progress_callback_that_raises_harms_no_row(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", people(5))
    calls = []

    def break_down(progress: RunProgress) -> None:
        calls.append(progress)
        raise RuntimeError("the window is closed")

    summary = importer.run("contacts.csv", "mapping.yaml", on_progress=break_down)
    assert (summary.state, summary.created) == ("finished", 5)
    assert calls[-1].phase is Phase.ENDED


async def cancelled_in_the_middle(told: Callable[[RunProgress], object], times: int) -> None:
    """Begin an import, and cancel its task so many times once ten rows are settled."""
    ten = asyncio.Event()

    def watch(progress: RunProgress) -> None:
        told(progress)
        if progress.settled >= 10:
            ten.set()

    task = asyncio.create_task(
        importer.run_async("contacts.csv", "mapping.yaml", on_progress=watch, concurrency=2)
    )
    await ten.wait()
    for _ in range(times):
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(("times", "reason_code"), [(1, "interrupted"), (2, "killed")])
async def test_a_cancelled_import_can_be_resumed(
    desk: Desk, slow_vendor: Sandbox, times: int, reason_code: str
) -> None:
    desk.write("contacts.csv", people(100))
    told = Told()
    await cancelled_in_the_middle(told, times)
    (stopped,) = json.loads(desk.importer("runs", "--json").out)
    assert (stopped["state"], stopped["reason_code"]) == ("stopped", reason_code)
    left = 100 - stopped["created"]
    assert 0 < left < 100
    summary = await importer.resume_async(on_progress=told)
    assert (summary.state, summary.created, summary.run_id) == ("finished", 100, stopped["run_id"])
    assert len(slow_vendor.contacts("loc1")) == 100
    assert told.seen[-1].total == left


async def test_a_cancelled_import_has_its_results_written(desk: Desk, slow_vendor: Sandbox) -> None:
    desk.write("contacts.csv", people(100))
    await cancelled_in_the_middle(Told(), 1)
    (folder,) = (desk.folder / "import-results").iterdir()
    with (folder / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        statuses = [row["import_status"] for row in csv.DictReader(file)]
    assert len(statuses) == 100
    assert set(statuses) == {"created", "pending"}


async def test_one_that_is_cancelled_before_its_first_row_leaves_nothing(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", people(5))
    task = asyncio.create_task(importer.run_async("contacts.csv", "mapping.yaml"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert vendor.contacts("loc1") == []
    assert (await importer.run_async("contacts.csv", "mapping.yaml")).created == 5


def test_a_run_that_a_limit_stopped_goes_on_with_another(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", people(9))
    first = importer.run(
        "contacts.csv", "mapping.yaml", max_requests=3, output="first", results_format="xlsx"
    )
    assert (first.state, first.reason_code, first.results.name) == ("stopped", "budget_spent", "results.xlsx")
    second = importer.resume(first.run_id[:8], max_requests=4, results_format="csv")
    assert (second.state, second.run_id) == ("stopped", first.run_id)
    assert second.results.samefile(first.results.with_name("results.csv"))
    last = importer.retry(max_requests=100)
    assert (last.state, last.created) == ("finished", 9)
    assert importer.resume().repeated
    assert len(vendor.contacts("loc1")) == 9


def test_a_resume_lifts_the_limit_that_its_run_began_with(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", people(9))
    importer.run("contacts.csv", "mapping.yaml", max_requests=3)
    assert importer.resume(max_requests=1).state == "stopped"
    assert importer.resume(max_requests=0).created == 9


def test_what_a_library_call_shows_is_what_a_run_does(desk: Desk) -> None:
    desk.write("contacts.csv", people(3) + "Bad,no address,,\n")
    forecast = importer.check("contacts.csv", "mapping.yaml", sandbox=True)
    assert (forecast.ready, forecast.failed) == (3, 1)
    assert importer.check("contacts.csv", "mapping.yaml", limit=2).rows_read == 2
    lines = list(
        importer.preview("contacts.csv", importer.load_mapping("mapping.yaml"), rows=0, location_id="loc7")
    )
    assert [line["row"] for line in lines] == [2, 3, 4, 5]
    assert lines[0]["location_id"] == "loc7"
    assert "errors" in lines[3]
    suggested = importer.suggest("contacts.csv")
    assert suggested.chosen()["Mail"] == "email"


ENV = "HIGHLEVEL_TOKEN={token}\nHIGHLEVEL_LOCATION_ID={location}\n"


def test_the_environment_file_of_the_folder_is_not_read_unasked(
    desk: Desk, vendor: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write("contacts.csv", people(1))
    desk.write(".env", ENV.format(token="pit-of-another-client", location="other"))
    for name in ("HIGHLEVEL_TOKEN", "HIGHLEVEL_LOCATION_ID"):
        monkeypatch.delenv(name)
    with pytest.raises(SettingsError, match="HIGHLEVEL_LOCATION_ID is not set"):
        importer.run("contacts.csv", "mapping.yaml")
    assert importer.run("contacts.csv", "mapping.yaml", env_file=".env").created == 1
    assert len(vendor.contacts("other")) == 1
    assert "HIGHLEVEL_TOKEN" not in os.environ


async def test_two_clients_at_once_have_each_their_own_token_and_location(
    desk: Desk, vendor: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIGHLEVEL_TOKEN", "pit-invalid")  # refused, should anybody take it
    desk.write("a.env", ENV.format(token="pit-a", location="locA"))
    desk.write("b.env", ENV.format(token="pit-b", location="locB"))
    desk.write("a.csv", people(3))
    desk.write("b.csv", people(4))
    done = await asyncio.gather(
        importer.run_async("a.csv", "mapping.yaml", env_file="a.env"),
        importer.run_async("b.csv", "mapping.yaml", env_file="b.env"),
    )
    assert [summary.created for summary in done] == [3, 4]
    assert (len(vendor.contacts("locA")), len(vendor.contacts("locB"))) == (3, 4)
    (line,) = importer.preview("a.csv", "mapping.yaml", rows=1, env_file="a.env")
    assert line["location_id"] == "locA"


def test_an_argument_goes_ahead_of_an_environment_file(desk: Desk, vendor: Sandbox) -> None:
    desk.write("a.env", ENV.format(token="pit-invalid", location="locA"))
    desk.write("contacts.csv", people(1))
    importer.run("contacts.csv", "mapping.yaml", env_file="a.env", token="pit-mine", location_id="mine")
    assert len(vendor.contacts("mine")) == 1


def test_an_environment_file_that_is_not_there_is_told(desk: Desk) -> None:
    with pytest.raises(SettingsError, match=r"The environment file none\.env cannot be read"):
        importer.check("contacts.csv", "mapping.yaml", env_file="none.env")


def test_a_token_given_by_argument_is_masked_in_a_programs_logs(desk: Desk, vendor: Sandbox) -> None:
    desk.write("contacts.csv", people(1))
    seen = io.StringIO()
    handler = logging.StreamHandler(seen)
    logger = logging.getLogger("importer.runs.stages")
    importer.run("contacts.csv", "mapping.yaml", token="a-token-without-a-shape")
    logger.addHandler(handler)
    logger.error("the vendor said: a-token-without-a-shape")
    logger.removeHandler(handler)
    assert seen.getvalue() == "the vendor said: ***\n"
