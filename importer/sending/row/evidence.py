"""Is this contact ours, and was it made by us? Pure: what is known of a row against what the vendor shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from importer.highlevel.reply import Reply, read_moment
from importer.records import Record, Status
from importer.sending.row.submitted import SubmittedRow

_SECOND: Final = 0.999
_CLOCKS_DIFFER_SECONDS: Final = 60.0
"""What our clock may be off by from one session to the next without anybody having set it."""
_TELLING_DIGITS: Final = 7


def between_sessions(
    submitted: SubmittedRow, *, ahead_seconds: float, busy_seconds: float, sent_here_at: float
) -> tuple[float, float] | None:
    """Give the time in which no attempt of the row was at work, by the vendor's clock: what was made then is not ours.

    It lies between an earlier session and ``sent_here_at``, the first attempt of this one; ``ahead_seconds``: so much
    the vendor's clock is ahead of ours. None where there is none, or where our clock was set since.
    """
    if submitted.attempted_until is None or submitted.first_attempt_at is None:
        return None
    done_at = submitted.attempted_until + ahead_seconds
    if done_at < submitted.first_attempt_at:
        return None
    return done_at + busy_seconds + _CLOCKS_DIFFER_SECONDS, sent_here_at


def judge(
    submitted: SubmittedRow,
    contact: Mapping[str, Any],
    *,
    new: bool,
    made_here: Callable[[str, int], bool],
    idle: tuple[float, float] | None = None,
) -> Status:
    """Tell whether a row created or updated its contact.

    ``new: true`` is always true. ``new: false`` on a repeated upsert may be our own first attempt, whose reply was
    lost: then the contact is not older than that attempt, and no earlier row of this run made it. ``idle``: nor was it
    made when no attempt was at work.
    """
    if new:
        return Status.CREATED
    if not submitted.doubtful or submitted.first_attempt_at is None:
        return Status.UPDATED
    added = latest_moment(contact.get("dateAdded"))
    if added is None or added < submitted.first_attempt_at:
        return Status.UPDATED
    if idle is not None and idle[0] < added < idle[1]:
        return Status.UPDATED
    contact_id = contact.get("id")
    if isinstance(contact_id, str) and made_here(contact_id, submitted.row):
        return Status.UPDATED
    return Status.CREATED


def latest_moment(stamp: object) -> float | None:
    """Give the latest moment that a stamp can stand for: one in whole seconds was cut off, and may be a second later."""
    moment = read_moment(stamp)
    if moment is None:
        return None
    return moment + _SECOND if moment == int(moment) else moment


def can_be_of(record: Record, contact: Mapping[str, Any]) -> bool:
    """Tell whether a contact in a reply can be the one that a record was sent for.

    Only what is shown counts against it: an id or a location of another, or e-mails and phones of which none was sent.
    An upsert stores what it was sent, except a value that belongs to another contact; then the other one matched.
    """
    if contact.get("locationId") not in (None, "", record.location_id):
        return False
    if record.contact_id is not None:
        return contact.get("id") in (None, record.contact_id)
    if (email := record.fields.get("email")) and email == contact.get("email"):
        return True  # as nearly always
    shown = set(_identities(contact))
    return not shown or any(_is_same(sent, seen) for sent in _identities(record.fields) for seen in shown)


def refuses(record: Record, refusal: Reply) -> bool:
    """Tell whether a refused duplicate can be the record's: it names the contact that is there, by its id and name.

    Where the names differ, only the contact itself can tell.
    """
    name = refusal.meta.get("contactName")
    return record.contact_id is not None or (
        isinstance(name, str) and _words(name) == _words(_name_of(record))
    )


def _name_of(record: Record) -> str:
    parts = (record.fields.get(name) for name in ("firstName", "lastName"))
    return " ".join(str(part) for part in parts if part) or str(record.fields.get("name") or "-")


def _words(name: str) -> list[str]:
    return name.casefold().split()


def _identities(holder: Mapping[str, Any]) -> Iterator[str]:
    """List e-mails in lower case and the digits of phones, additional ones included, blank ones left out."""
    for name, more in (("email", "additionalEmails"), ("phone", "additionalPhones")):
        others = holder.get(more)
        for item in (holder.get(name), *(others if isinstance(others, list) else ())):
            text = item.get(name) if isinstance(item, Mapping) else item
            if isinstance(text, str) and (plain := _plain(text)):
                yield plain


def _plain(identity: str) -> str:
    if "@" in identity:
        return identity.strip().lower()
    return "".join(sign for sign in identity if sign.isdigit()).lstrip("0")


def _is_same(sent: str, seen: str) -> bool:
    """Compare two identities; a phone may have been sent without its country's code."""
    if sent == seen or "@" in sent or "@" in seen:
        return sent == seen
    return len(sent) >= _TELLING_DIGITS and sent[-_TELLING_DIGITS:] == seen[-_TELLING_DIGITS:]
