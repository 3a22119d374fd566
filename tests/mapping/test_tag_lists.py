"""Several tags in one cell, in the notations of the programs that export them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.highlevel.catalog import Catalog, CustomField
from importer.mapping.values.lists import parts_of
from importer.records import Outcome, Record

Lay = Callable[..., list[Record | Outcome]]


@pytest.mark.parametrize(
    ("cell", "tags"),
    [
        ("vip, lead", ["vip", "lead"]), ("^vip^,^lead^", ["vip", "lead"]), ("^vip^", ["vip"]), ("['vip', 'lead']", ["vip", "lead"]),
        ('["vip","lead, hot"]', ["vip", "lead, hot"]), ("['it\\'s', \"o'hara\"]", ["it's", "o'hara"]), ("[vip, lead]", ["vip", "lead"]),
        ("{vip,lead}", ["vip", "lead"]), ('{"lead, hot",vip}', ["lead, hot", "vip"]), ("{vip}", ["vip"]), ("[]", []), ("{}", []),
        (";#vip;#lead;#", ["vip", "lead"]), ("vip\nlead", ["vip", "lead"]), ('"lead, hot","vip"', ["lead, hot", "vip"]), ('["caf\\u00e9"]', ["café"]),
        ("[VIP]", ["[VIP]"]), ("[VIP], [B]", ["[VIP]", "[B]"]), ("{a}, {b}", ["{a}", "{b}"]), ("^", ["^"]), ("a^b, c", ["a^b", "c"]),
        ("[1, 2]", ["1", "2"]), ("vip,,lead,", ["vip", "lead"]),
    ],
)  # fmt: skip
def test_a_list_is_cut_as_its_notation_says(cell: str, tags: list[str]) -> None:
    assert parts_of(cell, ",") == tags


def test_a_notation_goes_before_the_separator_of_the_mapping() -> None:
    assert parts_of("^a b^,^c^", ";") == ["a b", "c"]
    assert parts_of("['a', 'b']", "|") == ["a", "b"]


def test_separators_of_databases_part_tags(lay: Lay) -> None:
    mapped = lay(
        "fields: {email: {value: a@b.com}}\ntags: T",
        [["T"], ["vip\x1dnewsletter"], ["a\x1fb"], ["a\x0bb, c"], ["^a^,^b^"]],
    )
    assert [each.tags for each in mapped if isinstance(each, Record)] == [
        ("vip", "newsletter"),
        ("a", "b"),
        ("a", "b", "c"),
        ("a", "b"),
    ]


def test_tags_that_mean_nothing_stay_out_and_damaged_ones_are_told(lay: Lay) -> None:
    rules = "fields: {email: {value: a@b.com}}\ntags: {columns: [T, U], map: {n/a: unsorted}}"
    mapped = lay(rules, [["T", "U"], ["\\N", "vip"], ["vip, NULL", "-"], ["n/a", ""], ["R&amp;D", ""]])
    assert [each.tags for each in mapped] == [("vip",), ("vip",), ("unsorted",), ("R&amp;D",)]  # type: ignore[union-attr]
    told = [[(fault.code, fault.column) for fault in each.warnings] for each in mapped]
    assert told == [
        [("blank_marker", "T")],
        [("blank_marker", "T"), ("blank_marker", "U")],
        [],
        [("html_entities", "T")],
    ]


def test_choices_of_a_custom_field_are_read_alike(lay: Lay) -> None:
    known = CustomField(
        id="f1", name="Size", key="contact.size", data_type="MULTIPLE_OPTIONS", options=("S", "M")
    )
    catalog = Catalog(location_id="loc1", custom_fields=(known,))
    mapped = lay(
        "fields: {email: {value: a@b.com}}\ncustom_fields: {Size: C}",
        [["C"], ["^S^,^M^"], ["['S', 'M']"], ["S\x1dM"]],
        catalog=catalog,
    )
    assert [each.custom_fields for each in mapped if isinstance(each, Record)] == [(("f1", ["S", "M"]),)] * 3


@given(st.text(alphabet="ab,'\"[]{}^\\\n;# ", max_size=30))
def test_no_cell_makes_cutting_it_raise(cell: str) -> None:
    assert all(part == part.strip() != "" for part in parts_of(cell, ","))
