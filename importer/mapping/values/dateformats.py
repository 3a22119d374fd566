"""Explicit date formats: strptime's, or the tokens people know from spreadsheets."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from importer.runtime.regex import regex

_TOKENS: Final = {
    "YYYY": "%Y", "YY": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "M": "%m",
    "DD": "%d", "D": "%d", "HH": "%H", "H": "%H", "MI": "%M", "SS": "%S", "S": "%S",
}  # fmt: skip
_TOKEN: Final = regex("YYYY|YY|MMMM|MMM|MM|M|DD|D", re.IGNORECASE)
_TIME: Final = regex(r"(H{1,2})([:.])(M{2}|MI)(?:([:.])(S{1,2}))?", re.IGNORECASE)
_DATE_PARTS: Final = ({"%Y", "%y"}, {"%m", "%b", "%B", "%h"}, {"%d", "%e"})


def to_strptime(text: str) -> str:
    """Turn ``DD/MM/YYYY HH:MM`` into strptime's spelling; a format with ``%`` stays as it is."""
    if "%" in text:
        return text
    text = _TIME.sub(lambda match: "%H" + match[2] + "%M" + (f"{match[4]}%S" if match[4] else ""), text)
    return "".join(
        part if part.startswith("%") else _TOKEN.sub(lambda match: _TOKENS[match[0].upper()], part)
        for part in re.split(r"(%[HMS])", text)
    )


def check_format(text: str) -> str:
    """Refuse a format that cannot give a date, with the reason as ValueError."""
    pattern = to_strptime(text)
    found = set(re.findall(r"%[A-Za-z]", pattern))
    whole = bool(found & {"%x", "%c", "%D", "%F"}) or ("%j" in found and bool(found & {"%Y", "%y"}))
    if not whole and not all(found & part for part in _DATE_PARTS):
        raise ValueError(f"{text!r} needs a day, a month and a year, such as %d/%m/%Y or DD/MM/YYYY.")
    try:
        # The round trip needs every directive to be one that strptime knows.
        datetime.strptime(datetime(2000, 12, 31).strftime(pattern), pattern)  # noqa: DTZ001, DTZ007  (no instant, a day)
    except (ValueError, re.error):
        raise ValueError(f"{text!r} is no date format; write one such as %d/%m/%Y or DD/MM/YYYY.") from None
    return text
