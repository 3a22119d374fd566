"""Rows that become something else than a contact: what each wants added is all that is sent of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from importer.codes import remedy_of
from importer.highlevel.additions import COMPANY
from importer.mapping.language.model import MappingModel
from importer.records import Addition, Outcome, Record, RowObject, Status

_NOUNS: Final = {RowObject.OPPORTUNITY: "deal", RowObject.NOTE: "note", RowObject.TASK: "task"}
_CODE: Final = "missing_value"


class ObjectRows:
    """Makes mapped rows into rows of one object. A row that gives it nothing fails, and says what is blank.

    ``needed``: the headers of each part that it cannot be without.
    """

    def __init__(self, row_object: RowObject, needed: Sequence[tuple[str, ...]]) -> None:
        self._object = row_object
        self._columns = [" or ".join(headers) or "it" for headers in needed]

    def settle(self, mapped: Record | Outcome) -> Record | Outcome:
        """Turn one row into what is sent of it, or end it."""
        if isinstance(mapped, Outcome) or mapped.additions:
            return mapped
        if self._object is not RowObject.COMPANY:
            return self._nothing(mapped, f"the row has no {_NOUNS[self._object]}")
        if not mapped.fields.get("name"):
            return self._nothing(mapped, "the row is no company: one is known by its name")
        company = Addition(kind=COMPANY, content=mapped.fields)
        return replace(mapped, fields={}, additions=(company,))

    def _nothing(self, record: Record, why: str) -> Outcome:
        # What was left out with a warning is not blank, and the warning says more of what is.
        left_out = next((each for each in record.warnings if each.column in self._columns), None)
        return Outcome(
            row=record.row,
            status=Status.FAILED,
            location_id=record.location_id,
            code=_CODE,
            message=f"{why[:1].upper()}{why[1:]}. {left_out.message}"
            if left_out
            else f"{self._blank()}, so {why}.",
            remedy=remedy_of(_CODE),
            warnings=record.warnings,
        )

    def _blank(self) -> str:
        if len(self._columns) == 1:
            return f"Column '{self._columns[0]}' is blank"
        return f"One of the columns {' and '.join(map(repr, self._columns))} is blank"


def objects_of(model: MappingModel) -> ObjectRows | None:
    """Give what makes rows into the mapping's object; None where they are contacts."""
    if model.object_ is RowObject.CONTACT:
        return None
    if model.object_ is RowObject.COMPANY:
        return ObjectRows(model.object_, [model.fields["name"].headers])
    (wish,) = model.wishes
    return ObjectRows(model.object_, [wish.parts[part].rule.headers for part in wish.needed])
