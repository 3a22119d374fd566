"""Between nouns and table rows: what a state looks like in the journal's tables, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from importer.records import (
    Added,
    BeforeImage,
    Change,
    Fault,
    FollowUpMark,
    FollowUpState,
    ImagePart,
    Intent,
    Landed,
    Outcome,
    Remedy,
    Status,
    UndoLine,
    UndoStatus,
)

SqlCells: TypeAlias = tuple[Any, ...]

OUTCOME_COLUMNS: Final = (
    '"row", status, location_id, contact_id, code, message, remedy, warnings, http_status, attempts, trace_id'
)
LANDED_COLUMNS: Final = '"row", location_id, status, contact_id, http_status, attempts, trace_id, warnings'
QUOTA_COLUMNS: Final = "location_id, at, in_window, used_today, daily_remaining, slowest_seconds"
MARK_COLUMNS: Final = '"row", name, state'
ADDED_COLUMNS: Final = '"row", name, kind, location_id, contact_id, id, made, digest'
INTENT_COLUMNS: Final = '"row", location_id, first_attempt_at, last_attempt_at, attempts, exact'
IMAGE_COLUMNS: Final = '"row", part, contact_id, content'
UNDO_COLUMNS: Final = '"row", contact_id, status, reason'
MOMENT_COLUMNS: Final = '"row", at'

_STATUS: Final = {status.value: status for status in Status}
_FOLLOW_UP_STATE: Final = {state.value: state for state in FollowUpState}
_REMEDY: Final = {remedy.value: remedy for remedy in Remedy}


def outcome_cells(outcome: Outcome) -> SqlCells:
    # The value, not the member: sqlite3 sends every subclass of str through its slow adapter lookup. `_value_` is the
    # documented attribute behind the property `value`, a function in Python that takes six times as long.
    return (
        outcome.row,
        outcome.status._value_,
        outcome.location_id,
        outcome.contact_id,
        outcome.code,
        outcome.message,
        outcome.remedy._value_,
        write_warnings(outcome.warnings) if outcome.warnings else None,
        outcome.http_status,
        outcome.attempts,
        outcome.trace_id,
    )


def outcome_of(cells: Sequence[Any]) -> Outcome:
    row, status, location_id, contact_id, code, message, remedy, warnings, http_status, attempts, trace = (
        cells
    )
    return Outcome(
        row=row,
        status=_STATUS[status],
        location_id=location_id,
        contact_id=contact_id,
        code=code,
        message=message,
        remedy=_REMEDY[remedy],
        warnings=read_warnings(warnings) if warnings else (),
        http_status=http_status,
        attempts=attempts,
        trace_id=trace,
    )


def landed_cells(landed: Landed) -> SqlCells:
    return (
        landed.row,
        landed.location_id,
        landed.status._value_,
        landed.contact_id,
        landed.http_status,
        landed.attempts,
        landed.trace_id,
        write_warnings(landed.warnings) if landed.warnings else None,
    )


def landed_of(
    cells: Sequence[Any], marks: tuple[FollowUpMark, ...] = (), *, first_attempt_at: float | None = None
) -> Landed:
    row, location_id, status, contact_id, http_status, attempts, trace_id, warnings = cells
    return Landed(
        row=row,
        location_id=location_id,
        status=_STATUS[status],
        contact_id=contact_id,
        http_status=http_status,
        attempts=attempts,
        trace_id=trace_id,
        warnings=read_warnings(warnings) if warnings else (),
        first_attempt_at=first_attempt_at,
        marks=marks,
    )


def mark_cells(mark: FollowUpMark) -> SqlCells:
    return (mark.row, mark.name, mark.state._value_)


def mark_of(cells: Sequence[Any]) -> FollowUpMark:
    row, name, state = cells
    return FollowUpMark(row=row, name=name, state=_FOLLOW_UP_STATE[state])


def added_cells(mark: FollowUpMark, added: Added) -> SqlCells:
    return (
        mark.row,
        mark.name,
        added.kind,
        added.location_id,
        added.contact_id,
        added.id,
        int(added.made),  # as it is read back: the checksum is of that
        added.digest,
    )


def added_of(cells: Sequence[Any]) -> Added:
    _, _, kind, location_id, contact_id, item_id, made, digest = cells
    return Added(
        kind=kind,
        location_id=location_id,
        contact_id=contact_id,
        id=item_id,
        made=bool(made),
        digest=digest,
    )


def intent_cells(intent: Intent) -> SqlCells:
    return (
        intent.row,
        intent.location_id,
        intent.first_attempt_at,
        intent.last_attempt_at,
        intent.attempts,
        intent.exact,
    )


def intent_of(cells: Sequence[Any]) -> Intent:
    row, location_id, first_attempt_at, last_attempt_at, attempts, exact = cells
    return Intent(
        row=row,
        location_id=location_id,
        first_attempt_at=first_attempt_at,
        last_attempt_at=last_attempt_at,
        attempts=attempts,
        exact=bool(exact),
    )


def image_cells(image: BeforeImage) -> SqlCells:
    added = None if image.tags_added is None else list(image.tags_added)
    changes = [
        [change.reference, change.name, change.old, change.new, change.data_type] for change in image.changes
    ]
    content = json.dumps([changes, added, list(image.tags_removed)], separators=(",", ":"))
    return (image.row, image.part.value, image.contact_id, content)


def image_of(cells: Sequence[Any]) -> BeforeImage:
    row, part, contact_id, content = cells
    changes, added, removed = json.loads(content)
    return BeforeImage(
        row=row,
        contact_id=contact_id,
        part=ImagePart(part),
        changes=tuple(
            Change(reference=reference, name=name, old=old, new=new, data_type=data_type)
            for reference, name, old, new, data_type in changes
        ),
        tags_added=None if added is None else tuple(added),
        tags_removed=tuple(removed),
    )


def undo_cells(line: UndoLine) -> SqlCells:
    return (line.row, line.contact_id, line.status.value, line.reason)


def undo_line_of(cells: Sequence[Any]) -> UndoLine:
    row, contact_id, status, reason = cells
    return UndoLine(row=row, contact_id=contact_id, status=UndoStatus(status), reason=reason)


def write_warnings(warnings: Sequence[Fault]) -> str:
    return json.dumps(
        [[fault.code, fault.message, fault.column] for fault in warnings],
        ensure_ascii=False,
        separators=(",", ":"),
    )


def read_warnings(text: str) -> tuple[Fault, ...]:
    return tuple(
        Fault(code=code, message=message, column=column, fails=False)
        for code, message, column in json.loads(text)
    )
