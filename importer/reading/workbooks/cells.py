"""What a person reads in a workbook's cell, from the value that the workbook stores."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from importer.records import TypedText

_MIDNIGHT = time()


def cell_text(value: object) -> str:
    """Write a stored value as text, keeping the value behind it."""
    match value:
        case None:
            text = ""
        case bool():
            text = TypedText("TRUE" if value else "FALSE", value)
        case int() | float() | Decimal():
            text = number_text(value)
        case datetime():
            text = datetime_text(value)
        case date() | time():
            text = TypedText(value.isoformat(), value)
        case timedelta():
            text = span_text(value)
        case _:
            text = str(value)
    return text


def number_text(value: float | Decimal) -> str:
    """Write a number with all of its digits and no exponent: 14155550123, never 1.41556E+10 or 14155550123.0."""
    if isinstance(value, float):
        if not value.is_integer():
            return TypedText(_plain(value), value)
        value = int(value)
    return TypedText(str(value), value)


def _plain(value: float) -> str:
    text = repr(value)
    if "e" in text:
        text = format(Decimal(text), "f")
    return text


def datetime_text(value: datetime) -> str:
    """Write a date without the midnight that a workbook adds to it."""
    if value.time() == _MIDNIGHT:
        day = value.date()
        return TypedText(day.isoformat(), day)
    return TypedText(value.isoformat(sep=" "), value)


def span_text(length: timedelta) -> str:
    """Write a length of time in hours, minutes and seconds, however many hours those are."""
    seconds = round(length.total_seconds())
    minutes, left = divmod(abs(seconds), 60)
    sign = "-" if seconds < 0 else ""
    return TypedText(f"{sign}{minutes // 60}:{minutes % 60:02}:{left:02}", timedelta(seconds=seconds))
