"""Plans in the state folder: what was decided of each row, so that exactly this is sent. For their owner's eyes only."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Self

from importer.errors import SettingsError, StateError
from importer.records import Change, Fault, Json, PlanAction, PlannedRow, RowId, value_type
from importer.runtime.regex import regex
from importer.state.database import (
    Database,
    Purpose,
    databases_below,
    delete_database,
    ensure_database,
    open_database,
    replacing,
)

KEEP_DAYS: Final = 30
GOOD_FOR_SECONDS: Final = 7 * 86_400.0
"""A plan is applied no later, unless somebody says so: then the location is looked at once more."""
FILE_NAME: Final = "plan.db"
_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS rows (row INTEGER PRIMARY KEY, content TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
# not there in plans of older importers: made when it is asked for
_APPROVALS: Final = """
CREATE TABLE IF NOT EXISTS approvals (
    one INTEGER PRIMARY KEY CHECK (one = 1), job TEXT, why TEXT, decision TEXT, by TEXT, at REAL
)
"""
_PUT_FACT: Final = replacing("facts", "name, value", key="name")
_PUT_APPROVAL: Final = replacing("approvals", "one, job, why, decision, by, at", key="one")
_ACTION: Final = regex(r'\["(\w+)"')
# so much of a row's content has the action in it
_BEGINS: Final = f"SELECT substr(content, 1, {3 + max(map(len, PlanAction))}) AS begins, count(*) FROM rows GROUP BY begins"  # noqa: S608
_STAMP: Final = regex(r"plan-(\d{8}-\d{6})-")
PURPOSE: Final = Purpose(
    title="The plan",
    go_on="plan again",
    if_damaged="Plan again with: importer plan",
    misfit_is_damage=True,
)


@value_type(frozen=True, slots=True, kw_only=True)
class PlanFacts:
    """What a plan was made of; it is applied to just that."""

    plan_id: str
    made_at: float
    sources: tuple[str, ...]
    fingerprints: tuple[str, ...]
    mapping_path: str
    mapping_fingerprint: str
    location_id: str | None
    base_url: str
    options: Mapping[str, Json] = field(default_factory=dict)
    requests: Mapping[str, int] = field(default_factory=dict)
    """Calls that applying it needs, by location."""
    lifts: int = 0
    """Rows that would lift somebody's do-not-disturb."""


class Decision(StrEnum):
    """What a person said of a plan."""

    APPROVED = "approved"
    REFUSED = "refused"


@value_type(frozen=True, slots=True, kw_only=True)
class Approval:
    """Whether a person has to agree to a plan, and what they said."""

    job: str | None = None
    """The job that waits for it."""
    why: str | None = None
    """Why it waits: the threshold that the plan crosses."""
    decision: Decision | None = None
    by: str | None = None
    at: float | None = None

    @property
    def awaited(self) -> bool:
        """Tell whether somebody has to say something still."""
        return self.job is not None and self.decision is None


class StoredPlan:
    """One plan, open."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @classmethod
    def create(cls, folder: Path) -> Self:
        stored = cls(ensure_database(folder / FILE_NAME, PURPOSE, SCHEMA))
        # of a plan that is not whole nothing is used, so that a power cut may take of it what it likes
        stored._db.execute("PRAGMA synchronous = NORMAL")
        return stored

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open a plan that was finished; raises SettingsError."""
        try:
            return cls(open_database(folder / FILE_NAME, PURPOSE))
        except StateError as cause:
            raise SettingsError(str(cause)) from cause

    @staticmethod
    def discard(folder: Path) -> None:
        """Delete what a run that compared by itself decided: the old values of contacts are in it."""
        delete_database(folder / FILE_NAME)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    def add(self, planned: Iterable[PlannedRow]) -> None:
        with self._db.transaction():
            self._db.executemany(
                "INSERT INTO rows (row, content) VALUES (?, ?)",
                map(row_cells, planned),
            )

    def begin_anew(self) -> None:
        """Forget what was decided before a planning was cut off."""
        with self._db.transaction():
            self._db.execute("DELETE FROM rows")

    @property
    def whole(self) -> bool:
        return self._db.execute("SELECT 1 FROM facts LIMIT 1").fetchone() is not None

    def finish(self, facts: PlanFacts) -> None:
        """Say what the plan was made of; without that it is none."""
        values = [(name, json.dumps(value)) for name, value in asdict(facts).items()]
        self._db.execute("PRAGMA synchronous = FULL")  # all that was added goes to the disk with this
        with self._db.transaction():
            self._db.executemany(_PUT_FACT, values)

    @property
    def facts(self) -> PlanFacts:
        found: dict[str, Any] = {
            name: json.loads(value) for name, value in self._db.execute("SELECT name, value FROM facts")
        } or _together(map(json.loads, self._kept_facts()))
        if not found:
            raise SettingsError("The plan was cut off before it was whole. Plan again with: importer plan")
        return PlanFacts(
            **{**found, "sources": tuple(found["sources"]), "fingerprints": tuple(found["fingerprints"])}
        )

    def _kept_facts(self) -> Iterator[str]:
        """Give what the parts of a split run say of their rows, each of which decided its own."""
        if self._db.columns("parts"):
            query = "SELECT facts FROM parts WHERE facts IS NOT NULL ORDER BY location"
            yield from (said for (said,) in self._db.execute(query).fetchall())

    @property
    def approval(self) -> Approval:
        """What was asked and said of it; nothing, as a rule."""
        self._db.execute(_APPROVALS)
        found = self._db.execute("SELECT job, why, decision, by, at FROM approvals").fetchone()
        if found is None:
            return Approval()
        job, why, decision, by, at = found
        return Approval(job=job, why=why, decision=Decision(decision) if decision else None, by=by, at=at)

    def ask(self, job: str, why: str) -> None:
        """Have a job wait until a person approves the plan."""
        self._keep(Approval(job=job, why=why))

    def say(self, decision: Decision, *, by: str, at: float) -> Approval:
        """Write down what a person said; the first word stands. Gives what holds now."""
        with self._db.transaction():
            known = self.approval
            if known.decision is not None:
                return known
            said = replace(known, decision=decision, by=by, at=at)
            self._put(said)
        return said

    def _keep(self, approval: Approval) -> None:
        self._db.execute(_APPROVALS)
        with self._db.transaction():
            self._put(approval)

    def _put(self, approval: Approval) -> None:
        self._db.execute(
            _PUT_APPROVAL,
            (
                1,
                approval.job,
                approval.why,
                approval.decision.value if approval.decision else None,
                approval.by,
                approval.at,
            ),
        )

    def count_actions(self) -> dict[PlanAction, int]:
        """Tell of how many rows each thing was decided."""
        counts: Counter[PlanAction] = Counter()
        for content, count in self._db.execute(_BEGINS):
            if found := _ACTION.match(content):
                counts[PlanAction(found[1])] += count
        return dict(counts)

    def mentions(self, wanted: re.Pattern[str]) -> bool:
        """Tell whether a pattern is found in any row."""
        rows = self._db.execute("SELECT content FROM rows")
        return any(wanted.search(content) for (content,) in rows)

    def rows(self, first: RowId, last: RowId) -> dict[RowId, PlannedRow]:
        """Give what was decided of the rows from ``first`` to ``last``."""
        found = self._db.execute(
            "SELECT row, content FROM rows WHERE row BETWEEN ? AND ? ORDER BY row", (first, last)
        )
        return {row: _read(row, content) for row, content in found}


class Plans:
    """The plans of one state folder."""

    def __init__(self, state: Path) -> None:
        self._path = state / "plans"

    def new_folder(self, plan_id: str) -> Path:
        folder = self._path / plan_id
        try:
            folder.mkdir(parents=True, mode=0o700)
        except OSError as cause:
            raise SettingsError(
                f"The state folder {self._path.parent} cannot be used: {cause.strerror}. Name another one with --state."
            ) from None
        return folder

    def ids(self) -> tuple[str, ...]:
        """List the plans, newest first."""
        return tuple(
            sorted((path.parent.name for path in databases_below(self._path, f"*/{FILE_NAME}")), reverse=True)
        )

    def find(self, wanted: str) -> Path:
        """Find a plan by the beginning of its id, or by its folder of results or a file in that."""
        path = Path(wanted)
        names = {wanted, path.name, path.absolute().parent.name}
        exact = [plan_id for plan_id in self.ids() if plan_id in names]
        found = exact or [plan_id for plan_id in self.ids() if wanted and plan_id.startswith(wanted)]
        if not found:
            raise SettingsError(f"There is no plan {wanted!r} in {self._path}. Make one with: importer plan")
        if len(found) > 1:
            raise SettingsError(
                f"{wanted!r} could be any of the plans {', '.join(found)}. Give more of the id."
            )
        return self._path / found[0]

    def open_each(self) -> Iterator[tuple[str, StoredPlan]]:
        """Open one plan after the other, those too that were cut off."""
        for plan_id in self.ids():
            with StoredPlan.open(self._path / plan_id) as stored:
                yield plan_id, stored

    def sweep(self, now: float) -> None:
        """Delete plans that nobody will apply any more."""
        oldest = f"{datetime.fromtimestamp(max(0.0, now - KEEP_DAYS * 86_400), UTC):%Y%m%d-%H%M%S}"
        for plan_id in self.ids():
            if (made := _STAMP.match(plan_id)) and made[1] < oldest:
                self.discard(plan_id)

    def discard(self, plan_id: str) -> None:
        delete_database(self._path / plan_id / FILE_NAME)
        shutil.rmtree(self._path / plan_id, ignore_errors=True)


def row_cells(planned: PlannedRow) -> tuple[RowId, str]:
    """Write what was decided of a row."""
    return planned.row, _write(planned)


def _together(said: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Sum up what the parts of a run say: each knows the calls of its own location."""
    found: dict[str, Any] = {}
    for each in said:
        requests, lifts = found.get("requests", {}), found.get("lifts", 0)
        found = {**each, "requests": requests | each["requests"], "lifts": lifts + each["lifts"]}
    return found


def _write(planned: PlannedRow) -> str:
    if planned.changes or planned.tags_added or planned.tags_removed or planned.warnings:
        return _written_whole(planned)
    before, after = _written_plain(planned.action, planned.location_id, planned.code, planned.reason)
    return f"{before}{_encode(planned.contact_id)}{after}"


@lru_cache(maxsize=1_024)
def _written_plain(
    action: PlanAction, location_id: str | None, code: str | None, reason: str | None
) -> tuple[str, str]:
    """Write what rows that change nothing have in common, nearly all of a nightly file: before and behind the contact's id."""
    return (
        f"[{_encode(action.value)},{_encode(location_id)},",
        f",[],[],[],{_encode(code)},{_encode(reason)},[]]",
    )


def _written_whole(planned: PlannedRow) -> str:
    kept = [
        planned.action.value,
        planned.location_id,
        planned.contact_id,
        [
            [change.reference, change.name, change.old, change.new, change.data_type, change.unseen]
            for change in planned.changes
        ],
        planned.tags_added,
        planned.tags_removed,
        planned.code,
        planned.reason,
        [[fault.code, fault.message, fault.column] for fault in planned.warnings],
    ]
    return _encode(kept)


def _read(row: RowId, content: str) -> PlannedRow:
    action, location_id, contact_id, changes, added, removed, code, reason, warnings = json.loads(content)
    return PlannedRow(
        row=row,
        action=PlanAction(action),
        location_id=location_id,
        contact_id=contact_id,
        changes=tuple(
            Change(reference=reference, name=name, old=old, new=new, data_type=data_type, unseen=unseen)
            for reference, name, old, new, data_type, unseen in changes
        ),
        tags_added=tuple(added),
        tags_removed=tuple(removed),
        code=code,
        reason=reason,
        warnings=tuple(
            Fault(code=fault_code, message=message, column=column, fails=False)
            for fault_code, message, column in warnings
        ),
    )
