"""S4 in a browser: causes, the grid and its keys, rows put right where they stand, and what is taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from importer.ui.drafts import Drafts
from tests.ui.browser import OpenScreen, in_browser, open_screen

pytestmark = in_browser

MAPPING = "version: 1\nfields: {firstName: Name, email: E-mail, phone: {column: Phone, region: US}}\n"
LONG = "x" * 32_000
ODD = [
    "<img src=x onerror=alert(1)>",
    '"=HYPERLINK(""http://x"")"',
    "\u0645\u0631\u062d\u0628\u0627 \U0001f44b",
    LONG,
]
FAILING = 400


def people() -> str:
    lines = ["Name,E-mail,Phone,City,Notes"]
    lines += [f"P{n},nobody{n},(213) 373-4253,Berlin,{ODD[n % 4] if n < 8 else ''}" for n in range(FAILING)]
    lines += ["Both,nobody,no phone,Paris,", "Wide,wide@example.com,,Rome,one, two", "None,,,Rome,"]
    return "\n".join([*lines, *(f"Q{n},q{n}@example.com,,Oslo," for n in range(100))]) + "\n"


def drafted(folder: Path, text: str, mapping: str = MAPPING) -> str:
    """Lay a draft into a state folder, as one that somebody began before; gives the address of its pages."""
    drafts = Drafts(folder / "state")
    draft = drafts.create()
    source = folder / f"people-{draft.id}.csv"
    source.write_text(text, encoding="utf-8")
    drafts.change(draft.id, name="people.csv", source=str(source))
    drafts.mapping(draft).write_text(mapping, encoding="utf-8")
    return f"/d/{draft.id}"


@pytest.fixture(scope="module")
def rows(driver: Chrome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OpenScreen, str]]:
    folder = tmp_path_factory.mktemp("rows")
    draft = drafted(folder, people())
    with open_screen(driver, folder) as screen:
        yield screen, f"{draft}/rows"


@pytest.fixture
def screen(rows: tuple[OpenScreen, str]) -> OpenScreen:
    """The page, loaded anew, with the cause of the most rows chosen."""
    opened, path = rows
    opened.go(path)
    opened.find(".grid-cell.failing")
    opened.complaints()
    return opened


def choose(screen: OpenScreen, title: str) -> None:
    screen.until(
        lambda: next(each for each in screen.all(".causes button") if title in each.text), title
    ).click()
    screen.until(lambda: title in (screen.find(".grid").get_attribute("aria-label") or ""), "grid")
    screen.until(lambda: screen.find(".grid-cell.number").text[:1] in "123456789", "rows of it")


def focused(screen: OpenScreen) -> WebElement:
    return screen.driver.switch_to.active_element


def press(screen: OpenScreen, *keys: str) -> None:
    focused(screen).send_keys(*keys)


def place(screen: OpenScreen) -> tuple[int, int]:
    """Row and column of the focus, as a screen reader is told them."""
    row = screen.run_script("return document.activeElement.closest('[role=row]').ariaRowIndex")
    return int(row), int(focused(screen).get_attribute("aria-colindex") or 0)


def enter(screen: OpenScreen) -> None:
    """Put the focus into the grid, where Tab would."""
    screen.run_script("document.querySelector('.grid [tabindex=\"0\"]').focus()")


def said(screen: OpenScreen, region: str) -> str:
    return str(screen.find(f"#{region}").get_attribute("textContent"))


def count(screen: OpenScreen, name: str) -> int:
    return int(screen.find(f"#{name}").text.replace(",", ""))


def retype(screen: OpenScreen, text: str) -> None:
    press(screen, Keys.ENTER)
    screen.find(".grid-input")
    press(screen, Keys.CONTROL, "a")
    press(screen, text, Keys.ENTER)


def test_a_cause_shows_exactly_its_rows_and_says_where_rows_count_twice(screen: OpenScreen) -> None:
    assert (count(screen, "read"), count(screen, "failing")) == (FAILING + 103, FAILING + 3)
    assert "a row with several faults stands under each" in screen.find("#several").text
    assert screen.find(".grid").get_attribute("aria-rowcount") == str(FAILING + 2)
    assert [each.text for each in screen.all(".causes .affected")][:1] == ["in E-mail"]

    choose(screen, "A phone number is not valid")

    assert screen.find(".grid").get_attribute("aria-rowcount") == "2"
    assert screen.find(".grid-cell.number").text.startswith(str(FAILING + 2))


def test_the_grid_is_one_stop_of_the_tab_key_and_every_cell_is_reached_by_keys(screen: OpenScreen) -> None:
    assert screen.run_script("return document.querySelectorAll('.grid [tabindex=\"0\"]').length") == 1
    enter(screen)
    assert place(screen) == (2, 3)
    assert "no @" in said(screen, "said")

    moves = [
        ((Keys.ARROW_RIGHT,), (2, 4)),
        ((Keys.ARROW_DOWN,), (3, 4)),
        ((Keys.HOME,), (3, 1)),
        ((Keys.END,), (3, 6)),
        ((Keys.CONTROL, Keys.END), (FAILING + 2, 6)),
        ((Keys.ARROW_DOWN,), (FAILING + 2, 6)),
        ((Keys.CONTROL, Keys.HOME), (2, 1)),
        ((Keys.ARROW_LEFT,), (2, 1)),
    ]
    for keys, where in moves:
        press(screen, *keys)
        assert place(screen) == where, keys
    press(screen, Keys.PAGE_DOWN)
    page, _ = place(screen)
    assert page > 8
    press(screen, Keys.PAGE_UP)
    assert place(screen) == (2, 1)
    screen.run_script("document.querySelector('.grid').scrollTop = 5000")
    screen.until(
        lambda: screen.run_script("return document.querySelectorAll('.grid [aria-rowindex=\"140\"]').length"),
        "row",
    )
    assert place(screen) == (2, 1)
    press(screen, Keys.TAB)
    assert not screen.run_script("return document.querySelector('.grid').contains(document.activeElement)")
    assert screen.run_script("return document.querySelectorAll('*').length") < 500
    assert screen.complaints() == []


def test_a_cell_is_put_right_by_the_keyboard_and_the_change_outlives_the_page(screen: OpenScreen) -> None:
    failing = count(screen, "failing")
    enter(screen)
    retype(screen, "p0@example.com")
    screen.until(lambda: said(screen, "said-of-row") == "Row 2 can be sent now.", "verdict")
    assert place(screen) == (3, 3)
    screen.until(lambda: count(screen, "failing") == failing - 1, "count")
    retype(screen, "still nobody")
    screen.until(lambda: said(screen, "said-of-row").startswith("Row 3 still cannot be sent"), "verdict")
    press(screen, Keys.F2)
    press(screen, "given up", Keys.ESCAPE)
    assert (place(screen), focused(screen).text) == ((4, 3), "nobody2")
    assert "checked again with all rows" in screen.find("#stale").text

    screen.driver.refresh()
    screen.until(lambda: count(screen, "failing") == failing - 1, "count")
    made = [
        [cell.text for cell in each.find_elements("css selector", "td")]
        for each in screen.all(".made tbody tr")
    ]
    assert [line[1:] for line in made] == [
        ["3", "E-mail", "nobody1", "still nobody"],
        ["2", "E-mail", "nobody0", "p0@example.com"],
    ]
    screen.find("main").send_keys(Keys.CONTROL, "z")
    screen.until(lambda: len(screen.all(".made .undone")) == 1, "undone change")
    screen.find("main").send_keys(Keys.CONTROL, "z")
    screen.until(lambda: count(screen, "failing") == failing, "count")
    screen.find("main").send_keys(Keys.CONTROL, "y")
    screen.until(lambda: count(screen, "failing") == failing - 1, "count")
    screen.press("Undo")
    screen.until(lambda: count(screen, "failing") == failing, "count")


def test_whatever_a_cell_holds_is_text_on_one_line_and_whole_in_the_editor(screen: OpenScreen) -> None:
    enter(screen)
    press(screen, Keys.END)
    shown = []
    for _ in range(4):
        cell = focused(screen)
        shown.append(cell.text[:28])
        assert cell.size["height"] == 36
        press(screen, Keys.ARROW_DOWN)
    press(screen, Keys.ARROW_UP)

    assert shown[:3] == [ODD[0], '=HYPERLINK("http://x")', ODD[2]]
    assert (screen.run_script("return document.images.length"), len(focused(screen).text)) == (0, 200)
    press(screen, Keys.F2)
    assert len(screen.find(".grid-input").get_attribute("value") or "") == len(LONG)
    press(screen, Keys.ESCAPE)
    assert screen.all("#edits .made tbody tr:not(.undone)") == []


def test_a_row_with_cells_too_many_is_shown_raw_and_repaired(screen: OpenScreen) -> None:
    choose(screen, "more or fewer cells")
    assert "failing" in (screen.find(".grid-cell.number").get_attribute("class") or "")
    screen.shows("more than the 5 columns of the header")
    screen.press("Repair this row")
    screen.shows("It has 6 cells, and the file has 5 columns.")
    assert not screen.find("#save-row").is_enabled()

    screen.press("Join with the next: cell 5")
    screen.until(lambda: screen.find("#save-row").is_enabled(), "row that fits")
    screen.press("Save this row")

    screen.until(lambda: "can be sent now" in said(screen, "said-of-row"), "verdict")
    screen.press("Undo")
    screen.until(lambda: count(screen, "failing") == FAILING + 3, "count")


def test_all_alike_are_put_right_after_they_were_counted(screen: OpenScreen) -> None:
    screen.press("Put all alike right at once")
    screen.find("#alike-old")
    assert "Undo takes all of them back" in screen.text
    screen.find("#alike-blank").click()
    screen.until(lambda: screen.find("#alike-do").text == "Change 1 row", "count")
    screen.find("#alike-do").click()

    screen.until(lambda: said(screen, "said-of-row") == "1 row changed.", "change")
    screen.press("Undo")
    screen.until(lambda: count(screen, "failing") == FAILING + 3, "count")


@pytest.fixture
def own(rows: tuple[OpenScreen, str]) -> tuple[OpenScreen, Path]:
    """A draft for one test alone, and the folder that it is in."""
    screen, _ = rows
    folder = screen.state.parent
    text = "Name,E-mail,Phone\nAnn,ann(at)example.com,\nBob,nobody,0161 496 0000\nCyd,cyd(at)example.com,\n"
    screen.go(f"{drafted(folder, text)}/rows")
    screen.find(".grid-cell.failing")
    return screen, folder


@pytest.mark.campaign
def test_rows_are_skipped_by_the_mapping_and_all_are_checked_again(own: tuple[OpenScreen, Path]) -> None:
    screen, _ = own
    assert (count(screen, "failing"), count(screen, "ready")) == (3, 0)
    screen.press("Put all alike right at once")
    screen.find("#skip-text").send_keys("nobody")
    assert "This changes the mapping" in screen.text
    screen.press("Skip such rows")

    screen.until(lambda: count(screen, "failing") == 2, "check")
    screen.press("Put all alike right at once")
    screen.press("Accept all proposals, such as ann(at)example.com \u2192 ann@example.com")
    screen.press("Change 2 rows")
    screen.until(lambda: (count(screen, "failing"), count(screen, "ready")) == (0, 2), "proposals")
    screen.press("Check again now")
    screen.until(lambda: not screen.all("#stale") and count(screen, "ready") == 2, "check")


@pytest.mark.campaign
def test_a_file_that_was_corrected_elsewhere_is_taken_back(own: tuple[OpenScreen, Path]) -> None:
    screen, folder = own
    downloaded = screen.driver.execute_async_script(
        "fetch(document.querySelector(\"a[href$='form=csv']\").href).then((reply) => reply.text()).then(arguments[0])"
    )
    (folder / "back.csv").write_text(downloaded.replace("(at)", "@").replace("nobody", ""), encoding="utf-8")

    screen.find("#returned").send_keys(str(folder / "back.csv"))

    screen.shows("3 rows taken over.")
    assert count(screen, "failing") == 1
    assert len(screen.all(".made tbody tr")) == 1
    screen.press("Undo")
    screen.until(lambda: count(screen, "failing") == 3, "rows as they were")


@pytest.mark.campaign
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_state_of_the_page_has_a_finding_of_the_accessibility_checker(
    screen: OpenScreen, scheme: str
) -> None:
    screen.driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    findings = {}
    screen.press("Put all alike right at once")
    screen.find("#alike-old")
    findings["alike"] = screen.axe()
    enter(screen)
    press(screen, Keys.F2)
    screen.find(".grid-input")
    findings["editing"] = screen.axe()
    press(screen, Keys.ESCAPE)
    choose(screen, "more or fewer cells")
    screen.press("Repair this row")
    screen.find("#repairing li")
    findings["repairing"] = screen.axe()
    screen.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})

    assert {state: found for state, found in findings.items() if found} == {}
