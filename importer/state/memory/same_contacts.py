"""The rows of one run that share a key: which of them are told apart, to be counted and listed at its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from typing import ClassVar, Final, NamedTuple, Self

from importer.records import Contradiction, KeyLink, MatchKey, RowId
from importer.state.database import Database, Purpose, database_is_there, ensure_database, replacing

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS links (
    "group" INTEGER NOT NULL, "row" INTEGER NOT NULL, key TEXT NOT NULL, first INTEGER, apart INTEGER NOT NULL,
    PRIMARY KEY ("group", "row")
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS links_by_row ON links ("row");
CREATE TABLE IF NOT EXISTS contradictions (
    "group" INTEGER NOT NULL, "row" INTEGER NOT NULL, what TEXT NOT NULL, PRIMARY KEY ("group", "row")
) WITHOUT ROWID;
"""
_TWICE: Final = """
WITH mixed AS (SELECT DISTINCT "group" FROM links WHERE apart = 1)
SELECT "group" FROM links AS one GROUP BY "group" HAVING max(apart) = 0 AND max(
    CASE WHEN first IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM links AS other
        WHERE other."row" = one."row" AND other.key <> one.key AND other.first = one.first AND other.apart = 0
        AND (one.key = 'phone' OR other."group" IN (SELECT "group" FROM mixed))
    ) THEN 1 ELSE 0 END
) = 0
"""
"""Groups of one person whose rows are all in a group of the other key, which says more."""
_PUT_LINK: Final = replacing("links", '"group", "row", key, first, apart', key='"group", "row"')
_PUT_CONTRADICTION: Final = replacing("contradictions", '"group", "row", what', key='"group", "row"')
_PUT_PERSON: Final = replacing("people", '"row", name, email, phone, becomes', key='"row"')
_PEOPLE_AT_ONCE: Final = 1000
_LISTED: Final = """
CREATE TEMP TABLE IF NOT EXISTS people ("row" INTEGER PRIMARY KEY, name TEXT, email TEXT, phone TEXT, becomes TEXT);
DROP TABLE IF EXISTS heads;
CREATE TEMP TABLE heads AS
    SELECT "group", min("row") AS head FROM links WHERE "group" NOT IN ({twice}) GROUP BY "group";
"""


class LinkCounts(NamedTuple):
    """What the links of a run add up to.

    ``again`` are rows of somebody who has another row before them, ``taken_as_one`` those that say who it is otherwise.
    """

    groups: int
    rows: int
    shared_email: int
    shared_phone: int
    apart: int
    again: int
    taken_as_one: int


class ListedRow(NamedTuple):
    """One row of one group, the groups in the order of their first rows."""

    group: int
    row: RowId
    key: str
    first: RowId | None
    apart: bool
    name: str
    email: str
    phone: str
    becomes: str
    contradiction: Contradiction | None


class PersonCells(NamedTuple):
    """How a row is listed."""

    row: RowId
    name: str
    email: str
    phone: str
    becomes: str


class SameContacts:
    """The links of one run, in its folder: noting one twice is noting it once.

    The file is made with the first link: most runs have none, and a file that is made to last waits for the disk
    seven times.
    """

    FILE_NAME: ClassVar[str] = "same-contact.db"
    PURPOSE: ClassVar[Purpose] = Purpose(
        title="The list of rows that share a key",
        go_on="go on with: importer resume",
        if_damaged="Move it away, and go on with: importer resume.",
        pragmas=("synchronous = NORMAL",),
    )

    def __init__(self, folder: Path) -> None:
        self._path = folder / self.FILE_NAME
        self._opened: Database | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._opened is not None:
            self._opened.close()

    @property
    def _db(self) -> Database:
        if self._opened is None:
            self._opened = ensure_database(self._path, self.PURPOSE, _SCHEMA)
        return self._opened

    @property
    def _empty(self) -> bool:
        return self._opened is None and not database_is_there(self._path)

    def note(self, links: Sequence[KeyLink]) -> None:
        """Write links down, each with the row that was there before."""
        if not links:
            return
        with self._db.transaction() as database:
            database.executemany(
                "INSERT OR IGNORE INTO links VALUES (?, ?, ?, NULL, 0)",
                ((each.group, each.first, each.key) for each in links if each.first is not None),
            )
            database.executemany(
                _PUT_LINK,
                ((each.group, each.row, each.key, each.first, each.apart) for each in links),
            )
            database.executemany(
                _PUT_CONTRADICTION,
                ((each.group, each.row, each.contradiction) for each in links if each.contradiction),
            )

    def counts(self) -> LinkCounts:
        """Count groups and rows; a row that shares both keys counts once for each."""
        if self._empty:
            return LinkCounts(0, 0, 0, 0, 0, 0, 0)
        groups, rows, apart, again, taken_as_one = self._db.execute(
            f'SELECT (SELECT count(DISTINCT "group") FROM links WHERE "group" NOT IN ({_TWICE})), '  # noqa: S608  (our own text)
            'count(DISTINCT "row"), count(DISTINCT CASE WHEN apart = 1 THEN "row" END), '
            'count(DISTINCT CASE WHEN first IS NOT NULL AND apart = 0 THEN "row" END), '
            '(SELECT count(DISTINCT "row") FROM contradictions) FROM links'
        ).fetchone()
        shared = dict(
            self._db.execute(
                'SELECT key, sum(members) FROM (SELECT key, count(*) AS members FROM links GROUP BY "group", key '
                "HAVING max(apart) = 1) AS shared GROUP BY key"
            ).fetchall()
        )
        return LinkCounts(
            groups=groups,
            rows=rows,
            shared_email=shared.get(MatchKey.EMAIL, 0),
            shared_phone=shared.get(MatchKey.PHONE, 0),
            apart=apart,
            again=again,
            taken_as_one=taken_as_one,
        )

    def rows(self, first: RowId, last: RowId) -> set[RowId]:
        """Tell which rows of a stretch are in a group."""
        if self._empty:
            return set()
        return {
            row
            for (row,) in self._db.execute(
                'SELECT DISTINCT "row" FROM links WHERE "row" BETWEEN ? AND ?', (first, last)
            )
        }

    def list_rows(self, people: Iterable[PersonCells]) -> Iterator[ListedRow]:
        """List all rows, group by group, with what is known of ``people``, who come in any order."""
        self._db.executescript(_LISTED.format(twice=_TWICE))
        self._db.execute("DELETE FROM people")
        coming = iter(people)
        while some := list(islice(coming, _PEOPLE_AT_ONCE)):
            with self._db.transaction() as database:
                database.executemany(_PUT_PERSON, some)
        found = self._db.execute(
            'SELECT "group", "row", key, first, apart, '
            "coalesce(name, ''), coalesce(email, ''), coalesce(phone, ''), coalesce(becomes, ''), what "
            'FROM links JOIN heads USING ("group") LEFT JOIN people USING ("row") '
            'LEFT JOIN contradictions USING ("group", "row") ORDER BY head, key, "group", "row"'
        )
        for number, (_, rows) in enumerate(groupby(found, key=itemgetter(0)), start=1):
            for _, row, key, first, apart, name, email, phone, becomes, what in rows:
                contradiction = None if what is None else Contradiction(what)
                yield ListedRow(
                    number, row, key, first, bool(apart), name, email, phone, becomes, contradiction
                )
