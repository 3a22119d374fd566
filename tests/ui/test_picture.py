"""The README's picture of the screen is made here: IMPORTER_PICTURES=1 writes it anew, and without that it must still be true."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests.ui.browser import in_browser, open_screen

pytestmark = [*in_browser, pytest.mark.campaign]
ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "benchmarks" / "pictures" / "screen.png"
SHOWN = ("columns go somewhere", "First Name", "Company")


def test_the_picture_in_the_readme_shows_what_the_screen_shows(driver: Chrome, tmp_path: Path) -> None:
    with open_screen(driver, tmp_path) as screen:
        screen.press("Try it with sample data")
        screen.press("Yes, go on")
        screen.press("Go on with the sandbox")
        screen.shows("14 of 16 columns go somewhere.")
        for text in SHOWN:
            assert text in screen.text
        if os.environ.get("IMPORTER_PICTURES"):
            driver.set_window_size(1180, 900)
            PICTURE.write_bytes(driver.get_screenshot_as_png())
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (alt,) = re.findall(r'<img src="benchmarks/pictures/screen.png" alt="([^"]+)"', readme)
    assert "Columns" in alt
    assert PICTURE.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
