from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from importer.ui.benches import Benches, start_bench
from importer.ui.surface import RefusedRequestError

PEOPLE = b"Name,E-mail\nAda,ada@example.com\n"


class Started:
    """The processes that were started, and may be started."""

    def __init__(self) -> None:
        self.processes: list[asyncio.subprocess.Process] = []
        self.some = asyncio.Event()

    async def __call__(self) -> asyncio.subprocess.Process:
        self.processes.append(await start_bench())
        self.some.set()
        return self.processes[-1]

    @property
    def under_way(self) -> list[asyncio.subprocess.Process]:
        return [each for each in self.processes if each.returncode is None]


@pytest.fixture
def started() -> Started:
    return Started()


@pytest.fixture
async def benches(started: Started) -> AsyncIterator[Benches]:
    opened = Benches(spare=True, start=started)
    yield opened
    await opened.close_all()
    assert started.under_way == []


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_bytes(PEOPLE)
    return path


async def test_a_file_is_opened_by_the_process_that_waited_for_it(
    benches: Benches, started: Started, people: Path
) -> None:
    benches.prepare()
    benches.prepare()

    found = await benches.ask("draft", people, {}, "describe", name="people.csv")

    assert found["header"] == ["Name", "E-mail"]
    assert len(started.processes) == 1


async def test_a_process_that_died_while_it_waited_is_replaced(
    benches: Benches, started: Started, people: Path
) -> None:
    benches.prepare()
    await started.some.wait()
    started.processes[0].kill()
    await started.processes[0].wait()

    found = await benches.ask("draft", people, {}, "count", name="people.csv")

    assert found == {"rows": 1, "failing": 0}


async def test_what_nobody_waits_for_leaves_the_waiting_process_to_what_somebody_does(
    benches: Benches, started: Started, people: Path
) -> None:
    benches.prepare()

    await benches.ask("draft count", people, {}, "count", name="people.csv", beside=True)
    await benches.ask("draft", people, {}, "describe", name="people.csv")

    assert len(started.processes) == 2


async def test_a_file_that_somebody_saved_anew_is_opened_anew(
    benches: Benches, started: Started, people: Path
) -> None:
    assert (await benches.ask("draft", people, {}, "count", name="people.csv"))["rows"] == 1

    await asyncio.to_thread(people.write_bytes, PEOPLE + b"Ben,ben@example.com\n")

    assert (await benches.ask("draft", people, {}, "count", name="people.csv"))["rows"] == 2
    assert (await benches.ask("draft", people, {}, "describe", name="people.csv"))["header"][0] == "Name"
    assert (len(started.processes), len(started.under_way)) == (2, 1)


async def test_why_a_file_cannot_be_opened_is_said_to_all_who_wait_for_it(
    benches: Benches, started: Started, tmp_path: Path
) -> None:
    path = tmp_path / "photo.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    asked = (benches.ask("draft", path, {}, do, name="photo.csv") for do in ("describe", "head", "samples"))

    refused = await asyncio.gather(*asked, return_exceptions=True)

    assert {type(each) for each in refused} == {RefusedRequestError}
    assert len({str(each) for each in refused}) == 1
    assert "image" in str(refused[0])
    assert len(started.processes) == 1


async def test_of_two_questions_at_once_about_a_file_too_many_neither_goes_ahead_of_its_opening(
    benches: Benches, people: Path
) -> None:
    for number in range(4):
        await benches.ask(f"draft {number}", people, {}, "count", name="people.csv")

    described, counted = await asyncio.gather(
        *(benches.ask("one more", people, {}, do, name="people.csv") for do in ("describe", "count"))
    )

    assert (described["header"], counted["rows"]) == (["Name", "E-mail"], 1)
