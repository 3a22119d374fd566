"""How many of the sampled values a guessed rule can read, and what becomes of the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from importer.highlevel.countries import country_code
from importer.suggestion.evidence import is_email, is_phone, reads
from importer.suggestion.guesses import Guess

Claim = Callable[[str], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What values without a country or an order are read by."""

    today: date
    region: str | None = None
    date_order: str | None = None


def with_doubts(one: Guess, home: Home) -> Guess:
    """Count the values that read. Who cannot be reached fails; what is merely not known is left out."""
    if one.field == "email":
        return _identity(one, is_email, "e-mail addresses")
    if one.field == "phone":
        return _identity(one, lambda text: is_phone(text, home.region), "phone numbers")
    claim = _claim(one.field, home)
    return one if claim is None else _detail(one, claim)


def _identity(one: Guess, claim: Claim, what: str) -> Guess:
    good, count = _counted(one, claim)
    sentences = [f"{good} of {count} values are valid {what}" if count else one.reason]
    if len(one.columns) > 1:
        sentences.append("the first cell that is not blank counts")
    if good < count:
        sentences.append("rows with others fail, unless you add on_invalid: drop")
    return replace(one, reason="; ".join(sentences))


def _detail(one: Guess, claim: Claim) -> Guess:
    good, count = _counted(one, claim)
    if good == count:
        return one
    left_out = f"{count - good} of {count} values do not read: such are left out, with a warning"
    return replace(one, reason=f"{one.reason}; {left_out}", drop_invalid=True)


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
