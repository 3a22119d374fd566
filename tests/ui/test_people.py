"""S4b: rows that would become one contact, side by side; what is chosen about them is what the mapping says."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from importer.mapping import parse_mapping
from importer.sandbox import Sandbox, SandboxSettings
from importer.ui.screen import Screen
from tests.ui.conftest import Visitor

LOCATION = "ve9EPM428h8vShlRW1KT"
TOKEN = "pit-11111111-2222-3333-4444-555555555555"
OFFICE = """\
First Name,Last Name,E-mail,Phone,City
Ada,Okafor,ada@example.com,(213) 373-4253,London
Ben,Smith,ben@example.com,(213) 373-4253,London
Cy,Young,cy@example.com,(213) 373-4255,Paris
Cy,Young,CY@example.com,(213) 373-4255,Rome
Di,Jones,di@example.com,(213) 373-4256,Oslo
"""
ALONE = "First Name,E-mail\nAda,ada@example.com\nBen,ben@example.com\n"


async def drafted(visitor: Visitor, content: str = OFFICE) -> str:
    _, answer = await visitor.upload("people.csv", content.encode())
    draft = str(answer["draft"])
    await visitor.ask(f"/api/d/{draft}/columns")
    return draft


async def choose(visitor: Visitor, draft: str, policy: str, value: str) -> Any:
    version = (await visitor.ask(f"/api/d/{draft}/people"))["version"]
    said = {"do": "edit", "set_to": [[["match", policy], value]], "unset": [], "version": version}
    status, answer = await visitor.post(f"/api/d/{draft}/mapping", said)
    assert status == 200, answer
    return await visitor.ask(f"/api/d/{draft}/people")


async def test_rows_that_share_a_key_stand_side_by_side_with_what_differs(visitor: Visitor) -> None:
    draft = await drafted(visitor)

    found = await visitor.ask(f"/api/d/{draft}/people")
    office = (await visitor.ask(f"/api/d/{draft}/groups?kind=apart_phone"))["groups"]
    again = (await visitor.ask(f"/api/d/{draft}/groups?kind=again"))["groups"]

    assert found["kinds"] == [
        {"kind": "apart_phone", "groups": 1, "rows": 2},
        {"kind": "again", "groups": 1, "rows": 2},
    ]
    assert found["match"] == {
        "in_file_duplicates": "in_order",
        "shared_key": "leave_out",
        "ambiguous": "skip",
    }
    assert found["ambiguous"] is None
    assert office[0]["columns"] == ["First Name", "Last Name", "E-mail", "Phone"]
    assert office[0]["differing"] == [True, True, True, False]
    assert [(each["row"], each["apart"]) for each in office[0]["members"]] == [(2, False), (3, True)]
    assert again[0]["columns"][-1] == "City"
    assert again[0]["differing"] == [False, False, False, False, True]


async def test_a_choice_is_written_into_the_mapping_and_the_counts_follow(
    visitor: Visitor, screen: Screen
) -> None:
    draft = await drafted(visitor)

    only_first = await choose(visitor, draft, "in_file_duplicates", "first")
    refused = await choose(visitor, draft, "shared_key", "fail")

    assert (only_first["counts"]["ready"], only_first["counts"]["skipped"]) == (4, 1)
    assert (refused["counts"]["ready"], refused["counts"]["failed"]) == (3, 1)
    assert [each["groups"] for each in refused["kinds"]] == [1, 1]
    match = parse_mapping(screen.drafts.mapping_text(screen.drafts.open(draft)), name="m").model.match
    assert (match.in_file_duplicates, match.shared_key) == ("first", "fail")


async def test_where_no_two_rows_share_anything_the_way_leads_past_the_page(visitor: Visitor) -> None:
    alone, office = await drafted(visitor, ALONE), await drafted(visitor)
    for draft in (alone, office):
        await visitor.ask(f"/api/d/{draft}/forecast")

    async with visitor.session.get(visitor.url(f"/d/{alone}/people?onward"), allow_redirects=False) as passed:
        assert (passed.status, passed.headers["Location"]) == (303, f"/d/{alone}/forecast?alone")
    async with visitor.session.get(visitor.url(f"/d/{office}/people?onward"), allow_redirects=False) as shown:
        assert shown.status == 200
    assert "a contact of its own" in (await visitor.get(f"/d/{alone}/forecast?alone"))[1]


async def test_a_kind_of_group_that_there_is_not_is_refused(visitor: Visitor) -> None:
    draft = await drafted(visitor, ALONE)

    assert (await visitor.get(f"/api/d/{draft}/groups?kind=x"))[0] == 400
    assert await visitor.ask(f"/api/d/{draft}/groups?kind=again&first=999") == {"groups": []}


@pytest.fixture
async def vendor(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(SandboxSettings(burst=1000, daily=0, search_lag_seconds=0))
    await sandbox.start()
    sandbox.furnish(LOCATION)
    monkeypatch.setenv("HIGHLEVEL_BASE_URL", sandbox.base_url)
    monkeypatch.delenv("HIGHLEVEL_TOKEN", raising=False)
    yield sandbox
    await sandbox.stop()


async def stored(visitor: Visitor, vendor: Sandbox, **contact: str) -> str:
    headers = {"Authorization": f"Bearer {TOKEN}", "Version": "2021-07-28"}
    url = f"{vendor.base_url}/contacts/upsert"
    async with visitor.session.post(url, json={"locationId": LOCATION, **contact}, headers=headers) as reply:
        return str((await reply.json())["contact"]["id"])


async def test_with_the_location_read_rows_that_could_be_several_contacts_are_named_with_their_ids(
    visitor: Visitor, screen: Screen, vendor: Sandbox
) -> None:
    one = await stored(visitor, vendor, email="ada@example.com", firstName="Ada")
    other = await stored(visitor, vendor, phone="+12133734253", firstName="Zoe")
    draft = await drafted(visitor)
    version = screen.drafts.open(draft).version
    said = {"sandbox": False, "location": LOCATION, "token": TOKEN, "version": version}
    await visitor.post(f"/api/d/{draft}/account", said)
    assert (await visitor.get(f"/api/d/{draft}/ambiguous"))[0] == 409

    await visitor.post(f"/api/d/{draft}/plan")

    assert (await visitor.ask(f"/api/d/{draft}/people"))["ambiguous"] == 1
    (row,) = (await visitor.ask(f"/api/d/{draft}/ambiguous"))["rows"]
    assert row["row"] == 2
    assert one in row["reason"]
    assert other in row["reason"]
    sent = await choose(visitor, draft, "ambiguous", "send")
    assert (sent["match"]["ambiguous"], sent["ambiguous"]) == ("send", None)
    await visitor.post(f"/api/d/{draft}/plan")
    assert (await visitor.ask(f"/api/d/{draft}/people"))["ambiguous"] == 0
