"""A form over a mapping's text: a column is let go elsewhere, and nothing else of the text changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.errors import MappingError
from importer.mapping import parse_mapping
from importer.mapping.assigning import assign, assigned_rules, in_order, read_elsewhere, used_column
from importer.yaml.document import YamlPath

HEADER = ("E-mail", "Mail 2", "First", "Groups", "Town")
TEXT = """\
# who wrote this
version: 1
fields:
  email: E-mail # the good one
  firstName:
    column: First
    on_update: if_blank # they correct names by hand
  city: {template: "{Town}!"}
tags:
  columns: [Groups]
  always: [imported]
"""
EMAIL, SECOND, FIRST, GROUPS, TOWN = range(5)
SHIPPED = sorted((Path(__file__).parents[2] / "mappings").glob("*.yaml"))


def moved(place: int, target: YamlPath | None, text: str = TEXT) -> str:
    return assign(text, HEADER, place, target, name="m.yaml")


def goes_to(text: str) -> dict[str, tuple[str, ...]]:
    return {rule.key: rule.columns for rule in assigned_rules(text, HEADER) if rule.columns}


@pytest.mark.parametrize(
    ("place", "target", "becomes"),
    [
        (SECOND, ("fields", "email"), {"fields.email": ("E-mail", "Mail 2")}),
        (EMAIL, ("fields", "source"), {"fields.email": None, "fields.source": ("E-mail",)}),
        (FIRST, ("fields", "lastName"), {"fields.firstName": None, "fields.lastName": ("First",)}),
        (FIRST, None, {"fields.firstName": None}),
        (FIRST, ("fields", "firstName"), {}),
        (
            GROUPS,
            ("custom_fields", "Circle No. 1"),
            {"tags": None, 'custom_fields."Circle No. 1"': ("Groups",)},
        ),
        (TOWN, ("tags",), {"tags": ("Groups", "Town")}),
        (TOWN, ("custom_fields", "Town"), {"custom_fields.Town": ("Town",)}),
        (SECOND, None, {}),
    ],
)
def test_a_column_goes_where_it_is_sent_and_nowhere_else(
    place: int, target: YamlPath | None, becomes: dict[str, tuple[str, ...] | None]
) -> None:
    expected: dict[str, tuple[str, ...] | None] = {**goes_to(TEXT), **becomes}

    found = goes_to(moved(place, target))

    assert found == {key: columns for key, columns in expected.items() if columns is not None}


def test_what_a_person_wrote_around_it_stays() -> None:
    text = moved(SECOND, ("fields", "email"))

    assert "# who wrote this" in text
    assert "on_update: if_blank # they correct names by hand" in text
    assert 'city: {template: "{Town}!"}' in text


def test_tags_that_every_row_gets_outlive_their_last_column() -> None:
    mapping = parse_mapping(moved(GROUPS, None))

    assert mapping.model.tags is not None
    assert (mapping.model.tags.columns, mapping.model.tags.always) == ((), ("imported",))


def test_a_rule_that_a_form_cannot_say_is_not_touched() -> None:
    with pytest.raises(MappingError, match="does not come from a column"):
        moved(SECOND, ("fields", "city"))


def test_a_rule_that_a_form_cannot_say_is_shown_as_such() -> None:
    rule = next(each for each in assigned_rules(TEXT, HEADER) if each.key == "fields.city")

    assert (rule.columns, rule.by_hand) == ((), ("template",))


def test_the_first_that_is_not_blank_is_a_matter_of_order() -> None:
    both = moved(SECOND, ("fields", "email"))

    turned = in_order(both, ("fields", "email"), ["Mail 2", "E-mail"], name="m.yaml")

    assert goes_to(turned)["fields.email"] == ("Mail 2", "E-mail")


def test_a_mapping_may_be_without_an_identifier_on_the_way_to_another_one() -> None:
    without = moved(EMAIL, None)

    with pytest.raises(MappingError, match="No rule fills email or phone"):
        parse_mapping(without)
    assert goes_to(moved(SECOND, ("fields", "email"), without))["fields.email"] == ("Mail 2",)


def test_an_order_of_other_columns_is_refused() -> None:
    with pytest.raises(MappingError, match="other columns by now"):
        in_order(TEXT, ("fields", "email"), ["Town"], name="m.yaml")


def test_columns_that_the_file_lacks_have_no_place() -> None:
    (rule,) = assigned_rules("version: 1\nfields: {email: [e mail, Post]}\n", HEADER)

    assert (rule.columns, rule.places) == (("e mail", "Post"), (EMAIL,))


@given(data=st.data())
def test_whatever_is_sent_where_the_rest_of_a_shipped_mapping_stays(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(SHIPPED))
    text = path.read_text(encoding="utf-8")
    header = tuple(parse_mapping(text).headers)
    place = data.draw(st.integers(0, len(header) - 1))
    targets: list[YamlPath | None] = [
        None,
        ("tags",),
        ("custom_fields", "New one"),
        ("fields", "email"),
        ("fields", "website"),
    ]
    target = data.draw(st.sampled_from(targets))
    before = {rule.path: rule for rule in assigned_rules(text, header)}
    try:
        changed = assign(text, header, place, target, name=path.name)
    except MappingError:
        return  # refused as a whole: nothing was changed

    after = {rule.path: rule for rule in assigned_rules(changed, header)}
    untouched = {key for key, rule in before.items() if place not in rule.places and key != target}
    assert {key: after[key].rule for key in untouched} == {key: before[key].rule for key in untouched}
    assert [key for key, rule in after.items() if place in rule.places] == (
        [] if target is None else [target]
    )
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert [line for line in changed.splitlines() if line.startswith("#")] == comments


def test_a_column_goes_to_one_more_place_and_leaves_that_one_alone() -> None:
    both = assign(TEXT, HEADER, EMAIL, ("fields", "source"), name="m.yaml", instead_of=[])
    assert goes_to(both) == goes_to(TEXT) | {"fields.source": ("E-mail",)}

    other = assign(
        both, HEADER, EMAIL, ("fields", "website"), name="m.yaml", instead_of=[("fields", "source")]
    )
    assert goes_to(other) == goes_to(TEXT) | {"fields.website": ("E-mail",)}
    assert goes_to(
        assign(both, HEADER, EMAIL, None, name="m.yaml", instead_of=[("fields", "source")])
    ) == goes_to(TEXT)


@pytest.mark.parametrize(
    ("cells", "used"),
    [
        (["a@x", "b@x"], EMAIL),
        (["", "b@x"], SECOND),
        ([" ", "b@x"], SECOND),
        (["N/A", "b@x"], SECOND),
        (["N/A", ""], EMAIL),
        (["", ""], None),
        (["a@x"], EMAIL),
    ],
)
def test_of_several_columns_the_one_is_named_that_a_run_takes(cells: list[str], used: int | None) -> None:
    (rule,) = (
        each for each in assigned_rules(moved(SECOND, ("fields", "email")), HEADER) if len(each.columns) > 1
    )
    assert used_column(rule, cells) == used


def test_a_column_that_no_form_shows_is_told_with_the_places_that_read_it() -> None:
    text = """version: 1
fields: {email: E-mail, companyName: {template: '{Firm} ({Branch})'}}
custom_fields: {Plan: {columns: [Plan, Branch]}}
tags: {columns: Group, marked: {Webinar: webinar-2026}}
location: {column: Place}
rows: {skip_if: [{column: State, blank: true}, {column: E-mail, blank: true}]}
notes: [{column: Remarks}]
"""
    header = ["E-mail", "Firm", "Branch", "Plan", "Group", "webinar", "Place", "State", "Remarks", "Other"]

    found = read_elsewhere(parse_mapping(text, name="m.yaml").model, header)

    assert {header[place]: keys for place, keys in found.items()} == {
        "E-mail": ("rows.skip_if",),
        "Firm": ("fields.companyName.template",),
        "Branch": ("fields.companyName.template",),
        "webinar": ("tags.marked.Webinar",),
        "State": ("rows.skip_if",),
        "Remarks": ("notes",),
    }
