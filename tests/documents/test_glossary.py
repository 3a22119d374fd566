"""The package speaks the words of docs/design.md, one meaning each."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parsed_modules import modules

ROOT = Path(__file__).parents[2]
GLOSSARY = (ROOT / "docs" / "design.md").read_text(encoding="utf-8").partition("## Glossary")[2]
SHARED_NAMES: dict[str, str] = {}
"""Names that two classes may have, each with its reason."""

WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def entries() -> Iterator[tuple[str, str]]:
    """Yield each word of the glossary with what is not used for it, as written."""
    for line in GLOSSARY.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 3 and cells[0] != "word" and not cells[0].startswith("---"):
            yield cells[0], cells[2]


BANNED = {banned: word for word, others in entries() for banned in re.findall(r"`(\w+)`", others)}


def modules_of_ours() -> dict[str, ast.Module]:
    """Leave out the sandbox: it speaks its own language, as it shares no code."""
    return {where: tree for where, tree in modules().items() if not where.startswith("sandbox/")}


def names_in(tree: ast.AST) -> Iterator[str]:
    """Yield every name that the code gives: classes, functions, parameters, variables and attributes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def words_of(name: str) -> set[str]:
    """Split a name into words, plurals in the singular too."""
    words = {word.lower() for word in WORD.findall(name)}
    return words | {word.removesuffix("s") for word in words}


@pytest.mark.parametrize(
    ("name", "word"),
    [("hire_clerk", "clerk"), ("TagBaskets", "basket"), ("_VERDICTS", "verdict"), ("HTTPErrand", "errand")],
)
def test_a_word_is_found_in_every_spelling_of_a_name(name: str, word: str) -> None:
    assert word in words_of(name)


def test_no_name_of_the_package_uses_a_word_that_the_glossary_replaced() -> None:
    assert {"clerk", "island", "courier", "errand", "ledger", "verdict"} <= BANNED.keys()
    found = [
        f"{where}: {name} ({BANNED[word]}, not {word})"
        for where, tree in modules_of_ours().items()
        for name in (where.removesuffix(".py").replace("/", "_"), *names_in(tree))
        for word in words_of(name) & BANNED.keys()
    ]
    assert not found


def test_no_word_is_both_used_and_replaced() -> None:
    used = {word.lower() for entry, _ in entries() for word in re.findall(r"\w+", entry)}
    assert not used & BANNED.keys()


def test_every_word_of_the_glossary_means_one_thing() -> None:
    words = [word for entry, _ in entries() for word in re.split(r"[;,] ", entry)]
    assert sorted(words) == sorted(set(words))


def test_no_two_classes_share_a_name() -> None:
    places = defaultdict(list)
    for where, tree in modules_of_ours().items():
        for node in ast.iter_child_nodes(tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(where)
    shared = {name: found for name, found in places.items() if len(found) > 1}
    assert shared.keys() == SHARED_NAMES.keys(), shared
