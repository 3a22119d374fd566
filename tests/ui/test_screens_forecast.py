"""S5 in a browser: the numbers with their margin, what they may set off, and the name before the button."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

from importer.sandbox import Sandbox, SandboxSettings, sandbox_aside
from tests.ui.browser import OpenScreen, connect, in_browser, open_screen

pytestmark = in_browser
LOCATION = "ve9EPM428h8vShlRW1KT"
TOKEN = "pit-11111111-2222-3333-4444-555555555555"
PEOPLE = "First Name,E-mail\n" + "".join(f"P{n},p{n}@example.com\n" for n in range(12)) + "Q,nobody\n"


@pytest.fixture(scope="module")
def vendor() -> Iterator[Sandbox]:
    with sandbox_aside(SandboxSettings(burst=1000, daily=0, search_lag_seconds=0)) as sandbox:
        sandbox.furnish(LOCATION, workflows=["Welcome aboard"])
        yield sandbox


@pytest.fixture(scope="module")
def opened(driver: Chrome, vendor: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenScreen]:
    folder = tmp_path_factory.mktemp("forecast")
    connect(folder, base_url=vendor.base_url, token=TOKEN)
    with open_screen(driver, folder) as screen:
        yield screen


def test_nothing_starts_before_it_was_foretold_agreed_to_and_the_sub_account_named(
    opened: OpenScreen, vendor: Sandbox
) -> None:
    file = opened.state.parent / "people.csv"
    file.write_text(PEOPLE, encoding="utf-8")
    opened.find("#file").send_keys(str(file))
    opened.aim(LOCATION)
    opened.shows("Goes to")
    opened.go(opened.path.replace("/columns", "/forecast"))
    opened.shows("Welcome aboard")
    name = opened.find("#into").text
    assert opened.find("#sentence").text == f"10 rows are sent to {name}, then it stops, for you to look."
    offered = [each.find_element("xpath", "..").text for each in opened.all("input[name=trial]")]
    assert offered == [*(f"The first {n} rows, then stop and look" for n in (5, 10, 50)), "All 12 rows"]

    opened.find("#ask").click()
    opened.shows("are there already (12 rows asked)")
    opened.find("#plan").click()
    opened.until(lambda: opened.find("#plan-create").text == "12", "plan")
    assert f"In {name}: contacts created 12, updated 0; rows left alone 1." in opened.find("#sentence").text
    opened.find("#planned-row").send_keys("2", Keys.TAB)
    opened.until(lambda: "To create" in opened.find("#planned").text, "row of the plan")
    assert opened.axe() == []
    assert not opened.find("#start").is_enabled()
    opened.find("#accept").click()
    assert not opened.find("#start").is_enabled()
    opened.find("#typed").send_keys(name)
    assert vendor.contacts(LOCATION) == []
    opened.find("#start").click()

    opened.until(lambda: opened.find("#standing").text == "Finished", "end of the import")
    assert len(vendor.contacts(LOCATION)) == 12
    assert opened.complaints() == []
