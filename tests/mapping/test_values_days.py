"""A date that is read by what was said of its day in another year: the same answer as if it stood alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.mapping.values.dates import DateRules, read_date
from importer.mapping.values.days import DateReader
from importer.records import TypedText

TODAY = date(2026, 11, 23)
YEARS = (1980, 2000, 1905, 1906, 1907, 2025, 2026, 2027, 1899)
DAYS = ((3, 4), (2, 29), (12, 31), (11, 24), (1, 1), (13, 13))
NAMES = (
    "",
    "Jan",
    "february",
    "Mar",
    "apr",
    "May",
    "JUN",
    "Jul",
    "Aug",
    "Sept",
    "Oct",
    "November",
    "Dec",
    "Xyz",
)
SPELLINGS = (
    "{y:04}-{m:02}-{d:02}", "{y:04}/{m}/{d}", "{m}/{d}/{y:04}", "{d}/{m}/{y:04}", "{d:02}.{m:02}.{y:04}", "{m:02}-{d:02}-{y:04}",
    "{m}/{d}/{s:02}", "{d}.{m}.{s:02}", "{s:02}-{m:02}-{d:02}", "{s:02}/{m}/{d}", "{s:02}/{d}/{m}", "{m}/{d}-{y:04}", "{n} {d}, {y:04}",
    "{n}. {d} {y:04}", "{d} {n} {y:04}", "{d}-{n}-{y:04}", "{d}-{n}-{s:02}", "{d} {n} {s:02}", "{n} {d} {s:02}", "{y:04} {n} {d}",
    "{y:04}{m:02}{d:02}", "{m}/{d}/{y:04} 10:30", "{m}/{d}/{y:04} 1980", "12:30 {y:04}", "{y:04}-{m:02}-{d:02}T10:1980", "{y}", "{s}/{y}",
)  # fmt: skip
ORDERS = (None, "DMY", "MDY", "YMD")
RULES = [
    *(DateRules(today=TODAY, order=order, birthday=birthday) for order, birthday in product(ORDERS, (True, False))),
    DateRules(today=TODAY, order="DMY", stated=True),
    DateRules(today=TODAY, order="MDY", birthday=True, by_majority=True),
]  # fmt: skip


def texts() -> Iterator[str]:
    for spelling, (month, day), year in product(SPELLINGS, DAYS, YEARS):
        name = NAMES[month]
        yield spelling.format(y=year, m=month, d=day, n=name, s=year % 100)


@pytest.mark.parametrize("rules", RULES, ids=str)
def test_whatever_was_read_before_a_date_is_read_as_if_it_stood_alone(rules: DateRules) -> None:
    reader = DateReader(rules)
    every = sorted(texts(), key=lambda text: text[::-1]) + list(texts())
    assert [(text, reader(text)) for text in every] == [(text, read_date(text, rules)) for text in every]


@given(
    before=st.lists(st.from_regex(r"[0-9a-z/. ,-]{0,12}(19[0-9]{2}|[0-9]{2})", fullmatch=True), max_size=5),
    year=st.integers(1900, 2030).map(str),
    rules=st.sampled_from(RULES),
)
def test_no_text_that_ends_like_a_year_is_read_otherwise_after_another(
    before: list[str], year: str, rules: DateRules
) -> None:
    reader = DateReader(rules)
    for text in (*before, *(text[:-4] + year for text in before), *(text[:-2] + year[2:] for text in before)):
        assert reader(text) == read_date(text, rules)


def test_the_value_behind_a_cell_of_a_workbook_counts_more_than_its_text() -> None:
    rules = DateRules(today=TODAY, order="MDY", birthday=True)
    reader = DateReader(rules)
    reader("3/4/1980")
    assert reader(TypedText("3/4/1990", date(1990, 4, 3))) == "1990-04-03"


def test_a_stated_format_is_heeded_by_each_date() -> None:
    reader = DateReader(DateRules(today=TODAY, formats=("DD/MM/YYYY",)))
    assert reader("03/04/1980") == "1980-04-03"
    assert reader("03/04/1990") == "1990-04-03"
