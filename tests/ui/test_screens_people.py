"""S4b in a browser: groups seen and decided on, and passed over where there are none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

from tests.ui.browser import OpenScreen, in_browser, open_screen
from tests.ui.test_people import ALONE, OFFICE

pytestmark = in_browser


@pytest.fixture(scope="module")
def opened(driver: Chrome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenScreen]:
    with open_screen(driver, tmp_path_factory.mktemp("people")) as screen:
        yield screen


def begin(screen: OpenScreen, content: str) -> str:
    file = screen.state.parent / "people.csv"
    file.write_text(content, encoding="utf-8")
    screen.go("/")
    screen.find("#file").send_keys(str(file))
    screen.shows("Is this your file?")
    draft = screen.path.removesuffix("/file")
    screen.go(f"{draft}/columns")
    screen.shows("Goes to")
    screen.go(f"{draft}/rows")
    screen.press("Go on")
    return draft


def test_groups_are_seen_and_decided_on_by_keyboard_on_the_way_to_the_forecast(
    opened: OpenScreen,
) -> None:
    begin(opened, OFFICE)
    opened.shows("different people, one phone")
    opened.shows("a contact without the phone")
    assert [each.text for each in opened.all("td.differs")] == [
        "Ada",
        "Okafor",
        "ada@example.com",
        "Ben",
        "Smith",
        "ben@example.com",
    ]
    assert opened.axe() == []

    opened.find("input[name=shared_key]:checked").send_keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN)

    opened.until(lambda: opened.find("#failing").text == "1", "row that fails")
    opened.shows("not sent: fails")
    assert "1 would fail" in (opened.find("#said").get_attribute("textContent") or "")
    opened.press("Go on")
    opened.shows("1 row will not be sent")
    assert opened.complaints() == []


@pytest.mark.campaign
def test_nobody_stops_at_a_page_that_has_nothing_to_show(opened: OpenScreen) -> None:
    draft = begin(opened, ALONE)

    opened.shows("Into this sub-account")
    assert opened.path == f"{draft}/forecast"
    opened.shows("each row is a contact of its own")


@pytest.mark.campaign
def test_a_hundred_thousand_groups_keep_the_page_small(opened: OpenScreen) -> None:
    lines = (f"P{n},L{n},p{n}@example.com,,x{n}\nP{n},L{n},p{n}@example.com,,y{n}\n" for n in range(100_000))
    begin(opened, OFFICE.splitlines()[0] + "\n" + "".join(lines))
    opened.shows("1 to 4 of 100,000")

    assert opened.run_script("return document.querySelectorAll('*').length") < 500
    box = opened.find("#group")
    box.clear()
    box.send_keys("99999", Keys.TAB)
    opened.shows("99,997 to 100,000 of 100,000")
    assert opened.run_script("return document.querySelectorAll('*').length") < 500
