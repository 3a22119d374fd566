"""Reading a location into its mirror: whole, or what changed since; nothing that is not whole is ever believed."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from importer.errors import MirrorError
from importer.highlevel import search
from importer.highlevel.calls import Call
from importer.highlevel.search import SearchPage
from importer.mirror.beats import ReadingBeats
from importer.mirror.folder import MirrorFolder
from importer.mirror.paging import AskLocation, Pager, SearchRefusedError
from importer.mirror.parts import PARTS_FROM, cut, read_parts, with_parts
from importer.mirror.store import Mirror, MirrorFacts
from importer.records import Json, value_type
from importer.runtime.clock import Clock
from importer.runtime.progress import SendingProgress

_BEHIND_SECONDS: Final = 600.0
"""Changes are asked for from so long before the last look: the search is behind, and clocks differ."""
_RENEWALS: Final = 3
"""So often changes are read before the location is read whole: in a busy one something changes meanwhile."""
_LATECOMERS: Final = 3
"""So often whoever came after the last part was read is looked for, before all is read by one cursor."""
_LONG_SECONDS: Final = 300.0


class ReadHow(StrEnum):
    """What it took to have a mirror that is young enough."""

    KEPT = "kept"
    CHANGES = "changes"
    WHOLE = "whole"


@value_type(frozen=True, slots=True, kw_only=True)
class MirrorReading:
    """A mirror that is young enough, and what it took."""

    location_id: str
    """Whose contacts they are."""
    name: str
    """What the location is called."""
    path: Path
    """The private file that holds them."""
    how: ReadHow
    """Whether they were kept as they were, brought up to date, or read whole."""
    contacts: int
    """How many there are."""
    requests: int
    """Calls that were made now; none where the mirror was young enough."""
    seconds: float
    """How long it took."""
    as_of: float
    """As of when they are, in seconds since 1970."""

    def to_json(self) -> dict[str, Json]:
        """Write it as documented; programs rely on the names."""
        return {
            "name": self.name,
            "contacts": self.contacts,
            "requests": self.requests,
            "seconds": round(self.seconds, 3),
            "how": self.how.value,
            "at": datetime.fromtimestamp(self.as_of, UTC).isoformat(timespec="seconds"),
        }


@value_type(frozen=True, slots=True, kw_only=True)
class LocationToRead:
    """Whose contacts are read, and from where."""

    base_url: str
    location_id: str
    name: str = ""


async def read_mirror(
    ask: AskLocation,
    place: LocationToRead,
    folder: MirrorFolder,
    *,
    max_age_seconds: float,
    clock: Clock,
    progress: SendingProgress,
    parts_from: int = PARTS_FROM,
) -> MirrorReading:
    """Have a mirror of a location that is no older than ``max_age_seconds``, with as few calls as that takes.

    Raises CredentialsError where the token may not read contacts, MirrorError where what comes is not to be
    believed, RunConflictError where another process is at it, and the StopError that ends the asking; after the
    latter the reading goes on where it stopped.
    """
    reader = _Reader(ask, place, clock, progress, parts_from=parts_from)
    began = clock.monotonic()
    with folder.reading(place.base_url, place.location_id):
        path, how = await _young_enough(reader, folder, max_age_seconds)
        with Mirror.open(path) as mirror:
            return MirrorReading(
                location_id=place.location_id,
                name=place.name,
                path=path,
                how=how,
                contacts=len(mirror),
                requests=reader.requests,
                seconds=clock.monotonic() - began,
                as_of=mirror.facts.as_of,
            )


async def _young_enough(
    reader: _Reader, folder: MirrorFolder, max_age_seconds: float
) -> tuple[Path, ReadHow]:
    place = reader.place
    path = folder.newest(place.base_url, place.location_id)
    if path is not None:
        with Mirror.open(path) as mirror:
            if reader.age(mirror.facts) <= max_age_seconds:
                return path, ReadHow.KEPT
            if await reader.renew(mirror):
                return path, ReadHow.CHANGES
    return await _read_whole(reader, folder, max_age_seconds), ReadHow.WHOLE


async def _read_whole(reader: _Reader, folder: MirrorFolder, max_age_seconds: float) -> Path:
    place = reader.place
    draft = folder.draft(place.base_url, place.location_id)
    path = draft or folder.new_path(place.base_url, place.location_id)
    with Mirror.open(path) if draft else Mirror.create(path, reader.first_facts()) as mirror:
        try:
            await reader.read_whole(mirror)
        except MirrorError:
            folder.discard(path)  # to go on with it would only lead there again
            raise
        folder.keep_only(path)
        # one that took long, or was cut off in between, is as old as its beginning
        if reader.age(mirror.facts) > max(max_age_seconds, _LONG_SECONDS):
            await reader.renew(mirror)
    return path


class _Reader:
    """Asks one location for page after page."""

    def __init__(
        self,
        ask: AskLocation,
        place: LocationToRead,
        clock: Clock,
        progress: SendingProgress,
        *,
        parts_from: int,
    ) -> None:
        self.place = place
        self._pager = Pager(ask, place.location_id)
        self._clock = clock
        self._progress = progress
        self._parts_from = parts_from
        self._beats = ReadingBeats(place.location_id, clock, progress)

    @property
    def requests(self) -> int:
        return self._pager.requests

    def first_facts(self) -> MirrorFacts:
        now = self._clock.now()
        return MirrorFacts(location_id=self.place.location_id, name=self.place.name, begun_at=now, as_of=now)

    def age(self, facts: MirrorFacts) -> float:
        """Tell how old a mirror is; one from the future was read before the clock was set back."""
        age = self._clock.now() - facts.as_of
        return age if age >= 0 else float("inf")

    async def read_whole(self, mirror: Mirror) -> None:
        """Go on with a draft to its end; raises MirrorError where fewer contacts came than the vendor counts."""
        goes_on = mirror.facts.cursor is not None
        total = None
        if mirror.facts.parts is None:
            total, came = await self._read_on(mirror)
            goes_on = goes_on and not came
        if mirror.facts.parts is not None:
            total = await self._read_in_parts(mirror)
        else:
            mirror.index()
        self._require_all(len(mirror), total, uncertain=goes_on)
        facts = mirror.facts
        mirror.note(replace(facts, whole=True, cursor=None, parts=None, name=self.place.name or facts.name))

    async def _read_on(self, mirror: Mirror) -> tuple[int | None, bool]:
        """Read page after page, to the end or until the location turns out to be large; gives its count, and whether any came."""
        facts, total, came = mirror.facts, None, False
        read = len(mirror)
        async with aclosing(self._pages_of_all(facts)) as pages:
            async for page, size in pages:
                total = total if page.total is None else page.total
                if not page.contacts:
                    break
                facts = replace(facts, cursor=page.cursor, page_size=size, requests=facts.requests + 1)
                mirror.add(page.contacts, facts)
                read += len(page.contacts)
                self._beats.add(read, total)
                begins, came = not came, True
                if begins and total is not None and total >= self._parts_from:
                    facts = await self._in_parts(page, facts)
                    mirror.note(facts)
                    if facts.parts is not None:
                        break
        return total, came

    async def _in_parts(self, first: SearchPage, facts: MirrorFacts) -> MirrorFacts:
        try:
            parts = await cut(self._pager, self.place.location_id, first)
        except SearchRefusedError:
            return facts
        return with_parts(facts, parts) if len(parts) > 1 else facts

    async def _read_in_parts(self, mirror: Mirror) -> int | None:
        """Read the parts of a large location; where they do not come to all of it, it is read by one cursor after all."""
        with contextlib.suppress(SearchRefusedError):
            for _ in range(_LATECOMERS):
                total = await read_parts(self._pager, self.place.location_id, mirror, self._beats.add)
                mirror.index()
                if total is None or len(mirror) >= total:
                    return total
        self._parts_from = sys.maxsize
        mirror.begin_anew(self.first_facts())
        total, _ = await self._read_on(mirror)
        mirror.index()
        return total

    def _require_all(self, held: int, total: int | None, *, uncertain: bool) -> None:
        """Refuse a reading that is not whole. ``uncertain``: it went on behind a cursor, and nothing came behind that."""
        if total is not None and held < total:
            raise self._pager.unusable(f"HighLevel counts {total:,} contacts, and {held:,} came")
        if total is None and uncertain:
            raise self._pager.unusable("where it was cut off it does not go on, and HighLevel does not count")
        if total is None and held:
            self._progress.message(
                f"Location {self.place.location_id}: HighLevel does not say how many contacts there are; {held:,} came, "
                "up to the end of its list."
            )

    def _pages_of_all(self, facts: MirrorFacts) -> AsyncGenerator[tuple[SearchPage, int], None]:
        def call(size: int, cursor: Json) -> Call:
            return search.search_all(self.place.location_id, size=size, cursor=cursor)

        return self._pager.pages(call, cursor=facts.cursor, size=facts.page_size)

    async def renew(self, mirror: Mirror) -> bool:
        """Read what changed; False where that does not come to what the location holds, so that all must be read."""
        for _ in range(_RENEWALS):
            facts = replace(mirror.facts, as_of=self._clock.now())
            since = mirror.facts.as_of - _BEHIND_SECONDS
            try:
                await self._read_changes(mirror, since)
            except SearchRefusedError:
                return False
            newest = await self._pager.page(search.newest_change(self.place.location_id))
            if _agrees(mirror, newest):
                mirror.note(facts)
                return True
        return False

    async def _read_changes(self, mirror: Mirror, since: float) -> None:
        def call(size: int, cursor: Json) -> Call:
            return search.search_updated(self.place.location_id, since=since, size=size, cursor=cursor)

        facts = mirror.facts
        async with aclosing(self._pager.pages(call, size=facts.page_size, may_refuse=True)) as pages:
            async for page, _ in pages:
                mirror.renew(page.contacts, facts)


def _agrees(mirror: Mirror, newest: SearchPage) -> bool:
    """Tell whether a mirror comes to what the location holds: as many contacts, and the one that changed last."""
    if newest.total != len(mirror):
        return False  # somebody deleted contacts, or the vendor does not count them
    return all(
        (held := mirror.by_ids([contact.id]).get(contact.id)) is not None and held.updated == contact.updated
        for contact in newest.contacts
    )
