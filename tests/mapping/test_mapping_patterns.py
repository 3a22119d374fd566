"""A pattern of a mapping comes to an end, whatever the pattern and whatever the text."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.mapping import parse_mapping
from importer.mapping.compiled.block_columns import BlockColumns
from importer.mapping.compiled.columns import Handling, ValueColumn
from importer.mapping.compiled.picking import OneColumn
from importer.mapping.compiled.readers import join
from importer.mapping.transforms.linearity import proven_quick
from importer.mapping.transforms.pattern_worker import PatternWorker, WorkerLostError
from importer.mapping.transforms.patterns import LONGEST, TimedPattern, compile_step
from importer.mapping.transforms.steps import chain, prepare
from importer.mapping.values.fault import ValueFault
from importer.reading import Block
from importer.records import Outcome, Record

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
def worker() -> Iterator[PatternWorker]:
    worker = PatternWorker(seconds=0.3)
    yield worker
    worker.close()


@pytest.mark.parametrize(("pattern", "text"), ENDLESS)
def test_what_may_run_for_ever_is_not_taken_for_quick(pattern: str, text: str) -> None:
    assert not proven_quick(pattern)


@pytest.mark.parametrize(("pattern", "text"), ENDLESS[:6])
def test_a_pattern_that_runs_for_ever_is_ended_and_the_next_text_is_served(
    worker: PatternWorker, pattern: str, text: str
) -> None:
    assert worker.find(pattern, None, [text]) == [None]
    assert worker.find(r"(\w+), (\w+)", r"\2 \1", ["Müller, Jörg"]) == ["Jörg Müller"]


def test_of_many_texts_that_are_asked_together_only_the_evil_ones_fail(worker: PatternWorker) -> None:
    evil = "a" * 60
    texts = [
        "x=",
        evil,
        *(f"a{number}a" for number in range(500)),
        evil,
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=",
    ]
    found = worker.find("(a|a){20}(a|a){20}=", None, texts)
    assert found == ["", None, *[""] * 500, None, "a"]


class CountingWorker(PatternWorker):
    """Counts how often it is asked, and for what."""

    def __init__(self) -> None:
        super().__init__(seconds=0.3)
        self.asked: list[list[str]] = []

    def find(self, pattern: str, replacement: str | None, texts: Sequence[str]) -> list[str | None]:
        self.asked.append(list(texts))
        return super().find(pattern, replacement, texts)


def test_a_block_is_asked_for_at_once_each_text_once_and_evil_ones_never_again() -> None:
    worker = CountingWorker()
    step = TimedPattern("(a|a){20}(a|a){20}=", None, worker)
    evil = "a" * 60
    step.prepare(["x", evil, "x", "", "y" * (LONGEST + 1), "z"])
    assert [step(text) for text in ("x", "z")] == ["", ""]
    assert isinstance(step(evil), ValueFault)
    step.prepare([evil, "x", "new"])
    assert worker.asked == [["x", evil, "z"], ["new"]]
    worker.close()


def test_steps_before_a_slow_pattern_go_ahead_of_the_block() -> None:
    counting = CountingWorker()
    steps = chain((str.upper, TimedPattern("(A|A){20}(A|A){20}=", "!", counting), str.lower))
    prepare(steps, ["ab", "a" * 39 + "a=", "", "ab"])
    assert [steps(text) for text in ("ab", "a" * 39 + "a=")] == ["ab", "!"]
    assert counting.asked == [["AB", "A" * 40 + "="]]
    counting.close()


class NoWorker(PatternWorker):
    """Where no process can be started."""

    def find(self, *_: object) -> list[str | None]:
        raise WorkerLostError


def test_without_a_process_each_text_says_so() -> None:
    step = TimedPattern(".*.*=", None, NoWorker())
    step.prepare(["x"])
    found = step("x")
    assert isinstance(found, ValueFault)
    assert "no process can be started" in found.sentence


def test_a_column_shows_its_steps_the_whole_block() -> None:
    worker = CountingWorker()
    step = TimedPattern(".*.*.*=", None, worker)
    column = ValueColumn(OneColumn(0, "First"), join(step, None), Handling(), steps=step)
    assert column.run(BlockColumns([("x=",), ("y",), ("",), ("x=",)])) == ["x=", None, None, "x="]
    assert worker.asked == [["x=", "y"]]
    worker.close()


def test_of_a_block_the_evil_cell_fails_alone_with_its_row() -> None:
    mapping = parse_mapping(
        "version: 1\nfields:\n  email: Mail\n  firstName: {column: First, transforms: [{regex: '(?:a|a){20}(?:a|a){20}=|^x.*'}]}\n"
    )
    rows = [(f"n{number}@example.com", f"x{number}") for number in range(300)]
    rows[7] = ("n7@example.com", "a" * 60)
    block = Block(rows=rows, numbers=range(2, 302), source=0)
    results = (
        mapping.surveyor(("Mail", "First"), location_id="loc", today=date(2026, 11, 23)).bind().map(block)
    )
    failed = [each for each in results if isinstance(each, Outcome)]
    assert [(each.row, each.code) for each in failed] == [(9, "transform_failed")]
    assert isinstance(results[8], Record)
    assert results[8].fields["firstName"] == "x8"


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
