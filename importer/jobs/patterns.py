"""Dates in the name of a source: ``contacts-{date:%Y-%m-%d}.csv``, ``{date-1:%Y%m%d}`` for the day before."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

from importer.runtime.regex import regex

_DATE: Final = regex(r"\{date(?P<days>[+-]\d{1,3})?(?::(?P<format>[^{}]*))?\}")
_BRACES: Final = regex(r"[{}]")
_FORMAT: Final = "%Y-%m-%d"
_WILD: Final = regex(r"[*?\[]")


def check_pattern(pattern: str) -> None:
    """Refuse braces that stand for nothing; raises ValueError."""
    if _BRACES.search(_DATE.sub("", pattern)):
        raise ValueError(
            f"{pattern!r}: only {{date:%Y-%m-%d}} (also {{date-1:...}}) may stand in braces; the rest is taken as it is."
        )


def dated(pattern: str, day: date) -> str:
    """Put a day in for the dates of a pattern."""

    def put(match: re.Match[str]) -> str:
        return (day + timedelta(days=int(match["days"] or 0))).strftime(match["format"] or _FORMAT)

    return _DATE.sub(put, pattern)


def distinguishes_files(pattern: str) -> bool:
    """Tell whether each file of a pattern has a name of its own, or all bear the same one."""
    return _WILD.search(pattern) is not None or _DATE.search(pattern) is not None
