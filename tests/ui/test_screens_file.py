"""S1 in a browser: the sheets of a workbook, the row that names the columns, what is hidden, and several files at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome, Keys

from tests.ui.browser import OpenScreen, in_browser, open_screen
from tests.ui.test_file_page import workbook
from tests.ui.test_together import workbook as hiding_workbook

pytestmark = in_browser


@pytest.fixture
def opened(driver: Chrome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenScreen]:
    with open_screen(driver, tmp_path_factory.mktemp("file-page")) as screen:
        yield screen


def said(screen: OpenScreen, selector: str, name: str) -> str:
    return str(screen.find(selector).get_attribute(name))


def test_the_row_that_names_the_columns_is_picked_among_the_first_and_the_table_follows(
    opened: OpenScreen,
) -> None:
    file = opened.state.parent / "book.xlsx"
    file.write_bytes(workbook())
    opened.find("#file").send_keys(str(file))
    opened.shows("Old people (1 row) (hidden)")
    opened.press("Another row names the columns ...")
    picked = opened.find("#head input:checked")
    assert opened.axe() == []

    picked.send_keys(Keys.ARROW_DOWN)

    opened.until(
        lambda: (
            [each.text for each in opened.all("table.cells thead th")] == ["Row", "Ada", "ada@example.com"]
        ),
        "the table",
    )
    assert opened.complaints() == []


def test_files_chosen_together_follow_each_other_and_hidden_columns_are_left_out(opened: OpenScreen) -> None:
    folder = opened.state.parent
    (folder / "people.xlsx").write_bytes(hiding_workbook())
    (folder / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "more.csv").write_text("Name,E-mail,City\nEve,eve@example.com,Ulm\n")
    chosen = "\n".join(str(folder / name) for name in ("people.xlsx", "photo.png", "more.csv"))
    opened.go("/")
    opened.find("#file").send_keys(chosen)
    opened.shows("photo.png is no table by its name")
    opened.complaints()  # that an upload was refused is one
    opened.find("#go-on").click()

    opened.shows("File 1 of 2 that were chosen together")
    opened.shows("Hidden in this sheet, by hand or by a filter: 2 rows")
    opened.all("#hidden-rows input")[1].click()
    opened.until(lambda: "are left out" in said(opened, "#said", "textContent"), "answer")
    assert opened.axe() == []
    opened.go(opened.path.replace("/file", "/columns"))
    opened.find("#leave-hidden").click()
    opened.until(lambda: not opened.all("#hidden-columns"), "change")
    assert "hidden: skip" in said(opened, "#yaml", "value")
    assert opened.axe() == []
    opened.go(opened.path.replace("/columns", "/file"))
    opened.press("more.csv")

    opened.shows("This file begins with the columns and the place of people.xlsx.")
    opened.shows("File 2 of 2 that were chosen together")
    assert opened.complaints() == []
