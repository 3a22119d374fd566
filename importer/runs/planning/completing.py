"""What the search lacks of the contacts that rows mean (do-not-disturb by channel, time zones): read by id before deciding."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from importer.highlevel.catalog import Catalog
from importer.highlevel.contacts import NOT_IN_SEARCH, HeldContact
from importer.mapping import Mapping as FieldMapping
from importer.mirror.details import read_details
from importer.mirror.foreseen import ForeseenLocation
from importer.mirror.matching import look_for
from importer.mirror.met import MetContacts
from importer.mirror.reading import MirrorReading
from importer.mirror.store import Mirror
from importer.records import Outcome, Record, value_type
from importer.runs.context import RunContext
from importer.runs.planning.deciding import DecidingRules
from importer.runs.planning.mirroring import noting, reading_by_id
from importer.sending import Sender

_RULES: Final = NOT_IN_SEARCH | {"dnd"}
"""A rule for ``dnd`` may name channels."""

Pieces = Callable[[], Iterable[Sequence[Record | Outcome]]]


@value_type(frozen=True, slots=True, kw_only=True)
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
        locations = [
            _open(completing, catalog, folder / str(index), stack)
            for index, catalog in enumerate(completing.met.values())
        ]
        await asyncio.to_thread(_find, locations, pieces, context)
        for each in locations:
            await read_details(
                each.mirror,
                each.found_contacts(),
                reading_by_id(sender, each.location_id),
                each.location_id,
                noting(context, "Do-not-disturb and time zones: {} read."),
            )


@value_type(frozen=True, slots=True, kw_only=True)
class _Location:
    """One location, and whom of it the rows may mean."""

    location_id: str
    mirror: Mirror
    found: MetContacts
    foreseen: ForeseenLocation
    rules: DecidingRules

    def find(self, items: Sequence[Record | Outcome]) -> None:
        """Note whom those rows may mean that write what a search does not show."""
        records = [
            item
            for item in items
            if isinstance(item, Record)
            and item.location_id == self.location_id
            and not NOT_IN_SEARCH.isdisjoint(item.fields)
        ]
        if records:
            look_for(records, self.foreseen, self.rules.order)

    def found_contacts(self) -> Iterator[list[HeldContact]]:
        for some in self.found.ids():
            yield list(self.mirror.by_ids(some).values())


def _open(completing: Completing, catalog: Catalog, folder: Path, stack: contextlib.ExitStack) -> _Location:
    mirror = stack.enter_context(Mirror.open(completing.readings[catalog.location_id].path))
    found = stack.enter_context(MetContacts.scratch(folder / "found.db"))
    rules = DecidingRules.of(completing.mapping, catalog)
    return _Location(
        location_id=catalog.location_id,
        mirror=mirror,
        found=found,
        foreseen=ForeseenLocation.open(mirror, folder, stack, met=found, by=rules.by),
        rules=rules,
    )


def _find(locations: Sequence[_Location], pieces: Pieces, context: RunContext) -> None:
    for items in pieces():
        context.stop.check()
        for each in locations:
            each.find(items)
