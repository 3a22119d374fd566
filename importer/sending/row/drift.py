"""Did somebody change a contact after it was compared? Pure: what was planned against the contact as it is now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from importer.highlevel.contacts import HeldContact, held_value, read_contact
from importer.highlevel.equality import same_custom, same_field
from importer.records import Change, Json

_NAMES: Final = frozenset({"firstName", "lastName", "name"})


def changed_since(changes: Iterable[Change], contact: Mapping[str, Any]) -> tuple[str, ...]:
    """Name the fields that hold neither what they held when it was planned nor already what they are to hold."""
    held = read_contact({"id": "it", **contact})
    return tuple(change.name for change in changes if not change.unseen and not _expected(change, held))


def _expected(change: Change, held: HeldContact) -> bool:
    now = held_value(held, change.reference, custom=change.custom)
    return _same(change, change.old, now) or _same(change, change.new, now)


def _same(change: Change, value: Json, now: Json) -> bool:
    if change.data_type is not None:
        return same_custom(change.data_type, value, now)
    if change.reference in _NAMES:  # the search shows some of them in lower case alone
        return _folded(value) == _folded(now)
    return same_field(change.reference, value, now)


def _folded(value: Json) -> str:
    return " ".join(str(value or "").casefold().split())
