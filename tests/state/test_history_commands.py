from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from importer.cli import cli
from importer.errors import RunConflictError, SettingsError
from importer.records import Fault, Outcome, Pulse, Remedy, Status
from importer.state import StateFolder
from importer.state.journal import Journal, Run, RunState


def call(state: StateFolder, *words: str) -> None:
    cli.main([*words, "--state", str(state.path)], standalone_mode=False)


@pytest.fixture
def finished(begin: Callable[..., Journal]) -> Run:
    """A finished run of four rows, two of which failed."""
    with begin() as journal:
        journal.set_rows_read(4)
        dropped = Fault(code="phone_dropped", message="Secret Person's phone.", fails=False)
        journal.settle(
            [
                Outcome(row=2, status=Status.CREATED, location_id="location1", warnings=(dropped,)),
                Outcome(row=3, status=Status.UPDATED, location_id="location2"),
                Outcome(
                    row=4,
                    status=Status.FAILED,
                    location_id="location1",
                    code="service_down",
                    message="Secret Person got no reply.",
                    remedy=Remedy.RUN_AGAIN,
                ),
                Outcome(row=5, status=Status.FAILED, code="invalid_email", remedy=Remedy.FIX_ROW),
            ]
        )
        journal.pulse(Pulse(location_id="location1", started_at=1.0, seconds=1.0, requests=9, throttled=2))
        journal.set_state(RunState.FINISHED)
        return journal.run


def test_runs_lists_the_newest_first(
    state: StateFolder, finished: Run, begin: Callable[..., Journal], capsys: pytest.CaptureFixture[str]
) -> None:
    begin().close()
    call(state, "runs")
    head, newest, older = capsys.readouterr().out.splitlines()
    assert head.split() == (
        [
            "RUN",
            "STATE",
            "STARTED",
            "TIME",
            "ROWS",
            "CREATED",
            "UPDATED",
            "SKIPPED",
            "FAILED",
            "PENDING",
            "LEFT",
            "BY",
            "SOURCE",
        ]
    )
    assert "stopped" in newest
    assert older.split()[0] == finished.id
    assert older.split()[-8:] == ["4", "1", "1", "0", "2", "0", "2", "contacts.csv"]


def test_runs_can_be_limited_and_read_by_programs(
    state: StateFolder, finished: Run, begin: Callable[..., Journal], capsys: pytest.CaptureFixture[str]
) -> None:
    begin().close()
    call(state, "runs", "-n", "1", "--json")
    (newest,) = json.loads(capsys.readouterr().out)
    assert newest["state"] == "stopped"
    call(state, "runs", "-n", "0", "--json")
    _, older = json.loads(capsys.readouterr().out)
    assert older["run_id"] == finished.id
    assert [older[name] for name in ("rows_read", "created", "updated", "skipped", "failed", "pending")] == [
        4, 1, 1, 0, 2, 0,
    ]  # fmt: skip
    assert older["retryable"] == 1


def test_runs_of_an_empty_folder_are_none(state: StateFolder, capsys: pytest.CaptureFixture[str]) -> None:
    call(state, "runs")
    call(state, "runs", "--json")
    told = capsys.readouterr()
    assert told.out == "[]\n"
    assert "There are no runs" in told.err


def test_a_damaged_run_is_named_beside_the_others(
    state: StateFolder, finished: Run, begin: Callable[..., Journal], capsys: pytest.CaptureFixture[str]
) -> None:
    with begin() as journal:
        pass
    journal.path.write_bytes(b"no journal" * 1_000)
    call(state, "runs")
    told = capsys.readouterr()
    assert finished.id in told.out
    assert f"Run {journal.run.id} cannot be read" in told.err


def test_show_tells_one_run_and_nothing_of_a_person(
    state: StateFolder, finished: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    call(state, "show")
    told = capsys.readouterr().out
    for part in (
        f"Run:       {finished.id}",
        "State:     finished",
        "Source:    contacts.csv",
        "Rows:      4 (1 created, 1 updated, 2 failed)",
        "Requests:  9, 2 throttled, 0 repeated",
        "Failed:    1 x service_down (row 4)",
        "Warnings:  1 x phone_dropped (row 2)",
        "Location:  location1: 1 created, 1 failed",
        f"Next:      1 row can be sent again: importer retry {finished.id} --state {state.path}",
    ):
        assert part in told
    assert "Secret Person" not in told


def test_show_speaks_json_to_programs(
    state: StateFolder, finished: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    call(state, "show", finished.id, "--json")
    told = capsys.readouterr().out
    shown = json.loads(told)
    assert shown["errors_by_code"] == {"service_down": 1, "invalid_email": 1}
    assert shown["sessions"][0]["kind"] == "run"
    assert (shown["requests"], shown["throttled"]) == (9, 2)
    assert "Secret Person" not in told


def test_show_of_a_stopped_run_says_how_to_go_on(
    state: StateFolder, begin: Callable[..., Journal], capsys: pytest.CaptureFixture[str]
) -> None:
    with begin() as journal:
        journal.set_state(RunState.STOPPED, "Stopped by SIGINT.")
    call(state, "show", journal.run.id[:-1])
    told = capsys.readouterr().out
    assert "State:     stopped: Stopped by SIGINT." in told
    assert f"Next:      importer resume {journal.run.id}" in told


def test_forget_deletes_the_runs_it_names_and_says_what_stays(
    state: StateFolder, finished: Run, begin: Callable[..., Journal], capsys: pytest.CaptureFixture[str]
) -> None:
    with begin() as journal:
        pass
    call(state, "forget", finished.id)
    told = capsys.readouterr()
    assert "results folder" in told.err
    assert [run.id for run in state.runs()] == [journal.run.id]


def test_forget_names_no_run_by_itself(state: StateFolder, finished: Run) -> None:
    with pytest.raises(SettingsError, match="no run 'nowhere'"):
        call(state, "forget", finished.id, "nowhere")
    assert state.find().id == finished.id, "nothing is deleted when one of the names is wrong"


def test_a_run_at_work_is_not_forgotten_by_command(state: StateFolder, finished: Run) -> None:
    with state.lock(finished), pytest.raises(RunConflictError, match="at work"):
        call(state, "forget", finished.id)


@pytest.mark.parametrize("command", ["resume", "retry", "runs", "show", "results", "forget"])
def test_each_command_explains_itself_with_an_example(
    command: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    cli.main([command, "--help"], standalone_mode=False)
    told = capsys.readouterr().out
    assert f"\n    importer {command}" in told
    assert "--state" in told
