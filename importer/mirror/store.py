"""One mirror: a private SQLite file with the contacts of one location, found by id, e-mail and phone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any, Final, Self, TypeVar, cast

from importer.highlevel.contacts import ADDITIONAL, NOT_IN_SEARCH, HeldContact
from importer.highlevel.wire import decode, encode
from importer.mirror.kept_notes import KeptNotes
from importer.records import Json, value_type
from importer.state.database import (
    Database,
    Purpose,
    ensure_database,
    open_database,
    replacing,
    scratch_database,
)

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS contacts (number INTEGER PRIMARY KEY, id TEXT NOT NULL, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS keys (key TEXT NOT NULL, number INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS details (id TEXT PRIMARY KEY, updated TEXT NOT NULL, content BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
_PURPOSE: Final = Purpose(
    title="The mirror of a location's contacts",
    go_on="read the location again with: importer mirror",
    if_damaged="Delete it, and read the location again with: importer mirror",
    # Rows come in no order of keys, so that each block touches pages all over the indexes; beyond 8 MiB the system's own
    # cache does as well, and a plan has two of these files open.
    # What a power cut takes of the last pages is read again.
    pragmas=("cache_size = -8192", "temp_store = FILE", "synchronous = NORMAL"),
)
_SCRATCH: Final = replace(_PURPOSE, pragmas=(*_PURPOSE.pragmas[:2], "synchronous = OFF"))
_PUT_DETAIL: Final = replacing("details", "id, updated, content", key="id")
_PUT_FACT: Final = replacing("facts", "name, value", key="name")
_OLDER: Final = (
    "SELECT number FROM contacts AS held "
    "WHERE EXISTS (SELECT 1 FROM contacts AS later WHERE later.id = held.id AND later.number > held.number)"
)
_PART: Final = 1 << 40
"""Numbers of a part: more than it will ever have contacts."""
_NUMBERS: Final = "SELECT key, number FROM keys WHERE key IN ({marks}) ORDER BY key, number"
_BY_NUMBER: Final = "SELECT number, id, content FROM contacts WHERE number IN ({marks})"
_Value = TypeVar("_Value", int, str)
_AT_ONCE: Final = 900  # SQLite before 3.32 takes 999 values in one statement


@value_type(frozen=True, slots=True, kw_only=True)
class MirrorFacts:
    """What is known of a mirror as a whole. ``as_of``: what the location did since then may be missing."""

    location_id: str
    name: str
    begun_at: float
    as_of: float
    whole: bool = False
    cursor: Json = None
    requests: int = 0
    page_size: int | None = None
    parts: Json = None
    """Of a location that is read in parts: how far each was read."""


@value_type(frozen=True, slots=True, kw_only=True)
class FoundContacts:
    """Whom keys lead to: the ids of the holders of each, those added first ahead, and the contacts themselves."""

    holders: Mapping[str, tuple[str, ...]]
    contacts: Mapping[str, HeldContact] = field(repr=False)
    additional: bool = False
    """Somebody has additional keys: most locations have nobody who does."""


NOBODY: Final = FoundContacts(holders={}, contacts={})


class Mirror:
    """An open mirror. Contacts are put in a page at a time, each page together with where it ends."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @classmethod
    def create(cls, path: Path, facts: MirrorFacts) -> Self:
        """Begin a mirror; it is a draft until ``finish``."""
        mirror = cls(ensure_database(path, _PURPOSE, _SCHEMA))
        mirror._write(facts)
        return mirror

    @classmethod
    def scratch(cls, path: Path) -> Self:
        """Begin a mirror that is needed no longer than it is open: what is lost of it is made again."""
        mirror = cls(scratch_database(path, _SCRATCH, _SCHEMA))
        mirror._write(MirrorFacts(location_id="", name="", begun_at=0.0, as_of=0.0))
        mirror.index()
        return mirror

    @classmethod
    def open(cls, path: Path) -> Self:
        return cls(open_database(path, _PURPOSE))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    @property
    def facts(self) -> MirrorFacts:
        found = {name: json.loads(value) for name, value in self._db.execute("SELECT name, value FROM facts")}
        return MirrorFacts(**found)

    def add(self, contacts: Iterable[HeldContact], facts: MirrorFacts, *, part: int = 0) -> None:
        """Put in a page of a first reading; parts are added to side by side, and stand one behind the other."""
        first, behind = part * _PART, (part + 1) * _PART
        with self._db.transaction():
            (last,) = self._db.execute(
                "SELECT coalesce(max(number), ?) FROM contacts WHERE number > ? AND number < ?",
                (first, first, behind),
            ).fetchone()
            self._insert(contacts, behind=last)
            self._write(facts)

    def begin_anew(self, facts: MirrorFacts) -> None:
        """Take out what was read so far."""
        with self._db.transaction():
            for table in ("contacts", "keys"):
                self._db.execute(f"DELETE FROM {table}")  # noqa: S608  (our own names)
            self._write(facts)

    def renew(self, contacts: Iterable[HeldContact], facts: MirrorFacts, *, to_the_end: bool = False) -> None:
        """Replace contacts that changed, and put in new ones; of a contact that came twice the later one counts.

        A contact that is there already keeps its place, or goes ``to_the_end``.
        """
        held = {contact.id: contact for contact in contacts}
        with self._db.transaction():
            places = self._remove(held)
            kept = {} if to_the_end else places
            (last,) = self._db.execute("SELECT coalesce(max(number), 0) FROM contacts").fetchone()
            new = (each for each in held.values() if each.id not in kept)
            self._insert(new, behind=max(last, *places.values(), 0))
            self._put((kept[each.id], each) for each in held.values() if each.id in kept)
            self._write(facts)

    def note(self, facts: MirrorFacts) -> None:
        with self._db.transaction():
            self._write(facts)

    @property
    def notes(self) -> KeptNotes:
        """Give the notes that are kept with the contacts."""
        return KeptNotes(self._db)

    def index(self) -> None:
        """Make the contacts of a draft findable, once all are in; of one that came twice the later one counts."""
        # one sort at the end takes a fraction of what a million insertions in no order do
        with self._db.transaction():
            self._db.execute("CREATE INDEX IF NOT EXISTS by_id ON contacts (id)")
            older = self._db.execute(_OLDER).fetchall()
            self._db.executemany("DELETE FROM contacts WHERE number = ?", older)
            if older:
                self._db.execute("DELETE FROM keys WHERE number NOT IN (SELECT number FROM contacts)")
            self._db.execute("CREATE INDEX IF NOT EXISTS by_key ON keys (key, number)")

    def __len__(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM contacts").fetchone()[0])

    def __iter__(self) -> Iterator[HeldContact]:
        """Yield all contacts, in the order in which the location got them."""
        last = -1
        while True:
            rows = self._db.execute(
                "SELECT number, id, content FROM contacts WHERE number > ? ORDER BY number LIMIT ?",
                (last, _AT_ONCE),
            ).fetchall()
            if not rows:
                return
            last = rows[-1][0]
            for _, contact_id, content in rows:
                yield _read(contact_id, content)

    def by_ids(self, contact_ids: Iterable[str]) -> dict[str, HeldContact]:
        found: dict[str, HeldContact] = {}
        for some in _batches(contact_ids):
            marks = ",".join("?" * len(some))
            for contact_id, content in self._db.execute(
                f"SELECT id, content FROM contacts WHERE id IN ({marks})",  # noqa: S608  (marks alone)
                some,
            ):
                found[contact_id] = _read(contact_id, content)
        return found

    def complete(self, contacts: Iterable[HeldContact]) -> None:
        """Keep what only a read by id shows of contacts, until they change."""
        kept = [
            (
                contact.id,
                json.dumps(contact.updated),
                encode(
                    {name: contact.fields[name] for name in sorted(NOT_IN_SEARCH & contact.fields.keys())}
                ),
            )
            for contact in contacts
        ]
        with self._db.transaction():
            self._db.executemany(_PUT_DETAIL, kept)

    def completed(self, contacts: Iterable[HeldContact]) -> dict[str, HeldContact]:
        """Give those of the contacts, with all fields, that were read by id since they changed last."""
        if self._db.execute("SELECT 1 FROM details LIMIT 1").fetchone() is None:
            return {}
        wanted = {contact.id: contact for contact in contacts}
        found: dict[str, HeldContact] = {}
        for some in _batches(wanted):
            marks = ",".join("?" * len(some))
            for contact_id, updated, content in self._db.execute(
                f"SELECT id, updated, content FROM details WHERE id IN ({marks})",  # noqa: S608  (likewise)
                some,
            ):
                contact = wanted[contact_id]
                if updated == json.dumps(contact.updated):
                    found[contact_id] = replace(
                        contact, fields={**contact.fields, **decode(content)}, seen_by_id=True
                    )
        return {contact_id: found[contact_id] for contact_id in wanted if contact_id in found}

    def find(self, keys: Iterable[str]) -> FoundContacts:
        """Find the contacts that hold keys, also those that hold them as additional ones."""
        wanted = list(dict.fromkeys(keys))
        if not wanted:
            return NOBODY
        if additional := self._has_additional_keys():
            wanted += [f"{ADDITIONAL}{key}" for key in wanted]
        pairs = [pair for some in _batches(wanted) for pair in self._select(_NUMBERS, some)]
        # each contact is read once, and not once for each of its keys
        contacts = self._by_numbers({number for _, number in pairs})
        holders: dict[str, tuple[str, ...]] = {}
        for key, number in pairs:
            contact = contacts.get(number)
            if contact is not None and contact.id not in (known := holders.get(key, ())):
                holders[key] = (*known, contact.id)
        return FoundContacts(
            holders=holders,
            contacts={each.id: each for each in contacts.values()},
            additional=additional,
        )

    def _has_additional_keys(self) -> bool:
        """Tell whether any contact has an additional e-mail or phone: most locations have none, and half of the questions is spared."""
        found = self._db.execute(
            "SELECT EXISTS (SELECT 1 FROM keys WHERE key >= ? AND key < ?)", (ADDITIONAL, f"{ADDITIONAL}~")
        )
        return bool(found.fetchone()[0])

    def _by_numbers(self, numbers: Iterable[int]) -> dict[int, HeldContact]:
        found: dict[int, HeldContact] = {}
        for some in _batches(numbers):
            rows = self._select(_BY_NUMBER, some)
            contents = decode(b"[%b]" % b",".join([content for _, _, content in rows]))
            for (number, contact_id, _), content in zip(rows, contents, strict=True):
                found[number] = _held(contact_id, content)
        return found

    def _select(self, statement: str, values: Sequence[object]) -> list[Any]:
        # all rows at once: asked for one by one, each goes through the translation of errors
        return self._db.execute(statement.format(marks=",".join("?" * len(values))), values).fetchall()

    def drop(self, contact_ids: Iterable[str]) -> None:
        """Take out contacts that are known to be gone."""
        with self._db.transaction():
            self._drop(list(contact_ids))

    def _drop(self, gone: list[str]) -> None:
        self._remove(gone)
        self._db.executemany("DELETE FROM details WHERE id = ?", [(each,) for each in gone])
        self.notes.drop(gone)

    def forget(self, contact_ids: Iterable[str]) -> None:
        """Take contacts out, so that no byte of them is left in the file."""
        with self._db.erasing(anew=True):
            self._drop(list(contact_ids))

    def _insert(self, contacts: Iterable[HeldContact], *, behind: int) -> None:
        self._put(enumerate(contacts, behind + 1))

    def _put(self, contacts: Iterable[tuple[int, HeldContact]]) -> None:
        rows: list[tuple[int, str, bytes]] = []
        keys: list[tuple[str, int]] = []
        for number, contact in contacts:
            rows.append((number, contact.id, _write(contact)))
            keys += [(key, number) for key in contact.found_by()]
        self._db.executemany("INSERT INTO contacts (number, id, content) VALUES (?, ?, ?)", rows)
        self._db.executemany("INSERT INTO keys (key, number) VALUES (?, ?)", keys)

    def _remove(self, contact_ids: Iterable[str]) -> dict[str, int]:
        """Take contacts out; gives the places that they had."""
        places: dict[str, int] = {}
        for some in _batches(contact_ids):
            marks = ",".join("?" * len(some))
            before = self._db.execute(
                f"SELECT number, id, content FROM contacts WHERE id IN ({marks})",  # noqa: S608  (likewise)
                some,
            ).fetchall()
            gone = [
                (key, number)
                for number, contact_id, content in before
                for key in _read(contact_id, content).found_by()
            ]
            self._db.executemany("DELETE FROM keys WHERE key = ? AND number = ?", gone)
            self._db.executemany(
                "DELETE FROM contacts WHERE number = ?", [(number,) for number, _, _ in before]
            )
            places |= {contact_id: number for number, contact_id, _ in before}
        return places

    def _write(self, facts: MirrorFacts) -> None:
        values = [(name, json.dumps(getattr(facts, name))) for name in MirrorFacts.__slots__]
        self._db.executemany(_PUT_FACT, values)


def _write(contact: HeldContact) -> bytes:
    kept = (
        contact.fields, contact.custom_fields, contact.tags, contact.emails, contact.phones, contact.added, contact.updated,
        *((True,) if contact.seen_by_id else ()),
    )  # fmt: skip
    return encode(cast("Json", kept))


def _read(contact_id: str, content: bytes) -> HeldContact:
    return _held(contact_id, decode(content))


def _held(contact_id: str, kept: list[Any]) -> HeldContact:
    fields, custom_fields, tags, emails, phones, added, updated, *seen_by_id = kept
    return HeldContact(
        id=contact_id,
        fields=fields,
        custom_fields=custom_fields,
        tags=tuple(tags),
        emails=tuple(emails),
        phones=tuple(phones),
        added=added,
        updated=updated,
        seen_by_id=bool(seen_by_id),
    )


def _batches(values: Iterable[_Value]) -> Iterator[list[_Value]]:
    wanted = list(dict.fromkeys(values))
    for first in range(0, len(wanted), _AT_ONCE):
        yield wanted[first : first + _AT_ONCE]
