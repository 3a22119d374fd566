"""The rows of one look that may be of similar people, in a scratch file: memory stays small however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter
from typing import ClassVar, Final, TypeAlias

from importer.records import RowId
from importer.state.database import Purpose, StateFile

Cells: TypeAlias = tuple[str, ...]
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS traits ("row" INTEGER PRIMARY KEY, cells TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS keys (key INTEGER NOT NULL, "row" INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS pairs (
    one INTEGER NOT NULL, other INTEGER NOT NULL, why TEXT NOT NULL, PRIMARY KEY (one, other)
) WITHOUT ROWID;
"""
_SEPARATOR: Final = "\x1f"


class SimilarTraits(StateFile):
    """What rows are compared by, the groups in which they are, and the pairs that were found."""

    FILE_NAME: ClassVar[str] = "similar.db"
    SCHEMA: ClassVar[str] = _SCHEMA
    PURPOSE: ClassVar[Purpose] = Purpose(
        title="The scratch file of similar people",
        go_on="check again",
        if_damaged="Check again.",
        pragmas=("synchronous = OFF", "journal_mode = MEMORY"),
    )

    def note(self, rows: Iterable[tuple[RowId, Cells, Iterable[str]]]) -> None:
        """Keep rows with their cells and the keys of their groups."""
        kept = [(row, cells, {_hash(key) for key in keys}) for row, cells, keys in rows]
        with self._db.transaction() as database:
            database.executemany(
                "INSERT OR REPLACE INTO traits VALUES (?, ?)",
                ((row, _SEPARATOR.join(cells)) for row, cells, _ in kept),
            )
            database.executemany(
                "INSERT INTO keys VALUES (?, ?)", ((key, row) for row, _, keys in kept for key in keys)
            )

    def groups(self, *, most: int) -> Iterator[Sequence[tuple[RowId, Cells]]]:
        """Give the groups of two to ``most`` rows."""
        self._db.execute("CREATE INDEX IF NOT EXISTS keys_by_key ON keys (key)")
        found = self._db.execute(
            'SELECT key, "row", cells FROM keys JOIN traits USING ("row") WHERE key IN '
            "(SELECT key FROM keys GROUP BY key HAVING count(*) BETWEEN 2 AND ?) ORDER BY key",
            (most,),
        )
        for _, rows in groupby(found, key=itemgetter(0)):
            yield [(row, tuple(cells.split(_SEPARATOR))) for _, row, cells in rows]

    def larger_groups(self, *, most: int) -> int:
        """Count the groups that are too large to compare."""
        (count,) = self._db.execute(
            "SELECT count(*) FROM (SELECT key FROM keys GROUP BY key HAVING count(*) > ?)", (most,)
        ).fetchone()
        return int(count)

    def note_pairs(self, pairs: Iterable[tuple[RowId, RowId, str]]) -> None:
        """Keep pairs; one that several groups show is kept once."""
        with self._db.transaction() as database:
            database.executemany("INSERT OR IGNORE INTO pairs VALUES (?, ?, ?)", pairs)

    def pairs(self) -> Iterator[tuple[RowId, RowId, str]]:
        """Give the pairs in the order of the rows."""
        yield from self._db.execute("SELECT one, other, why FROM pairs ORDER BY one, other")

    def count(self) -> int:
        (count,) = self._db.execute("SELECT count(*) FROM pairs").fetchone()
        return int(count)

    def cells(self, row: RowId) -> Cells:
        (cells,) = self._db.execute('SELECT cells FROM traits WHERE "row" = ?', (row,)).fetchone()
        return tuple(cells.split(_SEPARATOR))


def _hash(key: str) -> int:
    return int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), signed=True)
