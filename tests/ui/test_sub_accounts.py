"""A file whose rows name their own sub-account: who is named, how many rows go there, and who has no token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from importer.sandbox import Account, Sandbox, SandboxSettings
from importer.ui.screen import Screen
from tests.ui.conftest import Visitor

NORTH, SOUTH = "NorthNorthNorth00001", "SouthSouthSouth00001"
OF_NORTH, OF_SOUTH = "pit-north-1111-2222", "pit-south-1111-2222"
FILE = (
    f"First Name,E-mail,Branch\nAda,ada@example.com,{NORTH}\nBen,ben@example.com,{SOUTH}\n"
    f"Cy,cy@example.com,{NORTH}\nDee,dee@example.com,\n"
).encode()
NAMED = b"First Name,E-mail,Branch\nAda,ada@example.com,North\nBen,ben@example.com,South\nCy,cy@example.com,north\n"


@pytest.fixture
async def vendor(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    opens = (
        Account(token=OF_NORTH, locations=frozenset({NORTH})),
        Account(token=OF_SOUTH, locations=frozenset({SOUTH})),
    )
    sandbox = Sandbox(SandboxSettings(burst=1000, daily=0, accounts=opens))
    await sandbox.start()
    for each in (NORTH, SOUTH):
        sandbox.furnish(each)
    monkeypatch.setenv("HIGHLEVEL_BASE_URL", sandbox.base_url)
    for name in ("HIGHLEVEL_TOKEN", "HIGHLEVEL_LOCATION_ID"):
        monkeypatch.delenv(name, raising=False)
    yield sandbox
    await sandbox.stop()


async def by_column(visitor: Visitor, content: bytes, *, sandbox: bool = False) -> str:
    """Begin an import whose rows name their sub-account in the column Branch."""
    _, answer = await visitor.upload("branches.csv", content)
    draft = str(answer["draft"])
    said = {"sandbox": False, "column": "Branch", "version": await version_of(visitor, draft)}
    assert (await visitor.post(f"/api/d/{draft}/account", said))[0] == 200
    if sandbox:
        said = {"sandbox": True, "version": await version_of(visitor, draft)}
        await visitor.post(f"/api/d/{draft}/account", said)
    return draft


async def version_of(visitor: Visitor, draft: str) -> int:
    return int((await visitor.ask(f"/api/d/{draft}/file"))["version"])


async def with_token(visitor: Visitor, draft: str, location: str, token: str) -> Any:
    status, found = await visitor.post(f"/api/d/{draft}/token", {"location": location, "token": token})
    assert status == 200, found
    return found


def shown(found: Any) -> dict[str, tuple[int, str | None]]:
    return {each["id"]: (each["rows"], each["kept"]) for each in found["places"]}


async def test_the_sub_accounts_stand_with_their_rows_and_who_lacks_a_token_is_marked(
    visitor: Visitor, vendor: Sandbox
) -> None:
    draft = await by_column(visitor, FILE)
    assert (await with_token(visitor, draft, NORTH, OF_NORTH))["good"]
    assert not (await with_token(visitor, draft, SOUTH, OF_NORTH))["good"]
    assert vendor is not None

    found = await visitor.ask(f"/api/d/{draft}/locations")

    assert found["column"] == "Branch"
    assert shown(found)[NORTH] == (2, "memory")
    assert found["unknown"] == [{"text": "", "rows": 1}]


async def test_a_location_of_which_no_token_is_known_is_marked_as_missing(
    visitor: Visitor, vendor: Sandbox
) -> None:
    draft = await by_column(visitor, FILE)
    await with_token(visitor, draft, NORTH, OF_NORTH)
    await visitor.ask(f"/api/d/{draft}/forecast")

    foreseen = await visitor.ask(f"/api/d/{draft}/foreseen-locations")

    assert shown(foreseen) == {NORTH: (2, "memory"), SOUTH: (1, "missing")}
    assert (foreseen["missing"], foreseen["missing_rows"]) == (1, 1)
    assert vendor is not None


async def test_such_a_file_is_checked_confirmed_by_its_column_and_sent_to_each_sub_account(
    visitor: Visitor, vendor: Sandbox, screen: Screen
) -> None:
    draft = await by_column(visitor, FILE)
    await with_token(visitor, draft, NORTH, OF_NORTH)
    await with_token(visitor, draft, SOUTH, OF_SOUTH)
    forecast = await visitor.ask(f"/api/d/{draft}/forecast")
    assert (forecast["ready"], forecast["errors_by_code"]) == (3, {"unknown_location": 1})
    start = {"trial": 0, "version": await version_of(visitor, draft)}
    assert (await visitor.post(f"/api/d/{draft}/start", {**start, "confirmed": NORTH}))[0] == 400

    status, begun = await visitor.post(f"/api/d/{draft}/start", {**start, "confirmed": "branch"})

    assert status == 200, begun
    ended = await until_ended(visitor, begun["run"])
    assert (ended["created"], ended["failed"], ended["location_id"]) == (3, 1, None)
    assert {each: len(vendor.contacts(each)) for each in (NORTH, SOUTH)} == {NORTH: 2, SOUTH: 1}
    assert screen.runs.find(begun["run"]).location_id is None


async def until_ended(visitor: Visitor, run: str) -> Any:
    async with asyncio.timeout(60):
        while (found := await visitor.ask(f"/api/r/{run}"))["under_way"]:  # noqa: ASYNC110  (another process)
            await asyncio.sleep(0.05)
    return found


async def test_names_in_the_column_are_told_what_sub_account_they_mean(
    visitor: Visitor, screen: Screen
) -> None:
    draft = await by_column(visitor, NAMED, sandbox=True)
    before = await visitor.ask(f"/api/d/{draft}/locations")
    assert [each["text"] for each in before["unknown"]] == ["North", "South", "north"]

    for text, location in (("North", f"https://app.example/v2/location/{NORTH}/x"), ("South", SOUTH)):
        said = {"text": text, "location": location, "version": await version_of(visitor, draft)}
        assert (await visitor.post(f"/api/d/{draft}/locations", said))[0] == 200

    after = await visitor.ask(f"/api/d/{draft}/locations")
    assert after["unknown"] == []
    assert {each["id"]: (each["rows"], each["texts"]) for each in after["places"]} == {
        NORTH: (2, ["North", "north"]),
        SOUTH: (1, ["South"]),
    }
    assert f"North: {NORTH}" in screen.drafts.mapping(screen.drafts.open(draft)).read_text()


async def test_ids_in_the_column_stay_what_they_are_when_a_name_beside_them_is_explained(
    visitor: Visitor,
) -> None:
    content = f"E-mail,Branch\nada@example.com,{NORTH}\nben@example.com,The South\n".encode()
    draft = await by_column(visitor, content, sandbox=True)

    said = {"text": "The South", "location": SOUTH, "version": await version_of(visitor, draft)}
    _, after = await visitor.post(f"/api/d/{draft}/locations", said)

    assert (sorted(each["id"] for each in after["places"]), after["unknown"]) == ([NORTH, SOUTH], [])


async def test_one_sub_account_for_all_rows_takes_the_place_of_the_column(
    visitor: Visitor, vendor: Sandbox, screen: Screen
) -> None:
    draft = await by_column(visitor, FILE)
    said = {
        "sandbox": False,
        "location": NORTH,
        "token": OF_NORTH,
        "version": await version_of(visitor, draft),
    }

    assert (await visitor.post(f"/api/d/{draft}/account", said))[0] == 200

    assert "column: Branch" not in screen.drafts.mapping(screen.drafts.open(draft)).read_text()
    assert (await visitor.ask(f"/api/d/{draft}/forecast"))["locations"].keys() == {NORTH}
    assert vendor is not None


async def test_a_mapping_that_names_the_column_is_enough(visitor: Visitor, screen: Screen) -> None:
    mapping = "version: 1\nlocation: {column: Branch}\nfields: {email: E-mail}\n"

    draft = await visitor.draft(FILE, mapping)

    assert screen.drafts.open(draft).location_column == "Branch"
    assert shown(await visitor.ask(f"/api/d/{draft}/locations")) == {NORTH: (2, None), SOUTH: (1, None)}
