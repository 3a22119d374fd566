"""What a reply means: status, headers and body in, a value out. Pure; it opens no socket and decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

from importer.highlevel.quota import NO_READING, QuotaReading, read_quota
from importer.highlevel.wire import decode
from importer.highlevel.wording import quote, quote_page, quote_text, quote_words
from importer.records import value_type

_BEFORE_STORING: Final = frozenset({400, 401, 402, 403, 409, 422, 429})


class ReplyKind(StrEnum):
    """What a reply says about the call it answers."""

    DONE = "done"
    """The vendor did it, and the body is the JSON that was promised."""
    REFUSED = "refused"
    """This row is not accepted, now or later."""
    DUPLICATE = "duplicate"
    """The location allows no second contact of this e-mail or phone; ``contact_id`` names the first."""
    NO_CONTACT = "no_contact"
    """The contact that the call names does not exist (the vendor says so with 400 or 404)."""
    TOKEN_REFUSED = "token_refused"  # noqa: S105  (no password)
    """The token is expired, revoked or wrong; a refresh may help."""
    SCOPE_MISSING = "scope_missing"
    """The token is good but not for this; a refresh does not help (the vendor says so with 401)."""
    LOCATION_REFUSED = "location_refused"
    """The token is of another location, or the location is closed to it."""
    CONTACT_REFUSED = "contact_refused"
    """The one contact that the call names is not for this token: it may be another location's."""
    EDGE_REFUSED = "edge_refused"
    """Of the network edge before the API: it judges the request's text or our network (451: by the law), not the token."""
    LOCATION_PAUSED = "location_paused"
    """The account is paused or unpaid; the same token works again later."""
    THROTTLED = "throttled"
    """The burst window is full."""
    DAY_SPENT = "day_spent"
    """The daily allowance is used up."""
    TROUBLE = "trouble"
    """The vendor, or something in between, failed; whether it was done is unknown."""
    MISDIRECTED = "misdirected"
    """No such address: the base URL is not the vendor's, or something in between answers (421: it led to a wrong server)."""
    TOO_LARGE = "too_large"
    """The call is larger than somebody on the way allows."""


@value_type(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply, understood. ``words`` are the vendor's own, on one line; they may quote a person's data."""

    kind: ReplyKind
    status: int
    words: str = field(default="", repr=False)
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    contact_id: str | None = None
    trace_id: str | None = None
    retry_after_seconds: float | None = None
    quota: QuotaReading = NO_READING
    vouched: bool = True
    """It is written as the vendor's application writes; a page is of something in between."""

    @property
    def stored_nothing(self) -> bool:
        """Whether the reply proves that nothing was stored: by what the vendor is known to say before it stores."""
        known = self.vouched and self.status in _BEFORE_STORING
        # of a filter that answers 451 nobody knows whether it looks at requests, or at what comes back
        before = self.kind is ReplyKind.EDGE_REFUSED and self.status == HTTPStatus.FORBIDDEN
        return known or before or self.kind is ReplyKind.NO_CONTACT

    @property
    def said(self) -> str:
        """Quote it within a sentence."""
        return f"“{self.words}” ({self.status})" if self.words else f"status {self.status}"

    @property
    def meta(self) -> Mapping[str, Any]:
        """What a refusal tells beside its words; empty where it tells nothing."""
        meta = self.body.get("meta")
        return meta if isinstance(meta, dict) else {}

    @property
    def contact(self) -> Mapping[str, Any]:
        """The contact as the reply shows it; empty where it shows none."""
        contact = self.body.get("contact")
        return contact if isinstance(contact, dict) else {}


def read_reply(
    status: int, headers: Mapping[str, str], body: bytes, *, with_quota: bool = True, contacts: int = 0
) -> Reply:
    """Understand a reply; ``with_quota`` False leaves the quota of a success unread.

    ``contacts``: so many the call names by their ids, which is what a 403 or a 404 is about then.
    """
    content = _read_body(body)
    quota = read_quota(headers) if with_quota or status >= 300 else NO_READING
    if 200 <= status < 300:
        return _read_success(status, content, body, quota)
    refusal = content if content is not None else {}
    # of a page from somewhere on the way no word tells what the vendor decided
    words = quote_words(_decode(body)) or (quote_text(body) if content is None else "")
    return Reply(
        kind=_classify(status, content, words, quota, contacts=contacts),
        status=status,
        words=words or _page_words(status, body),
        body=refusal,
        contact_id=_named_contact(refusal),
        trace_id=_text(refusal.get("traceId")),
        retry_after_seconds=read_retry_after(headers.get("Retry-After")),
        quota=quota,
        vouched=content is not None or _is_plain(headers, body),
    )


def _read_success(status: int, content: dict[str, Any] | None, body: bytes, quota: QuotaReading) -> Reply:
    if content is None:
        words = f"The reply was no JSON: {quote(body[:80].decode('utf-8', errors='replace'))!r}."
        return Reply(kind=ReplyKind.TROUBLE, status=status, words=words, quota=quota)
    contact = content.get("contact")
    return Reply(
        kind=ReplyKind.DONE,
        status=status,
        body=content,
        contact_id=_text(contact.get("id")) if isinstance(contact, dict) else None,
        trace_id=_text(content.get("traceId")),
        quota=quota,
    )


_OF_SOMEBODY_ON_THE_WAY: Final = {
    **dict.fromkeys((404, 405, 410, 421), ReplyKind.MISDIRECTED),
    **dict.fromkeys((408, 425), ReplyKind.TROUBLE),
    413: ReplyKind.TOO_LARGE,
    451: ReplyKind.EDGE_REFUSED,
}


def _classify(  # noqa: PLR0911  (one answer for each status)
    status: int, content: Mapping[str, Any] | None, words: str, quota: QuotaReading, *, contacts: int
) -> ReplyKind:
    lowered = words.lower()
    match status:
        case 401:
            return ReplyKind.SCOPE_MISSING if "scope" in lowered else ReplyKind.TOKEN_REFUSED
        case 402 | 403:
            return _classify_forbidden(status, content, lowered, contacts=contacts)
        case 429:
            return ReplyKind.DAY_SPENT if quota.daily_remaining == 0 else ReplyKind.THROTTLED
        case 400 | 409 | 422:
            return _classify_refusal(status, content or {}, lowered)
        case 404 if contacts and content is not None:
            return ReplyKind.NO_CONTACT
        case _ if status < 400:
            return ReplyKind.MISDIRECTED
        case _ if status >= 500:
            return ReplyKind.TROUBLE
        case _:
            return _OF_SOMEBODY_ON_THE_WAY.get(status, ReplyKind.REFUSED)


def _classify_forbidden(
    status: int, content: Mapping[str, Any] | None, lowered: str, *, contacts: int
) -> ReplyKind:
    if status == 403 and content is None:
        return ReplyKind.EDGE_REFUSED
    if "must be a valid enum value" in lowered:
        return ReplyKind.REFUSED
    if "not active" in lowered or "paused" in lowered:
        return ReplyKind.LOCATION_PAUSED
    return ReplyKind.CONTACT_REFUSED if contacts == 1 else ReplyKind.LOCATION_REFUSED


def _classify_refusal(status: int, refusal: Mapping[str, Any], lowered: str) -> ReplyKind:
    if "location is not active" in lowered:
        return ReplyKind.LOCATION_PAUSED
    if "duplicated contact" in lowered and _named_contact(refusal):
        return ReplyKind.DUPLICATE
    # 422 is about a value: a user to whom contacts are assigned may not be found either
    if status != 422 and "contact" in lowered and "not found" in lowered:
        return ReplyKind.NO_CONTACT
    return ReplyKind.REFUSED


def read_retry_after(text: str | None, *, now: datetime | None = None) -> float | None:
    """Read Retry-After: seconds or an HTTP date; nonsense is ignored."""
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        moment = read_http_date(text)
        if moment is None:
            return None
        seconds = moment - (now or datetime.now(UTC)).timestamp()
    return max(0.0, seconds) if seconds == seconds and seconds < 1e6 else None  # noqa: PLR0124  (nan)


def read_http_date(text: str) -> float | None:
    """Read a Date header into seconds since the epoch."""
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()


def read_moment(value: object) -> float | None:
    """Read the vendor's time stamps (ISO text, or epoch milliseconds) into seconds since the epoch."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return None
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return value / 1000 if value > 1e11 else float(value)
    return None


def _read_body(body: bytes) -> dict[str, Any] | None:
    content = _decode(body)
    return content if isinstance(content, dict) else None


def _decode(body: bytes) -> Any:
    try:
        return decode(body)
    except (ValueError, RecursionError):
        return None


def _is_plain(headers: Mapping[str, str], body: bytes) -> bool:
    return bool(body.strip()) and headers.get("Content-Type", "").startswith("text/plain")


def _named_contact(refusal: Mapping[str, Any]) -> str | None:
    meta = refusal.get("meta")
    return _text(meta.get("contactId")) if isinstance(meta, dict) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _page_words(status: int, body: bytes) -> str:
    """Say what a reply without words of the vendor's stands for, and what its page says."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "no reason given"
    page = quote_page(body)
    return f"{phrase} ({page})" if page else phrase
