"""What a person said to taking a run back, before somebody else does it for them: kept with the run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from importer.errors import SettingsError
from importer.state.database import Purpose, StateFile, replacing

GOOD_FOR_SECONDS: Final = 86_400.0
"""A day: what a run did is looked at anew when it is taken back, and a word of last month was about another state of things."""
_PUT: Final = replacing("approvals", "one, approved_by, approved_at", key="one")


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoApproval:
    """Who agreed that a run is taken back, and when."""

    by: str
    at: float


class _Approvals(StateFile):
    FILE_NAME: ClassVar[str] = "undo-approval.db"
    SCHEMA: ClassVar[str] = """
    CREATE TABLE IF NOT EXISTS approvals (one INTEGER PRIMARY KEY, approved_by TEXT NOT NULL, approved_at REAL NOT NULL);
    """
    PURPOSE: ClassVar[Purpose] = Purpose(
        title="The approval of taking the run back",
        go_on="approve it again",
        if_damaged="Delete it, and approve again with: importer approve RUN --undo",
    )

    def put(self, approval: UndoApproval) -> None:
        with self._db.transaction() as database:
            database.execute(_PUT, (1, approval.by, approval.at))

    def find(self) -> UndoApproval | None:
        found = self._db.execute("SELECT approved_by, approved_at FROM approvals").fetchone()
        return None if found is None else UndoApproval(by=found[0], at=found[1])


def approve_undo(folder: Path, approval: UndoApproval) -> None:
    """Write it down. Raises SettingsError."""
    with _Approvals.open(folder) as approvals:
        approvals.put(approval)


def undo_approval(folder: Path, *, now: float) -> UndoApproval | None:
    """Read what was said of a run; None where nobody agreed, or longer ago than a day."""
    try:
        if not _Approvals.is_in(folder):
            return None
        with _Approvals.open(folder) as approvals:
            approval = approvals.find()
    except SettingsError:  # damaged: nobody agreed to anything
        return None
    return approval if approval is not None and 0 <= now - approval.at <= GOOD_FOR_SECONDS else None
