"""Dates to YYYY-MM-DD."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Final, TypeAlias

from importer.mapping.values.blanks import left_out
from importer.mapping.values.dateformats import to_strptime
from importer.mapping.values.fault import ReadValue, ValueFault, quoted, too_long, warn
from importer.mapping.values.months import MONTHS, WEEKDAYS, fold_word
from importer.mapping.values.texts import unmarked
from importer.records import TypedText, value_type
from importer.runtime.regex import regex

CODE: Final = "invalid_date"
OLDEST_YEARS: Final = 120
_REST: Final = r"(?P<rest>(?:[T ,:;(].*)?)"
_ISO: Final = regex(rf"(\d{{4}})-(\d{{1,2}})-(\d{{1,2}}){_REST}", re.DOTALL)
_YEAR_FIRST: Final = regex(rf"(\d{{4}})\s*[/._ ]\s*(\d{{1,2}})\s*[/._ ]\s*(\d{{1,2}})\.?{_REST}", re.DOTALL)
_NUMBERS: Final = regex(
    rf"(\d{{1,2}})\s*([/.\-_ ])\s*(\d{{1,2}})\s*[/.\-_ ]\s*(\d{{4}}|\d{{2}})\.?{_REST}", re.DOTALL
)
_PLAIN: Final = regex(r"(\d\d?)([/.-])(\d\d?)\2(\d{4})")
"""What ``_NUMBERS`` takes, too: nearly all dates of exports, at half the cost of asking what else they could be."""
_EAST_ASIAN: Final = regex(rf"(\d{{4}})[年년]\s*(\d{{1,2}})[月월]\s*(\d{{1,2}})[日일]{_REST}", re.DOTALL)
_COMPACT: Final = regex(r"(\d{4})(\d{2})(\d{2})(?P<rest>(?:T.*)?)", re.DOTALL)
_NO_YEAR: Final = regex(r"--\d{2}-?\d{2}")
"""Address books write the birthday of somebody whose age nobody knows so."""
_SERIAL: Final = regex(r"(\d{5})(?:[.,]\d+)?")
_DAY_MONTH: Final = regex(
    r"(\d{1,2})(?:st|nd|rd|th|er|º|°|\.)?[\s\-/.,]*(?:de |of |di |d')?\s*([^\W\d_]{3,})\.?[\s\-/.,]*(?:de |del |of )?"
    rf"\s*['\u2019]?(\d{{4}}|\d{{2}}){_REST}",
    re.DOTALL,
)
_MONTH_DAY: Final = regex(
    rf"([^\W\d_]{{3,}})\.?[\s\-/.,]*(\d{{1,2}})(?:st|nd|rd|th)?[\s,\-/.]+['\u2019]?(\d{{4}}|\d{{2}}){_REST}",
    re.DOTALL,
)
_YEAR_MONTH_DAY: Final = regex(
    rf"(\d{{4}})[\s\-/.,]*([^\W\d_]{{3,}})\.?[\s\-/.,]*(\d{{1,2}})(?:st|nd|rd|th)?\.?{_REST}", re.DOTALL
)
_YEAR_LAST: Final = regex(
    r"([^\W\d_]{3,})\.?\s+(\d{1,2})(?P<rest>\s+\d{1,2}:\d{2}(?::\d{2})?(?:\s+[a-z]{2,5}(?:[+-]\d{1,4})?)?)\s+(\d{4})"
)
"""What C and Unix write: Sun Mar 17 00:00:00 UTC 1985."""
_WEEKDAY: Final = regex(r"([^\W\d_]{2,10}(?:-feira)?)(\.?,\s*|\.?\s+)(?=\d|[^\W\d_])")
_CLOCK: Final = regex(
    r"[T\s,:;]*(?:(?:at|um|à|a las|kl\.?|o|om)\s+)?\d{1,2}"
    r"(?:(?:[:.h]\d{2}){1,2}(?:[.,:]\d{1,9})?(?:\s*[ap]\.?\s?m\.?|\s*uhr|\s*h)?|\s*[ap]\.?\s?m\.?|\s*uhr|\s*h)"
    r"(?:\s*(?:z|(?:[a-z]{2,5}\s?)?(?:[+-]\d{1,2}:?(?:\d{2})?)?))?(?:\s*(?:\([^()\d]*\)|\[[^\[\]\d]*\]))?\s*",
    re.IGNORECASE,
)
_COMPACT_CLOCK: Final = regex(r"T\d{2,6}(?:[.,]\d+)?(?:Z|[+-]\d{2,4})?", re.IGNORECASE)
_NO_DATE: Final = regex(
    # All zeros, and day 0 of January 1900, which is how spreadsheets show the number 0.
    r"[0\s/.\-:TZ]*0[0\s/.\-:TZ]*|0?1[/.\-]00?[/.\-](?:1900|00)|00?[/.\-](?:0?1|jan)[/.\-](?:1900|00)|1900-0?1-00?",
    re.IGNORECASE,
)
SENTINELS: Final = frozenset({date(1, 1, 1), date(1899, 12, 30), date(1899, 12, 31)})
"""The first days that programs know, which they write where no day is known."""
_ORDERS: Final = frozenset({"DMY", "MDY"})
LOW_DAY: Final = "low day"
HIGH_DAY: Final = "high day"
_EXCEL_EPOCH: Final = date(1899, 12, 30)


@value_type(frozen=True, slots=True, kw_only=True)
class DateRules:
    """How the dates of one column are read; ``order`` is known once the whole column was seen."""

    today: date
    order: str | None = None
    stated: bool = False
    """The order was written in the mapping, not inferred from the column."""
    formats: tuple[str, ...] = ()
    birthday: bool = False
    by_majority: bool = False
    """The order is what nearly all dates of the column show; one that shows the other fails."""
    swapped: bool = False
    """Date cells of the workbook may have day and month exchanged; see ``swapped_date``."""


def read_date(text: str, rules: DateRules) -> ReadValue:
    """Read a date, and refuse one that no person can have been born on where a birthday is meant.

    None where the text says that there is no date, as zeros do.
    """
    found = _find(text, rules)
    if isinstance(found, ValueFault):
        return _second_look(text, found, rules)
    day, proof = found
    if day in SENTINELS:
        return left_out(text)
    if rules.swapped and isinstance(text, TypedText) and day.day <= 12 and day.day != day.month:
        return _swapped(text, day)
    return _settle(text, day, proof, rules)


def _second_look(text: str, refused: ValueFault, rules: DateRules) -> ReadValue:
    if isinstance(text, TypedText):
        return refused
    bare = unmarked(text)
    if bare != text:
        return read_date(bare, rules)
    return None if is_no_date(text) else refused


def _swapped(text: str, found: date) -> ValueFault:
    meant = date(found.year, found.day, found.month)
    sentence = (
        f"{quoted(text)} is a date cell with a day up to 12, as all of this column are, while the days above 12 are texts: "
        f"the spreadsheet may have exchanged day and month, and {meant.isoformat()} may be meant"
    )
    return warn("swapped_date", sentence, found.isoformat())


def _settle(text: str, found: date, proof: str | None, rules: DateRules) -> ReadValue:
    if rules.birthday and found > rules.today and str(found.year) not in text:
        # 12/31/26 in November of 2026 is a day of 1926.
        found = _date(found.year - 100, found.month, found.day) or found
    if rules.birthday and (refused := _refuse_birthday(found, text, rules.today)):
        return refused
    if proof is None or proof == rules.order or rules.order not in _ORDERS:
        return found.isoformat()
    if rules.by_majority:
        first, other = ("month", "day") if rules.order == "DMY" else ("day", "month")
        why = f"has the {first} first, where the other dates of the column have the {other} first"
        return ValueFault(CODE, f"{quoted(text)} {why}; say date_order if that is so")
    if rules.stated:
        sentence = f"{quoted(text)} cannot be {rules.order}; it was read the only way it can be"
        return warn("date_order", sentence, found.isoformat())
    return found.isoformat()


_Found: TypeAlias = tuple[date, str | None] | ValueFault
"""A day, with the order of day and month that its text proves."""


def _find(text: str, rules: DateRules) -> _Found:
    if isinstance(text, TypedText):
        match text.value:
            case datetime() as instant:
                return instant.date(), None
            case date() as day:
                return day, None
            case int() | float() as serial if not isinstance(serial, bool) and 1 <= serial < 100_000:
                return _from_serial(int(serial)), None
            case _:
                pass
    return _read_formats(text, rules) if rules.formats else _read_any(text, rules)


def _read_formats(text: str, rules: DateRules) -> _Found:
    for pattern in rules.formats:
        spelling = to_strptime(pattern)
        try:
            found = datetime.strptime(str(text), spelling).date()  # noqa: DTZ007  (a day, no instant)
        except ValueError:
            continue
        if "%y" not in spelling:
            return found, None
        return _date(_century(found.year % 100, rules), found.month, found.day) or found, None
    return ValueFault(CODE, f"{quoted(text)} is no date written as {' or '.join(rules.formats)}")


def _read_any(text: str, rules: DateRules) -> _Found:
    if match := _PLAIN.fullmatch(text):
        return _read_numbers(text, match, rules)
    if refused := too_long(text, 100, "a date", CODE):
        return refused
    if not text[:1].isdecimal():
        # No pattern of numbers would match it, and each takes as long as a look at the month.
        return _read_names(text, rules)
    if text[:4].isdecimal():
        return _read_year_first(text) or _read_names(text, rules)
    if match := _NUMBERS.fullmatch(text):
        return _alone(text, match["rest"]) or _read_numbers(text, match, rules)
    return _read_names(text, rules)


def _read_year_first(text: str) -> _Found | None:
    """Read a date that begins with four digits and has no words in it."""
    if match := _match_year_first(text):
        found = _or_refuse(text, int(match[1]), int(match[2]), int(match[3]))
        return _alone(text, match["rest"]) or found
    if match := _SERIAL.fullmatch(text):
        return _from_serial(int(match[1])), None
    return None


def _match_year_first(text: str) -> re.Match[str] | None:
    return (
        _ISO.fullmatch(text)
        or _YEAR_FIRST.fullmatch(text)
        or _COMPACT.fullmatch(text)
        or _EAST_ASIAN.fullmatch(text)
    )


def _alone(text: str, rest: str) -> ValueFault | None:
    """Refuse a date behind which stands another, or another number; a time of day, a zone and words may."""
    if not rest or not any(map(str.isdigit, rest)):
        return None
    if _CLOCK.fullmatch(rest) or _COMPACT_CLOCK.fullmatch(rest):
        return None
    return ValueFault(
        "several_values", f"{quoted(text)} holds more than one date; which is meant cannot be told"
    )


def _read_numbers(text: str, match: re.Match[str], rules: DateRules) -> _Found:
    first, second, last = int(match[1]), int(match[3]), match[4]
    if rules.order == "YMD" and len(last) == 2:
        return _or_refuse(text, _century(first, rules), second, int(last))
    year = int(last) if len(last) == 4 else _century(int(last), rules)
    if first > 12 >= second:
        return _or_refuse(text, year, second, first, "DMY" if first <= 31 else None)
    if second > 12 >= first:
        return _or_refuse(text, year, first, second, "MDY")
    day, month = (second, first) if rules.order == "MDY" else (first, second)
    return _or_refuse(text, year, month, day)


def _read_names(text: str, rules: DateRules) -> _Found:
    folded = text.casefold()
    found = _read_named(text, folded, rules)
    if found is None and (rest := _without_weekday(folded)) != folded:
        found = _read_named(text, rest, rules)
    if found is None and _NO_YEAR.fullmatch(text):
        return ValueFault(CODE, f"{quoted(text)} is a day without a year")
    return found or ValueFault(CODE, f"{quoted(text)} is no date")


def _read_named(text: str, candidate: str, rules: DateRules) -> _Found | None:
    """Read a date whose month is a word; None where it is none."""
    parts = _from_day(candidate) if candidate[:1].isdigit() else _from_month(candidate)
    month = MONTHS.get(fold_word(parts[1])) if parts is not None else None
    if parts is None or month is None:
        return None
    year, _, day, rest = parts
    return _alone(text, rest) or _or_refuse(text, _year(year, rules), month, int(day))


def _from_day(text: str) -> tuple[str, str, str, str] | None:
    """Take a text apart into year, month, day and rest."""
    if match := _DAY_MONTH.fullmatch(text):
        return match[3], match[2], match[1], match["rest"]
    if match := _YEAR_MONTH_DAY.fullmatch(text):
        return match[1], match[2], match[3], match["rest"]
    return None


def _from_month(text: str) -> tuple[str, str, str, str] | None:
    if ":" in text and (match := _YEAR_LAST.fullmatch(text)):
        return match[4], match[1], match[2], match["rest"]
    match = _MONTH_DAY.fullmatch(text)
    return (match[3], match[1], match[2], match["rest"]) if match else None


def _without_weekday(text: str) -> str:
    match = _WEEKDAY.match(text)
    if match is None or (fold_word(match[1]) not in WEEKDAYS and "," not in match[2]):
        return text
    return text[match.end() :]


def _or_refuse(text: str, year: int, month: int, day: int, proof: str | None = None) -> _Found:
    found = _date(year, month, day)
    if found is None:
        return ValueFault(CODE, f"{quoted(text)} is no day of the calendar")
    return found, proof


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _from_serial(serial: int) -> date:
    return _EXCEL_EPOCH + timedelta(days=serial)


def _year(text: str, rules: DateRules) -> int:
    return int(text) if len(text) == 4 else _century(int(text), rules)


def _century(two_digits: int, rules: DateRules) -> int:
    """Give a two-digit year its century: a birthday is not ahead of us, another date at most 20 years."""
    latest = rules.today.year + (0 if rules.birthday else 20)
    return latest - (latest - two_digits) % 100


def _refuse_birthday(found: date, text: str, today: date) -> ValueFault | None:
    if found > today:
        return ValueFault("impossible_birthday", f"{quoted(text)} lies in the future and is no birthday")
    if found.year < today.year - OLDEST_YEARS:
        return ValueFault(
            "impossible_birthday", f"{quoted(text)} is more than {OLDEST_YEARS} years ago and is no birthday"
        )
    return None


def is_no_date(text: str) -> bool:
    """Tell ``0000-00-00`` and its kin, which programs write where there is no date."""
    return len(text) < 40 and bool(_NO_DATE.fullmatch(text))


def is_numeric_date(text: str) -> bool:
    """Tell a date in numbers with nothing behind it but a time of day."""
    if isinstance(text, TypedText):
        return False
    match = _NUMBERS.fullmatch(text) or _ISO.fullmatch(text)
    return match is not None and (not match["rest"] or _CLOCK.fullmatch(match["rest"]) is not None)


def evidence_of(text: str) -> str | None:
    """Tell which order of day and month a text proves; "?" when it can be read both ways; None when neither.

    Of a date cell it tells whether its day could be a month: ``LOW_DAY`` or ``HIGH_DAY``.
    """
    if isinstance(text, TypedText) and isinstance(text.value, date):
        return LOW_DAY if text.value.day <= 12 else HIGH_DAY
    match = _NUMBERS.fullmatch(text) or _NUMBERS.fullmatch(unmarked(text))
    if match is None:
        return None
    first, second = int(match[1]), int(match[3])
    if first > 12 >= second:
        return "YMD" if first > 31 else "DMY"
    if second > 12 >= first:
        return "MDY"
    return "?" if first != second and first <= 12 and second else None
