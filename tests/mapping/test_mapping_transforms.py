from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.errors import MappingError
from importer.mapping.transforms.patterns import LONGEST, check_pattern
from importer.mapping.transforms.steps import KINDS, as_text, chain, make_step, parse_step
from importer.mapping.values.conventions import Conventions
from importer.mapping.values.dates import DateRules
from importer.mapping.values.fault import ValueFault
from importer.records import Outcome, Record

FieldsOf = Callable[..., dict[str, Any]]
Lay = Callable[..., list[Record | Outcome]]
WRITTEN = Conventions(dates=DateRules(today=date(2026, 11, 23)))


def run(steps: object, text: str) -> object:
    named = steps if isinstance(steps, list) else [steps]
    return chain(tuple(make_step(parse_step(step), WRITTEN) for step in named))(text)


@pytest.mark.parametrize(
    ("step", "text", "result"),
    [
        ("trim", " a ", "a"),
        ("collapse", "a   b\n c", "a b c"),
        ("lower", "ÀB", "àb"),
        ("upper", "straße", "STRASSE"),
        ("title", "o'brien-smith JOHN", "O'Brien-Smith John"),
        ("title", "don’t stop", "Don’t Stop"),
        ("digits", "a1b2-3", "123"),
        ("strip_html", "<p>A &amp; B<br>C</p><script>x()</script>", "A & B\nC"),
        ("first", "Ann Mary Lee", "Ann"),
        ("last", "Ann Mary Lee", "Lee"),
        ({"first": ","}, "Lee, Ann", "Lee"),
        ({"last": {"by": ","}}, "Lee, Ann", "Ann"),
        ({"split": {"by": "/", "part": "2"}}, "a / b / c", "b"),
        ({"split": {"by": "/", "part": "-1"}}, "a/b/c", "c"),
        ({"split": {"by": "/", "part": "9"}}, "a/b/c", ""),
        ({"split": "/"}, "a/b/c", "a"),
        ({"regex": r"(\d+) (\w+)"}, "12 Main", "12"),
        ({"regex": r"\d+"}, "no 12", "12"),
        ({"regex": r"\d+"}, "none", ""),
        ({"regex": {"pattern": r"(\w+), (\w+)", "replace": r"\2 \1"}}, "Lee, Ann", "Ann Lee"),
        ({"regex": {"pattern": r"(?P<a>\w)x", "replace": r"\g<a>"}}, "ax", "a"),
        ({"replace": {"St.": "Street", "#": ""}}, "#5 Main St.", "5 Main Street"),
        ({"prefix": "cust-"}, "7", "cust-7"),
        ({"suffix": " Ltd"}, "Acme", "Acme Ltd"),
        ("date", "2 Jan 1990", "1990-01-02"),
        ({"date": "DD.MM.YYYY"}, "03.04.1990", "1990-04-03"),
        ({"date": {"order": "MDY"}}, "03/04/1990", "1990-03-04"),
        ("dated", "2023-05-01 10:00:00 UTC", "yes"),
        ("dated", "31/12/2023", "yes"),
        ("dated", "12/31/2023", "yes"),
        ("dated", "0000-00-00 00:00:00", ""),
        ("dated", "never", "never"),
        ({"dated": "out"}, "1 May 2023", "out"),
        ("first_name", "Lee, Ann", "Ann"),
        ("last_name", "Lee, Ann", "Lee"),
        ("full_name", "Lee, Ann", "Ann Lee"),
        ("full_name", "Acme, Inc.", "Acme, Inc."),
        ("number", "1.234,56", 1234.56),
        ({"number": ","}, "1,234", 1.234),
        ("money", "$1,234.50", 1234.5),
        ("percent", "12 %", 12),
        ("boolean", "Ja", True),
        ("country", "Germany", "DE"),
        ("state", "texas", "TX"),
        (["strip_html", "first", "upper"], "<b>ann</b> lee", "ANN"),
        (["number", {"suffix": " pieces"}], "12,0", "12 pieces"),
    ],
)
def test_each_transform_does_what_its_name_says(step: object, text: str, result: object) -> None:
    assert run(step, text) == result


def test_a_step_that_cannot_read_its_text_ends_the_chain() -> None:
    found = run(["number", "upper"], "abc")
    assert isinstance(found, ValueFault)
    assert found.code == "invalid_number"


def test_a_transform_that_leaves_nothing_counts_as_a_blank_cell(fields_of: FieldsOf) -> None:
    rule = "  city: {column: A, transforms: [digits], default: none}"
    assert fields_of(rule, ["A"], ["abc"]) == {"city": "none"}


def test_a_number_becomes_text_where_the_field_is_a_text(fields_of: FieldsOf) -> None:
    assert fields_of("  source: {column: A, transforms: [money]}", ["A"], ["$1,000"]) == {"source": "1000"}


def test_the_decimal_sign_of_the_rule_or_the_defaults_holds_for_its_steps(fields_of: FieldsOf) -> None:
    of_the_rule = "  source: {column: A, transforms: [number], decimal: ','}"
    assert fields_of(of_the_rule, ["A"], ["1.234"]) == {"source": "1234"}
    plain, default = "  source: {column: A, transforms: [number]}", "defaults: {decimal: '.'}"
    assert fields_of(plain, ["A"], ["1.234"], before=default) == {"source": "1.234"}


def test_a_text_too_long_for_a_regex_fails_instead_of_being_tried() -> None:
    found = run({"regex": "a"}, "a" * (LONGEST + 1))
    assert isinstance(found, ValueFault)
    assert found.code == "text_too_long"


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+", "(a*)*b", "(a|aa)+$", "((a+)b?)*", "(?:x|y)*", r"(\w+\s?)+$", "(a{1,})*", "a*" * 13],
)
def test_patterns_that_may_take_for_ever_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="takes for ever"):
        check_pattern(pattern, None)


@pytest.mark.parametrize(
    "pattern",
    [r"^(\w+)\s+(\w+)$", r"(?i)\b(mr|mrs)\.? ", "[(+*]+", r"\(a+\)+", "(ab)+", "(a|b)c+", "(?:a|b)?", "x{2}", r"[^)]+\)"],
)  # fmt: skip
def test_ordinary_patterns_are_taken(pattern: str) -> None:
    check_pattern(pattern, None)


def test_every_transform_says_what_it_does() -> None:
    assert len(KINDS) > 20
    assert all(kind.says.endswith(".") for kind in KINDS.values())


OWN = """
limit = 5
def shout(text): return text.upper() + "!"
def picky(text): raise ValueError("too short")
def broken(text): return text["x"]
def odd(text): return object()
def nothing(text): return None
"""


@pytest.fixture
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "my_steps.py").write_text(OWN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return "my_steps"


def city_by(lay: Lay, step: str) -> Record | Outcome:
    rules = f"fields: {{email: E, city: {{column: A, transforms: ['{step}']}}}}"
    (mapped,) = lay(rules, [["E", "A"], ["a@b.com", "rome"]], allow_transforms=True)
    return mapped


def test_a_function_of_the_users_own_gives_the_value(lay: Lay, own_module: str) -> None:
    record = city_by(lay, f"{own_module}:shout")
    assert isinstance(record, Record)
    assert record.fields["city"] == "ROME!"
    blank = city_by(lay, f"{own_module}:nothing")
    assert isinstance(blank, Record)
    assert "city" not in blank.fields


@pytest.mark.parametrize(
    ("function", "said"),
    [
        ("picky", "'rome' was refused by my_steps:picky: too short"),
        ("broken", "'rome' made my_steps:broken fail with TypeError"),
        ("odd", "'rome' made my_steps:odd return object, not a text"),
    ],
)
def test_what_a_users_function_raises_is_a_fault_of_the_row(
    lay: Lay, own_module: str, function: str, said: str
) -> None:
    failure = city_by(lay, f"{own_module}:{function}")
    assert isinstance(failure, Outcome)
    assert (failure.code, failure.message) == ("transform_failed", f"Column 'A': {said}.")


@pytest.mark.parametrize("step", ["no_such_module_here:f", "my_steps:missing", "my_steps:limit"])
def test_a_function_that_cannot_be_found_is_refused_before_any_row(
    lay: Lay, own_module: str, step: str
) -> None:
    with pytest.raises(MappingError):
        city_by(lay, step)


def test_a_mapping_with_code_of_its_own_is_refused_unless_that_is_allowed(fields_of: FieldsOf) -> None:
    rules = "  city: {column: A, transforms: ['textwrap:dedent', upper]}"
    with pytest.raises(MappingError, match="--allow-transforms"):
        fields_of(rules, ["A"], ["rome"])
    assert fields_of(rules, ["A"], ["rome"], allow_transforms=True) == {"city": "ROME"}


BARE = [name for name, kind in KINDS.items() if not kind.required and not kind.pairs]


@given(st.text(max_size=40), st.sampled_from(BARE))
def test_no_text_makes_a_transform_raise(text: str, name: str) -> None:
    run(name, text)


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (False, "false"), (None, ""), (12, "12"), (1.5, "1.5")]
)
def test_values_are_written_as_texts_for_the_next_step(value: object, text: str) -> None:
    assert as_text(value) == text


def test_a_birthday_that_a_step_made_is_taken_whatever_the_format_of_its_cells(fields_of: FieldsOf) -> None:
    rule = "  dateOfBirth: {column: A, format: '%d.%m.%Y', transforms: [date]}"
    assert fields_of(rule, ["A"], ["31.12.1990"]) == {"dateOfBirth": "1990-12-31"}
