"""What tests see and do under ``/_sandbox``, and what a file keeps."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from importer.sandbox import MovableClock, Sandbox, SandboxSettings
from importer.sandbox.items import Kind

if TYPE_CHECKING:
    from tests.sandbox.conftest import Answer, Caller, OpenSandbox

PLACE = "loc1"


async def edit(caller: Caller, **body: Any) -> Answer:
    return await caller.ask("POST", "/_sandbox/edit", body, headers={})


async def test_a_person_changes_a_contact_and_the_date_moves(caller: Caller, clock: MovableClock) -> None:
    ann = caller.sandbox.add_contact(PLACE, email="ann@example.com", city="Springfield", tags=["old", "vip"])
    before = await caller.stored(ann)
    clock.advance(5)
    reply = await edit(
        caller,
        contactId=ann,
        fields={"firstName": "Ann", "city": None, "phone": "+1 415 555 0100"},
        customFields={"Shirt Size": "L"},
        addTags=["New"],
        removeTags=["OLD"],
        note="Called her",
    )
    stored = await caller.stored(ann)
    assert reply.status == 200
    assert (stored["firstName"], stored["name"], "city" in stored) == ("Ann", "Ann", False)
    assert stored["tags"] == ["vip", "new"]
    assert stored["customFields"][0]["value"] == "L"
    assert stored["dateUpdated"] > before["dateUpdated"]
    assert (await caller.upsert(phone="+14155550100")).body["contact"]["id"] == ann
    notes = (await caller.ask("GET", f"/contacts/{ann}/notes")).body["notes"]
    assert [note["body"] for note in notes] == ["Called her"]


async def test_a_person_deletes_and_adds_addresses(caller: Caller) -> None:
    ann = caller.sandbox.add_contact(PLACE, email="ann@example.com")
    await edit(caller, contactId=ann, additionalEmails=["b@example.com"], opportunity={"name": "Roof"})
    assert (await caller.stored(ann))["additionalEmails"] == [{"email": "b@example.com"}]
    assert caller.sandbox.contacts()[0]["opportunities"] == 1
    assert (await edit(caller, contactId=ann, delete=True)).status == 200
    assert (await caller.ask("GET", f"/contacts/{ann}")).status == 400


@pytest.mark.parametrize(
    ("body", "status"),
    [({"contactId": "nosuch"}, 404), ({"contactId": "x", "city": "y"}, 422), ({"contactId": 1}, 404)],
)
async def test_an_edit_that_cannot_be_is_refused(caller: Caller, body: dict[str, Any], status: int) -> None:
    assert (await edit(caller, **body)).status == status


@pytest.mark.parametrize("fields", [7, {"phone": 7}, {"city": "x", "phone": "12"}, []])
async def test_an_edit_of_another_shape_is_refused_whole(caller: Caller, fields: Any) -> None:
    ann = caller.sandbox.add_contact(PLACE, email="ann@example.com")
    assert 400 <= (await edit(caller, contactId=ann, addTags=["x"], fields=fields)).status < 500
    (contact,) = caller.sandbox.contacts()
    assert (contact["tags"], contact["properties"]) == ([], {"email": "ann@example.com"})


async def test_the_state_counts_requests_by_path(caller: Caller) -> None:
    ann = (await caller.upsert(email="ann@example.com")).body["contact"]["id"]
    await caller.upsert(email="ann@example.com")
    await caller.ask("GET", f"/contacts/{ann}")
    await caller.ask("POST", f"/contacts/{ann}/notes", {"body": "x"})
    await caller.ask("GET", "/nowhere")
    state = caller.sandbox.state()
    assert state["paths"] == {
        "GET ?": 1,
        "GET contacts/*": 1,
        "POST contacts/*/notes": 1,
        "POST contacts/upsert": 2,
    }
    assert state["items"] == {"note": 1}


async def test_items_tell_who_made_them(caller: Caller) -> None:
    ann = caller.sandbox.add_contact(PLACE, email="ann@example.com")
    await caller.ask("POST", f"/contacts/{ann}/notes", {"body": "by us"})
    caller.sandbox.edit(ann, note="by a person")
    query = {"locationId": PLACE}
    listed = (await caller.ask("GET", "/_sandbox/items", query=query, headers={})).body["items"]
    assert [(each["kind"], each["madeBy"], each["body"]) for each in listed] == [
        ("note", "api", "by us"),
        ("note", "person", "by a person"),
    ]
    assert caller.sandbox.contacts()[0]["notes"] == 2


async def test_a_file_keeps_what_lies_beside_contacts(tmp_path: Path, open_sandbox: OpenSandbox) -> None:
    path = tmp_path / "sandbox.db"
    caller = await open_sandbox(db=path)
    ann = caller.sandbox.add_contact(PLACE, email="ann@example.com")
    workflow, user = (each[0]["id"] for each in (_place(caller).workflows, _place(caller).users))
    await caller.ask("POST", f"/contacts/{ann}/workflow/{workflow}", {})
    await caller.ask("POST", f"/contacts/{ann}/followers", {"followers": [user]})
    note = (await caller.ask("POST", f"/contacts/{ann}/notes", {"body": "old"})).body["note"]
    await caller.ask("PUT", f"/contacts/{ann}/notes/{note['id']}", {"body": "new"})
    gone = (await caller.ask("POST", f"/contacts/{ann}/notes", {"body": "gone"})).body["note"]
    await caller.ask("DELETE", f"/contacts/{ann}/notes/{gone['id']}")
    await caller.ask("POST", f"/locations/{PLACE}/tags", {"name": "Lead"})
    before = caller.sandbox.contacts()
    await caller.sandbox.stop()
    again = Sandbox(SandboxSettings(db=path))
    assert again.contacts() == before
    assert [item.body["body"] for item in again.vendor.items.of_contact(Kind.NOTE, ann)] == ["new"]
    assert list(again.location(PLACE).tags) == ["lead"]
    assert again.state()["items"] == {"note": 1}
    await again.stop()


async def test_a_file_of_the_first_version_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "sandbox.db"
    first = Sandbox(SandboxSettings(db=path))
    ann = first.add_contact(PLACE, email="ann@example.com", tags=["vip"])
    await first.stop()
    with closing(sqlite3.connect(path)) as file, file:
        (raw,) = file.execute("select document from contacts").fetchone()
        old = {
            name: value for name, value in json.loads(raw).items() if name not in ("enrolments", "followers")
        }
        file.execute("update contacts set document = ?", (json.dumps(old).encode(),))
        file.execute("drop table items")
    again = Sandbox(SandboxSettings(db=path))
    assert [(each["id"], each["tags"]) for each in again.contacts()] == [(ann, ["vip"])]
    await again.stop()


def _place(caller: Caller) -> Any:
    return caller.sandbox.location(PLACE)
