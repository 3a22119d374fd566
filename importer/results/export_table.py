"""A location's contacts as a table that `mappings/highlevel.yaml` imports again."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from importer.highlevel.catalog import CustomField
from importer.highlevel.contacts import HeldContact
from importer.highlevel.fields import CHANNELS
from importer.records import Json
from importer.results.csv_file import TableWriter, csv_table
from importer.results.files import Replacing, replacing

_BLOCKED: Final = {"active": "yes", "permanent": "permanent"}
"""What a block is written as: one that the contact set by STOP stays one that nobody lifts by a tick."""


_INBOUND: Final = "DND Inbound"


def _field(name: str) -> Callable[[HeldContact], str]:
    return lambda contact: _text(contact.fields.get(name))


def _channel(name: str, *, of: str = "dndSettings") -> Callable[[HeldContact], str]:
    def read(contact: HeldContact) -> str:
        settings = contact.fields.get(of)
        channel = settings.get(name) if isinstance(settings, Mapping) else None
        return _BLOCKED.get(str(channel.get("status")), "") if isinstance(channel, Mapping) else ""

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
    _INBOUND: _channel("all", of="inboundDndSettings"),
    "Tags": lambda contact: ",".join(contact.tags),
}
_UNSEEN: Final = frozenset({"Time Zone", *(f"DND {name}" for name in CHANNELS), _INBOUND})
"""What only a read by id shows: a blank cell would say that nobody said no."""
_FROM: Final = "export_location_id"
"""Says where a contact is from, and by it the reader knows the file for one of ours."""


class ContactTable:
    """Writes contacts, a block at a time. Custom fields stand in columns of their names, behind the others."""

    def __init__(
        self,
        table: TableWriter,
        readers: Sequence[Callable[[HeldContact], str]],
        custom_columns: Mapping[str, Sequence[str | None]],
    ) -> None:
        self._table = table
        self._readers = readers
        self._custom_columns = custom_columns

    def write(self, location_id: str, contacts: Sequence[HeldContact]) -> None:
        """Write contacts of one of the locations that the table was opened for."""
        references = self._custom_columns[location_id]
        self._table.write_all(
            [
                *(read(contact) for read in self._readers),
                location_id,
                *(_text(contact.custom_fields.get(each)) if each else "" for each in references),
            ]
            for contact in contacts
        )


@contextlib.contextmanager
def open_contact_table(
    path: Path,
    custom_fields: Mapping[str, Sequence[CustomField]],
    *,
    read_by_id: bool,
    replacing: Replacing = replacing,
) -> Iterator[ContactTable]:
    """Open the file; it appears when it is whole. ``custom_fields``: by location.

    Without ``read_by_id`` there are no columns of what a search does not show.
    """
    columns = {name: read for name, read in _COLUMNS.items() if read_by_id or name not in _UNSEEN}
    named = {location_id: _numbered(fields) for location_id, fields in custom_fields.items()}
    keys = tuple(dict.fromkeys(key for each in named.values() for key in each))
    head = [*columns, _FROM, *(name for name, _ in keys)]
    with contextlib.ExitStack() as stack:
        if path.suffix.lower() == ".xlsx":
            from importer.results import workbook

            table: TableWriter = stack.enter_context(workbook.xlsx_table(path, head, replacing=replacing))
        else:
            table = stack.enter_context(csv_table(path, head, replacing=replacing))
        yield ContactTable(
            table,
            tuple(columns.values()),
            {location_id: [each.get(key) for key in keys] for location_id, each in named.items()},
        )


def _numbered(fields: Sequence[CustomField]) -> dict[tuple[str, int], str]:
    """Give each field's id by its name, and its number among those of that name."""
    seen: Counter[str] = Counter()
    found: dict[tuple[str, int], str] = {}
    for each in fields:
        found[each.name, seen[each.name]] = each.id
        seen[each.name] += 1
    return found


def _text(value: Json) -> str:
    if value is None or value is False:
        return ""
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
