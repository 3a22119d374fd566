"""The terminal's pictures in docs/ are made here: IMPORTER_PICTURES=1 writes them anew, and without that they must still be true."""

from __future__ import annotations

import html
import os
import re
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("a pseudo-terminal is POSIX", allow_module_level=True)

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "benchmarks" / "pictures"
MAKER = runpy.run_path(str(ROOT / "benchmarks" / "terminal_pictures.py"), run_name="started")


def words(picture: str) -> Iterator[str]:
    """Read a picture's words; numbers, ids and lengths of bars differ from run to run."""
    for line in re.findall(r"<text [^>]*>(.*?)</text>", picture):
        text = html.unescape(re.sub(r"<[^>]+>", "", line))
        yield from re.sub(r"\b\d{8}-\d{6}-[0-9a-f]{4}\b|[\d.,]+|#+|\u2588+", "0", text).split()


@pytest.mark.campaign
def test_the_pictures_show_what_a_terminal_shows() -> None:
    made = MAKER["pictures"]()
    if os.environ.get("IMPORTER_PICTURES"):
        for name, picture in made.items():
            (FOLDER / f"{name}.svg").write_text(picture, encoding="utf-8")
    for name, picture in made.items():
        kept = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
        assert list(words(kept)) == list(words(picture)), f"{name}.svg: IMPORTER_PICTURES=1 renews it"


@pytest.mark.parametrize("name", MAKER["SHOTS"])
def test_each_picture_is_shown_by_a_page_asks_nobody_and_names_no_machine(name: str) -> None:
    command, title = MAKER["SHOTS"][name]
    pages = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))
    assert f'<img src="../benchmarks/pictures/{name}.svg" alt="{title}"' in pages
    picture = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert f"$ importer {command}" in picture
    assert not re.search(r"url\(|href|<script|/tmp/|root@", picture)


def test_a_picture_takes_styles_over_lines_and_shows_markup_as_text() -> None:
    picture = MAKER["drawn"]("read", "A & B", "\x1b[2mdim\r\nstill\x1b[0m\r\n10%\r100% <b>\r\n")
    assert picture.count('class="dim"') == 2
    assert "100% &lt;b&gt;" in picture
    assert "10%<" not in picture
    assert "<title>A &amp; B</title>" in picture
