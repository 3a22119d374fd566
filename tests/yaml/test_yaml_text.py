from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.yaml.document import MAX_NODES, parse, read
from importer.yaml.section import Section, key


class Inner(Section):
    """What is asked for below."""

    minutes: int


class Outer(Section):
    """A file."""

    title: str
    jobs: dict[str, Inner] = key(default={})


def faults(text: str) -> list[str]:
    return [fault.at("f.yaml") for fault in read(text).faults]


@pytest.mark.parametrize(
    "scalar", ["NO", "off", "01234", "2024-01-02", "1.0", "~", "null", "0x1F", "1_000", "12:30"]
)
def test_every_scalar_stays_the_text_that_was_written(scalar: str) -> None:
    assert read(f"a: {scalar}").value == {"a": scalar}


def test_a_key_such_as_no_stays_a_text() -> None:
    assert read("No: x\nyes: y").value == {"No": "x", "yes": "y"}


def test_a_tab_is_said_to_be_one() -> None:
    (said,) = faults("a:\n\tb: 1")
    assert "never by a tab" in said


def test_a_repeated_key_is_refused_with_both_places() -> None:
    assert faults("a: 1\nb: 2\na: 3") == ["f.yaml:3:1: The key 'a' is here a second time (first in line 1)."]


@pytest.mark.parametrize("text", ["a: !!int 5", "a: !python/object:os.system x", "!!map {a: b}", "a: ! b"])
def test_tags_are_refused(text: str) -> None:
    assert "Tags such as" in faults(text)[0]


def test_a_value_that_was_forgotten_is_refused_and_a_quoted_blank_is_not() -> None:
    assert faults("a:\nb: x")[0].startswith("f.yaml:1:3: Nothing stands here")
    assert read('a: ""').value == {"a": ""}


def test_an_alias_repeats_what_it_stands_for() -> None:
    assert read("a: &x {b: c}\nd: *x").value == {"a": {"b": "c"}, "d": {"b": "c"}}


def test_aliases_that_unfold_without_bound_are_refused() -> None:
    levels = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12))
    assert f"more than {MAX_NODES:,} values" in faults(f"a0: &a0 [x]\n{levels}")[0]


def test_an_alias_that_contains_itself_is_refused() -> None:
    assert faults("a: &x [*x]") == ["f.yaml:1:8: The alias *x contains itself."]


@pytest.mark.parametrize("levels", [100, 5_000])  # the parser itself may refuse the second
def test_deep_nesting_is_refused(levels: int) -> None:
    assert faults("[" * levels)[0].endswith("The file is nested more than 40 levels deep.")


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n", "---\n"])
def test_an_empty_file_is_one_fault(text: str) -> None:
    assert len(faults(text)) == 1


def test_a_second_document_is_refused() -> None:
    assert faults("a: b\n---\nc: d") == ["f.yaml:2:1: A second document starts here; one file holds one."]


def test_a_merge_key_is_just_an_unknown_key() -> None:
    parsed = parse("title: x\njobs: {a: {<<: {}, minutes: 5}}", Outer)
    assert "'<<' is no key here" in parsed.faults[0].sentence


def test_all_faults_are_told_at_once_each_at_its_place() -> None:
    parsed = parse("titel: x\njobs:\n  a: {minuts: 5}\n  b: {minutes: soon}\n", Outer)
    assert [fault.at("f.yaml") for fault in parsed.faults] == [
        "f.yaml:1:1: 'title' is missing here.",
        "f.yaml:1:1: 'titel' is no key here. Did you mean 'title'?",
        "f.yaml:3:6: 'minutes' is missing here.",
        "f.yaml:3:7: 'minuts' is no key here. Did you mean 'minutes'?",
        "f.yaml:4:16: 'minutes': a whole number is expected here, not 'soon'.",
    ]


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read("\ufeffa: b").value == {"a": "b"}


@given(st.text(max_size=200))
def test_no_text_makes_reading_raise(text: str) -> None:
    document = read(text)
    assert document.faults or document.value is not None


@given(
    st.recursive(
        st.text(alphabet="ab:-[]{}&*!|>'\"%@` \n#?,", max_size=8), lambda part: st.lists(part).map("".join)
    )
)
def test_no_text_of_yaml_signs_makes_reading_raise(text: str) -> None:
    read(text)
    parse(text, Outer)
