"""When something is due: a date, or a date with a time, which is kept."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from importer.mapping.values.dates import DateRules, read_date
from importer.mapping.values.fault import ReadValue
from importer.records import TypedText

_WITH_TIME: Final = re.compile(
    r"(?P<day>.*\d)[T,\s]+(?P<time>\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?"
)


def read_due_date(text: str, rules: DateRules) -> ReadValue:
    """Read a date as any other; a time behind it stays, with its zone where it says one."""
    if isinstance(text, TypedText) and isinstance(text.value, datetime):
        day = read_date(text, rules)
        return f"{day}T{text.value:%H:%M}" if isinstance(day, str) and _has_time(text.value) else day
    found = None if rules.formats else _WITH_TIME.fullmatch(str(text).strip())
    if found is None:
        return read_date(text, rules)
    day = read_date(found["day"], rules)
    clock = _clock(found["time"], found["zone"])
    return f"{day}T{clock}" if isinstance(day, str) and clock is not None else read_date(text, rules)


def _has_time(moment: datetime) -> bool:
    return (moment.hour, moment.minute) != (0, 0)


def _clock(text: str, zone: str | None) -> str | None:
    """Give a time of the day as ISO writes it; None for one that is none, and for midnight, which exports write for no time."""
    hours, minutes = (int(part) for part in text.split(":")[:2])
    if hours > 23 or minutes > 59:
        return None
    if zone is None and not (hours or minutes):
        return None
    return f"{hours:02}:{minutes:02}{_offset(zone) if zone else ''}"


def _offset(zone: str) -> str:
    if zone == "Z":
        return "+00:00"
    digits = zone[1:].replace(":", "")
    return f"{zone[0]}{digits[:2]}:{digits[2:]}"
