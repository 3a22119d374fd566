"""Did somebody change a contact after it was compared? Pure: what was planned against the contact as it is now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from importer.highlevel.contacts import HeldContact, held_value, read_contact
from importer.highlevel.equality import lowered, overwrites, same_custom, same_field
from importer.records import Change, Json, Planned

_NAMES: Final = frozenset({"firstName", "lastName", "name"})


def may_overwrite(planned: Planned) -> bool:
    """Tell whether a planned row takes anything from its contact: only then is there something to look for."""
    return planned.tags_before is not None or any(map(overwrites, planned.changes))


def changed_since(planned: Planned, tags: Iterable[str], contact: Mapping[str, Any]) -> tuple[str, ...]:
    """Name what is neither as it was when it was planned nor already as it is to be. ``tags``: those of the row."""
    held = read_contact({"id": "it", **contact})
    fields = (change.name for change in planned.changes if not change.unseen and not _expected(change, held))
    return (*fields, *_changed_tags(planned.tags_before, lowered(tags), held))


def _changed_tags(
    before: frozenset[str] | None, wanted: frozenset[str], held: HeldContact
) -> tuple[str, ...]:
    return () if before is None or lowered(held.tags) in (before, wanted) else ("tags",)


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
