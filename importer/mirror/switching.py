"""Rows that switch do-not-disturb off, and which of them meet somebody who has it on; beside memory, in a scratch file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from importer.highlevel.contacts import ADDITIONAL, HeldContact
from importer.highlevel.lifts import SWITCHES, switched_off
from importer.highlevel.payload import match_keys
from importer.records import Record
from importer.state.database import Database, Purpose, ScratchFile

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

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        # In memory, and few: a location's own rows would be looked for among those of all others, for each location.
        self._rows: Counter[tuple[str, int]] = Counter()

    def note(self, records: Iterable[Record]) -> None:
        lines: list[tuple[int, str, str, int]] = []
        for record in records:
            if keys := match_keys(record):
                off = _bits(switched_off(record.fields))
                self._rows[record.location_id, off] += 1
                lines += [(record.row, record.location_id, key, off) for key in keys]
        with self._db.transaction():
            self._db.executemany("INSERT INTO switching VALUES (?, ?, ?, ?)", lines)

    def switches(self) -> dict[str, set[str]]:
        """Tell what the rows of each location switch off."""
        found: dict[str, set[str]] = {}
        for location_id, bits in self._rows:
            found.setdefault(location_id, set()).update(_names(bits))
        return found

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

    def unasked(self, open_ones: Mapping[str, Collection[str]]) -> int:
        """Count the rows that switch off what is open in their location, and are not known to lift anything: of them it is not known."""
        known = {
            (location_id, bits): rows
            for location_id, bits, rows in self._db.execute(
                'SELECT location, switches, count(DISTINCT "row") FROM switching '
                'WHERE "row" IN (SELECT "row" FROM lifting) GROUP BY location, switches'
            )
        }
        return sum(
            rows - known.get((location_id, bits), 0)
            for (location_id, bits), rows in self._rows.items()
            if bits & _bits(open_ones[location_id])
        )


def _bits(switches: Iterable[str]) -> int:
    return sum(1 << SWITCHES.index(name) for name in switches)


def _names(bits: int) -> list[str]:
    return [name for index, name in enumerate(SWITCHES) if bits >> index & 1]
