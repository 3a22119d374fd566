"""Changed-only: what was last settled for each person of a location, so that an unchanged row costs no call.

Forgotten before it is sent, known again once it is settled: whatever happens in between (a crash, a power cut, an
answer nobody saw), the person is sent again rather than wrongly taken for unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from pathlib import Path
from typing import Final, Self

from importer.errors import SettingsError, StateError
from importer.records import Outcome, RowId, Status, value_type
from importer.runtime.clock import Clock, SystemClock
from importer.state.database import Database, Purpose, begin_anew_if_damaged, database_is_there
from importer.state.memory.fingerprints import key_hasher
from importer.state.memory.salt import salt_of

FILE_NAME: Final = "memory.db"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS salt (value BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS places (
    place INTEGER PRIMARY KEY, realm TEXT NOT NULL, location_id TEXT NOT NULL, UNIQUE (realm, location_id)
);
CREATE TABLE IF NOT EXISTS passes (
    pass INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, realm TEXT NOT NULL, feed TEXT NOT NULL,
    begun_at REAL NOT NULL, whole INTEGER NOT NULL, complete INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS people (
    place INTEGER NOT NULL, key BLOB NOT NULL, payload BLOB, contact_id TEXT, sent INTEGER NOT NULL,
    PRIMARY KEY (place, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS present (
    feed TEXT NOT NULL, place INTEGER NOT NULL, key BLOB NOT NULL, companion BLOB, seen INTEGER NOT NULL,
    missing_since REAL, missing_passes INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (feed, place, key)
) WITHOUT ROWID;
"""
_PURPOSE: Final = Purpose(
    title="The memory of what was last sent",
    go_on="go on with: importer resume",
    if_damaged="Move it away, and go on with: importer resume.",
    without_it="Everybody is then sent once more.",
    # Keys are hashes, so every block touches pages all over the file: 32 MiB spare most of the reading.
    pragmas=("cache_size = -32768",),
)
# SQLite before 3.32 takes 999 values in one statement.
_VALUES_AT_ONCE: Final = 900
_SETTLED_AT_ONCE: Final = 2000
_MET_HERE: Final = (
    "SELECT place FROM places WHERE realm = :realm AND EXISTS (SELECT 1 FROM present "
    "WHERE present.feed = :feed AND present.place = places.place AND present.seen = :pass)"
)
"""The locations that a pass met: the people of others are not missing from a file that was never theirs."""


@value_type(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """A row about to be sent: the person's match keys, the telling one first, and the fingerprint of what is sent."""

    row: RowId
    location_id: str
    keys: tuple[str, ...] = field(repr=False)
    fingerprint: bytes


@value_type(frozen=True, slots=True, kw_only=True)
class Leaver:
    """A person that earlier files of the feed had and the newest complete ones have not."""

    location_id: str
    contact_id: str
    missing_since: float
    passes: int
    """How many complete files in a row lacked the person."""


@value_type(frozen=True, slots=True)
class _Known:
    payload: bytes | None
    sent: int


@value_type(frozen=True, slots=True)
class _Waiting:
    place: int
    keys: tuple[bytes, ...]
    fingerprint: bytes


class Memory:
    """The memory in one state folder; several processes may use it at once."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._hash = key_hasher(salt_of(self._db))
        self._passes: list[MemoryPass] = []

    @classmethod
    def open(cls, state: Path, *, clock: Clock | None = None) -> Self:
        """Open the memory of a state folder; a damaged one is begun anew, and everybody is sent once more."""
        try:
            db = begin_anew_if_damaged(state / FILE_NAME, _PURPOSE, _SCHEMA)
        except StateError as cause:
            raise SettingsError(str(cause)) from cause
        return cls(db, clock or SystemClock())

    @staticmethod
    def is_in(state: Path) -> bool:
        """Tell whether anything is remembered in a state folder."""
        return database_is_there(state / FILE_NAME)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Write down what was learnt, of a run that stopped too, and close the file."""
        try:
            for turn in self._passes:
                turn.flush()
        finally:
            self._db.close()

    def forget_run(self, run_id: str) -> None:
        """Forget what people were last sent by a run that is taken back: their rows are sent again, and nobody is missed."""
        with self._db.transaction() as database:
            found = database.execute("SELECT pass FROM passes WHERE run_id = ?", (run_id,)).fetchone()
            if found is None:
                return
            database.execute("UPDATE people SET payload = NULL, contact_id = NULL WHERE sent = ?", found)
            database.execute("DELETE FROM present WHERE seen = ?", found)
            database.execute("UPDATE passes SET complete = 0 WHERE pass = ?", found)

    def places(self) -> set[tuple[str, str]]:
        """Name the servers and locations whose people are remembered."""
        return set(self._db.execute("SELECT realm, location_id FROM places"))

    def forget(self, key: str, contact_ids: Iterable[str]) -> int:
        """Forget a person, whom a match key or a contact's id tells; gives how many keys were his."""
        with self._db.transaction() as database:
            database.execute(
                "CREATE TEMP TABLE IF NOT EXISTS his (place INTEGER, key BLOB, UNIQUE (place, key))"
            )
            database.execute("DELETE FROM his")
            database.execute(
                "INSERT OR IGNORE INTO his SELECT place, key FROM people WHERE key = ?", (self._hash(key),)
            )
            database.executemany(
                "INSERT OR IGNORE INTO his SELECT place, key FROM people WHERE contact_id = ?",
                [(each,) for each in contact_ids],
            )
            database.execute(
                "INSERT OR IGNORE INTO his SELECT place, companion FROM present JOIN his USING (place, key) "
                "WHERE companion IS NOT NULL"
            )
            (found,) = database.execute("SELECT count(*) FROM his").fetchone()
            for table in ("people", "present"):
                database.execute(f"DELETE FROM {table} WHERE (place, key) IN (SELECT place, key FROM his)")  # noqa: S608  (our own text)
        return int(found)

    def begin(
        self, *, run_id: str, realm: str, feed: str, changed_only: bool = True, full_every: int | None = None
    ) -> MemoryPass:
        """Begin one run's pass, or take it up again for a run that is resumed.

        ``realm`` is the server the contacts live on (its base URL), ``feed`` the stream of files this one belongs
        to: people are gone from a feed, not from a location that several feeds fill. A pass that is not
        ``changed_only`` takes every row for changed, and keeps up only with locations that memory already knows.
        """
        realm = realm.rstrip("/")
        with self._db.transaction() as database:
            known = "SELECT pass, whole FROM passes WHERE run_id = ?"
            found = database.execute(known, (run_id,)).fetchone()
            if found is None:
                whole = not changed_only or self._full_due(realm, feed, full_every)
                # another part of the run may begin it at this very moment
                database.execute(
                    "INSERT OR IGNORE INTO passes (run_id, realm, feed, begun_at, whole) VALUES (?, ?, ?, ?, ?)",
                    (run_id, realm, feed, self._clock.now(), whole),
                )
                found = database.execute(known, (run_id,)).fetchone()
        turn = MemoryPass(
            self, number=int(found[0]), realm=realm, feed=feed, whole=bool(found[1]), learns=changed_only
        )
        self._passes.append(turn)
        return turn

    def _full_due(self, realm: str, feed: str, every: int | None) -> bool:
        if not every:
            return False
        last = "SELECT coalesce(max(pass), 0) FROM passes WHERE realm = ? AND feed = ? AND complete = 1 AND whole = 1"
        (since,) = self._db.execute(
            f"SELECT count(*) FROM passes WHERE realm = ? AND feed = ? AND complete = 1 AND pass > ({last})",  # noqa: S608  (our own text)
            (realm, feed, realm, feed),
        ).fetchone()
        (ever,) = self._db.execute(f"SELECT ({last}) > 0", (realm, feed)).fetchone()
        # The first run of all sends every row as it is, and counts as the full one.
        return bool(since >= (every - 1 if ever else every))


class MemoryPass:
    """One run's dealings with memory: ask before sending, tell after settling, finish at the end of the file."""

    def __init__(
        self, memory: Memory, *, number: int, realm: str, feed: str, whole: bool, learns: bool
    ) -> None:
        self.whole = whole
        """Every row is sent, for safety: nothing is taken for unchanged."""
        self._memory = memory
        self._database = memory._db  # noqa: SLF001  (the two are one class cut in half)
        self._number = number
        self._realm = realm
        self._feed = feed
        self._learns = learns
        self._places: dict[str, int | None] = {}
        self._waiting: dict[RowId, _Waiting] = {}
        self._settled: list[tuple[_Waiting, str | None]] = []

    def concerns(self, location_id: str) -> bool:
        """Tell whether memory has anything to do with a location: if not, its rows need not be hashed."""
        return self._place(location_id) is not None

    def unchanged(self, candidates: Sequence[PersonRow]) -> list[bool]:
        """Tell for each row of a block whether it can be skipped; ask in file order, once, and for rows to be sent only.

        A row that shares a key with a row sent earlier in this run is never unchanged: its turn to win would be
        lost. What is not unchanged is forgotten here, before anything is sent.
        """
        with self._database.transaction():
            self._write_settled()
            unchanged = [False] * len(candidates)
            for place, indexes in self._by_place(candidates).items():
                self._judge(place, candidates, indexes, unchanged)
        return unchanged

    def expect(self, candidates: Sequence[PersonRow]) -> None:
        """Learn how rows end that are sent without asking, since an earlier session may have sent them."""
        with self._database.transaction():
            self._write_settled()
            for place, indexes in self._by_place(candidates).items():
                keys = self._hashed(candidates, indexes)
                for index in indexes:
                    candidate = candidates[index]
                    self._waiting[candidate.row] = _Waiting(place, keys[index], candidate.fingerprint)
                self._forget(place, {key for many in keys.values() for key in many})
                if self._learns:
                    self._mark_seen(place, keys.values())

    def settled(self, outcomes: Iterable[Outcome]) -> None:
        """Learn how rows ended; only what was created or updated is known again.

        Kept back and written with the next block: what a crash takes from it is sent again.
        """
        for outcome in outcomes:
            waiting = self._waiting.pop(outcome.row, None)
            if waiting and outcome.status in {Status.CREATED, Status.UPDATED}:
                self._settled.append((waiting, outcome.contact_id))
        if len(self._settled) >= _SETTLED_AT_ONCE:
            self.flush()

    def finish(self, *, complete: bool) -> None:
        """End the pass; ``complete`` when every row of every source was seen and settled, so that who is gone is gone.

        Ended twice, as where two machines end a run, it is one file that lacked them.
        """
        with self._database.transaction():
            self._write_settled()
            if complete and self._learns and not self._is_complete():
                self._mark_gone()
            self._database.execute("UPDATE passes SET complete = ? WHERE pass = ?", (complete, self._number))

    def _is_complete(self) -> bool:
        query = "SELECT complete FROM passes WHERE pass = ?"
        return bool(self._database.execute(query, (self._number,)).fetchone()[0])

    def gone(self, *, passes: int = 1) -> Iterator[Leaver]:
        """List whom at least so many complete files in a row lacked, in the locations that this file has people of."""
        seen_contacts: set[str] = set()
        for location_id, contact_id, since, count in self._database.execute(
            "SELECT places.location_id, people.contact_id, present.missing_since, present.missing_passes "  # noqa: S608  (our own text)
            "FROM present JOIN people USING (place, key) JOIN places USING (place) "
            f"WHERE present.feed = :feed AND present.place IN ({_MET_HERE}) AND present.missing_passes >= :passes "
            "AND people.contact_id IS NOT NULL ORDER BY present.missing_since, people.contact_id",
            {"feed": self._feed, "realm": self._realm, "pass": self._number, "passes": max(passes, 1)},
        ):
            if contact_id not in seen_contacts:
                seen_contacts.add(contact_id)
                yield Leaver(
                    location_id=location_id, contact_id=contact_id, missing_since=since, passes=count
                )

    def _by_place(self, candidates: Sequence[PersonRow]) -> dict[int, list[int]]:
        groups: dict[int, list[int]] = {}
        for index, candidate in enumerate(candidates):
            place = self._place(candidate.location_id)
            if place is not None and candidate.keys:
                groups.setdefault(place, []).append(index)
        return groups

    def _place(self, location_id: str) -> int | None:
        if location_id not in self._places:
            self._places[location_id] = self._look_up_place(location_id)
        return self._places[location_id]

    def _look_up_place(self, location_id: str) -> int | None:
        named = (self._realm, location_id)
        if self._learns:
            self._database.execute("INSERT OR IGNORE INTO places (realm, location_id) VALUES (?, ?)", named)
        found = self._database.execute(
            "SELECT place FROM places WHERE realm = ? AND location_id = ?", named
        ).fetchone()
        return int(found[0]) if found else None

    def _judge(
        self, place: int, candidates: Sequence[PersonRow], indexes: Sequence[int], unchanged: list[bool]
    ) -> None:
        keys = self._hashed(candidates, indexes)
        known = self._known(place, {key for many in keys.values() for key in many})
        touched: set[bytes] = set()
        for index in indexes:
            mine, candidate = keys[index], candidates[index]
            if not self.whole and self._same(mine, candidate.fingerprint, known, touched):
                unchanged[index] = True
                continue
            touched.update(mine)
            self._waiting[candidate.row] = _Waiting(place, mine, candidate.fingerprint)
        self._forget(place, touched)
        if self._learns:
            self._mark_seen(place, keys.values())

    def _hashed(
        self, candidates: Sequence[PersonRow], indexes: Sequence[int]
    ) -> dict[int, tuple[bytes, ...]]:
        hash_key = self._memory._hash  # noqa: SLF001  (as above)
        return {index: tuple(map(hash_key, candidates[index].keys)) for index in indexes}

    def _same(
        self, keys: tuple[bytes, ...], payload: bytes, known: dict[bytes, _Known], touched: set[bytes]
    ) -> bool:
        first = known.get(keys[0])
        if first is None or first.payload != payload:
            return False
        return not any(key in touched or (key in known and known[key].sent == self._number) for key in keys)

    def _known(self, place: int, keys: set[bytes]) -> dict[bytes, _Known]:
        if self.whole:
            return {}
        known: dict[bytes, _Known] = {}
        asked = list(keys)
        for start in range(0, len(asked), _VALUES_AT_ONCE):
            part = asked[start : start + _VALUES_AT_ONCE]
            marks = ",".join("?" * len(part))
            for key, payload, sent in self._database.execute(
                f"SELECT key, payload, sent FROM people WHERE place = ? AND key IN ({marks})",  # noqa: S608  (question marks)
                (place, *part),
            ):
                known[key] = _Known(payload, sent)
        return known

    def _forget(self, place: int, keys: Iterable[bytes]) -> None:
        self._database.executemany(
            "INSERT INTO people (place, key, sent) VALUES (?, ?, ?) "
            "ON CONFLICT (place, key) DO UPDATE SET payload = NULL, sent = excluded.sent",
            ((place, key, self._number) for key in sorted(keys)),
        )

    def _mark_seen(self, place: int, people: Iterable[tuple[bytes, ...]]) -> None:
        companions = {
            key: next((other for other in keys if other != key), None) for keys in people for key in keys
        }
        self._database.executemany(
            "INSERT INTO present (feed, place, key, companion, seen) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (feed, place, key) DO UPDATE SET companion = excluded.companion, seen = excluded.seen, "
            "missing_since = NULL, missing_passes = 0",
            ((self._feed, place, key, other, self._number) for key, other in sorted(companions.items())),
        )

    def flush(self) -> None:
        """Write down what was learnt so far."""
        if not self._settled:
            return
        with self._database.transaction():
            self._write_settled()

    def _write_settled(self) -> None:
        self._database.executemany(
            "UPDATE people SET payload = ?, contact_id = coalesce(?, contact_id) WHERE place = ? AND key = ?",
            (
                (waiting.fingerprint, contact_id, waiting.place, waiting.keys[0])
                for waiting, contact_id in self._settled
            ),
        )
        self._settled.clear()

    def _mark_gone(self) -> None:
        # A key is not gone while its companion is there: somebody changed the e-mail address and kept the phone.
        self._database.execute(
            "UPDATE present SET missing_since = coalesce(missing_since, :now), missing_passes = missing_passes + 1 "  # noqa: S608  (our own text)
            f"WHERE feed = :feed AND seen < :pass AND place IN ({_MET_HERE}) "
            "AND NOT EXISTS (SELECT 1 FROM present AS other WHERE other.feed = present.feed "
            "AND other.place = present.place AND other.key = present.companion AND other.seen >= :pass)",
            {
                "now": self._memory._clock.now(),  # noqa: SLF001  (as above)
                "feed": self._feed,
                "pass": self._number,
                "realm": self._realm,
            },
        )
