from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.mapping.values.fault import ValueFault
from importer.mapping.values.phones import read_phone
from importer.records import TypedText


def read(text: str, *regions: str) -> tuple[object, str | None]:
    """Give the number and the code of what was found about it."""
    reading = read_phone(text, regions)
    return (reading.value, reading.code) if isinstance(reading, ValueFault) else (reading, None)


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("(415) 555-2671", "US", "+14155552671"),
        ("415.555.2671", "US", "+14155552671"),
        ("1-415-555-2671", "US", "+14155552671"),
        ("+1 415 555 2671", "DE", "+14155552671"),
        ("(416) 967-1111", "CA", "+14169671111"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("+44 (0)20 7946 0958", "GB", "+442079460958"),
        ("44 20 7946 0958", "GB", "+442079460958"),
        ("0044 20 7946 0958", "US", "+442079460958"),
        ("011 44 20 7946 0958", "US", "+442079460958"),
        ("0171/1234567", "DE", "+491711234567"),
        ("030/123456-78", "DE", "+493012345678"),
        ("49 171 1234567", "DE", "+491711234567"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("02 1234 5678", "IT", "+390212345678"),
        ("(11) 91234-5678", "BR", "+5511912345678"),
        ("+52 1 55 1234 5678", "MX", "+525512345678"),
        ("0412 345 678", "AU", "+61412345678"),
        ("8 (912) 345-67-89", "RU", "+79123456789"),
        ("p:+14155552671", "US", "+14155552671"),
        ("tel:+1-415-555-2671", "US", "+14155552671"),
        ("Mobile: 415-555-2671", "US", "+14155552671"),
        ("415 555 2671 (mobile)", "US", "+14155552671"),
        ("'+14155552671", "US", "+14155552671"),
        ("=+14155552671", "US", "+14155552671"),
        ("+1 (415) 555‑2671", "US", "+14155552671"),
        ("＋１４１５５５５２６７１", "US", "+14155552671"),
        ("\u202a+1 415 555 2671\u202c", "US", "+14155552671"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("14155550123.0", "US", "+14155550123"),
        ("1.4155552671E+10", "US", "+14155552671"),
    ],
)
def test_any_spelling_becomes_e164(text: str, region: str, number: str) -> None:
    assert read(text, region) == (number, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("12", "'12' is too short to be a phone number of US"),
        ("555-2671", "'555-2671' is too short to be a phone number of US"),
        ("41555526712", "'41555526712' is too long to be a phone number of US"),
        ("n/a", "'n/a' has letters in it and is no phone number"),
        ("--", "'--' has no digits and is no phone number"),
        ("+999 1234567", "'+999 1234567' begins with no country's calling code"),
        ("+1 000 000 0000", "'+1 000 000 0000' is no valid phone number"),
    ],
)
def test_what_is_no_number_is_refused_with_the_reason(text: str, said: str) -> None:
    found = read_phone(text, ("US",))
    assert isinstance(found, ValueFault)
    assert (found.code, found.sentence, found.fails) == ("invalid_phone", said, True)


@pytest.mark.parametrize("text", ["1.41556E+10", "2.07947E+11", "4,15555E+09", "1.41556e10"])
def test_a_number_that_a_spreadsheet_shortened_fails(text: str) -> None:
    assert read(text, "US") == (None, "damaged_number")


def test_a_number_cell_gives_its_exact_value_where_its_display_lost_digits() -> None:
    assert read(TypedText("1.41556E+10", 14155552671.0), "US") == ("+14155552671", None)
    assert read(TypedText("07911123456", 7911123456), "GB") == ("+447911123456", None)
    assert read(TypedText("4155552671", 4155552671), "US") == ("+14155552671", None)


def test_a_number_without_country_needs_a_region() -> None:
    assert read("415 555 2671") == (None, "no_phone_region")
    assert read("+1 415 555 2671") == ("+14155552671", None)


def test_the_first_region_that_a_number_is_valid_in_decides_and_a_later_one_is_told() -> None:
    assert read("020 7946 0958", "GB", "US") == ("+442079460958", None)
    assert read("020 7946 0958", "US", "GB") == ("+442079460958", "phone_region")
    assert read("(415) 555-2671", "AN", "US") == ("+14155552671", None)


@pytest.mark.parametrize(
    "text", ["415.555.2671 ext. 12", "415-555-2671x12", "+1 415 555 2671 #12", "4155552671 Ext 12"]
)
def test_an_extension_is_left_out_with_a_warning(text: str) -> None:
    assert read(text, "US") == ("+14155552671", "phone_extension")


@pytest.mark.parametrize(
    "text",
    ["{0} / {1}", "{0}; {1}", "{0}, {1}", "{0} or {1}", "{0}\n{1}", "+1 {0} +1 {1}", "{0} (home) {1} (work)", "{0} | {1}"],
)  # fmt: skip
def test_the_first_of_two_numbers_is_taken_with_a_warning(text: str) -> None:
    cell = text.format("415-555-2671", "415-555-2672")
    assert read(cell, "US") == ("+14155552671", "several_values")
    refused = read_phone(cell, ("US",), several="fail")
    assert isinstance(refused, ValueFault)
    assert refused.fails


SPELLINGS = r"(\+1|1|\+44|0|\+49|0049|)[ .(-]{0,2}[0-9]{2,4}[ .)-]{0,2}[0-9]{3,4}[ -]?[0-9]{3,4}"
REGIONS = ["US", "GB", "DE", "FR", "CA", "AU", "IT", "IN", "BR", "ES", "NL", "MX"]


@given(st.from_regex(SPELLINGS, fullmatch=True), st.sampled_from(REGIONS))
def test_what_is_accepted_is_valid_and_reads_the_same_again(text: str, region: str) -> None:
    found = read_phone(text, (region,))
    number = found.value if isinstance(found, ValueFault) else found
    if number is None:
        return
    assert isinstance(number, str)
    assert phonenumbers.is_valid_number(phonenumbers.parse(number))
    assert read_phone(number, (region,)) == number
    assert read_phone(number, ()) == number


@given(st.from_regex(r"(\+1 ?|1-|)\(?[2-9][0-9]{2}\)?[ .-]?[2-9][0-9]{2}[ .-]?[0-9]{4}", fullmatch=True))
def test_the_short_way_for_plain_numbers_gives_what_the_library_gives(text: str) -> None:
    number = phonenumbers.parse(text, "US")
    expected = None
    if phonenumbers.is_valid_number(number):
        expected = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    assert read(text, "US")[0] == expected


def test_the_short_way_agrees_with_the_library_in_every_country() -> None:
    examples = [
        (region, example)
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        for example in (phonenumbers.example_number(region), phonenumbers.example_number_for_type(region, 1))
        if example is not None
    ]
    assert [each for each in examples if not agrees_with_the_library(*each)] == []


def agrees_with_the_library(region: str, example: phonenumbers.PhoneNumber) -> bool:
    e164 = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    national = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
    return read(national, region)[0] == e164 and read(e164, region) == (e164, None)


@given(st.text(max_size=60))
def test_no_text_makes_reading_a_phone_raise(text: str) -> None:
    read_phone(text, ("US", "GB"))
