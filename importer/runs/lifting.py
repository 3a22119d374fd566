"""Rows that switch do-not-disturb off: counted, and where a location can be asked, whose it would lift.

A few are looked up one by one. Of more, the location is searched for who has it on, hundreds in a call, and the rows
are held against those: so all of them are known, but for who said no in the last minute, which the search shows late.
Where nobody said no, as in a new sub-account, no row needs to be looked at: they are not read for it.
"""

from __future__ import annotations

import contextlib
import math
import tempfile
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from collections.abc import Mapping as MappingOf
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self, TypeVar

from importer.errors import SetupError
from importer.highlevel.calls import Call
from importer.highlevel.catalog import CatalogNeeds
from importer.highlevel.lifts import SEARCHED, lifts, switched_off, switches_of, switches_off
from importer.highlevel.search import search_blocked
from importer.mapping import Mapping
from importer.mapping.language.rule import Rule
from importer.records import ImportMode, Json, Outcome, Record, RowObject
from importer.results.lifts import Lifts
from importer.runtime.clock import Clock
from importer.settings import RunSettings

if TYPE_CHECKING:  # what sends takes longer to import than a small check
    from importer.mirror.switching import SwitchingRows
    from importer.sending import Sender

_Answer = TypeVar("_Answer")

_LOOKED_UP: Final = 100
"""Rows: what the vendor answers within ten seconds."""
_AT_ONCE: Final = 10
_LOCATIONS_AT_ONCE: Final = 16
_ASKED_FIRST: Final = 1_000
"""Rows that take longer to be read and mapped than it takes to ask so many locations, side by side, who said no."""


class LiftingRows:
    """Counts them as rows pass by; open as a context, since it keeps what they are found by in a scratch file."""

    def __init__(self, mapping: Mapping) -> None:
        self.rows = 0
        self._may_lift = bool(may_lift(mapping))
        self._found: SwitchingRows | None = None
        self._first: list[Record] = []
        self._locations: set[str] = set()
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def see(self, mapped: Sequence[Record | Outcome]) -> None:
        if not self._may_lift:
            return
        records = [item for item in mapped if isinstance(item, Record) and switches_off(item.fields)]
        if not records:
            return
        self.rows += len(records)
        self._locations.update(record.location_id for record in records)
        self._first += records[: _LOOKED_UP - len(self._first)]
        self._scratch().note(records)

    def ask_anew(self, settings: RunSettings, clock: Clock) -> Lifts:
        """Ask the locations with a sender of its own; without a token nobody is asked."""
        unknown = Lifts(rows=self.rows)
        if settings.connection.sandbox or not self.rows:
            return unknown
        from importer.runs.catalogs import why_unasked  # likewise what knows of tokens

        silent = why_unasked(self._locations, settings)
        if not (askable := self._locations - silent.keys()):
            return unknown
        import asyncio  # a check that asks nobody is spared it

        return asyncio.run(self._ask_anew(askable, settings, clock))

    async def _ask_anew(self, askable: Iterable[str], settings: RunSettings, clock: Clock) -> Lifts:
        from importer.runs.looking import open_looker

        async with open_looker(settings.connection, settings.state, clock=clock) as sender:
            met = []
            for location_id in sorted(askable):
                with contextlib.suppress(SetupError):  # why is said where it is asked what it takes
                    await sender.open_location(location_id, CatalogNeeds())
                    met.append(location_id)
            return await self.ask(sender, met)

    async def ask(self, sender: Sender, met: Iterable[str]) -> Lifts:
        """Say of how many rows it is known whether they lift it for somebody, and of how many they do.

        ``met``: the locations that were opened. Raises the StopError that ends the asking.
        """
        if not self.rows:
            return Lifts()
        found = self._scratch()
        switches = found.switches()
        asked = {location_id: switches[location_id] for location_id in sorted(switches.keys() & set(met))}
        left = await _side_by_side(lambda each: self._search(sender, each, asked[each]), asked)
        known = await self._look_up(sender, left)
        unasked = found.unasked({**switches, **left})
        return Lifts(rows=self.rows, asked=self.rows - (unasked - known), lifting=found.lifting)

    async def _search(self, sender: Sender, location_id: str, switches: Collection[str]) -> set[str]:
        """Find who has on what rows switch off; gives the switches of which the rows are still to be looked up."""
        if self.rows <= _LOOKED_UP:
            return set(switches)
        return {
            switch
            for switch in sorted(switches)
            if switch not in SEARCHED or not await self._meet(sender, location_id, switch)
        }

    async def _meet(self, sender: Sender, location_id: str, switch: str) -> bool:
        from importer.mirror.paging import Pager, SearchRefusedError

        pager = Pager(partial(sender.search, location_id), location_id)
        for value in SEARCHED[switch]:
            call = partial(_search_blocked, location_id, switch, value)
            try:
                async with aclosing(pager.pages(call, may_refuse=True)) as pages:
                    async for page, _ in pages:
                        self._scratch().meet(location_id, page.contacts, switch)
            except (SearchRefusedError, SetupError):
                return False
        return True

    async def _look_up(self, sender: Sender, open_ones: MappingOf[str, set[str]]) -> int:
        """Look up the contacts of the first rows of which nothing is known yet; gives of how many they lift nothing."""
        found, known = self._scratch(), 0
        records = [
            record
            for record in self._first
            if switched_off(record.fields) & open_ones.get(record.location_id, set())
            and not found.lifts(record.row)
        ]
        import asyncio

        for first in range(0, len(records), _AT_ONCE):
            some = records[first : first + _AT_ONCE]
            answers = await asyncio.gather(*map(sender.find, some), return_exceptions=True)
            for record, answer in zip(some, answers, strict=True):
                if isinstance(answer, BaseException) and not isinstance(answer, SetupError):
                    raise answer
                match answer:
                    case None:
                        known += 1
                    case dict() if lifts(record.fields, answer):
                        found.lift([record.row])
                    case dict():
                        known += 1
                    case _:
                        pass  # it does not say
        return known

    def _scratch(self) -> SwitchingRows:
        """Open the scratch file with the first row that needs it: most files have none."""
        if self._found is None:
            from importer.mirror.switching import SwitchingRows

            folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="importer-"))
            self._found = self._stack.enter_context(SwitchingRows.scratch(Path(folder) / "switching.db"))
        return self._found


def may_lift(mapping: Mapping) -> set[str]:
    """Name the switches that rows may turn off for contacts that are there, each as a location is searched for it."""
    if mapping.mode is ImportMode.CREATE_ONLY or mapping.row_object is not RowObject.CONTACT:
        return set()
    return switches_of(name for name, rule in mapping.model.fields.items() if not _takes_no_for_nothing(rule))


def _takes_no_for_nothing(rule: Rule) -> bool:
    """Tell a rule after whose last step no text means no any more, as ``suggest`` writes all of them."""
    last = rule.transforms[-1].name if rule.transforms and rule.map is None else ""
    return last == "only_yes" and rule.default is None


async def nobody_said_no(
    sender: Sender, switches: Collection[str], rows: MappingOf[str, int], *, met: Iterable[str]
) -> bool:
    """Tell, without one look at the rows, that nobody has on what they may turn off; False where that is not known.

    ``rows``: how many go to each location; ``met``: those of them that were opened. Raises the StopError that ends the asking.
    """
    few = sum(rows.values()) < _ASKED_FIRST * math.ceil(len(rows) / _LOCATIONS_AT_ONCE)
    if few or set(met) != rows.keys() or not SEARCHED.keys() >= set(switches):
        return False

    asked = sorted(rows)
    for first in range(0, len(asked), _LOCATIONS_AT_ONCE):
        some = asked[first : first + _LOCATIONS_AT_ONCE]
        found = await _side_by_side(lambda each: _nobody_blocked(sender, each, switches), some)
        if not all(found.values()):
            return False
    return True


async def _side_by_side(
    ask: Callable[[str], Awaitable[_Answer]], location_ids: Iterable[str]
) -> dict[str, _Answer]:
    """Ask some locations at a time, each of which has a quota of its own; what one raises comes when all are done."""
    import asyncio  # a check that asks nobody is spared it

    few = asyncio.Semaphore(_LOCATIONS_AT_ONCE)

    async def ask_one(location_id: str) -> _Answer:
        async with few:
            return await ask(location_id)

    asked = tuple(location_ids)
    found = await asyncio.gather(*map(ask_one, asked), return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException):
            raise each
    return dict(zip(asked, found, strict=True))  # type: ignore[arg-type]  # what is no answer was raised


async def _nobody_blocked(sender: Sender, location_id: str, switches: Iterable[str]) -> bool:
    """Ask for the first of those who have a switch on; a refusal leaves it open."""
    from importer.mirror.paging import Pager, SearchRefusedError

    pager = Pager(partial(sender.search, location_id), location_id)
    states = [(switch, value) for switch in sorted(switches) for value in SEARCHED[switch]]
    for switch, value in states:
        pages = pager.pages(partial(_search_blocked, location_id, switch, value), may_refuse=True)
        try:
            async with aclosing(pages):
                first, _ = await anext(pages)
        except (SearchRefusedError, SetupError):
            return False
        if first.contacts:
            return False
    return True


def _search_blocked(location_id: str, switch: str, value: Json, size: int, cursor: Json) -> Call:
    return search_blocked(location_id, switch, value, size=size, cursor=cursor)
