from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.errors import MappingError
from importer.mapping import parse_mapping
from importer.mapping.compiled.headers import HeaderIndex, Missing, column_names

TODAY = date(2026, 11, 23)


def fits(rules: str, header: list[str]) -> None:
    parse_mapping(f"version: 1\n{rules}").surveyor(header, location_id=None, today=TODAY)


def faults(rules: str, header: list[str]) -> tuple[str, ...]:
    with pytest.raises(MappingError) as refused:
        fits(rules, header)
    return refused.value.faults


@pytest.mark.parametrize("title", ["E-mail", "e-mail", "E mail", "EMAIL", " e_mail ", "E.Mail:"])
def test_a_header_matches_ignoring_case_white_space_and_punctuation(title: str) -> None:
    fits("fields: {email: E-mail}", ["Name", title])


def test_a_header_matches_however_its_accents_are_encoded() -> None:
    fits("fields: {email: E, city: Stra\u00dfe Gr\u00f6\u00dfe}", ["E", "Stra\u00dfe Gro\u0308\u00dfe"])


def test_an_exact_match_goes_before_a_near_one() -> None:
    fits("fields: {email: E-mail}", ["email", "E-mail"])


def test_a_header_that_matches_two_columns_is_a_fault() -> None:
    assert faults("fields: {email: Email}", ["E-mail", "e mail"]) == (
        (
            "mapping.yaml:2:17: The header 'Email' matches 2 columns of the file: 'E-mail' (column 1) and 'e mail' (column 2)."
            " Say which: 'E-mail' or 'e mail'."
        ),
    )
    assert faults("fields: {email: Email}", ["Email", "Email"]) == (
        (
            "mapping.yaml:2:17: The header 'Email' matches 2 columns of the file: 'Email' (column 1) and 'Email' (column 2)."
            " Say which: 'Email (1)' or 'Email (2)'."
        ),
    )


def test_of_columns_with_one_header_each_is_named_by_its_turn() -> None:
    index = HeaderIndex(["Phone", "Email", "Phone", "phone", "", ""])
    assert [index.find(name) for name in ("Phone (1)", "phone (2)", "phone")] == [0, 2, 3]
    assert isinstance(index.find("Phone (3)"), Missing)
    assert isinstance(index.find("Phone 2"), Missing)


def test_the_turn_of_a_header_never_takes_the_name_of_another_column() -> None:
    header = ["Phone", "Phone", "Phone 2", "Phone (1)"]
    assert column_names(header) == ("Phone (1.1)", "Phone (2.1)", "Phone 2", "Phone (1)")
    index = HeaderIndex(header)
    assert [index.find(name) for name in column_names(header)] == [0, 1, 2, 3]


@given(st.lists(st.sampled_from(["A", "a", "A (1)", "A 2", "A (2.1)", " ", ""]), max_size=8))
def test_every_column_with_a_header_is_found_by_its_name(header: list[str]) -> None:
    names, index = column_names(header), HeaderIndex(header)
    assert [index.find(name) for name in names if name.strip()] == [
        place for place, name in enumerate(names) if name.strip()
    ]


def test_every_column_that_the_file_lacks_is_told_at_its_place_with_the_nearest() -> None:
    rules = """
fields:
  email: E-mail
  phone: [Mobile, Phone]
  firstName: {columns: [Given, Frst], required: true}
  name: {template: '{Frst}'}
tags: {column: Tagz, split: ;}
location: {column: Frst}
rows:
  skip_if: {column: X, blank: true}
  only_if: [{column: Frst, blank: false}, {column: E-mail, blank: false}]
"""
    assert faults(rules, ["E-mail", "Mobile No", "Phone", "First", "Tags"]) == (
        "mapping.yaml:5:11: The file has no column 'Mobile'. Nearest: 'Mobile No'.",
        "mapping.yaml:6:25: The file has no column 'Given'.",
        "mapping.yaml:6:32: The file has no column 'Frst'. Nearest: 'First'.",
        "mapping.yaml:7:20: The file has no column 'Frst'. Nearest: 'First'.",
        "mapping.yaml:8:16: The file has no column 'Tagz'. Nearest: 'Tags'.",
        "mapping.yaml:9:20: The file has no column 'Frst'. Nearest: 'First'.",
        "mapping.yaml:11:21: The file has no column 'X'.",
        "mapping.yaml:12:22: The file has no column 'Frst'. Nearest: 'First'.",
    )


def test_the_columns_of_the_file_are_listed_once_and_not_for_ever() -> None:
    header = ["E-mail", "Q" * 100, *(f"Column {number}" for number in range(40))]
    with pytest.raises(MappingError) as refused:
        fits("fields: {email: Zebra, phone: Yak, city: Xylophone}", header)
    headline, *rest = str(refused.value).splitlines()
    assert headline.startswith(
        f"The mapping does not fit the file. It has the columns 'E-mail', '{'Q' * 57}...',"
    )
    assert headline.endswith("'Column 17' and 22 more.")
    assert len(rest) == 3
    assert not any("Column" in line for line in rest)


def test_the_columns_of_the_file_are_not_listed_where_near_ones_are_named() -> None:
    with pytest.raises(MappingError) as refused:
        fits("fields: {email: Emial}", ["Email", "Phone"])
    assert str(refused.value).splitlines()[0] == "The mapping does not fit the file."


def test_a_column_whose_name_is_part_of_the_wanted_one_counts_as_near() -> None:
    assert faults("fields: {email: Email Address}", ["No", "E-mail"]) == (
        "mapping.yaml:2:17: The file has no column 'Email Address'. Nearest: 'E-mail'.",
    )


def test_an_optional_column_may_be_missing_but_not_ambiguous() -> None:
    rules = (
        "fields: {email: E, phone: {columns: [A, B], optional: true}}\ntags: {columns: [T], optional: true}"
    )
    fits(rules, ["E", "B"])
    assert faults(rules, ["E", "A", "a", "A"]) == (
        (
            "mapping.yaml:2:38: The header 'A' matches 2 columns of the file: 'A' (column 2) and 'A' (column 4)."
            " Say which: 'A (1)' or 'A (2)'."
        ),
    )


def test_a_file_without_any_of_the_optional_identities_is_refused() -> None:
    rules = "fields: {email: {column: E, optional: true}, phone: {column: P, optional: true}, city: C}"
    fits(rules, ["C", "P"])
    with pytest.raises(MappingError, match="no column for email or phone, so every row would fail"):
        fits(rules, ["C"])
