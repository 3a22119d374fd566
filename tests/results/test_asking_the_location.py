from __future__ import annotations

import csv
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from importer.cli import main
from importer.errors import CredentialsError, SettingsError
from importer.highlevel.client import Client
from importer.highlevel.tokens import StaticTokens
from importer.records import Outcome, Record, Status
from importer.results.forecast import Expected
from importer.runs.inquiry import Sample, ask, inquire
from importer.runtime.clock import SystemClock
from importer.sandbox import Sandbox, SandboxSettings, sandbox_aside
from importer.settings import Connection, Secret

PLACE = "ve9EPM428h8vShlRW1KT"


class PatientClock(SystemClock):
    """A clock whose waits are over at once, and counted."""

    def __init__(self) -> None:
        self.waited = 0.0

    async def sleep(self, seconds: float) -> None:
        self.waited += seconds


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


GOOD = Secret("pit-x")


async def asked(
    base_url: str, records: list[Record], *, token: Secret = GOOD, clock: PatientClock | None = None
) -> Expected:
    tokens = StaticTokens(Connection(base_url=base_url, token=token))
    return await inquire(records, client=Client(base_url), tokens=tokens, clock=clock or PatientClock())


async def test_people_the_location_knows_are_counted(base_url: str) -> None:
    records = [person(1), person(2), person(8), person(9, phone="+14155550123")]

    assert await asked(base_url, records) == Expected(asked=4, found=2)


async def test_questions_keep_below_the_quota(base_url: str) -> None:
    clock = PatientClock()

    await asked(base_url, [person(number) for number in range(20)], clock=clock)

    assert 0 < clock.waited <= 20 * 0.104


async def test_a_location_that_refuses_us_says_why(base_url: str) -> None:
    with pytest.raises(CredentialsError, match="Invalid Private Integration token"):
        await asked(base_url, [person(1)], token=Secret("pit-invalid"))


async def test_where_nobody_answers_it_is_said() -> None:
    with pytest.raises(SettingsError, match=r"could not be asked.*--against-location"):
        await asked("http://127.0.0.1:9", [person(1)])


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
def test_without_a_location_nobody_is_asked(connection: Connection) -> None:
    sample = Sample()
    sample.offer([Record(row=2, location_id="sandboxLocation00001", fields={"email": "a@example.com"})])

    with pytest.raises(SettingsError, match=r"sandbox|location"):
        ask(sample, connection)


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


def end(program: Callable[[], None], *words: str, told: pytest.MonkeyPatch) -> None:
    told.setattr("sys.argv", ["importer", *words])
    with pytest.raises(SystemExit) as ended:
        program()
    assert ended.value.code == 0
