"""What version 0.1.0 left on the disk is gone on with: a folder that it wrote, see ``version_0_1_0/README.md``."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from importer.cli import main
from importer.sandbox import Sandbox, SandboxSettings, sandbox_aside

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the recorded paths are POSIX")

RECORDED = Path(__file__).parent / "version_0_1_0"
FIRST_NIGHT, BY_HAND, SECOND_NIGHT = sorted(run.name for run in (RECORDED / "state" / "runs").iterdir())
WRITTEN_AT = {"night-1.csv": 1_731_928_000, "night-2.csv": 1_732_008_000}
ENDED = {
    **dict.fromkeys((2, 3, 11, 12, 19), ("skipped", "unchanged")),
    **dict.fromkeys((4, 13, 18), ("updated", "")),
    **dict.fromkeys((5, 6, 7, 8, 9, 14, 15, 16, 17, 20, 21, 22), ("created", "")),
    10: ("failed", "invalid_email"),
}


@pytest.fixture
def vendor(tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox that holds what the recorded one held."""
    write_database(tmp_path / "vault.db", RECORDED / "vault.db.sql", str)
    with sandbox_aside(SandboxSettings(burst=0, db=tmp_path / "vault.db")) as sandbox:
        yield sandbox


@pytest.fixture
def folder(tmp_path: Path, vendor: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The recorded folder, as if it had been written here."""
    folder = tmp_path / "work"
    for path in RECORDED.rglob("*"):
        if path.is_file():
            lay(path, folder, vendor.base_url)
    for name, at in WRITTEN_AT.items():
        os.utime(folder / "in" / name, (at, at))
    monkeypatch.chdir(folder)
    monkeypatch.setenv("IMPORTER_STATE", str(folder / "state"))
    monkeypatch.setenv("HIGHLEVEL_TOKEN", "pit-invented")
    monkeypatch.setenv("HIGHLEVEL_BASE_URL", vendor.base_url)
    for name in ("HIGHLEVEL_LOCATION_ID", "IMPORTER_KEEP_DAYS"):
        monkeypatch.delenv(name, raising=False)
    return folder


def lay(recorded: Path, folder: Path, base_url: str) -> None:
    def localized(text: str) -> str:
        return text.replace("{folder}", str(folder)).replace("{base_url}", base_url)

    elsewhere = f"elsewhere-{hashlib.sha256(base_url.encode()).hexdigest()[:12]}"
    parts = recorded.relative_to(RECORDED).parts
    path = folder.joinpath(*(elsewhere if part == "elsewhere" else part for part in parts))
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".sql":
        write_database(path.with_suffix(""), recorded, localized)
    else:
        path.write_text(localized(recorded.read_text(encoding="utf-8")), encoding="utf-8")


def write_database(path: Path, dump: Path, localized: Callable[[str], str]) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.executescript(localized(dump.read_text(encoding="utf-8")))


class Cli:
    """The command line in the recorded folder."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str, code: int = 0) -> str:
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main(words)
        told = self._capsys.readouterr()
        assert (left.value.code or 0) == code, told.err
        return told.out

    def summary(self, *words: str, code: int = 0) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self(*words, "--json", "-q", code=code))
        return told


@pytest.fixture
def cli(folder: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(capsys)


def outcomes(summary: dict[str, Any]) -> dict[int, tuple[str, str]]:
    with Path(summary["results"]).open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    found = {int(row["import_row"]): (row["import_status"], row["import_error_code"]) for row in rows}
    assert len(found) == len(rows), "each row once"
    counted = sum(summary[status] for status in ("created", "updated", "skipped", "failed", "pending"))
    assert counted == summary["rows_read"] == len(rows)
    return found


def people(vendor: Sandbox) -> dict[str, Any]:
    contacts = vendor.vendor.contacts
    found = {str(each.properties["email"]): each for each in contacts}
    assert len(found) == len(contacts), "nobody was made twice"
    return found


def enrolled(vendor: Sandbox) -> set[str]:
    return {email for email, contact in people(vendor).items() if contact.workflows}


def test_its_runs_are_listed_and_shown(cli: Cli) -> None:
    listed = cli("runs")
    assert [line.split()[0] for line in listed.splitlines() if line.startswith("2024")] == [
        SECOND_NIGHT,
        BY_HAND,
        FIRST_NIGHT,
    ]
    shown = json.loads(cli("show", SECOND_NIGHT, "--json"))
    assert (shown["state"], shown["reason_code"], shown["rows_read"]) == ("stopped", "killed", 21)
    assert (shown["created"], shown["skipped"], shown["failed"], shown["pending"]) == (4, 5, 1, 10)
    assert shown["updated"] == 1, "it is stored, and its tags are still to come"
    assert json.loads(cli("show", FIRST_NIGHT, "--json"))["created"] == 9


def test_its_stopped_run_is_resumed_and_every_row_ends_in_one_true_outcome(cli: Cli, vendor: Sandbox) -> None:
    summary = cli.summary("resume", code=1)
    assert (summary["run_id"], summary["state"]) == (SECOND_NIGHT, "finished")
    assert outcomes(summary) == ENDED
    found = people(vendor)
    assert len(found) == 9 + 6 + 12
    assert {found[f"{name}@example.com"].properties["city"] for name in ("mary", "radia", "hedy")} == {
        "Bergen",
        "Salem",
        "Graz",
    }
    assert set(found) - enrolled(vendor) == {"rep0@example.com", "rep4@example.com"}, (
        "those that retry is for"
    )


def test_a_resume_sends_again_only_what_is_not_known_to_have_arrived(cli: Cli, vendor: Sandbox) -> None:
    before = {email: contact.upserts for email, contact in people(vendor).items()}
    cli.summary("resume", code=1)
    again = {
        email: contact.upserts - before[email]
        for email, contact in people(vendor).items()
        if email in before and contact.upserts > before[email]
    }
    assert set(again) == {"radia@example.com", "new05@example.com", "hedy@example.com"}


def test_its_failed_rows_are_sent_again(cli: Cli, vendor: Sandbox) -> None:
    summary = cli.summary("retry", BY_HAND, code=1)
    assert outcomes(summary) == {
        **dict.fromkeys(range(2, 8), ("created", "")),
        8: ("failed", "invalid_email"),
    }
    assert {f"rep{number}@example.com" for number in range(6)} <= enrolled(vendor)
    assert len(people(vendor)) == 20


def test_its_results_are_written_again(cli: Cli, folder: Path) -> None:
    cli("results", FIRST_NIGHT, "-o", "again")
    found = outcomes(
        json.loads((folder / "again" / FIRST_NIGHT / "summary.json").read_text(encoding="utf-8"))
    )
    assert found == {
        **dict.fromkeys((2, 3, 4, 5, 7, 8, 9, 10, 11), ("created", "")),
        6: ("failed", "invalid_email"),
    }


def test_an_import_that_it_ended_is_not_done_again(cli: Cli, vendor: Sandbox) -> None:
    words = ("run", "repairs.csv", "-m", "mapping.yaml", "--location", "location1")
    summary = cli.summary(*words)
    assert (summary["run_id"], summary["repeated"]) == (BY_HAND, True)
    assert len(people(vendor)) == 20


def test_its_job_goes_on_by_itself_and_remembers_everybody(cli: Cli, vendor: Sandbox, folder: Path) -> None:
    second = (folder / "in" / "night-2.csv").read_text(encoding="utf-8")
    (folder / "in" / "night-3.csv").write_text(second.replace("Salem", "Reno"), encoding="utf-8")
    cli("serve", "jobs.yaml", "--once", code=1)
    summary = json.loads(cli("show", SECOND_NIGHT, "--json"))
    assert (summary["state"], summary["pending"]) == ("finished", 0)
    assert len(people(vendor)) == 9 + 6 + 12
    newest = json.loads(cli("show", "--json"))
    assert newest["run_id"] != SECOND_NIGHT
    # Radia moved; how rows 5 to 8 had ended, the memory was not told any more: they are sent once more, for safety.
    assert (newest["rows_read"], newest["skipped"], newest["updated"], newest["failed"]) == (21, 15, 5, 1)


def test_its_runs_are_forgotten_whole(cli: Cli, folder: Path) -> None:
    cli("forget", FIRST_NIGHT, SECOND_NIGHT, "--yes")
    assert [path.name for path in (folder / "state" / "runs").iterdir()] == [BY_HAND]
