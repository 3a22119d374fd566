"""Each symptom of docs/troubleshooting.md is what the program prints, word for word."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

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
OPEN = "\0"
"""Stands where a sentence takes what differs from run to run."""


@pytest.mark.parametrize("symptom", SYMPTOMS)
def test_a_symptom_is_printed_by_the_program(symptom: str) -> None:
    pieces = re.split(r"\s*\.\.\.\s*", symptom)
    longest = max(pieces, key=len)
    pattern = re.compile(r"[\s\S]*".join(map(re.escape, pieces)))
    assert any(pattern.search(sentence) for sentence in sentences() if longest in sentence)


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
    for path in (ROOT / "importer").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Expr(value=ast.Constant() as docstring):
                    docstring.value = None  # nobody prints it
                case ast.JoinedStr(values=parts):
                    yield "".join(
                        part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else OPEN
                        for part in parts
                    )
                case ast.Constant(value=str(text)):
                    yield text
    for path in (ROOT / "examples" / "starters").iterdir():
        yield path.read_text(encoding="utf-8")
