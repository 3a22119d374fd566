"""A plan in figures: what would become of its rows, which fields change, what it takes to apply it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from importer.highlevel.equality import is_blank, overwrites
from importer.highlevel.lifts import is_lift
from importer.records import Change, Json, PlanAction, PlannedRow, RowId, value_type

_EXAMPLES: Final = 5
_REASONS: Final = 3


@value_type(frozen=True, slots=True, kw_only=True)
class ChangeExample:
    """One change to look at."""

    row: RowId
    old: str
    new: str


@dataclass(slots=True, kw_only=True)
class FieldChanges:
    """How often a field is set that was blank, changed, and cleared."""

    set: int = 0
    changed: int = 0
    cleared: int = 0
    examples: list[ChangeExample] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return self.set + self.changed + self.cleared

    def to_json(self) -> dict[str, Json]:
        return {"set": self.set, "changed": self.changed, "cleared": self.cleared}


@dataclass(slots=True, kw_only=True)
class PlanGroup:
    """Rows of one code, with the first of them."""

    code: str
    action: PlanAction | None
    rows: int = 0
    reasons: list[tuple[RowId, str]] = field(default_factory=list)


class PlanTally:
    """Counts planned rows as they pass by."""

    def __init__(
        self, *, duplicates_allowed: Mapping[str, bool], follow_up_calls: float, replaces_tags: bool = False
    ) -> None:
        self.actions: Counter[PlanAction] = Counter()
        self.fields: dict[str, FieldChanges] = {}
        self.groups: dict[tuple[str, PlanAction | None], PlanGroup] = {}
        self.location_requests: Counter[str] = Counter()
        self.lifts = 0
        self._duplicates_allowed = duplicates_allowed
        self._follow_up_calls = follow_up_calls
        self._replaces_tags = replaces_tags
        self._follow_up_rows: Counter[str] = Counter()

    def see_all(self, some: Iterable[PlannedRow]) -> None:
        """Count a block of rows; of those that change nothing there is no more to tell than how many they are."""
        unchanged = 0
        for planned in some:
            if planned.action is PlanAction.UNCHANGED and not planned.warnings:
                unchanged += 1
            else:
                self.see(planned)
        if unchanged:
            self.actions[PlanAction.UNCHANGED] += unchanged

    def see(self, planned: PlannedRow) -> None:
        self.actions[planned.action] += 1
        for change in planned.changes:
            self._see_change(planned.row, change)
        if planned.tags_added or planned.tags_removed:
            self._see_tags(planned)
        if planned.action not in (PlanAction.CREATE, PlanAction.UPDATE, PlanAction.UNCHANGED):
            self._group(
                planned.code or planned.action.value, planned.action, planned.row, planned.reason or ""
            )
        for warning in planned.warnings:
            self._group(warning.code, None, planned.row, warning.message)
        self.lifts += any(is_lift(change) for change in planned.changes)
        self._count_calls(planned)

    @property
    def requests(self) -> dict[str, int]:
        """Tell the calls that applying the plan needs, by location."""
        shares = {
            place: -int(-rows * self._follow_up_calls // 1) for place, rows in self._follow_up_rows.items()
        }
        return {
            place: self.location_requests[place] + shares.get(place, 0)
            for place in {*self.location_requests, *shares}
        }

    def _see_change(self, row: RowId, change: Change) -> None:
        found = self.fields.setdefault(change.name, FieldChanges())
        if is_blank(change.new):
            found.cleared += 1
        elif is_blank(change.old) and not change.unseen:
            found.set += 1
        else:
            found.changed += 1
        if len(found.examples) < _EXAMPLES:
            found.examples.append(ChangeExample(row=row, old=shown(change.old), new=shown(change.new)))

    def _see_tags(self, planned: PlannedRow) -> None:
        found = self.fields.setdefault("tags", FieldChanges())
        found.set += bool(planned.tags_added)
        found.cleared += bool(planned.tags_removed) and not planned.tags_added
        if len(found.examples) < _EXAMPLES:
            found.examples.append(
                ChangeExample(
                    row=planned.row, old=", ".join(planned.tags_removed), new=", ".join(planned.tags_added)
                )
            )

    def _group(self, code: str, action: PlanAction | None, row: RowId, reason: str) -> None:
        group = self.groups.setdefault((code, action), PlanGroup(code=code, action=action))
        group.rows += 1
        if len(group.reasons) < _REASONS:
            group.reasons.append((row, reason))

    def _count_calls(self, planned: PlannedRow) -> None:
        place = planned.location_id or ""
        if planned.action is PlanAction.CREATE:
            self.location_requests[place] += 2 if self._duplicates_allowed.get(place) else 1
            self._follow_up_rows[place] += 1
        elif planned.action is PlanAction.UPDATE:
            replaces = self._replaces_tags and bool(planned.tags_added or planned.tags_removed)
            looks = replaces or any(map(overwrites, planned.changes))
            self.location_requests[place] += (replaces or bool(planned.changes)) + looks
            self._follow_up_rows[place] += 1


def shown(value: Json) -> str:
    """Write a value as people read it."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(shown, value))
    if isinstance(value, dict):
        return ", ".join(f"{name}: {shown(each)}" for name, each in value.items())
    return str(value)


@value_type(frozen=True, slots=True, kw_only=True)
class MirrorSummary:
    """A location's contacts, as the plan saw them."""

    name: str
    contacts: int
    requests: int
    as_of: float

    def to_json(self, at: str) -> dict[str, Json]:
        return {"contacts": self.contacts, "requests": self.requests, "at": at}


@value_type(frozen=True, slots=True, kw_only=True)
class MissingContacts:
    """The contacts of the locations that no row of the sources may mean, and the file that lists them."""

    contacts: int
    path: Path


@value_type(frozen=True, slots=True, kw_only=True)
class PlanSummary:
    """What a plan comes to."""

    plan_id: str
    """By which ``apply`` finds it."""
    sources: tuple[str, ...]
    """The files, by name."""
    mapping: str
    """The mapping's file, as it was named."""
    made_at: float
    """When, in seconds since 1970."""
    actions: Mapping[PlanAction, int]
    """Rows by what becomes of them."""
    fields: Mapping[str, FieldChanges]
    """How often each field is set, changed and cleared."""
    groups: Sequence[PlanGroup]
    """Why rows are left out, and what they are warned of, by code."""
    mirrors: Mapping[str, MirrorSummary]
    """What was read of each location, by its id."""
    requests: int
    """Calls that applying it needs."""
    requests_without_plan: int
    """Calls that a plain run would need."""
    requests_made: int
    """Calls that were made for the plan itself."""
    seconds: float
    """How long planning took."""
    apply_seconds: float
    """How long applying it takes at the vendor's quota."""
    lifts: int
    """Contacts for whom do-not-disturb would be switched off."""
    workflow: str | None
    """The workflow that contacts are added to."""
    plan: Path
    """The file with a line for each row."""
    report: Path
    """The page for whoever has to approve."""
    missing: MissingContacts | None = None
    """Where it was asked for."""

    @property
    def rows_read(self) -> int:
        """All rows of the sources."""
        return sum(self.actions.values())

    def count(self, action: PlanAction) -> int:
        """Count the rows of an action."""
        return self.actions.get(action, 0)

    @property
    def failing(self) -> int:
        """Rows that would fail or could be several people."""
        return self.count(PlanAction.FAIL) + self.count(PlanAction.AMBIGUOUS)

    @property
    def unsent(self) -> int:
        """Rows that fail or are skipped: whose they are is not known."""
        return self.count(PlanAction.FAIL) + self.count(PlanAction.SKIP)

    @property
    def exit_code(self) -> int:
        """0 no row would fail, 1 some would, or are ambiguous."""
        return 1 if self.failing else 0

    def to_json(self) -> dict[str, Json]:
        """Write the plan's figures as documented; programs rely on the names."""
        from datetime import UTC, datetime

        def moment(seconds: float) -> str:
            return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")

        return {
            "plan_id": self.plan_id,
            "rows_read": self.rows_read,
            **{action.value: self.count(action) for action in PlanAction},
            "requests": self.requests,
            "requests_without_plan": self.requests_without_plan,
            "requests_made": self.requests_made,
            "seconds": round(self.seconds, 3),
            "changes": {name: each.to_json() for name, each in self.fields.items()},
            "lifts": self.lifts,
            "warnings_by_code": {group.code: group.rows for group in self.groups if group.action is None},
            "mirror": {place: each.to_json(moment(each.as_of)) for place, each in self.mirrors.items()},
            "made_at": moment(self.made_at),
            "plan": str(self.plan),
            "report": str(self.report),
            **self._missing_json(),
        }

    def _missing_json(self) -> dict[str, Json]:
        if self.missing is None:
            return {}
        return {"missing": self.missing.contacts, "missing_file": str(self.missing.path)}
