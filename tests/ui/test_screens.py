"""The screens, as somebody meets them who has never seen a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

from tests.ui.browser import OpenScreen, in_browser, open_screen
from tests.ui.keyboard import Keyboard

pytestmark = in_browser

DIRTY = """\
First Name,Last Name,E-mail,Phone,Joined,SMS opt in,Groups
Ada,Okafor,ada@example.com,(213) 373-4253,2024-01-13,maybe,"vip, press"
Ben,<img src=x onerror=alert(1)>,ben@example,(213) 373-4254,2024-02-01,no,
Chloé,=HYPERLINK("http://x"),chloe@example.com,not a phone,2024-03-01,no,press
"""


@pytest.fixture
def opened(driver: Chrome, tmp_path: Path) -> Iterator[OpenScreen]:
    with open_screen(driver, tmp_path) as screen:
        yield screen


@pytest.fixture(scope="module")
def walked(
    driver: Chrome, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[OpenScreen, list[str]]]:
    """A screen with a dirty file on its way and an import behind it, and the addresses of all pages."""
    folder = tmp_path_factory.mktemp("walked")
    with open_screen(driver, folder) as screen:
        screen.press("Try it with sample data")
        screen.press("Yes, go on")
        screen.press("Go on with the sandbox")
        screen.find("#left-seen").click()
        screen.press("Check all rows")
        screen.press("Go on")
        screen.press("Go on")
        screen.press("Import 24 rows")
        screen.shows("Finished")
        run = screen.path
        screen.go("/")
        (folder / "dirty.csv").write_text(DIRTY, encoding="utf-8")
        screen.find("#file").send_keys(str(folder / "dirty.csv"))
        screen.shows("Is this your file?")
        draft = screen.path.removesuffix("/file")
        screen.go(f"{draft}/columns")
        screen.shows("Goes to")
        screen.complaints()
        pages = [f"{draft}/{name}" for name in ("file", "account", "columns", "rows", "people", "forecast")]
        yield screen, ["/", *pages, run, "/history", "/schedule"]


READY = {
    "file": "The first rows",
    "account": "Where do the contacts go?",
    "columns": "Goes to",
    "rows": "What was found",
    "people": "Read",
    "forecast": "Into this sub-account",
}


def settle(screen: OpenScreen, page: str) -> None:
    screen.go(page)
    screen.shows(READY.get(page.rpartition("/")[2], "Import"))
    if page.startswith("/r/"):
        screen.shows("Take it back")


def test_the_sample_is_imported_and_taken_back_by_the_keyboard_with_nothing_but_the_page(
    opened: OpenScreen,
) -> None:
    keys = Keyboard(opened)
    keys.press("Try it with sample data")
    opened.shows("24 rows")
    keys.press("Yes, go on")
    keys.press("Go on with the sandbox")
    opened.shows("14 of 16 columns go somewhere.")
    keys.press("#left-seen", Keys.SPACE)
    opened.until(lambda: opened.find("#check").tag_name == "a", "way to the rows")
    keys.look()
    keys.press("#check")
    opened.shows("Every row can be sent.")
    keys.press("Go on")
    opened.shows("HighLevel keeps one contact for them")
    keys.press("Go on")
    keys.press("Import 24 rows")
    opened.until(lambda: opened.find("#standing").text == "Finished", "end of the import")
    assert [each.text for each in opened.all(".counts dd")] == ["23", "1", "0", "0", "0"]
    opened.until(lambda: len(opened.all("#rows tbody tr")) == 20, "rows")
    keys.press("Next")
    opened.until(lambda: len(opened.all("#rows tbody tr")) == 4, "further rows")
    keys.look()
    keys.type("#text", "@EXAMPLE.", Keys.ENTER)
    opened.until(lambda: "mail: " in opened.find("#rows tbody").text, "rows with the text")
    keys.press("See what would be taken back")
    keys.shows("What cannot be taken back")
    keys.press("Take it back now")
    opened.until(lambda: opened.find("#standing").text == "Taken back", "end of the undo")
    keys.look()

    assert opened.complaints() == []


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.campaign)])
def test_no_page_has_a_finding_of_the_accessibility_checker(
    walked: tuple[OpenScreen, list[str]], scheme: str
) -> None:
    screen, pages = walked
    screen.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    findings = {}
    for page in pages:
        settle(screen, page)
        findings[page] = screen.axe()
    screen.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})

    assert {page: found for page, found in findings.items() if found} == {}


def test_no_page_says_anything_in_the_console_or_scrolls_sideways_on_a_phone(
    walked: tuple[OpenScreen, list[str]],
) -> None:
    screen, pages = walked
    phone = {"width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": False}
    screen.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    widths = {}
    for page in pages:
        settle(screen, page)
        widths[page] = screen.run_script("return document.documentElement.scrollWidth")
    screen.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    assert {page: width for page, width in widths.items() if width > 320} == {}
    assert screen.complaints() == []
    assert screen.run_script(
        "return [...document.scripts].every((script) => script.src.startsWith(location.origin))"
    )


def test_what_a_cell_says_is_text_and_never_a_script(walked: tuple[OpenScreen, list[str]]) -> None:
    screen, pages = walked
    settle(screen, pages[3])
    settle(screen, pages[1])

    assert "<img src=x onerror=alert(1)>" in screen.text
    assert screen.run_script("return document.images.length") == 0


def test_consent_that_nobody_understood_is_decided_before_the_rows_are_checked(
    walked: tuple[OpenScreen, list[str]],
) -> None:
    screen, pages = walked
    settle(screen, pages[3])
    assert not screen.find("#check").is_enabled()
    assert "SMS opt in" in screen.find("#why-not").text

    boxes = screen.until(
        lambda: [
            each for each in screen.all(".column input[type=checkbox], #left-seen") if each.is_displayed()
        ],
        "boxes",
    )
    screen.run_script(
        "for (const each of arguments[0]) each.click()", boxes
    )  # quicker than the first is answered

    screen.until(lambda: screen.find("#check").tag_name == "a", "way to the rows")
    settle(screen, pages[3])
    assert screen.find("#check").tag_name == "a"


def test_a_column_sent_elsewhere_shows_at_once_what_it_sends(walked: tuple[OpenScreen, list[str]]) -> None:
    screen, pages = walked
    settle(screen, pages[3])
    screen.press("All columns (7)")
    select = screen.find("select[aria-label='Where Last Name goes']")
    select.send_keys("Company")
    select.send_keys(Keys.TAB)

    screen.until(
        lambda: "companyName: Last Name" in (screen.find("#yaml").get_attribute("value") or ""),
        "changed file",
    )


def test_values_are_hidden_when_somebody_else_looks(walked: tuple[OpenScreen, list[str]]) -> None:
    screen, pages = walked
    settle(screen, pages[1])
    screen.press("Mask values")
    cell = screen.find("td .value")
    screen.until(lambda: "rgba(0, 0, 0, 0)" in cell.value_of_css_property("color"), "hidden cell")
    settle(screen, pages[1])
    assert "rgba(0, 0, 0, 0)" in screen.find("td .value").value_of_css_property("color")
    screen.press("Mask values")
