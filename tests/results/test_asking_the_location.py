from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from importer.cli import main
from importer.errors import CredentialsError, SettingsError
from importer.records import Outcome, Record, Status
from importer.results.forecast import Expected
from importer.runs.inquiry import Sample, ask, inquire
from importer.sandbox import FaultKind, Sandbox, SandboxSettings, sandbox_aside
from importer.sending import Sender
from importer.sending.looking import LOOKING, NoRows
from importer.settings import Connection, RunSettings, Secret
from importer.state import StateFolder
from tests.sending.paper_vendor import PaperVendor
from tests.sending.virtual_time import VirtualClock, run_virtually

PLACE = "ve9EPM428h8vShlRW1KT"


def person(number: int, **fields: Any) -> Record:
    return Record(row=number, location_id=PLACE, fields=fields or {"email": f"n{number}@example.com"})


@pytest.fixture
async def base_url() -> AsyncIterator[str]:
    """A sandbox that knows n1, n2 and n3."""
    async with Sandbox(SandboxSettings(burst=10_000, daily=0)) as sandbox, aiohttp.ClientSession() as session:
        for number in (1, 2, 3):
            body = {"locationId": PLACE, "email": f"n{number}@example.com"}
            headers = {"Authorization": "Bearer pit-x", "Version": "2021-07-28"}
            async with session.post(
                f"{sandbox.base_url}/contacts/upsert", json=body, headers=headers
            ) as reply:
                assert reply.status in (200, 201)
        yield sandbox.base_url


async def asked(
    base_url: str,
    records: list[Record],
    *,
    token: str = "pit-x",  # noqa: S107  (invented)
    outage_seconds: float = LOOKING.retry.outage_seconds,
) -> Expected:
    quick = replace(LOOKING.retry, row_seconds=0.05, outage_seconds=outage_seconds, first_wait_seconds=0.001)
    policy = replace(LOOKING, retry=quick, opening=quick)
    connection = Connection(base_url=base_url, token=Secret(token))
    async with Sender(connection=connection, journal=NoRows(), policy=policy) as sender:
        return await inquire(records, sender=sender, base_url=base_url)


async def test_people_the_location_knows_are_counted(base_url: str) -> None:
    records = [person(1), person(2), person(8), person(9, phone="+14155550123")]

    assert await asked(base_url, records) == Expected(asked=4, found=2)


async def test_a_location_that_refuses_us_says_why(base_url: str) -> None:
    with pytest.raises(CredentialsError, match="Invalid Private Integration token"):
        await asked(base_url, [person(1)], token="pit-invalid")


@pytest.mark.parametrize("rows", [1, 30])
async def test_where_nobody_answers_it_is_said(rows: int) -> None:
    with pytest.raises(SettingsError, match=r"could not be asked.*--against-location"):
        await asked("http://127.0.0.1:9", [person(number) for number in range(rows)], outage_seconds=0.5)


async def test_a_question_that_fails_once_is_asked_again() -> None:
    settings = SandboxSettings(burst=10_000, daily=0, faults={FaultKind.UNAVAILABLE: 0.3}, seed=2)
    async with Sandbox(settings) as sandbox:
        sandbox.add_contact(PLACE, email="n1@example.com")
        assert await asked(sandbox.base_url, [person(1), *map(person, range(10, 30))]) == Expected(
            asked=21, found=1
        )
        assert sandbox.state()["requests"] > 21


def asked_virtually(vendor: PaperVendor, rows: int) -> tuple[Expected, float]:
    """Ask a vendor made of arithmetic, and tell how long it took."""

    async def asking() -> tuple[Expected, float]:
        connection = Connection(base_url=vendor.base_url, token=Secret("pit-paper"))
        async with Sender(
            connection=connection, journal=NoRows(), policy=LOOKING, clock=VirtualClock(), client=vendor
        ) as sender:
            expected = await inquire(list(map(person, range(rows))), sender=sender, base_url=vendor.base_url)
        return expected, asyncio.get_running_loop().time()

    return run_virtually(asking())


def test_questions_make_use_of_the_quota_and_keep_below_it() -> None:
    vendor = PaperVendor(latency=lambda dice: (dice.uniform(0.1, 0.4), dice.uniform(0.1, 0.4)))
    expected, seconds = asked_virtually(vendor, 300)
    assert expected == Expected(asked=300, found=300)
    assert set(vendor.refusals.values()) == {0}
    assert 20 < seconds < 30


def test_when_the_day_ends_the_questions_so_far_are_the_sample() -> None:
    vendor = PaperVendor(allowance=lambda _: 40)
    expected, _ = asked_virtually(vendor, 300)
    assert 30 <= expected.asked <= 40
    assert len(vendor.arrivals) <= 40, "nothing is sent into a refusal"


def test_a_sample_is_bounded_fair_and_the_same_each_time() -> None:
    people = [person(number) for number in range(1_000)]

    def drawn() -> list[int]:
        sample = Sample(50)
        sample.offer(people)
        return [record.row for record in sample.records]

    assert len(drawn()) == 50
    assert drawn() == drawn()
    assert max(drawn()) > 900


def test_a_sample_of_all_leaves_out_what_cannot_be_asked_for() -> None:
    sample = Sample(None)
    sample.offer([person(1), Outcome(row=2, status=Status.FAILED), person(3, firstName="Ann")])

    assert [record.row for record in sample.records] == [1]


@pytest.mark.parametrize("connection", [Connection(sandbox=True), Connection(token=Secret("pit-x"))])
def test_without_a_location_nobody_is_asked(connection: Connection, tmp_path: Path) -> None:
    sample = Sample()
    sample.offer([Record(row=2, location_id="sandboxLocation00001", fields={"email": "a@example.com"})])

    settings = RunSettings(
        sources=("a.csv",), mapping=Path("a.yaml"), connection=connection, state=tmp_path / "state"
    )
    with pytest.raises(SettingsError, match=r"sandbox|location"):
        ask(sample, settings)


def test_check_forecasts_what_is_created_and_updated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with Path("a.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [["Mail"], ["a@example.com"], ["b@example.com"], ["c@example.com"], ["d@example.com"]]
        )
    Path("a.yaml").write_text("version: 1\nfields:\n  email: Mail\n", encoding="utf-8")
    with sandbox_aside(SandboxSettings(burst=10_000, daily=0)) as sandbox:
        monkeypatch.setenv("HIGHLEVEL_TOKEN", "pit-x")
        command = ["--base-url", sandbox.base_url, "--location", PLACE, "--state", "state", "-m", "a.yaml"]
        end(main, "run", "a.csv", "--limit", "1", "-q", *command, told=monkeypatch)
        capsys.readouterr()
        end(main, "check", "a.csv", "--against-location", "--json", *command, told=monkeypatch)

    out, err = capsys.readouterr()
    assert json.loads(out)["expected"] == {"asked": 4, "found": 1, "created": 3, "updated": 1}
    assert "75 % created, 25 % updated (asked for 4 rows)" in err
    # the next run knows what the questions took of the quota, beside what the first run left of it
    assert StateFolder(Path("state")).quota_marks(sandbox.base_url)[PLACE].used_today == 6


def end(program: Callable[[], None], *words: str, told: pytest.MonkeyPatch) -> None:
    told.setattr("sys.argv", ["importer", *words])
    with pytest.raises(SystemExit) as ended:
        program()
    assert ended.value.code == 0
