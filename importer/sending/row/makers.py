"""A planned row whose contact another row makes: it goes to that contact, or nowhere. Pure."""

from __future__ import annotations

from dataclasses import replace

from importer.records import Outcome, Planned, Record, Status, number_of
from importer.sending.row import outcomes
from importer.sending.row.submitted import SubmittedRow


def meet_maker(submitted: SubmittedRow, planned: Planned, made: str | Outcome | None) -> Outcome | None:
    """Aim a row at the contact that its maker made; gives the row's end where nothing is to be sent.

    By its e-mail or phone it could meet somebody else, or make half a contact: it carries no more than what it changes.
    """
    match made:
        case str(contact_id) if planned.end is not None:
            return replace(planned.end, contact_id=contact_id)
        case str(contact_id):
            submitted.record = _aimed(submitted.record, contact_id, planned)
            return None
        case Outcome(status=Status.SKIPPED):
            return outcomes.skipped(
                submitted,
                "changed_since",
                f"{_maker(planned)} was to create the contact, and was skipped; nothing was sent for this row.",
            )
        case _:
            return outcomes.fail(
                submitted,
                "contact_not_created",
                f"{_maker(planned)} was to create the contact, and did not; nothing was sent for this row.",
            )


def _maker(planned: Planned) -> str:
    return f"Row {number_of(planned.made_by or 0)}"


def _aimed(record: Record, contact_id: str, planned: Planned) -> Record:
    changed = {change.reference for change in planned.changes}
    fields = {name: value for name, value in record.fields.items() if name in changed}
    return replace(record, contact_id=contact_id, fields=fields)
