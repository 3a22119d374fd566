"""The journal: one SQLite file per run that knows what was sent, what landed and how each row ended."""

from __future__ import annotations

from importer.journal.figures import CodeCount, Traffic
from importer.journal.journal import Journal
from importer.journal.run import Run, RunState, Session, SessionKind
from importer.journal.storage import NeverBegunError

__all__ = ["CodeCount", "Journal", "NeverBegunError", "Run", "RunState", "Session", "SessionKind", "Traffic"]
