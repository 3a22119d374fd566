"""A pattern of a mapping comes to an end, whatever the pattern and whatever the text."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.mapping.transforms.linearity import proven_quick
from importer.mapping.transforms.pattern_worker import PatternWorker, TooLongError
from importer.mapping.transforms.patterns import LONGEST, compile_step
from importer.mapping.values.fault import ValueFault

ENDLESS = [
    (".*.*.*.*.*.*=", "a" * LONGEST),
    ("(a{1,20}){1,20}=", "a" * 60),
    ("(a|a){20}(a|a){20}=", "a" * 60),
    ("(?:a?){20}(?:a?){20}a{20}a{20}=", "a" * 45),
    ("(?x)( a + ) + b", "a" * 60),
    (r"(?=(a+)+b)", "a" * 60),
    (r"(a*)\1*\1*\1*b", "a" * LONGEST),
    (".*.*=", "a" * LONGEST),
]


@pytest.fixture
def worker() -> PatternWorker:
    return PatternWorker(seconds=0.3)


@pytest.mark.parametrize(("pattern", "text"), ENDLESS)
def test_what_may_run_for_ever_is_not_taken_for_quick(pattern: str, text: str) -> None:
    assert not proven_quick(pattern)


@pytest.mark.parametrize(("pattern", "text"), ENDLESS[:6])
def test_a_pattern_that_runs_for_ever_is_ended_and_the_next_text_is_served(
    worker: PatternWorker, pattern: str, text: str
) -> None:
    with pytest.raises(TooLongError):
        worker.find(pattern, None, text)
    assert worker.find(r"(\w+), (\w+)", r"\2 \1", "Müller, Jörg") == "Jörg Müller"
    worker.close()


def test_a_step_tells_the_text_that_was_too_much_for_it() -> None:
    found = compile_step("(a|a){20}(a|a){20}=", None)("a" * 60)
    assert isinstance(found, ValueFault)
    assert found.code == "transform_failed"
    assert "did not come to an end within 2 seconds" in found.sentence
    assert compile_step("(a|a){20}(a|a){20}=", None)("x") == ""


@pytest.mark.parametrize(
    "pattern",
    [
        r"(\w+), (\w+)", r"^(\w+)\s+(\w+)$", r"^z:\s*", "(?s)^.+$", r"\d+", r"[^)]+\)", "ab?c", r"(?:mr|mrs)\.? ",
        r"^([^@]+)@(.+)$", r"\d{3}-\d{4}",
    ],
)  # fmt: skip
def test_ordinary_patterns_are_proven_and_run_in_place(pattern: str) -> None:
    assert proven_quick(pattern)


PIECES = st.sampled_from(
    [r"\w", r"\d", r"\s", ".", "a", "[ab]", "[^a]", r"\w+", r"\d*", r"\s+", ".*", "a+", "[ab]+?", "(ab)+", "a?", "(?:a|b)", "a{2}", "a{1,9}", "=", "$", ","]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.lists(PIECES, min_size=1, max_size=7),
    st.booleans(),
    st.sampled_from(["a", "ab", "a ", "1", "a,", " "]),
)
def test_what_is_proven_is_quick(pieces: list[str], anchored: bool, unit: str) -> None:  # noqa: FBT001
    pattern = ("^" if anchored else "") + "".join(pieces) + "="
    if not proven_quick(pattern):
        return
    begun = time.process_time()
    re.compile(pattern).search(unit * (LONGEST // len(unit)))
    assert time.process_time() - begun < 1.0


@given(st.text(max_size=40))
@settings(max_examples=50, deadline=None)
def test_the_process_finds_what_re_finds(text: str) -> None:
    in_process = compile_step(r"(\w*)(\w*)(\w*)(.)", r"\4\1")
    assert in_process(text) == re.sub(r"(\w*)(\w*)(\w*)(.)", r"\4\1", text)
