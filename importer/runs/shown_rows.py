"""What becomes of a row, as ``preview`` shows it: what would be sent, or why nothing is."""

from __future__ import annotations

from importer.highlevel import follow_ups
from importer.highlevel.payload import build_payload
from importer.highlevel.refusals import NAMED_IN_CREATE_ONLY
from importer.mapping import Mapping
from importer.records import Fault, ImportMode, Json, Outcome, Record, RowObject, Status, number_of


def ready_row(resolved: Record | Outcome, mapping: Mapping) -> Record | Outcome:
    """Bring a row, resolved as far as its location is known, to where a run would be without asking for its contact."""
    if (
        isinstance(resolved, Outcome)
        or resolved.contact_id is None
        or mapping.mode is not ImportMode.CREATE_ONLY
    ):
        return resolved
    return Outcome(
        row=resolved.row,
        status=Status.SKIPPED,
        location_id=resolved.location_id,
        contact_id=resolved.contact_id,
        code="already_exists",
        message=NAMED_IN_CREATE_ONLY,
        warnings=resolved.warnings,
    )


def shown_row(item: Record | Outcome, mapping: Mapping) -> dict[str, Json]:
    """Describe a row by its payload and follow-ups, or by its errors."""
    if isinstance(item, Outcome):
        return _no_payload(item)
    if mapping.row_object is not RowObject.CONTACT:
        return _object_line(item, mapping.row_object)
    return {
        "row": number_of(item.row),
        "location_id": item.location_id,
        **({"contact_id": item.contact_id} if item.contact_id else {}),
        "payload": build_payload(item, mode=mapping.mode, tag_mode=mapping.tag_mode),
        "follow_ups": follow_ups.follow_up_plan(item, mapping.follow_ups),
        "warnings": [_fault(fault) for fault in item.warnings],
    }


def _object_line(record: Record, row_object: RowObject) -> dict[str, Json]:
    """Show what a row of something else than a contact gives the vendor, and by what its contact is found."""
    (wanted,) = record.additions
    found_by: dict[str, Json] = {"id": record.contact_id} if record.contact_id else dict(record.fields)
    found_by |= dict(record.custom_fields)
    return {
        "row": number_of(record.row),
        "location_id": record.location_id,
        "object": row_object.value,
        **({"contact": found_by} if row_object.beside else {}),
        "payload": dict(wanted.content),
        "follow_ups": {},
        "warnings": [_fault(fault) for fault in record.warnings],
    }


def _no_payload(outcome: Outcome) -> dict[str, Json]:
    line: dict[str, Json] = {"row": number_of(outcome.row)}
    if outcome.status is Status.SKIPPED:
        return {**line, "skipped": {"code": outcome.code, "message": outcome.message}}
    faults = outcome.faults or (Fault(code=outcome.code or "failed", message=outcome.message or ""),)
    return {**line, "errors": [_fault(fault) for fault in faults if fault.fails]}


def _fault(fault: Fault) -> Json:
    return {"code": fault.code, "column": fault.column, "message": fault.message}
