"""S5: what would happen, in numbers with their margin; and the sub-account's name before anything does."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import pytest

from importer.sandbox import Sandbox, SandboxSettings
from importer.ui.handling.forecast import run_words, start_words
from importer.ui.screen import Screen
from tests.ui.conftest import Visitor
from tests.ui.past_runs import past_run
from tests.ui.test_people import stored

LOCATION = "ve9EPM428h8vShlRW1KT"
OTHER = "zzzEPM428h8vShlRW1KT"
TOKEN = "pit-11111111-2222-3333-4444-555555555555"
PEOPLE = b"First Name,E-mail\nAda,ada@example.com\nBen,ben@example.com\n"


@pytest.fixture
async def vendor(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(SandboxSettings(burst=1000, daily=0, search_lag_seconds=0))
    await sandbox.start()
    sandbox.furnish(LOCATION, workflows=["Welcome aboard"])
    monkeypatch.setenv("HIGHLEVEL_BASE_URL", sandbox.base_url)
    monkeypatch.delenv("HIGHLEVEL_TOKEN", raising=False)
    yield sandbox
    await sandbox.stop()


async def aimed(visitor: Visitor, screen: Screen) -> str:
    _, answer = await visitor.upload("people.csv", PEOPLE)
    draft = str(answer["draft"])
    await visitor.ask(f"/api/d/{draft}/columns")
    version = screen.drafts.open(draft).version
    said = {"sandbox": False, "location": LOCATION, "token": TOKEN, "version": version}
    await visitor.post(f"/api/d/{draft}/account", said)
    await visitor.ask(f"/api/d/{draft}/forecast")
    return draft


async def habit(visitor: Visitor, draft: str) -> Any:
    _, page = await visitor.get(f"/d/{draft}/forecast")
    found = re.search(r"data-habit='([^']*)'", page)
    assert found is not None
    return json.loads(unescape(found[1]))


async def start(visitor: Visitor, screen: Screen, draft: str, confirmed: str) -> int:
    said = {"trial": 1, "version": screen.drafts.open(draft).version, "confirmed": confirmed}
    return (await visitor.post(f"/api/d/{draft}/start", said))[0]


async def test_the_location_is_asked_about_some_rows_once(
    visitor: Visitor, screen: Screen, vendor: Sandbox
) -> None:
    await stored(visitor, vendor, email="ada@example.com")
    draft = await aimed(visitor, screen)

    status, told = await visitor.post(f"/api/d/{draft}/ask")

    assert (status, told["asked"], told["found"]) == (200, 2, 1)
    assert (told["created"], told["updated"]) == (1, 1)
    before = vendor.state()["requests"]
    assert (await visitor.post(f"/api/d/{draft}/ask"))[1] == told
    assert vendor.state()["requests"] == before


async def test_of_any_row_the_plan_tells_old_and_new(
    visitor: Visitor, screen: Screen, vendor: Sandbox
) -> None:
    await stored(visitor, vendor, email="ada@example.com", firstName="Adele")
    draft = await aimed(visitor, screen)
    assert (await visitor.get(f"/api/d/{draft}/planned-row?row=2"))[0] == 422
    await visitor.post(f"/api/d/{draft}/plan")

    row = await visitor.ask(f"/api/d/{draft}/planned-row?row=2")

    assert (row["action"], row["changes"]["firstName"]) == ("update", {"old": "Adele", "new": "Ada"})
    assert (await visitor.ask(f"/api/d/{draft}/planned-row?row=3"))["action"] == "create"
    status, text = await visitor.get(f"/api/d/{draft}/planned-row?row=99")
    assert (status, "no row 99" in text) == (422, True)


async def test_published_workflows_and_the_locations_zone_are_known_to_the_page(
    visitor: Visitor, screen: Screen, vendor: Sandbox
) -> None:
    draft = await aimed(visitor, screen)

    opened = screen.drafts.open(draft)

    assert "Welcome aboard" in opened.automations
    assert opened.location_zone == vendor.location(LOCATION).timezone


async def test_a_first_import_is_confirmed_by_the_sub_accounts_name_or_id(
    visitor: Visitor, screen: Screen, vendor: Sandbox
) -> None:
    draft = await aimed(visitor, screen)
    name = str(screen.drafts.open(draft).location_name)

    assert await habit(visitor, draft) == {"first": True, "elsewhere": False, "type": True}
    assert await start(visitor, screen, draft, "") == 400
    assert await start(visitor, screen, draft, "another") == 400
    assert vendor.contacts(LOCATION) == []
    assert await start(visitor, screen, draft, f" {name.upper()} ") == 200


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        ([LOCATION], {"first": False, "elsewhere": False, "type": False}),
        ([LOCATION, OTHER], {"first": False, "elsewhere": True, "type": True}),
        ([OTHER], {"first": True, "elsewhere": True, "type": True}),
    ],
)
async def test_a_place_has_to_be_named_unless_the_last_import_with_the_mapping_went_there(
    visitor: Visitor, screen: Screen, vendor: Sandbox, before: list[str], wanted: dict[str, bool]
) -> None:
    draft = await aimed(visitor, screen)
    text = screen.drafts.mapping_text(screen.drafts.open(draft))
    for location_id in before:
        past_run(screen.state, mapping_text=text, location_id=location_id)
    past_run(screen.state, mapping_text="version: 1\nfields: {email: Mail}\n", location_id=OTHER)

    assert await habit(visitor, draft) == wanted
    assert (await start(visitor, screen, draft, "") == 200) is not wanted["type"]
    assert vendor is not None


@pytest.mark.parametrize(
    ("said", "words"), [(0, []), (7, ["--stop-after-failures", "7"]), (-1, ["--stop-after-failures", "1"])]
)
async def test_a_run_stops_after_as_many_failures_as_somebody_said(
    visitor: Visitor, screen: Screen, said: int, words: list[str]
) -> None:
    draft = screen.drafts.open(
        await visitor.draft(b"E-mail\nann@example.com\n", "version: 1\nfields: {email: E-mail}\n")
    )
    plain = run_words(screen, draft, trial=None, fresh=False)

    assert start_words(screen, draft, trial=None, said={"stop_after": said}) == [*plain, *words]
