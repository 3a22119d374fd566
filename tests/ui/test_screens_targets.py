"""S3 in a browser: the location's own fields with their options, and the mapping that was made for such a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

from importer.sandbox import Sandbox, SandboxSettings, sandbox_aside
from tests.ui.browser import OpenScreen, connect, in_browser, open_screen

pytestmark = in_browser
LOCATION = "ve9EPM428h8vShlRW1KT"
TOKEN = "pit-11111111-2222-3333-4444-555555555555"
HUBSPOT = Path(__file__).parents[1] / "mappings" / "exports" / "hubspot.csv"
SHIRTS = """\
First Name,E-mail,Shirt,Hobby
Ada,ada@example.com,Large,Chess
Ben,ben@example.com,huge,Go
Cy,cy@example.com,huge,Go
"""


@pytest.fixture(scope="module")
def vendor() -> Iterator[Sandbox]:
    with sandbox_aside(SandboxSettings(burst=1000, daily=0)) as sandbox:
        sandbox.furnish(LOCATION)
        sandbox.location(LOCATION).add_custom_field(
            "Shirt", data_type="SINGLE_OPTIONS", options=("Small", "Large")
        )
        yield sandbox


@pytest.fixture(scope="module")
def opened(driver: Chrome, vendor: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenScreen]:
    folder = tmp_path_factory.mktemp("targets")
    connect(folder, base_url=vendor.base_url, token=TOKEN)
    with open_screen(driver, folder) as screen:
        yield screen


@pytest.mark.campaign
def test_values_that_a_choice_field_would_refuse_stand_open_with_its_options(
    opened: OpenScreen, vendor: Sandbox
) -> None:
    file = opened.state.parent / "shirts.csv"
    file.write_text(SHIRTS, encoding="utf-8")
    opened.find("#file").send_keys(str(file))
    opened.aim(LOCATION)
    opened.shows("one choice")
    opened.shows("Options: Small, Large")
    opened.shows("none of the field's options, and would be refused: 1.")
    becomes = opened.find("input[aria-label='What huge becomes']")
    assert opened.axe() == []

    becomes.send_keys("Large", Keys.TAB)

    opened.until(lambda: "huge: Large" in (opened.find("#yaml").get_attribute("value") or ""), "value map")
    opened.until(lambda: "none of the field's options" not in opened.text, "end of the notice")
    select = opened.find("select[aria-label='Where Hobby goes']")
    select.send_keys("A custom field")
    opened.find("input.naming").send_keys(Keys.ENTER)
    opened.press("See what would be made")
    opened.press("Make them (1)")
    opened.until(
        lambda: "Hobby" in [each.name for each in vendor.location(LOCATION).custom_fields.values()], "field"
    )
    opened.until(lambda: not opened.all("#make, #look-fields"), "page without missing fields")
    assert opened.complaints() == []


def test_an_export_is_named_and_its_mapping_taken(opened: OpenScreen) -> None:
    opened.go("/")
    opened.find("#file").send_keys(str(HUBSPOT))
    opened.shows("Is this your file?")
    opened.go(opened.path.replace("/file", "/columns"))
    opened.shows("This looks like an export of HubSpot.")

    opened.find("#ready").click()

    opened.find("#taken")
    assert "# HubSpot" in (opened.find("#yaml").get_attribute("value") or "")
    assert opened.axe() == []
    assert opened.complaints() == []


def test_a_column_that_says_who_refused_has_its_values_explained_and_the_others_left_out(
    opened: OpenScreen,
) -> None:
    file = opened.state.parent / "refusals.csv"
    file.write_text(
        "E-mail,Status\nada@example.com,Kunde\nben@example.com,gesperrt\ncy@example.com,Kunde\n",
        encoding="utf-8",
    )
    opened.go("/")
    opened.find("#file").send_keys(str(file))
    opened.press("Yes, go on")
    opened.press("Go on with the sandbox")
    opened.find("select[aria-label='Where Status goes']").send_keys("Do not disturb", Keys.TAB)
    opened.find("input[aria-label='What gesperrt becomes']").send_keys("yes", Keys.TAB)
    opened.until(lambda: "gesperrt:" in (opened.find("#yaml").get_attribute("value") or ""), "value map")

    opened.find("select.others").send_keys("are left out", Keys.TAB)

    opened.until(lambda: "on_invalid: drop" in (opened.find("#yaml").get_attribute("value") or ""), "rule")
    opened.until(
        lambda: [each.text for each in opened.all(".column .sent li")] == ["(nothing)", "true", "(nothing)"],
        "what is sent",
    )
    assert opened.axe() == []
    assert opened.complaints() == []
