"""S2 in a browser: a column that names each row's sub-account, and a login that a person goes through."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome

from importer.sandbox import Account, Sandbox, SandboxSettings, sandbox_aside
from tests.ui.browser import OpenScreen, in_browser, open_screen

pytestmark = in_browser
NORTH, SOUTH = "NorthNorthNorth00001", "SouthSouthSouth00001"
OF_NORTH, SECRET = "pit-north-1111-2222", "app-secret-1234"
BRANCHES = "First Name,E-mail,Branch\nAda,ada@example.com,North\nBen,ben@example.com,South\n"


@pytest.fixture(scope="module")
def vendor() -> Iterator[Sandbox]:
    opens = Account(token=OF_NORTH, locations=frozenset({NORTH}))
    settings = SandboxSettings(burst=1000, daily=0, accounts=(opens,), apps={"app1-x": SECRET})
    with sandbox_aside(settings) as sandbox:
        for each in (NORTH, SOUTH):
            sandbox.furnish(each)
        yield sandbox


@pytest.fixture(scope="module")
def opened(driver: Chrome, vendor: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenScreen]:
    folder = tmp_path_factory.mktemp("several")
    (folder / ".env").write_text(f"HIGHLEVEL_BASE_URL={vendor.base_url}\n", encoding="utf-8")
    with open_screen(driver, folder) as screen:
        yield screen


def way(opened: OpenScreen, name: str) -> None:
    opened.find(f"input[name=where][value={name}]").click()


def ask_where(opened: OpenScreen) -> None:
    """Choose a file of two branches, as far as the page that asks for the sub-account."""
    file = opened.state.parent / "branches.csv"
    file.write_text(BRANCHES, encoding="utf-8")
    opened.go("/")
    opened.find("#file").send_keys(str(file))
    opened.press("Yes, go on")


def test_a_column_names_the_sub_accounts_and_who_lacks_a_token_is_seen_before_the_import(
    opened: OpenScreen,
) -> None:
    ask_where(opened)
    way(opened, "several")
    opened.shows("Branch")
    opened.find("#column").send_keys("Branch")
    opened.press("Go by this column")
    for name, location in (("North", NORTH), ("South", SOUTH)):
        opened.find(f"input[aria-label$='{name} means']").send_keys(location)
        opened.press(f"Take it {name}")
        opened.shows(f"in the file: {name}")
    assert opened.axe() == []
    opened.press(f"Enter a token {NORTH}")
    opened.find(f"input[aria-label='The token of {NORTH}']").send_keys(OF_NORTH)
    opened.press("Look at it")
    opened.until(lambda: "known until this program ends" in opened.find("#several").text, "token")

    opened.press("Go on")

    opened.shows("This column says which sub-account each row goes to.")
    opened.go(opened.path.replace("/columns", "/forecast"))
    assert "Sub-accounts without a token: 1." in opened.find("#missing-tokens").text
    opened.shows("Type the name of the column")
    assert "Several sub-accounts" in opened.find("header.top").text
    assert opened.axe() == []
    opened.go(opened.path.replace("/forecast", "/account"))
    way(opened, "one")
    opened.shows("All rows go there, then")
    assert opened.complaints() == []


@pytest.mark.campaign
def test_an_agency_is_connected_through_its_consent_and_one_of_its_sub_accounts_found(
    opened: OpenScreen,
) -> None:
    ask_where(opened)
    way(opened, "one")
    opened.press("Connect with HighLevel")
    opened.find("#client-id").send_keys("app1-x")
    opened.find("#client-secret").send_keys(SECRET)
    opened.find("#whole-agency").click()
    assert opened.axe() == []
    opened.press("Connect")
    address = f"{opened.find('#agree').get_attribute('href')}&user_type=Company"
    page = opened.driver.current_window_handle
    opened.driver.switch_to.new_window("tab")
    # nobody listens at the address that it ends at: the browser shows its own page of an error
    opened.run_script("location.href = arguments[0]", address)
    ended = opened.until(
        lambda: opened.driver.current_url if "code=" in opened.driver.current_url else None, "code"
    )
    opened.driver.close()
    opened.driver.switch_to.window(page)
    opened.find("#pasted").send_keys(ended)

    opened.find("#pasted").submit()

    opened.find("#agency-search").send_keys("southsouth\n")
    opened.until(lambda: len(opened.all("#agency li button")) == 1, "one sub-account")
    assert opened.axe() == []
    opened.find("#agency li button").click()
    opened.until(
        lambda: opened.find("#location").get_attribute("value") == SOUTH, "the sub-account that was chosen"
    )
    assert opened.find("#client-secret").get_attribute("value") == ""
