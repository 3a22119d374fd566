"""Amounts with a scale, a sign or a currency around them, and amounts of something else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.mapping.values.fault import ValueFault
from importer.mapping.values.numbers import evidence_of, read_money, read_number, read_percent
from importer.records import TypedText


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("$1.2M", 1_200_000), ("$450K", 450_000), ("5k", 5_000), ("500 k", 500_000), ("$2.5B", 2_500_000_000),
        ("US$ 1.2M", 1_200_000), ("A$5k", 5_000), ("€1.2 Mio.", 1_200_000), ("1,2 Mio. EUR", 1_200_000), ("5 T€", 5_000),
        ("TEUR 5", None), ("5 TEUR", 5_000), ("3,5 Mrd. €", 3_500_000_000), ("1,2 млн руб.", 1_200_000), ("5 тыс. руб.", 5_000),
        ("5 Lakh", 500_000), ("₹5 lacs", 500_000), ("3 crore", 30_000_000), ("1.5 million dollars", 1_500_000),
        ("2 thousand", 2_000), ("$ 5 m", 5_000_000), ("5m", 5_000_000), ("1.200,5k", 1_200_500), ("(1,2 Mio. EUR)", -1_200_000),
    ],
)  # fmt: skip
def test_a_scale_behind_an_amount_multiplies_it(text: str, amount: float | None) -> None:
    found = read_money(text)
    assert (None if isinstance(found, ValueFault) else found) == amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("250.00-", -250), ("1,250.75-", -1250.75), ("1.234,56-", -1234.56), ("250-", -250), ("-250.00", -250), ("(99.50)", -99.5),
        ("$(5.00)", -5), ("(5.00) USD", -5), ("($1,234.50)", -1234.5), ("-$5", -5), ("$-5", -5), ("USD -5", -5), ("5.00- EUR", -5),
        ("EUR 5,00-", -5), ("\u22125.00", -5), ("+5", 5),
    ],
)  # fmt: skip
def test_the_sign_is_kept_wherever_it_stands(text: str, amount: float) -> None:
    assert read_money(text) == amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12.-", 12),
        ("12,--", 12),
        ("CHF 1'200.\u2014", 1200),
        ("kr 250,-", 250),
        ("250:-", 250),
        ("Rs 500/-", 500),
        ("500/=", 500),
    ],
)
def test_a_dash_in_place_of_cents_is_no_minus(text: str, amount: float) -> None:
    assert read_money(text) == amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("$1,200.50", 1200.5), ("1,234.00 USD", 1234), ("R$ 1.234,56", 1234.56), ("Rs. 500", 500), ("1 234,56 €", 1234.56),
        ("S/. 500", 500), ("R500", 500), ("C$ 500", 500), ("NT$500", 500), ("U.S. $500", 500), ("500 zł", 500), ("500 Kč", 500),
        ("1 000,00 Ft", 1000), ("₦500", 500), ("EUR500", 500), ("500 EUR.", 500), ("Fr. 12.50", 12.5), ("₹5,00,000", 500_000),
        ("500 dollars", 500), ("USD $500", 500), ("$.50", 0.5), ("1.00E+05", 100_000), ("$ 5 000 000", 5_000_000), ("5.", 5),
    ],
)  # fmt: skip
def test_a_currency_in_any_spelling_is_left_out(text: str, amount: float) -> None:
    assert read_money(text) == amount


@pytest.mark.parametrize(
    "text",
    ["120 km", "10.000 km", "500 x", "9 days", "12h", "3 hrs", "5 kg", "500 ft", "100 pcs", "95 %", "50 bps", "5 top", "5 C", "100 N",
     "10-20", "1,000 - 5,000", "$50K-$100K", "5000+", "~500", "$12.50/mo", "$12.50 per month", "100¢", "10:30", "555-1234",
     "2020-01-01", "12/31/2020", "--5", "((5))", "-(5)", "two", "$", "5th", "Room 5"],
)  # fmt: skip
def test_what_is_no_amount_of_money_is_refused(text: str) -> None:
    found = read_money(text)
    assert isinstance(found, ValueFault)
    assert (found.code, found.fails) == ("invalid_number", True)


@pytest.mark.parametrize(
    "text",
    ["3 Cr", "250.00 CR", "250.00 Dr", "$5 mil", "5 mil.", "5 billones", "5 m", "1.234 Mio", "$1,200K"],
)
def test_a_scale_that_may_be_another_is_refused_with_the_two_readings(text: str) -> None:
    found = read_money(text)
    assert isinstance(found, ValueFault)
    assert " may be " in found.sentence or "two ways" in found.sentence or "not the same" in found.sentence


def test_a_scaled_amount_heeds_the_decimal_sign_of_the_mapping() -> None:
    assert read_money("1.234 Mio", decimal=",") == 1_234_000_000
    assert read_money("1.234 Mio", decimal=".") == 1_234_000
    assert read_money("1.234") == 1234


def test_a_plain_number_keeps_a_sign_behind_it_and_takes_no_unit() -> None:
    assert read_number("250.00-") == -250
    assert read_number("1.234,56-") == -1234.56
    assert isinstance(read_number("450K"), ValueFault)
    assert isinstance(read_number("5 km"), ValueFault)


@given(st.text(max_size=40))
def test_no_text_makes_reading_money_raise(text: str) -> None:
    read_money(text)


TWO_WAYS = "can be read two ways, as thousands or as decimals; say `decimal` in the rule or in defaults"
ENDLESS = "1" * 77 + "..."


@pytest.mark.parametrize(
    ("read", "text", "sentence"),
    [
        (read_number, "1,234", f"'1,234' {TWO_WAYS}"),
        (read_number, "much", "'much' is no number"),
        (read_number, TypedText("#", float("inf")), "'Infinity' is no number"),
        (read_number, "1" * 101, f"'{ENDLESS}' has 101 characters, too many for a number"),
        (read_money, "1.234 Mio", f"'1.234 Mio' {TWO_WAYS}"),
        (read_money, "$1,2,3", "'$1,2,3' is no amount of money"),
        (read_money, "1" * 101, f"'{ENDLESS}' has 101 characters, too many for an amount of money"),
    ],
)
def test_what_is_refused_is_quoted_with_the_reason(
    read: Callable[[str], object], text: str, sentence: str
) -> None:
    assert read(text) == ValueFault("invalid_number", sentence)


def test_a_hundred_characters_are_not_too_many() -> None:
    text = "0" * 98 + "12"
    assert (read_number(text), read_money(text)) == (12, 12)


def test_whole_numbers_are_sent_as_such_as_far_as_every_json_reader_keeps_them_exact() -> None:
    largest = 2**53 - 1
    assert [type(read_number(str(number))) for number in (largest, -largest)] == [int, int]
    assert [type(read_number(str(number))) for number in (largest + 1, largest + 2, 2**53 + 2)] == [
        float,
        float,
        float,
    ]


def test_a_space_between_thousands_is_in_nobodys_way() -> None:
    assert [evidence_of(text) for text in ("1 234,5", "1\u202f234.5", "1 234")] == [",", ".", None]


def test_a_share_heeds_the_decimal_sign_of_the_mapping_with_its_sign_or_without() -> None:
    assert [read_percent(text, decimal=",") for text in ("1,234", "1,234 %")] == [1.234, 1.234]
    assert [read_percent(text, decimal=".") for text in ("1,234", "1,234 %")] == [1234, 1234]
