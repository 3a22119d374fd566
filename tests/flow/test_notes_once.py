"""Notes beside contacts: each is there once, whichever run, kill or loss comes in between."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from importer.sandbox import Account, Fault, FaultKind, Sandbox, SandboxSettings
from tests.flow.conftest import MAPPING, open_vendor
from tests.flow.test_stopping import begin, until

if TYPE_CHECKING:
    from tests.flow.conftest import Desk

NOTES = "notes: [{column: Note, title: {value: Old CRM}}]\n"
CONTACTS = "First,Mail,Phone,Tags,Note\nAnn,ann@example.com,,vip,Likes tea\nBob,bob@example.com,,,\n"

PROBE = Fault(path="/notes")
"""The look before the first row, whether notes may be read, goes as it should."""

kills = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


@pytest.fixture
def with_notes(desk: Desk) -> Desk:
    desk.write("mapping.yaml", MAPPING + NOTES)
    desk.write("contacts.csv", CONTACTS)
    return desk


def notes(vendor: Sandbox) -> list[dict[str, str]]:
    return [item.body for item in vendor.vendor.items if item.kind.value == "note"]


def test_a_second_run_of_a_file_adds_no_note_again(with_notes: Desk, vendor: Sandbox, tmp_path: Path) -> None:
    first = with_notes.run("contacts.csv", "-m", "mapping.yaml")
    (note,) = notes(vendor)
    assert (note["title"], note["body"]) == ("Old CRM", "Likes tea")
    assert [row["import_beside"] for row in first.rows] == [json.dumps({"notes": [note["id"]]}), ""]
    assert first.summary["beside"] == {"notes": 1}

    again = with_notes.run("contacts.csv", "-m", "mapping.yaml", "--fresh")
    assert again.summary["updated"] == 2
    assert again.summary["beside"] == {}
    remembered = again.summary["requests"]

    shutil.rmtree(tmp_path / "state")
    lost = with_notes.run("contacts.csv", "-m", "mapping.yaml")
    assert lost.summary["requests"] == remembered + 1, "what is not remembered is looked up"
    assert lost.summary["beside"] == {}
    assert len(notes(vendor)) == 1


@kills
def test_a_kill_while_a_note_is_in_the_air_leaves_one_note(with_notes: Desk, vendor: Sandbox) -> None:
    vendor.script([PROBE, Fault(kind=FaultKind.SLOW, path="/notes", stored=True)])
    process = begin(with_notes)
    until(lambda: vendor.state()["faults"].get("slow") == 1)
    process.kill()
    process.communicate()
    assert len(notes(vendor)) == 1
    ended = with_notes.importer("resume", "--json")
    assert [row["import_status"] for row in ended.rows] == ["created", "created"], ended.err
    (note,) = notes(vendor)
    assert ended.rows[0]["import_beside"] == json.dumps({"notes": [note["id"]]})


def test_a_row_that_changes_nothing_still_gets_its_note(with_notes: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="ann@example.com", firstName="Ann", tags=["vip"])
    ended = with_notes.run("contacts.csv", "-m", "mapping.yaml", "--compare")
    assert [row["import_status"] for row in ended.rows] == ["updated", "created"], ended.err
    assert len(notes(vendor)) == 1


def test_a_refused_note_is_added_by_the_retry(with_notes: Desk, vendor: Sandbox) -> None:
    vendor.script(
        [PROBE, Fault(status=400, body=b'{"statusCode": 400, "message": "Not now."}', path="/notes")]
    )
    failed = with_notes.run("contacts.csv", "-m", "mapping.yaml")
    assert (failed.code, failed.rows[0]["import_error_code"], failed.rows[0]["import_remedy"]) == (
        1,
        "note_failed",
        "run_again",
    )
    retried = with_notes.importer("retry", "--json")
    assert (retried.code, retried.rows[0]["import_status"]) == (0, "created"), retried.err
    assert [note["body"] for note in notes(vendor)] == ["Likes tea"]


def test_a_missing_scope_is_named_before_the_first_row(with_notes: Desk) -> None:
    writer = Account(token="pit-flow", scopes=frozenset({"contacts.write", "locations.readonly"}))
    with open_vendor(SandboxSettings(burst=0, accounts=(writer,))) as vendor:
        ended = with_notes.run("contacts.csv", "-m", "mapping.yaml")
        assert ended.code == 2
        assert "contacts.readonly" in ended.err
        assert vendor.contacts() == []


def test_what_notes_cost_is_said_before_the_start(with_notes: Desk) -> None:
    checked = with_notes.importer("check", "contacts.csv", "-m", "mapping.yaml", "--json")
    tagging, look_and_note = 1, 2
    assert checked.summary["requests"] == 2 + tagging + look_and_note
    shown = with_notes.importer("preview", "contacts.csv", "-m", "mapping.yaml")
    first = json.loads(shown.out.splitlines()[0])
    assert first["follow_ups"]["notes"] == [{"body": "Likes tea", "title": "Old CRM", "for": "all"}]


@pytest.mark.parametrize("lacking", ["businesses.readonly", "businesses.write"])
def test_a_scope_that_companies_need_is_named_before_the_first_row(desk: Desk, lacking: str) -> None:
    desk.write("mapping.yaml", MAPPING + "company: Firm\n")
    desk.write("contacts.csv", "First,Mail,Phone,Tags,Firm\nAnn,ann@example.com,,,Acme\n")
    scopes = {"contacts.write", "locations.readonly", "businesses.readonly", "businesses.write"} - {lacking}
    writer = Account(token="pit-flow", scopes=frozenset(scopes))
    with open_vendor(SandboxSettings(burst=0, accounts=(writer,))) as vendor:
        ended = desk.run("contacts.csv", "-m", "mapping.yaml")
        assert ended.code == 2
        assert lacking in ended.err
        assert vendor.contacts() == []


def test_a_company_that_a_run_made_stays_when_the_run_is_taken_back(desk: Desk, vendor: Sandbox) -> None:
    vendor.add_contact("loc1", email="ann@example.com", firstName="Ann")
    desk.write("mapping.yaml", MAPPING + "company: Firm\n")
    desk.write(
        "contacts.csv", "First,Mail,Phone,Tags,Firm\nAnn,ann@example.com,,,Acme\nBob,bob@example.com,,,Acme\n"
    )
    ran = desk.run("contacts.csv", "-m", "mapping.yaml")
    undone = desk.importer("undo", ran.summary["run_id"], "--yes", "--json")
    assert undone.code in (0, 1), undone.err
    assert [each["email"] for each in vendor.contacts()] == ["ann@example.com"]
    assert [item.body["name"] for item in vendor.vendor.items if item.kind.value == "business"] == ["Acme"]


def test_a_second_run_of_a_file_adds_no_deal_again(desk: Desk, vendor: Sandbox) -> None:
    pipeline = vendor.location("loc1").pipelines[0]["name"]
    desk.write("mapping.yaml", f"{MAPPING}opportunity: {{pipeline: {pipeline}, name: Deal, stage: Stage}}\n")
    stage = vendor.location("loc1").pipelines[0]["stages"][1]["name"]
    desk.write("contacts.csv", f"First,Mail,Phone,Tags,Deal,Stage\nAnn,ann@example.com,,,Roof,{stage}\n")
    first = desk.run("contacts.csv", "-m", "mapping.yaml")
    assert first.summary["beside"] == {"opportunities": 1}, first.err
    again = desk.run("contacts.csv", "-m", "mapping.yaml", "--fresh")
    assert again.summary["beside"] == {}
    (deal,) = [item.body for item in vendor.vendor.items if item.kind.value == "opportunity"]
    assert deal["name"] == "Roof"


def test_a_deal_goes_with_the_contact_whose_creation_is_taken_back(desk: Desk, vendor: Sandbox) -> None:
    pipeline = vendor.location("loc1").pipelines[0]["name"]
    desk.write("mapping.yaml", f"{MAPPING}opportunity: {{pipeline: {pipeline}, name: Deal}}\n")
    desk.write(
        "contacts.csv",
        "First,Mail,Phone,Tags,Deal\nAnn,ann@example.com,,,Roof\nBob,bob@example.com,,,Door\n",
    )
    ran = desk.run("contacts.csv", "-m", "mapping.yaml")
    kept = next(row["import_contact_id"] for row in ran.rows if row["First"] == "Bob")
    vendor.edit(kept, opportunity="A person's own")
    undone = desk.importer("undo", ran.summary["run_id"], "--yes", "--json")
    assert undone.code == 1, undone.err
    assert [each["email"] for each in vendor.contacts()] == ["bob@example.com"]
    deals = [item.body["name"] for item in vendor.vendor.items if item.kind.value == "opportunity"]
    assert sorted(deals) == ["A person's own", "Door"]
