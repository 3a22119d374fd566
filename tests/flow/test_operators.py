"""The history says who ran what, and by which command; nothing secret is in it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import importer
from importer.runtime.environment import user_at_host
from importer.sandbox import Sandbox
from tests.flow.conftest import Desk

RUN = ("run", "my people.csv", "-m", "mapping.yaml", "--no-progress")


def test_runs_and_show_say_who_began_a_run_and_who_went_on(desk: Desk, vendor: Sandbox) -> None:
    desk.write("my people.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,,\nBob,bob@example.com,,\n")
    desk.importer(*RUN, "--trial", "1")
    desk.importer("resume", "--no-progress")
    listed = json.loads(desk.importer("runs", "--json").out)
    assert listed[0]["operator"] == user_at_host()
    assert listed[0]["command"] == "importer run 'my people.csv' -m mapping.yaml --no-progress --trial 1"
    assert user_at_host() in desk.importer("runs").out
    shown = desk.importer("show").out
    assert f"By:        {user_at_host()}" in shown
    assert f"by {user_at_host()}: importer run 'my people.csv'" in shown
    assert f"by {user_at_host()}: importer resume --no-progress" in shown
    sessions = json.loads(desk.importer("show", "--json").out)["sessions"]
    assert [each["command"].split()[1] for each in sessions] == ["run", "resume"]


def test_no_password_or_token_gets_into_the_history(desk: Desk, vendor: Sandbox) -> None:
    desk.write("my people.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,,\n")
    address = "https://user:s3same@127.0.0.1:9/a.csv?signature=abcdef123"
    desk.importer(*RUN, "--metrics-file", f"./{address}", "--state", "here/pit-flow")
    told = desk.importer("show", "--json", "--state", "here/pit-flow").out
    assert "importer run" in told
    assert not any(secret in json.loads(told)["command"] for secret in ("s3same", "abcdef123", "pit-flow"))


def test_a_program_is_named_too(desk: Desk, vendor: Sandbox) -> None:
    desk.write("my people.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,,\n")
    importer.run("my people.csv", "mapping.yaml")
    assert "a Python program" in json.loads(desk.importer("show", "--json").out)["command"]


def completed(desk: Desk, monkeypatch: pytest.MonkeyPatch, *words: str) -> list[str]:
    """Ask for completions as bash does."""
    monkeypatch.setenv("_IMPORTER_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", " ".join(["importer", *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    told = subprocess.run(
        [str(Path(sys.executable).with_name("importer"))],
        capture_output=True,
        text=True,
        check=False,
        cwd=desk.folder,
    )
    monkeypatch.delenv("_IMPORTER_COMPLETE")
    return [line.rpartition(",")[2] for line in told.stdout.split()]


def test_ids_of_runs_complete_in_the_shell(
    desk: Desk, vendor: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write("my people.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,,\n")
    run_id = json.loads(desk.importer(*RUN, "--json").out)["run_id"]
    for command in ("show", "resume", "retry", "results", "forget"):
        assert completed(desk, monkeypatch, command, run_id[:4]) == [run_id]
    assert completed(desk, monkeypatch, "show", "--state", "elsewhere", "2") == []
    (desk.folder / "file").write_text("no folder")
    monkeypatch.setenv("IMPORTER_STATE", "file")
    assert completed(desk, monkeypatch, "show", "2") == []
