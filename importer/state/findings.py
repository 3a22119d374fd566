"""What a check found, row by row and by cause, in a private file of which a page is read at a time.

Within a cause its rows are counted on from 0, so that any page is found at once; how many there are is kept beside
them, since to count a million rows takes longer than to show a hundred.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any, Final, Self

from importer.errors import SettingsError, StateError
from importer.records import Block, Fault, Outcome, Record, RowId, Status, number_of, source_of, value_type
from importer.state.database import Database, Purpose, create_database, open_database, statements
from importer.state.grouped_rows import (
    GroupKind,
    KindCounts,
    LinkedRow,
    RowGroup,
    count_kinds,
    keep_groups,
    make_room,
    page_of_groups,
)

_APPLICATION: Final = 0x696D7066
"""``impf``: what a file of findings says of itself, so that no other file is written over."""
_SQLITE: Final = b"SQLite format 3\0"
_HEAD_BYTES: Final = 100
_MOST_ROWS: Final = 1_000
_AT_ONCE: Final = 500
_encode: Final = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
_SCHEMA: Final = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE causes (
    cause INTEGER PRIMARY KEY, code TEXT NOT NULL, fails INTEGER NOT NULL, rows INTEGER NOT NULL, columns TEXT NOT NULL
);
CREATE TABLE found (
    cause INTEGER NOT NULL, n INTEGER NOT NULL, row INTEGER NOT NULL, faults TEXT NOT NULL, PRIMARY KEY (cause, n)
) WITHOUT ROWID;
CREATE TABLE failing (row INTEGER PRIMARY KEY, cells TEXT NOT NULL);
"""
# Made when all is written: kept up to date meanwhile, it would cost several times as much.
_BY_ROW: Final = "CREATE INDEX found_of_row ON found (row)"
_READING: Final = Purpose(
    title="The file of findings",
    go_on="check again",
    if_damaged="Check again, with another file for --findings.",
    misfit_is_damage=True,
)
# It becomes a file only when it is whole: until then nobody reads it, and nobody would miss it.
_WRITING: Final = replace(_READING, pragmas=("journal_mode = MEMORY", "synchronous = OFF"))


@value_type(frozen=True, slots=True, kw_only=True)
class CheckedSource:
    """A source as it was checked: what its rows' cells stand under."""

    name: str
    header: tuple[str, ...]
    sha256: str


@value_type(frozen=True, slots=True, kw_only=True)
class Cause:
    """All rows that fail, or are warned of, for one reason. ``columns``: in how many of them each column has to do with it."""

    code: str
    fails: bool
    rows: int
    columns: dict[str, int]


@value_type(frozen=True, slots=True, kw_only=True)
class FoundRow:
    """A row under one cause. ``cells`` are kept of rows that fail; None for one that is only warned of."""

    n: int
    row: RowId
    faults: tuple[Fault, ...]
    cells: tuple[str, ...] | None = field(default=None, repr=False)

    @property
    def number(self) -> int:
        return number_of(self.row)

    @property
    def source(self) -> int:
        return source_of(self.row)


@value_type(frozen=True, slots=True, kw_only=True)
class Totals:
    """How many rows were checked. A row with several faults stands under several causes, and counts once here."""

    rows: int
    failing: int
    warned: int


class FindingsWriter:
    """Takes the rows of a check as they pass. As a context it puts the file in place at its good end, and else leaves nothing."""

    def __init__(self, path: Path, sources: Sequence[CheckedSource]) -> None:
        self._path = path
        self._sources = sources
        self._draft = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
        self._causes: dict[tuple[str, bool], int] = {}
        self._rows: Counter[int] = Counter()
        self._columns: dict[int, Counter[str]] = {}
        self._totals: Counter[str] = Counter()

    def __enter__(self) -> Self:
        try:
            self._db = create_database(self._draft, _WRITING)
        except StateError as cause:
            raise _unwritable(self._path, cause) from None
        try:
            for statement in statements(_SCHEMA):
                self._db.execute(statement)
            make_room(self._db)
        except BaseException:
            self._discard()
            raise
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self._discard()
            return
        try:
            self._finish()
            self._db.close()
            self._draft.replace(self._path)
        except (OSError, StateError) as cause:
            self._discard()
            raise _unwritable(self._path, cause) from None

    def see(self, block: Block, items: Sequence[Record | Outcome]) -> None:
        """Keep what is wrong with a block's rows. Raises SettingsError where the disk refuses."""
        found: list[tuple[int, int, RowId, str]] = []
        failing: list[tuple[RowId, str]] = []
        for place, item in enumerate(items):
            faults = _faults_of(item)
            if not faults:
                continue
            if any(fault.fails for fault in faults):
                failing.append((item.row, _encode(list(map(str, block.rows[place])))))
            found.extend(self._place(item.row, faults))
        self._totals["rows"] += len(items)
        try:
            with self._db.transaction():
                self._db.executemany("INSERT INTO failing VALUES (?, ?)", failing)
                self._db.executemany("INSERT INTO found VALUES (?, ?, ?, ?)", found)
        except StateError as cause:
            raise _unwritable(self._path, cause) from None

    def see_groups(self, linked: Iterable[LinkedRow], blocks: Iterable[Block]) -> None:
        """Keep the rows that share an e-mail or phone, and their cells. Raises SettingsError where the disk refuses."""
        try:
            keep_groups(self._db, linked, blocks)
        except StateError as cause:
            raise _unwritable(self._path, cause) from None

    def _place(self, row: RowId, faults: Sequence[Fault]) -> Iterator[tuple[int, int, RowId, str]]:
        self._totals["failing"] += any(fault.fails for fault in faults)
        self._totals["warned"] += any(not fault.fails for fault in faults)
        causes: dict[tuple[str, bool], list[Fault]] = {}
        for fault in faults:
            causes.setdefault((fault.code, fault.fails), []).append(fault)
        for key, some in causes.items():
            cause = self._causes.setdefault(key, len(self._causes))
            n, self._rows[cause] = self._rows[cause], self._rows[cause] + 1
            self._columns.setdefault(cause, Counter()).update(
                {fault.column for fault in some if fault.column is not None}
            )
            yield cause, n, row, _encode([[fault.column, fault.message] for fault in some])

    def _finish(self) -> None:
        facts = {
            "sources": [[each.name, list(each.header), each.sha256] for each in self._sources],
            "totals": [self._totals[name] for name in ("rows", "failing", "warned")],
        }
        causes = [
            (cause, code, fails, self._rows[cause], _encode(self._columns[cause]))
            for (code, fails), cause in self._causes.items()
        ]
        with self._db.transaction():
            self._db.executemany("INSERT INTO causes VALUES (?, ?, ?, ?, ?)", causes)
            self._db.executemany(
                "INSERT INTO facts VALUES (?, ?)", [(name, _encode(value)) for name, value in facts.items()]
            )
        self._db.execute(_BY_ROW)
        self._db.execute(f"PRAGMA application_id = {_APPLICATION}")

    def _discard(self) -> None:
        self._db.close()
        for suffix in ("", "-wal", "-shm", "-journal"):
            with contextlib.suppress(OSError):
                self._draft.with_name(self._draft.name + suffix).unlink()


class Findings:
    """The findings of one check, open as a context. Its errors are SettingsErrors and StateErrors."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a file that a check wrote; raises SettingsError for any other."""
        # Before SQLite opens it, which writes into whatever database it is.
        if not _is_ours(path):
            raise SettingsError(
                f"{path} is no file of findings. Write one with: importer check --findings {path}"
            )
        try:
            return cls(open_database(path, _READING))
        except StateError as cause:
            raise SettingsError(str(cause)) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @property
    def sources(self) -> tuple[CheckedSource, ...]:
        """What was checked, file by file."""
        return tuple(
            CheckedSource(name=name, header=tuple(header), sha256=sha256)
            for name, header, sha256 in self._fact("sources")
        )

    @property
    def totals(self) -> Totals:
        """All rows, those that fail, and those that are warned of."""
        rows, failing, warned = self._fact("totals")
        return Totals(rows=rows, failing=failing, warned=warned)

    def causes(self) -> tuple[Cause, ...]:
        """Give why rows fail, then what they are warned of, the most frequent first."""
        found = self._db.execute(
            "SELECT code, fails, rows, columns FROM causes ORDER BY fails DESC, rows DESC, code"
        )
        return tuple(
            Cause(code=code, fails=bool(fails), rows=rows, columns=json.loads(columns))
            for code, fails, rows, columns in found.fetchall()
        )

    def page(
        self, code: str, *, fails: bool = True, first: int = 0, count: int = 100
    ) -> tuple[FoundRow, ...]:
        """Give some rows of a cause, in the order of the sources, from the ``first`` on, which counts from 0."""
        rows = self._db.execute(
            "SELECT n, found.row, faults, cells FROM causes JOIN found USING (cause) LEFT JOIN failing USING (row) "
            "WHERE code = ? AND fails = ? AND n >= ? AND n < ? ORDER BY n",
            (code, fails, first, first + min(count, _MOST_ROWS)),
        ).fetchall()
        return tuple(
            FoundRow(
                n=n,
                row=row,
                faults=tuple(
                    Fault(code=code, message=message, column=column, fails=fails)
                    for column, message in json.loads(faults)
                ),
                cells=None if cells is None else tuple(json.loads(cells)),
            )
            for n, row, faults, cells in rows
        )

    def cells_of(self, rows: Sequence[RowId]) -> dict[RowId, tuple[str, ...]]:
        """Give the cells of those of some rows that fail, as they were checked."""
        found = self._of_rows("SELECT row, cells FROM failing WHERE row IN ({})", rows)
        return {row: tuple(json.loads(cells)) for row, cells in found}

    def faults_of(self, rows: Sequence[RowId]) -> dict[RowId, list[Fault]]:
        """Give all that was found of some rows, under whatever cause; rows of which nothing was found are left out."""
        found = self._of_rows(
            "SELECT found.row, code, fails, faults FROM found JOIN causes USING (cause) WHERE row IN ({}) ORDER BY cause",
            rows,
        )
        faults: dict[RowId, list[Fault]] = {}
        for row, code, fails, said in found:
            faults.setdefault(row, []).extend(
                Fault(code=code, message=message, column=column, fails=bool(fails))
                for column, message in json.loads(said)
            )
        return faults

    def failing(self, *, after: RowId = -1, count: int = _MOST_ROWS) -> tuple[RowId, ...]:
        """Give rows that fail, in the order of the sources, from behind one on."""
        found = self._db.execute(
            "SELECT row FROM failing WHERE row > ? ORDER BY row LIMIT ?", (after, min(count, _MOST_ROWS))
        )
        return tuple(row for (row,) in found.fetchall())

    def _of_rows(self, statement: str, rows: Sequence[RowId]) -> Iterator[Any]:
        for first in range(0, len(rows), _AT_ONCE):
            some = rows[first : first + _AT_ONCE]
            yield from self._db.execute(statement.format(",".join("?" * len(some))), some).fetchall()

    def group_kinds(self) -> tuple[KindCounts, ...]:
        """Count the groups of rows that share an e-mail or phone, by what the rows have to do with each other."""
        return count_kinds(self._db) if self._has_groups() else ()

    def groups(
        self, kind: GroupKind, *, first: int = 0, count: int = 20, members: int = 10
    ) -> tuple[RowGroup, ...]:
        """Give some groups of a kind, from the ``first`` on, which counts from 0, each with its first rows."""
        if not self._has_groups():
            return ()
        return page_of_groups(self._db, kind, first=first, count=count, members=members)

    def _has_groups(self) -> bool:
        """Tell whether the check that wrote the file looked for groups: an older importer did not."""
        query = "SELECT 1 FROM sqlite_master WHERE name = 'group_kinds'"
        return self._db.execute(query).fetchone() is not None

    def _fact(self, name: str) -> list[Any]:
        (value,) = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        fact: list[Any] = json.loads(value)
        return fact


def _faults_of(item: Record | Outcome) -> tuple[Fault, ...]:
    if isinstance(item, Record):
        return item.warnings
    if item.status is not Status.FAILED:
        return item.warnings
    failing = tuple(fault for fault in item.faults if fault.fails)
    return (*(failing or (Fault(code=item.code or "failed", message=item.message or ""),)), *item.warnings)


def require_place(path: Path) -> None:
    """Refuse to write over a file that no check wrote. Raises SettingsError."""
    if path.exists() and not _is_ours(path):
        raise SettingsError(f"{path} is there, and no check wrote it: name another file for --findings.")


def _is_ours(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return False
    return head.startswith(_SQLITE) and head[68:72] == _APPLICATION.to_bytes(4, "big")


def _unwritable(path: Path, cause: Exception) -> SettingsError:
    reason = getattr(cause, "strerror", None) or "the disk or the folder refused it"
    return SettingsError(
        f"The findings {path} could not be written: {reason}. Name a file (--findings) in a folder where you may write."
    )
