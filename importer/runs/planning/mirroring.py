"""Reading locations into their mirrors: within what earlier runs left of the quota, and leaving word of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from importer.errors import CredentialsError, CredentialsLostError, SettingsError
from importer.highlevel.calls import Call
from importer.highlevel.catalog import Catalog, CatalogNeeds
from importer.highlevel.reply import Reply
from importer.mirror.folder import MirrorFolder
from importer.mirror.reading import LocationToRead, MirrorReading, read_mirror
from importer.runs.context import RunContext
from importer.runs.looking import open_looker
from importer.sending import Sender
from importer.sending.looking import MIRRORING
from importer.settings import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorSettings:
    """Whose contacts are read, where the mirrors lie, and how old one may be without being read again."""

    connection: Connection
    state: Path
    max_age_seconds: float


@contextlib.asynccontextmanager
async def open_looking(
    connection: Connection, state_path: Path, context: RunContext
) -> AsyncIterator[Sender]:
    """Open a sender that only looks. Raises SettingsError for the embedded sandbox, which begins empty."""
    if connection.sandbox:
        raise SettingsError(
            "The embedded sandbox begins empty: it has no contacts to read. Leave --sandbox out."
        )
    async with open_looker(
        connection, state_path, clock=context.clock, policy=MIRRORING, progress=context.progress
    ) as sender:
        context.stop.listen(sender.stop)
        yield sender


async def mirror_locations(
    location_ids: Sequence[str], settings: MirrorSettings, context: RunContext
) -> list[MirrorReading | Exception]:
    """Have young mirrors of several locations; what one of them raises stands in its place."""
    async with open_looking(settings.connection, settings.state, context) as sender:
        readings = [mirror_location(each, sender, settings, context) for each in dict.fromkeys(location_ids)]
        found = await asyncio.gather(*readings, return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException) and not isinstance(each, Exception):
            raise each
    return [each for each in found if isinstance(each, MirrorReading | Exception)]


async def mirror_location(
    location_id: str, sender: Sender, settings: MirrorSettings, context: RunContext
) -> MirrorReading:
    """Meet a location and have a young mirror of it."""
    catalog = await sender.open_location(location_id, CatalogNeeds())
    return await mirror_met(catalog, sender, settings, context)


async def mirror_met(
    catalog: Catalog, sender: Sender, settings: MirrorSettings, context: RunContext
) -> MirrorReading:
    """Have a young mirror of a location that was met; raises as ``read_mirror`` does."""

    async def ask(call: Call) -> Reply:
        return await sender.search(catalog.location_id, call)

    folder = MirrorFolder(settings.state, clock=context.clock)
    folder.sweep()
    place = LocationToRead(
        base_url=settings.connection.base_url, location_id=catalog.location_id, name=catalog.name
    )
    try:
        return await read_mirror(
            ask,
            place,
            folder,
            max_age_seconds=settings.max_age_seconds,
            clock=context.clock,
            progress=context.progress,
        )
    except CredentialsLostError as lost:  # nothing was sent
        raise CredentialsError(str(lost)) from None
