"""What is said before a run is taken back: what happens to how many contacts, how long it takes, and what stays done."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Final

from importer.highlevel.catalog import Catalog
from importer.highlevel.follow_ups import BULK_TAG_LIMIT
from importer.highlevel.histories import HISTORIES
from importer.highlevel.quota import LocationQuota, plan_sending
from importer.results.wording import duration
from importer.runs.aiming import aimed_at, targets_of
from importer.runs.resolving import Catalogs
from importer.runtime.counting import counted
from importer.state.journal import Run
from importer.state.journal.undo_book import StoredContacts

_LOOK_AND_DELETE: Final = 2
_LOOK_WRITE_LOOK: Final = 3
_STAYS_DONE: Final = "What workflows did cannot be taken back, and an undo is not undone: the file is imported anew, with new ids."
STAYS: Final = (
    "What workflows did cannot be taken back, and an undo is not undone: to have the contacts again, the file is "
    "imported anew, with new ids."
)


def question(
    run: Run,
    catalogs: Catalogs,
    contacts: Mapping[str, StoredContacts],
    *,
    quotas: Mapping[str, LocationQuota],
    with_history: bool,
    before: int,
) -> str:
    """Say all that somebody needs to know before the first write; several lines. ``before``: calls that led up to it."""
    targets = targets_of(
        {key: each for key, each in catalogs.items() if isinstance(each, Catalog)},
        {key: each.contacts for key, each in contacts.items()},
    )
    source = ", ".join(source.name for source in run.sources)
    calls = {key: calls_for(each, with_history=with_history) for key, each in contacts.items()}
    plan = plan_sending(calls, calls_a_row=1, quotas=quotas)
    days = f", on {plan.days} days" if plan.days > 1 else ""
    return "\n".join(
        (
            f"Taking back run {run.id} ({source}) in {aimed_at(targets) if targets else 'no sub-account'}:",
            *_parts(contacts, with_history=with_history),
            f"Up to {counted(before + plan.requests, 'request')}: about {duration(plan.seconds)}{days}.",
            STAYS,
        )
    )


def object_question(
    run: Run,
    catalogs: Catalogs,
    made: Mapping[str, int],
    *,
    noun: tuple[str, str],
    quotas: Mapping[str, LocationQuota],
    before: int,
) -> str:
    """Say the same of a run whose rows are no contacts."""
    targets = targets_of({key: each for key, each in catalogs.items() if isinstance(each, Catalog)}, made)
    source = ", ".join(source.name for source in run.sources)
    plan = plan_sending(made, calls_a_row=_LOOK_WRITE_LOOK, quotas=quotas)
    return "\n".join(
        (
            f"Taking back run {run.id} ({source}) in {aimed_at(targets) if targets else 'no sub-account'}:",
            f"- {counted(sum(made.values()), *noun)} that the run made: deleted, where nobody worked on it since.",
            f"Up to {counted(before + plan.requests, 'request')}: about {duration(plan.seconds)}.",
            _STAYS_DONE,
        )
    )


def calls_for(contacts: StoredContacts, *, with_history: bool) -> int:
    """Count the calls that taking these contacts back needs, where nobody touched any of them."""
    a_created = _LOOK_AND_DELETE + (0 if with_history else len(HISTORIES))
    batches = math.ceil(contacts.tagged / BULK_TAG_LIMIT)
    beside = _LOOK_AND_DELETE * (contacts.beside + contacts.deals)
    return contacts.created * a_created + contacts.restorable * _LOOK_WRITE_LOOK + beside + batches


def _parts(contacts: Mapping[str, StoredContacts], *, with_history: bool) -> Iterator[str]:
    created, restorable, updated, tagged, notes = (
        sum(getattr(each, name) for each in contacts.values())
        for name in ("created", "restorable", "updated", "tagged", "beside")
    )
    if created:
        beside = (
            ", whatever lies beside them"
            if with_history
            else ", where nobody edited them and no note, task, deal, appointment or message came since"
        )
        yield f"- {counted(created, 'created contact')}: deleted{beside}. HighLevel keeps deleted contacts for 60 days, without their notes, tasks and conversations."
    if restorable:
        yield f"- {counted(restorable, 'updated contact')}: old values put back, field by field, where nobody changed them since."
    if tagged:
        yield f"- {counted(tagged, 'contact')} of those that were there before: tags that the run added or took are put back."
    if notes:
        yield f"- {counted(notes, 'note or task', 'notes and tasks')} that the run added to contacts that were there before: taken away, where nobody wrote into them since."
    if updated:
        yield f"- {counted(updated, 'updated contact')}: values kept, since the old ones are not known (--before-images and --compare keep them, for 30 days)."
    if not (created or restorable or updated or tagged or notes):
        yield "- The run changed no contact."
