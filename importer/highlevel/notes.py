"""The notes of a contact as the vendor lists them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from importer.highlevel.additions import NOTE
from importer.highlevel.reply import read_moment
from importer.records import value_type


@value_type(frozen=True, slots=True, kw_only=True)
class HeldNote:
    """A note that stands beside a contact; ``added_at``: seconds since the epoch, None where the vendor does not tell."""

    id: str
    body: str
    title: str = ""
    added_at: float | None = None


def read_notes(contact_id: str, body: Mapping[str, Any]) -> tuple[HeldNote, ...] | None:
    """Read a list of notes, the oldest first; None where it is no list, or shows another contact's."""
    listed = body.get(NOTE.listed)
    if not isinstance(listed, list):
        return None
    shown = [each for each in listed if isinstance(each, Mapping) and isinstance(each.get("id"), str)]
    if any(each.get("contactId") not in (None, contact_id) for each in shown):
        return None
    notes = [
        HeldNote(
            id=each["id"],
            body=_text(each.get("body")),
            title=_text(each.get("title")),
            added_at=read_moment(each.get("dateAdded")),
        )
        for each in shown
    ]
    return tuple(sorted(notes, key=lambda note: (note.added_at or 0.0, note.id)))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
