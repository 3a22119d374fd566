"""Dates to YYYY-MM-DD."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from importer.mapping.values.dateformats import to_strptime
from importer.mapping.values.fault import ReadValue, ValueFault, quoted, too_long, warn
from importer.mapping.values.months import MONTHS
from importer.records import TypedText

CODE: Final = "invalid_date"
OLDEST_YEARS: Final = 120
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
_YEAR_FIRST: Final = re.compile(r"(\d{4})\s*[/._ ]\s*(\d{1,2})\s*[/._ ]\s*(\d{1,2})\.?(?:[T ,].*)?")
_NUMBERS: Final = re.compile(
    r"(\d{1,2})\s*([/.\-_ ])\s*(\d{1,2})\s*[/.\-_ ]\s*(\d{4}|\d{2})\.?(?:[T ,]\s*[\d:.]+.*)?"
)
_EAST_ASIAN: Final = re.compile(r"(\d{4})[年년]\s*(\d{1,2})[月월]\s*(\d{1,2})[日일]")
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SERIAL: Final = re.compile(r"(\d{5})(?:[.,]\d+)?")
_DAY_MONTH: Final = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|er|º|°|\.)?[\s\-/.,]*(?:de |of |di )?\s*([^\W\d_]{3,})\.?[\s\-/.,]*(?:de |del |of )?\s*['\u2019]?(\d{4}|\d{2})(?:[T ,].*)?"
)
_MONTH_DAY: Final = re.compile(
    r"([^\W\d_]{3,})\.?[\s\-/.]*(\d{1,2})(?:st|nd|rd|th)?[\s,\-/.]+['\u2019]?(\d{4}|\d{2})(?:[T ,].*)?"
)
_YEAR_MONTH_DAY: Final = re.compile(r"(\d{4})[\s\-/.,]*([^\W\d_]{3,})\.?[\s\-/.,]*(\d{1,2})(?:st|nd|rd|th)?")
_WEEKDAY: Final = re.compile(r"^[^\W\d_]{2,10}\.?,\s*(?=\d|[^\W\d_])")
_ZEROS: Final = re.compile(r"0{1,4}(?:[-/.]0{1,4}){2}(?:[T ][0:.Z]*)?")
_EXCEL_EPOCH: Final = date(1899, 12, 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRules:
    """How the dates of one column are read; ``order`` is known once the whole column was seen."""

    today: date
    order: str | None = None
    stated: bool = False
    """The order was written in the mapping, not inferred from the column."""
    formats: tuple[str, ...] = ()
    birthday: bool = False


def read_date(text: str, rules: DateRules) -> ReadValue:
    """Read a date, and refuse one that no person can have been born on where a birthday is meant."""
    found = _find(text, rules)
    if isinstance(found, ValueFault):
        return found
    if rules.birthday and found > rules.today and str(found.year) not in text:
        # 12/31/26 in November of 2026 is a day of 1926.
        found = _date(found.year - 100, found.month, found.day) or found
    if rules.birthday and (refused := _refuse_birthday(found, text, rules.today)):
        return refused
    if rules.stated and _contradicts(text, rules.order):
        sentence = f"{quoted(text)} cannot be {rules.order}; it was read the only way it can be"
        return warn("date_order", sentence, found.isoformat())
    return found.isoformat()


def _find(text: str, rules: DateRules) -> date | ValueFault:
    if isinstance(text, TypedText):
        match text.value:
            case datetime() as instant:
                return instant.date()
            case date() as day:
                return day
            case int() | float() as serial if not isinstance(serial, bool) and 1 <= serial < 100_000:
                return _from_serial(int(serial))
            case _:
                pass
    return _read_formats(text, rules) if rules.formats else _read_any(text, rules)


def _read_formats(text: str, rules: DateRules) -> date | ValueFault:
    for pattern in rules.formats:
        spelling = to_strptime(pattern)
        try:
            found = datetime.strptime(str(text), spelling).date()  # noqa: DTZ007  (a day, no instant)
        except ValueError:
            continue
        if "%y" not in spelling:
            return found
        return _date(_century(found.year % 100, rules), found.month, found.day) or found
    return ValueFault(CODE, f"{quoted(text)} is no date written as {' or '.join(rules.formats)}")


def _read_any(text: str, rules: DateRules) -> date | ValueFault:
    if refused := too_long(text, 100, "a date", CODE):
        return refused
    if match := _NUMBERS.fullmatch(text):
        return _read_numbers(text, match, rules)
    if match := _match_year_first(text):
        return _or_refuse(text, int(match[1]), int(match[2]), int(match[3]))
    if match := _SERIAL.fullmatch(text):
        return _from_serial(int(match[1]))
    return _read_names(text, rules)


def _match_year_first(text: str) -> re.Match[str] | None:
    return (
        _ISO.fullmatch(text)
        or _YEAR_FIRST.fullmatch(text)
        or _COMPACT.fullmatch(text)
        or _EAST_ASIAN.fullmatch(text)
    )


def _read_numbers(text: str, match: re.Match[str], rules: DateRules) -> date | ValueFault:
    first, second, last = int(match[1]), int(match[3]), match[4]
    if rules.order == "YMD" and len(last) == 2:
        return _or_refuse(text, _century(first, rules), second, int(last))
    year = int(last) if len(last) == 4 else _century(int(last), rules)
    if first > 12 >= second:
        return _or_refuse(text, year, second, first)
    if second > 12 >= first:
        return _or_refuse(text, year, first, second)
    day, month = (second, first) if rules.order == "MDY" else (first, second)
    return _or_refuse(text, year, month, day)


def _read_names(text: str, rules: DateRules) -> date | ValueFault:
    plain = _WEEKDAY.sub("", text.casefold()) if text[:1].isalpha() else text.casefold()
    for candidate in dict.fromkeys((text.casefold(), plain)):
        if match := _YEAR_MONTH_DAY.fullmatch(candidate):
            year, name, day = int(match[1]), match[2], match[3]
        elif match := _DAY_MONTH.fullmatch(candidate):
            day, name, year = match[1], match[2], _year(match[3], rules)
        elif match := _MONTH_DAY.fullmatch(candidate):
            name, day, year = match[1], match[2], _year(match[3], rules)
        else:
            continue
        if month := MONTHS.get(name):
            return _or_refuse(text, year, month, int(day))
    return ValueFault(CODE, f"{quoted(text)} is no date")


def _or_refuse(text: str, year: int, month: int, day: int) -> date | ValueFault:
    return _date(year, month, day) or ValueFault(CODE, f"{quoted(text)} is no day of the calendar")


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


def is_zero_date(text: str) -> bool:
    """Tell ``0000-00-00`` and its kin, which databases write where there is no date."""
    return len(text) > 1 and bool(_ZEROS.fullmatch(text))


def _contradicts(text: str, order: str | None) -> bool:
    evidence = evidence_of(text)
    return evidence in {"DMY", "MDY"} and order in {"DMY", "MDY"} and evidence != order


def evidence_of(text: str) -> str | None:
    """Tell which order of day and month a text proves; "?" when it can be read both ways; None when neither."""
    if isinstance(text, TypedText) and isinstance(text.value, date):
        return None
    match = _NUMBERS.fullmatch(text)
    if match is None:
        return None
    first, second = int(match[1]), int(match[3])
    if first > 12 >= second:
        return "YMD" if first > 31 else "DMY"
    if second > 12 >= first:
        return "MDY"
    return "?" if first != second and first <= 12 else None
