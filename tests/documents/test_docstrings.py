"""What a function does is said by a sentence that begins with what it is asked to do."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache

import pytest

import importer
from tests.parsed_modules import modules

NO_VERB = re.compile(
    r"(?:A|An|The|This|That|These|Those|It|Its|They|There|Each|Every|All|Some|No|Not|Nothing|Nobody|Somebody|What|When|Where|"
    r"Whether|Which|Who|Whose|How|Why|If|In|On|Of|For|From|With|As|At|By|To|Time|Also)"
    r"|[A-Z][\w-]*[^s\W]s"  # "Returns", "Rows"
    r"|(?!Bring$)[A-Z]\w*ing|\W.*|[a-z].*"
)
"""First words of sentences that describe: articles, question words, third persons, participles, code."""


@cache
def public_functions() -> tuple[tuple[str, str], ...]:
    return tuple(found_functions())


def found_functions() -> Iterator[tuple[str, str]]:
    """Yield the place of each function that other modules may call, with what it says of itself."""
    for where, tree in modules().items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
                continue
            if says_what_is_there(node):
                continue
            if said := ast.get_docstring(node):
                yield f"importer/{where}:{node.lineno}", said


def says_what_is_there(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether it is a property: that is a noun, and said by one."""
    return any(ast.unparse(each).endswith("property") for each in function.decorator_list)


@pytest.mark.parametrize(
    "sentence",
    [
        "Returns the row.",
        "The row.",
        "Reading a row.",
        "Whether it is.",
        "``row`` is read.",
        "Rows are read.",
    ],
)
def test_a_sentence_that_describes_is_known(sentence: str) -> None:
    assert NO_VERB.fullmatch(sentence.split(maxsplit=1)[0])


@pytest.mark.parametrize("sentence", ["Read it.", "Bring it.", "Pass it on.", "Lower-case it.", "Undo it."])
def test_a_sentence_that_asks_is_known(sentence: str) -> None:
    assert not NO_VERB.fullmatch(sentence.split(maxsplit=1)[0])


def test_public_functions_say_what_they_do_by_an_imperative_sentence() -> None:
    functions = public_functions()
    assert len(functions) > 2000
    describing = [
        f"{place}: {said}" for place, said in functions if NO_VERB.fullmatch(said.split()[0].rstrip(".,:;"))
    ]
    assert describing == []


def test_sentences_end() -> None:
    def first_sentence(said: str) -> str:
        return said.split("\n\n", maxsplit=1)[0]

    open_ended = [
        f"{place}: {said}" for place, said in public_functions() if first_sentence(said)[-1] not in ".!?:)"
    ]
    assert open_ended == []


def test_each_function_of_the_library_explains_itself() -> None:
    functions = [
        getattr(importer, name) for name in importer.__all__ if inspect.isfunction(getattr(importer, name))
    ]
    assert len(functions) >= 20
    assert [each.__name__ for each in functions if not (each.__doc__ or "").strip()] == []
