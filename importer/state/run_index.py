"""An index of past runs: which of them are worth a look, and what they used of the quota.

It is made from the runs' own folders and follows them, so it may be lost, or lag behind after a kill, at no cost but
time. It holds digests where a run has names, and is never the truth: whoever finds a run in it reads the run.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple
from operator import itemgetter
from pathlib import Path
from typing import Final, Self

from importer.records import QuotaMark, value_type
from importer.state.database import Database, Purpose, begin_anew_if_damaged, statements
from importer.state.journal import Identity
from importer.state.quota import latest

FILE_NAME: Final = "runs.db"
_VERSION: Final = 2
# `stamp` tells as of when a run's marks were read; none of a run that was at work then.
_SCHEMA: Final = """
DROP TABLE IF EXISTS runs;
DROP TABLE IF EXISTS marks;
DROP TABLE IF EXISTS version;
CREATE TABLE version (number INTEGER NOT NULL);
CREATE TABLE runs (
    run_id TEXT PRIMARY KEY, names BLOB, contents BLOB, mapping BLOB, stamp INTEGER, used_at REAL
) WITHOUT ROWID;
CREATE INDEX runs_names ON runs (names, run_id);
CREATE INDEX runs_contents ON runs (contents, run_id);
CREATE INDEX runs_mapping ON runs (mapping, run_id);
CREATE TABLE marks (
    run_id TEXT NOT NULL, base_url TEXT NOT NULL, location_id TEXT NOT NULL, at REAL NOT NULL,
    in_window INTEGER NOT NULL, used_today INTEGER NOT NULL, daily_remaining INTEGER, slowest_seconds REAL NOT NULL,
    PRIMARY KEY (run_id, location_id)
) WITHOUT ROWID;
"""
_PURPOSE: Final = Purpose(
    title="The index of past runs",
    go_on="begin again: until then every run is looked through",
    if_damaged="Move it away.",
    without_it="It is made from the runs.",
    # A commit that a power cut takes back is made up for at the next start.
    pragmas=("synchronous = NORMAL",),
    busy_seconds=2.0,
    misfit_is_damage=True,
)
_OF_A_RUN: Final = "location_id, at, in_window, used_today, daily_remaining, slowest_seconds"
_FOREMOST: Final = f"""
SELECT {_OF_A_RUN} FROM (
    SELECT {_OF_A_RUN}, row_number() OVER (PARTITION BY location_id ORDER BY {{first}} DESC) AS place
    FROM marks JOIN runs USING (run_id) WHERE base_url = ? AND used_at >= ?
) AS ranked WHERE place = 1
"""  # noqa: S608  (our own text)
_NEWEST: Final = _FOREMOST.format(first="at")
_SLOWEST: Final = _FOREMOST.format(first="slowest_seconds")


@value_type(frozen=True, slots=True, kw_only=True)
class RunMarks:
    """What one run used of the quota, as its journal told it."""

    run_id: str
    base_url: str = ""
    marks: tuple[QuotaMark, ...] = ()
    used_at: float = 0.0
    """When the journal was last written."""
    stamp: int | None = None
    """The folder's, as of which this holds; None while the run is at work, or cannot be read."""


class RunIndex:
    """The index of one state folder; several processes may use it at once. Its errors are StateErrors."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: set[str] | None = None

    @classmethod
    def open(cls, state: Path) -> Self:
        """Open the index, empty where there was none or another importer's."""
        db = begin_anew_if_damaged(state / FILE_NAME, _PURPOSE, "")
        try:
            if _version(db) != _VERSION:
                _begin_anew(db)
        except BaseException:
            db.close()
            raise
        return cls(db)

    @staticmethod
    def remove(state: Path) -> None:
        """Delete it, to be made anew; Windows keeps a file that another process has open, and so its fault."""
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                state.joinpath(FILE_NAME + suffix).unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def follow(self, run_ids: set[str], identify: Callable[[str], Identity | None]) -> None:
        """Take in the runs that are new among those on the disk, and let go of those that are gone.

        One that cannot be identified stays out and is asked about again the next time.
        """
        known = self.known()
        new = [
            (run_id, *_digests(identity))
            for run_id in run_ids - known
            if (identity := identify(run_id)) is not None
        ]
        if gone := known - run_ids:
            self.drop(gone)
        if new:
            with self._db.transaction():
                # Another process may have been quicker.
                self._db.executemany(
                    "INSERT OR IGNORE INTO runs (run_id, names, contents, mapping) VALUES (?, ?, ?, ?)", new
                )
        self._known = (known - gone) | {run_id for run_id, *_ in new}

    def known(self) -> set[str]:
        """Name the runs it knows, as of the last following."""
        if self._known is None:
            self._known = set(map(itemgetter(0), self._db.execute("SELECT run_id FROM runs").fetchall()))
        return self._known

    def drop(self, run_ids: Iterable[str]) -> None:
        """Let go of runs that are forgotten."""
        self._known = None
        ids = [(run_id,) for run_id in run_ids]
        with self._db.transaction():
            self._db.executemany("DELETE FROM marks WHERE run_id = ?", ids)
            self._db.executemany("DELETE FROM runs WHERE run_id = ?", ids)

    # which runs are worth a look, newest first

    def of_sources(self, identity: Identity) -> tuple[str, ...]:
        """Find the runs that had the same sources in the same place, by name or by content."""
        names, contents, _ = _digests(identity)
        query = "SELECT run_id FROM runs WHERE names = ? OR contents = ? ORDER BY run_id DESC"
        return self._ids(query, names, contents)

    def of_contents(self, place: str, contents: Iterable[str]) -> tuple[str, ...]:
        """Find the runs of the same bytes in a place, whatever was corrected and which rows were meant."""
        query = "SELECT run_id FROM runs WHERE contents = ? ORDER BY run_id DESC"
        return self._ids(query, _digest(place, *contents))

    def of_mapping(self, place: str, mapping: Path) -> tuple[str, ...]:
        """Find the runs that went to a place by a mapping file."""
        query = "SELECT run_id FROM runs WHERE mapping = ? ORDER BY run_id DESC"
        return self._ids(query, _digest(place, str(mapping)))

    def _ids(self, query: str, *digests: bytes | None) -> tuple[str, ...]:
        return tuple(map(itemgetter(0), self._db.execute(query, digests).fetchall()))

    # what they used of the quota

    def changed(self, stamps: Mapping[str, int]) -> list[str]:
        """Name the runs whose marks may be others than it knows, given the stamps of all folders."""
        known = dict(self._db.execute("SELECT run_id, stamp FROM runs").fetchall())
        return [run_id for run_id, stamp in stamps.items() if run_id in known and known[run_id] != stamp]

    def keep_marks(self, found: Iterable[RunMarks]) -> None:
        with self._db.transaction():
            for each in found:
                self._db.execute(
                    "UPDATE runs SET stamp = ?, used_at = ? WHERE run_id = ?",
                    (each.stamp, each.used_at, each.run_id),
                )
                self._db.execute("DELETE FROM marks WHERE run_id = ?", (each.run_id,))
                self._db.executemany(
                    "INSERT INTO marks VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    [(each.run_id, each.base_url, *astuple(mark)) for mark in each.marks],
                )

    def marks(self, base_url: str, since: float) -> dict[str, QuotaMark]:
        """Tell the newest mark of each location, and the slowest reply of all, of runs that were at work ``since``."""
        return latest(self._marks(_SLOWEST, base_url, since), self._marks(_NEWEST, base_url, since))

    def _marks(self, query: str, base_url: str, since: float) -> dict[str, QuotaMark]:
        names = QuotaMark.__dataclass_fields__
        rows = self._db.execute(query, (base_url, since)).fetchall()
        return {cells[0]: QuotaMark(**dict(zip(names, cells, strict=True))) for cells in rows}


def _version(db: Database) -> int:
    if not db.columns("version"):
        return 0
    return int(db.execute("SELECT coalesce(max(number), 0) FROM version").fetchone()[0])


def _begin_anew(db: Database) -> None:
    with db.transaction():
        if _version(db) == _VERSION:  # another process was quicker
            return
        for statement in statements(_SCHEMA):
            db.execute(statement)
        db.execute("INSERT INTO version VALUES (?)", (_VERSION,))


def _digests(identity: Identity) -> tuple[bytes | None, bytes, bytes]:
    # Standard input is another thing each time.
    named = None if "-" in identity.references else _digest(identity.place, *identity.references)
    return (
        named,
        _digest(identity.place, *identity.contents),
        _digest(identity.place, identity.mapping),
    )


def _digest(*words: str) -> bytes:
    # As JSON, which can hold a file name that is no UTF-8.
    return hashlib.sha256(json.dumps(words).encode()).digest()[:16]
