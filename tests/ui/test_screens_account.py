"""S2 in a browser: a sub-account connected by its address and a token that nobody gets to see."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome

from importer.sandbox import Sandbox, SandboxSettings, sandbox_aside
from tests.ui.browser import OpenScreen, in_browser, open_screen

pytestmark = in_browser
LOCATION = "ve9EPM428h8vShlRW1KT"
ADDRESS = f"https://app.gohighlevel.com/v2/location/{LOCATION}/contacts/smart_list/All"
TOKEN = "pit-11111111-2222-3333-4444-555555555555"


@pytest.fixture(scope="module")
def vendor() -> Iterator[Sandbox]:
    with sandbox_aside(SandboxSettings(burst=1000, daily=0)) as sandbox:
        sandbox.furnish(LOCATION)
        yield sandbox


@pytest.fixture(scope="module")
def opened(driver: Chrome, vendor: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenScreen]:
    folder = tmp_path_factory.mktemp("account")
    (folder / ".env").write_text(f"HIGHLEVEL_BASE_URL={vendor.base_url}\n", encoding="utf-8")
    with open_screen(driver, folder) as screen:
        yield screen


def test_a_sub_account_is_connected_by_its_address_and_its_token_remembered(opened: OpenScreen) -> None:
    opened.press("Try it with sample data")
    opened.press("Yes, go on")
    opened.run_script("document.querySelectorAll('input[name=where]')[1].click()")
    opened.find("#location").send_keys(ADDRESS)
    opened.find("#token").send_keys("pit-agency-1")
    opened.press("Look at it")
    opened.shows("is the agency's")
    opened.shows("Go on all the same, without its custom fields")

    opened.find("#token").send_keys(TOKEN)
    opened.find("#remember").click()
    opened.press("Look at it")

    opened.shows("The token is stored in a file that you alone can read")
    assert opened.axe() == []
    assert opened.find("#token").get_attribute("value") == ""
    opened.press("Go on")
    opened.shows("Goes to")
    assert LOCATION in opened.find("header.top").text
    assert opened.complaints() == []


def test_a_connected_sub_account_is_chosen_by_its_name_and_its_token_deleted(opened: OpenScreen) -> None:
    opened.go(opened.path.replace("/columns", "/account"))
    opened.shows("in a private file")
    opened.find("#connected button").click()
    opened.press("Look at it")
    opened.until(lambda: opened.all(".findings li.ok"), "findings")

    opened.find("#connected .quiet").click()

    opened.until(lambda: not opened.all("#connected"), "list without it")
    assert not list((opened.state / "grants").glob("*.json"))
