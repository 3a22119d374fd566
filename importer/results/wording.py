"""Numbers, durations and commands as people read them."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

from importer.records import RowObject, Since

_LONGEST_VALUE: Final = 60
_MINUTE: Final = 60
_HOUR: Final = 3_600
_DAY: Final = 86_400


AUTOMATED: Final = {
    RowObject.CONTACT: "created contacts and added tags",
    RowObject.OPPORTUNITY: "created deals",
    RowObject.NOTE: "added notes",
    RowObject.TASK: "added tasks",
}
"""What of a run's rows workflows may react to; to companies none does."""


def number(count: float) -> str:
    return f"{count:,.0f}"


def since_text(since: Since, rows_read: int) -> str:
    """Tell a file and its corrections in one sentence."""
    first = rows_read - since.failed
    left = "none left" if not since.left else f"{since.left:,} left"
    return f"{rows(rows_read)}: {first:,} at first, {since.corrected:,} of {since.failed:,} corrected since, {left}"


def rows(count: int) -> str:
    return f"{count:,} row" if count == 1 else f"{count:,} rows"


def missing_sentence(contacts: int, unsent_rows: int) -> str:
    """Say how many contacts a location has whom no row means."""
    if not contacts:
        return "Every contact of the location has its e-mail or phone in the sources."
    those = (
        "1 contact of the location has" if contacts == 1 else f"{contacts:,} contacts of the location have"
    )
    unsent = (
        f" Contacts of the {rows(unsent_rows)} that would fail or be skipped may be among them."
        if unsent_rows
        else ""
    )
    return f"{those} neither e-mail nor phone in the sources.{unsent}"


def percent(share: float) -> str:
    """Write a share with one decimal; what is not all never reads 100 %, what is not nothing never reads 0 %."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    if 0.999 < share < 1:
        return "> 99.9 %"
    return f"{share * 100:.1f} %".replace(".0 %", " %")


def shown_value(text: str) -> str:
    """Quote a cell on one line, not without end, and without signs that move a terminal's cursor."""
    plain = on_one_line(text)
    return repr(plain if len(plain) <= _LONGEST_VALUE else f"{plain[:_LONGEST_VALUE]}...") if plain else ""


def on_one_line(text: str) -> str:
    """Take line breaks and signs that move a terminal's cursor out of a text."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in " ".join(text.split()))


def duration(seconds: float) -> str:
    """Write a duration with its two largest units."""
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def command(words: Sequence[str], *, windows: bool = sys.platform == "win32") -> str:
    """Write a command so that it can be pasted into the shell of this system."""
    return subprocess.list2cmdline(words) if windows else shlex.join(words)
