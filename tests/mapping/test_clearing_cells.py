"""`clear: "#CLEAR"`: a cell that asks to empty its field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from importer.errors import MappingError
from importer.highlevel.catalog import Catalog, CustomField
from importer.highlevel.payload import build_update, build_upsert
from importer.mapping import parse_mapping
from importer.records import Outcome, Record, TagMode

Lay = Callable[..., list[Record | Outcome]]
BEFORE = 'clear: "#CLEAR"\ndefaults: {region: US}\n'


def read(lay: Lay, rules: str, header: list[str], cells: list[str], **options: Any) -> Record:
    (record,) = lay(f"{BEFORE}fields:\n  id: Id\n{rules}", [["Id", *header], ["c1", *cells]], **options)
    assert isinstance(record, Record), record
    return record


def refused(lay: Lay, text: str, header: list[str], cells: list[str]) -> Outcome:
    (outcome,) = lay(BEFORE + text, [header, cells])
    assert isinstance(outcome, Outcome), outcome
    return outcome


@pytest.mark.parametrize(
    "field",
    [
        "firstName",
        "lastName",
        "name",
        "email",
        "phone",
        "address1",
        "city",
        "state",
        "website",
        "timezone",
        "companyName",
        "source",
        "assignedTo",
        "dateOfBirth",
    ],
)
def test_a_cell_empties_the_fields_that_the_schema_lets_be_null(lay: Lay, field: str) -> None:
    record = read(lay, f"  {field}: A", ["A"], ["#CLEAR"])
    assert record.fields == {field: None}
    assert [(each.code, each.column) for each in record.warnings] == [("cleared", "A")]
    assert build_update(record, tag_mode=TagMode.ADD) == {field: None}


@pytest.mark.parametrize(
    "field", ["postalCode", "country", "gender", "additionalPhones", "dnd", "dndSettings.SMS", "type"]
)
def test_a_field_that_nobody_can_empty_fails_the_row(lay: Lay, field: str) -> None:
    outcome = refused(lay, f"fields: {{id: Id, {field}: A}}", ["Id", "A"], ["c1", "#CLEAR"])
    assert (outcome.code, outcome.message) == (
        "not_clearable",
        f"Column 'A': HighLevel takes no request to empty {field}.",
    )


def test_such_a_cell_is_left_out_where_the_rule_drops_what_is_not_valid(lay: Lay) -> None:
    record = read(lay, "  country: {column: A, on_invalid: drop}", ["A"], ["#CLEAR"])
    assert record.fields == {}
    assert record.warnings[0].code == "not_clearable"


def test_only_the_very_text_empties_and_white_space_around_it_does_not_matter(lay: Lay) -> None:
    assert read(lay, "  city: A", ["A"], [" #CLEAR\u00a0"]).fields == {"city": None}
    assert read(lay, "  city: A", ["A"], ["#clear"]).fields == {"city": "#clear"}
    assert read(lay, "  city: A", ["A"], [""]).fields == {}


def test_it_takes_neither_default_nor_map_nor_transforms(lay: Lay) -> None:
    rule = "  city: {column: A, default: Rome, map: {x: y}, transforms: [upper]}"
    assert read(lay, rule, ["A"], ["#CLEAR"]).fields == {"city": None}


def test_a_required_value_is_not_emptied(lay: Lay) -> None:
    outcome = refused(
        lay, "fields: {id: Id, city: {column: A, required: true}}", ["Id", "A"], ["c1", "#CLEAR"]
    )
    assert (outcome.code, outcome.message) == (
        "missing_value",
        "Column 'A' asks to empty city, and this value is required.",
    )


@pytest.mark.parametrize(("cells", "value"), [(["#CLEAR", "Rome"], "Rome"), (["", "#CLEAR"], None)])
def test_of_several_columns_one_with_a_value_wins(lay: Lay, cells: list[str], value: str | None) -> None:
    assert read(lay, "  city: [A, B]", ["A", "B"], cells).fields == {"city": value}


@pytest.mark.parametrize(("cells", "value"), [(["#CLEAR", "North"], "(North)"), (["#CLEAR", "#CLEAR"], None)])
def test_in_a_template_it_is_a_blank_until_nothing_is_left(
    lay: Lay, cells: list[str], value: str | None
) -> None:
    rule = '  companyName: {template: "{A} ({B})"}'
    assert read(lay, rule, ["A", "B"], cells).fields == {"companyName": value}


def test_one_key_may_go_as_long_as_the_other_stays(lay: Lay) -> None:
    (record,) = lay(f"{BEFORE}fields: {{email: E, phone: P}}", [["E", "P"], ["a@x.com", "#CLEAR"]])
    assert isinstance(record, Record)
    assert record.fields == {"email": "a@x.com", "phone": None}


def test_a_row_that_empties_its_only_key_fails_and_says_so(lay: Lay) -> None:
    outcome = refused(lay, "fields: {email: E, phone: P}", ["E", "P"], ["#CLEAR", ""])
    assert outcome.code == "no_identifier"
    assert outcome.message is not None
    assert "It asks to empty email" in outcome.message


def test_it_proves_nothing_about_the_dates_of_its_column(lay: Lay) -> None:
    rows = [["E", "D"], ["a@x.com", "#CLEAR"], ["b@x.com", "31/01/1990"]]
    first, second = lay(f"{BEFORE}fields: {{email: E, dateOfBirth: D}}", rows)
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    assert (first.fields["dateOfBirth"], second.fields["dateOfBirth"]) == (None, "1990-01-31")


FIELDS = [
    CustomField(id=f"f{number}", name=kind, key=f"contact.{kind.lower()}", data_type=kind)
    for number, kind in enumerate(
        ["TEXT", "LARGE_TEXT", "NUMERICAL", "MONETORY", "SINGLE_OPTIONS", "DATE", "PHONE", "CHECKBOX"]
    )
]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.data_type)
def test_custom_fields_are_emptied_as_their_type_is_written(lay: Lay, field: CustomField) -> None:
    catalog = Catalog(location_id="loc1", custom_fields=tuple(FIELDS))
    text = f"{BEFORE}fields: {{id: Id}}\ncustom_fields: {{{field.name}: A}}"
    (record,) = lay(text, [["Id", "A"], ["c1", "#CLEAR"]], catalog=catalog)
    assert isinstance(record, Record)
    assert record.custom_fields == ((field.id, [] if field.data_type == "CHECKBOX" else None),)


def test_tags_are_emptied_where_they_are_replaced(lay: Lay) -> None:
    rows = [["E", "T"], ["a@x.com", "#CLEAR"], ["b@x.com", ""], ["c@x.com", "x"]]
    emptied, blank, tagged = lay(f"{BEFORE}fields: {{email: E}}\ntags: {{columns: T, mode: replace}}", rows)
    payloads = [
        build_upsert(each, tag_mode=TagMode.REPLACE)
        for each in (emptied, blank, tagged)
        if isinstance(each, Record)
    ]
    assert [each.get("tags") for each in payloads] == [[], None, ["x"]]


@pytest.mark.parametrize("mode", ["add", "remove"])
def test_elsewhere_it_never_becomes_a_tag(lay: Lay, mode: str) -> None:
    text = f"fields: {{email: E}}\ntags: {{columns: T, mode: {mode}}}"
    outcome = refused(lay, text, ["E", "T"], ["a@x.com", "#CLEAR"])
    assert outcome.code == "not_clearable"
    assert "tags: mode: replace" in str(outcome.message)


def test_of_rows_that_are_merged_the_later_word_counts(lay: Lay) -> None:
    text = f"{BEFORE}fields: {{email: E, city: C, state: S, companyName: F}}\nmatch: {{in_file_duplicates: merge}}"
    rows = [["E", "C", "S", "F"], ["a@x.com", "Rome", "#CLEAR", "#CLEAR"], ["a@x.com", "#CLEAR", "", "New"]]
    merged = lay(text, rows)[1]
    assert isinstance(merged, Record)
    assert merged.fields == {"email": "a@x.com", "city": None, "state": None, "companyName": "New"}


def test_owner_and_source_are_emptied_by_the_contacts_id_alone(lay: Lay) -> None:
    (record,) = lay(f"{BEFORE}fields: {{email: E, source: S}}", [["E", "S"], ["a@x.com", "#CLEAR"]])
    assert isinstance(record, Record)
    assert "source" not in build_upsert(record, tag_mode=TagMode.ADD)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('clear: "-"\ndefaults: {empty: ["-"]}\nfields: {email: E}', "cannot both be blank"),
        ('clear: "X"\nfields: {email: E, city: {column: C, map: {X: Y}}}', "the map never sees it"),
        ('clear: " "\nfields: {email: E}', "empty_cells"),
    ],
)
def test_a_text_that_could_not_mean_it_is_refused(text: str, said: str) -> None:
    with pytest.raises(MappingError) as caught:
        parse_mapping(f"version: 1\n{text}")
    assert said in str(caught.value.faults[0])
