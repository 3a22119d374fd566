"""Corrections that somebody made in the screen, each of which can be taken back, and what became of the rows by them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar, Final, Self

from importer.errors import SettingsError
from importer.reading.corrections import MOST_CORRECTIONS, read_corrections
from importer.records import value_type
from importer.runtime.clock import Clock, SystemClock
from importer.runtime.private_files import write_private
from importer.state.database import Database, Purpose, ensure_database

_NAME: Final = "edits.db"
_CORRECTIONS: Final = "corrections.jsonl"
_AT_ONCE: Final = 500
_PURPOSE: Final = Purpose(
    title="The draft's corrections",
    go_on="load the page again.",
    if_damaged="Discard the draft, and begin again with the file.",
    misfit_is_damage=True,
    pragmas=("synchronous = NORMAL", "foreign_keys = ON"),
)
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS changes (
    change INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, undone INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS edits (
    edit INTEGER PRIMARY KEY, change INTEGER NOT NULL REFERENCES changes ON DELETE CASCADE,
    row INTEGER NOT NULL, place INTEGER, before TEXT NOT NULL, after TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS edits_of_row ON edits (row);
CREATE INDEX IF NOT EXISTS edits_of_change ON edits (change);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS originals (row INTEGER PRIMARY KEY, cells TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outlooks (row INTEGER PRIMARY KEY, found TEXT NOT NULL, now TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS shifts (
    row INTEGER NOT NULL, name TEXT NOT NULL, by INTEGER NOT NULL, PRIMARY KEY (row, name)
) WITHOUT ROWID;
"""
_encode: Final = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode

Cells = Sequence[str]
RowOutlook = Mapping[str, Any]
"""``status`` (ready, skipped, failed), and ``faults``: code, whether it fails, column, message of each."""


@value_type(frozen=True, slots=True, kw_only=True)
class CellEdit:
    """One cell that was put right, or a whole row where ``place`` is None. ``place`` counts from 0."""

    row: int
    place: int | None
    after: str | tuple[str, ...] = field(repr=False)
    cells: tuple[str, ...] = field(repr=False)
    """The row as it was before."""

    @property
    def before(self) -> str | tuple[str, ...]:
        return self.cells if self.place is None else self.cells[self.place]


@value_type(frozen=True, slots=True, kw_only=True)
class Judged:
    """A row as it was found by the check, and as it is by now."""

    row: int
    found: RowOutlook = field(repr=False)
    now: RowOutlook = field(repr=False)


def forget_edits(folder: Path) -> None:
    """Delete all corrections of a draft, those that were taken back too."""
    for name in (_CORRECTIONS, *(f"{_NAME}{suffix}" for suffix in ("", "-wal", "-shm"))):
        (folder / name).unlink(missing_ok=True)


class DraftEdits:
    """The corrections of one draft, open as a context."""

    CORRECTIONS: ClassVar[str] = _CORRECTIONS

    def __init__(self, db: Database, folder: Path, clock: Clock) -> None:
        self._db = db
        self._folder = folder
        self._clock = clock

    @classmethod
    def open(cls, folder: Path, *, clock: Clock | None = None) -> Self:
        """Open them, or begin them."""
        return cls(ensure_database(folder / _NAME, _PURPOSE, _SCHEMA), folder, clock or SystemClock())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    # What is corrected by now

    @property
    def count(self) -> int:
        (count,) = self._db.execute(
            "SELECT count(*) FROM edits JOIN changes USING (change) WHERE NOT undone"
        ).fetchone()
        return int(count)

    @property
    def key(self) -> str:
        """Name the state they are in: numbers of changes are never given twice."""
        (last,) = self._db.execute("SELECT max(change) FROM changes WHERE NOT undone").fetchone()
        return f"{last or 0}:{self.count}"

    def current(self, rows: Sequence[int]) -> dict[int, list[str]]:
        """Give those of some rows that were ever corrected, as they are by now."""
        found = {
            row: list(json.loads(cells))
            for row, cells in self._of_rows("SELECT row, cells FROM originals", rows)
        }
        query = "SELECT row, place, after FROM edits JOIN changes USING (change)"
        for row, place, after in self._of_rows(query, rows, "AND NOT undone ORDER BY edit"):
            if place is None:
                found[row] = json.loads(after)
            else:
                found[row][place] = after
        return found

    def originals(self, rows: Sequence[int]) -> dict[int, list[str]]:
        """Give those of some rows that were ever corrected, as the file has them."""
        return {
            row: json.loads(cells) for row, cells in self._of_rows("SELECT row, cells FROM originals", rows)
        }

    # Changes

    def make(self, edits: Sequence[CellEdit], header: Sequence[str], *, change: int | None = None) -> int:
        """Write edits that are taken back at once; ``change`` adds them to one that was begun. Raises SettingsError."""
        if self.count + len(edits) > MOST_CORRECTIONS:
            raise SettingsError(
                f"A draft takes {MOST_CORRECTIONS:,} corrections at most. What is wrong so often is better put right by the "
                "mapping (values, and what they become, in Columns), or in the file itself."
            )
        # One line that the reader refuses would keep the whole draft from being checked.
        lines = "\n".join(
            _line(
                each.row,
                None if each.place is None else each.place + 1,
                _kept(each.before),
                _kept(each.after),
            )
            for each in edits
        )
        read_corrections(BytesIO(lines.encode()), name="The correction", most=len(edits))
        with self._db.transaction():
            if change is None:
                self._db.execute("DELETE FROM changes WHERE undone")
                self._db.execute("INSERT INTO changes (at) VALUES (?)", (self._clock.now(),))
                change = self._db.execute("SELECT max(change) FROM changes").fetchone()[0]
            self._note("header", _encode(list(header)))
            self._db.executemany(
                "INSERT OR IGNORE INTO originals VALUES (?, ?)",
                [(each.row, _encode(each.cells)) for each in edits],
            )
            self._db.executemany(
                "INSERT INTO edits (change, row, place, before, after) VALUES (?, ?, ?, ?, ?)",
                [(change, each.row, each.place, _kept(each.before), _kept(each.after)) for each in edits],
            )
        assert change is not None  # noqa: S101  (an INSERT gives a number)
        return change

    def take_back(self) -> None:
        """Take the last change back, all cells of it."""
        self._mark(self._last(undone=False), undone=True)

    def make_again(self) -> None:
        """Make the change again that was taken back last."""
        self._mark(self._last(undone=True), undone=False)

    def rows_of_last(self, *, undone: bool) -> tuple[int, ...]:
        """Give the rows of the change that ``take_back`` takes back, or that ``make_again`` makes again."""
        change = self._last(undone=undone)
        rows = self._db.execute("SELECT DISTINCT row FROM edits WHERE change = ? ORDER BY row", (change,))
        return tuple(row for (row,) in rows.fetchall())

    def _last(self, *, undone: bool) -> int | None:
        which = (
            "min(change) FROM changes WHERE undone" if undone else "max(change) FROM changes WHERE NOT undone"
        )
        (change,) = self._db.execute(f"SELECT {which}").fetchone()
        return None if change is None else int(change)

    def _mark(self, change: int | None, *, undone: bool) -> None:
        self._db.execute("UPDATE changes SET undone = ? WHERE change = ?", (undone, change))

    @property
    def can_make_again(self) -> bool:
        return bool(self._db.execute("SELECT EXISTS (SELECT 1 FROM changes WHERE undone)").fetchone()[0])

    def listed(self, *, most: int) -> list[dict[str, Any]]:
        """List the newest changes, those that were taken back with them; of many cells the first is told."""
        changes = self._db.execute(
            "SELECT change, at, undone, count(*), min(edit) FROM changes JOIN edits USING (change) GROUP BY change "
            "ORDER BY change DESC LIMIT ?",
            (most,),
        ).fetchall()
        return [self._described(*change) for change in changes]

    def _described(self, change: int, at: float, undone: int, cells: int, first: int) -> dict[str, Any]:
        row, place, before, after = self._db.execute(
            "SELECT row, place, before, after FROM edits WHERE edit = ?", (first,)
        ).fetchone()
        described = {
            "change": change,
            "at": at,
            "undone": bool(undone),
            "cells": cells,
            "row": row,
            "place": place,
        }
        read = json.loads if place is None else str
        return {**described, "before": read(before), "after": read(after)}

    # What became of the rows

    def judge(self, judged: Iterable[Judged]) -> None:
        """Keep what became of rows since the check."""
        with self._db.transaction():
            for each in judged:
                kept = _encode(dict(each.found)), _encode(dict(each.now))
                self._db.execute("INSERT OR REPLACE INTO outlooks VALUES (?, ?, ?)", (each.row, *kept))
                self._db.execute("DELETE FROM shifts WHERE row = ?", (each.row,))
                self._db.executemany("INSERT INTO shifts VALUES (?, ?, ?)", _shifts(each))

    def outlooks(self, rows: Sequence[int]) -> dict[int, Judged]:
        """Give what became of those of some rows that were corrected since the check."""
        return {
            row: Judged(row=row, found=json.loads(found), now=json.loads(now))
            for row, found, now in self._of_rows("SELECT row, found, now FROM outlooks", rows)
        }

    def shifts(self) -> dict[str, int]:
        """Say how many rows more, or fewer, there are of each status and under each cause since the check."""
        return dict(
            self._db.execute("SELECT name, sum(by) FROM shifts GROUP BY name HAVING sum(by) != 0").fetchall()
        )

    def forget_outlooks(self) -> None:
        """Forget what became of rows: all of them were looked at anew."""
        with self._db.transaction():
            self._db.execute("DELETE FROM outlooks")
            self._db.execute("DELETE FROM shifts")

    # As a file

    def written(self) -> Path | None:
        """Write them in the form that ``--corrections`` takes, unless they are written already; None where there are none."""
        path, key = self._folder / _CORRECTIONS, self.key
        if not self.count:
            path.unlink(missing_ok=True)
            return None
        if not path.is_file() or self._fact("written") != key:
            write_private(path, "".join(f"{line}\n" for line in self._lines()).encode())
            self._note("written", key)
        return path

    def _lines(self) -> Iterator[str]:
        header = json.loads(self._fact("header") or "[]")
        edits = self._db.execute(
            "SELECT row, place, before, after, at FROM edits JOIN changes USING (change) WHERE NOT undone ORDER BY edit"
        )
        for row, place, before, after, at in edits:
            yield _line(
                row, None if place is None else _column(header, place), before, after, at=_instant(at)
            )

    def _fact(self, name: str) -> str | None:
        found = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def _note(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def _of_rows(self, select: str, rows: Sequence[int], more: str = "") -> Iterator[Any]:
        for first in range(0, len(rows), _AT_ONCE):
            some = rows[first : first + _AT_ONCE]
            marks = ",".join("?" * len(some))
            yield from self._db.execute(f"{select} WHERE row IN ({marks}) {more}", some).fetchall()


def _kept(content: str | Sequence[str]) -> str:
    return content if isinstance(content, str) else _encode(list(content))


def _line(row: int, column: str | int | None, before: str, after: str, **more: str) -> str:
    said: dict[str, Any] = {"row": row}
    if column is None:
        return _encode({**said, "before": json.loads(before), "after": json.loads(after), **more})
    return _encode({**said, "column": column, "before": before, "after": after, **more})


def _instant(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def _column(header: Sequence[str], place: int) -> str | int:
    """Name a column as a correction does: a name that stands twice, or nowhere, cannot tell which is meant."""
    title = header[place]
    return title if title and header.count(title) == 1 else place + 1


def _shifts(judged: Judged) -> list[tuple[int, str, int]]:
    found, now = _names(judged.found), _names(judged.now)
    gone = [(judged.row, name, -1) for name in sorted(found - now)]
    return [*gone, *((judged.row, name, 1) for name in sorted(now - found))]


def _names(outlook: RowOutlook) -> set[str]:
    """Give what a row is counted under."""
    return {outlook["status"], *(cause_name(code, fails=fails) for code, fails, *_ in outlook["faults"])}


def cause_name(code: str, *, fails: bool) -> str:
    """Name a cause as ``shifts`` counts it."""
    return f"{'fails' if fails else 'warns'}:{code}"
