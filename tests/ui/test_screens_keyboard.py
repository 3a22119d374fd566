"""G2: the whole way of a dirty file into a sub-account and back, by the keyboard alone; the focus is seen, and never lost."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

from importer.sandbox import Sandbox, SandboxSettings, sandbox_aside
from tests.ui.browser import OpenScreen, connect, in_browser, open_screen
from tests.ui.keyboard import Keyboard

pytestmark = [*in_browser, pytest.mark.campaign]
LOCATION = "ve9EPM428h8vShlRW1KT"
TOKEN = "pit-11111111-2222-3333-4444-555555555555"
DIRTY = """\
First Name;Last Name;E-mail;Phone;SMS opt in;Shoe
Ada;Okafor;ada@example.com;(213) 373-4253;no;36
Ben;Lund;ben(at)example.com;(213) 373-4254;no;44
Cyd;Moe;nobody;(213) 373-4255;no;41
Dee;Ray;dee@example.com;(213) 373-4256;no;39;and one more
Eli;Fox;eli@example.com;(213) 373-4257;no;40
Fay;Fox;fay@example.com;(213) 373-4257;no;41
"""


@pytest.fixture(scope="module")
def vendor() -> Iterator[Sandbox]:
    with sandbox_aside(SandboxSettings(burst=1000, daily=0, search_lag_seconds=0)) as sandbox:
        yield sandbox


@pytest.fixture
def opened(driver: Chrome, vendor: Sandbox, tmp_path: Path) -> Iterator[OpenScreen]:
    connect(tmp_path, base_url=vendor.base_url, token=TOKEN)
    (tmp_path / "dirty.csv").write_text(DIRTY, encoding="utf-8")
    with open_screen(driver, tmp_path, "dirty.csv") as screen:
        yield screen


def test_a_dirty_file_goes_into_a_sub_account_and_back_by_the_keyboard_alone(
    opened: OpenScreen, vendor: Sandbox
) -> None:
    keys = Keyboard(opened)
    read(opened, keys)
    connect_to_the_account(opened, keys)
    map_the_columns(opened, keys)
    put_rows_right(opened, keys)
    choose_who_becomes_one(opened, keys)
    import_them(opened, keys)
    assert len(vendor.contacts(LOCATION)) == 5
    take_it_back(opened, keys)

    assert vendor.contacts(LOCATION) == []
    assert opened.complaints() == []


def read(screen: OpenScreen, keys: Keyboard) -> None:
    screen.shows("6 rows")
    header_row = keys.reach("input[type=number]")
    header_row.send_keys(Keys.ARROW_UP, Keys.TAB)
    screen.until(lambda: screen.all(".cells th")[1].text == "Ada", "header of the second row")
    keys.look()
    keys.reach("input[type=number]").send_keys(Keys.ARROW_DOWN, Keys.TAB)
    screen.until(lambda: screen.all(".cells th")[1].text == "First Name", "header of the first row")
    keys.press("Yes, go on")


def connect_to_the_account(screen: OpenScreen, keys: Keyboard) -> None:
    screen.shows("Where do the contacts go?")
    keys.reach("input[name=where]")
    keys.strike(Keys.ARROW_DOWN)
    keys.type("#location", f"https://app.gohighlevel.com/v2/location/{LOCATION}/contacts")
    keys.press("Look at it")
    screen.shows("Go on")
    keys.look()
    keys.press("Go on")


def map_the_columns(screen: OpenScreen, keys: Keyboard) -> None:
    screen.shows("Goes to")
    keys.press("All columns (6)")
    target = keys.reach("Where Shoe goes")
    target.send_keys("Company")
    screen.until(lambda: "companyName: Shoe" in str(screen.find("#yaml").get_attribute("value")), "rule")
    keys.look()
    target.send_keys(Keys.HOME)
    screen.until(lambda: "companyName" not in str(screen.find("#yaml").get_attribute("value")), "no rule")
    keys.look()
    for box in ("Leave it out: I have looked at it", "I have looked at it: this is right"):
        if box in screen.text:
            keys.press(box, Keys.SPACE)
            keys.look()
    keys.press("#left-seen", Keys.SPACE)
    screen.until(lambda: screen.find("#check").tag_name == "a", "way to the rows")
    keys.look()
    keys.press("#check")


def put_rows_right(screen: OpenScreen, keys: Keyboard) -> None:
    screen.find(".grid-cell.failing")
    keys.press("Put all alike right at once")
    keys.press("#alike-meant")
    keys.press("#alike-do")
    screen.until(lambda: screen.find("#failing").text == "2", "rows put right")
    keys.look()
    into_the_grid(screen, keys)
    keys.strike(Keys.ARROW_DOWN)
    keys.strike(Keys.F2)
    keys.strike(Keys.CONTROL, "a")
    keys.strike("cyd@example.com", Keys.ENTER)
    screen.until(lambda: screen.find("#failing").text == "1", "row put right")
    keys.look()
    for key, failing in (("z", "2"), ("y", "1")):
        keys.strike(Keys.CONTROL, key)
        screen.until(partial(shows_failing, screen, failing), f"{failing} failing rows")
        assert screen.run_script("return document.querySelector('.grid').contains(document.activeElement)")
    ragged = screen.until(
        lambda: next(each.text for each in screen.all(".causes button") if "cells" in each.text), "cause"
    )
    keys.press(" ".join(ragged.split()))
    screen.until(lambda: "cells" in str(screen.find(".grid").get_attribute("aria-label")), "cause")
    keys.look()
    into_the_grid(screen, keys)
    keys.strike(Keys.ENTER)
    screen.until(lambda: keys.at("#repairing").wanted, "the row's cells")
    keys.press("Leave out: cell 7")
    keys.press("#save-row")
    screen.until(lambda: screen.find("#failing").text == "0", "no row that fails")
    keys.look()
    keys.press("Check again now")
    screen.until(lambda: not screen.all("#stale") and screen.find("#ready").text == "6", "check")
    keys.look()
    keys.press("Go on")


def shows_failing(screen: OpenScreen, count: str) -> bool:
    return screen.find("#failing").text == count


def into_the_grid(screen: OpenScreen, keys: Keyboard) -> None:
    first = "return parseInt(document.querySelector('.grid .grid-cell.number').textContent, 10) > 0"
    screen.until(lambda: screen.run_script(first), "rows")
    while not screen.run_script("return document.querySelector('.grid').contains(document.activeElement)"):
        keys.tab()


def choose_who_becomes_one(screen: OpenScreen, keys: Keyboard) -> None:
    screen.shows("What becomes of the later ones?")
    keys.reach("input[name=shared_key]")
    keys.strike(Keys.ARROW_DOWN, Keys.ARROW_DOWN)
    screen.until(lambda: screen.find("#failing").text == "1", "row that fails")
    keys.look()
    keys.press("#look")
    screen.until(lambda: screen.all("#unambiguous"), "plan")
    keys.look()
    keys.press("#onward")


def import_them(screen: OpenScreen, keys: Keyboard) -> None:
    keys.press("#ask")
    screen.shows("are there already")
    keys.look()
    keys.press("#plan")
    screen.until(lambda: screen.all("#plan-create"), "plan")
    keys.look()
    keys.type("#planned-row", "2", Keys.TAB)
    screen.shows("To create")
    keys.press("#accept", Keys.SPACE)
    keys.type("#typed", LOCATION)
    keys.press("#start")
    screen.until(lambda: screen.find("#standing").text == "Finished", "end of the import")


def take_it_back(screen: OpenScreen, keys: Keyboard) -> None:
    keys.type("#status", "Failed")
    screen.until(lambda: len(screen.all("#rows tbody tr")) == 1, "row that failed")
    keys.press("#undo-look")
    screen.shows("What cannot be taken back")
    keys.look()
    keys.type(
        "#undo-typed",
        str(screen.run_script("return JSON.parse(document.getElementById('app').dataset.place).confirm")),
    )
    keys.press("#undo")
    screen.until(lambda: screen.find("#standing").text == "Taken back", "end of the undo")
    keys.look()
    keys.press("Forget this import ...")
    keys.shows("What stays")
    keys.strike(Keys.ESCAPE)
    screen.until(lambda: not screen.all("dialog"), "end of the question")
    keys.look()
