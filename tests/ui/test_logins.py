"""Connect with HighLevel: `importer login` as a process of its own, against the sandbox's OAuth."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from typing import Any

import pytest

from importer.sandbox import Sandbox, SandboxSettings
from importer.ui.screen import Screen
from tests.patience import PATIENCE
from tests.ui.conftest import Visitor

PLACE = "sandboxLocation00001"
SECRET = "app-secret-1234"


@pytest.fixture
async def vendor(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(SandboxSettings(burst=1000, daily=0, apps={"app1-x": SECRET}))
    await sandbox.start()
    for number in range(3):
        sandbox.furnish(f"dentalLocation0000{number}")
    monkeypatch.setenv("HIGHLEVEL_BASE_URL", sandbox.base_url)
    monkeypatch.setenv("BROWSER", "true")  # a command that opens nothing
    for name in ("HIGHLEVEL_TOKEN", "HIGHLEVEL_CLIENT_SECRET", "HIGHLEVEL_CLIENT_ID"):
        monkeypatch.delenv(name, raising=False)
    yield sandbox
    await sandbox.stop()


async def begun(visitor: Visitor, **said: Any) -> Any:
    status, found = await visitor.post("/api/login", {"client_id": "app1-x", "secret": SECRET, **said})
    assert status == 200, found
    return found


async def agreed(address: str) -> str:
    """Agree as a browser does, and give the address that it is sent back to."""

    class _Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any, **__: Any) -> None:
            return None

    def ask() -> str:
        try:
            urllib.request.build_opener(_Stay).open(address)
        except urllib.error.HTTPError as sent_back:
            return str(sent_back.headers["Location"])
        raise AssertionError("nobody was sent back")

    return await asyncio.to_thread(ask)


async def test_a_sub_account_is_connected_by_the_address_that_the_browser_ended_at(
    visitor: Visitor, vendor: Sandbox, screen: Screen
) -> None:
    found = await begun(visitor)
    assert (found["state"], found["listens"]) == ("waiting", False)
    assert found["address"].startswith(vendor.base_url)

    _, found = await visitor.post("/api/login/answer", {"pasted": await agreed(found["address"])})

    assert (found["state"], found["agency"], found["whose"]) == ("connected", False, PLACE)
    assert found["known"] == [{"id": PLACE, "name": "", "kept": "grant"}]
    assert SECRET not in str(found)
    draft = await visitor.draft(b"E-mail\nada@example.com\n", "version: 1\nfields: {email: E-mail}\n")
    version = screen.drafts.open(draft).version
    said = {"sandbox": False, "location": PLACE, "version": version}
    assert (await visitor.post(f"/api/d/{draft}/account", said))[1]["good"]


async def test_an_agencys_sub_accounts_are_listed_and_found_by_their_name(
    visitor: Visitor, vendor: Sandbox
) -> None:
    found = await begun(visitor, agency=True)
    address = f"{found['address']}&user_type=Company"

    _, found = await visitor.post("/api/login/answer", {"pasted": await agreed(address)})

    assert (found["state"], found["agency"]) == ("connected", True)
    every = (await visitor.ask("/api/agency-locations"))["locations"]
    assert [each["location_id"] for each in every] == [f"dentalLocation0000{number}" for number in range(3)]
    some = (await visitor.ask("/api/agency-locations?search=LOCATION00002"))["locations"]
    assert [each["name"] for each in some] == ["Sandbox dentalLocation00002"]
    assert (await visitor.ask("/api/agency-locations?search=--help"))["locations"] == []
    assert vendor is not None


async def test_a_login_on_loopback_receives_the_browser_by_itself(
    visitor: Visitor, vendor: Sandbox, unused_tcp_port: int
) -> None:
    found = await begun(visitor, redirect=f"http://127.0.0.1:{unused_tcp_port}/callback")
    assert found["listens"] is True
    await asyncio.to_thread(lambda: urllib.request.urlopen(found["address"]).read())  # noqa: S310  (loopback)

    async with asyncio.timeout(PATIENCE):
        while (found := await visitor.ask("/api/login"))["state"] == "waiting":  # noqa: ASYNC110  (another process)
            await asyncio.sleep(0.05)

    assert (found["state"], found["whose"]) == ("connected", PLACE)
    assert vendor is not None


async def test_an_address_of_nobody_knows_which_consent_is_asked_for_its_code_alone(
    visitor: Visitor, vendor: Sandbox
) -> None:
    found = await begun(visitor)
    back = await agreed(found["address"])
    code = back.partition("code=")[2].partition("&")[0]

    _, found = await visitor.post(
        "/api/login/answer", {"pasted": f"https://localhost:8765/callback?code={code}"}
    )
    assert found["state"] == "waiting"
    assert "paste its code alone" in found["says"]
    _, found = await visitor.post("/api/login/answer", {"pasted": code})

    assert found["state"] == "connected"
    assert vendor is not None


async def test_a_login_that_fails_says_why_and_one_that_is_given_up_is_gone(
    visitor: Visitor, vendor: Sandbox
) -> None:
    await begun(visitor, secret="another-secret")
    back = await agreed((await visitor.ask("/api/login"))["address"])
    _, found = await visitor.post("/api/login/answer", {"pasted": back})
    assert found["state"] == "failed"
    assert "Log in again" in found["says"]

    await begun(visitor)
    assert (await visitor.post("/api/login/end"))[1] == {"state": "none"}
    assert (await visitor.post("/api/login/answer", {"pasted": back}))[0] == 422
    assert vendor is not None


@pytest.mark.parametrize(
    "said",
    [
        {"client_id": "--help", "secret": SECRET},
        {"client_id": "app1-x", "secret": ""},
        {"client_id": "app1-x", "secret": SECRET, "redirect": "--keyring"},
    ],
)
async def test_what_describes_no_app_begins_no_login(
    visitor: Visitor, vendor: Sandbox, said: dict[str, str]
) -> None:
    assert (await visitor.post("/api/login", said))[0] == 422
    assert (await visitor.ask("/api/login"))["state"] == "none"
    assert vendor is not None


async def test_without_an_agency_none_is_listed(visitor: Visitor, vendor: Sandbox) -> None:
    async with visitor.session.get(visitor.url("/api/agency-locations")) as reply:
        assert (reply.status, "importer login --agency" in (await reply.json())["error"]) == (422, True)
    assert vendor is not None
