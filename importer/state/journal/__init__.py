"""The journal: one SQLite file per run that knows what was sent, what landed and how each row ended."""

from __future__ import annotations

from importer.state.journal.figures import CodeCount, RequestFigures
from importer.state.journal.journal import Journal
from importer.state.journal.run import Identity, Operator, Run, RunState, Session, SessionKind, place_of
from importer.state.journal.storage import NeverBegunError, has_begun, read_identity

__all__ = [
    "CodeCount",
    "Identity",
    "Journal",
    "NeverBegunError",
    "Operator",
    "RequestFigures",
    "Run",
    "RunState",
    "Session",
    "SessionKind",
    "has_begun",
    "place_of",
    "read_identity",
]
