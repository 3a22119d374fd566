"""What holds on every page: less motion, forced colours, loading anew, going back, a second window, and a program that ends."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

from tests.ui.browser import OpenScreen, in_browser, open_screen
from tests.ui.test_rows_screen import drafted

pytestmark = in_browser

PEOPLE = "Name,E-mail,Phone,City\n" + "".join(
    f"P{n},{'nobody' if n % 3 else f'p{n}@example.com'},(213) 373-4253,Berlin\n" for n in range(30)
)
MAPPING = "version: 1\nfields: {firstName: Name, email: E-mail, phone: {column: Phone, region: US}}\n"
SOON_SECONDS = 10
"""Three are promised on a machine that does nothing else: the page asks every other second."""
MOVING = """
return document.getAnimations().length + [...document.querySelectorAll("*")].filter((each) => ["", "::before", "::after"].some((part) => {
  const style = getComputedStyle(each, part || null);
  return style.animationName !== "none" || parseFloat(style.transitionDuration) > 0 || style.scrollBehavior !== "auto";
})).length;
"""
WITHOUT_COLOUR = """
const style = getComputedStyle(arguments[0]);
return ["borderTopWidth", "borderLeftWidth", "borderLeftStyle", "outlineStyle", "outlineWidth", "textDecorationLine", "textDecorationThickness", "fontWeight"]
  .map((name) => name + " " + style[name]);
"""


@pytest.fixture(scope="module")
def rows(driver: Chrome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OpenScreen, str]]:
    folder = tmp_path_factory.mktemp("guarantees")
    draft = drafted(folder, PEOPLE, MAPPING)
    with open_screen(driver, folder) as screen:
        screen.go(f"{draft}/rows")
        screen.find(".grid-cell.failing")
        yield screen, draft


@contextmanager
def media(screen: OpenScreen, **features: str) -> Iterator[None]:
    """Let the browser say that somebody wishes for this."""
    wished = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
    screen.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wished})
    try:
        yield
    finally:
        screen.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def open_page(screen: OpenScreen, page: str) -> None:
    screen.go(page)
    screen.until(
        lambda: screen.run_script("return document.querySelectorAll('main section, main form').length"), page
    )


@pytest.mark.campaign
def test_nothing_moves_where_somebody_wishes_for_less_motion(rows: tuple[OpenScreen, str]) -> None:
    """G5."""
    screen, draft = rows
    with media(screen, prefers_reduced_motion="reduce"):
        for page in ("/", f"{draft}/columns", f"{draft}/rows", f"{draft}/forecast"):
            open_page(screen, page)
            assert screen.run_script(MOVING) == 0, page


def test_what_matters_differs_by_more_than_colour_where_colours_are_forced(
    rows: tuple[OpenScreen, str],
) -> None:
    """G5: the step one is at, a filter that is pressed, a cell that fails, and the cell that has the focus."""
    screen, draft = rows

    def differ(one: str, other: str) -> bool:
        looks: Sequence[Any] = [
            screen.run_script(WITHOUT_COLOUR, screen.find(selector)) for selector in (one, other)
        ]
        return bool(looks[0] != looks[1])

    with media(screen, forced_colors="active"):
        open_page(screen, f"{draft}/columns")
        assert differ(".steps [aria-current]", ".steps a:not([aria-current])")
        assert differ("button[aria-pressed=true]", "[role=group] button[aria-pressed=false]")
        open_page(screen, f"{draft}/rows")
        failing = ".grid-body .grid-cell.failing:not(.number)"
        assert differ(failing, ".grid-body .grid-cell:not(.failing):not(.number)")
        screen.run_script("document.querySelector('.grid [tabindex=\"0\"]').focus()")
        assert differ(".grid-cell:focus", f"{failing}:not(:focus)")


@pytest.mark.campaign
def test_a_page_that_is_loaded_again_or_gone_back_to_shows_the_same(rows: tuple[OpenScreen, str]) -> None:
    """G6."""
    screen, draft = rows
    seen = []
    for name in ("file", "account", "columns", "rows", "people", "forecast"):
        open_page(screen, f"{draft}/{name}")
        path, text = screen.path, steady(screen)
        screen.driver.refresh()
        screen.until(lambda text=text: plain(screen.text) == text, f"the same {name}")  # type: ignore[misc]
        seen.append((path, text))
    for path, text in reversed(seen[:-1]):
        screen.driver.back()
        screen.until(lambda text=text: plain(screen.text) == text, path)  # type: ignore[misc]
        assert screen.path == path
    for path, text in seen[1:]:
        screen.driver.forward()
        screen.until(lambda text=text: plain(screen.text) == text, path)  # type: ignore[misc]


def steady(screen: OpenScreen) -> str:
    """Give a page's text once it does not change any more."""
    before = ""
    while (now := plain(screen.text)) != before:
        before = now
        time.sleep(0.5)
    return now


def plain(text: str) -> str:
    """Leave the time of the day out: a forecast ends later a second later."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("about "))


def test_a_change_upon_what_another_window_changed_is_refused_and_said(rows: tuple[OpenScreen, str]) -> None:
    """G6."""
    screen, draft = rows
    open_page(screen, f"{draft}/columns")
    first = screen.driver.current_window_handle
    screen.driver.switch_to.new_window("tab")
    try:
        open_page(screen, f"{draft}/columns")
        send_city_to(screen, "Company")
        screen.until(lambda: "companyName: City" in yaml(screen), "change")
    finally:
        screen.driver.close()
        screen.driver.switch_to.window(first)
    send_city_to(screen, "Website")

    screen.shows("This draft was changed in another window. Load the page again.")
    assert "City" not in yaml(screen)
    screen.driver.refresh()
    screen.until(lambda: "companyName: City" in yaml(screen), "what the other window changed")


def send_city_to(screen: OpenScreen, field: str) -> None:
    screen.press("All columns (4)")
    screen.find("select[aria-label='Where City goes']").send_keys(field, Keys.TAB)


def yaml(screen: OpenScreen) -> str:
    return screen.find("#yaml").get_attribute("value") or ""


def test_a_page_says_when_the_program_behind_it_is_gone_and_goes_on_when_it_is_there_again(
    driver: Chrome, tmp_path: Path
) -> None:
    """G9."""
    draft = drafted(tmp_path, PEOPLE, MAPPING)
    with open_screen(driver, tmp_path) as ended:
        open_page(ended, f"{draft}/columns")
        ended.process.kill()
        ended.process.wait()
        began = time.monotonic()
        ended.shows("The importer is not running any more; nothing is lost.")
        assert time.monotonic() - began < SOON_SECONDS
        port = ended.origin.rpartition(":")[2]
        first = driver.current_window_handle
        driver.switch_to.new_window("tab")
        with open_screen(driver, tmp_path, "--port", port, enter=False) as again:
            driver.switch_to.window(first)
            again.shows("does not know this browser yet")
            driver.switch_to.window(driver.window_handles[-1])
            driver.get(again.link)
            driver.close()
            driver.switch_to.window(first)
            again.until(
                lambda: "not" not in again.find("#lost").text + again.find("#elsewhere-let-in").text, "page"
            )
            send_city_to(
                again, "Company"
            )  # what the page has to say is taken by the program that is there now
            again.until(lambda: "companyName: City" in yaml(again), "change")
