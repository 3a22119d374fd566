"""The notes of a location's contacts as a table that `mappings/highlevel-notes.yaml` imports: a row for each note."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from importer.highlevel.contacts import HeldContact
from importer.highlevel.notes import HeldNote
from importer.results.csv_file import TableWriter, csv_table

_COLUMNS: Final = (
    "Contact Id",
    "Email",
    "Phone",
    "First Name",
    "Last Name",
    "Note Date",
    "Note Title",
    "Note",
    "export_location_id",  # by it the reader knows the file for one of ours
)


class NotesTable:
    """Writes notes, those of some contacts at a time; ``rows`` counts them."""

    def __init__(self, table: TableWriter, location_id: str) -> None:
        self._table = table
        self._location_id = location_id
        self.rows = 0

    def write(self, contacts: Sequence[HeldContact], notes: Mapping[str, Sequence[HeldNote]]) -> None:
        for contact in contacts:
            for note in notes.get(contact.id, ()):
                self._table.write(self._line(contact, note))
                self.rows += 1

    def _line(self, contact: HeldContact, note: HeldNote) -> list[str]:
        whose = (str(contact.fields.get(name) or "") for name in ("email", "phone", "firstName", "lastName"))
        return [contact.id, *whose, _date(note.added_at), note.title, note.body, self._location_id]


def _date(moment: float | None) -> str:
    """Write when a note was added; by the second, so that two of one text stay two."""
    return "" if moment is None else f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S}"


@contextlib.contextmanager
def open_notes_table(path: Path, location_id: str) -> Iterator[NotesTable]:
    """Open the file; it appears when it is whole."""
    with csv_table(path, _COLUMNS) as table:
        yield NotesTable(table, location_id)
