"""A row on its way through the sender."""

from __future__ import annotations

from math import inf

from importer.highlevel.follow_ups import FollowUp, Step
from importer.highlevel.payload import match_keys, repeatable
from importer.records import Added, FollowUpMark, FollowUpState, Intent, Landed, Record, RowId, value_type
from importer.sending.journal_batches import Receipt
from importer.sending.lanes import Lane


class SubmittedRow:
    """One submitted row: what is known of it, and what became of its attempts so far."""

    __slots__ = (
        "attempted_until",
        "attempts",
        "doubtful",
        "first_attempt_at",
        "first_sent_at",
        "intended",
        "keys",
        "known",
        "landed",
        "lane",
        "last_attempt_at",
        "leased_until",
        "not_before",
        "perhaps_stored",
        "receipt",
        "record",
        "repeatable",
        "row",
        "sent_here_at",
    )  # fmt: skip

    def __init__(self, record: Record, row_state: Intent | Landed | None = None) -> None:
        self.record = record
        self.row: RowId = record.row
        self.lane: Lane | None = None
        self.keys = match_keys(record)
        # one whose contact another row makes goes there by its id, or nowhere
        self.repeatable = repeatable(record, self.keys) or _is_made_elsewhere(record)
        if (maker := _maker(record)) is not None:
            # its contact may be known by what neither e-mail nor phone says
            self.keys = (*self.keys, f"row:{maker}")
        self.known = row_state if isinstance(row_state, Intent) else None
        self.landed = row_state if isinstance(row_state, Landed) else None
        self.intended = self.landed is not None
        self.attempts = 0
        self.first_attempt_at: float | None = None
        """By the vendor's clock, as far as it was known."""
        self.first_sent_at: float | None = None
        """By our monotonic clock, in this session."""
        self.last_attempt_at: float | None = None
        """By our wall clock, of an earlier session."""
        self.attempted_until: float | None = None
        """The same, and for good."""
        self.sent_here_at: float | None = None
        """The first attempt of this session, by our monotonic clock."""
        self.receipt: Receipt | None = None
        """The append that writes it down, as of the last time."""
        self.leased_until = -inf
        """Until then, on the monotonic clock, an attempt may leave without being written down."""
        self.not_before = 0.0
        self.perhaps_stored = False
        """An attempt of this session left, and its reply, if one came, does not say that nothing was stored."""
        self.doubtful = False
        if isinstance(row_state, Intent):
            self.attempts = row_state.attempts if row_state.exact else 0
            self.first_attempt_at = row_state.first_attempt_at
            self.last_attempt_at = self.attempted_until = row_state.last_attempt_at
            # a row that cannot be repeated is announced exactly; without that it was never sent
            self.doubtful = row_state.exact or self.repeatable


def _maker(record: Record) -> RowId | None:
    """Give the row that makes the contact of a planned row: its own, or one before it."""
    planned = record.planned
    if planned is None:
        return None
    return record.row if planned.creates else planned.made_by


def _is_made_elsewhere(record: Record) -> bool:
    return record.planned is not None and record.planned.made_by is not None


@value_type(frozen=True, slots=True, kw_only=True)
class FollowUpDoubt:
    """A follow-up that may have been done: its reply was lost, and it must not be sent twice."""

    kind: FollowUp
    words: str


@value_type(frozen=True, slots=True, kw_only=True)
class FollowUpFailure:
    """A follow-up that was not done, without keeping the row from the others; ``doubtful``: it may have been.

    ``nobody``: the vendor knows no contact of the id.
    """

    kind: FollowUp
    words: str
    http_status: int | None = None
    doubtful: bool = False
    nobody: bool = False


@value_type(frozen=True, slots=True, kw_only=True)
class Held:
    """A landed row on its way through its follow-ups: only what they need, not the record."""

    landed: Landed
    due: tuple[Step, ...] = ()
    """What it has yet to get, in order."""
    doubts: tuple[FollowUpDoubt, ...] = ()
    failures: tuple[FollowUpFailure, ...] = ()
    added: tuple[Added, ...] = ()
    """What stands beside its contact for it, as far as this session brought it about."""

    def with_due(self, due: tuple[Step, ...]) -> Held:
        """Go on with what is still due; not by ``replace``, which takes ten times as long, once for each tagged row."""
        return Held(landed=self.landed, due=due, doubts=self.doubts, failures=self.failures, added=self.added)

    def mark(self, step: Step, state: FollowUpState, added: Added | None = None) -> FollowUpMark:
        return FollowUpMark(row=self.landed.row, name=step.name, state=state, added=added)
