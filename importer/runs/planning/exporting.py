"""A location's contacts, or their notes, written to a file: a backup, or a move to another location."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

from importer.errors import SettingsError
from importer.highlevel.catalog import Catalog, CatalogNeeds
from importer.highlevel.contacts import HeldContact
from importer.highlevel.equality import FILE_UPLOAD
from importer.highlevel.quota import plan_sending
from importer.mirror.details import read_details
from importer.mirror.notes import read_all_notes
from importer.mirror.reading import MirrorReading
from importer.mirror.store import Mirror
from importer.records import Json, value_type
from importer.results.export_table import open_contact_table
from importer.results.files import Replacing, refuse_foreign, replacing_own
from importer.results.notes_table import open_notes_table
from importer.results.wording import duration
from importer.runs.context import RunContext
from importer.runs.planning.mirroring import MirrorSettings, mirror_met, noting, open_looking, reading_by_id
from importer.runtime.counting import counted
from importer.sending import Sender
from importer.state.written import WrittenFiles

_BLOCK: Final = 500
SUFFIXES: Final = frozenset({".csv", ".xlsx"})


@value_type(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written."""

    reading: MirrorReading
    path: Path
    contacts: int
    requests: int
    file_fields: tuple[str, ...] = ()
    """Custom fields that hold files: what is written of them is where these lie in the location's own storage."""

    def to_json(self) -> dict[str, Json]:
        """Write it as documented; programs rely on the names."""
        return {
            "location_id": self.reading.location_id,
            "contacts": self.contacts,
            "requests": self.requests,
            "at": self.reading.to_json()["at"],
            "file": str(self.path),
        }


async def export(
    location_id: str,
    path: Path,
    settings: MirrorSettings,
    context: RunContext,
    *,
    with_dnd: bool,
    force: bool = False,
) -> Exported:
    """Write the contacts of a location, each with its do-not-disturb by channel unless that is not wanted.

    Raises SetupError where a contact cannot be read: a location that is moved must not message people who said no.
    ``force``: over a file, too, that was not written here, or was changed since.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise SettingsError(f"{path} is neither a .csv nor an .xlsx file.")
    known = WrittenFiles(settings.state)
    refuse_foreign(path, known, force=force)
    replacing = partial(replacing_own, written=known, force=force)
    return await export_contacts(location_id, path, settings, context, with_dnd=with_dnd, replacing=replacing)


async def export_contacts(
    location_id: str,
    path: Path,
    settings: MirrorSettings,
    context: RunContext,
    *,
    with_dnd: bool,
    replacing: Replacing,
) -> Exported:
    """Write the contacts of a location in the order in which they were added; raises as ``export`` does."""
    async with open_looking(settings.connection, settings.state, context) as sender:
        catalog = await sender.open_location(location_id, CatalogNeeds(custom_fields=True))
        reading = await mirror_met(catalog, sender, settings, context)
        with Mirror.open(reading.path) as mirror:
            if with_dnd:
                await _read_details(mirror, catalog, sender, context)
            written = await asyncio.to_thread(_write, mirror, path, catalog, replacing, with_dnd=with_dnd)
        files = tuple(each.name for each in catalog.custom_fields if each.data_type == FILE_UPLOAD)
        return Exported(
            reading=reading, path=path, contacts=written, requests=sender.requests, file_fields=files
        )


async def export_notes(location_id: str, path: Path, settings: MirrorSettings, context: RunContext) -> int:
    """Write the notes of a location's contacts, a row for each, and tell how many there are.

    Raises SetupError where those of a contact cannot be read.
    """
    async with open_looking(settings.connection, settings.state, context) as sender:
        catalog = await sender.open_location(location_id, CatalogNeeds())
        reading = await mirror_met(catalog, sender, settings, context)
        with Mirror.open(reading.path) as mirror:
            plan = plan_sending({location_id: len(mirror)}, calls_a_row=1)
            context.progress.message(
                f"Reading the notes of {counted(len(mirror), 'contact')}, one call each unless they are known: "
                f"up to {duration(plan.seconds)}."
            )
            await read_all_notes(
                mirror.notes,
                _blocks(mirror),
                partial(sender.list_notes, location_id),
                location_id,
                clock=context.clock,
                note=noting(context, "Notes of {} read."),
            )
            return await asyncio.to_thread(_write_notes, mirror, path, location_id)


def _write_notes(mirror: Mirror, path: Path, location_id: str) -> int:
    with open_notes_table(path, location_id) as table:
        for block in _blocks(mirror):
            table.write(block, mirror.notes.find(contact.id for contact in block))
        return table.rows


async def _read_details(mirror: Mirror, catalog: Catalog, sender: Sender, context: RunContext) -> None:
    location_id = catalog.location_id
    said = noting(context, "Do-not-disturb by channel: {} read.")
    await read_details(mirror, _blocks(mirror), reading_by_id(sender, location_id), location_id, said)


def _blocks(mirror: Mirror) -> Iterator[list[HeldContact]]:
    contacts = iter(mirror)
    while block := list(islice(contacts, _BLOCK)):
        yield block


def _write(mirror: Mirror, path: Path, catalog: Catalog, replacing: Replacing, *, with_dnd: bool) -> int:
    written = 0
    fields = {catalog.location_id: catalog.custom_fields}
    with open_contact_table(path, fields, read_by_id=with_dnd, replacing=replacing) as table:
        for block in _blocks(mirror):
            # a contact that could not be found any more is no contact of the location
            shown = list(mirror.completed(block).values()) if with_dnd else block
            table.write(catalog.location_id, shown)
            written += len(shown)
    return written
