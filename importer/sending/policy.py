"""How a run sends: every choice in one frozen value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Any, TypeAlias

from importer.records import FollowUps, ImportMode, Outcome, Record, RowObject, value_type
from importer.settings import FailureLimit


@value_type(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """When a row's attempt is worth another. All bounded by time: a count alone gives up in seconds or never."""

    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 30.0
    row_seconds: float = 180.0
    """How long one row may be tried while others get through."""
    doubt_seconds: float = 10.0
    """The least time after an attempt without a reply in which the vendor may yet be at work on it."""
    row_attempts: int = 4
    """So many attempts a row gets at least, however long they take."""
    trip_after: int = 8
    """Failures in a row, of any rows of the location, that open its breaker."""
    outage_seconds: float = 900.0
    """How long the vendor may be down before the run stops."""
    lasting_seconds: float = 60.0
    """How long to go on against what waiting seldom mends: replies without end, no more open files."""
    certificate_passes: bool = True
    """Whether an untrusted certificate may be a passing thing (a hotel's sign-in page), and not the setup's fault."""


DecideAnew: TypeAlias = Callable[[Record, Mapping[str, Any], str], Record | Outcome | None]
"""Decides a whole row upon its contact as it is now, and is told why; None where it is no longer the row's."""


@value_type(frozen=True, slots=True, kw_only=True)
class SendingPolicy:
    """Everything the sender is told about a run."""

    row_object: RowObject = RowObject.CONTACT
    mode: ImportMode = ImportMode.UPSERT
    follow_ups: FollowUps = field(default_factory=FollowUps)
    retry: RetryPolicy = RetryPolicy()
    opening: RetryPolicy = RetryPolicy(row_seconds=20.0, certificate_passes=False)
    """The same for the first contact with a location: people wait for it, and it is often a wrong setting."""
    concurrency: int | None = None
    """Attempts in the air at once, for one location; None leaves it to the pace."""
    max_requests: int | None = None
    wait_for_quota: bool = False
    stop_after_failures: FailureLimit | None = None
    verify_share: float = 0.0
    before_images: bool = False
    """Each contact that a row may update is read before, so that its old values are known."""
    decide_anew: DecideAnew | None = None
    """For planned rows whose contact somebody changed since; without it they are left alone."""
    locations_by_column: bool = False
    """One file feeds many locations: one that refuses us fails its own rows and no others."""
    pulse_seconds: float = 10.0
    """How often it is written down how many requests were sent."""
    queue_rows: int = 1_000
    """Rows kept in memory before ``submit`` waits, or, with many locations, rows go to disk."""
    held_rows: int = 20_000
    """Landed rows that may wait for others at once, to share a call of their follow-ups, over all locations."""
    batch_wait_seconds: float = 15.0
    """How long a landed row may wait for others that get the same."""
    landing_seconds: float = 6.0
    """How long a stopped run waits for the attempts in the air."""
