"""What is one file of a state folder, as one schema of the Postgres behind it: its name, its making, its end."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final

from importer.errors import RunConflictError, StateError
from importer.runtime.regex import regex
from importer.state.postgres.connection import Connection, Error, state_error
from importer.state.postgres.database import PostgresDatabase, in_use_key, lock_key, quoted
from importer.state.postgres.dialect import held
from importer.state.postgres.faces import Face
from importer.state.postgres.sessions import sessions_of
from importer.state.purpose import Purpose

WORKER: Final = "importer_worker"
READER: Final = "importer_reader"
_OF_RUNS: Final = r"^importer_run_\d{8}-\d{6}-[0-9a-f]{4}$"
_ASKED_AT_ONCE: Final = 200
_LONGEST: Final = 63
"""The names of Postgres are cut there."""
_PATIENCE_SECONDS: Final = 1.0
"""Whoever meets a location that somebody else has is through by then."""
_TRY_SECONDS: Final = 0.05
_USERS: Final = """
    SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND classid = $1::bigint::oid AND objid = $2::bigint::oid
        AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_RUN_JOURNAL: Final = regex(r"runs/([^/]+)/journal")
_RUN_FILE: Final = regex(r"runs/([^/]+)/(.+)")
_DROPPED: Final = regex(r"(plans|mirrors)/")
"""Where the files would be that are deleted one by one, while others may have them open."""
_MADE_ANEW: Final = regex(r"(plans|mirrors)/|runs/[^/]+/plan\.db")
"""What another process may drop, and this one need again: it is looked for each time that it is opened."""
_ALLOWED: Final = {
    WORKER: ("USAGE", "SELECT, INSERT, UPDATE, DELETE", "USAGE"),
    READER: ("USAGE", "SELECT", ""),
}
"""Role: what it may on a schema, on its tables, on its counters."""


def schema_name(face: Face, path: Path) -> str:
    """Name the schema of what would be a file of the face folder."""
    inside = _inside(face, path).removesuffix(".db")
    if found := _RUN_JOURNAL.fullmatch(inside):
        return run_schema(found[1])
    if found := _RUN_FILE.fullmatch(inside):
        return _short(f"{run_schema(found[1])}_{found[2]}")
    return _short(f"importer_{inside}")


def _inside(face: Face, path: Path) -> str:
    return os.path.relpath(path.absolute(), face.folder).replace(os.sep, "/")


def run_schema(run_id: str) -> str:
    return _short(f"importer_run_{run_id}")


def _short(name: str) -> str:
    if len(name.encode(errors="replace")) <= _LONGEST and name.isascii():
        return name
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()
    return f"{name.encode('ascii', 'replace').decode()[:40]}_{digest[:20]}"


def schema_is_there(face: Face, path: Path) -> bool:
    known = schema_name(face, path) in sessions_of(face.address).seen
    if known and not _inside(face, path).startswith("runs/"):  # those are forgotten one by one
        return True
    with _asking(face) as connection:
        return connection.execute(f"{_THERE}$1", (schema_name(face, path),)).fetchone() is not None


def open_schema(face: Face, path: Path, purpose: Purpose) -> PostgresDatabase:
    """Open a schema that is there."""
    db = _database(face, path, purpose)
    with _closing_on_error(db):
        if not db.known_up_to_date and not _is_there(db):
            raise StateError(f"{purpose.title} is not in {face.address.text}: it has no schema {db.schema}.")
    return db


def create_schema(face: Face, path: Path, purpose: Purpose) -> PostgresDatabase:
    """Make a schema that nobody else made before, and open it."""
    db = _database(face, path, purpose)
    with _closing_on_error(db):
        db.execute(f"CREATE SCHEMA {quoted(db.schema)}")
    return db


def ensure_schema(face: Face, path: Path, purpose: Purpose, script: str) -> PostgresDatabase:
    """Open a schema, making it and its tables where they are missing, or are an older importer's."""
    db = _database(face, path, purpose)
    digest = hashlib.sha256(script.encode()).hexdigest()
    with _closing_on_error(db):
        inside = _inside(face, path)
        note = f"{digest} {inside}"
        seen, lasting = sessions_of(face.address).seen, not _MADE_ANEW.match(inside)
        if not (lasting and note in seen) and _comment(db) != note:
            _bring_up(db, script, note)
        if lasting:
            seen.update((note, db.schema))
    return db


def schemas_below(face: Face, folder: Path, pattern: str) -> list[Path]:
    """List the files that would be there, by what is noted at their schemas: a name may be cut."""
    below = f"{_inside(face, folder)}/"
    query = (
        "SELECT substr(noted, strpos(noted, ' ') + 1) FROM (SELECT obj_description(oid, 'pg_namespace') AS noted "
        "FROM pg_namespace WHERE starts_with(nspname, $1)) AS ours WHERE noted LIKE '% %'"
    )
    with _asking(face) as connection:
        noted = [inside for (inside,) in connection.execute(query, (schema_name(face, folder)[:40],))]
    return [
        face.folder / inside
        for inside in noted
        if inside.startswith(below) and PurePosixPath(inside.removeprefix(below)).match(pattern)
    ]


def delete_schema(face: Face, path: Path) -> None:
    """Drop a schema, unless somebody has it open."""
    name = schema_name(face, path)
    with _asking(face) as connection, connection.transaction():
        free = connection.execute(f"SELECT pg_try_advisory_xact_lock({in_use_key(name)})").fetchone()
        if free == (True,):
            connection.execute(f"DROP SCHEMA IF EXISTS {quoted(name)} CASCADE")


def drop_run(face: Face, run_id: str) -> None:
    """Delete all that was kept of a run. Raises RunConflictError where somebody sends rows of it."""
    query = "SELECT nspname FROM pg_namespace WHERE nspname = $1 OR starts_with(nspname, $1 || '_')"
    with _asking(face) as connection, connection.transaction():
        _refuse_in_use(connection, run_id)
        for (found,) in connection.execute(query, (run_schema(run_id),)).fetchall():
            connection.execute(f"DROP SCHEMA IF EXISTS {quoted(found)} CASCADE")


def refuse_in_use(face: Face, run_id: str) -> None:
    """Raise RunConflictError where somebody sends rows of a run: a worker holds its part's location, and not the run."""
    with _asking(face) as connection, connection.transaction():
        _refuse_in_use(connection, run_id)


def _refuse_in_use(connection: Connection, run_id: str) -> None:
    key = in_use_key(run_schema(run_id))
    until = time.monotonic() + _PATIENCE_SECONDS
    # kept to the end of the transaction: whoever opens the run meanwhile waits for what becomes of it
    while connection.execute(f"SELECT pg_try_advisory_xact_lock({key})").fetchone() != (True,):
        if time.monotonic() > until:
            found = connection.execute(_USERS, (key >> 32 & 0xFFFF_FFFF, key & 0xFFFF_FFFF)).fetchone()
            raise RunConflictError(
                f"Run {run_id} is being worked on by {(found and found[0]) or 'another process'}. Stop it first, or wait for "
                f"its end: importer stop {run_id}"
            )
        time.sleep(_TRY_SECONDS)


def run_ids(face: Face) -> list[str]:
    """List the runs that have a journal, or were about to begin one."""
    query = "SELECT substr(nspname, 14) FROM pg_namespace WHERE nspname ~ $1"
    with _asking(face) as connection:
        return [run_id for (run_id,) in connection.execute(query, (_OF_RUNS,))]


def runs_where(face: Face, run_ids: Iterable[str], condition: str, values: Sequence[Any] = ()) -> list[str]:
    """Name those of runs whose journals hold something, by one question to all of them; ``{0}`` stands for the schema."""
    found: list[str] = []
    ids = list(run_ids)
    with _asking(face) as connection:
        for start in range(0, len(ids), _ASKED_AT_ONCE):
            asked = ids[start : start + _ASKED_AT_ONCE]
            query = " UNION ALL ".join(
                f"SELECT '{run_id}' WHERE {condition.format(quoted(run_schema(run_id)))}" for run_id in asked
            )
            found += [run_id for (run_id,) in connection.execute(query, values)]
    return found


def grant(db: PostgresDatabase) -> None:
    """Let those in who may work on a schema and those who may look at it, where the database has such roles."""
    found = db.execute("SELECT rolname FROM pg_roles WHERE rolname IN (?, ?)", (WORKER, READER)).fetchall()
    for (role,) in found:
        schema, tables, counters = _ALLOWED[role]
        name = quoted(db.schema)
        db.execute(f"GRANT {schema} ON SCHEMA {name} TO {role}")
        db.execute(f"GRANT {tables} ON ALL TABLES IN SCHEMA {name} TO {role}")
        if counters:
            db.execute(f"GRANT {counters} ON ALL SEQUENCES IN SCHEMA {name} TO {role}")


def _bring_up(db: PostgresDatabase, script: str, note: str) -> None:
    with db.alone(lock_key("schemas")):
        if _comment(db) == note:  # somebody was quicker
            return
        db.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(db.schema)}")
        db.executescript(script)
        db.execute(f"COMMENT ON SCHEMA {quoted(db.schema)} IS {_literal(note)}")
        grant(db)


def _literal(text: str) -> str:
    """Write a text of our own into a statement that takes no values; a path may hold anything."""
    escaped = held(text).replace("'", "''")
    return f"'{escaped}'"


def _comment(db: PostgresDatabase) -> str | None:
    query = "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = ?"
    found = db.execute(query, (db.schema,)).fetchone()
    return None if found is None else found[0]


_THERE: Final = "SELECT 1 FROM pg_namespace WHERE nspname = "


def _is_there(db: PostgresDatabase) -> bool:
    return db.execute(f"{_THERE}?", (db.schema,)).fetchone() is not None


_ASKING: Final = Purpose(
    title="The state", go_on="begin again", if_damaged="Restore the database from a backup."
)


@contextlib.contextmanager
def _asking(face: Face) -> Iterator[Connection]:
    sessions = sessions_of(face.address)
    session = sessions.lend(_ASKING)
    try:
        yield session.connection
    except Error as cause:
        raise state_error(cause, address=face.address, purpose=_ASKING) from cause
    finally:
        sessions.take_back(session)


def _database(face: Face, path: Path, purpose: Purpose) -> PostgresDatabase:
    dropped = _DROPPED.match(_inside(face, path)) is not None
    return PostgresDatabase(
        face.address, schema=schema_name(face, path), path=path, purpose=purpose, dropped=dropped
    )


@contextlib.contextmanager
def _closing_on_error(db: PostgresDatabase) -> Iterator[None]:
    try:
        yield
    except BaseException:
        db.close()
        raise
