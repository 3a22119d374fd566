"""Locations as sources: their contacts read, and laid down as a file that is read like any other."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from importer.errors import SettingsError
from importer.mapping import Mapping, load_mapping
from importer.records import RowObject
from importer.results.files import replacing
from importer.runs.context import RunContext
from importer.runs.intake import choose_location
from importer.runs.planning.exporting import export_contacts, export_notes
from importer.runs.planning.mirroring import MirrorSettings
from importer.runtime.regex import regex
from importer.settings import RunSettings, location_in
from importer.sources.locations import LocationScheme, location_named, scheme_of

_ID: Final = regex(r"[A-Za-z0-9_-]+")


@contextlib.asynccontextmanager
async def fetched(
    settings: RunSettings, context: RunContext, *, mapping: Mapping | None = None
) -> AsyncIterator[RunSettings]:
    """Read the locations that are named as sources, with everybody's do-not-disturb by channel, as long as this is open.

    Raises SetupError where one is the target, or cannot be read completely.
    """
    named = {reference: location_named(reference) for reference in settings.sources}
    locations = {reference: found for reference, found in named.items() if found is not None}
    if not locations:
        yield settings
        return
    mapping = mapping or load_mapping(settings.mapping)
    with tempfile.TemporaryDirectory(prefix="importer-") as folder:
        files: dict[str, Path] = {}
        for index, (reference, said) in enumerate(locations.items()):
            location_id = location_in(said)
            _require_fit(reference, location_id, mapping)
            _refuse_itself(location_id, settings, mapping)
            files[reference] = Path(folder) / str(index) / f"{location_id}.csv"
            files[reference].parent.mkdir(mode=0o700)
            await _fetch(scheme_of(reference), location_id, files[reference], settings, context)
        yield replace(settings, fetched=files)


def _require_fit(reference: str, location_id: str, mapping: Mapping) -> None:
    """Refuse what names nothing, and notes that would be taken for contacts: they come without anybody's refusals."""
    if not location_id:
        raise SettingsError(f"{reference} names no location: write its id behind it.")
    if not _ID.fullmatch(location_id):  # it becomes part of paths, of files and of calls
        raise SettingsError(f"{reference} names no location: an id is of letters and digits alone.")
    of_notes = scheme_of(reference) is LocationScheme.NOTES
    if of_notes and mapping.row_object is not RowObject.NOTE:
        raise SettingsError(
            f"{reference} has notes, and each row of the mapping becomes a {mapping.row_object}: use the ready mapping "
            "highlevel-notes, or one of `object: note`."
        )


def _refuse_itself(location_id: str, settings: RunSettings, mapping: Mapping) -> None:
    """Refuse to move a location into itself. Raises SettingsError."""
    if settings.connection.sandbox:
        return  # a try, beside the real ones
    rule = mapping.model.location
    by_column = {*(rule.map or {}).values(), rule.default} if rule is not None else set()
    if location_id in {choose_location(settings.connection, mapping), *by_column}:
        raise SettingsError(
            f"Location {location_id} is the source and the target. Name the one to import into with --location."
        )


async def _fetch(
    scheme: LocationScheme | None, location_id: str, path: Path, settings: RunSettings, context: RunContext
) -> None:
    connection = replace(settings.connection, location_id=None, sandbox=False)
    context.progress.message(f"Reading the contacts of location {location_id}, the source.")
    mirroring = MirrorSettings(connection=connection, state=settings.state, max_age_seconds=0.0)
    if scheme is LocationScheme.NOTES:
        held, what = await export_notes(location_id, path, mirroring, context), "notes"
    else:
        exported = await export_contacts(
            location_id, path, mirroring, context, with_dnd=True, replacing=replacing
        )
        held, what = exported.contacts, "contacts"
        if exported.file_fields:
            context.progress.message(
                f"Files stay behind, of the custom field{'s' * (len(exported.file_fields) > 1)} "
                f"{', '.join(map(repr, exported.file_fields))}."
            )
    if not held:
        raise SettingsError(f"Location {location_id} has no {what}: there is nothing to import.")
