"""What the search lacks of the contacts that rows mean (do-not-disturb by channel, time zones): read by id before deciding."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from importer.highlevel.catalog import Catalog
from importer.highlevel.contacts import NOT_IN_SEARCH, HeldContact
from importer.mapping import Mapping as FieldMapping
from importer.mirror.details import read_details
from importer.mirror.matching import wanted_keys
from importer.mirror.met import MetContacts
from importer.mirror.reading import MirrorReading
from importer.mirror.store import Mirror
from importer.records import Outcome, Record
from importer.runs.context import RunContext
from importer.runs.planning.deciding import DecidingRules
from importer.runs.planning.mirroring import noting, reading_by_id
from importer.sending import Sender

_RULES: Final = NOT_IN_SEARCH | {"dnd"}
"""A rule for ``dnd`` may name channels."""

Pieces = Callable[[], Iterable[Sequence[Record | Outcome]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Completing:
    """What is completed: the mirrors of locations that were met. ``folder``: a private one for scratch."""

    met: Mapping[str, Catalog]
    readings: Mapping[str, MirrorReading]
    mapping: FieldMapping
    folder: Path

    @property
    def is_needed(self) -> bool:
        """Tell whether any rule writes what a search does not show."""
        return any(name.partition(".")[0] in _RULES for name in self.mapping.model.fields)


async def complete_mirrors(
    completing: Completing, pieces: Pieces, sender: Sender, context: RunContext
) -> None:
    """Read by id the contacts whose rows write what a search does not show, but for those read since they changed.

    Raises as ``read_details`` does: an opt-out that cannot be read is not taken for none.
    """
    if not completing.is_needed:
        return
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=completing.folder)))
        mirrors = {
            location_id: stack.enter_context(Mirror.open(completing.readings[location_id].path))
            for location_id in completing.met
        }
        found = {
            location_id: stack.enter_context(MetContacts.scratch(folder / f"{index}.db"))
            for index, location_id in enumerate(mirrors)
        }
        await asyncio.to_thread(_find, completing, pieces, mirrors, found, context)
        for location_id, mirror in mirrors.items():
            await read_details(
                mirror,
                _contacts(found[location_id], mirror),
                reading_by_id(sender, location_id),
                location_id,
                noting(context, "Do-not-disturb and time zones: {:,} contacts read."),
            )


def _find(
    completing: Completing,
    pieces: Pieces,
    mirrors: Mapping[str, Mirror],
    found: Mapping[str, MetContacts],
    context: RunContext,
) -> None:
    """Note whom the rows may mean that write such a field."""
    orders = {key: DecidingRules.of(completing.mapping, each).order for key, each in completing.met.items()}
    for items in pieces():
        context.stop.check()
        for location_id, mirror in mirrors.items():
            records = [
                item
                for item in items
                if isinstance(item, Record)
                and item.location_id == location_id
                and not NOT_IN_SEARCH.isdisjoint(item.fields)
            ]
            if records:
                keys = [key for record in records for key in wanted_keys(record, orders[location_id])]
                named = {record.contact_id for record in records if record.contact_id is not None}
                held = mirror.by_keys(keys).values()
                found[location_id].note(named.union(*held))


def _contacts(found: MetContacts, mirror: Mirror) -> Iterator[list[HeldContact]]:
    for some in found.ids():
        yield list(mirror.by_ids(some).values())
