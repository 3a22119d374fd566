"""The type of a custom field that is not there yet follows from its rule and from every one of its values."""

from __future__ import annotations

from datetime import date

import pytest

from importer.mapping.language.rule import Rule
from importer.records import Json, TypedText
from importer.suggestion.field_types import MOST_OPTIONS, FieldType, FieldValues
from importer.yaml.kinds import read_section


def told(name: str, *values: Json, **rule: object) -> FieldType:
    seen = FieldValues(name, read_section(Rule, {"column": name, **rule}))
    for value in values:
        seen.see(value)
    return seen.type()


@pytest.mark.parametrize(
    ("name", "values", "data_type"),
    [
        ("Notes", (), "TEXT"),
        ("Joined", ("2024-01-05", "2023-12-31"), "DATE"),
        ("Joined", (TypedText("5-Jan", date(2024, 1, 5)),), "DATE"),
        ("Joined", ("2024-01-05", "soon"), "TEXT"),
        ("Visits", ("7", "12", "1,204"), "NUMERICAL"),
        ("Score", ("7.5", "-3"), "NUMERICAL"),
        ("Budget", ("$1,200", "300"), "MONETORY"),
        ("Second mail", ("a@example.com", "b@example.org"), "EMAIL"),
        ("Mobile 2", ("+14155550101", "+442079460000"), "PHONE"),
        ("Contact", ("+14155550101", "+442079460000"), "PHONE"),
        ("Customer no", ("1017", "2044"), "TEXT"),
        ("Ward", ("10170", "20441"), "TEXT"),
        ("Ward", ("007", "12"), "TEXT"),
        ("Card", ("4155550101415555", "7"), "TEXT"),
        ("Remarks", ("long " * 40, "short"), "LARGE_TEXT"),
        ("Remarks", ("two\nlines", "short"), "LARGE_TEXT"),
        ("Plan", ("Gold", "Silver", "gold", "Gold", "Silver", "Gold"), "SINGLE_OPTIONS"),
        ("Plan", ("Gold", "Silver", "Bronze"), "TEXT"),
        ("Plan", ("Gold",) * 9, "TEXT"),
        ("Stars", ("1", "2", "1", "2", "1", "2", "1"), "NUMERICAL"),
        ("Wants", ("yes", "no", "yes", "no", "yes", "no"), "SINGLE_OPTIONS"),
        ("Wants", (True, 5, None), "TEXT"),
    ],
)
def test_all_values_together_tell_the_type(name: str, values: tuple[Json, ...], data_type: str) -> None:
    assert told(name, *values).data_type == data_type


@pytest.mark.parametrize(
    ("rule", "data_type"),
    [
        ({"date_order": "DMY"}, "DATE"),
        ({"format": "%d/%m/%Y"}, "DATE"),
        ({"region": "US"}, "PHONE"),
        ({"decimal": ","}, "NUMERICAL"),
        ({"split": ";"}, "MULTIPLE_OPTIONS"),
    ],
)
def test_what_the_rule_says_goes_before_what_values_look_like(rule: dict[str, str], data_type: str) -> None:
    assert told("Column", "text", **rule).data_type == data_type


def test_options_are_the_distinct_values_as_first_spelled() -> None:
    assert told("Likes", "tea; Milk", "TEA;milk;", "co ffee;coffee", split=";").options == (
        "tea",
        "Milk",
        "co ffee",
    )


def test_more_values_than_a_picklist_is_good_for_are_no_options() -> None:
    many = [f"value {number}" for number in range(MOST_OPTIONS + 1)]
    assert told("Likes", *many, split=";") == FieldType(data_type="TEXT", reason="texts of all kinds")


def test_the_reason_says_what_was_seen() -> None:
    assert told("Joined", "2024-01-05", "2023-12-31").reason == "all 2 values read as dates"
