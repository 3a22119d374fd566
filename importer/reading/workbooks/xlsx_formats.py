"""What a workbook's number formats mean for the text of a cell."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import Final

from importer.reading.workbooks.cells import datetime_text, number_text, span_text
from importer.records import TypedText
from importer.runtime.regex import regex

Renderer = Callable[[str], str]
"""Turns the number that a cell stores, as written in the file, into the text of the cell."""

_BUILT_IN: Final[dict[int, str]] = {
    **dict.fromkeys((14, 15, 16, 17, *range(27, 32), 36, *range(50, 59)), "yyyy-mm-dd"),
    **dict.fromkeys((18, 19, 20, 21, 32, 33, 34, 35), "h:mm:ss"),
    22: "yyyy-mm-dd h:mm",
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mm:ss.0",
    9: "0%",
    10: "0.00%",
    49: "@",
}
_NOT_SIGNS: Final = regex(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_SPAN: Final = regex(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_LITERALS: Final = regex(r'"([^"]*)"|\\(.)')
_GENERAL: Final = regex(r"general", re.IGNORECASE)
_ESCAPES: Final = str.maketrans({"0": "\x00", "#": "\x01", ".": "\x02"})
"""Signs that mean something in a mask, and what stands for them where they are literal."""

_UNESCAPES: Final = {0: "0", 1: "#", 2: "."}
_MASK: Final = regex(
    r"[#0-9\x00-\x02 ()+\-/A-Za-z:]*0[#0-9\x00-\x02 ()\-/]*|[#0-9\x00-\x02 ()+\-/]*#[#0-9\x00-\x02 ()\-/]*"
)
_EPOCH_1900: Final = datetime(1899, 12, 30)  # noqa: DTZ001  (a workbook's dates have no zone)
_EPOCH_1904: Final = datetime(1904, 1, 1)  # noqa: DTZ001  (as above)
_LEAP_BELIEF: Final = 60
_MAX_SERIAL: Final = 2_958_466  # the day after 9999-12-31


def renderer_of(code_id: int, code: str | None, *, epoch_1904: bool) -> Renderer:
    """Choose how cells of a number format become text."""
    code = code if code is not None else _BUILT_IN.get(code_id, "General")
    section = _first_section(code)
    signs = _NOT_SIGNS.sub("", section)
    if _SPAN.search(signs):
        return _span
    has_day = re.search(r"[dyeg]", signs, re.IGNORECASE) is not None
    has_time = re.search(r"[hs]", signs, re.IGNORECASE) is not None
    months_only = "m" in signs.lower() and not re.search(r"general", signs, re.IGNORECASE)
    if re.fullmatch(r"general", signs.strip(), re.IGNORECASE):
        return _masked(_GENERAL.sub("0", code)) or general
    if has_day or has_time or months_only:
        return _dated(with_day=has_day or not has_time, epoch_1904=epoch_1904)
    if "%" in signs:
        return _percent(signs)
    return _masked(code) or general


def _first_section(code: str) -> str:
    """Take the part of a format that positive numbers use."""
    return re.split(r";(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", code)[0]


def general(text: str) -> str:
    """Render a number that has no format of its own."""
    if text.isdecimal() and text.isascii() and (len(text) < 16):
        number = int(text)
        return TypedText(str(number) if text[0] == "0" else text, number)
    try:
        value = float(text)
    except ValueError:
        return text
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124  (NaN is not itself)
        return text
    # Binary noise behind the fifteenth digit is not what a spreadsheet shows: 0.1 + 0.2 is 0.3 there.
    return number_text(float(f"{value:.15g}"))


def _percent(signs: str) -> Renderer:
    places = len(signs.partition(".")[2].rstrip("% ")) if "." in signs else 0

    def render(text: str) -> str:
        try:
            value = Decimal(text)
            shown = (value * 100).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        except ArithmeticError:
            return general(text)
        return TypedText(f"{shown:f}%", float(value))

    return render


def _masked(code: str) -> Renderer | None:
    """Render digits by a mask that gives them meaning: ZIP codes, phone and social security numbers."""
    sections = [part for part in re.split(r";(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", code) if part]
    masks = [_mask(section) for section in sections]
    if not masks or masks[0] is None:
        return None
    first, second = masks[0], masks[1] if len(masks) > 1 else None
    of_zero = masks[2] if len(masks) > 2 else first
    bound = re.match(r"\[<=(\d+)\]", sections[0])
    limit = int(bound[1]) if bound else None
    if limit is None and not _means_more(first):
        return None

    if limit is None and set(first) == {"0"} and of_zero == first:
        return partial(_filled_up, width=len(first))

    def render(text: str) -> str:
        number = _whole(text)
        if number is None or (not number and of_zero is None):
            return general(text)
        if limit is not None:
            return _fill(second if second is not None and number > limit else first, str(number))
        return _fill(first if number or of_zero is None else of_zero, str(number))

    return render


def _filled_up(text: str, *, width: int) -> str:
    number = _whole(text)
    return general(text) if number is None else str(number).zfill(width)


def _whole(text: str) -> int | None:
    """Read a whole number, as 442079460123 and also as 442079460123.0; None for all others."""
    if text.isdecimal() and text.isascii():
        return int(text)
    try:
        value = float(text)
    except ValueError:
        return None
    return int(value) if value.is_integer() and 0 <= value < _EXACT else None


_EXACT: Final = 1e15
"""Whole numbers below are exact in a workbook, which keeps fifteen digits."""


def _means_more(mask: str) -> bool:
    """Tell masks such as 00000, 000-00-0000 and +0 from plain number formats such as 0 and #,##0."""
    if mask.count("0") >= 2 or any(sign in _TELLING for sign in mask):
        return True
    return mask.count("#") + mask.count("0") >= 2 and not set(mask) <= set("#0")


_TELLING: Final = frozenset("+123456789\x00")
"""Literal signs of a mask that are a part of the value which a person reads: a plus and digits."""


def _mask(section: str) -> str | None:
    """Take a mask of digits and plain signs out of a format; None for anything that scales or groups."""
    mask = re.sub(r"^(?:\[[^\]]*\])+", "", section)
    mask = _LITERALS.sub(lambda found: "".join(filter(None, found.groups())).translate(_ESCAPES), mask)
    mask = re.sub(r"_.|\*.", "", mask)
    return mask if _MASK.fullmatch(mask) else None


def _fill(mask: str, digits: str) -> str:
    """Put digits into a mask from the right; what the mask has no place for goes before it."""
    left = list(digits)
    out: list[str] = []
    places = mask.count("0") + mask.count("#")
    for sign in reversed(mask):
        if sign not in "0#":
            out.append(sign.translate(_UNESCAPES))
            continue
        places -= 1
        if left:
            out.append(left.pop())
        elif sign == "0":
            out.append("0")
        if not places and left:
            out.append("".join(left))
            left = []
    return "".join(reversed(out)).strip()


def _dated(*, with_day: bool, epoch_1904: bool) -> Renderer:
    first = (_EPOCH_1904 if epoch_1904 else _EPOCH_1900).toordinal()
    last = _MAX_SERIAL - (1462 if epoch_1904 else 0)

    def render(text: str) -> str:
        if text.isdecimal() and len(text) < 8 and _LEAP_BELIEF <= (days := int(text)) < last:
            day = date.fromordinal(first + days)
            return TypedText(day.isoformat(), day)
        try:
            serial = float(text)
        except ValueError:
            return text
        moment = moment_of(serial, epoch_1904=epoch_1904)
        if moment is None:
            return general(text)
        if not with_day and serial < 1:
            clock = moment.time()
            return TypedText(clock.isoformat(), clock)
        return datetime_text(moment)

    return render


def moment_of(serial: float, *, epoch_1904: bool) -> datetime | None:
    """Count days from the workbook's epoch; None where no calendar has such a day."""
    if not 0 <= serial < _MAX_SERIAL - (1462 if epoch_1904 else 0):
        return None
    days = int(serial)
    seconds = round((serial - days) * 86_400, 3)
    # Excel believes in 29 February 1900: days before it count from a day later.
    late = days < _LEAP_BELIEF
    epoch = _EPOCH_1904 if epoch_1904 else _EPOCH_1900 + timedelta(days=1) if late else _EPOCH_1900
    moment = epoch + timedelta(days=days, seconds=seconds)
    if abs(seconds - round(seconds)) < 0.0015:
        moment = (moment + timedelta(milliseconds=500)).replace(microsecond=0)
    return moment


def _span(text: str) -> str:
    try:
        length = timedelta(days=float(text))
    except (ValueError, OverflowError):
        return text
    return span_text(length)


def iso_text(text: str) -> str:
    """Read a cell that stores its date as text (``t="d"``)."""
    for kind in (date, datetime, time):
        try:
            value = kind.fromisoformat(text.removesuffix("Z"))
        except ValueError:
            continue
        return datetime_text(value) if isinstance(value, datetime) else TypedText(value.isoformat(), value)
    return text
