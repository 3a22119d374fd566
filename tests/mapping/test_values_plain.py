"""Booleans, numbers, places, websites and plain texts."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.highlevel.countries import NAMES, country_code
from importer.highlevel.timezones import choose, timezone_name
from importer.mapping.transforms.steps import strip_html
from importer.mapping.values.booleans import read_boolean, read_dnd, read_inbound_dnd
from importer.mapping.values.dates import DateRules, read_date
from importer.mapping.values.emails import read_email
from importer.mapping.values.fault import ReadValue, ValueFault
from importer.mapping.values.numbers import read_money, read_number, read_percent
from importer.mapping.values.phones import read_phone
from importer.mapping.values.places import read_country, read_postal_code, read_state, read_timezone
from importer.mapping.values.texts import clean, clean_column, read_plain_text, read_text, read_typed
from importer.mapping.values.websites import read_website
from importer.records import TypedText


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "Y",
        "TRUE",
        "1",
        "x",
        "Ja",
        "oui",
        "Sí",
        "sì",
        "sim",
        "vrai",
        "wahr",
        "tak",
        "ano",
        "✓",
        "Opted out",
    ],
)
def test_yes_is_true_in_the_big_languages(text: str) -> None:
    assert read_boolean(text) is True


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "N",
        "False",
        "0",
        "nein",
        "non",
        "não",
        "nee",
        "nej",
        "nei",
        "nie",
        "ne",
        "faux",
        "falsch",
        "subscribed",
    ],
)
def test_no_is_false_in_the_big_languages(text: str) -> None:
    assert read_boolean(text) is False


@pytest.mark.parametrize("text", ["maybe", "2", "-", "?", "yes and no"])
def test_what_is_neither_yes_nor_no_fails(text: str) -> None:
    found = read_boolean(text)
    assert isinstance(found, ValueFault)
    assert (found.code, found.fails) == ("invalid_boolean", True)


def test_a_checkbox_of_a_workbook_is_its_own_answer() -> None:
    assert read_boolean(TypedText("WAHR", True)) is True
    assert read_boolean(TypedText("0", False)) is False


def test_a_channel_is_closed_by_yes_open_by_no_and_may_be_permanent() -> None:
    assert [read_dnd(text) for text in ("yes", "No", "Active", "permanent")] == [
        "active", "inactive", "active", "permanent",
    ]  # fmt: skip
    assert isinstance(read_inbound_dnd("permanent"), ValueFault)
    assert read_inbound_dnd("yes") == "active"


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1), ("-5", -5), ("1.5", 1.5), ("1,5", 1.5), ("1.234,56", 1234.56), ("1,234.56", 1234.56),
     ("1 234,56", 1234.56), ("1'234.50", 1234.5), ("1.234.567", 1234567), ("1,23,456.78", 123456.78), ("(5)", -5),
     ("0.125", 0.125), ("0,125", 0.125), ("007", 7), ("1e3", 1000), ("\u22125", -5)],
)  # fmt: skip
def test_numbers_are_read_with_a_point_or_a_comma_as_decimal_sign(text: str, number: float) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize(("text", "point", "comma"), [("1,234", 1234, 1.234), ("1.234", 1.234, 1234)])
def test_a_number_with_two_readings_needs_the_decimal_sign(text: str, point: float, comma: float) -> None:
    assert isinstance(read_number(text), ValueFault)
    assert read_number(text, decimal=".") == point
    assert read_number(text, decimal=",") == comma


@pytest.mark.parametrize("text", ["abc", "1,2,3", "1.2.3", "", "NaN", "Infinity", "12 apples", "1--2"])
def test_what_is_no_number_fails(text: str) -> None:
    assert isinstance(read_number(text), ValueFault)


@pytest.mark.parametrize(
    ("text", "amount"),
    [("$1,234.56", 1234.56), ("1.234,56 €", 1234.56), ("USD 12.50", 12.5), ("R$ 1.234,56", 1234.56), ("-$5", -5),
     ("($5.00)", -5), ("$1,234", 1234), ("1.234 €", 1234), ("5,-", 5), ("CHF 1'234.50", 1234.5), ("£5", 5),
     ("12 Euro", 12)],
)  # fmt: skip
def test_amounts_are_read_with_their_currency(text: str, amount: float) -> None:
    assert read_money(text) == amount


def test_shares_are_read_as_they_are_shown() -> None:
    assert read_percent("12,5 %") == 12.5
    assert read_percent(TypedText("12%", 0.12)) == 12
    assert isinstance(read_percent("much"), ValueFault)


def test_a_number_cell_of_a_workbook_is_exact() -> None:
    assert read_number(TypedText("1,234", Decimal(1234))) == 1234
    assert read_money(TypedText("$1,234", 1234.5)) == 1234.5
    assert isinstance(read_number(TypedText("WAHR", True)), ValueFault)


@given(st.decimals(-(10**9), 10**9, places=4))
def test_a_number_reads_as_itself(number: Decimal) -> None:
    assert read_number(str(number), decimal=".") == float(number)
    assert read_number(str(number).replace(".", ","), decimal=",") == float(number)


@pytest.mark.parametrize(
    ("text", "code"),
    [("us", "US"), ("USA", "US"), ("U.S.A.", "US"), ("United States of America", "US"), ("UK", "GB"),
     ("England", "GB"), ("Deutschland", "DE"), ("DEU", "DE"), ("Allemagne", "DE"), ("España", "ES"),
     ("Korea, South", "KR"), ("Korea, North", "KP"), ("Germany (DE)", "DE"), ("Korea, South (KR)", "KR"),
     ("espana", "ES"), ("Côte d'Ivoire", "CI"), ("Korea, Republic of", "KR"), ("Congo", "CG"),
     ("The Netherlands", "NL"), ("Kosovo", "XK"), ("Česko", "CZ"), ("Viet Nam", "VN")],
)  # fmt: skip
def test_countries_are_known_by_their_common_names(text: str, code: str) -> None:
    assert read_country(text) == code


@pytest.mark.parametrize("text", ["Narnia", "Korea", "XX", "SS", "?", "South Sudan (SS)", "Germany (FR)"])
def test_a_country_that_the_vendor_does_not_know_fails(text: str) -> None:
    assert isinstance(read_country(text), ValueFault)


def test_every_code_and_name_of_the_vendor_means_itself() -> None:
    assert len(NAMES) == 247
    assert {code: country_code(name) for code, name in NAMES.items()} == {code: code for code in NAMES}
    assert all(country_code(code.lower()) == code for code in NAMES)


def test_states_of_the_us_and_canada_become_codes_and_others_stay() -> None:
    assert [read_state(text) for text in ("California", "n.y.", "Québec", "D.C.", "Bavaria", "TX")] == [
        "CA", "NY", "QC", "DC", "Bavaria", "TX",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("America/New_York", "America/New_York"),
        ("america/new york", "America/New_York"),
        ("Eastern Standard Time", "America/New_York"),
        ("(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("Pacific Time - US & Canada", "America/Los_Angeles"),
        ("GMT-05:00 Eastern Time (US & Canada)", "America/New_York"),
        ("GMT Standard Time", "Europe/London"),
        ("Etc/GMT+5", "Etc/GMT+5"),
        ("America/Port-au-Prince", "America/Port-au-Prince"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("PST", "America/Los_Angeles"),
        ("UTC", "Etc/UTC"),
        ("US/Central", "US/Central"),
    ],
)
def test_time_zones_are_known_by_iana_and_windows_names(text: str, zone: str) -> None:
    assert read_timezone(text) == zone


def test_a_time_zone_is_said_as_the_location_lists_it() -> None:
    assert timezone_name("somewhere") is None
    assert isinstance(read_timezone("Mars/Olympus"), ValueFault)
    assert choose("America/Chicago", ["US/Central", "US/Eastern"]) == "US/Central"
    assert choose("Asia/Kolkata", ["Asia/Calcutta"]) == "Asia/Calcutta"
    assert choose("Europe/Paris", ["US/Central"]) is None


def test_postal_codes_keep_their_zeros() -> None:
    assert [read_postal_code(text) for text in ("02108", "SW1A 1AA", "2108.0", "12345-6789", "'02108")] == [
        "02108", "SW1A 1AA", "2108", "12345-6789", "02108",
    ]  # fmt: skip
    assert read_postal_code(TypedText("02108", 2108)) == "02108"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("example.com", "https://example.com"),
        ("www.example.com/a?b=c", "https://www.example.com/a?b=c"),
        ("http://x.com", "http://x.com"),
        ("//x.com", "https://x.com"),
        ("https:/x.com", "https://x.com"),
        ("münchen.de", "https://münchen.de"),
        ("x.com:8080/p", "https://x.com:8080/p"),
    ],
)
def test_websites_get_a_scheme(text: str, address: str) -> None:
    assert read_website(text) == address


@pytest.mark.parametrize("text", ["none", "a@b.com", "javascript:alert(1)", "ftp://x.com", "https://x y.com"])
def test_what_is_no_website_fails(text: str) -> None:
    assert isinstance(read_website(text), ValueFault)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  a b ", "a b"),
        ("\u00a0a\u200b", "a"),
        ("\ufeffa", "a"),
        ("a\x00\x07b", "ab"),
        ("a\r\nb", "a\nb"),
        ("e\u0301", "\u00e9"),
        ("\u200b \u00a0", ""),
        ("שלום \u200f", "שלום \u200f"),
        ("\u202a+1 415 555 0101\u202c", "+1 415 555 0101"),
        ("\u200fann@example.com \u200e", "ann@example.com"),
        ("\u2068Ann\u2069", "Ann"),
        ("\u200e", ""),
        ("👨‍👩‍👧 ok", "👨‍👩‍👧 ok"),
    ],
)
def test_a_text_is_composed_and_trimmed_and_nothing_else(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned
    assert clean_column([text, "x"], typed=False) == [cleaned, "x"]


@pytest.mark.parametrize("text", ["JosÃ©", "MÃ¼ller", "donâ€™t", "Â£5", "Fran\ufffdois"])
def test_a_text_that_looks_wrongly_decoded_is_flagged_and_sent_as_it_is(text: str) -> None:
    found = read_text(text)
    assert isinstance(found, ValueFault)
    assert (found.code, found.fails, found.value) == ("garbled_text", False, text)


@pytest.mark.parametrize(
    "text", ["José", "São Paulo", "Ångström", "Ã", "Łukasz", "Müller", "naïve", "ÂGE", "東京", "🎉"]
)
def test_a_text_that_is_right_is_not_flagged(text: str) -> None:
    assert read_text(text) == text


@given(st.text(max_size=30))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert clean_column([text], typed=False) == [once]


@given(st.text(max_size=30))
def test_no_text_makes_a_value_reader_raise(text: str) -> None:
    readers = (read_boolean, read_number, read_money, read_percent, read_country, read_state, read_timezone)
    for read in (*readers, read_website, partial(read_number, decimal=",")):
        read(text)


@pytest.mark.parametrize("sign", ["(", "<@", "1-", "a@", "1/", "1,", "ext ", "+", "<script"])
def test_a_text_beyond_all_measure_is_refused_before_a_pattern_takes_minutes_over_it(sign: str) -> None:
    text = sign * 20_000
    today = DateRules(today=date(2026, 11, 23))
    readings = [read_phone(text, ("US",)), read_email(text), read_date(text, today), read_number(text)]
    readings += [read_money(text), read_website(text)]
    assert all(isinstance(reading, ValueFault) and reading.fails for reading in readings)
    strip_html(text)


@pytest.mark.parametrize("space", ["\u00a0", "\u2009", "\u202f"])
def test_a_fixed_space_between_two_names_is_the_one_that_people_type(space: str) -> None:
    assert clean(f"Ann{space}Lee") == "Ann Lee"
    assert clean_column([f"Ann{space}Lee", "Bob"], typed=False) == ["Ann Lee", "Bob"]


def test_what_holds_an_emoji_or_a_japanese_name_together_stays() -> None:
    assert clean("\U0001f469\u200d\U0001f4bb") == "\U0001f469\u200d\U0001f4bb"
    assert clean("\u5c71\u7530\u3000\u592a\u90ce") == "\u5c71\u7530\u3000\u592a\u90ce"


@pytest.mark.parametrize("value", [12345678901234599936, 4.111111111111111e15, -(10**15)])
@pytest.mark.parametrize("read", [read_typed, read_plain_text])
def test_an_identifier_of_more_digits_than_a_spreadsheet_keeps_is_warned_of(
    value: float, read: Callable[[str], ReadValue]
) -> None:
    found = read(TypedText(f"{value:.0f}", value))
    assert isinstance(found, ValueFault)
    assert (found.code, found.fails, found.value) == ("damaged_number", False, f"{value:.0f}")


@pytest.mark.parametrize("read", [read_typed, read_plain_text])
def test_an_identifier_of_fifteen_digits_is_whole(read: Callable[[str], ReadValue]) -> None:
    assert read(TypedText("123456789012345", 123456789012345)) == "123456789012345"
    assert read("12345678901234567890") == "12345678901234567890"
