"""Paging through a location's search: as many contacts a call as it gives, and nothing believed that is no page."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final, Protocol

from importer.errors import MirrorError
from importer.highlevel.calls import Call
from importer.highlevel.catalog_reader import refusal
from importer.highlevel.reply import Reply, ReplyKind
from importer.highlevel.search import PAGE_SIZES, SearchPage, UnusablePageError, read_page
from importer.highlevel.wire import encode
from importer.records import Json

_SCOPE: Final = "contacts.readonly"


class AskLocation(Protocol):
    """Sends a call that stores nothing and brings the final reply; refusals of scope or location are replies, too."""

    async def __call__(self, call: Call) -> Reply: ...


class PageCall(Protocol):
    """Makes the call that asks for a page."""

    def __call__(self, size: int, cursor: Json, /) -> Call: ...


class SearchRefusedError(Exception):
    """The vendor does not search in this way."""


class Pager:
    """Asks one location, and counts the calls."""

    def __init__(self, ask: AskLocation, location_id: str) -> None:
        self.requests = 0
        self._ask = ask
        self._location_id = location_id

    async def pages(
        self, call: PageCall, *, cursor: Json = None, size: int | None = None, may_refuse: bool = False
    ) -> AsyncGenerator[tuple[SearchPage, int], None]:
        """Give page after page until an empty one, which comes last: a short one may have been cut off silently.

        ``may_refuse``: a refusal is a SearchRefusedError, and else the end of the reading.
        """
        seen = {encode(cursor)}
        while True:
            page, size = await self._sized_page(call, cursor, size, may_refuse=may_refuse)
            if not page.contacts:
                if cursor is None and page.total:
                    raise self.unusable(
                        f"HighLevel counts {page.total:,} contacts, and its search shows none"
                    )
                # of a reading that was cut off before its last page, it alone tells how many there are
                yield page, size
                return
            if page.cursor is None:
                raise self.unusable("the reply does not say where the next page begins")
            cursor = page.cursor
            if (place := encode(cursor)) in seen:
                raise self.unusable("HighLevel sends the same page again and again")
            seen.add(place)
            yield page, size

    async def page(self, call: Call, *, may_refuse: bool = False) -> SearchPage:
        """Ask for one page alone."""
        found = await self._reply(call)
        if found.kind is ReplyKind.REFUSED and may_refuse:
            raise SearchRefusedError
        return self._read(found)

    def unusable(self, why: str) -> MirrorError:
        return MirrorError(
            f"The contacts of location {self._location_id} cannot be read: {why}. Nothing of it is used; "
            "try again, and if that does not help, import without comparing."
        )

    async def _sized_page(
        self, call: PageCall, cursor: Json, size: int | None, *, may_refuse: bool
    ) -> tuple[SearchPage, int]:
        """Ask for as many contacts as the vendor gives at once; how many that are is learnt by its refusals."""
        sizes = PAGE_SIZES if size is None else tuple({size: None, PAGE_SIZES[-1]: None})
        asked, *smaller = sizes
        found = await self._reply(call(asked, cursor))
        while found.kind is ReplyKind.REFUSED and smaller:
            asked = smaller.pop(0)
            found = await self._reply(call(asked, cursor))
        if found.kind is ReplyKind.REFUSED and may_refuse:
            raise SearchRefusedError
        return self._read(found), asked

    async def _reply(self, call: Call) -> Reply:
        self.requests += 1
        return await self._ask(call)

    def _read(self, found: Reply) -> SearchPage:
        if found.kind is ReplyKind.REFUSED:
            raise self.unusable(f"HighLevel refuses to search: {found.said}")
        if found.kind is not ReplyKind.DONE:
            raise refusal(found, self._location_id, scope=_SCOPE)
        try:
            return read_page(found.body)
        except UnusablePageError as fault:
            raise self.unusable(str(fault)) from None
