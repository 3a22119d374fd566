"""Was this contact made by us? Pure: what is known of a row in doubt against what the vendor shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from importer.highlevel.reply import read_moment
from importer.records import Status
from importer.sending.job import Job


def judge(
    job: Job, contact: Mapping[str, Any], *, new: bool, made_here: Callable[[str, int], bool]
) -> Status:
    """Tell whether a row created or updated its contact.

    ``new: true`` is always true. ``new: false`` on a repeated upsert may be our own first attempt, whose reply was
    lost: then the contact is not older than that attempt, and no earlier row of this run made it.
    """
    if new:
        return Status.CREATED
    if not job.doubtful or job.first_attempt_at is None:
        return Status.UPDATED
    added = read_moment(contact.get("dateAdded"))
    if added is None or added < job.first_attempt_at:
        return Status.UPDATED
    if job.last_possible_at is not None and added > job.last_possible_at:
        return Status.UPDATED
    contact_id = contact.get("id")
    if isinstance(contact_id, str) and made_here(contact_id, job.row):
        return Status.UPDATED
    return Status.CREATED
