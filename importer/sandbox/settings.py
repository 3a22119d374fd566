"""What a sandbox is given: quota, matching, faults, accounts, and where it keeps its contacts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from pathlib import Path

from importer.sandbox.nouns import noun


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
    STATUS = "status"
    """Refused with any status before anything is stored: ``status-NNN``."""
    STORED = "stored"
    """Stored, and answered with any status as if it were not: ``stored-NNN``."""
    SWAP = "swap"
    """Stored, and answered with the reply of another call of the same kind, which gets this one."""
    REPEAT = "repeat"
    """Stored, and answered twice in a row."""
    STRAY = "stray"
    """Answered as usual; somebody else's reply crosses the next request on the connection."""
    STRAY_TIMEOUT = "stray-408"
    """The same with a 408 that nobody asked for."""
    ENDLESS = "endless"
    """Stored, and answered with chunks that never end."""
    HUGE = "huge"
    """Stored, and answered with a reply of a gigabyte."""
    ABSURD_INTERVAL = "absurd-interval"
    """Answered as usual, with a burst interval of 31 years."""
    EDGE = "edge-403"
    """Refused by the edge, with HTML and 403, before the API hears of it."""
    WORDS_OBJECT = "words-object"
    """Refused with a 422 whose message is an object."""
    WORDS_NESTED = "words-nested"
    """Refused with a 422 whose message is a list of lists."""
    WORDS_PLAIN = "words-plain"
    """Refused with a 400 in plain text."""
    QUOTED_TOKEN = "quoted-token"  # noqa: S105  (a name, no token)
    """Refused with a 401 that quotes the token."""


@noun
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


@noun
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
    store_delay_ms: tuple[float, float] = (0.0, 0.0)
    """How long the vendor works on a write before it stores; it goes on though the client is gone."""
    slow_seconds: float = 3.0
    faults: Mapping[FaultKind, float] | Mapping[str, float] = field(default_factory=dict)
    """Share of the API requests that each befalls, by name: a kind, ``status-NNN``, ``stored-NNN`` or ``reset-NNms``."""
    seed: int = 0
    db: Path | None = None
    custom_fields: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    """Name, data type and options of fields that every location has beside the seeded ones."""
    workflows: tuple[str, ...] = ()
    pipelines: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Name and stages of pipelines that every location has beside the seeded one."""
    search_lag_seconds: float = 12.0
    """Writes show in ``/contacts/search`` only after this long, as the vendor's do."""
    search_page_limit: int = 500
    """The largest ``pageLimit`` of ``/contacts/search``; 500 and 100 have been reported."""
    bulk_tag_limit: int = 500
    bulk_tags_whole: bool = False
    """One contact that is missing has a bulk tag call refused as a whole (422), instead of failing by itself."""
    allow_duplicate_opportunities: bool = False
    """Whether a contact may have two opportunities in one pipeline."""
    racy: bool = False
    """An upsert looks up when it arrives and stores later: two of one new person in flight make two contacts."""
    missing_contact: int = 400
    """What a missing contact is answered with: 400 in most reports, 404 in others."""
    unknown_version: int = 400
    """What an unknown ``Version`` is answered with: 400 since August 2026, 401 before."""
    returns_state: bool = True
    """Whether consent sends ``state`` back; reports differ."""
    installed_by_agency: bool = False
    """Consent always gives a Company token, as an install by an agency's user does."""
    accounts: tuple[Account, ...] = ()
    apps: Mapping[str, str] = field(default_factory=dict, repr=False)
    """OAuth apps, client id to secret; when empty any pair is taken."""
