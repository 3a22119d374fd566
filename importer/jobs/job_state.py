"""How jobs stand, in SQLite: what is accounted for, what is open, what happened, and the notices not yet delivered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import field
from enum import StrEnum
from pathlib import Path
from typing import Final

from importer.jobs.notices import Notice
from importer.records import value_type
from importer.settings import DEFAULT_BASE_URL
from importer.sources import masked
from importer.sources.sightings import Sighting
from importer.state.database import Purpose, StateFile, replacing

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS jobs (
    name TEXT PRIMARY KEY, accounted_until REAL NOT NULL, health TEXT NOT NULL, since REAL NOT NULL,
    open_run TEXT, open_due REAL, open_file TEXT, attempt INTEGER NOT NULL, next_at REAL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS occasions (
    number INTEGER PRIMARY KEY, job TEXT NOT NULL, due_at REAL NOT NULL, began_at REAL NOT NULL, ended_at REAL NOT NULL,
    result TEXT NOT NULL, run_id TEXT, file TEXT, sentence TEXT NOT NULL,
    created INTEGER NOT NULL, updated INTEGER NOT NULL, skipped INTEGER NOT NULL, failed INTEGER NOT NULL,
    pending INTEGER NOT NULL, requests INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS occasions_by_job ON occasions (job, number);
CREATE TABLE IF NOT EXISTS totals (
    job TEXT NOT NULL, name TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (job, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dealt_with (
    job TEXT NOT NULL, reference TEXT NOT NULL, size INTEGER, modified_at REAL, PRIMARY KEY (job, reference)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tagged (
    job TEXT NOT NULL, contact_id TEXT NOT NULL, PRIMARY KEY (job, contact_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS open_plans (job TEXT PRIMARY KEY, plan_id TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (
    number INTEGER PRIMARY KEY, channel TEXT NOT NULL, notice TEXT NOT NULL, attempts INTEGER NOT NULL, next_at REAL NOT NULL
);
"""
_PUT_JOB: Final = replacing(
    "jobs",
    "name, accounted_until, health, since, open_run, open_due, open_file, attempt, next_at",
    key="name",
)
_PUT_DEALT: Final = replacing("dealt_with", "job, reference, size, modified_at", key="job, reference")
_KEPT_OCCASIONS: Final = 1000


class Health(StrEnum):
    NEW = "new"
    WELL = "well"
    FAILING = "failing"


class Result(StrEnum):
    """How one turn of a job ended."""

    FINISHED = "finished"
    NOTHING_NEW = "nothing_new"
    REFUSED = "refused"
    """A threshold refused the file before anything was sent."""
    CROSSED = "crossed"
    """Imported, but more rows failed than the threshold allows."""
    STOPPED = "stopped"
    """Begun and not ended; it goes on by itself."""
    AWAITING = "awaiting"
    """Planned, and not sent before a person approves the plan."""
    FAILED = "failed"
    """Nothing was sent."""


@value_type(frozen=True, slots=True, kw_only=True)
class JobState:
    """Where one job stands."""

    name: str
    accounted_until: float
    """Every time that was due until then was run, made up for or let go."""
    health: Health = Health.NEW
    since: float = 0.0
    open_run: str | None = None
    """A stopped run, to go on with before anything new."""
    open_due: float | None = None
    open_file: str | None = None
    open_plan: str | None = None
    """The plan by which the open file is sent, once it may be."""
    attempt: int = 0
    next_at: float | None = None
    """When to try again, ahead of the schedule."""


@value_type(frozen=True, slots=True, kw_only=True)
class Occasion:
    """One turn of a job that is over."""

    job: str
    due_at: float
    began_at: float
    ended_at: float
    result: Result
    sentence: str = ""
    run_id: str | None = None
    file: str | None = None
    counts: dict[str, int] = field(default_factory=dict)


@value_type(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A notice that waits for delivery over one channel; ``channel`` tells it from the others of the job file."""

    number: int
    channel: str
    notice: Notice
    attempts: int
    next_at: float


_COUNTS: Final = ("created", "updated", "skipped", "failed", "pending", "requests")


def jobs_place(state: Path, base_url: str, *, sandbox: bool = False) -> Path:
    """Keep what was tried out elsewhere apart: a file that a sandbox has seen is new to HighLevel."""
    if sandbox:
        return state / "sandbox"
    if base_url.rstrip("/") == DEFAULT_BASE_URL:
        return state
    return state / f"elsewhere-{hashlib.sha256(base_url.rstrip('/').encode()).hexdigest()[:12]}"


class JobsState(StateFile):
    """The state of all jobs in one state folder."""

    FILE_NAME = "jobs.db"
    SCHEMA = _SCHEMA
    PURPOSE = Purpose(
        title="The jobs' state",
        go_on="start importer serve or watch again",
        if_damaged="Restore it from a backup, or move it away: then jobs begin anew, and notices not yet delivered "
        "are lost.",
    )

    def job_state(self, name: str, *, now: float) -> JobState:
        """Tell where a job stands; one never seen begins now, with nothing to make up for."""
        if (known := self.known_state(name)) is not None:
            return known
        fresh = JobState(name=name, accounted_until=now, since=now)
        self.put(fresh)
        return fresh

    def known_state(self, name: str) -> JobState | None:
        """Tell where a job stands; None for one that was never served. Whoever only looks does not begin it."""
        found = self._db.execute(
            "SELECT accounted_until, health, since, open_run, open_due, open_file, attempt, next_at, plan_id "
            "FROM jobs LEFT JOIN open_plans ON open_plans.job = jobs.name WHERE name = ?",
            (name,),
        ).fetchone()
        if found is None:
            return None
        until, health, since, open_run, open_due, open_file, attempt, next_at, open_plan = found
        return JobState(
            name=name,
            accounted_until=until,
            health=Health(health),
            since=since,
            open_run=open_run,
            open_due=open_due,
            open_file=open_file,
            open_plan=open_plan,
            attempt=attempt,
            next_at=next_at,
        )

    def put(self, job_state: JobState) -> None:
        with self._db.transaction():
            self._put(job_state)

    def close_turn(self, job_state: JobState, occasion: Occasion, parcels: list[tuple[str, Notice]]) -> None:
        """Write how a turn ended, where the job stands now and whom to tell, all at once."""
        with self._db.transaction() as database:
            self._put(job_state)
            database.execute(
                "INSERT INTO occasions (job, due_at, began_at, ended_at, result, run_id, file, sentence, "
                "created, updated, skipped, failed, pending, requests) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                (
                    occasion.job,
                    occasion.due_at,
                    occasion.began_at,
                    occasion.ended_at,
                    occasion.result.value,
                    occasion.run_id,
                    occasion.file,
                    occasion.sentence,
                    *(occasion.counts.get(name, 0) for name in _COUNTS),
                ),
            )
            database.execute(
                "DELETE FROM occasions WHERE job = ? AND number <= (SELECT max(number) FROM occasions) - ?",
                (occasion.job, _KEPT_OCCASIONS),
            )
            database.executemany(
                "INSERT INTO totals (job, name, value) VALUES (?, ?, ?) "
                "ON CONFLICT (job, name) DO UPDATE SET value = totals.value + excluded.value",
                ((occasion.job, name, value) for name, value in _added(occasion).items()),
            )
            database.executemany(
                "INSERT INTO outbox (channel, notice, attempts, next_at) VALUES (?, ?, 0, ?)",
                (
                    (channel, json.dumps(notice.to_json(), ensure_ascii=False), occasion.ended_at)
                    for channel, notice in parcels
                ),
            )

    def occasions(self, job: str | None = None, *, limit: int = 1000) -> list[Occasion]:
        """List turns, newest first."""
        where, values = ("WHERE job = ? ", (job,)) if job else ("", ())
        rows = self._db.execute(
            "SELECT job, due_at, began_at, ended_at, result, run_id, file, sentence, created, updated, skipped, failed, "  # noqa: S608  (our own text)
            f"pending, requests FROM occasions {where}ORDER BY number DESC LIMIT ?",
            (*values, limit),
        )
        return [
            Occasion(
                job=row[0],
                due_at=row[1],
                began_at=row[2],
                ended_at=row[3],
                result=Result(row[4]),
                run_id=row[5],
                file=row[6],
                sentence=row[7],
                counts=dict(zip(_COUNTS, row[8:], strict=True)),
            )
            for row in rows
        ]

    def totals(self, job: str) -> dict[str, int]:
        """Tell how many turns ended in each result (``result finished``), and how many rows in each status, ever."""
        rows = self._db.execute("SELECT name, value FROM totals WHERE job = ?", (job,))
        return {str(name): int(value) for name, value in rows}

    # files

    def dealt_with(self, job: str, sighting: Sighting) -> bool:
        """Tell whether this very file, by place, size and time, was imported or found to be a copy of one that was."""
        if sighting.modified_at is None:
            return False
        found = self._db.execute(
            "SELECT size, modified_at FROM dealt_with WHERE job = ? AND reference = ?",
            (job, masked(sighting.reference)),
        ).fetchone()
        return bool(found == (sighting.size, sighting.modified_at))

    def deal(self, job: str, reference: str, size: int | None, modified_at: float | None) -> None:
        with self._db.transaction() as database:
            database.execute(_PUT_DEALT, (job, masked(reference), size, modified_at))

    def let_go(self, job: str, overtaken: Iterable[Sighting]) -> None:
        """Count files as dealt with that a newer one has overtaken: once that is put away they would be the newest."""
        with self._db.transaction() as database:
            database.executemany(
                _PUT_DEALT,
                ((job, masked(each.reference), each.size, each.modified_at) for each in overtaken),
            )

    # people who are gone

    def tagged(self, job: str) -> frozenset[str]:
        """List the contacts that have their tag for being gone."""
        rows = self._db.execute("SELECT contact_id FROM tagged WHERE job = ?", (job,))
        return frozenset(contact_id for (contact_id,) in rows)

    def tag(self, job: str, contact_ids: Iterable[str]) -> None:
        with self._db.transaction() as database:
            database.executemany(
                "INSERT OR IGNORE INTO tagged (job, contact_id) VALUES (?, ?)",
                ((job, contact_id) for contact_id in contact_ids),
            )

    def retag(self, job: str, *, keep: Iterable[str]) -> None:
        """Forget who is back, so that they are tagged anew when they go again."""
        back = self.tagged(job).difference(keep)
        if not back:
            return
        with self._db.transaction() as database:
            database.executemany(
                "DELETE FROM tagged WHERE job = ? AND contact_id = ?",
                ((job, contact_id) for contact_id in back),
            )

    # notices

    def parcels(self, *, due_by: float) -> Iterator[Parcel]:
        """Yield the notices whose time has come."""
        rows = self._db.execute(
            "SELECT number, channel, notice, attempts, next_at FROM outbox WHERE next_at <= ? ORDER BY number",
            (due_by,),
        ).fetchall()
        for number, channel, notice, attempts, next_at in rows:
            yield Parcel(
                number=number,
                channel=channel,
                notice=Notice.from_json(json.loads(notice)),
                attempts=attempts,
                next_at=next_at,
            )

    def parcels_waiting(self) -> int:
        (found,) = self._db.execute("SELECT count(*) FROM outbox").fetchone()
        return int(found)

    def next_parcel_at(self) -> float | None:
        (found,) = self._db.execute("SELECT min(next_at) FROM outbox").fetchone()
        return None if found is None else float(found)

    def delivered(self, parcel: Parcel) -> None:
        """Take a notice out: it arrived, or nothing can be done any more."""
        with self._db.transaction() as database:
            database.execute("DELETE FROM outbox WHERE number = ?", (parcel.number,))

    def postpone(self, parcel: Parcel, next_at: float) -> None:
        with self._db.transaction() as database:
            database.execute(
                "UPDATE outbox SET attempts = attempts + 1, next_at = ? WHERE number = ?",
                (next_at, parcel.number),
            )

    def _put(self, job_state: JobState) -> None:
        self._db.execute(
            _PUT_JOB,
            (
                job_state.name,
                job_state.accounted_until,
                job_state.health.value,
                job_state.since,
                job_state.open_run,
                job_state.open_due,
                job_state.open_file,
                job_state.attempt,
                job_state.next_at,
            ),
        )
        self._db.execute("DELETE FROM open_plans WHERE job = ?", (job_state.name,))
        if job_state.open_plan is not None:
            self._db.execute(
                "INSERT INTO open_plans (job, plan_id) VALUES (?, ?)", (job_state.name, job_state.open_plan)
            )


def _added(occasion: Occasion) -> dict[str, int]:
    if occasion.result is Result.STOPPED:  # its figures come again with those of the whole run
        return {f"result {occasion.result}": 1}
    counted = {name: occasion.counts.get(name, 0) for name in _COUNTS if name != "pending"}
    return {f"result {occasion.result}": 1, **{name: value for name, value in counted.items() if value}}
