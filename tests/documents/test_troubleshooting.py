"""Each symptom of docs/troubleshooting.md is what the program prints, word for word."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.parsed_modules import modules

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
NOT_OURS = {"Before it starts", "In HighLevel"}
"""Sections about what others print, or nobody."""
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
SYMPTOMS = [
    symptom
    for title, text in SECTIONS.items()
    if title not in NOT_OURS
    for symptom in re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)
]
NOT_ON_THE_SCREEN = (
    {
        "Code",
        "Download ZIP",
        "More info",
        "Run anyway",
        "Open",
    }  # of the page of the repository, of Windows and macOS
    | {"Settings", "Private Integrations", "Create new integration"}  # of HighLevel
    | {"one browser, once"}  # emphasis
)
OPEN = "\0"
"""Stands where a sentence takes what differs from run to run."""


def test_every_symptom_is_printed_by_the_program() -> None:
    assert [symptom for symptom in SYMPTOMS if not printed(symptom)] == []


def printed(symptom: str) -> bool:
    pieces = re.split(r"\s*\.\.\.\s*", symptom)
    longest = max(pieces, key=len)
    pattern = re.compile(r"[\s\S]*".join(map(re.escape, pieces)))
    return any(pattern.search(sentence) for sentence in sentences() if longest in sentence)


def test_every_line_of_the_tables_shows_its_symptom() -> None:
    lines = [
        line
        for title, text in SECTIONS.items()
        if title not in NOT_OURS
        for line in re.findall(r"^\| .+", text, re.MULTILINE)
    ]
    assert len(SYMPTOMS) == len(lines) - (len(SECTIONS) - len(NOT_OURS)) >= 50
    assert len(set(SYMPTOMS)) == len(SYMPTOMS)


def test_a_symptom_says_enough_to_be_recognised() -> None:
    assert [symptom for symptom in SYMPTOMS if len(re.findall(r"[A-Za-z]{2,}", symptom)) < 2] == []


@cache
def sentences() -> tuple[str, ...]:
    return tuple(found_sentences())


def found_sentences() -> Iterator[str]:
    """Yield the texts of the package and of the starters, those in code with what they take left open."""
    for tree in modules().values():
        docstrings = set[ast.Constant]()
        for node in ast.walk(tree):
            match node:
                case ast.Expr(value=ast.Constant() as docstring):
                    docstrings.add(docstring)
                case ast.JoinedStr(values=parts):
                    yield "".join(
                        part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else OPEN
                        for part in parts
                    )
                case ast.Constant(value=str(text)) if node not in docstrings:  # nobody prints those
                    yield text
    for path in (ROOT / "examples" / "starters").iterdir():
        yield path.read_text(encoding="utf-8")
    yield from words_of_the_screen().values()


def words_of_the_screen() -> dict[str, str]:
    words: dict[str, str] = json.loads(
        (ROOT / "importer" / "ui" / "pages" / "words.en.json").read_text(encoding="utf-8")
    )
    return words


@pytest.mark.parametrize("page", ["starting", "screen"])
def test_what_is_to_be_pressed_is_called_so_on_the_screen(page: str) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    named = {" ".join(name.split()).strip(".") for name in re.findall(r"\*\*([^*]+)\*\*", text)}
    called = (re.escape(words.removesuffix(" ...")) for words in words_of_the_screen().values())
    shown = [re.compile(re.sub(r"\\{\w+\\}", r".+", words)) for words in called]
    assert len(named) > 5
    assert {
        name for name in named - NOT_ON_THE_SCREEN if not any(words.fullmatch(name) for words in shown)
    } == set()
