"""What a spreadsheet does to texts that look like numbers or dates when it opens a CSV and saves it again."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from importer.runtime.regex import regex

_MOST_DIGITS: Final = 15
"""As many digits of a number as a spreadsheet keeps."""
_NUMBER: Final = regex(r"[+-]?\d{1,40}(?:[.,]\d{1,40})?")
_ZERO_FIRST: Final = regex(r"[+-]?0+\d")
_POWER: Final = regex(r"[+-]?\d(?:[.,](\d{1,20}))?[eE]\+?0*(\d{1,2})")
_LIKE_POWER: Final = regex(r"\d{1,15}[eE]\d{1,3}")
"""A code or a postcode that is taken for a number: 1E10."""
_DATE: Final = regex(r"(\d{1,4})([-/. ]+)(\d{1,2})\2(\d{1,4})(?:[ T].*)?")
_NAMED_DATE: Final = regex(
    r"(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?[-. ]{1,2}(?P<month>[^\W\d]{3,9})|(?P<month_first>[^\W\d]{3,9})\.?[- ](?P<day_behind>\d{1,2}))"
    r"(?:st|nd|rd|th)?[-., ]{1,2}(?P<year>\d{4}|\d{2})"
)
"""Mar 5, 1985, which a spreadsheet writes as 5-Mar-85."""
_DAY_OF_MONTH: Final = regex(r"(\d{1,2})[-. ]{1,2}([^\W\d]{3,4})\.?|([^\W\d]{3,4})\.?[-. ](\d{1,2})")
_SHORT: Final = regex(r"(\d{1,2})[-/.](\d{1,2})|([^\W\d]{3,9})[-. ]?(\d{1,2})")


class Rewriting(StrEnum):
    """What was lost, as the end of a sentence."""

    ZEROS = "its leading zeros are lost"
    DIGITS = "its last digits are lost"
    POWER = "it is written as a power of ten"
    NUMBER = "it was taken for a number"
    DATE = "it is written as another kind of date"


def rewriting_of(before: str, after: str) -> Rewriting | None:
    """Tell how a program rewrote a cell that nobody meant to change; None for what a person would do.

    The number or the date is the same, as far as the new text tells it, and only the writing differs. Zeros behind a
    decimal point are no loss: 1.50 and 1.5 are read alike.
    """
    before, after = before.strip(), after.strip()
    if before == after or not before or not after:
        return None
    return _number_rewriting(before, after) or _date_rewriting(before, after)


def _number_rewriting(before: str, after: str) -> Rewriting | None:
    if _LIKE_POWER.fullmatch(before):
        return Rewriting.NUMBER if _value(before) == _value(after) else None
    if not _NUMBER.fullmatch(before):
        return None
    if _POWER.fullmatch(after):
        return Rewriting.POWER if _rounds_to(before, after) else None
    if not _NUMBER.fullmatch(after):
        return None
    if _ZERO_FIRST.match(before) and not _ZERO_FIRST.match(after) and _value(before) == _value(after):
        return Rewriting.ZEROS
    return Rewriting.DIGITS if _cut_digits(before, after) else None


def _rounds_to(before: str, after: str) -> bool:
    found = _POWER.fullmatch(after)
    value, power = _value(before), _value(after)
    if found is None or value is None or power is None:
        return False
    step = Decimal(10) ** (int(found[2]) - len(found[1] or ""))
    return abs(value - power) * 2 <= step


def _cut_digits(before: str, after: str) -> bool:
    return (
        len(before) == len(after) > _MOST_DIGITS
        and before[: _MOST_DIGITS - 1] == after[: _MOST_DIGITS - 1]
        and not after[_MOST_DIGITS + 1 :].strip("0")
    )


def _value(text: str) -> Decimal | None:
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None


def _date_rewriting(before: str, after: str) -> Rewriting | None:
    old, new = _DATE.fullmatch(before), _DATE.fullmatch(after)
    if old and new:
        same = _readings(old) & _readings(new)
        return Rewriting.DATE if same and _style(old) != _style(new) else None
    return Rewriting.DATE if _renamed(before, after) or _became_day(before, after) else None


def _renamed(before: str, after: str) -> bool:
    """Tell one date of which either writing, or both, name the month in letters."""
    old, new = _NAMED_DATE.fullmatch(before), _NAMED_DATE.fullmatch(after)
    if old and new:
        return _named(old)[:3] == _named(new)[:3] and _named(old)[3:] != _named(new)[3:]
    named, other = (old, _DATE.fullmatch(after)) if old else (new, _DATE.fullmatch(before))
    if named is None or other is None:
        return False
    day, year, *_ = _named(named)
    return any((day, year) == (each_day, each_year % 100) for each_year, _, each_day in _readings(other))


def _named(date: re.Match[str]) -> tuple[int, int, str, int, bool]:
    """Give day, year without its century and the month's beginning, and how they are written."""
    month = date["month"] or date["month_first"]
    day, year = date["day"] or date["day_behind"], date["year"]
    return int(day), int(year) % 100, month[:3].casefold(), len(year), date["day"] is None


def _readings(date: re.Match[str]) -> set[tuple[int, int, int]]:
    """Read a date in every order that it can have."""
    first, middle, last = int(date[1]), int(date[3]), int(date[4])
    orders = {(first, middle, last), (last, middle, first), (last, first, middle)}
    return {
        (century + year, month, day)
        for year, month, day in orders
        for century in ((0,) if year > 99 else (1900, 2000))
        if 1 <= month <= 12 and 1 <= day <= 31
    }


def _style(date: re.Match[str]) -> tuple[str, int, int]:
    """Tell how a date is written: what stands between its parts, and where the year of four digits is."""
    return (date[2], len(date[1]) // 4, len(date[4]) // 4)


def _became_day(before: str, after: str) -> bool:
    """Tell a text that was taken for a day of a month: 1-2, 3/4 or MAR1 become 2-Jan, 4-Mar and 1-Mar."""
    new, old = _DAY_OF_MONTH.fullmatch(after), _SHORT.fullmatch(before)
    if new is None or old is None:
        return False
    day, month = new[1] or new[4], (new[2] or new[3]).casefold()
    if old[3]:
        return int(old[4]) == int(day) and old[3].casefold()[:3] == month[:3]
    return int(day) in {int(old[1]), int(old[2])}
