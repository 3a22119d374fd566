"""Every criterion of the screen names its proof, and every proof is a test that there is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.parsed_modules import without_looks
from tests.ui.criteria import COUNTS, PROOFS

TESTS = Path(__file__).parents[1]


def numbers() -> Iterator[str]:
    for kind, count in COUNTS.items():
        yield from (f"{kind}{'.' if kind.startswith('AC') else ''}{number}" for number in range(1, count + 1))


def names_of_tests() -> set[str]:
    with without_looks():
        return {
            each.name
            for path in TESTS.rglob("test_*.py")
            for each in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name.startswith("test_")
        }


def test_no_criterion_is_without_a_proof() -> None:
    assert list(PROOFS) == list(numbers())
    assert [number for number, proof in PROOFS.items() if not proof.split()] == []


def test_every_proof_is_a_test() -> None:
    named = {name for proof in PROOFS.values() for name in proof.split()}

    assert named - names_of_tests() == set()
