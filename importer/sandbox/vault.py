"""The file that keeps contacts, what lies beside them, and custom fields: what was answered is in it, even if the sandbox is killed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from importer.sandbox.contacts import Contact, as_document, from_document
from importer.sandbox.items import Item, item_document, item_from_document
from importer.sandbox.wire import JsonObject, dumps, loads

SCHEMA = """
create table if not exists contacts (number integer primary key, document blob not null);
create table if not exists custom_fields (id text primary key, document blob not null) without rowid;
create table if not exists items (number integer primary key, kind text, id text, document blob not null, unique (kind, id));
"""


class VaultError(OSError):
    """The file is no database, is in use by another sandbox, or cannot be written."""


class Vault:
    """One SQLite file in WAL mode; each call is one transaction, so a kill loses nothing that was stored.

    A power cut may: nothing waits for the disk, since a stand-in has to be faster than what is tried on it.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0.5)
        except sqlite3.Error as cause:
            raise VaultError(f"{path} cannot keep contacts: {cause}") from None
        try:
            # Two sandboxes over one file would each answer from memory of their own.
            self._db.execute("pragma locking_mode = exclusive")
            # before the switch to the log, which else waits for the disk four times
            self._db.execute("pragma synchronous = off")
            self._db.execute("pragma journal_mode = wal")
            self._db.executescript(SCHEMA)
        except sqlite3.Error as cause:
            self._db.close()
            raise VaultError(f"{path} cannot keep contacts: {cause}") from None

    def contacts(self) -> Iterator[Contact]:
        for (document,) in self._db.execute("select document from contacts order by number"):
            yield from_document(loads(document))

    def save_contacts(self, contacts: Iterable[Contact]) -> None:
        rows = [(contact.number, dumps(as_document(contact))) for contact in contacts]
        if len(rows) == 1:
            self._db.execute("insert or replace into contacts values (?, ?)", rows[0])
            return
        self._db.execute("begin immediate")
        self._db.executemany("insert or replace into contacts values (?, ?)", rows)
        self._db.execute("commit")

    def delete_contact(self, contact: Contact) -> None:
        self._db.execute("delete from contacts where number = ?", (contact.number,))

    def custom_fields(self) -> Iterator[JsonObject]:
        for (document,) in self._db.execute("select document from custom_fields"):
            yield loads(document)

    def save_custom_field(self, field_id: str, document: JsonObject) -> None:
        self._db.execute("insert or replace into custom_fields values (?, ?)", (field_id, dumps(document)))

    def items(self) -> Iterator[Item]:
        for kind, item_id, document in self._db.execute(
            "select kind, id, document from items order by number"
        ):
            yield item_from_document(kind, item_id, loads(document))

    def save_item(self, item: Item) -> None:
        row = (item.kind.value, item.id, dumps(item_document(item)))
        self._db.execute(
            "insert into items (kind, id, document) values (?, ?, ?) "
            "on conflict (kind, id) do update set document = excluded.document",
            row,
        )

    def delete_item(self, item: Item) -> None:
        self._db.execute("delete from items where kind = ? and id = ?", (item.kind.value, item.id))

    def close(self) -> None:
        self._db.close()
