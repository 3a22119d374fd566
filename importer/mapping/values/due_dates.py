"""When something is due: a date, or a date with a time, which is kept."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from importer.mapping.values.dates import CODE, DateRules, read_date
from importer.mapping.values.fault import ReadValue, ValueFault, quoted
from importer.records import TypedText
from importer.runtime.regex import regex

_WITH_TIME: Final = regex(
    r"(?P<day>.*\d)(?: ?[T,] ?| )(?:(?:at|um|à|a las|alle|om|kl\.?) )?(?P<hours>\d{1,2})"
    r"(?:[:.h](?P<minutes>\d{2})(?::\d{2}(?:\.\d+)?)?(?: ?(?:Uhr|h|uur))?(?: ?(?P<half>[ap]\.? ?m\.?))?"
    r"| ?(?:Uhr|h|uur)| ?(?P<full_half>[ap]\.? ?m\.?))"  # an hour alone says that it is one
    r" ?(?P<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?",
    re.IGNORECASE,
)
_FARTHEST_ZONE: Final = 14
_MIDNIGHT: Final = "00:00"
"""Exports write it for no time."""


def read_due_date(text: str, rules: DateRules) -> ReadValue:
    """Read a date as any other; a time behind it stays, with its zone where it says one."""
    if isinstance(text, TypedText) and isinstance(text.value, datetime):
        day = read_date(text, rules)
        return f"{day}T{text.value:%H:%M}" if isinstance(day, str) and _has_time(text.value) else day
    found = None if rules.formats else _WITH_TIME.fullmatch(" ".join(str(text).split()))
    if found is None:
        return read_date(text, rules)
    day = read_date(found["day"], rules)
    if not isinstance(day, str):
        return read_date(text, rules)
    clock, zone = _clock(found), _offset(found["zone"])
    if clock is None or zone is None:
        return ValueFault(CODE, f"{quoted(text)} has a time that is none.")
    return day if (clock, zone) == (_MIDNIGHT, "") else f"{day}T{clock}{zone}"


def _has_time(moment: datetime) -> bool:
    return (moment.hour, moment.minute) != (0, 0)


def _clock(found: re.Match[str]) -> str | None:
    """Give the time of the day as ISO writes it; None for one that is none."""
    hours, minutes = int(found["hours"]), int(found["minutes"] or 0)
    half = (found["half"] or found["full_half"] or "").lower()[:1]
    if half and hours == 12:
        hours = 0
    if half == "p" and hours < 12:  # some write 15:30 PM
        hours += 12
    return f"{hours:02}:{minutes:02}" if hours < 24 and minutes < 60 else None


def _offset(zone: str | None) -> str | None:
    """Give a zone as ISO writes it, blank where none is said; None for one that is nowhere."""
    if zone is None:
        return ""
    if zone[0] not in "+-":
        return "+00:00"
    hours, minutes = zone[1:3], zone[3:].removeprefix(":") or "00"
    return f"{zone[0]}{hours}:{minutes}" if int(hours) <= _FARTHEST_ZONE and int(minutes) < 60 else None
