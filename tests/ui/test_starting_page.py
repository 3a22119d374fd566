"""docs/starting.md is followed to the letter: what is bold there, in that order, is pressed or seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from importer.sandbox import Sandbox, SandboxSettings, sandbox_aside
from tests.ui.browser import OpenScreen, in_browser, open_screen

pytestmark = in_browser
LOCATION = "ve9EPM428h8vShlRW1KT"
ADDRESS = f"https://app.gohighlevel.com/v2/location/{LOCATION}/dashboard"
PAGE = (Path(__file__).parents[2] / "docs" / "starting.md").read_text(encoding="utf-8")
STEPS = re.findall(r"\*\*([^*]+)\*\*", PAGE.partition("## Your first own file")[2].partition("\n## ")[0])
NAMES = ("Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gina", "Hugo", "Ida", "Jack", "Kate", "Liam")
IN_HIGHLEVEL = {"Settings", "Private Integrations", "Create new integration"}
SEEN = {"Which column is what?", "Into this sub-account"}


@pytest.fixture
def vendor() -> Iterator[Sandbox]:
    with sandbox_aside(SandboxSettings(burst=0, daily=0, search_lag_seconds=0)) as sandbox:
        sandbox.furnish(LOCATION)
        yield sandbox


@pytest.fixture
def opened(driver: Chrome, vendor: Sandbox, tmp_path: Path) -> Iterator[OpenScreen]:
    (tmp_path / ".env").write_text(f"HIGHLEVEL_BASE_URL={vendor.base_url}\n", encoding="utf-8")
    people = "".join(f"{name},Lee,{name.lower()}@example.com\n" for name in NAMES)
    (tmp_path / "people.csv").write_text(f"First Name,Last Name,E-mail\n{people}", encoding="utf-8")
    with open_screen(driver, tmp_path) as screen:
        yield screen


def test_somebody_who_presses_what_is_bold_imports_a_file(
    opened: OpenScreen, vendor: Sandbox, tmp_path: Path
) -> None:
    assert len(STEPS) >= 12
    for step in STEPS:
        if step not in IN_HIGHLEVEL:
            take(opened, step, tmp_path / "people.csv")
        if step == "Import 10 rows first":
            opened.until(lambda: len(vendor.contacts(LOCATION)) == 10, "trial of ten rows")
    assert len(vendor.contacts(LOCATION)) == 12


def take(opened: OpenScreen, step: str, file: Path) -> None:
    """Do what a step says, filling in what it asks for."""
    if step == "Choose a file":
        opened.find("input[type=file]").send_keys(str(file))
    elif step == "A sub-account of HighLevel":
        choose(opened, step)
        opened.find("#location").send_keys(ADDRESS)
        opened.find("#token").send_keys("pit-starting")
    elif step in SEEN:
        opened.shows(step)
    elif step.startswith("The first 10 rows"):
        assert label_of(opened, step).find_element(By.TAG_NAME, "input").is_selected()
    elif step.startswith("Import "):
        opened.find("#typed").send_keys(LOCATION)
        opened.press(step)
    elif step == "Take it back":
        opened.shows("Finished")
        opened.shows(step)
    else:
        opened.press(step)


def choose(opened: OpenScreen, label: str) -> None:
    opened.until(lambda: label_of(opened, label), label).click()


def label_of(opened: OpenScreen, text: str) -> WebElement:
    return next(each for each in opened.all("label") if text in each.text)
