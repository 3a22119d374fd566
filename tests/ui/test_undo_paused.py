"""S8: taking a run back is paused from its page, and gone on with from there to its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from importer.sandbox import Fault, FaultKind, Sandbox, SandboxSettings
from importer.ui.screen import Screen
from tests.ui.conftest import Visitor
from tests.ui.test_handling import LOCATION, TOKEN, until

ROWS = 80
MAPPING = "version: 1\nfields: {firstName: Name, email: E-mail}\n"


@pytest.fixture
async def vendor(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(SandboxSettings(burst=1000, daily=0))
    await sandbox.start()
    monkeypatch.setenv("HIGHLEVEL_BASE_URL", sandbox.base_url)
    yield sandbox
    await sandbox.stop()


@pytest.mark.campaign
async def test_an_undo_is_paused_from_its_page_and_gone_on_with_to_its_end(
    visitor: Visitor, screen: Screen, vendor: Sandbox
) -> None:
    rows = "".join(f"P{number},p{number}@example.com\n" for number in range(ROWS))
    draft = await visitor.draft(f"Name,E-mail\n{rows}".encode(), MAPPING)
    version = screen.drafts.open(draft).version
    said = {"sandbox": False, "location": LOCATION, "token": TOKEN, "version": version}
    await visitor.post(f"/api/d/{draft}/account", said)
    start = {"trial": 0, "version": screen.drafts.open(draft).version, "confirmed": LOCATION}
    _, begun = await visitor.post(f"/api/d/{draft}/start", start)
    run = begun["run"]
    assert (await until(visitor, run))["created"] == ROWS

    vendor.go_down(Fault(kind=FaultKind.SLOW, seconds=0.5))
    undo = {"dry": False, "confirmed": f"Sandbox {LOCATION}"}
    assert await visitor.post(f"/api/r/{run}/undo", undo) == (200, {"run": run})
    assert (await visitor.ask(f"/api/r/{run}"))["undoing"]
    assert (await visitor.post(f"/api/r/{run}/pause"))[0] == 200
    paused = await until(visitor, run)
    left = len(vendor.contacts(LOCATION))
    assert (paused["state"], paused["undo_open"], left > 0) == ("undone", True, True)

    vendor.come_up()
    await visitor.post(f"/api/r/{run}/undo", undo)
    async with asyncio.timeout(60):
        ended = await until(visitor, run)
    assert (ended["state"], ended["undo_open"], vendor.contacts(LOCATION)) == ("undone", False, [])
