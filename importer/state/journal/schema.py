"""The tables of a journal, and how an older file is brought up to date."""

from __future__ import annotations

import time
from typing import Final

from importer.errors import RunConflictError
from importer.state.database import Database, statements
from importer.version import __version__

APPLICATION_ID: Final = 0x484C494A  # "HLIJ": tells our files from other SQLite files

_FIRST: Final = """
CREATE TABLE run (
    id TEXT PRIMARY KEY,
    started_at REAL NOT NULL,
    finished_at REAL,
    state TEXT NOT NULL,
    reason TEXT,
    mapping_path TEXT NOT NULL,
    mapping_text TEXT NOT NULL,
    mapping_fingerprint TEXT NOT NULL,
    location_id TEXT,
    base_url TEXT NOT NULL,
    sandbox INTEGER NOT NULL,
    options TEXT NOT NULL,
    tool_version TEXT NOT NULL,
    working_folder TEXT NOT NULL,
    rows_read INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE sources (
    "index" INTEGER PRIMARY KEY,
    reference TEXT NOT NULL,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    size INTEGER NOT NULL
);
CREATE TABLE intents (
    "row" INTEGER PRIMARY KEY,
    location_id TEXT NOT NULL,
    first_attempt_at REAL NOT NULL,
    attempts INTEGER NOT NULL,
    exact INTEGER NOT NULL
);
CREATE TABLE landed (
    "row" INTEGER PRIMARY KEY,
    location_id TEXT NOT NULL,
    status TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    http_status INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    trace_id TEXT,
    warnings TEXT
);
CREATE TABLE outcomes (
    "row" INTEGER PRIMARY KEY,
    status TEXT NOT NULL,
    location_id TEXT,
    contact_id TEXT,
    code TEXT,
    message TEXT,
    remedy TEXT NOT NULL,
    warnings TEXT,
    http_status INTEGER,
    attempts INTEGER NOT NULL,
    trace_id TEXT
);
CREATE TABLE pulses (
    location_id TEXT NOT NULL,
    started_at REAL NOT NULL,
    seconds REAL NOT NULL,
    requests INTEGER NOT NULL,
    throttled INTEGER NOT NULL,
    retries INTEGER NOT NULL,
    settled INTEGER NOT NULL,
    latency_p50 REAL NOT NULL,
    latency_p95 REAL NOT NULL,
    latency_max REAL NOT NULL,
    daily_remaining INTEGER
);
CREATE TABLE quota_marks (
    location_id TEXT PRIMARY KEY,
    at REAL NOT NULL,
    in_window INTEGER NOT NULL,
    used_today INTEGER NOT NULL,
    daily_remaining INTEGER
);
"""

# Retry: a pass over the rows that failed. An outcome knows the pass that settled it, and what a later pass
# replaces is kept.
_RETRY: Final = """
ALTER TABLE run ADD COLUMN pass INTEGER NOT NULL DEFAULT 1;
ALTER TABLE run ADD COLUMN follows TEXT;
ALTER TABLE outcomes ADD COLUMN pass INTEGER NOT NULL DEFAULT 1;
CREATE TABLE earlier_outcomes (
    "row" INTEGER NOT NULL,
    pass INTEGER NOT NULL,
    status TEXT NOT NULL,
    contact_id TEXT,
    code TEXT,
    message TEXT,
    remedy TEXT NOT NULL,
    http_status INTEGER,
    attempts INTEGER NOT NULL,
    trace_id TEXT,
    PRIMARY KEY ("row", pass)
);
CREATE TRIGGER keep_earlier_outcome BEFORE UPDATE ON outcomes BEGIN
    INSERT INTO earlier_outcomes
    VALUES (OLD."row", OLD.pass, OLD.status, OLD.contact_id, OLD.code, OLD.message, OLD.remedy,
            OLD.http_status, OLD.attempts, OLD.trace_id);
END;
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    started_at REAL NOT NULL,
    ended_at REAL,
    state TEXT NOT NULL,
    reason TEXT
);
INSERT INTO sessions (kind, started_at, ended_at, state, reason)
    SELECT 'run', started_at, finished_at, state, reason FROM run;
"""

# Programs tell by a word why a run stopped; the sentence beside it may change.
_REASON_CODE: Final = """
ALTER TABLE run ADD COLUMN reason_code TEXT;
"""

# A retry repeats only the follow-ups that are missing. One without a line was not begun, or is told by its row's
# outcome; a row of an older journal has none, and gets all of its follow-ups as it did then.
_FOLLOW_UPS: Final = """
CREATE TABLE follow_ups (
    "row" INTEGER NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY ("row", name)
) WITHOUT ROWID;
"""

# What a journal needs to see that it is not as it was last written (integrity.py). Rows of an older journal were
# written by no append; `unchecked` says that there may be such rows.
_INTEGRITY: Final = """
ALTER TABLE run ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE intents ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE landed ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outcomes ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE follow_ups ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
CREATE TABLE progress (
    appends INTEGER NOT NULL,
    unchecked INTEGER NOT NULL,
    lost_intents INTEGER NOT NULL DEFAULT 0,
    lost_last_row INTEGER,
    lost_since REAL
);
INSERT INTO progress (appends, unchecked) SELECT 0, EXISTS (SELECT 1 FROM run);
"""

# A row in doubt waits until the vendor is surely done with its last attempt. A journal that did not note it has at
# most its last sign of life to tell by; it writes one each second in which something is sent.
_LAST_ATTEMPT: Final = """
ALTER TABLE intents ADD COLUMN last_attempt_at REAL;
ALTER TABLE quota_marks ADD COLUMN slowest_seconds REAL NOT NULL DEFAULT 0;
UPDATE intents SET last_attempt_at = max(
    first_attempt_at,
    (SELECT coalesce(max(coalesce(ended_at, started_at)), 0) FROM sessions),
    (SELECT coalesce(max(started_at + seconds), 0) FROM pulses),
    (SELECT coalesce(max(at), 0) FROM quota_marks)
) WHERE "row" NOT IN (SELECT "row" FROM outcomes WHERE remedy <> 'run_again');
"""

# How far a journal has come is told by its rows: a count in a table of its own costs each append a page. `progress`
# keeps it only of a journal that lost its end.
_APPENDS: Final = """
ALTER TABLE run ADD COLUMN append INTEGER NOT NULL DEFAULT 0;
ALTER TABLE intents ADD COLUMN append INTEGER NOT NULL DEFAULT 0;
ALTER TABLE landed ADD COLUMN append INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outcomes ADD COLUMN append INTEGER NOT NULL DEFAULT 0;
ALTER TABLE follow_ups ADD COLUMN append INTEGER NOT NULL DEFAULT 0;
UPDATE progress SET unchecked = EXISTS (SELECT 1 FROM run);
"""

# Of several people who share a state folder, one asks who imported what.
_OPERATOR: Final = """
ALTER TABLE sessions ADD COLUMN operator TEXT;
ALTER TABLE sessions ADD COLUMN command TEXT;
"""

# What reading contacts back found is a figure of the run, whoever writes its summary again.
_READ_BACK: Final = """
ALTER TABLE pulses ADD COLUMN verified INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pulses ADD COLUMN differing INTEGER NOT NULL DEFAULT 0;
"""

# Whoever applies a plan names who approved it.
_APPROVAL: Final = "ALTER TABLE sessions ADD COLUMN approved_by TEXT;"

# A run is taken back by what its rows found, and what came of that stands row by row, so that it can be cut off too.
_UNDO: Final = """
CREATE TABLE before_images (
    "row" INTEGER NOT NULL,
    part TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    content TEXT NOT NULL,
    append INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY ("row", part)
) WITHOUT ROWID;
CREATE TABLE undo_lines (
    "row" INTEGER PRIMARY KEY,
    contact_id TEXT,
    status TEXT NOT NULL,
    reason TEXT NOT NULL,
    pass INTEGER NOT NULL,
    append INTEGER NOT NULL,
    checksum INTEGER NOT NULL
);
"""

# What rows put beside their contacts, for the results, and for whoever takes the run back.
_ADDITIONS: Final = """
CREATE TABLE additions (
    "row" INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    location_id TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    id TEXT NOT NULL,
    made INTEGER NOT NULL,
    digest TEXT NOT NULL,
    append INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY ("row", name)
) WITHOUT ROWID;
"""

# The search shows neither at once: a comparison reads by id what an undo wrote lately. A journal that did not note it
# was taken back long before anybody compares by this one.
_UNDO_MOMENTS: Final = """
CREATE TABLE undo_moments (
    "row" INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    append INTEGER NOT NULL,
    checksum INTEGER NOT NULL
);
"""

# Whether a reply said that a row created its contact, or the contact's date alone: an undo asks for more then.
_BY_DATE: Final = """
CREATE TABLE created_by_date (
    "row" INTEGER PRIMARY KEY,
    append INTEGER NOT NULL,
    checksum INTEGER NOT NULL
);
"""

MIGRATIONS: Final = (
    _FIRST,
    _RETRY,
    _REASON_CODE,
    _FOLLOW_UPS,
    _INTEGRITY,
    _LAST_ATTEMPT,
    _APPENDS,
    _OPERATOR,
    _READ_BACK,
    _APPROVAL,
    _UNDO,
    _ADDITIONS,
    _UNDO_MOMENTS,
    _BY_DATE,
)
VERSION: Final = len(MIGRATIONS)


def read_version(db: Database) -> int:
    """Tell how far a file's schema is; 0 for a file whose run never began."""
    known = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'migrations'").fetchone()
    if known is None:
        return 0
    return int(db.execute("SELECT max(version) FROM migrations").fetchone()[0] or 0)


def migrate(db: Database, migrations: tuple[str, ...] = MIGRATIONS) -> None:
    """Bring the schema up to date inside the caller's transaction; refuse a file of a newer importer."""
    version = read_version(db)
    if version > len(migrations):
        raise RunConflictError(
            f"This run was written by a newer importer (its journal has schema {version}, "
            f"this one knows {len(migrations)}). Upgrade highlevel-importer to work on it."
        )
    if version == 0:
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("CREATE TABLE migrations (version INTEGER PRIMARY KEY, at REAL, tool_version TEXT)")
    for number, script in enumerate(migrations[version:], version + 1):
        # Not executescript(): that commits first, and half a migration could then survive a power cut.
        for statement in statements(script):
            db.execute(statement)
        db.execute("INSERT INTO migrations VALUES (?, ?, ?)", (number, time.time(), __version__))
