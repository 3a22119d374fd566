"""Reading locations into their mirrors: within what earlier runs left of the quota, and leaving word of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from importer.errors import CredentialsError, CredentialsLostError, SettingsError
from importer.highlevel.calls import Call
from importer.highlevel.catalog import Catalog, CatalogNeeds
from importer.highlevel.contacts import HeldContact
from importer.highlevel.reply import Reply
from importer.mirror.details import ReadById, read_contacts
from importer.mirror.folder import MirrorFolder
from importer.mirror.reading import LocationToRead, MirrorReading, read_mirror
from importer.mirror.store import Mirror
from importer.records import value_type
from importer.runs.context import RunContext
from importer.runs.looking import open_looker
from importer.runtime.counting import counted
from importer.runtime.garbage import rare_collections
from importer.sending import Sender
from importer.sending.looking import MIRRORING
from importer.settings import Connection
from importer.state import StateFolder
from importer.state.journal.run import place_of
from importer.state.own_writes import OwnWrites, own_writes

_SAY_SECONDS: Final = 10.0
_LAG_SECONDS: Final = 120.0
"""The search is up to a minute behind; its clock and ours may differ."""


@value_type(frozen=True, slots=True, kw_only=True)
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
    with rare_collections():
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


def reading_by_id(sender: Sender, location_id: str) -> ReadById:
    async def read_by_id(contact_id: str) -> Reply:
        return await sender.read_contact(location_id, contact_id)

    return read_by_id


def noting(context: RunContext, sentence: str) -> Callable[[int], None]:
    """Make what says now and then how far a reading has come; ``sentence`` takes how many contacts."""
    said_at = context.clock.monotonic()

    def note(read: int) -> None:
        nonlocal said_at
        if context.clock.monotonic() - said_at >= _SAY_SECONDS:
            said_at = context.clock.monotonic()
            context.progress.message(sentence.format(counted(read, "contact")))

    return note


async def read_own_writes(
    catalog: Catalog, sender: Sender, mirror_path: Path, settings: MirrorSettings, context: RunContext
) -> list[HeldContact]:
    """Read by id what runs of this state folder wrote in the last minutes: the search may not show it yet.

    Who is gone leaves the mirror: the search shows contacts for a while after they were deleted.
    """
    lately = context.clock.now() - _LAG_SECONDS
    contact_ids = _own_writes(catalog, settings, lately).since(lately)
    if not contact_ids:
        return []
    context.progress.message(
        f"{counted(len(contact_ids), 'contact')} written in the last minutes, which the search may not show yet: read by id."
    )
    read = read_contacts(contact_ids, reading_by_id(sender, catalog.location_id), catalog.location_id)
    found = [each async for some in read for each in some]
    if gone := set(contact_ids) - {each.id for each in found}:
        await asyncio.to_thread(_drop, mirror_path, gone)
    return found


def _drop(mirror_path: Path, gone: Iterable[str]) -> None:
    with Mirror.open(mirror_path) as mirror:
        mirror.drop(gone)


def _own_writes(catalog: Catalog, settings: MirrorSettings, since: float) -> OwnWrites:
    place = place_of(settings.connection.base_url, sandbox=settings.connection.sandbox)
    state = StateFolder(settings.state)
    return own_writes(state, place=place, location_id=catalog.location_id, since=since)


def _age_wanted(catalog: Catalog, settings: MirrorSettings, now: float) -> float:
    """Tell how old a mirror may be: one from before our own last run would show what that overwrote."""
    last_at = _own_writes(catalog, settings, now - settings.max_age_seconds).last_at
    return settings.max_age_seconds if last_at is None else max(0.0, now - last_at)


async def mirror_met(
    catalog: Catalog, sender: Sender, settings: MirrorSettings, context: RunContext
) -> MirrorReading:
    """Have a young mirror of a location that was met; raises as ``read_mirror`` does."""
    max_age_seconds = await asyncio.to_thread(_age_wanted, catalog, settings, context.clock.now())

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
            max_age_seconds=max_age_seconds,
            clock=context.clock,
            progress=context.progress,
        )
    except CredentialsLostError as lost:  # nothing was sent
        raise CredentialsError(str(lost)) from None
