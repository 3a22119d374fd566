"""Looking without writing: what a sender needs that asks a location and imports nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from importer.records import FollowUpMark, Intent, Landed, Outcome, Pulse, QuotaMark, RowId
from importer.sending.policy import RetryPolicy, SendingPolicy

_PATIENCE: Final = RetryPolicy(row_seconds=15.0, outage_seconds=15.0, certificate_passes=False)
LOOKING: Final = SendingPolicy(retry=_PATIENCE, opening=_PATIENCE)
"""Somebody sits before it, and nothing is lost by giving up."""


class NoRows:
    """The journal of a sender to which no row ever comes; of what it is told it keeps the quota marks."""

    def __init__(self) -> None:
        self.marks: dict[str, QuotaMark] = {}

    def intend(self, intents: Iterable[Intent]) -> None:
        """Nothing is sent."""

    def append(
        self, *, landed: Iterable[Landed], marks: Iterable[FollowUpMark], outcomes: Iterable[Outcome]
    ) -> None:
        """Nothing is settled."""

    def pulse(self, pulse: Pulse) -> None:
        """No report is written."""

    def mark_quota(self, mark: QuotaMark) -> None:
        self.marks[mark.location_id] = mark

    def made_here(self, contact_id: str, before: RowId) -> bool:  # noqa: ARG002  (JournalWriter's signature)
        return False
