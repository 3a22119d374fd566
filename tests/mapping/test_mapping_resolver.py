from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest

from importer.errors import MappingError
from importer.highlevel.catalog import Catalog, CustomField, User
from importer.records import Outcome, Record, TypedText

Lay = Callable[..., list[Record | Outcome]]


def field(name: str, kind: str, *options: str, id: str = "") -> CustomField:  # noqa: A002  (the vendor's word)
    key = f"contact.{name.lower().replace(' ', '_')}"
    return CustomField(id=id or f"id_{key[8:]}", name=name, key=key, data_type=kind, options=options)


FIELDS = (
    field("Shirt Size", "SINGLE_OPTIONS", "S", "M", "Extra Large"),
    field("Interests", "MULTIPLE_OPTIONS", "Golf", "Tennis, Squash", "Chess"),
    field("Score", "NUMERICAL"),
    field("Deal", "MONETORY"),
    field("Renewal", "DATE"),
    field("Second Phone", "PHONE"),
    field("Other Mail", "EMAIL"),
    field("Site", "URL"),
    field("Start", "TIME"),
    field("Note", "LARGE_TEXT"),
    field("File", "SIGNATURE"),
    field("Twin", "TEXT", id="t1"),
    CustomField(id="t2", name="twin", key="contact.twin_2", data_type="TEXT"),
)
USERS = (
    User(id="u1", name="Ann Lee", email="ann@acme.com"),
    User(id="u2", name="Bob Ray", email="bob@acme.com"),
    User(id="u3", name="Bob Ray", email="bobby@acme.com"),
)
CATALOG = Catalog(
    location_id="loc1", custom_fields=FIELDS, users=USERS, timezones=("US/Central", "Europe/Paris")
)


def resolve(lay: Lay, rules: str, cell: str, catalog: Catalog | None = CATALOG) -> Record | Outcome:
    text = f"defaults: {{region: US}}\nfields:\n  email: {{value: a@b.com}}\n{rules}"
    (mapped,) = lay(text, [["A"], [cell]], catalog=catalog)
    return mapped


def custom(lay: Lay, name: str, cell: str, extra: str = "") -> Any:
    mapped = resolve(lay, f"custom_fields: {{'{name}': {{column: A{extra}}}}}", cell)
    if isinstance(mapped, Outcome):
        return mapped.code
    return mapped.custom_fields[0][1] if mapped.custom_fields else None


@pytest.mark.parametrize(
    "name", ["Shirt Size", "shirt size", "SHIRTSIZE", "contact.shirt_size", "shirt_size", "id_shirt_size"]
)
def test_a_custom_field_is_found_by_name_key_or_id(lay: Lay, name: str) -> None:
    record = resolve(lay, f"custom_fields: {{'{name}': A}}", "M")
    assert isinstance(record, Record)
    assert record.custom_fields == (("id_shirt_size", "M"),)


@pytest.mark.parametrize(
    ("name", "cell", "value"),
    [
        ("Shirt Size", "extra  large", "Extra Large"),
        ("Shirt Size", "XXL", "invalid_option"),
        ("Interests", "chess, golf", ["Chess", "Golf"]),
        ("Interests", "Tennis, Squash", ["Tennis, Squash"]),
        ("Interests", "Golf, Golf", ["Golf"]),
        ("Interests", "Golf, Polo", "invalid_option"),
        ("Score", "1.234,5", 1234.5),
        ("Score", "many", "invalid_number"),
        ("Deal", "$1,234", 1234),
        ("Renewal", "2 Jan 2027", "2027-01-02"),
        ("Renewal", "soon", "invalid_date"),
        ("Second Phone", "(415) 555-2671", "+14155552671"),
        ("Second Phone", "12", "invalid_phone"),
        ("Other Mail", "Ann <ann@x.com>", "ann@x.com"),
        ("Site", "example.com", "https://example.com"),
        ("Start", "2:30 pm", "14:30"),
        ("Start", "14.30", "14:30"),
        ("Start", "25:00", "invalid_time"),
        ("Note", "any\ntext", "any\ntext"),
        ("Note", "", None),
    ],
)
def test_a_custom_value_is_made_right_for_its_type(lay: Lay, name: str, cell: str, value: object) -> None:
    assert custom(lay, name, cell) == value


def test_the_cells_of_several_choices_are_split_as_the_rule_says(lay: Lay) -> None:
    assert custom(lay, "Interests", "Golf;Chess", ", split: ';'") == ["Golf", "Chess"]


def test_rows_with_the_same_choices_do_not_share_one_list(lay: Lay) -> None:
    text = "fields:\n  email: {value: a@b.com}\ncustom_fields: {Interests: A}"
    first, second = lay(text, [["A"], ["Golf, Chess"], ["Golf, Chess"]], catalog=CATALOG)
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    assert first.custom_fields == second.custom_fields == (("id_interests", ["Golf", "Chess"]),)
    assert first.custom_fields[0][1] is not second.custom_fields[0][1]


def test_equal_texts_with_different_values_behind_them_are_converted_each_by_its_own(lay: Lay) -> None:
    text = "fields:\n  email: {value: a@b.com}\ncustom_fields: {Renewal: {column: A, date_order: MDY}}"
    cells = ["03/04/2027", TypedText("03/04/2027", date(2027, 4, 3)), "03/04/2027"]
    mapped = lay(text, [["A"], *([cell] for cell in cells)], catalog=CATALOG)
    found = [each.custom_fields[0][1] for each in mapped if isinstance(each, Record)]
    assert found == ["2027-03-04", "2027-04-03", "2027-03-04"]


def test_the_value_behind_a_workbooks_cell_reaches_a_custom_field(lay: Lay) -> None:
    assert custom(lay, "Renewal", TypedText("03/04/2027", date(2027, 4, 3))) == "2027-04-03"
    assert custom(lay, "Score", TypedText("1,234", 1234.5)) == 1234.5
    assert custom(lay, "Start", TypedText("2:30", time(14, 30))) == "14:30"
    note = custom(lay, "Note", TypedText("1,234", 1234.5))
    assert (note, type(note)) == ("1,234", str)


def test_a_custom_value_may_be_dropped_with_a_warning(lay: Lay) -> None:
    record = resolve(lay, "custom_fields: {Score: {column: A, on_invalid: drop}}", "many")
    assert isinstance(record, Record)
    assert record.custom_fields == ()
    assert [warning.message for warning in record.warnings] == [
        "Column 'A': 'many' is no number; the value is left out."
    ]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Shirt Sise", "The location has no custom field 'Shirt Sise'. Nearest: 'Shirt Size'"),
        ("TWIN", "The custom field 'TWIN' means 2 fields of the location; name it by its id: t1, t2."),
        ("File", "The custom field 'File' is of type SIGNATURE, which the API cannot fill from a text."),
    ],
)
def test_a_custom_field_that_cannot_be_filled_stops_before_the_first_row(
    lay: Lay, name: str, told: str
) -> None:
    with pytest.raises(MappingError) as refused:
        resolve(lay, f"custom_fields: {{{name}: A}}", "x")
    assert refused.value.faults[0].startswith(f"mapping.yaml:5:17: {told}")


def test_two_rules_for_one_custom_field_are_refused(lay: Lay) -> None:
    with pytest.raises(MappingError) as refused:
        resolve(lay, "custom_fields: {Shirt Size: A, contact.shirt_size: {value: M}}", "M")
    assert refused.value.faults == (
        "mapping.yaml:5:32: 'Shirt Size' and 'contact.shirt_size' are the same custom field; one rule can fill it.",
    )


def test_an_exact_name_goes_before_a_near_one(lay: Lay) -> None:
    record = resolve(lay, "custom_fields: {Twin: A}", "x")
    assert isinstance(record, Record)
    assert record.custom_fields == (("t1", "x"),)


def test_without_an_account_custom_fields_get_their_likely_keys(lay: Lay) -> None:
    record = resolve(lay, "custom_fields: {Shirt Size (EU): {column: A, split: ';'}}", "M;L", catalog=None)
    assert isinstance(record, Record)
    assert record.custom_fields == (("contact.shirt_size_eu", ["M", "L"]),)


@pytest.mark.parametrize(
    ("rule", "cell", "sent"),
    [
        ("format: '%d.%m.%Y'", "31.12.2026", "2026-12-31"),
        ("format: [DD.MM.YYYY, '%Y%m%d']", "20261231", "2026-12-31"),
        ("date_order: DMY", "1/2/2026", "2026-02-01"),
        ("format: '%d.%m.%Y', transforms: [date]", "31.12.2026", "2026-12-31"),
        ("format: '%d.%m.%Y', transforms: [date, {prefix: 'on '}]", "31.12.2026", "on 2026-12-31"),
        ("decimal: ','", "1.234,50 €", 1234.5),
        ("decimal: ',', transforms: [percent]", "12,5 %", 12.5),
        ("region: GB", "020 7946 0018", "+442079460018"),
    ],
)
@pytest.mark.parametrize("catalog", [None, CATALOG], ids=["no account", "a text field"])
def test_what_a_rule_says_of_its_cells_holds_where_the_fields_type_does_not_tell(
    lay: Lay, rule: str, cell: str, sent: Any, catalog: Catalog | None
) -> None:
    record = resolve(lay, f"custom_fields: {{Note: {{column: A, {rule}}}}}", cell, catalog)
    assert isinstance(record, Record), record
    value = record.custom_fields[0][1]
    assert str(value) == str(sent)


@pytest.mark.parametrize(
    ("rule", "cell", "code"),
    [
        ("format: '%d.%m.%Y'", "99.99.2026", "invalid_date"),
        ("format: '%d.%m.%Y'", "2026-12-31 or so", "invalid_date"),
        ("decimal: ','", "abc", "invalid_number"),
        ("region: GB", "12", "invalid_phone"),
    ],
)
@pytest.mark.parametrize("catalog", [None, CATALOG], ids=["no account", "a text field"])
def test_a_cell_that_is_not_what_its_rule_says_fails_the_row_with_or_without_an_account(
    lay: Lay, rule: str, cell: str, code: str, catalog: Catalog | None
) -> None:
    failure = resolve(lay, f"custom_fields: {{Note: {{column: A, {rule}}}}}", cell, catalog)
    assert isinstance(failure, Outcome)
    assert failure.code == code
    dropped = resolve(lay, f"custom_fields: {{Note: {{column: A, {rule}, on_invalid: drop}}}}", cell, catalog)
    assert isinstance(dropped, Record)
    assert dropped.custom_fields == ()
    assert [warning.code for warning in dropped.warnings] == [code]


def test_a_date_that_a_step_made_is_taken_by_a_date_field_whatever_its_format(lay: Lay) -> None:
    assert custom(lay, "Renewal", "31.12.2026", ", format: '%d.%m.%Y', transforms: [date]") == "2026-12-31"


@pytest.mark.parametrize(
    ("cell", "user"),
    [("u1", "u1"), ("ANN@acme.com", "u1"), ("ann lee", "u1"), ("Lee Ann", "u1"), ("Lee, Ann", "u1"), ("bobby@acme.com", "u3")],
)  # fmt: skip
def test_an_owner_is_found_by_id_email_or_name_in_either_order(lay: Lay, cell: str, user: str) -> None:
    record = resolve(lay, "  assignedTo: A", cell)
    assert isinstance(record, Record)
    assert record.fields["assignedTo"] == user


@pytest.mark.parametrize(
    ("cell", "told"),
    [("Bob Ray", "'Bob Ray' means 2 users of the location"), ("Eve", "'Eve' is no user of the location")],
)
def test_an_owner_that_is_nobody_or_several_is_a_fault_of_the_row(lay: Lay, cell: str, told: str) -> None:
    failure = resolve(lay, "  assignedTo: A", cell)
    assert isinstance(failure, Outcome)
    assert (failure.code, failure.message) == ("unknown_user", f"Column 'A': {told}.")


def test_an_owner_may_be_dropped_and_an_id_needs_no_list_of_users(lay: Lay) -> None:
    record = resolve(lay, "  assignedTo: {column: A, on_invalid: drop}", "Eve")
    assert isinstance(record, Record)
    assert "assignedTo" not in record.fields
    unread = Catalog(location_id="loc1")
    by_id = resolve(lay, "  assignedTo: A", "y0BeYjuRIlDwsDcOHOJo", unread)
    assert isinstance(by_id, Record)
    by_name = resolve(lay, "  assignedTo: A", "Ann Lee", unread)
    assert isinstance(by_name, Outcome)
    assert by_name.code == "unknown_user"


def test_a_time_zone_is_one_that_the_location_lists(lay: Lay) -> None:
    record = resolve(lay, "  timezone: A", "Central Standard Time")
    assert isinstance(record, Record)
    assert record.fields["timezone"] == "US/Central"
    failure = resolve(lay, "  timezone: A", "Asia/Tokyo")
    assert isinstance(failure, Outcome)
    assert failure.code == "invalid_timezone"


class Walked(tuple[str, ...]):  # noqa: SLOT001  (it counts)
    """Zones that count how often somebody goes through all of them."""

    walks = 0

    def __iter__(self) -> Iterator[str]:
        self.walks += 1
        return super().__iter__()


def test_the_zones_of_a_location_are_gone_through_once_for_all_rows_that_name_one(lay: Lay) -> None:
    zones = Walked(("US/Central", "Europe/Paris"))
    rules = "fields:\n  email: {value: a@b.com}\n  timezone: A"
    rows = [["America/Chicago"], ["Europe/Paris"]] * 20

    mapped = lay(rules, [["A"], *rows], catalog=replace(CATALOG, timezones=zones))

    records = [each for each in mapped if isinstance(each, Record)]
    assert [record.fields["timezone"] for record in records] == ["US/Central", "Europe/Paris"] * 20
    assert zones.walks == 2


def second_phones(lay: Lay, rules: str, *rows: list[str]) -> list[tuple[object, list[str]]]:
    text = f"{rules}\ncustom_fields: {{Second Phone: {{column: P, on_invalid: drop}}}}"
    mapped = lay(text, [["E", "P", "C"], *(["a@b.com", *row] for row in rows)], catalog=CATALOG)
    return [
        (dict(each.custom_fields).get("id_second_phone"), [fault.code for fault in each.warnings])
        for each in mapped
        if isinstance(each, Record)
    ]


def test_a_custom_phone_is_read_by_its_rows_country_and_warned_of_where_that_is_the_default_alone(
    lay: Lay,
) -> None:
    rules = "fields: {email: E, country: {column: C, default: US}}"
    rows = [["(212) 555-0130", ""], ["(212) 555-0131", "US"], ["+1 212 555 0132", ""], ["020 7946 0958", "GB"], ["020 7946 0958", ""]]  # fmt: skip
    assert second_phones(lay, rules, *rows) == [
        ("+12125550130", ["phone_region"]), ("+12125550131", []), ("+12125550132", []), ("+442079460958", []), (None, ["no_phone_region"]),
    ]  # fmt: skip


def test_a_country_that_no_column_says_is_a_guess_for_every_row(lay: Lay) -> None:
    rules = "fields: {email: E, country: {column: Land, optional: true, default: US}}"
    assert second_phones(lay, rules, ["(212) 555-0130", ""]) == [("+12125550130", ["phone_region"])]


@pytest.mark.parametrize(
    "rules",
    [
        "defaults: {region: US}\nfields: {email: E, country: {column: C, default: US}}",
        "fields: {email: E, country: {value: US}}",
    ],
)
def test_a_stated_region_of_a_custom_phone_is_no_guess(lay: Lay, rules: str) -> None:
    assert second_phones(lay, rules, ["(212) 555-0130", ""]) == [("+12125550130", [])]
