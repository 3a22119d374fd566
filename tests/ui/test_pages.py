"""The pages' own files: no script that could be made to run a cell, every text in the catalogue, vendored files as published."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from importer.codes import BY_NAME
from importer.ui.words import english, without_flags

PAGES = Path(__file__).parents[2] / "importer" / "ui" / "pages"
SCRIPTS = sorted((PAGES / "static").glob("*.js"))
TEMPLATES = sorted((PAGES / "templates").glob("*.j2"))
HANDLERS = sorted((PAGES.parent).rglob("*.py"))
BANNED = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|dangerouslySetInnerHTML|setAttribute\(\s*[\"']on"
    r"|localStorage|sessionStorage|indexedDB|https?://"
)
VENDORED = {
    "hooks.js": "5c65ab263688d0805862fd0807c779af02c2799c44fda0873dfcb870d0da70a0",
    "htm.js": "ab33dd3f38059b9be4d5f5350128eefb2356639c4e0bbe9d9e8b3ba75847e9e4",
    "preact.js": "225d7a773766e6fb2cfcc45274fe41d2059f5782f3f2c4569aa5132a2d3a2902",
    "signals-core.js": "147cdbe5e0e6e9cb35a27f2d4f496f8ba0fbd6beedf9e683e0297a976773b724",
    "signals.js": "822c3a0f6516b2221beae1f8fea0ca2d0c886eb16ce98949530aa1d2b8ac64d6",
}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_makes_code_of_text_or_keeps_people_in_the_browser(script: Path) -> None:
    assert BANNED.findall(script.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_script_or_style_of_its_own(template: Path) -> None:
    text = template.read_text(encoding="utf-8")

    assert (
        re.findall(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon[a-z]+=\"|\|\s*safe\b|https?://", text) == []
    )


def known_texts() -> frozenset[str]:
    return english().keys()


def test_every_text_that_is_asked_for_is_there_and_every_one_there_is_asked_for() -> None:
    asked, families = set(), set()
    for path in (*SCRIPTS, *TEMPLATES, *HANDLERS):
        text = path.read_text(encoding="utf-8")
        asked |= set(re.findall(r"(?:\bt|words)\(\s*[\"']([a-z_]+\.[\w.\-]+)[\"']\s*[,)]", text))
        asked |= set(re.findall(r"[\"']([a-z_]+\.[a-z_]+)[\"']\s*:\s*[\"'][a-z_]+\.[a-z_]+[\"']", text))
        for one, other in re.findall(r"\? \"([a-z_]+\.[\w.]+)\" : \"([a-z_]+\.[\w.]+)\"", text):
            asked |= {one, other}
        families |= set(re.findall(r"\bt\(\s*[\"']([a-z_]+\.(?:\w+\.)*)[\"']\s*[+~]", text))

    known = {key for key in known_texts() if not key.startswith("mend.")}
    assert asked - known == set()
    assert {key for key in known - asked if not key.startswith(tuple(families))} == set()


def test_what_to_do_about_a_fault_is_said_in_words_of_the_screen() -> None:
    said = {key.removeprefix("mend.") for key in known_texts() if key.startswith("mend.")}

    assert said <= BY_NAME.keys()
    assert "on_invalid" in BY_NAME["invalid_email"].mend
    assert "on_invalid" not in english().mend("invalid_email")
    assert english().mend("footer_row") == BY_NAME["footer_row"].mend
    assert english().mend("nobody_knows_it") == ""


def test_flags_of_the_command_line_are_left_out_of_a_sentence() -> None:
    assert without_flags("Declare it (--encoding, or in the mapping) now.") == "Declare it now."
    assert without_flags("Name it with --sheet, if it is meant.") == "Name it, if it is meant."
    spent = "Go on after midnight with `importer resume`, or let the run wait with --wait-for-quota."
    assert without_flags(spent) == "Go on after midnight."
    assert without_flags("`importer undo` takes it back.") == "`importer undo` takes it back."
    assert without_flags("Two (of three) rows.") == "Two (of three) rows."


def test_a_text_is_filled_in() -> None:
    assert english()("count.rows", n="1,200") == "1,200 rows"


@pytest.mark.parametrize("name", sorted(VENDORED))
def test_a_vendored_file_is_as_it_was_published(name: str) -> None:
    assert hashlib.sha256((PAGES / "vendor" / name).read_bytes()).hexdigest() == VENDORED[name]


def test_every_vendored_file_is_known_with_its_licence() -> None:
    here = {path.name for path in (PAGES / "vendor").iterdir()}

    assert {name for name in here if name.endswith(".js")} == set(VENDORED)
    assert {"README.md", "preact.LICENSE", "htm.LICENSE", "signals.LICENSE"} <= here


def test_vendored_files_name_each_other_by_path() -> None:
    for name in VENDORED:
        text = (PAGES / "vendor" / name).read_text(encoding="utf-8")
        assert all(named.startswith("./") for named in re.findall(r"from\s*[\"']([^\"']+)[\"']", text))
        assert "sourceMappingURL" not in text
