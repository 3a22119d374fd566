"""Every command works as before where the state is in Postgres, and another machine goes on with what one began."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from importer.sandbox import Fault, FaultKind
from importer.state import StateFolder
from importer.state.place import state_folder
from tests.flow.test_stopping import CONTACTS, ROWS, after, begin, stops
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from importer.sandbox import Sandbox
    from tests.flow.conftest import Desk

PEOPLE = "First,Mail,Phone,Tags\nAnn,ann@example.com,,vip\nBob,bob@example.com,,\nBad,no address,,\n"


@pytest.fixture(autouse=True)
def machine(desk: Desk, postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that knows the address, and has nothing else of the state."""
    monkeypatch.setenv("IMPORTER_STATE", postgres)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "machine"))
    return tmp_path / "machine"


@pytest.fixture
def elsewhere(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to another machine, which has neither the face folder nor the files of the first, when it is called for."""
    return tmp_path / "another machine"


def go_to(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = place / "desk"
    folder.mkdir(parents=True)
    monkeypatch.setenv("XDG_STATE_HOME", str(place))
    monkeypatch.chdir(folder)


def test_a_run_and_all_that_is_asked_of_it(
    desk: Desk, vendor: Sandbox, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write("contacts.csv", PEOPLE)
    ended = desk.run("contacts.csv", "-m", "mapping.yaml")
    assert (ended.code, ended.summary["created"], ended.summary["failed"]) == (1, 2, 1), ended.err
    run_id = ended.summary["run_id"]
    again = desk.run("contacts.csv", "-m", "mapping.yaml")
    assert again.summary["run_id"] == run_id, "the same command sends nothing twice"
    assert len(vendor.contacts()) == 2
    go_to(elsewhere, monkeypatch)
    listed = json.loads(desk.importer("runs", "--json").out)
    assert [(each["run_id"], each["created"]) for each in listed] == [(run_id, 2)]
    assert desk.importer("show").out.splitlines()[0].split() == ["Run:", run_id]
    written = desk.importer("results", run_id, "--output", str(elsewhere / "results"))
    assert written.code == 0, written.err
    assert [path.name for path in (elsewhere / "results").rglob("results.csv")] == ["results.csv"]
    undone = desk.importer("undo", run_id, "--yes")
    assert undone.code == 0, undone.err
    assert vendor.contacts() == []
    assert desk.importer("forget", run_id, "--yes").code == 0
    assert json.loads(desk.importer("runs", "--json").out) == []


def test_forgetting_a_run_leaves_no_word_of_it_in_the_database(
    desk: Desk, vendor: Sandbox, postgres: str
) -> None:
    desk.write("contacts.csv", PEOPLE)
    run_id = desk.run("contacts.csv", "-m", "mapping.yaml").summary["run_id"]
    with psycopg.connect(postgres) as server:
        query = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'importer\\_run\\_%'"
        assert [name for (name,) in server.execute(query)]
        desk.importer("forget", run_id, "--yes")
        assert [name for (name,) in server.execute(query)] == []
    assert not StateFolder(state_folder()).run_folder(run_id).exists()


@stops
def test_a_killed_run_is_resumed_on_another_machine_with_each_row_marked_as_it_was(
    desk: Desk, slow_vendor: Sandbox, elsewhere: Path, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write("contacts.csv", CONTACTS)
    reached = after(slow_vendor, 30)
    process = begin(desk, "--concurrency", "4")
    assert reached.wait(PATIENCE)
    process.kill()
    process.communicate()
    go_to(elsewhere, monkeypatch)
    shutil.rmtree(machine)
    (desk.folder / "contacts.csv").unlink()
    ended = desk.importer("resume", "--json")
    assert ended.code == 0, ended.err
    assert (ended.summary["created"], ended.summary["updated"]) == (ROWS, 0)
    assert len(slow_vendor.contacts()) == ROWS
    assert [int(row["import_row"]) for row in ended.rows] == list(range(2, ROWS + 2))


def test_what_failed_is_retried_on_another_machine(
    desk: Desk, vendor: Sandbox, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write("contacts.csv", "First,Mail,Phone,Tags\nAnn,ann@example.com,,vip\n")
    vendor.script([*[Fault()] * 1, Fault(kind=FaultKind.STATUS, status=422)])
    failed = desk.run("contacts.csv", "-m", "mapping.yaml")
    if failed.summary["failed"] == 0:
        pytest.fail(failed.err)
    go_to(elsewhere, monkeypatch)
    ended = desk.importer("retry", "--json")
    assert ended.code in {0, 1}, ended.err


def test_a_run_that_sends_to_a_location_keeps_others_from_it(
    desk: Desk, slow_vendor: Sandbox, monkeypatch: pytest.MonkeyPatch, elsewhere: Path
) -> None:
    desk.write("contacts.csv", CONTACTS)
    reached = after(slow_vendor, 10)
    process = begin(desk, "--concurrency", "1")
    try:
        assert reached.wait(PATIENCE)
        monkeypatch.setenv("XDG_STATE_HOME", str(elsewhere))
        desk.write("others.csv", PEOPLE)
        refused = desk.run("others.csv", "-m", "mapping.yaml")
        assert refused.code == 2
        assert "Location loc1 is being sent to by run" in refused.err
        same = desk.run("contacts.csv", "-m", "mapping.yaml")
        assert same.code == 2
        assert "contacts.csv is being imported by run" in same.err
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def test_a_mirror_lies_in_the_database_and_serves_any_machine(
    desk: Desk,
    vendor: Sandbox,
    machine: Path,
    elsewhere: Path,
    monkeypatch: pytest.MonkeyPatch,
    postgres: str,
) -> None:
    vendor.add_contact("loc1", email="ann@example.com", firstName="Ann")
    read = json.loads(desk.importer("mirror", "--json").out)["loc1"]
    assert (read["contacts"], read["how"], read["requests"]) == (1, "whole", 2)
    kept = [path for path in machine.rglob("*") if path.is_file() and b"ann@example.com" in path.read_bytes()]
    assert kept == [], "a machine keeps none of the contacts"
    with psycopg.connect(postgres) as database:
        query = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'importer!_mirrors%' ESCAPE '!'"
        assert database.execute(query).fetchone() == (1,)
    go_to(elsewhere, monkeypatch)
    found = json.loads(desk.importer("mirror", "--json").out)["loc1"]
    assert (found["contacts"], found["how"], found["requests"]) == (1, "kept", 0)
    exported = desk.importer("export", "loc1", "-o", "contacts.csv")
    assert exported.code == 0, exported.err
    assert "ann@example.com" in Path("contacts.csv").read_text(encoding="utf-8-sig")


@stops
def test_a_run_is_paused_from_another_machine(
    desk: Desk, slow_vendor: Sandbox, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write("contacts.csv", CONTACTS)
    reached = after(slow_vendor, 10)
    process = begin(desk, "--concurrency", "1")
    assert reached.wait(PATIENCE)
    go_to(elsewhere, monkeypatch)
    asked = desk.importer("pause")
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, json.loads(out)["reason_code"]) == (3, "paused"), err
    assert (asked.code, "Paused by importer pause" in asked.err) == (0, True), asked.err


@pytest.mark.parametrize("processes", ["1", "2"])
def test_the_second_process_finds_the_store_by_the_folder(
    desk: Desk, vendor: Sandbox, monkeypatch: pytest.MonkeyPatch, processes: str
) -> None:
    monkeypatch.setenv("IMPORTER_PROCESSES", processes)
    desk.write("contacts.csv", CONTACTS)
    ended = desk.run("contacts.csv", "-m", "mapping.yaml")
    assert (ended.code, ended.summary["created"]) == (0, ROWS), ended.err
    assert [row["import_status"] for row in ended.rows] == ["created"] * ROWS


def test_a_password_of_the_address_is_written_nowhere(
    desk: Desk, vendor: Sandbox, postgres: str, monkeypatch: pytest.MonkeyPatch, machine: Path
) -> None:
    with_password = postgres.replace("postgres@", "postgres:s3same-open@")
    monkeypatch.setenv("IMPORTER_STATE", with_password)
    desk.write("contacts.csv", PEOPLE)
    ended = desk.run("contacts.csv", "-m", "mapping.yaml")
    assert ended.code == 1, ended.err
    shown = [desk.importer(*words) for words in (["runs", "--json"], ["show"], ["show", "--json"])]
    refused = desk.importer("runs", "--state", with_password)
    assert refused.code == 2
    assert "PGPASSWORD" in refused.err
    told = "".join(each.out + each.err for each in (ended, refused, *shown))
    assert "s3same" not in told
    kept = b"".join(path.read_bytes() for path in machine.rglob("*") if path.is_file())
    assert b"s3same" not in kept
    dump = subprocess.run(
        ["/bin/sh", "-c", 'cat "$@"', "-", *map(str, desk.folder.rglob("*.csv"))],
        capture_output=True,
        check=True,
    )
    assert b"s3same" not in dump.stdout


def test_a_server_that_is_not_there_is_named_with_what_to_do(
    desk: Desk, vendor: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMPORTER_STATE", "postgresql://postgres@127.0.0.1:1/importer")
    desk.write("contacts.csv", PEOPLE)
    for words in (["run", "contacts.csv", "-m", "mapping.yaml"], ["runs"], ["show"]):
        refused = desk.importer(*words)
        assert refused.code in {2, 3}, refused
        assert "postgresql://postgres@127.0.0.1:1/importer cannot be reached" in refused.err
    assert vendor.contacts() == []
    assert os.environ["IMPORTER_STATE"]
