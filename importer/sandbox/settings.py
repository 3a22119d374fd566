"""What a sandbox is given: quota, matching, faults, accounts, and where it keeps its contacts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class Window(StrEnum):
    """How the burst quota counts; the vendor does not say which one is its own."""

    FIXED = "fixed"
    """Windows that begin at whole intervals of the clock."""
    FIRST_HIT = "first-hit"
    """A window begins with the first request after the last one ended."""
    SLIDING = "sliding"
    """The requests of the last interval, at any moment."""


class FaultKind(StrEnum):
    THROTTLED = "429"
    ERROR = "500"
    BAD_GATEWAY = "502"
    UNAVAILABLE = "503"
    RESET = "reset"
    """Stored, then the connection is cut before the reply."""
    DROP = "drop"
    """Cut before anything is stored."""
    SLOW = "slow"
    """Stored, and answered after ``slow_seconds``."""
    GARBAGE = "garbage"
    """Stored, and answered with HTML and status 200."""
    TRUNCATED = "truncated"
    """Stored, and cut in the middle of the reply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A token the sandbox knows. Once any is declared, unknown tokens are refused."""

    token: str = field(repr=False)
    locations: frozenset[str] | None = None
    """``None``: every location."""
    scopes: frozenset[str] | None = None
    """``None``: every scope."""
    expires_at: float | None = None
    client_id: str | None = None
    """Tokens of one app share its quota; without it the token is its own client."""
    agency: bool = False
    """An agency token gets location tokens, and may not touch contacts itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    host: str = "127.0.0.1"
    port: int = 0
    """0 picks a free one."""
    burst: int = 100
    """Requests allowed in each interval; 0 turns the burst quota off."""
    interval_seconds: float = 10.0
    window: Window = Window.FIXED
    daily: int = 200_000
    """Requests allowed from midnight to midnight UTC; 0 turns the daily quota off."""
    retry_after: bool = False
    """Send ``Retry-After`` with a 429. The vendor does not document it."""
    match: tuple[str, ...] = ("email", "phone")
    allow_duplicates: bool = False
    unknown_option: str = "refuse"
    """``refuse`` (400) or ``drop`` (200) a choice the custom field does not list; both have been reported."""
    gzip: bool = False
    """Compress replies for clients that accept it."""
    latency_ms: tuple[float, float] = (0.0, 0.0)
    slow_seconds: float = 3.0
    faults: Mapping[FaultKind, float] = field(default_factory=dict)
    """Share of the API requests that each kind befalls."""
    seed: int = 0
    db: Path | None = None
    custom_fields: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    """Name, data type and options of fields that every location has beside the seeded ones."""
    workflows: tuple[str, ...] = ()
    search_lag_seconds: float = 12.0
    """Writes show in ``/contacts/search`` only after this long, as the vendor's do."""
    bulk_tag_limit: int = 500
    racy: bool = False
    """Two upserts of one new person in flight at once make two contacts, since nobody documents atomicity."""
    accounts: tuple[Account, ...] = ()
    apps: Mapping[str, str] = field(default_factory=dict, repr=False)
    """OAuth apps, client id to secret; when empty any pair is taken."""
