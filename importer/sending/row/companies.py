"""The companies of one location: each made once, by its name."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final, Protocol, TypeAlias
from weakref import WeakValueDictionary

from importer.highlevel.companies import (
    create_company,
    folded,
    get_company,
    list_companies,
    listed_companies,
    made_company,
    shown_company,
    update_company,
)
from importer.highlevel.reply import Reply, ReplyKind
from importer.records import Json, RowId, value_type
from importer.sending.call_state import CallState, Unanswered
from importer.sending.caller import Caller

_PAGE: Final = 100
_PAGES: Final = 2_000


class Departure(Protocol):
    """What has to be known of an attempt that makes or changes a company."""

    async def announce(self) -> None:
        """Write down that it is about to leave, and return when that is durable."""

    def leave(self) -> None:
        """Take note that it leaves now."""


@value_type(frozen=True, slots=True, kw_only=True)
class Company:
    """A company of the location; ``made``: it was made just now. ``stamp``: when it was made, where the vendor tells."""

    id: str
    made: bool
    stamp: object = None


Found: TypeAlias = "Company | Reply | Unanswered"


class _CompaniesCallState(CallState):
    """A call about a location's companies: a reply that shows another's is not the one to it."""

    __slots__ = ("_departure", "_location_id")

    def __init__(
        self, row: RowId, location_id: str, *, repeatable: bool, departure: Departure | None = None
    ) -> None:
        super().__init__(row, repeatable=repeatable)
        self._location_id = location_id
        self._departure = departure

    def recognises(self, reply: Reply) -> bool:
        shown = (*listed_companies(reply.body), shown_company(reply.body))
        return all(each.get("locationId") in (None, self._location_id) for each in shown)

    @property
    def announced(self) -> bool:
        return self._departure is None

    async def announce(self) -> None:
        if self._departure is not None:
            await self._departure.announce()

    def leave(self) -> None:
        if self._departure is not None:
            self._departure.leave()


class CompanyDesk:
    """Finds the companies of one location by name, and makes those that it lacks, one of a name at a time."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._known: dict[str, dict[str, object]] | None = None
        """When each was made, by id, by name."""
        self._reading = asyncio.Lock()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def turn(self, name: str) -> asyncio.Lock:
        """Give what must be held while a company of this name is looked for and made."""
        return self._turns.setdefault(folded(name), asyncio.Lock())

    async def find_or_make(self, name: str, row: RowId) -> Found:
        """Give the company of a name, on behalf of a row; a reply or silence where it can neither be found nor made."""
        async with self.turn(name):
            found = await self.find(name, row)
            return found if found is not None else await self.make({"name": name}, row)

    async def find(self, name: str, row: RowId, *, anew: bool = False) -> Found | None:
        """Find a company by name; ``anew``: what the location has is read once more."""
        async with self._reading:
            if (anew or self._known is None) and (refusal := await self._read(row)) is not None:
                return refusal
        known = (self._known or {}).get(folded(name), {})
        if len(known) > 1:
            words = f"the location has {len(known)} companies named {name!r}"
            return Unanswered(words=words, doubtful=False)
        return next((Company(id=each, made=False, stamp=stamp) for each, stamp in known.items()), None)

    async def make(
        self, content: Mapping[str, Json], row: RowId, departure: Departure | None = None
    ) -> Found:
        """Make it; what may have been made when the reply was lost is looked for before it is made again."""
        name = str(content["name"])
        call = create_company(self._caller.location_id, content)
        attempts = 0
        while True:
            attempts += 1
            state = self._state(row, repeatable=False, departure=departure)
            reply = await self._caller.ask(call, state)
            made_id = made_company(reply.body) if isinstance(reply, Reply) else None
            if made_id is not None:
                self._learn(made_id, name, None)
                return Company(id=made_id, made=True)
            if isinstance(reply, Reply) and reply.kind is not ReplyKind.DONE:
                return reply
            if isinstance(reply, Unanswered) and not reply.doubtful:
                return reply
            await self._caller.rest_until(self._caller.done_by(state.sent_at), begins=False)
            there = await self.find(name, row, anew=True)
            if isinstance(there, Company):
                return Company(id=there.id, made=True)
            if there is not None or attempts >= self._caller.policy.retry.row_attempts:
                return there or Unanswered(words="no usable reply came", doubtful=True)

    async def look_at(self, company_id: str, row: RowId) -> Mapping[str, Any] | Reply | Unanswered:
        """Read all that one company holds."""
        found = await self._caller.ask(get_company(company_id), self._state(row, repeatable=True))
        shown = shown_company(found.body) if isinstance(found, Reply) else {}
        return shown or found

    async def change(
        self, company_id: str, content: Mapping[str, Json], row: RowId, departure: Departure
    ) -> Reply | Unanswered:
        """Write some of a company's fields; doing it twice is the same as doing it once."""
        state = self._state(row, repeatable=True, departure=departure)
        return await self._caller.ask(update_company(company_id, content), state)

    async def _read(self, row: RowId) -> Reply | Unanswered | None:
        known: dict[str, tuple[str, object]] = {}
        for page in range(_PAGES):
            call = list_companies(self._caller.location_id, skip=page * _PAGE, limit=_PAGE)
            found = await self._caller.ask(call, self._state(row, repeatable=True))
            if isinstance(found, Unanswered) or found.kind is not ReplyKind.DONE:
                return found
            if not isinstance(found.body.get("businesses"), list):
                return Unanswered(words="the reply lists no companies", doubtful=False, status=found.status)
            new = {each["id"]: each for each in listed_companies(found.body) if each["id"] not in known}
            if not new:
                break
            known.update(
                {key: (str(each.get("name") or ""), each.get("createdAt")) for key, each in new.items()}
            )
        self._known = self._known or {}
        for company_id, (name, stamp) in known.items():
            self._learn(company_id, name, stamp)
        return None

    def _learn(self, company_id: str, name: str, stamp: object) -> None:
        if self._known is not None:
            self._known.setdefault(folded(name), {})[company_id] = stamp

    def _state(
        self, row: RowId, *, repeatable: bool, departure: Departure | None = None
    ) -> _CompaniesCallState:
        return _CompaniesCallState(row, self._caller.location_id, repeatable=repeatable, departure=departure)
