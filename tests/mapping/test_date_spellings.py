"""Dates as programs and people of many languages write them, and what only looks like one."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import pytest

from importer.mapping.values import months
from importer.mapping.values.dates import DateRules, read_date
from importer.mapping.values.fault import ValueFault

TODAY = date(2026, 11, 23)


def read(text: str, *, birthday: bool = True) -> object:
    return read_date(text, DateRules(today=TODAY, order="DMY", birthday=birthday))


@pytest.mark.parametrize(
    "text",
    [
        # JavaScript, Unix, mail, SAS, Oracle, calendars
        "Sun Mar 17 1985 00:00:00 GMT-0500 (Eastern Standard Time)", "Sun Mar 17 1985 00:00:00 GMT+0200 (CEST)", "Sun Mar 17 1985",
        "1985-03-17T00:00:00.000Z", "Sun Mar 17 00:00:00 1985", "Sun Mar 17 00:00:00 UTC 1985", "Sun, 17 Mar 1985 00:00:00 +0000",
        "17MAR1985", "17MAR1985:00:00:00", "17MAR85", "17-MAR-85 12.00.00.000000 AM", "19850317T000000Z", "1985-03-17 00:00:00+00:00",
        "1985-03-17T00:00:00-05:00", "1985-03-17T00:00:00[Europe/Berlin]", "17/03/1985 12:00:00 AM", "17.03.1985 00:00 Uhr",
        # a comma too many, a day of the week, an ending
        "March, 17 1985", "March 17, 1985", "March 17th, 1985", "17th of March, 1985", "Sunday 17 March 1985", "17/03/1985 at 5:30 PM",
        "1985-03-17 (Sunday)", "dimanche 17 mars 1985", "Sonntag, 17. März 1985",
        # the spreadsheet's mark for a text
        "'1985-03-17", "\u201917/03/1985", "'17 Mar 1985",
        # languages
        "17 marca 1985", "17 marca 1985 r.", "17. března 1985", "17 Mart 1985", "17 marts 1985", "17 марта 1985 г.", "17 березня 1985",
        "17 Μαρτίου 1985", "1985. március 17.", "17. maaliskuuta 1985", "17 martie 1985", "17 de març de 1985", "17 Maret 1985",
        "17 de marzo de 1985",
    ],
)  # fmt: skip
def test_a_date_with_a_plain_day_month_and_year_is_read_in_any_spelling(text: str) -> None:
    assert read(text) == "1985-03-17"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5 maj 1990", "1990-05-05"), ("5 maja 1990", "1990-05-05"), ("5 MAYIS 1990", "1990-05-05"), ("5 Şubat 1990", "1990-02-05"),
     ("5 září 1990", "1990-09-05"), ("5 июля 1990", "1990-07-05"), ("5 czerwca 1990", "1990-06-05"), ("5 července 1990", "1990-07-05"),
     ("5 sierpnia 1990", "1990-08-05"), ("5 srpna 1990", "1990-08-05"), ("5 października 1990", "1990-10-05")],
)  # fmt: skip
def test_months_that_look_alike_in_two_languages_are_told_apart(text: str, expected: str) -> None:
    assert read(text) == expected


@pytest.mark.parametrize("text", ["5 listopada 1990", "5 listopad 1990", "5 lip 1990", "5 srp 1990"])
def test_a_word_for_two_months_is_refused(text: str) -> None:
    found = read(text)
    assert isinstance(found, ValueFault)
    assert found.fails


def test_no_word_of_the_table_means_two_months() -> None:
    meant = defaultdict(set)
    for group in months._NAMES:
        for number, names in enumerate(group, start=1):
            for name in names.split():
                meant[months.fold_word(name)].add(number)
    assert {name: numbers for name, numbers in meant.items() if len(numbers) > 1} == {}
    assert not set(meant) & months.WEEKDAYS - {"mar"}


@pytest.mark.parametrize(
    "text",
    ["0000-00-00", "00/00/0000", "0/0/00", "00.00.0000", "0000-00-00 00:00:00", "0000-00-00T00:00:00Z", "00000000", "0", "'0000-00-00",
     "1/0/1900", "01/00/1900", "00.01.1900", "1900-01-00", "0-Jan-00"],
)  # fmt: skip
@pytest.mark.parametrize("birthday", [True, False])
def test_zeros_are_no_date_and_no_fault(text: str, *, birthday: bool) -> None:
    assert read(text, birthday=birthday) is None


@pytest.mark.parametrize("text", ["0001-01-01", "01/01/0001", "1899-12-30", "30.12.1899 00:00:00"])
def test_the_first_day_that_a_program_knows_is_left_out_with_a_warning(text: str) -> None:
    found = read(text)
    assert isinstance(found, ValueFault)
    assert (found.code, found.value, found.fails) == ("blank_marker", None, False)


@pytest.mark.parametrize(
    "text",
    ["January 5, 2001 → January 7, 2001", "5 Jan 2001 \u2013 7 Jan 2001", "05/01/2001 - 07/01/2001", "2001-01-05 2001-01-07",
     "2001-01-05 to 2001-01-07", "05/01/2001, 07/01/2001", "5 Jan 2001 or 6", "2001-01-05; 2001-01-07", "Jan 5, 2001 (born 2001)"],
)  # fmt: skip
def test_two_dates_in_a_cell_are_refused_and_not_the_first_taken(text: str) -> None:
    found = read(text)
    assert isinstance(found, ValueFault)
    assert (found.code, found.fails) == ("several_values", True)


@pytest.mark.parametrize(
    "text", ["2001-01-05/2001-01-07", "05/01/2001-07/01/2001", "17/03/1985 41", "17.03.1985 12", "1985-00-00"]
)
def test_other_numbers_beside_a_date_are_refused(text: str) -> None:
    found = read(text)
    assert isinstance(found, ValueFault)
    assert found.fails
