"""Reading a location into its mirror: whole, or what changed since; nothing that is not whole is ever believed."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

from importer.errors import MirrorError
from importer.highlevel import search
from importer.highlevel.calls import Call
from importer.highlevel.catalog_reader import refusal
from importer.highlevel.reply import Reply, ReplyKind
from importer.highlevel.search import PAGE_SIZES, SearchPage, UnusablePageError, read_page
from importer.mirror.folder import MirrorFolder
from importer.mirror.store import Mirror, MirrorFacts
from importer.records import Json
from importer.runtime.clock import Clock
from importer.runtime.progress import SendingProgress

_BEHIND_SECONDS: Final = 600.0
"""Changes are asked for from so long before the last look: the search is behind, and clocks differ."""
_RENEWALS: Final = 3
"""So often changes are read before the location is read whole: in a busy one something changes meanwhile."""
_LONG_SECONDS: Final = 300.0
_SAY_SECONDS: Final = 10.0
_SCOPE: Final = "contacts.readonly"


class ReadHow(StrEnum):
    """What it took to have a mirror that is young enough."""

    KEPT = "kept"
    CHANGES = "changes"
    WHOLE = "whole"


class AskLocation(Protocol):
    """Sends a call that stores nothing and brings the final reply; refusals of scope or location are replies, too."""

    async def __call__(self, call: Call) -> Reply: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorReading:
    """A mirror that is young enough, and what it took. ``requests``: those made now."""

    location_id: str
    name: str
    path: Path
    how: ReadHow
    contacts: int
    requests: int
    seconds: float
    as_of: float

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


@dataclass(frozen=True, slots=True, kw_only=True)
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
) -> MirrorReading:
    """Have a mirror of a location that is no older than ``max_age_seconds``, with as few calls as that takes.

    Raises CredentialsError where the token may not read contacts, MirrorError where what comes is not to be
    believed, RunConflictError where another process is at it, and the StopError that ends the asking; after the
    latter the reading goes on where it stopped.
    """
    reader = _Reader(ask, place, clock, progress)
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
        self, ask: AskLocation, place: LocationToRead, clock: Clock, progress: SendingProgress
    ) -> None:
        self.place = place
        self.requests = 0
        self._ask = ask
        self._clock = clock
        self._progress = progress
        self._said_at = clock.monotonic()

    def first_facts(self) -> MirrorFacts:
        now = self._clock.now()
        return MirrorFacts(location_id=self.place.location_id, name=self.place.name, begun_at=now, as_of=now)

    def age(self, facts: MirrorFacts) -> float:
        """Tell how old a mirror is; one from the future was read before the clock was set back."""
        age = self._clock.now() - facts.as_of
        return age if age >= 0 else float("inf")

    async def read_whole(self, mirror: Mirror) -> None:
        """Go on with a draft to its end; raises MirrorError where fewer contacts came than the vendor counts."""
        facts = mirror.facts
        goes_on = facts.cursor is not None
        total, read = None, len(mirror)
        async with aclosing(self._pages_of_all(facts)) as pages:
            async for page, size in pages:
                total = total if page.total is None else page.total
                if not page.contacts:
                    break
                goes_on = False
                facts = replace(facts, cursor=page.cursor, page_size=size, requests=facts.requests + 1)
                mirror.add(page.contacts, facts)
                read += len(page.contacts)
                self._say(read, total)
        mirror.index()
        self._require_all(len(mirror), total, uncertain=goes_on)
        mirror.note(replace(facts, whole=True, cursor=None, name=self.place.name or facts.name))

    def _require_all(self, held: int, total: int | None, *, uncertain: bool) -> None:
        """Refuse a reading that is not whole. ``uncertain``: it went on behind a cursor, and nothing came behind that."""
        if total is not None and held < total:
            raise self._unusable(f"HighLevel counts {total:,} contacts, and {held:,} came")
        if total is None and uncertain:
            raise self._unusable("where it was cut off it does not go on, and HighLevel does not count")
        if total is None and held:
            self._progress.message(
                f"Location {self.place.location_id}: HighLevel does not say how many contacts there are; {held:,} came, "
                "up to the end of its list."
            )

    def _pages_of_all(self, facts: MirrorFacts) -> AsyncGenerator[tuple[SearchPage, int], None]:
        def call(size: int, cursor: Json) -> Call:
            return search.search_all(self.place.location_id, size=size, cursor=cursor)

        return self._pages(call, cursor=facts.cursor, size=facts.page_size)

    async def renew(self, mirror: Mirror) -> bool:
        """Read what changed; False where that does not come to what the location holds, so that all must be read."""
        for _ in range(_RENEWALS):
            facts = replace(mirror.facts, as_of=self._clock.now())
            since = mirror.facts.as_of - _BEHIND_SECONDS
            try:
                await self._read_changes(mirror, since)
            except _SortRefusedError:
                return False
            newest = await self._page(search.newest_change(self.place.location_id))
            if _agrees(mirror, newest):
                mirror.note(facts)
                return True
        return False

    async def _read_changes(self, mirror: Mirror, since: float) -> None:
        def call(size: int, cursor: Json) -> Call:
            return search.search_updated(self.place.location_id, since=since, size=size, cursor=cursor)

        facts = mirror.facts
        async with aclosing(self._pages(call, size=facts.page_size, may_refuse=True)) as pages:
            async for page, _ in pages:
                mirror.renew(page.contacts, facts)

    async def _pages(
        self, call: _PageCall, *, cursor: Json = None, size: int | None = None, may_refuse: bool = False
    ) -> AsyncGenerator[tuple[SearchPage, int], None]:
        """Ask for page after page until an empty one, which comes last: a short one may have been cut off silently."""
        while True:
            page, size = await self._sized_page(call, cursor, size, may_refuse=may_refuse)
            if not page.contacts:
                if cursor is None and page.total:
                    raise self._unusable(
                        f"HighLevel counts {page.total:,} contacts, and its search shows none"
                    )
                # of a reading that was cut off before its last page, it alone tells how many there are
                yield page, size
                return
            if page.cursor is None:
                raise self._unusable("the reply does not say where the next page begins")
            if page.cursor == cursor:
                raise self._unusable("HighLevel sends the same page again and again")
            cursor = page.cursor
            yield page, size

    async def _sized_page(
        self, call: _PageCall, cursor: Json, size: int | None, *, may_refuse: bool
    ) -> tuple[SearchPage, int]:
        """Ask for as many contacts as the vendor gives at once; how many that are is learnt by its refusals."""
        sizes = PAGE_SIZES if size is None else tuple({size: None, PAGE_SIZES[-1]: None})
        asked, *smaller = sizes
        found = await self._reply(call(asked, cursor))
        while found.kind is ReplyKind.REFUSED and smaller:
            asked = smaller.pop(0)
            found = await self._reply(call(asked, cursor))
        if found.kind is ReplyKind.REFUSED and may_refuse:
            raise _SortRefusedError
        return self._read(found), asked

    async def _page(self, call: Call) -> SearchPage:
        return self._read(await self._reply(call))

    async def _reply(self, call: Call) -> Reply:
        self.requests += 1
        return await self._ask(call)

    def _read(self, found: Reply) -> SearchPage:
        if found.kind is ReplyKind.REFUSED:
            raise self._unusable(f"HighLevel refuses to search: {found.said}")
        if found.kind is not ReplyKind.DONE:
            raise refusal(found, self.place.location_id, scope=_SCOPE)
        try:
            return read_page(found.body)
        except UnusablePageError as fault:
            raise self._unusable(str(fault)) from None

    def _unusable(self, why: str) -> MirrorError:
        return MirrorError(
            f"The contacts of location {self.place.location_id} cannot be read: {why}. Nothing of it is used; "
            "try again, and if that does not help, import without comparing."
        )

    def _say(self, contacts: int, total: int | None) -> None:
        now = self._clock.monotonic()
        if now - self._said_at >= _SAY_SECONDS:
            self._said_at = now
            of_all = f" of {total:,}" if total is not None else ""
            self._progress.message(
                f"Location {self.place.location_id}: {contacts:,}{of_all} {'contact' if (total or contacts) == 1 else 'contacts'} read."
            )


class _PageCall(Protocol):
    def __call__(self, size: int, cursor: Json, /) -> Call: ...


class _SortRefusedError(Exception):
    """The vendor does not search by what changed."""


def _agrees(mirror: Mirror, newest: SearchPage) -> bool:
    """Tell whether a mirror comes to what the location holds: as many contacts, and the one that changed last."""
    if newest.total != len(mirror):
        return False  # somebody deleted contacts, or the vendor does not count them
    return all(
        (held := mirror.by_ids([contact.id]).get(contact.id)) is not None and held.updated == contact.updated
        for contact in newest.contacts
    )
