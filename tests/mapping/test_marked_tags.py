"""A column with an x for each list that somebody is on: each column has a tag of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from importer.errors import MappingError
from importer.mapping import parse_mapping
from importer.mapping.assigning import assign, assigned_rules
from importer.records import Outcome, Record

Lay = Callable[..., list[Record | Outcome]]
RULES = "fields: {email: {value: a@b.com}}\ntags: {marked: {News: newsletter, Fair: fair-2026}}"


@pytest.mark.parametrize(
    ("cells", "tags"),
    [
        (["x", ""], ("newsletter",)),
        (["", "X"], ("fair-2026",)),
        (["yes", "1"], ("newsletter", "fair-2026")),
        (["no", "0"], ()),
        (["", ""], ()),
        (["✓", "ja"], ("newsletter", "fair-2026")),
    ],
)
def test_a_yes_gives_the_tag_of_its_column(cells: list[str], tags: tuple[str, ...], lay: Lay) -> None:
    (mapped,) = lay(RULES, [["News", "Fair"], cells])
    assert isinstance(mapped, Record)
    assert mapped.tags == tags


def test_a_text_that_is_neither_yes_nor_no_fails_with_its_column(lay: Lay) -> None:
    (mapped,) = lay(RULES, [["News", "Fair"], ["maybe", "x"]])
    assert isinstance(mapped, Outcome)
    assert [(fault.code, fault.column) for fault in mapped.faults] == [("invalid_boolean", "News")]


def test_a_text_that_means_nothing_gives_no_tag_and_is_told(lay: Lay) -> None:
    (mapped,) = lay(RULES, [["News", "Fair"], ["NULL", "x"]])
    assert isinstance(mapped, Record)
    assert mapped.tags == ("fair-2026",)
    assert [(fault.code, fault.column) for fault in mapped.warnings] == [("blank_marker", "News")]


def test_marks_stand_beside_tags_in_cells_and_those_of_every_row(lay: Lay) -> None:
    rules = (
        "fields: {email: {value: a@b.com}}\n"
        "tags: {columns: [Tags], map: {newsletter: other}, marked: {News: newsletter}, always: [import]}"
    )
    (mapped,) = lay(rules, [["Tags", "News"], ["vip, Import", "x"]])
    assert isinstance(mapped, Record)
    assert mapped.tags == ("vip", "Import", "newsletter")


def test_a_column_that_the_file_lacks_is_told_unless_it_is_optional(lay: Lay) -> None:
    with pytest.raises(MappingError, match="no column 'Fair'"):
        lay(RULES, [["News"], ["x"]])
    (mapped,) = lay(RULES.replace("tags: {", "tags: {optional: true, "), [["News"], ["x"]])
    assert isinstance(mapped, Record)
    assert mapped.tags == ("newsletter",)


def test_a_mark_needs_a_tag() -> None:
    with pytest.raises(MappingError) as refused:
        parse_mapping("version: 1\nfields: {email: E}\ntags: {marked: {News: ''}}\n", name="m.yaml")
    assert refused.value.faults[0].startswith("m.yaml:3:")


def test_columns_with_a_mark_are_named_by_the_mapping() -> None:
    mapping = parse_mapping(f"version: 1\n{RULES}\n", name="m.yaml")
    assert mapping.headers == ("News", "Fair")


def test_a_form_leaves_marks_alone() -> None:
    text = "version: 1\nfields: {email: E}\ntags: {columns: [Tags], marked: {News: newsletter}}\n"
    (_, tags) = assigned_rules(text, ["E", "Tags", "News"])
    assert (tags.columns, tags.by_hand) == (("Tags",), ("marked",))
    left = assign(text, ["E", "Tags", "News"], 1, None, name="m.yaml")
    assert "marked: {News: newsletter}" in left
    assert "Tags" not in left
