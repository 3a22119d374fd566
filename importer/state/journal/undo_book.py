"""What a journal knows for taking its run back: which contacts rows reached, what they found, and how far an undo has come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from typing import Final

from importer.records import Added, BeforeImage, Fault, RowId, Status, UndoLine, UndoStatus, value_type
from importer.runtime.clock import Clock
from importer.state.database import Database
from importer.state.journal.appends import Appends
from importer.state.journal.rows import (
    ADDED_COLUMNS,
    IMAGE_COLUMNS,
    UNDO_COLUMNS,
    added_of,
    image_of,
    read_warnings,
    undo_cells,
    undo_line_of,
)
from importer.state.journal.run import Operator, RunState, SessionKind
from importer.state.journal.statements import UNDO, UNDO_MOMENT
from importer.state.journal.storage import begin_session

IMAGES_MARK: Final = "before-images"
"""A file beside a journal that holds some: without it every journal would be opened to look for old ones."""

# What a row did is told by its landing; one without follow-ups has its outcome alone. A failed outcome that never
# landed may name the contact that was in its way.
_STORED: Final = """(
    SELECT "row", contact_id, location_id, status, warnings, attempts FROM landed
    UNION ALL
    SELECT "row", contact_id, location_id, status, warnings, attempts FROM outcomes
    WHERE status IN ('created', 'updated') AND contact_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM landed WHERE landed."row" = outcomes."row")
)"""
_REACHES: Final = """(
    SELECT 1 FROM outcomes WHERE contact_id = {0} AND status IN ('created', 'updated') AND {1}
    UNION ALL SELECT 1 FROM landed WHERE contact_id = {0} AND {1}
)"""
_FOUND_ALONE: Final = """(
    EXISTS (SELECT 1 FROM outcomes WHERE "row" = stored."row" AND status = 'skipped' AND code = 'already_there')
    AND NOT EXISTS (SELECT 1 FROM additions WHERE "row" = stored."row" AND made > 0)
)"""
"""Rows of deals, notes and tasks that were there: their contact was found, and nothing was written."""


_WRITES: Final = frozenset({UndoStatus.BEGUN, UndoStatus.RESTORED, UndoStatus.DELETED})
"""Beside them, the search may show what the contact held before; what was kept or failed after all had begun."""


@value_type(frozen=True, slots=True, kw_only=True)
class StoredRow:
    """A row whose contact the vendor stored."""

    row: RowId
    contact_id: str
    location_id: str
    status: Status
    warnings: tuple[Fault, ...] = field(default=(), repr=False)
    last: bool
    """No later row of the run reached this contact."""
    settled: bool
    """It came to its end: what follows the storing was done as well."""
    by_date: bool = False
    """That it created its contact is told by the contact's date, or may be: an older importer did not note it."""


@value_type(frozen=True, slots=True, kw_only=True)
class StoredContacts:
    """How many contacts a run created in a location; updated, and knows the old values of; updated without knowing them."""

    created: int = 0
    restorable: int = 0
    known: int = 0
    """Updated, and known to have got no value: tags at most."""
    updated: int = 0
    tagged: int = 0
    beside: int = 0
    """Things (notes) that the run put beside contacts that were there before."""
    deals: int = 0
    """Those of contacts that it created: other than notes and tasks, they outlive their contact."""

    @property
    def contacts(self) -> int:
        return self.created + self.restorable + self.known + self.updated


def reached_contacts(db: Database) -> Iterator[str]:
    """List the contacts that a run wrote to, or put something beside."""
    query = f"SELECT DISTINCT contact_id FROM {_STORED} AS stored WHERE NOT {_FOUND_ALONE}"  # noqa: S608  (our own words)
    for (contact_id,) in db.each(query):
        yield contact_id


def images_of(db: Database, row: RowId) -> tuple[BeforeImage, ...]:
    """Tell what a row found at its contact."""
    query = f'SELECT {IMAGE_COLUMNS} FROM before_images WHERE "row" = ? ORDER BY part'  # noqa: S608  (our own names)
    return tuple(map(image_of, db.execute(query, (row,)).fetchall()))


class UndoBook:
    """The part of a journal that an undo works with."""

    def __init__(self, db: Database, appends: Appends, clock: Clock) -> None:
        self._db = db
        self._appends = appends
        self._clock = clock
        self._db.execute(
            "CREATE TEMP TABLE IF NOT EXISTS taken_up (contact_id TEXT PRIMARY KEY, run_id TEXT)"
        )
        ended = "SELECT count(*) FROM sessions WHERE kind = ? AND state = ?"
        self._pass = int(
            self._db.execute(ended, (SessionKind.UNDO.value, RunState.FINISHED.value)).fetchone()[0]
        )

    # what rows did

    def stored(self, first: RowId, last: RowId) -> dict[RowId, StoredRow]:
        """Find the rows from ``first`` to ``last`` whose contact was stored."""
        later = _REACHES.format("stored.contact_id", '"row" > stored."row"')
        ended = """EXISTS (
            SELECT 1 FROM outcomes WHERE outcomes."row" = stored."row" AND outcomes.status IN ('created', 'updated')
        )"""
        by_date = (
            'attempts > 1 OR EXISTS (SELECT 1 FROM created_by_date AS dated WHERE dated."row" = stored."row")'
        )
        query = (
            f'SELECT "row", contact_id, location_id, status, warnings, NOT EXISTS {later}, {ended}, {by_date} FROM {_STORED} AS stored '  # noqa: S608  (our own words)
            'WHERE "row" BETWEEN ? AND ? ORDER BY "row"'
        )
        return {
            row: StoredRow(
                row=row,
                contact_id=contact_id,
                location_id=location_id,
                status=Status(status),
                warnings=read_warnings(warnings) if warnings else (),
                last=bool(is_last),
                settled=bool(settled),
                by_date=bool(by_date),
            )
            for row, contact_id, location_id, status, warnings, is_last, settled, by_date in self._db.execute(
                query, (first, last)
            ).fetchall()
        }

    def count(self) -> dict[str, StoredContacts]:
        """Count the contacts by location and by what can be done about them, those left out that are taken back."""
        query = f"""
            SELECT location_id, sum(made), sum((1 - made) * changed), sum((1 - made) * (1 - changed) * known),
                sum((1 - made) * (1 - changed) * (1 - known)), sum((1 - made) * tagged)
            FROM (
                SELECT stored.contact_id, location_id, max(CASE WHEN status = 'created' THEN 1 ELSE 0 END) AS made,
                    max(CASE WHEN content NOT LIKE '[[],%' THEN 1 ELSE 0 END) AS changed,
                    CASE WHEN count(DISTINCT stored."row") = sum(CASE WHEN part = 'values' THEN 1 ELSE 0 END)
                        THEN 1 ELSE 0 END AS known,
                    max(CASE WHEN content NOT LIKE '%,null,[]]' AND content NOT LIKE '%,[],[]]' THEN 1 ELSE 0 END) AS tagged
                FROM {_STORED} AS stored LEFT JOIN before_images AS image ON image."row" = stored."row"
                WHERE NOT EXISTS (
                    SELECT 1 FROM undo_lines AS line
                    WHERE line."row" = stored."row" AND line.status IN ('deleted', 'restored')
                )
                GROUP BY stored.contact_id, location_id
            ) AS reached GROUP BY location_id ORDER BY location_id
        """  # noqa: S608  (likewise)
        beside = self._count_beside()
        return {
            location_id: StoredContacts(
                created=made,
                restorable=changed,
                known=known,
                updated=updated,
                tagged=tagged,
                beside=beside.get(location_id, (0, 0))[0],
                deals=beside.get(location_id, (0, 0))[1],
            )
            for location_id, made, changed, known, updated, tagged in self._db.execute(query)
        }

    def _count_beside(self) -> dict[str, tuple[int, int]]:
        query = f"""
            SELECT location_id, sum(1 - ours), sum(CASE WHEN kind = 'opportunity' THEN ours ELSE 0 END) FROM (
                SELECT location_id, kind, CASE WHEN contact_id IN (
                    SELECT contact_id FROM {_STORED} AS stored WHERE status = 'created'
                ) THEN 1 ELSE 0 END AS ours FROM additions WHERE made > 0 AND kind <> 'company'
            ) AS beside GROUP BY location_id
        """  # noqa: S608  (our own words)
        return {location_id: (others, deals) for location_id, others, deals in self._db.execute(query)}

    def count_made(self) -> dict[str, int]:
        """Count by location what rows made that are no contacts, those left out that are taken back."""
        query = """
            SELECT location_id, count(*) FROM additions WHERE made > 0 AND NOT EXISTS (
                SELECT 1 FROM undo_lines AS line WHERE line."row" = additions."row" AND line.status = 'deleted'
            ) GROUP BY location_id
        """
        return dict(self._db.execute(query).fetchall())

    def images(self, row: RowId) -> tuple[BeforeImage, ...]:
        """Tell what a row found at its contact."""
        return images_of(self._db, row)

    def made_beside(self, row: RowId) -> tuple[Added, ...]:
        """Tell what a row put beside its contact."""
        query = f'SELECT {ADDED_COLUMNS} FROM additions WHERE "row" = ? AND made > 0'  # noqa: S608  (likewise)
        return tuple(map(added_of, self._db.execute(query, (row,)).fetchall()))

    def all_made_beside(self) -> Iterator[Added]:
        """Tell what all rows put beside contacts."""
        return map(added_of, self._db.each(f"SELECT {ADDED_COLUMNS} FROM additions WHERE made > 0"))  # noqa: S608  (likewise)

    def take_up(self, contact_ids: Iterable[str], run_id: str) -> None:
        """Note the contacts, of those that the run reached, that a later run wrote to."""
        reaches = _REACHES.format("?1", "1 = 1")
        with self._db.transaction():
            self._db.executemany(
                f"INSERT OR IGNORE INTO taken_up SELECT ?1, ?2 WHERE EXISTS {reaches}",
                ((contact_id, run_id) for contact_id in contact_ids),
            )

    def take_up_later(self, written: Iterable[tuple[str, float]], run_id: str) -> None:
        """Note the contacts that another run wrote to after this one's last attempt, whichever of the two began first."""
        own = f"""
            SELECT max(last_attempt_at) FROM intents JOIN {_STORED} AS stored USING ("row") WHERE stored.contact_id = ?1
        """  # noqa: S608  (our own words)
        with self._db.transaction():
            self._db.executemany(
                f"INSERT OR IGNORE INTO taken_up SELECT ?1, ?2 WHERE ?3 > ({own})",
                ((contact_id, run_id, at) for contact_id, at in written),
            )

    def taken_up_by(self, contact_id: str) -> str | None:
        """Tell which later run wrote to a contact."""
        found = self._db.execute("SELECT run_id FROM taken_up WHERE contact_id = ?", (contact_id,)).fetchone()
        return None if found is None else str(found[0])

    def in_doubt(self, first: RowId, last: RowId) -> dict[RowId, tuple[float, float]]:
        """Find the rows that may have been sent, and of which nothing more is known.

        With the earliest moment of that, by the vendor's clock, and the latest, by ours; an older importer did not note
        the latter, and told of none after the first then.
        """
        query = """
            SELECT "row", first_attempt_at, coalesce(last_attempt_at, first_attempt_at) FROM intents WHERE "row" BETWEEN ? AND ? AND attempts > 0
                AND NOT EXISTS (SELECT 1 FROM landed WHERE landed."row" = intents."row")
                AND NOT EXISTS (
                    SELECT 1 FROM outcomes WHERE outcomes."row" = intents."row"
                        AND NOT (status = 'failed' AND code IN ('unconfirmed', 'service_down'))
                )
        """
        return {
            row: (since, until) for row, since, until in self._db.execute(query, (first, last)).fetchall()
        }

    def reaches(self, contact_id: str) -> bool:
        """Tell whether a row is known to have reached a contact."""
        query = f"SELECT EXISTS {_REACHES.format('?1', '1 = 1')}"
        return bool(self._db.execute(query, (contact_id,)).fetchone()[0])

    # how far an undo has come

    def lines(self, first: RowId, last: RowId) -> dict[RowId, UndoLine]:
        """Tell how rows were taken back, whenever that was."""
        return self._lines('"row" BETWEEN ? AND ?', (first, last))

    def counts(self) -> dict[UndoStatus, int]:
        """Count the rows by how they were taken back. Walks all of them."""
        found = self._db.execute("SELECT status, count(*) FROM undo_lines GROUP BY status").fetchall()
        return {UndoStatus(status): rows for status, rows in found}

    def reasons(self, most: int) -> dict[str, int]:
        """Count why rows were not taken back, the most frequent first."""
        return dict(
            self._db.execute(
                "SELECT reason, count(*) FROM undo_lines WHERE status IN ('kept', 'failed') AND reason != '' "
                "GROUP BY reason ORDER BY count(*) DESC, reason LIMIT ?",
                (most,),
            ).fetchall()
        )

    def done(self, row: RowId) -> UndoLine | None:
        """Tell how a row was taken back for good: restored, deleted, or judged in this very undo."""
        line = self._lines(
            "\"row\" = ? AND (pass = ? OR status IN ('deleted', 'restored'))", (row, self._pass)
        ).get(row)
        return None if line is None or line.status is UndoStatus.BEGUN else line

    def begun(self, row: RowId) -> bool:
        """Tell whether a call that deletes or restores was about to be sent when an undo was cut off."""
        line = self._lines('"row" = ?', (row,)).get(row)
        return line is not None and line.status is UndoStatus.BEGUN

    def settle(self, lines: Iterable[UndoLine]) -> None:
        """Write lines, and when it was that a contact was written to; when it returns, a power cut changes nothing."""
        lines, now = tuple(lines), self._clock.now()
        self._appends.write(
            (UNDO, [(*undo_cells(line), self._pass) for line in lines]),
            (UNDO_MOMENT, [(line.row, now) for line in lines if line.status in _WRITES]),
        )

    def begin(self, operator: Operator | None) -> None:
        """Note that somebody goes to take the run back: from now on nobody goes on with it."""
        with self._appends.one():
            self._db.execute("UPDATE sessions SET state = 'stopped' WHERE state = 'running'")
            begin_session(self._db, SessionKind.UNDO, self._clock.now(), operator)

    def end(self, state: RunState, reason: str | None = None) -> None:
        with self._appends.one():
            self._db.execute(
                "UPDATE sessions SET state = ?, reason = ?, ended_at = ? WHERE id = (SELECT max(id) FROM sessions)",
                (state.value, reason, self._clock.now()),
            )
        self._appends.sync()

    def _lines(self, where: str, values: Sequence[object]) -> dict[RowId, UndoLine]:
        query = f"SELECT {UNDO_COLUMNS} FROM undo_lines WHERE {where}"  # noqa: S608  (our own words)
        return {line.row: line for line in map(undo_line_of, self._db.execute(query, values).fetchall())}
