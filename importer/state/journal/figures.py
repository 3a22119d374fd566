"""What reports ask of a journal: counts, errors by code, requests, sessions. Plain reads, nothing kept in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from importer.records import Counts, Fault, Outcome, Pulse, Remedy, RowId, Status, value_type
from importer.state.database import Database
from importer.state.journal.rows import (
    LANDED_COLUMNS,
    OUTCOME_COLUMNS,
    landed_of,
    outcome_of,
    read_warnings,
)
from importer.state.journal.run import Operator, RunState, Session, SessionKind

FIRST_ROWS: Final = 5
_STILL_DUE: Final = Fault(
    code="unfinished",
    message="the contact is stored, and its tags or what else follows is still to come: importer resume",
    fails=False,
)

PULSE_COLUMNS: Final = (
    "location_id, started_at, seconds, requests, throttled, retries, settled, "
    "latency_p50, latency_p95, latency_max, daily_remaining, verified, differing"
)


@value_type(frozen=True, slots=True, kw_only=True)
class CodeCount:
    """How often a code ended a row, or warned of one; with the first rows it met, and one of its sentences."""

    code: str
    count: int
    rows: tuple[RowId, ...]
    message: str
    remedy: Remedy = Remedy.NONE


@value_type(frozen=True, slots=True, kw_only=True)
class RequestFigures:
    """Requests of a run, as far as they were written down: a kill loses the last stretch's figures."""

    requests: int = 0
    throttled: int = 0
    retries: int = 0


_UNFINISHED: Final = 'NOT EXISTS (SELECT 1 FROM outcomes WHERE outcomes."row" = landed."row")'
_STORED_OR_SETTLED: Final = f"""(
    SELECT location_id, status FROM outcomes UNION ALL SELECT location_id, status FROM landed WHERE {_UNFINISHED}
) AS stored"""  # noqa: S608  (our own words)


def unfinished(db: Database, first: RowId, last: RowId) -> Iterator[Outcome]:
    """Show the rows whose contact is stored while something that follows is still due, as what they are so far."""
    query = (
        f'SELECT {LANDED_COLUMNS} FROM landed WHERE "row" BETWEEN ? AND ? AND {_UNFINISHED} ORDER BY "row"'  # noqa: S608  (likewise)
    )
    for landed in map(landed_of, db.execute(query, (first, last)).fetchall()):
        yield Outcome(
            row=landed.row,
            status=landed.status,
            location_id=landed.location_id,
            contact_id=landed.contact_id,
            warnings=(*landed.warnings, _STILL_DUE),
            http_status=landed.http_status,
            attempts=landed.attempts,
            trace_id=landed.trace_id,
        )


def find_ended(db: Database, statuses: tuple[Status, ...]) -> set[RowId]:
    """Find the rows that ended in one of these ways."""
    marks = ", ".join("?" * len(statuses))
    query = f'SELECT "row" FROM outcomes WHERE status IN ({marks})'  # noqa: S608  (question marks)
    return {row for (row,) in db.execute(query, [status.value for status in statuses])}


def page_of(
    db: Database, *, after: RowId, status: Status | None, code: str | None, count: int
) -> tuple[Outcome, ...]:
    """Read the next outcomes behind a row, of one status or code where that is wanted."""
    wanted = {"status": None if status is None else status.value, "code": code}
    said = {name: value for name, value in wanted.items() if value is not None}
    conditions = "".join(f" AND {name} = ?" for name in said)
    query = f'SELECT {OUTCOME_COLUMNS} FROM outcomes WHERE "row" > ?{conditions} ORDER BY "row" LIMIT ?'  # noqa: S608  (our own words)
    return tuple(map(outcome_of, db.execute(query, (after, *said.values(), count)).fetchall()))


def count_skips(db: Database) -> dict[str, int]:
    """Count skipped rows by code, the most frequent first."""
    query = """
        SELECT code, count(*) FROM outcomes WHERE status = 'skipped' GROUP BY code ORDER BY count(*) DESC, code
    """
    return {code or "unknown": count for code, count in db.execute(query).fetchall()}


def count_unfinished(db: Database) -> int:
    """Count the rows whose contact is stored while something that follows is still due."""
    return int(db.execute(f"SELECT count(*) FROM landed WHERE {_UNFINISHED}").fetchone()[0])  # noqa: S608


def count_sent(db: Database) -> int:
    """Count the rows that were sent and have an outcome."""
    return int(db.execute("SELECT count(*) FROM outcomes WHERE attempts > 0").fetchone()[0])


def count_rows(db: Database, rows_read: int) -> Counts:
    """Count rows by status; one whose contact is stored is created or updated, whatever is still due to it."""
    query = f"SELECT status, count(*) FROM {_STORED_OR_SETTLED} GROUP BY status"  # noqa: S608  (likewise)
    by_status = dict(db.execute(query).fetchall())
    settled = sum(by_status.values())
    return Counts(
        created=by_status.get(Status.CREATED, 0),
        updated=by_status.get(Status.UPDATED, 0),
        skipped=by_status.get(Status.SKIPPED, 0),
        failed=by_status.get(Status.FAILED, 0),
        pending=rows_read - settled,
    )


def count_locations(db: Database) -> dict[str | None, Counts]:
    """Count stored and settled rows by location; rows that failed before one was known stand under ``None``."""
    found: dict[str | None, dict[str, int]] = {}
    query = (
        f"SELECT location_id, status, count(*) FROM {_STORED_OR_SETTLED} "  # noqa: S608  (our own words)
        "GROUP BY location_id, status ORDER BY location_id IS NOT NULL, location_id"
    )
    for location_id, status, count in db.execute(query):
        found.setdefault(location_id, {})[status] = count
    return {location_id: Counts(**by_status) for location_id, by_status in found.items()}


def count_errors(db: Database) -> tuple[CodeCount, ...]:
    """Count failed rows by code, the most frequent first."""
    query = """
        SELECT code, count(*), min("row") FROM outcomes WHERE status = 'failed'
        GROUP BY code ORDER BY count(*) DESC, min("row")
    """
    return tuple(_error_count(db, code, count, first) for code, count, first in db.execute(query).fetchall())


def _error_count(db: Database, code: str | None, count: int, first: RowId) -> CodeCount:
    rows = db.execute(
        'SELECT "row" FROM outcomes WHERE status = \'failed\' AND code IS ? ORDER BY "row" LIMIT ?',
        (code, FIRST_ROWS),
    ).fetchall()
    message, remedy = db.execute('SELECT message, remedy FROM outcomes WHERE "row" = ?', (first,)).fetchone()
    return CodeCount(
        code=code or "unknown",
        count=count,
        rows=tuple(row for (row,) in rows),
        message=message or "",
        remedy=Remedy(remedy),
    )


def count_warnings(db: Database) -> tuple[CodeCount, ...]:
    """Count warnings by code, the most frequent first."""
    counts: dict[str, int] = {}
    rows: dict[str, list[RowId]] = {}
    messages: dict[str, str] = {}
    for row, text in db.each(
        'SELECT "row", warnings FROM outcomes WHERE warnings IS NOT NULL ORDER BY "row"'
    ):
        for fault in read_warnings(text):
            counts[fault.code] = counts.get(fault.code, 0) + 1
            messages.setdefault(fault.code, fault.message)
            first = rows.setdefault(fault.code, [])
            if len(first) < FIRST_ROWS and row not in first:
                first.append(row)
    ordered = sorted(counts, key=lambda code: (-counts[code], code))
    return tuple(
        CodeCount(code=code, count=counts[code], rows=tuple(rows[code]), message=messages[code])
        for code in ordered
    )


def read_pulses(db: Database) -> Iterator[Pulse]:
    names = PULSE_COLUMNS.split(", ")
    for cells in db.execute(f"SELECT {PULSE_COLUMNS} FROM pulses ORDER BY started_at, location_id"):  # noqa: S608  (our own names)
        yield Pulse(**dict(zip(names, cells, strict=True)))


def sum_traffic(db: Database) -> RequestFigures:
    cells = db.execute("SELECT sum(requests), sum(throttled), sum(retries) FROM pulses").fetchone()
    requests, throttled, retries = (cell or 0 for cell in cells)
    return RequestFigures(requests=requests, throttled=throttled, retries=retries)


def read_sessions(db: Database) -> tuple[Session, ...]:
    query = "SELECT kind, started_at, ended_at, state, reason, operator, command, approved_by FROM sessions ORDER BY id"
    return tuple(
        Session(
            kind=SessionKind(kind),
            started_at=started_at,
            ended_at=ended_at,
            state=RunState(state),
            reason=reason,
            operator=None
            if operator is None
            else Operator(name=operator, command=command or "", approved_by=approved_by),
        )
        for kind, started_at, ended_at, state, reason, operator, command, approved_by in db.execute(query)
    )


def sum_seconds(db: Database) -> float:
    """Add up the time that processes worked on the run; of a killed one, up to the last that is known of it."""
    sessions = [session for session in read_sessions(db) if session.kind is not SessionKind.UNDO]
    starts = [session.started_at for session in sessions[1:]]
    total = 0.0
    for session, next_start in zip(sessions, [*starts, float("inf")], strict=True):
        ended_at = session.ended_at
        if ended_at is None:
            query = "SELECT max(started_at + seconds) FROM pulses WHERE started_at >= ? AND started_at < ?"
            ended_at = db.execute(query, (session.started_at, next_start)).fetchone()[0]
        total += max(0.0, (ended_at or session.started_at) - session.started_at)
    return total
