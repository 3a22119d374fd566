"""The site has every page; it is built strictly by .ci/run."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SITE = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
HOOK = (ROOT / "docs" / ".site" / "pages.py").read_text(encoding="utf-8")
JOINING = dict(re.findall(r'^    "([\w/.]+\.md)": "([\w.]+)",$', HOOK, re.MULTILINE))


def test_every_page_is_in_the_table_of_contents() -> None:
    listed = re.findall(r"([\w-]+\.md)$", SITE.partition("\nnav:")[2], re.MULTILINE)
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} | set(JOINING.values())
    assert sorted(listed) == sorted(pages)


def test_the_front_page_sells_in_five_lines() -> None:
    text = (ROOT / "docs" / ".site" / "front.md").read_text(encoding="utf-8")
    assert len(re.findall(r"^- \*\*", text, re.MULTILINE)) == 5


def test_the_comparison_gives_the_source_of_each_fact() -> None:
    facts, _, sources = (ROOT / "docs" / "comparison.md").read_text(encoding="utf-8").partition("## Sources")
    assert re.search(r"Read on \d{4}-\d\d-\d\d", sources)
    numbered = re.findall(r"^(\d+)\. .*<https?://\S+>", sources, re.MULTILINE)
    assert numbered == [str(number + 1) for number in range(len(numbered))]
    assert set(re.findall(r"\[(\d+)\](?!\()", facts)) == set(numbered)


def test_the_pages_that_join_are_there() -> None:
    assert len(JOINING) >= 6
    assert [place for place in JOINING if not (ROOT / place).is_file()] == []


def test_the_site_asks_no_third_party_and_its_builder_is_strict() -> None:
    assert "font: false" in SITE
    assert "strict: true" in SITE
    assert "mkdocs build --strict" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
