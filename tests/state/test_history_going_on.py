from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from importer.cli import main
from importer.records import Outcome, Remedy, Status
from importer.sandbox import Sandbox, SandboxSettings, sandbox_aside
from importer.state import StateFolder

ROWS = "Mail,City\nada@example.com,Rome\ngrace@example.com,Bern\nmary@example.com,Oslo\nno address,Kyiv\n"
MAPPING = "version: 1\nfields: {email: Mail}\n"


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def summary(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.out)
        return told

    @property
    def statuses(self) -> list[str]:
        with Path(self.summary["results"]).open(encoding="utf-8-sig", newline="") as opened:
            return [row["import_status"] for row in csv.DictReader(opened)]


@pytest.fixture
def vendor() -> Iterator[Sandbox]:
    with sandbox_aside(SandboxSettings(burst=0)) as sandbox:
        yield sandbox


@pytest.fixture
def importer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    """Call the command line in a folder with a file of four rows, the last of which cannot be sent."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMPORTER_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("HIGHLEVEL_TOKEN", "pit-journal")
    for name in ("HIGHLEVEL_LOCATION_ID", "HIGHLEVEL_BASE_URL", "IMPORTER_KEEP_DAYS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "contacts.csv").write_text(ROWS)
    (tmp_path / "contacts.yaml").write_text(MAPPING)

    def call(*words: str) -> Ended:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main(words)
        told = capsys.readouterr()
        return Ended(code=int(left.value.code or 0), out=told.out, err=told.err)

    return call


@pytest.fixture
def stopped(importer: Callable[..., Ended], vendor: Sandbox) -> Ended:
    """A run that was allowed no more requests than its first row needs."""
    ended = importer(
        "run", "contacts.csv", "-m", "contacts.yaml", "--location", "location1", "--base-url", vendor.base_url,
        "--max-requests", "1", "--json", "-q",
    )  # fmt: skip
    assert ended.code == 3
    assert ended.statuses[:3] == ["created", "pending", "pending"]
    return ended


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "state")


def resume(importer: Callable[..., Ended], *words: str) -> Ended:
    return importer("resume", "--max-requests", "500", "--json", "-q", *words)


def test_a_resume_goes_on_with_what_it_is_told_otherwise(
    importer: Callable[..., Ended], stopped: Ended, tmp_path: Path
) -> None:
    ended = resume(importer, "-o", "elsewhere")
    assert ended.code == 1
    assert ended.statuses == ["created", "created", "created", "failed"]
    assert Path(ended.summary["results"]).is_relative_to(tmp_path / "elsewhere") or ended.summary[
        "results"
    ].startswith("elsewhere")
    assert ended.summary["run_id"] == stopped.summary["run_id"]


@pytest.mark.parametrize(
    "words", [("--location", "location2"), ("--base-url", "https://elsewhere.example.test"), ("--sandbox",)]
)
def test_a_resume_cannot_go_elsewhere(
    importer: Callable[..., Ended], stopped: Ended, words: tuple[str, ...]
) -> None:
    ended = importer("resume", *words)
    assert ended.code == 2
    assert "went elsewhere" in ended.err


def test_words_that_name_the_runs_own_place_are_fine(
    importer: Callable[..., Ended], stopped: Ended, vendor: Sandbox
) -> None:
    ended = resume(importer, "--location", "location1", "--base-url", vendor.base_url + "/")
    assert ended.code == 1


def test_a_changed_source_is_gone_on_with_from_the_copies_when_asked(
    importer: Callable[..., Ended], stopped: Ended, tmp_path: Path
) -> None:
    (tmp_path / "contacts.csv").write_text("Mail\nsomebody@example.com\n")
    refused = resume(importer)
    assert refused.code == 2
    assert "contacts.csv has changed" in refused.err
    assert "--from-copies" in refused.err
    assert resume(importer, "--from-copies").statuses == ["created", "created", "created", "failed"]


@pytest.mark.parametrize("command", ["run", "resume"])
def test_a_second_process_is_told_who_holds_the_source(
    importer: Callable[..., Ended], stopped: Ended, state: StateFolder, vendor: Sandbox, command: str
) -> None:
    words = ("contacts.csv", "-m", "contacts.yaml", "--location", "location1", "--base-url", vendor.base_url)
    before = vendor.contacts()
    with state.lock(state.find()):
        ended = importer(command, *(words if command == "run" else ()))
    assert ended.code == 2
    assert f"run {stopped.summary['run_id']} (process {os.getpid()} on" in ended.err
    assert vendor.contacts() == before
    assert len(state.run_ids()) == 1, "the refused run leaves nothing behind"


def test_a_resume_of_a_finished_newest_run_names_the_older_one_that_is_not(
    importer: Callable[..., Ended], stopped: Ended, vendor: Sandbox
) -> None:
    words = ("contacts.csv", "-m", "contacts.yaml", "--location", "location1", "--base-url", vendor.base_url)
    assert importer("run", *words, "--fresh", "-q").code == 1
    ended = importer("resume")
    assert ended.code == 0
    assert f"importer resume {stopped.summary['run_id']}" in ended.err


def test_a_damaged_journal_stops_the_same_command_before_anything_is_sent(
    importer: Callable[..., Ended], stopped: Ended, state: StateFolder, vendor: Sandbox
) -> None:
    journal = state.run_folder(state.find().id) / "journal.db"
    journal.write_bytes(b"no journal" * 1_000)
    words = ("contacts.csv", "-m", "contacts.yaml", "--location", "location1", "--base-url", vendor.base_url)
    before = vendor.contacts()
    for ended in (importer("run", *words), importer("resume"), importer("results")):
        assert ended.code == 3
        assert "is damaged" in ended.err
    assert vendor.contacts() == before
    assert importer("run", *words, "--fresh", "-q").code == 1
    assert len(vendor.contacts()) == 3


def test_a_retry_sends_the_failed_rows_worth_it_and_shows_each_row_once(
    importer: Callable[..., Ended], stopped: Ended, state: StateFolder, vendor: Sandbox
) -> None:
    with state.open_journal(state.find()) as journal:
        journal.settle(
            [
                Outcome(
                    row=3,
                    status=Status.FAILED,
                    location_id="location1",
                    code="service_down",
                    message="No reply.",
                    remedy=Remedy.RUN_AGAIN,
                )
            ]
        )
    assert resume(importer).statuses == ["created", "failed", "created", "failed"]
    ended = importer("retry", "--max-requests", "500", "--json", "-q")
    assert ended.code == 1, "one row is still failed"
    assert ended.statuses == ["created", "created", "created", "failed"]
    again = importer("retry", "--json", "-q")
    assert (again.code, again.summary["repeated"]) == (0, True)
    with state.open_journal(state.find()) as journal:
        assert [session.kind.value for session in journal.sessions()] == ["run", "resume", "retry"]


def test_results_are_written_again_from_the_journal(
    importer: Callable[..., Ended], stopped: Ended, tmp_path: Path
) -> None:
    before = resume(importer)
    shutil.rmtree(tmp_path / "import-results")
    (tmp_path / "contacts.csv").unlink()
    again = importer("results", "--json", "-q")
    assert again.code == 0
    assert again.statuses == before.statuses
    assert {**again.summary, "results": ""} == {**before.summary, "results": ""}


def test_a_run_killed_before_it_knew_its_rows_shows_them_as_pending(
    importer: Callable[..., Ended], stopped: Ended, state: StateFolder
) -> None:
    with state.open_journal(state.find()) as journal:
        journal.set_rows_read(0)
        journal._db.execute("DELETE FROM outcomes")
    assert importer("results", "--json", "-q").statuses == ["pending"] * 4


def test_a_corrected_failed_file_names_the_run_it_follows(
    importer: Callable[..., Ended], stopped: Ended, vendor: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    first = resume(importer)
    failed = Path(first.summary["failed_rows"])
    failed.write_text(failed.read_text(encoding="utf-8-sig").replace("no address", "now@example.com"))
    ended = importer(
        "run", str(failed), "-m", "contacts.yaml", "--location", "location1", "--base-url", vendor.base_url,
        "--json", "-q",
    )  # fmt: skip
    assert ended.statuses == ["created"]
    shown = importer("show", "--json")
    assert json.loads(shown.out)["follows"] == first.summary["run_id"]
