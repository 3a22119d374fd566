"""Who holds which e-mail and phone of a location: hashes of key, other key and name, so that no later file gives it away.

A row takes hold of its keys before it is sent, and lets go of them where the vendor refused it. What a run learnt in
its last second is lost when it is killed; a resume learns it again, and the same, from the rows themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Final, Self

from importer.errors import SettingsError, StateError
from importer.records import Contradiction, KeyHolder, RowId, Said
from importer.runtime.clock import Clock, SystemClock
from importer.state.database import Database, Purpose, begin_anew_if_damaged, ensure_database
from importer.state.memory.salt import salt_of

FILE_NAME: Final = "key-holders.db"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS salt (value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS runs (run INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS holders (
    key INTEGER PRIMARY KEY, other INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    run INTEGER NOT NULL, "row" INTEGER NOT NULL, marks INTEGER NOT NULL
);
"""
_PURPOSE: Final = Purpose(
    title="The memory of who holds which key",
    go_on="go on with: importer resume",
    if_damaged="Move it away, and go on with: importer resume. Who holds which key is then learnt anew.",
    # Keys are hashes, so every block touches pages all over the file. What a power cut takes is learnt again.
    pragmas=("cache_size = -32768", "synchronous = NORMAL"),
)
_DRAFT: Final = replace(_PURPOSE, pragmas=("cache_size = -32768", "synchronous = OFF", "journal_mode = OFF"))
_KEYS_AT_ONCE: Final = 900
"""SQLite before 3.32 takes 999 values in one statement."""
_FRESH_KEYS: Final = 20_000
_FRESH_SECONDS: Final = 1.0
_DRAFT_KEYS: Final = 50_000
_SEVERAL_NAMES, _SEVERAL_OTHERS, _JOINED = 1, 2, 4
_BEFORE: Final = {None: 0, Contradiction.NAME: 8, Contradiction.OTHER_KEY: 16}
_BEFORE_OF: Final = {mark: before for before, mark in _BEFORE.items()}
_COLUMNS: Final = 'key, other, first, last, run, "row", marks, said_other, said_first, said_last'
_NO_MORE: Final = Said()
_PLAIN: Final = KeyHolder(0, 0, 0, 0, 0)[5:]
"""What there is to say of the holders of nearly all keys, which one row has."""
_SAID: Final = ("said_other", "said_first", "said_last")
"""Columns that files of earlier versions lack. All of them are 0 where nothing else was said than ``holders`` holds anyway."""


class KeyHolders:
    """The holders as one run sees and changes them; several processes may use the file at once."""

    def __init__(self, db: Database, *, place: str, run_id: str, clock: Clock | None = None) -> None:
        self._db = _with_said(db)
        self._run_id = run_id
        self._clock = clock or SystemClock()
        # All of it is hashed with the place: one location id may be known at two servers.
        self._hasher = blake2b(digest_size=8, key=salt_of(self._db), person=_person(place))
        self._fresh: dict[int, KeyHolder] = {}
        self._written_at = self._clock.monotonic()

    @classmethod
    def open(cls, folder: Path, *, place: str, run_id: str, clock: Clock | None = None) -> Self:
        """Open the file of a folder, or begin it; a damaged one is begun anew. ``place``: the server of the contacts."""
        try:
            db = begin_anew_if_damaged(folder / FILE_NAME, _PURPOSE, _SCHEMA)
        except StateError as cause:
            raise SettingsError(str(cause)) from cause
        return cls(db, place=place, run_id=run_id, clock=clock)

    @staticmethod
    def is_in(folder: Path) -> bool:
        """Tell whether anything is remembered in a folder."""
        return (folder / FILE_NAME).is_file()

    @cached_property
    def run(self) -> int:
        """The run's number in this file; it has none before it asks."""
        with self._db.transaction() as database:
            database.execute("INSERT OR IGNORE INTO runs (run_id) VALUES (?)", (self._run_id,))
            (number,) = database.execute("SELECT run FROM runs WHERE run_id = ?", (self._run_id,)).fetchone()
        return int(number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        try:
            self.flush()
        finally:
            self._db.close()

    def hash(self, text: str) -> int:
        """Hash a text under this machine's own salt; never 0."""
        hasher = self._hasher.copy()  # a third of the time that a new one takes
        hasher.update(text.encode("utf-8", "surrogatepass"))
        return int.from_bytes(hasher.digest(), "big", signed=True) or 1

    def find(self, keys: AbstractSet[int]) -> dict[int, KeyHolder]:
        """Find the holders of keys that are held."""
        fresh = self._fresh
        found = {key: fresh[key] for key in fresh.keys() & keys}
        asked = sorted(keys - found.keys())
        for start in range(0, len(asked), _KEYS_AT_ONCE):
            part = asked[start : start + _KEYS_AT_ONCE]
            for key, *columns in self._db.execute(
                f"SELECT {_COLUMNS} FROM holders WHERE key IN ({','.join('?' * len(part))})",  # noqa: S608  (question marks)
                part,
            ):
                found[key] = _holder(*columns)
        return found

    def put(self, holders: Mapping[int, KeyHolder]) -> None:
        """Note who holds keys now; written at once where rows come slowly, and together where they come fast.

        Keys are hashes, so that some hundreds of them touch as many pages: one writing for each block would write
        megabytes for it.
        """
        self._fresh.update(holders)
        waited = self._clock.monotonic() - self._written_at
        if len(self._fresh) >= _FRESH_KEYS or waited >= _FRESH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write down what was put."""
        if self._fresh:
            with self._db.transaction() as database:
                database.executemany(
                    f"INSERT OR REPLACE INTO holders ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608  (our own text)
                    (_columns(key, self._fresh[key]) for key in sorted(self._fresh)),
                )
            self._fresh.clear()
        self._written_at = self._clock.monotonic()

    def release(self, rows: Iterable[RowId]) -> None:
        """Free the keys of this run's rows that were refused, where no other row of the person holds them too."""
        self.flush()
        with self._db.transaction():
            self._db.execute('CREATE TEMP TABLE IF NOT EXISTS refused ("row" INTEGER PRIMARY KEY)')
            self._db.execute("DELETE FROM refused")
            self._db.executemany("INSERT OR IGNORE INTO refused VALUES (?)", ((row,) for row in rows))
            if self._db.execute("SELECT EXISTS (SELECT 1 FROM refused)").fetchone()[0]:
                self._db.execute(
                    'DELETE FROM holders WHERE run = ? AND NOT marks & ? AND "row" IN (SELECT "row" FROM refused)',
                    (self.run, _JOINED),
                )

    def forget(self, texts: Iterable[str]) -> int:
        """Forget who holds these keys, and the other keys of whoever holds them; gives how many those were."""
        keys = [(self.hash(text),) * 3 for text in texts]
        with self._db.transaction() as database:
            gone = database.executemany(
                "DELETE FROM holders WHERE key = ? OR other = ? OR said_other = ?", keys
            ).rowcount
        return max(gone, 0)

    def release_all(self) -> None:
        """Free all that this run holds: it sent nothing."""
        self._fresh.clear()
        run = self.run  # asks in a transaction of its own
        with self._db.transaction():
            self._db.execute("DELETE FROM holders WHERE run = ?", (run,))


class DraftHolders(KeyHolders):
    """Holders of a look ahead: what it decides goes to a file of its own, and what is known stays as it is."""

    def __init__(self, db: Database, *, place: str, known: KeyHolders | None) -> None:
        super().__init__(db, place=place, run_id="")
        self._known = known
        if known is not None:
            self._hasher = known._hasher  # noqa: SLF001  (a draft of the same keys)

    @classmethod
    def over(cls, known: KeyHolders | None, folder: Path, *, place: str) -> Self:
        """Begin a draft in a folder that is thrown away, over what is known already."""
        return cls(ensure_database(folder / FILE_NAME, _DRAFT, _SCHEMA), place=place, known=known)

    @cached_property
    def run(self) -> int:
        """No run's number, so that whoever is known is of an earlier one."""
        return 0

    def put(self, holders: Mapping[int, KeyHolder]) -> None:
        """Note who holds keys now; nobody else waits for it, so that the more are written together the better."""
        self._fresh.update(holders)
        if len(self._fresh) >= _DRAFT_KEYS:
            self.flush()

    def find(self, keys: AbstractSet[int]) -> dict[int, KeyHolder]:
        found = super().find(keys)
        if self._known is None:
            return found
        return {**self._known.find(keys - found.keys()), **found}


def _person(place: str) -> bytes:
    return blake2b(place.rstrip("/").encode(), digest_size=16).digest()


def _columns(key: int, holder: KeyHolder) -> tuple[int, ...]:
    if holder[5:] == _PLAIN:
        return (key, *holder[:5], 0, 0, 0, 0)
    return (key, *holder[:5], _marks(holder), *_said_besides(holder))


def _marks(holder: KeyHolder) -> int:
    return (
        _SEVERAL_NAMES * holder.several_names
        + _SEVERAL_OTHERS * holder.several_others
        + _JOINED * holder.joined
        + (holder.before is not None and _BEFORE[holder.before])
    )


def _said_besides(holder: KeyHolder) -> Said:
    """Give what was said where it is not what is held: most rows need not store it twice."""
    return _NO_MORE if holder.said is None or holder.said == holder[:3] else holder.said


def _holder(other: int, first: int, last: int, run: int, row: RowId, marks: int, *said: int) -> KeyHolder:
    return KeyHolder(
        other,
        first,
        last,
        run,
        row,
        bool(marks & _SEVERAL_NAMES),
        bool(marks & _SEVERAL_OTHERS),
        bool(marks & _JOINED),
        Said(*said) if any(said) else None,
        _BEFORE_OF[marks & (8 | 16)],
    )


def _with_said(db: Database) -> Database:
    """Add the columns that a file of an earlier version lacks."""
    if not _lacks_said(db):
        return db
    with db.transaction():
        for name in _lacks_said(db):  # another process may have added them meanwhile
            db.execute(f"ALTER TABLE holders ADD COLUMN {name} INTEGER NOT NULL DEFAULT 0")
    return db


def _lacks_said(db: Database) -> list[str]:
    there = {name for _, name, *_ in db.execute("PRAGMA table_info(holders)")}
    return [name for name in _SAID if name not in there]
