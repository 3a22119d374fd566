"""How many of the sampled values a guessed rule can read, and what becomes of the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Final

from importer.highlevel.countries import country_code
from importer.records import value_type
from importer.suggestion.doubts import Doubt, DoubtCode
from importer.suggestion.evidence import is_email, is_phone, reads
from importer.suggestion.guesses import Guess

Claim = Callable[[str], object]


@value_type(frozen=True, slots=True, kw_only=True)
class Home:
    """What values without a country or an order are read by."""

    today: date
    region: str | None = None
    date_order: str | None = None


def with_doubts(one: Guess, home: Home) -> Guess:
    """Count the values that read. Who cannot be reached fails; what is merely not known is left out."""
    one = _without_marks(one)
    if one.field == "email":
        return _identity(one, is_email, "e-mail addresses")
    if one.field == "phone":
        return _identity(one, lambda text: is_phone(text, home.region), "phone numbers")
    if one.date_order is not None:
        home = replace(home, date_order=one.date_order)
    claim = _claim(one.field, home)
    return one if claim is None else _detail(one, claim)


_NAMES: Final = frozenset({"firstName", "lastName", "name"})


def _without_marks(one: Guess) -> Guess:
    """Let the rule read NULL and its like as blank; they are no values, and rows with them would fail."""
    marks = sorted({mark for column in one.columns for mark in column.marks})
    if one.field in _NAMES:
        marks = [mark for mark in marks if mark.lower() != "null"]  # somebody is called Null
    if not marks or one.template is not None:
        return one
    doubt = Doubt(
        code=DoubtCode.MARKS_FOR_NOTHING, sentence=f"{' and '.join(marks)} is how the file writes nothing"
    )
    return replace(
        one,
        map={**(one.map or {}), **dict.fromkeys(marks, "")},
        keep_unmapped=one.keep_unmapped or not one.map,
        doubts=(*one.doubts, doubt),
    )


def _identity(one: Guess, claim: Claim, what: str) -> Guess:
    good, count = _counted(one, claim)
    reason = f"{good} of {count} values are valid {what}" if count else one.reason
    if len(one.columns) > 1:
        reason += "; the first cell that is not blank counts"
    if good == count:
        return replace(one, reason=reason)
    return replace(
        one,
        reason=reason,
        doubts=(
            *one.doubts,
            _invalid(f"rows with values that are no {what} fail, unless you add on_invalid: drop"),
        ),
    )


def _detail(one: Guess, claim: Claim) -> Guess:
    good, count = _counted(one, claim)
    if good == count:
        return one
    left_out = f"{count - good} of {count} values do not read: such are left out, with a warning"
    return replace(one, doubts=(*one.doubts, _invalid(left_out)), drop_invalid=True)


def _invalid(sentence: str) -> Doubt:
    return Doubt(code=DoubtCode.INVALID_VALUES, sentence=sentence)


def _counted(one: Guess, claim: Claim) -> tuple[int, int]:
    values = [value for column in one.columns for value in column.few]
    return sum(bool(claim(value)) for value in values), len(values)


def _claim(field: str, home: Home) -> Claim | None:
    match field:
        case "country":
            return country_code
        case "dateOfBirth":
            return lambda text: _is_birthday(text, home)
        case "website":
            return _is_website
        case "timezone":
            return _is_timezone
        case _:
            return None


def _is_birthday(text: str, home: Home) -> bool:
    from importer.mapping.values.dates import DateRules, read_date

    return reads(read_date(text, DateRules(today=home.today, order=home.date_order or "YMD", birthday=True)))


def _is_website(text: str) -> bool:
    from importer.mapping.values.websites import read_website

    return reads(read_website(text))


def _is_timezone(text: str) -> bool:
    from importer.mapping.values.places import read_timezone

    return reads(read_timezone(text))
