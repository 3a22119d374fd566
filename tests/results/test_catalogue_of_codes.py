from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator

from importer.codes import BY_NAME, CATALOGUE, catalogue_markdown, remedy_of
from importer.records import Remedy
from tests.parsed_modules import modules

MAKERS = {"Fault", "Outcome", "Finding", "warn"}
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def sources() -> Iterator[tuple[str, ast.Module]]:
    for where, tree in modules().items():
        if not where.startswith(("sandbox/", "cli/")) and where != "codes.py":
            yield where, tree


def literals(tree: ast.Module) -> Iterator[str]:
    """Every code that this module writes out: ``Fault(code="...")``, ``Finding("...")``, ``CODE = "..."``."""
    for node in ast.walk(tree):
        found: ast.expr | None = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
            named = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            found = next(iter([*named, *node.args[:1]]), None)
        elif (
            isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "CODE"
        ):
            found = node.value
        if isinstance(found, ast.Constant) and isinstance(found.value, str):
            yield found.value


def strings(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_every_code_that_the_package_writes_is_in_the_catalogue() -> None:
    unknown = defaultdict(set)
    for where, tree in sources():
        for code in literals(tree):
            if code not in BY_NAME:
                unknown[code].add(where)

    assert dict(unknown) == {}


def test_the_scan_finds_codes_at_all() -> None:
    found = {code for _, tree in sources() for code in literals(tree)}

    assert {"column_count", "invalid_email", "not_stored"} <= found


def test_every_code_of_the_catalogue_is_in_use() -> None:
    written = {text for _, tree in sources() for text in strings(tree)}

    assert [code.name for code in CATALOGUE if code.name not in written] == []


def test_names_are_stable_words_and_unique() -> None:
    names = [code.name for code in CATALOGUE]

    assert len(names) == len(set(names))
    assert all(NAME.fullmatch(name) for name in names)


def test_titles_and_sentences_read_well() -> None:
    for code in CATALOGUE:
        assert code.title[0].isupper(), code.name
        assert not code.title.endswith("."), code.name
        assert code.mend.endswith("."), code.name


def test_the_catalogue_is_written_as_a_table() -> None:
    lines = catalogue_markdown().splitlines()

    assert len(lines) == len(CATALOGUE) + 2
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 5 for line in lines)
    assert remedy_of("column_count") is Remedy.FIX_ROW
