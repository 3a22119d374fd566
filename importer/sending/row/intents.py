"""The intent by which a row may be sent: written down for many rows at once, and good for a moment. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from importer.records import BeforeImage, ImagePart, Intent, Record
from importer.sending.caller import Caller
from importer.sending.row.drift import may_overwrite
from importer.sending.row.submitted import SubmittedRow

LEASE_SECONDS: Final = 2.0
"""For so long a row may be sent on the strength of one line in the journal: it is written for many rows at once."""


def intent_of(
    submitted: SubmittedRow, caller: Caller, *, exact: bool = False, lease_seconds: float = LEASE_SECONDS
) -> Intent:
    """Make the intent by which a row may be sent from now on until its lease ends."""
    first = submitted.first_attempt_at
    submitted.intended = True
    submitted.leased_until = caller.clock.monotonic() + lease_seconds
    return Intent(
        row=submitted.row,
        location_id=submitted.record.location_id,
        first_attempt_at=caller.vendor_clock.first_attempt_at() if first is None else first,
        last_attempt_at=caller.clock.now() + lease_seconds,
        attempts=submitted.attempts + 1,
        exact=exact,
    )


def planned_image(record: Record) -> BeforeImage | None:
    """Give what a comparison knows of the contact; None where the contact is looked at once more before it is written to."""
    planned = record.planned
    if planned is None or planned.creates or record.contact_id is None:
        return None
    if may_overwrite(planned):
        return None
    return BeforeImage(
        row=record.row,
        contact_id=record.contact_id,
        part=ImagePart.VALUES,
        changes=planned.changes,
        tags_added=planned.tags_added,
        tags_removed=planned.tags_removed,
    )


def withdrawn(rows: Iterable[SubmittedRow], caller: Caller) -> Iterator[Intent]:
    """Give what the journal is to know again of rows that were about to be sent, and surely were not.

    Of one that an earlier session left in doubt, that is what was known of it then.
    """
    for submitted in rows:
        if submitted.intended and submitted.landed is None and not submitted.perhaps_stored:
            yield submitted.known or Intent(
                row=submitted.row,
                location_id=submitted.record.location_id,
                first_attempt_at=caller.vendor_clock.first_attempt_at(),
                attempts=0,
            )
