"""S3: columns go to the location's own custom fields, and mappings made for such a file are offered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from importer.sandbox import Sandbox, SandboxSettings
from importer.ui.screen import Screen
from tests.ui.conftest import Visitor
from tests.ui.past_runs import past_run

LOCATION = "ve9EPM428h8vShlRW1KT"
TOKEN = "pit-11111111-2222-3333-4444-555555555555"
SHIRTS = b"First Name,E-mail,Shirt Size,Hobby\nAda,ada@example.com,L,Chess\nBen,ben@example.com,huge,Go\n"
HUBSPOT = (Path(__file__).parents[1] / "mappings" / "exports" / "hubspot.csv").read_bytes()


@pytest.fixture
async def vendor(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(SandboxSettings(burst=1000, daily=0))
    await sandbox.start()
    sandbox.furnish(LOCATION, custom_fields=["Shirt Size"])
    monkeypatch.setenv("HIGHLEVEL_BASE_URL", sandbox.base_url)
    monkeypatch.delenv("HIGHLEVEL_TOKEN", raising=False)
    yield sandbox
    await sandbox.stop()


async def aimed(visitor: Visitor, screen: Screen, token: str = TOKEN) -> str:
    _, answer = await visitor.upload("people.csv", SHIRTS)
    draft = str(answer["draft"])
    said = {
        "sandbox": False,
        "location": LOCATION,
        "token": token,
        "version": screen.drafts.open(draft).version,
    }
    await visitor.post(f"/api/d/{draft}/account", said)
    return draft


async def test_a_column_named_like_a_custom_field_of_the_location_is_suggested_for_it(
    visitor: Visitor, screen: Screen, vendor: Sandbox
) -> None:
    draft = await aimed(visitor, screen)

    found = await visitor.ask(f"/api/d/{draft}/columns")

    assert ("Shirt Size", "TEXT") in [(each["name"], each["data_type"]) for each in found["custom_fields"]]
    assert "custom_fields.Shirt Size" in [rule["key"] for rule in found["rules"]]
    before = vendor.state()["requests"]
    await visitor.ask(f"/api/d/{draft}/columns")
    assert vendor.state()["requests"] == before


async def test_a_location_that_does_not_answer_leaves_the_columns_without_its_fields_and_says_why(
    visitor: Visitor, screen: Screen, vendor: Sandbox
) -> None:
    draft = await aimed(visitor, screen, token="pit-invalid")

    found = await visitor.ask(f"/api/d/{draft}/columns")

    assert (found["custom_fields"], bool(found["rules"])) == ([], True)
    assert "refused" in found["silence"].lower() or "token" in found["silence"].lower()
    assert vendor is not None


async def names_of_fields(visitor: Visitor, draft: str) -> list[str]:
    return [each["name"] for each in (await visitor.ask(f"/api/d/{draft}/columns"))["custom_fields"]]


async def test_a_field_that_the_location_lacks_is_made_once_it_was_seen_and_agreed_to(
    visitor: Visitor, screen: Screen, vendor: Sandbox
) -> None:
    draft = await aimed(visitor, screen)
    found = await visitor.ask(f"/api/d/{draft}/columns")
    said = {"do": "assign", "place": 3, "target": ["custom_fields", "Hobby"], "version": found["version"]}
    await visitor.post(f"/api/d/{draft}/mapping", said)

    status, seen = await visitor.post(f"/api/d/{draft}/create-fields", {"dry": True})
    assert (status, [each["name"] for each in seen["fields"] if each["status"] == "missing"]) == (
        200,
        ["Hobby"],
    )
    assert (await visitor.post(f"/api/d/{draft}/create-fields", {"dry": False}))[0] == 400
    assert "Hobby" not in await names_of_fields(visitor, draft)
    status, made = await visitor.post(f"/api/d/{draft}/create-fields", {"dry": False, "confirmed": LOCATION})

    assert (status, made["created"]) == (200, 1)
    assert "Hobby" in await names_of_fields(visitor, draft)
    assert vendor is not None


async def test_fields_are_made_in_no_sandbox(visitor: Visitor) -> None:
    _, answer = await visitor.upload("people.csv", SHIRTS)
    await visitor.ask(f"/api/d/{answer['draft']}/columns")

    assert (await visitor.post(f"/api/d/{answer['draft']}/create-fields", {"dry": True}))[0] == 422


async def take(visitor: Visitor, draft: str, **said: Any) -> tuple[int, Any]:
    version = (await visitor.ask(f"/api/d/{draft}/columns"))["version"]
    return await visitor.post(f"/api/d/{draft}/mapping", {"do": "take", "version": version, **said})


async def test_an_export_is_named_and_its_ready_mapping_taken(visitor: Visitor) -> None:
    _, answer = await visitor.upload("all-contacts.csv", HUBSPOT)
    draft = answer["draft"]

    export = (await visitor.ask(f"/api/d/{draft}/known-mappings"))["export"]
    assert (export["name"], export["title"], export["taken"]) == ("hubspot", "HubSpot", False)
    assert "Original Source" in export["telling"]
    status, found = await take(visitor, draft, ready="hubspot")

    assert (status, found["faults"]) == (200, [])
    assert "# HubSpot" in found["text"]
    assert (await visitor.ask(f"/api/d/{draft}/known-mappings"))["export"]["taken"] is True
    assert (await visitor.get(f"/d/{draft}/mapping.yaml"))[1] == found["text"]


async def test_the_mapping_of_a_past_import_is_offered_where_most_of_it_finds_its_column(
    visitor: Visitor, screen: Screen
) -> None:
    fitting = past_run(screen.state, "last-month.csv")
    past_run(screen.state, "other.csv", mapping_text="version: 1\nfields: {email: Mailadresse, city: Ort}\n")
    past_run(screen.state, "broken.csv", mapping_text="version: 9\n")
    _, answer = await visitor.upload("people.csv", SHIRTS)
    draft = answer["draft"]

    offered = (await visitor.ask(f"/api/d/{draft}/known-mappings"))["past"]

    assert offered == [{"run": fitting.id, "source": "last-month.csv", "share": 1.0}]
    status, found = await take(visitor, draft, run=fitting.id)
    assert (status, found["text"]) == (200, fitting.mapping_text)
    assert (await visitor.ask(f"/api/d/{draft}/known-mappings"))["past"] == []


@pytest.mark.parametrize(
    "said", [{"ready": "../secrets"}, {"ready": "nobody"}, {"run": "20260101-000000-aaaa"}, {}]
)
async def test_a_mapping_that_there_is_not_is_not_taken(visitor: Visitor, said: dict[str, str]) -> None:
    _, answer = await visitor.upload("people.csv", SHIRTS)

    assert (await take(visitor, answer["draft"], **said))[0] in {400, 422}
