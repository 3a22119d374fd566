from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.mapping.values.dates import SENTINELS, DateRules, evidence_of, read_date
from importer.mapping.values.fault import ValueFault
from importer.records import TypedText

TODAY = date(2026, 11, 23)


def read(
    text: str, order: str | None = None, *, birthday: bool = False, formats: tuple[str, ...] = ()
) -> object:
    reading = read_date(text, DateRules(today=TODAY, order=order, birthday=birthday, formats=formats))
    return reading.code if isinstance(reading, ValueFault) and reading.fails else reading


@pytest.mark.parametrize(
    "text",
    ["1990-01-02", "1990-1-2", "1990/01/02", "1990.01.02", "19900102", "1990-01-02T10:00:00Z", "1990-01-02 00:00:00",
     "2 Jan 1990", "02-Jan-1990", "2-Jan-90", "Jan 2, 1990", "January 2nd, 1990", "2. Januar 1990", "2 janvier 1990",
     "2 de enero de 1990", "2 gennaio 1990", "2 de janeiro de 1990", "2 januari 1990", "1990 Jan 2",
     "Tuesday, January 2, 1990", "Tue, 02 Jan 1990 00:00:00 GMT", "32875", "32875.0", "1990年1月2日"],
)  # fmt: skip
def test_a_date_that_reads_one_way_needs_no_order(text: str) -> None:
    assert read(text) == "1990-01-02"


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("03/04/1990", "DMY", "1990-04-03"),
        ("03/04/1990", "MDY", "1990-03-04"),
        ("3.4.90", "DMY", "1990-04-03"),
        ("3-4-1990", "MDY", "1990-03-04"),
        ("25/12/1990", "MDY", "1990-12-25"),
        ("90-01-02", "YMD", "1990-01-02"),
        ("3/4/1990 12:00:00 AM", "MDY", "1990-03-04"),
    ],
)
def test_the_order_decides_between_two_readings(text: str, order: str, expected: str) -> None:
    assert read(text, order) == expected


@pytest.mark.parametrize(
    "text",
    ["31/02/1990", "29/02/1999", "00/01/1990", "1990-00-00", "1990-13-01", "13/13/1990", "1990", "May", "5", "2/1990",
     "yesterday", "Jan 1990", "n/a"],
)  # fmt: skip
def test_what_is_no_day_is_refused_and_nothing_is_invented(text: str) -> None:
    assert read(text, "DMY") == "invalid_date"


@pytest.mark.parametrize(
    ("text", "birthday", "other"),
    [
        ("1/1/26", "2026-01-01", "2026-01-01"),
        ("31/12/26", "1926-12-31", "2026-12-31"),
        ("1/1/27", "1927-01-01", "2027-01-01"),
        ("1/1/46", "1946-01-01", "2046-01-01"),
        ("1/1/47", "1947-01-01", "1947-01-01"),
        ("1/1/00", "2000-01-01", "2000-01-01"),
    ],
)
def test_two_digit_years_are_past_for_birthdays_and_near_for_other_dates(
    text: str, birthday: str, other: str
) -> None:
    assert read(text, "DMY", birthday=True) == birthday
    assert read(text, "DMY") == other


@pytest.mark.parametrize("text", ["2026-11-24", "2030-01-01", "1890-01-01", "1900-01-01"])
def test_a_birthday_in_the_future_or_beyond_a_life_is_refused(text: str) -> None:
    assert read(text, birthday=True) == "impossible_birthday"
    assert read(text) == text


@pytest.mark.parametrize("pattern", ["%d/%m/%Y", "DD/MM/YYYY", "D/M/YYYY", "dd/mm/yyyy"])
def test_an_explicit_format_takes_its_own_spelling_alone(pattern: str) -> None:
    assert read("03/04/1990", formats=(pattern,)) == "1990-04-03"
    assert read("1990-04-03", formats=(pattern,)) == "invalid_date"
    assert read("1990-04-03", formats=(pattern, "%Y-%m-%d")) == "1990-04-03"


def test_a_format_with_two_digit_years_follows_the_same_rule() -> None:
    assert read("03/04/60", formats=("DD/MM/YY",), birthday=True) == "1960-04-03"
    assert read("03/04/30", formats=("DD/MM/YY",)) == "2030-04-03"


def test_a_date_cell_of_a_workbook_is_taken_for_what_it_is() -> None:
    assert read(TypedText("3/4/1990", date(1990, 4, 3))) == "1990-04-03"
    assert read(TypedText("3/4/90 0:00", datetime(1990, 4, 3))) == "1990-04-03"  # noqa: DTZ001  (as a cell holds it)
    assert read(TypedText("32875", 32875)) == "1990-01-02"


@pytest.mark.parametrize(
    ("text", "proof"),
    [
        ("25/12/1990", "DMY"),
        ("12/25/1990", "MDY"),
        ("03/04/1990", "?"),
        ("05/05/1990", None),
        ("1990-03-04", None),
        ("x", None),
        ("99-01-02", "YMD"),
    ],
)
def test_a_date_proves_an_order_when_it_has_one_reading(text: str, proof: str | None) -> None:
    assert evidence_of(text) == proof


DAYS = st.dates(min_value=date(1000, 1, 1)).filter(lambda day: day not in SENTINELS)


@given(DAYS, st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%d %b %Y", "%B %d, %Y"]))
def test_a_date_written_in_full_reads_as_itself(day: date, pattern: str) -> None:
    assert read(day.strftime(pattern)) == day.isoformat()


ORDERS = [("DMY", "{0.day}/{0.month}/{0.year}"), ("MDY", "{0.month}-{0.day}-{0.year}")]


@given(DAYS, st.sampled_from(ORDERS))
def test_a_date_written_in_the_known_order_reads_as_itself(day: date, spelling: tuple[str, str]) -> None:
    order, pattern = spelling
    assert read(pattern.format(day), order) == day.isoformat()


@given(st.text(max_size=40))
def test_no_text_makes_reading_a_date_raise(text: str) -> None:
    read(text, "DMY", birthday=True)
    evidence_of(text)
