"""The companies of one location: each made once, by its name, before contacts are linked to it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from importer.highlevel.companies import create_company, list_companies, made_company
from importer.highlevel.reply import Reply, ReplyKind
from importer.records import RowId, value_type
from importer.sending.call_state import CallState, Unanswered
from importer.sending.caller import Caller

_PAGE: Final = 100
_PAGES: Final = 2_000


@value_type(frozen=True, slots=True, kw_only=True)
class Company:
    """A company of the location; ``made``: it was made just now."""

    id: str
    made: bool


Found: TypeAlias = "Company | Reply | Unanswered"


class _CompaniesCallState(CallState):
    """A call about a location's companies: a reply that shows another's is not the one to it."""

    __slots__ = ("_location_id",)

    def __init__(self, row: RowId, location_id: str, *, repeatable: bool) -> None:
        super().__init__(row, repeatable=repeatable)
        self._location_id = location_id

    def recognises(self, reply: Reply) -> bool:
        return all(each.get("locationId") in (None, self._location_id) for each in _companies_in(reply))


class CompanyDesk:
    """Finds the companies of one location by name, and makes those that it lacks, one at a time."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._known: dict[str, list[str]] | None = None
        self._turn = asyncio.Lock()

    async def find_or_make(self, name: str, row: RowId) -> Found:
        """Give the company of a name, on behalf of a row; a reply or silence where it can neither be found nor made."""
        async with self._turn:
            found = await self._find(name, row)
            return found if found is not None else await self._make(name, row)

    async def _find(self, name: str, row: RowId) -> Found | None:
        if self._known is None and (refusal := await self._read(row)) is not None:
            return refusal
        ids = (self._known or {}).get(_folded(name), [])
        if len(ids) > 1:
            words = f"the location has {len(ids)} companies named {name!r}"
            return Unanswered(words=words, doubtful=False)
        return Company(id=ids[0], made=False) if ids else None

    async def _make(self, name: str, row: RowId) -> Found:
        """Make it; what may have been made when the reply was lost is looked for before it is made again."""
        call = create_company(self._caller.location_id, name)
        attempts = 0
        while True:
            attempts += 1
            state = self._state(row, repeatable=False)
            reply = await self._caller.ask(call, state)
            made_id = made_company(reply.body) if isinstance(reply, Reply) else None
            if made_id is not None:
                self._learn(made_id, name)
                return Company(id=made_id, made=True)
            if isinstance(reply, Reply) and reply.kind is not ReplyKind.DONE:
                return reply
            if isinstance(reply, Unanswered) and not reply.doubtful:
                return reply
            await self._caller.rest_until(self._caller.done_by(state.sent_at), begins=False)
            self._known = None
            there = await self._find(name, row)
            if isinstance(there, Company):
                return Company(id=there.id, made=True)
            if there is not None or attempts >= self._caller.policy.retry.row_attempts:
                return there or Unanswered(words="no usable reply came", doubtful=True)

    async def _read(self, row: RowId) -> Reply | Unanswered | None:
        known: dict[str, str] = {}
        for page in range(_PAGES):
            call = list_companies(self._caller.location_id, skip=page * _PAGE, limit=_PAGE)
            found = await self._caller.ask(call, self._state(row, repeatable=True))
            if isinstance(found, Unanswered) or found.kind is not ReplyKind.DONE:
                return found
            if not isinstance(found.body.get("businesses"), list):
                return Unanswered(words="the reply lists no companies", doubtful=False, status=found.status)
            new = {each["id"]: each for each in _companies_in(found) if each.get("id") not in known}
            if not new:
                break
            known.update({key: str(each.get("name") or "") for key, each in new.items()})
        self._known = {}
        for company_id, name in known.items():
            self._learn(company_id, name)
        return None

    def _learn(self, company_id: str, name: str) -> None:
        if self._known is not None:
            self._known.setdefault(_folded(name), []).append(company_id)

    def _state(self, row: RowId, *, repeatable: bool) -> CallState:
        return _CompaniesCallState(row, self._caller.location_id, repeatable=repeatable)


def _companies_in(reply: Reply) -> Iterator[Mapping[str, Any]]:
    listed = reply.body.get("businesses")
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, Mapping):
            yield each


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()
