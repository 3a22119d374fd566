"""The journal: one SQLite file per run that knows what was sent, what landed and how each row ended."""

from __future__ import annotations

from importer.journal.figures import CodeCount, Traffic
from importer.journal.journal import Journal
from importer.journal.run import Identity, Run, RunState, Session, SessionKind
from importer.journal.storage import NeverBegunError, read_identity

__all__ = [
    "CodeCount",
    "Identity",
    "Journal",
    "NeverBegunError",
    "Run",
    "RunState",
    "Session",
    "SessionKind",
    "Traffic",
    "read_identity",
]
