"""Rows that share an e-mail or a phone, group by group, beside the findings of a check: a page of groups at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import field
from enum import StrEnum
from itertools import islice
from typing import Final, Protocol

from importer.records import Block, Contradiction, RowId, number_of, row_id, source_of, value_type
from importer.state.database import Database, statements

_AT_ONCE: Final = 1_000
_MOST_GROUPS: Final = 200
_MOST_MEMBERS: Final = 100
_encode: Final = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
_SCHEMA: Final = """
CREATE TABLE grouped_cells (row INTEGER PRIMARY KEY, cells TEXT NOT NULL);
CREATE TABLE members (
    "group" INTEGER NOT NULL, row INTEGER NOT NULL, key TEXT NOT NULL, apart INTEGER NOT NULL, what TEXT,
    PRIMARY KEY ("group", row)
) WITHOUT ROWID;
CREATE TABLE groups (
    kind TEXT NOT NULL, n INTEGER NOT NULL, "group" INTEGER NOT NULL, key TEXT NOT NULL, rows INTEGER NOT NULL,
    PRIMARY KEY (kind, n)
) WITHOUT ROWID;
CREATE TABLE group_kinds (kind TEXT PRIMARY KEY, groups INTEGER NOT NULL, rows INTEGER NOT NULL) WITHOUT ROWID;
"""
_SORTED: Final = """
INSERT INTO groups SELECT kind, row_number() OVER (PARTITION BY kind ORDER BY "group") - 1, "group", key, rows FROM (
    SELECT "group", min(key) AS key, count(*) AS rows,
        CASE WHEN max(apart) THEN 'apart_' || min(key) WHEN max(what IS NOT NULL) THEN 'taken_as_one' ELSE 'again' END AS kind
    FROM members GROUP BY "group"
);
INSERT INTO group_kinds SELECT kind, count(*), sum(rows) FROM groups GROUP BY kind;
"""


class GroupKind(StrEnum):
    """What the rows of a group have to do with each other."""

    APART_PHONE = "apart_phone"
    """Different people with one phone; those who come later would write over the first."""
    APART_EMAIL = "apart_email"
    TAKEN_AS_ONE = "taken_as_one"
    """Rows that are taken for one person, although they say otherwise who that is."""
    AGAIN = "again"
    """Several rows of one person."""


class LinkedRow(Protocol):
    """One row of one group, as it was noted while rows passed by."""

    @property
    def group(self) -> int: ...

    @property
    def row(self) -> RowId: ...

    @property
    def key(self) -> str: ...

    @property
    def apart(self) -> bool: ...

    @property
    def contradiction(self) -> Contradiction | None: ...


@value_type(frozen=True, slots=True, kw_only=True)
class KindCounts:
    kind: GroupKind
    groups: int
    rows: int


@value_type(frozen=True, slots=True, kw_only=True)
class GroupMember:
    """A row of a group. ``apart``: it is somebody else than the row that had the key first."""

    row: RowId
    apart: bool
    contradicts: bool
    fails: bool
    cells: tuple[str, ...] = field(repr=False)

    @property
    def number(self) -> int:
        return number_of(self.row)

    @property
    def source(self) -> int:
        return source_of(self.row)


@value_type(frozen=True, slots=True, kw_only=True)
class RowGroup:
    """One group; ``members`` are its first rows, ``rows`` how many it has."""

    n: int
    key: str
    rows: int
    members: tuple[GroupMember, ...]


def make_room(db: Database) -> None:
    for statement in statements(_SCHEMA):
        db.execute(statement)


def keep_groups(db: Database, linked: Iterable[LinkedRow], blocks: Iterable[Block]) -> None:
    """Keep the groups and the cells of their rows. Raises StateError."""
    coming = iter(linked)
    while some := list(islice(coming, _AT_ONCE)):
        with db.transaction():
            db.executemany(
                "INSERT INTO members VALUES (?, ?, ?, ?, ?)",
                ((each.group, each.row, each.key, each.apart, each.contradiction) for each in some),
            )
    for block in blocks:
        with db.transaction():
            db.executemany("INSERT INTO grouped_cells VALUES (?, ?)", _cells_of(block))
    with db.transaction():
        for statement in statements(_SORTED):
            db.execute(statement)


def _cells_of(block: Block) -> Iterator[tuple[RowId, str]]:
    for number, cells in zip(block.numbers, block.rows, strict=True):
        yield row_id(block.source, number), _encode(list(map(str, cells)))


def count_kinds(db: Database) -> tuple[KindCounts, ...]:
    """Count the groups of each kind that there is, those first that somebody has to think about."""
    found = {
        kind: KindCounts(kind=GroupKind(kind), groups=groups, rows=rows)
        for kind, groups, rows in db.execute("SELECT kind, groups, rows FROM group_kinds").fetchall()
    }
    return tuple(found[kind] for kind in GroupKind if kind in found)


def page_of_groups(
    db: Database, kind: GroupKind, *, first: int, count: int, members: int
) -> tuple[RowGroup, ...]:
    """Give some groups of a kind, in the order of their first rows, each with its first rows."""
    found = db.execute(
        'SELECT n, "group", key, rows FROM groups WHERE kind = ? AND n >= ? AND n < ? ORDER BY n',
        (kind.value, first, first + min(count, _MOST_GROUPS)),
    ).fetchall()
    return tuple(
        RowGroup(n=n, key=key, rows=rows, members=_members(db, group, min(members, _MOST_MEMBERS)))
        for n, group, key, rows in found
    )


def _members(db: Database, group: int, most: int) -> tuple[GroupMember, ...]:
    found = db.execute(
        "SELECT members.row, apart, what, failing.row IS NOT NULL, grouped_cells.cells FROM members "
        'LEFT JOIN grouped_cells USING (row) LEFT JOIN failing USING (row) WHERE "group" = ? ORDER BY members.row LIMIT ?',
        (group, most),
    ).fetchall()
    return tuple(
        GroupMember(
            row=row,
            apart=bool(apart),
            contradicts=what is not None,
            fails=bool(fails),
            cells=tuple(json.loads(cells or "[]")),
        )
        for row, apart, what, fails, cells in found
    )
