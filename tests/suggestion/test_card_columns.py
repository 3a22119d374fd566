"""The columns of an address book are known by the standard's names, and what a card prefers goes first."""

from __future__ import annotations

import pytest

from importer.suggestion.suggesting import suggest_from

OWN = {
    "FN": "Ann Lee",
    "N.Family Name": "Lee",
    "N.Given Name": "Ann",
    "N.Additional Names": "Jo",
    "ORG": "Acme",
    "ORG.Unit": "Sales",
    "BDAY": "1990-05-06",
    "URL.WORK": "https://acme.example.com",
    "ADR.HOME.Street Address": "1 Elm St",
    "ADR.HOME.Locality": "Reno",
    "ADR.HOME.Region": "NV",
    "ADR.HOME.Postal Code": "89501",
    "ADR.HOME.Country Name": "USA",
    "EMAIL": "ann@example.com",
    "TEL": "+1 212-555-0130",
}


def test_every_column_of_a_card_goes_to_its_field() -> None:
    assert suggest_from(tuple(OWN), [tuple(OWN.values())]).chosen() == {
        "N.Family Name": "lastName",
        "N.Given Name": "firstName",
        "ORG": "companyName",
        "BDAY": "dateOfBirth",
        "URL.WORK": "website",
        "ADR.HOME.Street Address": "address1",
        "ADR.HOME.Locality": "city",
        "ADR.HOME.Region": "state",
        "ADR.HOME.Postal Code": "postalCode",
        "ADR.HOME.Country Name": "country",
        "EMAIL": "email",
        "TEL": "phone",
    }


def test_a_card_that_has_no_parts_of_a_name_gives_it_whole() -> None:
    suggestion = suggest_from(("FN", "EMAIL"), [("Ann Lee", "ann@example.com")])
    assert suggestion.chosen()["FN"] == "name"


def test_fn_beside_ln_in_a_table_is_no_whole_name() -> None:
    suggestion = suggest_from(("FN", "LN", "EMAIL"), [("Ann", "Lee", "ann@example.com")])
    assert suggestion.chosen().get("FN") != "name"


@pytest.mark.parametrize(
    ("field", "headers", "cells"),
    [
        ("email", ("EMAIL.HOME", "EMAIL.WORK", "EMAIL.PREF"), ("a@example.com", "b@example.com", "b@example.com")),
        ("phone", ("TEL.CELL", "TEL.WORK", "TEL.PREF"), ("+12125550130", "+12125550131", "+12125550131")),
    ],
)  # fmt: skip
def test_what_a_card_prefers_goes_first(field: str, headers: tuple[str, ...], cells: tuple[str, ...]) -> None:
    (found,) = [one for one in suggest_from(headers, [cells]).fields if one.field == field]
    assert found.headers == (headers[2], *headers[:2])


def test_the_address_that_a_card_prefers_is_taken_whole() -> None:
    parts = ("Street Address", "Locality", "Postal Code")
    headers = tuple(f"ADR.{kind}.{part}" for kind in ("HOME", "WORK", "PREF") for part in parts)
    rows = [("Weg 1", "Bonn", "53111", "5 Main St", "Reno", "89501", "5 Main St", "Reno", "89501")]
    chosen = suggest_from((*headers, "EMAIL"), [(*rows[0], "a@example.com")]).chosen()
    assert [header for header, field in chosen.items() if field != "email"] == list(headers[6:])


def test_a_birthday_of_a_card_may_lack_its_year_below_the_rows_looked_at() -> None:
    for header, drops in (("BDAY", True), ("Birthday", False)):
        suggestion = suggest_from((header, "EMAIL"), [("1990-05-06", "a@example.com")])
        (born,) = [one for one in suggestion.fields if one.field == "dateOfBirth"]
        assert born.drop_invalid is drops


def test_birthdays_without_a_year_are_birthdays() -> None:
    suggestion = suggest_from(("BDAY", "EMAIL"), [("--05-06", "a@example.com"), ("--11-30", "b@example.com")])
    assert suggestion.chosen()["BDAY"] == "dateOfBirth"
