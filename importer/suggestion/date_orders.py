"""Which of day and month stands first, by a column's own dates, its header, other columns, or habit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from importer.suggestion.doubts import Doubt, DoubtCode
from importer.suggestion.evidence import Column, day_order
from importer.suggestion.guesses import Guess
from importer.suggestion.regions import RegionGuess

_MONTH_FIRST: Final = frozenset({"US", "PH", "PR"})


def proven_orders(column: Column) -> tuple[str, ...]:
    """Give the orders of day and month that dates of the column can only be read in."""
    seen = Counter(order for value in column.values if (order := day_order(value)))
    return tuple(order for order in ("DMY", "MDY", "YMD") if seen[order])


def date_order(
    dates: Sequence[Column], home: str | None, everything: Sequence[Column] = ()
) -> RegionGuess | None:
    """Find which of day and month stands first: by these dates, else by others of the file, else by habit."""
    seen = Counter(order for column in dates for value in column.values if (order := day_order(value)))
    shown = {order: seen[order] for order in ("DMY", "MDY") if seen[order]}
    if shown:
        order = max(shown, key=lambda one: shown[one])
        other = f", {min(shown.values())} say otherwise" if len(shown) > 1 else ""
        return RegionGuess(
            value=order, reason=f"{shown[order]} dates can be read no other way{other}", guessed=bool(other)
        )
    if not seen["either"]:
        return None
    return _dotted(dates) or _by_others(dates, everything) or _by_habit(home)


def _dotted(dates: Sequence[Column]) -> RegionGuess | None:
    either = [value for column in dates for value in column.values if day_order(value) == "either"]
    if not any("." in value for value in either):
        return None
    guessed = not all("." in value for value in either)
    others = ", and the others are taken for the same: please check" if guessed else ""
    return RegionGuess(
        value="DMY", reason=f"dates with full stops are written day first{others}", guessed=guessed
    )


def _by_others(dates: Sequence[Column], everything: Sequence[Column]) -> RegionGuess | None:
    """Take the order of the file's other columns of dates, if they agree; nobody writes them one way each."""
    shown: dict[str, str] = {}
    for column in everything:
        if column in dates or column.dates < 0.6:
            continue
        for order in proven_orders(column) or ((column.layout,) if column.layout else ()):
            shown.setdefault(order, column.header)
    shown.pop("YMD", None)
    if len(shown) != 1:
        return None
    ((order, header),) = shown.items()
    return RegionGuess(value=order, reason=f"no date here shows it; those of {header!r} are written {order}")


def _by_habit(home: str | None) -> RegionGuess:
    return RegionGuess(
        value="MDY" if home in _MONTH_FIRST else "DMY",
        reason=f"no date shows it; usual in {home or 'most countries'}: please check",
        guessed=True,
    )


def with_layout(one: Guess) -> Guess:
    """Let a header such as ``DOB (DD/MM/YYYY)`` decide the order of its column, unless the dates prove another."""
    (column,) = one.columns
    if column.layout is None:
        return one
    proven = proven_orders(column)
    if not proven or column.layout in proven:
        return replace(one, date_order=column.layout, reason=f"{one.reason}, with its layout")
    sentence = f"its header says {column.layout}, its dates say {' and '.join(proven)}"
    return replace(one, doubts=(*one.doubts, Doubt(code=DoubtCode.LAYOUT_CONTRADICTED, sentence=sentence)))
