from __future__ import annotations

from datetime import date

import pytest

from importer.errors import MappingError
from importer.mapping import parse_mapping

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
        "The header 'Email' matches 2 columns of the file: 'E-mail' (column 1) and 'e mail' (column 2).",
    )
    assert faults("fields: {email: Email}", ["Email", "Email"]) == (
        "The header 'Email' matches 2 columns of the file: 'Email' (column 1) and 'Email' (column 2).",
    )


def test_every_column_that_the_file_lacks_is_told_with_the_nearest() -> None:
    rules = """
fields: {email: E-mail, phone: [Mobile, Phone], name: {template: '{Frst}'}}
tags: Tagz
rows: {skip_if: {column: X, blank: true}}
"""
    assert faults(rules, ["E-mail", "Mobile No", "Phone", "First", "Tags"]) == (
        "The file has no column 'Mobile'. Nearest: 'Mobile No'.",
        "The file has no column 'Frst'. Nearest: 'First'.",
        "The file has no column 'Tagz'. Nearest: 'Tags'.",
        "The file has no column 'X'. It has: 'E-mail', 'Mobile No', 'Phone', 'First', 'Tags'.",
    )


def test_a_column_whose_name_is_part_of_the_wanted_one_counts_as_near() -> None:
    assert faults("fields: {email: Email Address}", ["No", "E-mail"]) == (
        "The file has no column 'Email Address'. Nearest: 'E-mail'.",
    )


def test_an_optional_column_may_be_missing_but_not_ambiguous() -> None:
    rules = (
        "fields: {email: E, phone: {columns: [A, B], optional: true}}\ntags: {columns: [T], optional: true}"
    )
    fits(rules, ["E", "B"])
    assert faults(rules, ["E", "A", "a", "A"]) == (
        "The header 'A' matches 2 columns of the file: 'A' (column 2) and 'A' (column 4).",
    )


def test_a_file_without_any_of_the_optional_identities_is_refused() -> None:
    rules = "fields: {email: {column: E, optional: true}, phone: {column: P, optional: true}, city: C}"
    fits(rules, ["C", "P"])
    with pytest.raises(MappingError, match="no column for email or phone, so every row would fail"):
        fits(rules, ["C"])
