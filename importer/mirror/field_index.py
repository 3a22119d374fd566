"""The contacts of a location by the value of one custom field, which no search of the vendor's finds them by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final, Self

from importer.highlevel.catalog import CustomField
from importer.highlevel.contacts import HeldContact
from importer.highlevel.equality import custom_key
from importer.records import Record, value_type
from importer.state.database import Database, Purpose, scratch_database

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS held (number INTEGER PRIMARY KEY, key TEXT NOT NULL, id TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS by_key ON held (key);
CREATE INDEX IF NOT EXISTS by_id ON held (id);
"""
_PURPOSE: Final = Purpose(
    title="The index of a custom field's values",
    go_on="try again",
    if_damaged="Try again.",
    # needed no longer than it is open
    pragmas=("cache_size = -16384", "synchronous = OFF"),
)
_BLOCK: Final = 500


@value_type(frozen=True, slots=True)
class ValueKeys:
    """How contacts and rows are found by the value of a custom field."""

    field: CustomField

    def keys_of(self, contact: HeldContact) -> Iterator[str]:
        """Yield what the contact is found by, if it has a value."""
        if key := self._key(contact.custom_fields.get(self.field.id)):
            yield key

    def key_of(self, record: Record) -> str:
        """Give what a row's contact is found by; empty for none."""
        return self._key(dict(record.custom_fields).get(self.field.id))

    def _key(self, value: object) -> str:
        key = custom_key(self.field.data_type, value)
        return f"value:{key}" if key else ""


class FieldIndex:
    """Who holds which value, in a scratch file: a million values would fill memory."""

    def __init__(self, db: Database, keys: ValueKeys) -> None:
        self._db = db
        self.keys = keys

    @classmethod
    def scratch(cls, path: Path, field: CustomField) -> Self:
        return cls(scratch_database(path, _PURPOSE, _SCHEMA), ValueKeys(field))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def fill(self, contacts: Iterable[HeldContact]) -> None:
        """Take in all contacts of a location, those added first ahead."""
        ahead = iter(contacts)
        while block := list(islice(ahead, _BLOCK)):
            self._insert(block)

    def renew(self, contacts: Iterable[HeldContact]) -> None:
        """Take in what contacts hold by now."""
        changed = list(contacts)
        with self._db.transaction():
            self._db.executemany("DELETE FROM held WHERE id = ?", [(contact.id,) for contact in changed])
        self._insert(changed)

    def by_keys(self, keys: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Find the ids of the contacts that hold each value; keys that nobody holds are not in it."""
        found: dict[str, tuple[str, ...]] = {}
        for key in dict.fromkeys(keys):
            held = self._db.execute("SELECT id FROM held WHERE key = ? ORDER BY number", (key,)).fetchall()
            if held:
                found[key] = tuple(contact_id for (contact_id,) in held)
        return found

    def _insert(self, contacts: Iterable[HeldContact]) -> None:
        rows = [(key, contact.id) for contact in contacts for key in self.keys.keys_of(contact)]
        with self._db.transaction():
            self._db.executemany("INSERT INTO held (key, id) VALUES (?, ?)", rows)
