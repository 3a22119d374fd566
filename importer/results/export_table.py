"""A location's contacts as a table that `mappings/highlevel.yaml` imports again."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from importer.highlevel.catalog import CustomField
from importer.highlevel.contacts import HeldContact
from importer.highlevel.fields import CHANNELS
from importer.records import Json
from importer.results.csv_file import TableWriter, csv_table

_BLOCKED: Final = frozenset({"active", "permanent"})


def _field(name: str) -> Callable[[HeldContact], str]:
    return lambda contact: _text(contact.fields.get(name))


def _channel(name: str) -> Callable[[HeldContact], str]:
    def read(contact: HeldContact) -> str:
        settings = contact.fields.get("dndSettings")
        channel = settings.get(name) if isinstance(settings, Mapping) else None
        return "yes" if isinstance(channel, Mapping) and channel.get("status") in _BLOCKED else ""

    return read


_COLUMNS: Final[Mapping[str, Callable[[HeldContact], str]]] = {
    "Contact Id": lambda contact: contact.id,
    "First Name": _field("firstName"),
    "Last Name": _field("lastName"),
    "Email": _field("email"),
    "Additional Emails": lambda contact: ", ".join(contact.emails),
    "Phone": _field("phone"),
    "Additional Phones": lambda contact: ", ".join(contact.phones),
    "Business Name": _field("companyName"),
    "Street Address": _field("address1"),
    "City": _field("city"),
    "State": _field("state"),
    "Postal Code": _field("postalCode"),
    "Country": _field("country"),
    "Website": _field("website"),
    "Time Zone": _field("timezone"),
    "Source": _field("source"),
    "Date Of Birth": _field("dateOfBirth"),
    "DND": lambda contact: "yes" if contact.fields.get("dnd") else "",
    **{f"DND {name}": _channel(name) for name in CHANNELS},
    "Tags": lambda contact: ",".join(contact.tags),
}
_FROM: Final = "export_location_id"
"""Says where a contact is from, and by it the reader knows the file for one of ours."""


class ExportTable:
    """Writes contacts, a block at a time."""

    def __init__(self, table: TableWriter, location_id: str, custom_fields: Sequence[CustomField]) -> None:
        self._table = table
        self._location_id = location_id
        self._custom_fields = custom_fields

    def write(self, contacts: Sequence[HeldContact]) -> None:
        self._table.write_all(map(self._line, contacts))

    def _line(self, contact: HeldContact) -> list[str]:
        own = [read(contact) for read in _COLUMNS.values()]
        return [
            *own,
            self._location_id,
            *(_text(contact.custom_fields.get(each.id)) for each in self._custom_fields),
        ]


@contextlib.contextmanager
def open_export(path: Path, location_id: str, custom_fields: Sequence[CustomField]) -> Iterator[ExportTable]:
    """Open the file; it appears when it is whole. Custom fields stand in columns of their names, behind the others."""
    head = [*_COLUMNS, _FROM, *(each.name for each in custom_fields)]
    with contextlib.ExitStack() as stack:
        if path.suffix.lower() == ".xlsx":
            from importer.results import workbook

            table: TableWriter = stack.enter_context(workbook.xlsx_table(path, head))
        else:
            table = stack.enter_context(csv_table(path, head))
        yield ExportTable(table, location_id, custom_fields)


def _text(value: Json) -> str:
    if value is None or value is False:
        return ""
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return str(value)
