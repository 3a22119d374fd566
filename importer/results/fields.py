"""What became of the custom fields that a mapping names: for people, and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field
from enum import StrEnum
from typing import Final

from importer.records import Json, value_type
from importer.results.wording import duration, shown_value
from importer.runtime.counting import counted

_SHOWN_OPTIONS: Final = 12


class FieldStatus(StrEnum):
    """Where a custom field stands."""

    THERE = "there"
    MISSING = "missing"
    """It can be made."""
    CREATED = "created"
    OPTIONS_MISSING = "options_missing"
    """It is there, and lacks options that the values have."""
    OPTIONS_ADDED = "options_added"
    LEFT = "left"
    """It is not there, and is not made from here."""
    FAILED = "failed"


UNMET: Final = frozenset({FieldStatus.OPTIONS_MISSING, FieldStatus.LEFT, FieldStatus.FAILED})
"""Rows need it, and would not find it."""


@value_type(frozen=True, slots=True, kw_only=True)
class FieldLine:
    """One custom field of one location. ``options``: those of a field to be made, or those that it lacks."""

    location_id: str
    name: str
    status: FieldStatus
    reason: str = field(default="", repr=False)
    model: str = "contact"
    data_type: str | None = None
    options: tuple[str, ...] = field(default=(), repr=False)
    id: str | None = None

    def to_json(self) -> dict[str, Json]:
        return {
            "location_id": self.location_id,
            "model": self.model,
            "name": self.name,
            "status": self.status.value,
            "id": self.id,
            "data_type": self.data_type,
            "options": list(self.options),
            "reason": self.reason,
        }


@value_type(frozen=True, slots=True, kw_only=True)
class FieldsSummary:
    """What was found and made. ``notes``: of what a run makes by itself, or nobody makes from here."""

    lines: tuple[FieldLine, ...]
    dry: bool
    requests: int
    seconds: float
    notes: tuple[str, ...] = ()
    stopped: str | None = None
    """Why it stopped before its end."""
    reason_code: str | None = None

    @property
    def exit_code(self) -> int:
        if self.stopped is not None:
            return 3
        return 1 if any(line.status in UNMET for line in self.lines) else 0

    def count(self, status: FieldStatus) -> int:
        return sum(line.status is status for line in self.lines)

    def to_json(self) -> dict[str, Json]:
        return {
            "state": "finished" if self.stopped is None else "stopped",
            "reason": self.stopped,
            "reason_code": self.reason_code,
            "dry_run": self.dry,
            **{status.value: self.count(status) for status in FieldStatus},
            "fields": [line.to_json() for line in self.lines],
            "notes": list(self.notes),
            "requests": self.requests,
            "seconds": round(self.seconds, 3),
        }


def render_fields(summary: FieldsSummary) -> str:
    """Say what there is of the fields, and what was made of them."""
    return "\n".join(_rendered(summary))


def _rendered(summary: FieldsSummary) -> Iterator[str]:
    if summary.stopped is not None:
        yield f"Stopped: {summary.stopped} Give the command again: what was made is found."
    elif summary.dry:
        yield "Nothing was written."
    yield from render_lines(summary.lines)
    yield from summary.notes
    yield f"{counted(summary.requests, 'request')} in {duration(summary.seconds)}."


def render_lines(lines: Sequence[FieldLine]) -> Iterator[str]:
    """Say of each field where it stands, a location after the other; of those that are there only how many."""
    for location_id in dict.fromkeys(line.location_id for line in lines):
        here = [line for line in lines if line.location_id == location_id]
        there = sum(line.status is FieldStatus.THERE for line in here)
        yield f"Location {location_id}: {counted(len(here), 'custom field')} in the mapping, {there:,} there as they should be."
        yield from (f"  {_line(line)}" for line in here if line.status is not FieldStatus.THERE)


def _line(line: FieldLine) -> str:
    name = repr(line.name) if line.model == "contact" else f"{line.name!r} (of {line.model} fields)"
    match line.status:
        case FieldStatus.THERE:
            return f"{name}: there"
        case FieldStatus.MISSING:
            return f"{name}: to be created as {line.data_type}, {line.reason}{_options(line)}"
        case FieldStatus.CREATED:
            return f"{name}: created as {line.data_type} ({line.id})"
        case FieldStatus.OPTIONS_MISSING:
            lacks = counted(len(line.options), "option")
            return f"{name}: lacks {lacks}{_options(line)}; {line.reason}"
        case FieldStatus.OPTIONS_ADDED:
            return f"{name}: {counted(len(line.options), 'option')} added{_options(line)}"
        case FieldStatus.LEFT | FieldStatus.FAILED:
            return f"{name}: {line.reason}"


def _options(line: FieldLine) -> str:
    if not line.options:
        return ""
    shown = ", ".join(shown_value(each) for each in line.options[:_SHOWN_OPTIONS])
    return f": {shown}{', ...' if len(line.options) > _SHOWN_OPTIONS else ''}"
