from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.yaml.document import Plain, YamlPath, read
from importer.yaml.editing import CannotEditError, add_entry, remove_value, set_value, value_at, wrap_value

SHIPPED = sorted((Path(__file__).parents[2] / "mappings").glob("*.yaml"))
PAGE = """\
# What a person wrote above
mode: upsert  # why this one
fields:   # of the contact
  # the one that newsletters go to
  email: E-mail  # their name of it
  phone:
    # mobile first
    column: Phone   # as the export has it
    default: "1"
always:
- new   # first
# between two
- spring
flow: {x: 1, y: [1, 2]}
note: |
  two
  lines
# the last word
"""
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
VALUES: st.SearchStrategy[Plain] = st.recursive(
    TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS.filter(bool), inner, max_size=3), max_leaves=5
)  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        ("mode", "No", "mode: upsert  # why", 'mode: "No"  # why'),
        ("fields.email", {"column": "E-mail"}, "email: E-mail  # their", "email: {column: E-mail}  # their"),
        ("fields.phone.column", "P: x", "column: Phone   # as", 'column: "P: x"   # as'),
        ("fields.phone.optional", "yes", 'default: "1"\n', 'default: "1"\n    optional: "yes"\n'),
        ("fields.name.column", "Name", 'default: "1"\n', 'default: "1"\n  name: {column: Name}\n'),
        ("always.1", "summer", "- spring\n", "- summer\n"),
        ("always.2", "summer", "- spring\n", "- spring\n- summer\n"),
        ("flow.z", ["q"], "[1, 2]}", "[1, 2], z: [q]}"),
        ("flow.y.2", "3", "[1, 2]}", '[1, 2, "3"]}'),
        ("note", "one", "|\n  two\n  lines\n", "one\n"),
        ("foot", "x", "  lines\n", "  lines\nfoot: x\n"),
    ],
)
def test_a_value_is_set_where_it_stands(path: str, value: Plain, old: str, new: str) -> None:
    assert PAGE.count(old) == 1
    assert set_value(PAGE, steps(path), value) == PAGE.replace(old, new)


@pytest.mark.parametrize(
    ("path", "gone"),
    [
        ("mode", "mode: upsert  # why this one\n"),
        ("fields.email", "  email: E-mail  # their name of it\n"),
        ("fields.phone.default", '    default: "1"\n'),
        ("always.0", "- new   # first\n"),
        ("always.1", "- spring\n"),
        ("flow.x", "x: 1, "),
        ("flow.y", ", y: [1, 2]"),
        ("flow.y.1", ", 2"),
        ("note", "note: |\n  two\n  lines\n"),
    ],
)
def test_what_is_taken_out_goes_with_its_lines_alone(path: str, gone: str) -> None:
    assert PAGE.count(gone) == 1
    assert remove_value(PAGE, steps(path)) == PAGE.replace(gone, "")


def test_the_last_entry_leaves_an_empty_one() -> None:
    assert remove_value("a:\n  b: c\nd: [e]\n", ("a", "b")) == "a:\n  {}\nd: [e]\n"
    assert remove_value("a: b\nd: [e]\n", ("d", 0)) == "a: b\nd: []\n"


def test_a_value_below_its_key_is_exchanged_for_one_beside_it() -> None:
    assert set_value("a:\n  b: c\nd: e\n", ("a",), "x") == "a: x\nd: e\n"
    assert set_value("a:  # why:\n  b: c\nd: e\n", ("a",), "x") == "a:  # why:\n  x\nd: e\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_line_ends_and_byte_order_mark_stay(newline: str, bom: str) -> None:
    text = bom + PAGE.replace("\n", newline)
    changed = set_value(text, ("fields", "website"), "Web")
    assert changed == text.replace(f'"1"{newline}', f'"1"{newline}  website: Web{newline}')


def test_a_text_without_a_last_line_end_grows_by_a_line() -> None:
    assert set_value("a: b", ("c",), "d") == "a: b\nc: d"


@pytest.mark.parametrize(
    ("text", "path", "reason"),
    [
        ("a: &x b\nc: *x\n", "a", "by hand"),
        ("a: &x {b: c}\nd: *x\n", "d.b", "alias"),
        ("a: b\n", "a.c", "a is a text"),
        ("a: [b]\n", "a.c", "a is a list"),
        ("a: b\na: c\n", "a", "second time"),
        ("a: |+\n  b\n\n", "c", "by hand"),
    ],
)
def test_what_cannot_be_changed_in_place_is_refused_with_the_reason(
    text: str, path: str, reason: str
) -> None:
    with pytest.raises(CannotEditError, match=reason):
        set_value(text, steps(path), "new")


@pytest.mark.parametrize(
    ("text", "wrapped"),
    [
        ("a: b c  # why\n", "a: {columns: b c}  # why\n"),
        (
            "a:  # why\n  - b  # one\n\n  # two\n  - c\nd: e\n",
            "a:  # why\n  columns:\n    - b  # one\n\n    # two\n    - c\nd: e\n",
        ),
        ("a:\n- b # one\n- c\nd: e\n", "a:\n  columns:\n  - b # one\n  - c\nd: e\n"),
        ("a:\r\n- b # one\r\n- c\r\n", "a:\r\n  columns:\r\n  - b # one\r\n  - c\r\n"),
        ("a: [b, # one\n    c] # two\n", "a: {columns: [b, # one\n    c]} # two\n"),
        ("a:\n  - b", "a:\n  columns:\n    - b"),
    ],
)
def test_a_value_is_put_below_a_key_with_its_lines_and_comments(text: str, wrapped: str) -> None:
    assert wrap_value(text, ("a",), "columns") == wrapped


def test_what_is_not_there_is_not_put_below_a_key() -> None:
    with pytest.raises(CannotEditError, match="no b to change"):
        wrap_value("a: b\n", ("b",), "columns")


def test_what_is_not_there_cannot_be_taken_out() -> None:
    with pytest.raises(CannotEditError, match=r"no fields\.nobody"):
        remove_value(PAGE, ("fields", "nobody"))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_change_of_any_shipped_mapping_keeps_every_other_line(data: st.DataObject) -> None:
    """But for the comments inside of what is taken out as a whole, and the line of a section in braces that gets a new key."""
    text = data.draw(st.sampled_from(SHIPPED)).read_text(encoding="utf-8")
    before = read(text).value
    path = data.draw(st.sampled_from(list(paths(before))))
    remove = data.draw(st.booleans())
    if remove:
        after = remove_value(text, path)
        assert value_at(after, path) != value_at(text, path) or isinstance(path[-1], int)
    else:
        if isinstance(value_at(text, path), dict) and data.draw(st.booleans()):
            path = (*path, data.draw(TEXTS.filter(bool)))
        value = data.draw(VALUES)
        after = set_value(text, path, value)
        assert value_at(after, path) == value
    assert others(read(after).value, path) == others(before, path)
    gone = [line for line in text.splitlines() if line not in after.splitlines()]
    touched = {str(step) for step in path} | set(words(value_at(text, path)))
    new = value_at(text, path) is None
    for line in gone:
        inside = line.strip().startswith("#") and not isinstance(value_at(text, path), str)
        assert not line.startswith("#"), line
        assert inside or any(step in line for step in touched) or (new and "{" in line), line


def steps(path: str) -> YamlPath:
    return tuple(path.split("."))


def paths(value: Plain, above: YamlPath = ()) -> Iterator[YamlPath]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in inside:
        yield (*above, step)
        yield from paths(each, (*above, step))


def others(value: Plain, path: YamlPath) -> Plain:
    """Give a copy without what stands at ``path``."""
    value = copy.deepcopy(value)
    parent: Plain | None = value
    for step in path[:-1]:
        parent = parent.get(str(step)) if isinstance(parent, dict) else parent[int(step)] if isinstance(parent, list) else None  # fmt: skip
    if isinstance(parent, dict):
        parent.pop(str(path[-1]), None)
    elif isinstance(parent, list):
        parent.clear()  # what stands behind an entry moves up
    return value


def words(value: Plain | None) -> Iterator[str]:
    match value:
        case str():
            yield from value.split() or ['""']
        case dict():
            for key, each in value.items():
                yield from (key, *words(each))
        case list():
            for each in value:
                yield from words(each)


def test_a_new_entry_has_a_line_for_each_of_its_keys_where_its_surroundings_have() -> None:
    text = "jobs:\n   one:  # ours\n      a: 1\n# the end\n"

    assert add_entry(text, ("jobs", "two"), {"a": "2", "b": ["x"]}) == (
        'jobs:\n   one:  # ours\n      a: 1\n   two:\n     a: "2"\n     b: [x]\n# the end\n'
    )
    assert (
        add_entry("jobs: {one: {a: b}}\n", ("jobs", "two"), {"a": "c"})
        == "jobs: {one: {a: b}, two: {a: c}}\n"
    )


@pytest.mark.parametrize("path", [("jobs", "one"), ("elsewhere", "two"), ("jobs", "one", "a", "b")])
def test_an_entry_is_put_in_once_and_only_where_there_is_room(path: YamlPath) -> None:
    with pytest.raises(CannotEditError):
        add_entry("jobs:\n  one:\n    a: b\n", path, {"a": "c"})
