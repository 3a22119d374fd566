"""How many calls the rows of a mapping cost: the arithmetic of a forecast, and of a run that says how long it takes."""

from __future__ import annotations

from importer.highlevel import follow_ups
from importer.mapping import Mapping
from importer.records import ImportMode, RowObject


def calls_a_row(mapping: Mapping, *, before_images: bool = False) -> float:
    """Tell how many calls every row costs: the upsert, a search before it, a look at what it finds, its follow-ups but for its own additions."""
    match mapping.row_object:
        case RowObject.COMPANY:
            return 0  # the company is counted as what each row adds
        case RowObject.CONTACT:
            pass
        case _:
            return 1  # its contact is looked for
    search = 0 if mapping.mode is ImportMode.UPSERT else 1
    look = before_images and mapping.mode is not ImportMode.CREATE_ONLY
    return 1 + search + look + follow_ups.calls_a_row(mapping.follow_ups, tagged=mapping.sets_tags)


def most_calls_a_row(mapping: Mapping, *, before_images: bool = False) -> float:
    """Tell how many calls a row costs that wants all that the mapping adds beside contacts."""
    return calls_a_row(mapping, before_images=before_images) + mapping.most_calls_beside
