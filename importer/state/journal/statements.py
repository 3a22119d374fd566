"""The SQL by which rows are written to a journal, and by which a contact is asked for."""

from __future__ import annotations

from typing import Final

from importer.state.journal import figures
from importer.state.journal.rows import (
    INTENT_COLUMNS,
    LANDED_COLUMNS,
    MARK_COLUMNS,
    OUTCOME_COLUMNS,
    QUOTA_COLUMNS,
)

# A failed row that is worth another try is open again once a retry has begun a later pass; every other
# outcome stands for good.
OPEN: Final = "outcomes.status = 'failed' AND outcomes.remedy = 'run_again' AND outcomes.pass < {}"

INTEND: Final = f"""
    INSERT INTO intents ({INTENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT("row") DO UPDATE SET
        location_id = excluded.location_id,
        first_attempt_at = min(first_attempt_at, excluded.first_attempt_at),
        last_attempt_at = max(coalesce(last_attempt_at, 0), excluded.last_attempt_at),
        attempts = max(attempts, excluded.attempts),
        exact = max(exact, excluded.exact)
"""  # noqa: S608  (our own names)

LAND: Final = f"INSERT OR REPLACE INTO landed ({LANDED_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608

MARK: Final = f"INSERT OR REPLACE INTO follow_ups ({MARK_COLUMNS}) VALUES (?, ?, ?)"  # noqa: S608

SETTLE: Final = f"""
    INSERT INTO outcomes ({OUTCOME_COLUMNS}, pass) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT("row") DO UPDATE SET
        status = excluded.status, location_id = excluded.location_id, contact_id = excluded.contact_id,
        code = excluded.code, message = excluded.message, remedy = excluded.remedy,
        warnings = excluded.warnings, http_status = excluded.http_status, attempts = excluded.attempts,
        trace_id = excluded.trace_id, pass = excluded.pass
    WHERE {OPEN.format("excluded.pass")}
"""  # noqa: S608

PULSE: Final = f"INSERT INTO pulses ({figures.PULSE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608

MARK_QUOTA: Final = f"INSERT OR REPLACE INTO quota_marks ({QUOTA_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608

MADE_HERE: Final = """
    SELECT EXISTS (
        SELECT 1 FROM outcomes WHERE contact_id = :contact AND "row" <> :row
            AND ("row" < :row OR status = 'created')
    ) OR EXISTS (
        SELECT 1 FROM landed WHERE contact_id = :contact AND "row" <> :row
            AND ("row" < :row OR status = 'created')
    )
"""
