"""Was this contact made by us? Pure: what is known of a row in doubt against what the vendor shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from importer.highlevel.reply import read_moment
from importer.records import Status
from importer.sending.row.submitted import SubmittedRow

_SECOND: Final = 0.999


def judge(
    submitted: SubmittedRow, contact: Mapping[str, Any], *, new: bool, made_here: Callable[[str, int], bool]
) -> Status:
    """Tell whether a row created or updated its contact.

    ``new: true`` is always true. ``new: false`` on a repeated upsert may be our own first attempt, whose reply was
    lost: then the contact is not older than that attempt, and no earlier row of this run made it.
    """
    if new:
        return Status.CREATED
    if not submitted.doubtful or submitted.first_attempt_at is None:
        return Status.UPDATED
    added = latest_moment(contact.get("dateAdded"))
    if added is None or added < submitted.first_attempt_at:
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
