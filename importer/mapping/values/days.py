"""The dates of one column, read by what was said of the same day in another year.

Birthdays seldom repeat, but there are only 366 days of which they are, in the few spellings of a file. Reading one takes
some 3 us, a look-up a tenth of that.
"""

from __future__ import annotations

from typing import Final

from importer.mapping.values.dates import OLDEST_YEARS, DateRules, read_date
from importer.mapping.values.fault import ReadValue
from importer.runtime.regex import regex

_BEFORE_YEAR: Final = regex(
    r"[0-9]{1,2}([/.-])[0-9]{1,2}\1|[A-Za-z]{3,9}\.? [0-9]{1,2},? |[0-9]{1,2}([ -])[A-Za-z]{3,9}\2"
)
"""What stands before a year of four digits, where the year decides nothing about day and month."""
_BEFORE_SHORT_YEAR: Final = regex(r"[0-9]{1,2}([/.-])[0-9]{1,2}\1")
_LEAP_DAY: Final = "-02-29"
_OLDEST: Final = 1900
"""Of dates that are no birthdays; the days before that programs write for no date are no matter of day and month."""
_KEPT: Final = 10_000


class DateReader:
    """Reads texts by some rules. Only texts that were read without a word about them are kept, by their day."""

    def __init__(self, rules: DateRules) -> None:
        self._rules = rules
        this_year = rules.today.year
        first = this_year - OLDEST_YEARS if rules.birthday else _OLDEST
        # Of this year and the oldest one, whether it is a birthday is a matter of the day.
        self._years = frozenset(map(str, range(first + 1, this_year)))
        self._this_year = f"{this_year % 100:02}"
        self._after_year: set[str] = set()
        self._days: dict[str, str] = {}
        self._days_of_short: dict[str, str] = {}
        self._short_years: dict[str, str] = {}

    def __call__(self, text: str) -> ReadValue:
        if type(text) is not str or self._rules.formats:
            return read_date(text, self._rules)  # behind a workbook's cell stands a value, which counts
        day = self._days.get(text[:-4])
        if day is not None and text[-4:] in self._years:
            return text[-4:] + day
        if text[4:] in self._after_year and text[:4] in self._years:
            return text
        day, year = self._days_of_short.get(text[:-2]), self._short_years.get(text[-2:])
        return year + day if day is not None and year is not None else self._look(text)

    def _look(self, text: str) -> ReadValue:
        read = read_date(text, self._rules)
        if type(read) is str and read[4:] != _LEAP_DAY and len(self._days) < _KEPT:
            self._keep(text, read[:4], read[4:])
        return read

    def _keep(self, text: str, year: str, day: str) -> None:
        if text == year + day:
            self._after_year.add(day)
        elif _BEFORE_YEAR.fullmatch(text[:-4]):
            self._days[text[:-4]] = day
        elif self._short_year_is_last(text):
            self._days_of_short[text[:-2]] = day
            self._short_years[text[-2:]] = year

    def _short_year_is_last(self, text: str) -> bool:
        """Tell a year of two digits, save this one: on a day that is still to come it means the last century."""
        ordered = self._rules.order != "YMD" and text[-2:] != self._this_year
        return ordered and _BEFORE_SHORT_YEAR.fullmatch(text[:-2]) is not None
