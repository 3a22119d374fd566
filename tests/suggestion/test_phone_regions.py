"""The country of phone numbers without a code: what is lax lets everything through, so the rest of the file counts too."""

from __future__ import annotations

import pytest

from importer.suggestion.suggesting import Suggestion, suggest_from

_UK = ("07515 489853", "07880 358550", "07789 670174", "07504 701820", "0161 496 0123", "07798 267357")
_FRENCH = ("06 31 30 42 77", "06 31 94 44 92", "06 47 68 99 51", "06 49 59 53 63", "06 12 34 56")
_SPANISH = ("612 345 678", "934 567 890", "655 443 322", "93 456 78")
_DUTCH = ("06 12345678", "020 624 1111", "06 21345679", "06 2134567")
_US = ("415-555-2671", "(212) 736-5000", "312-664-1230", "312-664-123")
_AUSTRALIAN = ("0412 345 678", "02 9374 4000", "0413 345 678", "0412 345 67")
_INDIAN = ("98765 43210", "99876 54321", "98123 45678", "98123 4567")
_GERMAN = ("0171 2345678", "030 901820", "0151 23456789", "089 23396500")


def of(phones: tuple[str, ...], header: tuple[str, ...] = (), *beside: str) -> Suggestion:
    return suggest_from((*(header or ("Mobile",)),), [(phone, *beside) for phone in phones])


@pytest.mark.parametrize(
    ("phones", "header", "beside", "expected"),
    [
        (_UK, ("Mobile", "Postcode"), ("LS1 4AP",), "GB"),
        ((*_UK[:4], "07911 12345"), ("Mobile", "Postcode"), ("SW1A 1AA",), "GB"),
        (_UK, ("Mobile", "Town"), ("Leeds",), "GB"),
        (_FRENCH, ("T\u00e9l\u00e9phone", "Code postal"), ("75001",), "FR"),
        (_FRENCH, ("T\u00e9l\u00e9phone", "Ville"), ("Lyon",), "FR"),
        (_FRENCH, ("Phone", "Country"), ("France",), "FR"),
        (_SPANISH, ("Tel\u00e9fono", "Ciudad"), ("Madrid",), "ES"),
        (_DUTCH, ("Telefoon", "Postcode"), ("1012 AB",), "NL"),
        (_DUTCH, ("Phone", "Zip"), ("1012 AB",), "NL"),
        (_US, ("Phone", "State"), ("CA",), "US"),
        (_US, ("Phone", "Zip"), ("94107-1234",), "US"),
        (_AUSTRALIAN, ("Mobile", "Postcode"), ("2000",), "AU"),
        (_AUSTRALIAN, ("Mobile", "Email"), ("a@shop.com.au",), "AU"),
        (_INDIAN, ("Mobile", "Currency"), ("INR",), "IN"),
        (_GERMAN, ("Telefon", "PLZ"), ("10115",), "DE"),
        (_GERMAN, ("Phone", "Name"), ("Max Muster",), "DE"),
        (tuple(f"415-555-26{place}0" for place in range(9)), ("Phone",), (), "US"),
        (("212-555-0130", "415-555-0131", "312-555-0132"), ("Phone", "Email"), ("a@x.example",), "US"),
        (("4155552671",), ("Phone 1", "Email 1"), ("a@x.example",), "US"),
        (("4155552671", "2127365000"), ("Billing Phone",), (), "US"),
        (("07700 900123", "07700 900124", "02 9374 4000"), ("Mobile", "Postcode"), ("SW1A 1AA",), "GB"),
    ],
)  # fmt: skip
def test_the_country_is_the_one_that_fits_best(
    phones: tuple[str, ...], header: tuple[str, ...], beside: tuple[str, ...], expected: str
) -> None:
    found = of(phones, header, *beside).region
    assert found
    assert found.value == expected, found.reason


def test_numbers_without_an_area_code_are_no_german_ones() -> None:
    found = of(("555-2670", "555-2671", "555-2672"), ("Phone", "State"), "CA")
    assert found.region is not None
    assert found.region.value == "US"
    assert "0 of 3" in found.concerns[0]


def test_numbers_that_fit_two_countries_as_well_are_pointed_out() -> None:
    found = of(("079 123 45 67", "079 123 45 68", "044 668 18 00"), ("Telefon", "Ort"), "Bern")
    assert "set defaults: {region: ...}" in found.concerns[0], found.region


def test_numbers_that_fit_one_country_by_far_are_not() -> None:
    assert not of(_UK, ("Mobile", "Postcode"), "LS1 4AP").concerns
    assert not of(_US, ("Phone", "State"), "CA").concerns
