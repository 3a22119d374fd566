"""A large location read in parts, by when contacts were added: several cursors side by side, where one alone would take long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Final, cast

from importer.highlevel import search
from importer.highlevel.calls import Call
from importer.highlevel.reply import read_moment
from importer.highlevel.search import SearchPage
from importer.mirror.paging import Pager
from importer.mirror.store import Mirror, MirrorFacts
from importer.records import Json, value_type

PARTS_FROM: Final = 20_000
"""So many contacts make a location large: one cursor takes 40 calls for them, one after the other."""
_PARTS: Final = 8
_AT_ONCE: Final = 4
_SHORTEST_MS: Final = 2_000


@value_type(frozen=True, slots=True, kw_only=True)
class Part:
    """The contacts added from one moment to another, both included, in milliseconds, and how far they were read.

    ``until``: None for the last part, to which those belong that come meanwhile.
    """

    since: int
    until: int | None
    cursor: Json = None
    whole: bool = False

    def to_json(self) -> Json:
        return [self.since, self.until, self.cursor, self.whole]

    @classmethod
    def from_json(cls, kept: Any) -> Part:
        since, until, cursor, whole = kept
        return cls(since=since, until=until, cursor=cursor, whole=whole)


def parts_of(facts: MirrorFacts) -> list[Part]:
    """Read the parts of a draft that is read so; none of another."""
    return [Part.from_json(each) for each in cast("list[Any]", facts.parts or [])]


def with_parts(facts: MirrorFacts, parts: Sequence[Part]) -> MirrorFacts:
    return replace(facts, parts=[each.to_json() for each in parts], cursor=None)


async def cut(pager: Pager, location_id: str, first: SearchPage) -> list[Part]:
    """Cut a location behind its first page into parts of like size; none where that cannot be done.

    Raises SearchRefusedError where the vendor does not search by when contacts were added.
    """
    newest = await pager.page(search.newest_contact(location_id), may_refuse=True)
    begin, end = (
        _added_ms(first.contacts[-1].added),
        _added_ms(newest.contacts[0].added if newest.contacts else None),
    )
    if begin is None or end is None or end <= begin:
        return []

    async def count(since: int, until: int) -> int:
        call = search.search_added(location_id, since=since, until=until, size=1, cursor=None)
        return (await pager.page(call, may_refuse=True)).total or 0

    spans = await _spans((begin, end), first.total or 0, count)
    *others, (last, _) = spans
    return [*(Part(since=since, until=until) for since, until in others), Part(since=last, until=None)]


async def _spans(
    whole: tuple[int, int], total: int, count: Callable[[int, int], Any]
) -> list[tuple[int, int]]:
    """Halve the fullest span of time again and again: most contacts of a location may have come on one day."""
    sizes = {whole: total}
    for _ in range(3 * _PARTS):
        fullest = max(sizes, key=lambda span: sizes[span] if span[1] - span[0] > _SHORTEST_MS else 0)
        since, until = fullest
        if len(sizes) >= _PARTS or until - since <= _SHORTEST_MS or not sizes[fullest]:
            break
        middle = (since + until) // 2
        before = await count(since, middle)
        size = sizes.pop(fullest)
        sizes[since, middle], sizes[middle, until] = before, max(0, size - before)
        sizes = _joined(sizes)
    return sorted(sizes)


def _joined(sizes: dict[tuple[int, int], int]) -> dict[tuple[int, int], int]:
    """Join a span without contacts to the one before it."""
    found: dict[tuple[int, int], int] = {}
    for span in sorted(sizes):
        if found and not sizes[span]:
            last = max(found)
            found[last[0], span[1]] = found.pop(last)
        else:
            found[span] = sizes[span]
    return found


async def read_parts(
    pager: Pager, location_id: str, mirror: Mirror, say: Callable[[int, int | None], None]
) -> int | None:
    """Go on with all parts of a draft to their ends; gives how many contacts the vendor counts then.

    Raises SearchRefusedError where the vendor does not search by when contacts were added.
    """
    reading = _PartsReading(pager, location_id, mirror, say)
    tasks = [asyncio.create_task(reading.read(index)) for index in range(len(reading.parts))]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return (await pager.page(search.search_all(location_id, size=1, cursor=None))).total


class _PartsReading:
    def __init__(
        self, pager: Pager, location_id: str, mirror: Mirror, say: Callable[[int, int | None], None]
    ) -> None:
        self.parts = parts_of(mirror.facts)
        self._pager = pager
        self._location_id = location_id
        self._mirror = mirror
        self._facts = mirror.facts
        self._say = say
        self._read = len(mirror)
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def read(self, index: int) -> None:
        part = self.parts[index]
        if part.whole and part.until is not None:
            return  # the last one is never at an end: who came since it was read stands behind its cursor

        def call(size: int, cursor: Json) -> Call:
            return search.search_added(
                self._location_id, since=part.since, until=part.until, size=size, cursor=cursor
            )

        pages = self._pager.pages(call, cursor=part.cursor, size=self._facts.page_size, may_refuse=True)
        async with self._turns, aclosing(pages):
            async for page, _ in pages:
                self._keep(index, page)

    def _keep(self, index: int, page: SearchPage) -> None:
        """Put a page in together with where its part stands now."""
        before = self.parts[index]
        self.parts[index] = replace(before, cursor=page.cursor or before.cursor, whole=not page.contacts)
        self._facts = replace(with_parts(self._facts, self.parts), requests=self._facts.requests + 1)
        self._mirror.add(page.contacts, self._facts, part=index)
        self._read += len(page.contacts)
        self._say(self._read, None)


def _added_ms(added: Json) -> int | None:
    moment = read_moment(added)
    return None if moment is None else int(moment * 1000)
