"""Rows that switch do-not-disturb off, and which of them meet somebody who has it on; beside memory, in a scratch file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from importer.highlevel.contacts import ADDITIONAL, HeldContact
from importer.highlevel.lifts import SWITCHES, switched_off
from importer.highlevel.payload import match_keys
from importer.records import Record
from importer.state.database import Purpose, ScratchFile

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS switching ("row" INTEGER NOT NULL, location TEXT NOT NULL, key TEXT NOT NULL, switches INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS by_key ON switching (key);
CREATE TABLE IF NOT EXISTS lifting ("row" INTEGER PRIMARY KEY);
"""
_PURPOSE: Final = Purpose(
    title="The list of rows that switch do-not-disturb off",
    go_on="try again",
    if_damaged="Try again.",
    # needed no longer than it is open
    pragmas=("cache_size = -8192", "synchronous = OFF"),
)
_AT_ONCE: Final = 500


class SwitchingRows(ScratchFile):
    """The keys of rows, each with what it switches off, and those that were found to lift it for somebody."""

    PURPOSE = _PURPOSE
    SCHEMA = _SCHEMA

    def note(self, records: Iterable[Record]) -> None:
        lines = [
            (record.row, record.location_id, key, _bits(switched_off(record.fields)))
            for record in records
            for key in match_keys(record)
        ]
        with self._db.transaction():
            self._db.executemany("INSERT INTO switching VALUES (?, ?, ?, ?)", lines)

    def switches(self, location_id: str) -> list[str]:
        """Tell what the rows of a location switch off."""
        found = self._db.execute("SELECT DISTINCT switches FROM switching WHERE location = ?", (location_id,))
        bits = 0
        for (some,) in found:
            bits |= some
        return [name for index, name in enumerate(SWITCHES) if bits >> index & 1]

    def meet(self, location_id: str, blocked: Sequence[HeldContact], switch: str) -> None:
        """Note the rows that switch off what some contacts of a location have on."""
        keys = [key for contact in blocked for key in (f"contact:{contact.id}", *contact.found_by())]
        with self._db.transaction():
            for first in range(0, len(keys), _AT_ONCE):
                some = [key.removeprefix(ADDITIONAL) for key in keys[first : first + _AT_ONCE]]
                self._db.execute(
                    'INSERT OR IGNORE INTO lifting SELECT "row" FROM switching '  # noqa: S608  (marks alone)
                    f"WHERE location = ? AND switches & ? AND key IN ({','.join('?' * len(some))})",
                    (location_id, _bits([switch]), *some),
                )

    def lift(self, rows: Iterable[int]) -> None:
        """Note rows of which it was learnt otherwise that they lift it for somebody."""
        with self._db.transaction():
            self._db.executemany("INSERT OR IGNORE INTO lifting VALUES (?)", ((row,) for row in rows))

    def lifts(self, row: int) -> bool:
        return self._db.execute('SELECT 1 FROM lifting WHERE "row" = ?', (row,)).fetchone() is not None

    @property
    def lifting(self) -> int:
        """Count the rows that lift it for somebody."""
        return int(self._db.execute("SELECT count(*) FROM lifting").fetchone()[0])

    def unasked(self, location_id: str, switches: Iterable[str]) -> int:
        """Count the rows that switch one of these off, and are not known to lift anything: of them it is not known."""
        found = self._db.execute(
            'SELECT count(DISTINCT "row") FROM switching WHERE location = ? AND switches & ? '
            'AND "row" NOT IN (SELECT "row" FROM lifting)',
            (location_id, _bits(switches)),
        )
        return int(found.fetchone()[0])


def _bits(switches: Iterable[str]) -> int:
    return sum(1 << SWITCHES.index(name) for name in switches)
