"""Locations met for a look: each asked for its catalog, side by side, within bounded time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from typing import Any, Final, TypeVar

from importer.errors import ImporterError, MappingError, ServiceDownError
from importer.highlevel.catalog import Catalog, CatalogNeeds
from importer.mapping import Mapping as FieldMapping
from importer.runs.catalogs import AskedLocations
from importer.runs.embedded import embedded_sandbox
from importer.runs.looking import open_looker
from importer.runtime.clock import Clock
from importer.runtime.regex import regex
from importer.sending import Sender
from importer.sending.looking import LOOKING, NoRows
from importer.settings import Connection, RunSettings

_RESUME: Final = regex(r"\s[^.]*`importer resume`[^.]*\.")
"""Advice of a run that stops; a look has nothing to go on with."""
_AT_ONCE: Final = 16
_OPENING_SECONDS: Final = 3.0
_PATIENCE_SECONDS: Final = 15.0
_SECONDS_A_LOCATION: Final = 0.2

T = TypeVar("T")


async def read_catalog(connection: Connection, location_id: str, needs: CatalogNeeds) -> Catalog:
    """Read what is needed of one location; nothing is changed there. Raises ImporterError where it does not answer."""
    async with Sender(connection=connection, journal=NoRows(), policy=LOOKING) as sender:
        return await sender.open_location(location_id, needs)


def ask_locations(
    location_ids: Sequence[str],
    needs: CatalogNeeds,
    mapping: FieldMapping,
    settings: RunSettings,
    *,
    clock: Clock | None = None,
) -> AskedLocations:
    """Ask each location, or a sandbox in its place, for what is needed of it; nothing is changed there.

    Raises MappingError where a follow-up names what a location does not have, as a run would.
    """
    try:
        return _run(_ask(location_ids, needs, mapping, settings, clock))
    except MappingError:
        raise
    except ImporterError as error:  # the address itself is wrong, or the sandbox does not start
        return AskedLocations(silent=dict.fromkeys(location_ids, str(error)))


async def _ask(
    location_ids: Sequence[str],
    needs: CatalogNeeds,
    mapping: FieldMapping,
    settings: RunSettings,
    clock: Clock | None,
) -> AskedLocations:
    if settings.connection.sandbox:
        return await _ask_sandbox(location_ids, mapping, settings, clock)
    # where nobody answers, a look is over soon; a run has more patience
    opening = replace(LOOKING.opening, row_seconds=_OPENING_SECONDS, row_attempts=2)
    policy = replace(LOOKING, follow_ups=mapping.follow_ups, opening=opening)
    async with open_looker(settings.connection, settings.state, clock=clock, policy=policy) as sender:
        return await meet(location_ids, needs, sender)


async def _ask_sandbox(
    location_ids: Sequence[str], mapping: FieldMapping, settings: RunSettings, clock: Clock | None
) -> AskedLocations:
    policy = replace(LOOKING, follow_ups=mapping.follow_ups)
    async with (
        embedded_sandbox(settings.connection, (mapping,), location_ids) as connection,
        Sender(connection=connection, journal=NoRows(), policy=policy, clock=clock) as sender,
    ):
        # its quota is not the vendor's, and its tags are none yet: neither says anything about a run
        asked = await meet(location_ids, mapping.needs, sender)
    return replace(asked, quotas={})


async def meet(
    location_ids: Sequence[str], needs: CatalogNeeds, sender: Sender, *, seconds: float | None = None
) -> AskedLocations:
    """Ask all of them side by side, for so long and no longer: a look is not worth more waiting."""
    patience = (
        _PATIENCE_SECONDS + _SECONDS_A_LOCATION * (len(location_ids) - 1) if seconds is None else seconds
    )
    few = asyncio.Semaphore(_AT_ONCE)

    async def open_one(location_id: str) -> Catalog | ImporterError:
        async with few:
            try:
                return await sender.open_location(location_id, needs)
            except ImporterError as error:
                return error

    slow = ServiceDownError(f"it did not answer within {patience:.0f} s")
    watch = asyncio.get_running_loop().call_later(patience, sender.stop, slow)
    try:
        found = dict(zip(location_ids, await asyncio.gather(*map(open_one, location_ids)), strict=True))
    finally:
        watch.cancel()
    for unfit in found.values():
        if isinstance(unfit, MappingError):
            raise unfit
    catalogs = {key: each for key, each in found.items() if isinstance(each, Catalog)}
    return AskedLocations(
        catalogs=catalogs,
        quotas={key: sender.quota_of(key) for key in catalogs},
        silent={
            key: _RESUME.sub("", str(each)) for key, each in found.items() if isinstance(each, ImporterError)
        },
    )


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Do it here, or beside an event loop that is at work in this thread already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(max_workers=1) as aside:
        return aside.submit(copy_context().run, asyncio.run, work).result()
