"""Which fields the values of a column allow; a column without values contradicts nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from importer.mapping.values.states import state_code
from importer.suggestion.evidence import Column
from importer.suggestion.people import identifies_nobody


def allowed(field: str, column: Column) -> bool:
    """Tell whether the values let the column be the field."""
    return not column.filled or _ALLOWED.get(field, _texty)(column)


def _names_somebody(column: Column) -> bool:
    return _name_like(column) and not (column.spaced >= 0.5 and identifies_nobody(column))


def _texty(column: Column) -> bool:
    return column.numbers < 0.5 and column.emails < 0.5 and column.dates < 0.5


def _name_like(column: Column) -> bool:
    return _texty(column) and column.with_digits < 0.3 and column.urls < 0.3 and column.average_length < 60


def _state_like(column: Column) -> bool:
    if column.share(state_code) >= 0.8:
        return True  # Ontario's ON is no switch
    return _texty(column) and column.lifecycle < 0.5 and column.booleans < 0.5 and column.average_length < 40


def _city_like(column: Column) -> bool:
    return _texty(column) and column.urls < 0.5 and column.booleans < 0.9


def _street_like(column: Column) -> bool:
    return column.emails < 0.2 and column.urls < 0.5 and column.countries < 0.8 and column.dates < 0.5


def _timezone_like(column: Column) -> bool:
    return column.share(lambda value: "/" in value or value.isupper() or "Time" in value) >= 0.5


def _tag_like(column: Column) -> bool:
    return column.numbers < 0.8 and column.emails < 0.5 and column.dates < 0.5 and column.booleans < 0.9


def _contact_id_like(column: Column) -> bool:
    """The vendor's ids are twenty letters and digits, of both cases."""
    return column.share(lambda value: re.fullmatch(r"(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9]{20}", value)) >= 0.8


_ALLOWED: Final[dict[str, Callable[[Column], bool]]] = {
    "firstName": _name_like,
    "lastName": _name_like,
    "name": _names_somebody,
    "name?": _names_somebody,
    "companyName": lambda column: _texty(column) and column.booleans < 0.5,
    "email": lambda column: column.emails >= 0.5 and not identifies_nobody(column),
    "phone": lambda column: column.phone_like >= 0.5 and not identifies_nobody(column),
    "address1": _street_like,
    "address2": _street_like,
    "city": _city_like,
    "state": _state_like,
    "postalCode": lambda column: (
        column.with_digits >= 0.5 and column.average_length < 13 and column.dates < 0.5
    ),
    "country": lambda column: column.countries >= 0.5,
    "website": lambda column: column.urls >= 0.5,
    "timezone": _timezone_like,
    "gender": lambda column: column.genders >= 0.6,
    "dateOfBirth": lambda column: column.dates >= 0.6,
    "tags": _tag_like,
    "source": lambda column: _texty(column) and column.urls < 0.5 and column.average_length < 80,
    "assignedTo": lambda column: column.numbers < 0.5,
    "id": _contact_id_like,
}
