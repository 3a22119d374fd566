"""Two sides held against each other, in figures: who is on one side only, who differs, and in which fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from pathlib import Path
from typing import Final

from importer.records import Json, value_type


class DiffStatus(StrEnum):
    """What becomes of a row or contact that is held against the other side."""

    SAME = "same"
    DIFFERING = "differing"
    ONLY_A = "only_a"
    ONLY_B = "only_b"
    AMBIGUOUS = "ambiguous"
    FAILED = "failed"
    """A row that the mapping does not take."""
    SKIPPED = "skipped"


_AGREEING: Final = frozenset({DiffStatus.SAME, DiffStatus.SKIPPED})


@value_type(frozen=True, slots=True, kw_only=True)
class DiffField:
    """One field that differs."""

    name: str
    a: Json = field(repr=False)
    b: Json = field(repr=False)


@value_type(frozen=True, slots=True, kw_only=True)
class DiffEntry:
    """Somebody on one side or both. ``a`` and ``b``: the contact's id, or the row; empty where that side has nobody."""

    status: DiffStatus
    a: str = ""
    b: str = ""
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    fields: tuple[DiffField, ...] = ()
    reason: str = ""


class DiffTally:
    """Counts entries as they pass by."""

    def __init__(self) -> None:
        self.statuses: Counter[DiffStatus] = Counter()
        self.fields: Counter[str] = Counter()

    def see(self, entry: DiffEntry) -> None:
        self.statuses[entry.status] += 1
        self.fields.update({each.name for each in entry.fields})


@value_type(frozen=True, slots=True, kw_only=True)
class DiffSide:
    """One of the two: a location with so many contacts, or a file with so many rows."""

    name: str
    contacts: int | None = None
    rows: int | None = None
    as_of: float | None = None
    """When the location's contacts were read."""

    def to_json(self) -> dict[str, Json]:
        from datetime import UTC, datetime

        said: dict[str, Json] = {"name": self.name}
        if self.rows is not None:
            return {**said, "rows": self.rows}
        at = datetime.fromtimestamp(self.as_of or 0.0, UTC).isoformat(timespec="seconds")
        return {**said, "contacts": self.contacts, "at": at}


@value_type(frozen=True, slots=True, kw_only=True)
class DiffSummary:
    """What a diff comes to. ``unseen``: fields that were not compared, since a search does not show them."""

    a: DiffSide
    b: DiffSide
    statuses: Mapping[DiffStatus, int]
    fields: Mapping[str, int]
    unseen: Sequence[str]
    requests: int
    path: Path | None = None

    def count(self, status: DiffStatus) -> int:
        return self.statuses.get(status, 0)

    @property
    def exit_code(self) -> int:
        return 1 if any(count for status, count in self.statuses.items() if status not in _AGREEING) else 0

    def to_json(self) -> dict[str, Json]:
        """Write it as documented; programs rely on the names."""
        return {
            "a": self.a.to_json(),
            "b": self.b.to_json(),
            **{status.value: self.count(status) for status in DiffStatus},
            "fields": dict(self.fields),
            "not_compared": list(self.unseen),
            "requests": self.requests,
            **({} if self.path is None else {"file": str(self.path)}),
        }
