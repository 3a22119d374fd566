"""The short way for plain numbers and the library: one answer, in every country."""

from __future__ import annotations

import re
from functools import cache

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneMetadata

from importer.mapping.values.phone_plans import read_plain

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


def by_library(text: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return e164 if phonenumbers.is_valid_number(number) else None


@cache
def national(region: str) -> st.SearchStrategy[str]:
    """Numbers by the region's own patterns, of all kinds, and such with a digit changed, lost or added."""
    metadata = PhoneMetadata.metadata_for_region(region, None)
    assert metadata is not None
    kinds = (
        metadata.fixed_line,
        metadata.mobile,
        metadata.toll_free,
        metadata.premium_rate,
        metadata.general_desc,
    )
    patterns = [kind.national_number_pattern for kind in kinds if kind and kind.national_number_pattern]
    whole = st.one_of(*(st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True) for pattern in patterns))
    return st.one_of(
        whole, st.tuples(whole, st.integers(0, 9), st.sampled_from("0123456789"), st.booleans()).map(_changed)
    )


def _changed(parts: tuple[str, int, str, bool]) -> str:
    number, place, digit, longer = parts
    place %= len(number)
    return number[:place] + digit + number[place + (0 if longer else 1) :]


@settings(max_examples=300)
@given(data=st.data())
def test_what_the_short_way_accepts_is_what_the_library_gives(data: st.DataObject) -> None:
    assert_agreement(data)


@pytest.mark.campaign
@settings(max_examples=5_000)
@given(data=st.data())
def test_what_the_short_way_accepts_is_what_the_library_gives_in_every_country(data: st.DataObject) -> None:
    assert_agreement(data)


def assert_agreement(data: st.DataObject) -> None:
    region = data.draw(st.sampled_from(REGIONS))
    code = phonenumbers.country_code_for_region(region)
    home = data.draw(st.sampled_from([region, phonenumbers.region_code_for_country_code(code), "US", "DE"]))
    before = data.draw(
        st.sampled_from([f"+{code}", f"+{code} 0", f"{code}", f"00{code}", "0", "1", "8", "", ""])
    )
    text = before + data.draw(national(region))
    accepted = read_plain(text, home)
    assert accepted is None or accepted == by_library(text, home)


LEFT_TO_THE_LIBRARY = {"AR"}
"""An Argentine mobile number is written with a 15 at home and a 9 abroad."""


def test_the_usual_spellings_of_every_country_take_the_short_way() -> None:
    mobile = phonenumbers.PhoneNumberType.MOBILE
    every = [
        phonenumbers.example_number_for_type(region, mobile)
        for region in sorted(set(REGIONS) - LEFT_TO_THE_LIBRARY)
    ]
    examples = [each for each in every if each is not None]  # of one country it has none
    assert len(examples) > 240
    written = {
        phonenumbers.format_number(
            each, phonenumbers.PhoneNumberFormat.INTERNATIONAL
        ): phonenumbers.format_number(each, phonenumbers.PhoneNumberFormat.E164)
        for each in examples
    }
    assert {spaced: read_plain(spaced, None) for spaced in written} == written


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("(415) 555-2671", "US", "+14155552671"),
        ("1-415-555-2671", "US", "+14155552671"),
        ("(416) 967-1111", "CA", "+14169671111"),
        ("0171 1234567", "DE", "+491711234567"),
        ("0412 345 678", "AU", "+61412345678"),
        ("02 1234 5678", "IT", "+390212345678"),
        ("612 34 56 78", "ES", "+34612345678"),
        ("8 (912) 345-67-89", "RU", "+79123456789"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("07781 123456", "GB", "+447781123456"),
    ],
)
def test_numbers_as_people_write_them_at_home_take_the_short_way(text: str, region: str, number: str) -> None:
    assert read_plain(text, region) == number == by_library(text, region)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("+44 (0)20 7946 0958", "US"),
        ("011 44 20 7946 0958", "US"),
        ("49 171 1234567", "DE"),
        ("415 555 2671 x9", "US"),
        ("12", "US"),
    ],
)
def test_spellings_that_may_mean_something_else_are_left_to_the_library(text: str, region: str) -> None:
    assert read_plain(text, region) is None


@settings(max_examples=300)
@given(data=st.data())
def test_a_number_that_begins_like_one_before_it_is_read_as_if_it_stood_alone(data: st.DataObject) -> None:
    assert_no_influence(data)


@pytest.mark.campaign
@settings(max_examples=5_000)
@given(data=st.data())
def test_numbers_that_begin_alike_are_read_as_if_they_stood_alone_in_every_country(
    data: st.DataObject,
) -> None:
    assert_no_influence(data)


def assert_no_influence(data: st.DataObject) -> None:
    """Change the last digits of a number, and now and then their count: the plans may look at any of them."""
    region = data.draw(st.sampled_from([*REGIONS, *["US", "CA", "DO", "KZ", "MX", "IN"] * 10]))
    code = phonenumbers.country_code_for_region(region)
    text = data.draw(st.sampled_from([f"+{code}", "0", "1", "8", ""])) + data.draw(national(region))
    read_plain(text, region)
    for count in (4, 5, 6, 7):
        other = text[:-count] + data.draw(st.from_regex(rf"[0-9]{{{count - 1},{count + 1}}}", fullmatch=True))
        accepted = read_plain(other, region)
        assert accepted is None or accepted == by_library(other, region)


@pytest.mark.parametrize(
    ("text", "number"), [("(415) 555-2671", "+14155552671"), ("1 415 555-2671", "+14155552671"), ("+1 415 555 2671", "+14155552671")]
)  # fmt: skip
def test_a_number_is_read_the_same_the_second_time(text: str, number: str) -> None:
    assert [read_plain(text, "US") for _ in range(3)] == [number] * 3
    assert read_plain(text[:-4] + "0000", "US") == number[:-4] + "0000"
    assert read_plain(text[:-1], "US") is None
    assert read_plain(text + "1", "US") is None


@pytest.mark.parametrize(
    ("valid", "begins_alike"),
    [("+1 268 460 1234", "+1 268 499 1234"), ("(268) 460-1234", "(268) 499-1234"), ("+7 701 234 5678", "+7 791 234 5678")],
)  # fmt: skip
def test_a_plan_that_looks_at_more_digits_than_its_neighbours_is_asked_each_time(
    valid: str, begins_alike: str
) -> None:
    """Antigua shares its code with the United States, whose plan knows a number by its fourth digit."""
    assert read_plain(valid, "US") == by_library(valid, "US")
    assert read_plain(begins_alike, "US") == by_library(begins_alike, "US")
