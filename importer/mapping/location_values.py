"""Values that only a location can judge: its users, its clock, and what it has by name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, tzinfo
from typing import Final, Protocol, TypeVar

from importer.highlevel.catalog import Catalog, User
from importer.mapping.compiled.columns import fault_of
from importer.mapping.values.blanks import unless_nothing
from importer.mapping.values.fault import ReadValue, ValueFault, quoted
from importer.records import Fault, Json
from importer.runtime.regex import regex

_USER_ID: Final = regex(r"[A-Za-z0-9]{15,32}")
_NOON: Final = time(12)


class Users:
    """The users of one location, by id, e-mail and full name, either order. Those that could not be read go by their ids."""

    def __init__(self, users: Sequence[User] | None) -> None:
        self._known = users is not None
        self._ids = {user.id for user in users or ()}
        self._by_word: dict[str, set[str]] = {}
        for user in users or ():
            for word in _words(user):
                self._by_word.setdefault(word, set()).add(user.id)

    def find(self, text: str) -> ReadValue:
        """Give the id of the user that a text names."""
        if not self._known:
            return _taken_for_id(text)
        if text in self._ids:
            return text
        hits = self._by_word.get(_word(text), set())
        if len(hits) == 1:
            return next(iter(hits))
        said = f"means {len(hits)} users of the location" if hits else "is no user of the location"
        return ValueFault("unknown_user", f"{quoted(text)} {said}")


def _taken_for_id(text: str) -> ReadValue:
    if _USER_ID.fullmatch(text):
        return text
    return ValueFault(
        "unknown_user", f"{quoted(text)} is no user's id, and the token may not list users (users.readonly)"
    )


def _words(user: User) -> set[str]:
    parts = user.name.split()
    turned = " ".join((*parts[-1:], *parts[:-1]))
    return {_word(text) for text in (user.email or "", user.name, turned) if text.strip()}


def _word(text: str) -> str:
    return " ".join(text.replace(",", " ").casefold().split())


class _Named(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...


_Thing = TypeVar("_Thing", bound=_Named)


def find_named(text: str, known: Sequence[_Thing]) -> list[_Thing]:
    """Find what has this id, else what is called so, whatever the case."""
    return [each for each in known if each.id == text] or [
        each for each in known if _word(each.name) == _word(text)
    ]


def zone_in(catalog: Catalog | None) -> tzinfo:
    """Give a location's time zone; UTC where it does not tell, or tells none that is known here."""
    from zoneinfo import ZoneInfo  # for due dates alone

    try:
        return ZoneInfo(catalog.timezone) if catalog is not None and catalog.timezone else UTC
    except (ValueError, OSError):
        return UTC


def moment_of(text: str, zone: tzinfo) -> str:
    """Write a date, or a date with a time, as the vendor takes moments: in UTC. A date alone means noon."""
    found = datetime.fromisoformat(text)
    if len(text) == len(date.min.isoformat()):
        found = datetime.combine(found.date(), _NOON)
    local = found if found.tzinfo is not None else found.replace(tzinfo=zone)
    return local.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def settled(reading: ReadValue, raw: Json, header: str, faults: list[Fault], *, drop: bool) -> Json:
    """Give a value, or put its fault down."""
    if not isinstance(reading, ValueFault):
        return reading
    if isinstance(raw, str):
        reading = unless_nothing(reading, raw)
    faults.append(fault_of(reading, header, drop=drop))
    return None if reading.fails else reading.value
