"""The SQL by which rows are written to a journal, and by which a contact is asked for."""

from __future__ import annotations

from typing import Final

from importer.state.database import replacing
from importer.state.journal import figures
from importer.state.journal.integrity import STORED_INTENT_CHECKSUM, intent_checksum
from importer.state.journal.rows import (
    ADDED_COLUMNS,
    IMAGE_COLUMNS,
    INTENT_COLUMNS,
    LANDED_COLUMNS,
    MARK_COLUMNS,
    OUTCOME_COLUMNS,
    QUOTA_COLUMNS,
    UNDO_COLUMNS,
)

# A failed row that is worth another try is open again once a retry has begun a later pass; every other
# outcome stands for good.
OPEN: Final = "outcomes.status = 'failed' AND outcomes.remedy = 'run_again' AND outcomes.pass < {}"

# Told apart, since the journal counts the rows that were ever intended: those it meets first, and those it knows.
INTEND: Final = f"""
    INSERT INTO intents ({INTENT_COLUMNS}, append, checksum)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, {intent_checksum("?1", "?3", "?4", "?5", "?6", "?7")})
    ON CONFLICT("row") DO NOTHING
"""  # noqa: S608  (our own names)

# Of one that was taken back nothing earlier counts.
INTEND_AGAIN: Final = """
    UPDATE intents SET
        location_id = ?2,
        first_attempt_at = CASE WHEN attempts THEN min(first_attempt_at, ?3) ELSE ?3 END,
        last_attempt_at = max(coalesce(last_attempt_at, 0), ?4),
        attempts = max(attempts, ?5),
        exact = max(exact, ?6),
        append = ?7
    WHERE "row" = ?1
"""

# The line stays, without attempts: the journal counts the rows that were ever intended.
WITHDRAW: Final = """
    UPDATE intents SET
        location_id = ?2, first_attempt_at = ?3, last_attempt_at = ?4, attempts = ?5, exact = ?6, append = ?7
    WHERE "row" = ?1
"""

FORGET_IMAGES_OF: Final = 'DELETE FROM before_images WHERE "row" = ?1'

SUM_UP_INTENT: Final = f'UPDATE intents SET checksum = {STORED_INTENT_CHECKSUM} WHERE "row" = ?1'  # noqa: S608

LAND: Final = f"INSERT OR REPLACE INTO landed ({LANDED_COLUMNS}, append, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608

MARK: Final = f"INSERT OR REPLACE INTO follow_ups ({MARK_COLUMNS}, append, checksum) VALUES (?, ?, ?, ?, ?)"  # noqa: S608

BY_DATE: Final = 'INSERT OR REPLACE INTO created_by_date ("row", append, checksum) VALUES (?, ?, ?)'

ADD: Final = f"INSERT OR REPLACE INTO additions ({ADDED_COLUMNS}, append, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
# What a row found first stands: looked at again after a lost reply, its contact may hold the row's own values.
REMEMBER: Final = (
    f"INSERT OR REPLACE INTO before_images ({IMAGE_COLUMNS}, append, checksum) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608
)

UNDO: Final = (
    f"INSERT OR REPLACE INTO undo_lines ({UNDO_COLUMNS}, pass, append, checksum) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
)

UNDO_MOMENT: Final = 'INSERT OR REPLACE INTO undo_moments ("row", at, append, checksum) VALUES (?, ?, ?, ?)'

SETTLE: Final = f"""
    INSERT INTO outcomes ({OUTCOME_COLUMNS}, pass, append, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT("row") DO UPDATE SET
        status = excluded.status, location_id = excluded.location_id, contact_id = excluded.contact_id,
        code = excluded.code, message = excluded.message, remedy = excluded.remedy,
        warnings = excluded.warnings, http_status = excluded.http_status, attempts = excluded.attempts,
        trace_id = excluded.trace_id, pass = excluded.pass, append = excluded.append,
        checksum = excluded.checksum
    WHERE {OPEN.format("excluded.pass")}
"""  # noqa: S608

PULSE: Final = f"INSERT INTO pulses ({figures.PULSE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608

MARK_QUOTA: Final = replacing("quota_marks", QUOTA_COLUMNS, key="location_id")

MADE_BY: Final = """
    SELECT contact_id FROM outcomes WHERE "row" = :row AND status = 'created'
    UNION SELECT contact_id FROM landed WHERE "row" = :row AND status = 'created'
"""

MADE_HERE: Final = """
    SELECT EXISTS (
        SELECT 1 FROM outcomes WHERE contact_id = :contact AND "row" <> :row
            AND ("row" < :row OR status = 'created')
    ) OR EXISTS (
        SELECT 1 FROM landed WHERE contact_id = :contact AND "row" <> :row
            AND ("row" < :row OR status = 'created')
    )
"""
