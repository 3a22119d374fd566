"""What a person said to taking a run back, before somebody else does it for them: a private file in the run's folder."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from importer.runtime.private_files import write_private

GOOD_FOR_SECONDS: Final = 86_400.0
"""A day: what a run did is looked at anew when it is taken back, and a word of last month was about another state of things."""
_NAME: Final = "undo-approval.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoApproval:
    """Who agreed that a run is taken back, and when."""

    by: str
    at: float


def approve_undo(folder: Path, approval: UndoApproval) -> None:
    """Write it down. Raises SettingsError."""
    write_private(folder / _NAME, json.dumps(asdict(approval), ensure_ascii=False).encode())


def undo_approval(folder: Path, *, now: float) -> UndoApproval | None:
    """Read what was said of a run; None where nobody agreed, or longer ago than a day."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        approval = UndoApproval(**json.loads((folder / _NAME).read_text(encoding="utf-8")))
        return approval if 0 <= now - approval.at <= GOOD_FOR_SECONDS else None
    return None
