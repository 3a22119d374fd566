"""S1 in a browser: the sheets of a workbook, and the row that names the columns picked among the first."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome, Keys

from tests.ui.browser import OpenScreen, in_browser, open_screen
from tests.ui.test_file_page import workbook

pytestmark = in_browser


@pytest.fixture
def opened(driver: Chrome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenScreen]:
    with open_screen(driver, tmp_path_factory.mktemp("file-page")) as screen:
        yield screen


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
