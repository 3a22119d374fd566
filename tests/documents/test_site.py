"""The site has every page; it is built strictly by .ci/run."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SITE = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
HOOK = (ROOT / "docs" / ".site" / "pages.py").read_text(encoding="utf-8")
JOINING = dict(re.findall(r'^    "([\w/.]+\.md)": "([\w.]+)",$', HOOK, re.MULTILINE))


def test_every_page_is_in_the_table_of_contents() -> None:
    listed = set(re.findall(r"([\w-]+\.md)$", SITE.partition("\nnav:")[2], re.MULTILINE))
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} | set(JOINING.values())
    assert listed == pages


def test_the_pages_that_join_are_there() -> None:
    assert len(JOINING) >= 6
    assert [place for place in JOINING if not (ROOT / place).is_file()] == []


def test_the_site_asks_no_third_party_and_its_builder_is_strict() -> None:
    assert "font: false" in SITE
    assert "strict: true" in SITE
    assert "mkdocs build --strict" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
