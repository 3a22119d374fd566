"""Who holds which e-mail and phone of a location: hashes of key, other key and name, so that no later file gives it away.

A row takes hold of its keys before it is sent, and lets go of them where the vendor refused it, or the run is taken back: they are
then whose they were before. What a run learnt in
its last second is lost when it is killed; a resume learns it again, and the same, from the rows themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from struct import Struct
from typing import Final, Self

from importer.errors import SettingsError, StateError
from importer.records import Contradiction, KeyHolder, RowId, Said
from importer.runtime.clock import Clock, SystemClock
from importer.state.database import Database, Purpose, begin_anew_if_damaged, database_is_there
from importer.state.key_filter import KeyFilter
from importer.state.memory.salt import salt_of

FILE_NAME: Final = "key-holders.db"
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS salt (value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS runs (run INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS holders (
    key INTEGER PRIMARY KEY, other INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    run INTEGER NOT NULL, "row" INTEGER NOT NULL, marks INTEGER NOT NULL
);
"""
PURPOSE: Final = Purpose(
    title="The memory of who holds which key",
    go_on="go on with: importer resume",
    if_damaged="Move it away, and go on with: importer resume.",
    without_it="Who holds which key is then learnt anew.",
    # Keys are hashes, so every block touches pages all over the file: a cache of 4, 8 or 32 MiB saves no time, for the
    # system keeps the file's pages too. A log of up to 32 MB takes in what several writings do to one page, which saves a tenth
    # of the time. What a power cut takes is learnt again.
    pragmas=("cache_size = -1024", "wal_autocheckpoint = 8000", "synchronous = NORMAL"),
)
_NUMBER: Final = Struct(">q")
_KEYS_AT_ONCE: Final = 900
"""SQLite before 3.32 takes 999 values in one statement."""
_FRESH_KEYS: Final = 20_000
_FRESH_SECONDS: Final = 1.0
_ASKED_BEFORE: Final = 50_000
_ASKED_A_PAGE: Final = 8
"""Keys: to ask for so many takes as long as to read a page of the file through."""
_LEAST_FILTER_BITS, _MOST_FILTER_BITS = 1 << 22, 1 << 25
"""Half a megabyte to four, in which two million keys leave one place in sixteen taken by another key."""
_BITS_A_KEY: Final = 16
_SEVERAL_NAMES, _SEVERAL_OTHERS, _JOINED = 1, 2, 4
_BEFORE: Final = {None: 0, Contradiction.NAME: 8, Contradiction.OTHER_KEY: 16}
_BEFORE_OF: Final = {mark: before for before, mark in _BEFORE.items()}
_COLUMNS: Final = 'key, other, first, last, run, "row", marks, said_other, said_first, said_last'
_NO_MORE: Final = Said()
_PLAIN: Final = KeyHolder(0, 0, 0, 0, 0)[5:]
"""What there is to say of the holders of nearly all keys, which one row has."""
_HELD: Final = ("other", "first", "last", "run", '"row"', "marks", "said_other", "said_first", "said_last")
_WAS: Final = tuple(f"was_{name.strip(chr(34))}" for name in _HELD)
"""The holder before the run that holds a key now; blank where that run was the first to meet it."""
_ADDED: Final = {
    **dict.fromkeys(_HELD[-3:], "INTEGER NOT NULL DEFAULT 0"),
    **dict.fromkeys(_WAS, "INTEGER"),
}
"""Columns that files of earlier versions lack. What was said is 0 where it is no more than ``holders`` holds anyway."""
_PUT: Final = f"""
    INSERT INTO holders ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET
        {", ".join(f"{was} = CASE WHEN holders.run = excluded.run THEN holders.{was} ELSE holders.{held} END" for was, held in zip(_WAS, _HELD, strict=True))},
        {", ".join(f"{held} = excluded.{held}" for held in _HELD)}
"""  # noqa: S608  (our own text)
_GIVE_BACK: Final = f"""
    UPDATE holders SET
        {", ".join(f"{held} = {was}, {was} = NULL" for was, held in zip(_WAS, _HELD, strict=True))}
    WHERE was_run IS NOT NULL AND
"""  # noqa: S608  (likewise)


class KeyHolders:
    """The holders as one run sees and changes them; several processes may use the file at once."""

    def __init__(self, db: Database, *, place: str, run_id: str, clock: Clock | None = None) -> None:
        self._db = _up_to_date(db)
        self._run_id = run_id
        self._clock = clock or SystemClock()
        # All of it is hashed with the place: one location id may be known at two servers.
        self._hasher = blake2b(digest_size=8, key=salt_of(self._db), person=_person(place))
        self._fresh: dict[int, KeyHolder] = {}
        self._held = _HeldKeys(self._db)
        self._written_at = self._clock.monotonic()

    @classmethod
    def open(cls, folder: Path, *, place: str, run_id: str, clock: Clock | None = None) -> Self:
        """Open the file of a folder, or begin it; a damaged one is begun anew. ``place``: the server of the contacts."""
        try:
            db = begin_anew_if_damaged(folder / FILE_NAME, PURPOSE, SCHEMA)
        except StateError as cause:
            raise SettingsError(str(cause)) from cause
        return cls(db, place=place, run_id=run_id, clock=clock)

    @staticmethod
    def is_in(folder: Path) -> bool:
        """Tell whether anything is remembered in a folder."""
        return database_is_there(folder / FILE_NAME)

    @cached_property
    def run(self) -> int:
        """The run's number in this file; it has none before it asks."""
        with self._db.transaction() as database:
            database.execute("INSERT OR IGNORE INTO runs (run_id) VALUES (?)", (self._run_id,))
            (number,) = database.execute("SELECT run FROM runs WHERE run_id = ?", (self._run_id,)).fetchone()
        return int(number)

    def later_runs(self, run_id: str) -> dict[int, str]:
        """Give the runs that began after one, by their numbers in this file."""
        return dict(self._db.execute("SELECT run, run_id FROM runs WHERE run_id > ?", (run_id,)))

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
        number: int = _NUMBER.unpack(hasher.digest())[0]
        return number or 1

    def find(self, keys: AbstractSet[int]) -> dict[int, KeyHolder]:
        """Find the holders of keys that are held."""
        fresh = self._fresh
        found = {key: fresh[key] for key in fresh.keys() & keys}
        asked = sorted(self._held.among(keys - found.keys()))
        for start in range(0, len(asked), _KEYS_AT_ONCE):
            part = asked[start : start + _KEYS_AT_ONCE]
            for key, *columns in self._db.execute(
                f"SELECT {_COLUMNS} FROM holders WHERE key IN ({','.join('?' * len(part))})",  # noqa: S608  (question marks)
                part,
            ):
                found[key] = holder_of(*columns)
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
                    _PUT,
                    ((key, *columns_of(self._fresh[key])) for key in sorted(self._fresh)),
                )
            self._held.add(self._fresh)
            self._fresh.clear()
        self._written_at = self._clock.monotonic()

    def release(self, rows: Iterable[RowId]) -> None:
        """Free the keys of this run's rows that were refused, where no other row of the person holds them too."""
        self.flush()
        run = self.run  # asked for in a transaction of its own
        with self._db.transaction():
            self._db.execute('CREATE TEMP TABLE IF NOT EXISTS refused ("row" INTEGER PRIMARY KEY)')
            self._db.execute("DELETE FROM refused")
            self._db.executemany("INSERT OR IGNORE INTO refused VALUES (?)", ((row,) for row in rows))
            if self._db.execute("SELECT EXISTS (SELECT 1 FROM refused)").fetchone()[0]:
                alone = 'run = ? AND marks & ? = 0 AND "row" IN (SELECT "row" FROM refused)'
                self._let_go(alone, run, _JOINED)

    def forget(self, texts: Iterable[str]) -> int:
        """Forget who holds these keys, and the other keys of whoever holds them; gives how many those were."""
        keys = [(self.hash(text),) * 3 for text in texts]
        before = ", ".join(f"{was} = NULL" for was in _WAS)
        with self._db.transaction() as database:
            database.executemany(
                f"UPDATE holders SET {before} WHERE key = ? OR was_other = ? OR was_said_other = ?",  # noqa: S608  (our own text)
                keys,
            )
            gone = database.executemany(
                "DELETE FROM holders WHERE key = ? OR other = ? OR said_other = ?", keys
            ).rowcount
        return max(gone, 0)

    def release_all(self) -> None:
        """Free all that this run holds: it sent nothing, or is taken back."""
        self._fresh.clear()
        run = self.run  # likewise
        with self._db.transaction():
            self._let_go("run = ?", run)

    def _let_go(self, condition: str, *values: int) -> None:
        """Give keys of this run back to whoever held them before it, and free those that nobody held."""
        self._db.execute(_GIVE_BACK + condition, values)
        self._db.execute(f"DELETE FROM holders WHERE {condition}", values)  # noqa: S608  (our own text)


class _HeldKeys:
    """Tells for certain of most keys that nobody holds them, so that the file is asked for the others alone.

    Of a large import nearly every key is new, and keys are hashes: each question reads a page somewhere in the file,
    which at 300,000 rows took a fifth of deciding. Whoever asks for few keys is spared the reading of all.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._filter: KeyFilter | None = None
        self._room = 0
        """Keys for which the filter is large enough yet."""
        self._version = 0
        self._asked = 0

    def among(self, keys: AbstractSet[int]) -> Collection[int]:
        """Give those of some keys that may be held."""
        if self._db.shared:  # another machine may write at any time, and nothing tells of it
            return keys
        self._asked += len(keys)
        if self._filter is None:
            if self._asked < _ASKED_BEFORE or self._asked < self._number("page_count") * _ASKED_A_PAGE:
                return keys
            self._read()
        elif self._number("data_version") != self._version:  # somebody else wrote
            self._filter = None
            self._asked = 0
            return keys
        assert self._filter is not None  # noqa: S101  (it was read)
        return self._filter.among(keys)

    def add(self, keys: Collection[int]) -> None:
        """Note keys that this connection wrote."""
        if self._filter is not None:
            self._filter.add(keys)
            self._room -= len(keys)
            if self._room < 0 and self._filter.bits < _MOST_FILTER_BITS:
                self._filter = None  # a larger one is read when keys are asked for again

    def _read(self) -> None:
        self._version = self._number("data_version")  # before it is read, so that no writing falls between
        (held,) = self._db.execute("SELECT count(*) FROM holders").fetchone()
        bits = _LEAST_FILTER_BITS
        while bits < _MOST_FILTER_BITS and bits < 2 * held * _BITS_A_KEY:
            bits *= 2
        self._room = bits // _BITS_A_KEY - held
        self._filter = KeyFilter(bits)
        self._filter.add(key for (key,) in self._db.each("SELECT key FROM holders"))

    def _number(self, pragma: str) -> int:
        return int(self._db.execute(f"PRAGMA {pragma}").fetchone()[0])


def _person(place: str) -> bytes:
    return blake2b(place.rstrip("/").encode(), digest_size=16).digest()


def columns_of(holder: KeyHolder) -> tuple[int, ...]:
    """Write a holder as numbers."""
    if holder[5:] == _PLAIN:
        return (*holder[:5], 0, 0, 0, 0)
    return (*holder[:5], _marks(holder), *_said_besides(holder))


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


def holder_of(other: int, first: int, last: int, run: int, row: RowId, marks: int, *said: int) -> KeyHolder:
    """Read what ``columns_of`` wrote."""
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


def _up_to_date(db: Database) -> Database:
    """Add the columns that a file of an earlier version lacks."""
    if not _lacking(db):
        return db
    with db.transaction():
        for name in _lacking(db):  # another process may have added them meanwhile
            db.execute(f"ALTER TABLE holders ADD COLUMN {name} {_ADDED[name]}")
    return db


def _lacking(db: Database) -> list[str]:
    there = db.columns("holders")
    return [name for name in _ADDED if name not in there]
