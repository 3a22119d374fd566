"""Additions: what is put beside a contact, never twice. What may be there is looked for before it is sent again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, TypeAlias
from weakref import WeakValueDictionary

from importer.highlevel.additions import (
    KINDS,
    Counterpart,
    digest,
    digests_of_others,
    find_same,
    has_none_but,
    made_id,
)
from importer.highlevel.reply import Reply, ReplyKind
from importer.records import Added, Addition, FollowUpState, Landed, RowId, Status
from importer.sending.call_state import CallState, Unanswered
from importer.sending.caller import Caller
from importer.sending.journal_batches import JournalBatcher
from importer.sending.row.evidence import latest_moment
from importer.sending.row.follow_up_batches import FollowUpBatch, take_back
from importer.sending.row.submitted import FollowUpFailure, Held

Found: TypeAlias = "Added | Reply | Unanswered"
"""What is there now; a reply that refuses it, or none at all."""


class _BesideCallState(CallState):
    """A call about what one contact has: a reply that shows another's is not the one to it."""

    __slots__ = ("_contact_id", "_kind")

    def __init__(self, row: RowId, contact_id: str, kind: str, *, repeatable: bool) -> None:
        super().__init__(row, repeatable=repeatable)
        self._contact_id = contact_id
        self._kind = kind

    def recognises(self, reply: Reply) -> bool:
        shown = (each.get("contactId") for each in self._items(reply))
        return all(contact_id in (None, self._contact_id) for contact_id in shown)

    def _items(self, reply: Reply) -> Iterator[dict[str, Any]]:
        listed = reply.body.get(KINDS[self._kind].listed)
        for each in (reply.body.get(self._kind), *(listed if isinstance(listed, list) else ())):
            if isinstance(each, dict):
                yield each


class _Wanted:
    """One addition that a row wants, and what is known of its calls."""

    def __init__(self, batch: FollowUpBatch, addition: Addition) -> None:
        (self.held,) = batch.rows
        self.step = batch.step
        self.addition = addition
        self.kind = KINDS[addition.kind]
        self.doubtful = batch.step.doubtful
        """It may have been done."""
        self.before: frozenset[str] = frozenset()
        """What said the same beside the contact before it was sent, where nothing else tells them apart."""
        self.not_before = 0.0
        """From then on, on the monotonic clock, the vendor is surely done with it."""

    @property
    def landed(self) -> Landed:
        return self.held.landed

    def added(self, item_id: str, *, made: bool) -> Added:
        return Added(
            kind=self.kind.name,
            location_id=self.landed.location_id,
            contact_id=self.landed.contact_id,
            id=item_id,
            made=made,
            digest=digest(self.addition),
        )


class AdditionDesk:
    """Puts beside the contacts of one location what their rows want, one thing at a time beside each contact."""

    def __init__(self, caller: Caller, journal: JournalBatcher) -> None:
        self._caller = caller
        self._journal = journal
        # Two rows of one person may want the same: the second has to find what the first added.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._asking = asyncio.Lock()
        self._own: set[str] = set()
        """What this session made, as long as that is wanted to tell it from what was there."""
        self._without: dict[str, bool | None] = {}
        """By kind: whether the location had none at all when this session wanted to know; None: one contact was looked at."""

    async def add(self, batch: FollowUpBatch, addition: Addition) -> Held:
        """Bring one addition about; the row goes on whatever comes of it. Raises what ends the location's sending."""
        wanted = _Wanted(batch, addition)
        turn = self._turns.setdefault(wanted.landed.contact_id, asyncio.Lock())
        try:
            async with turn:
                found = await self._bring_about(wanted)
        except BaseException:
            if not wanted.doubtful:
                take_back(self._journal, batch)
            raise
        return self._after(wanted, found)

    def _after(self, wanted: _Wanted, found: Found) -> Held:
        held, step = wanted.held, wanted.step
        if isinstance(found, Added):
            self._remember_own(wanted, found)
            self._journal.mark(held.mark(step, FollowUpState.DONE, found))
            return replace(held, due=held.due[1:], added=(*held.added, found))
        if not wanted.doubtful:
            self._journal.mark(held.mark(step, FollowUpState.OPEN))
        failure = FollowUpFailure(
            kind=step.kind,
            words=found.words,
            http_status=found.status,
            doubtful=wanted.doubtful,
            nobody=isinstance(found, Reply) and found.kind is ReplyKind.NO_CONTACT,
        )
        return replace(held, due=held.due[1:], failures=(*held.failures, failure))

    async def _bring_about(self, wanted: _Wanted) -> Found:
        landed, addition = wanted.landed, wanted.addition
        if addition.once and (
            known := self._journal.find_added(addition, landed.location_id, landed.contact_id)
        ):
            return wanted.added(known, made=False)
        if wanted.doubtful:
            wanted.not_before = self._surely_listed_by(wanted, self._caller.clock.monotonic())
            there = await self._look_until_sure(wanted)
        elif landed.status is Status.CREATED:
            there = None  # a contact that the row itself created has nothing yet
        elif addition.once and await self._none_before(wanted):
            there = None  # and what this session adds, the journal knows
        elif addition.once:
            there = await self._look(wanted)
        else:
            there = await self._remember_what_is_there(wanted)
        return await self._send(wanted) if there is None else there

    def _remember_own(self, wanted: _Wanted, added: Added) -> None:
        """Keep the ids of what was made, until the location was asked what else it has: no longer, as a file has many rows."""
        open_question = self._without.get(wanted.kind.name) is None
        if added.made and wanted.kind.of_location is not None and open_question:
            self._own.add(added.id)

    async def _none_before(self, wanted: _Wanted) -> bool:
        """Tell whether no contact of the location had any of the kind: one call then spares a look at each."""
        kind = wanted.kind
        if kind.of_location is None:
            return False
        async with self._asking:
            if kind.name not in self._without:
                # one contact is looked at in less calls than a location
                self._without[kind.name] = None
                return False
            if self._without[kind.name] is None:
                self._without[kind.name] = await self._surely_none(wanted)
        return self._without[kind.name] is True

    async def _surely_none(self, wanted: _Wanted) -> bool:
        """Ask the location; where replies were crossed "none" is believed once it is said twice, since it shows nobody."""
        return await self._counts_none(wanted) and (
            not self._caller.crossed or await self._counts_none(wanted)
        )

    async def _counts_none(self, wanted: _Wanted) -> bool:
        kind, landed = wanted.kind, wanted.landed
        assert kind.of_location is not None  # noqa: S101  (asked of kinds that have it)
        found = await self._caller.ask(kind.of_location(landed.location_id), CallState(landed.row))
        return (
            isinstance(found, Reply)
            and found.kind is ReplyKind.DONE
            and has_none_but(self._own, kind, found.body)
        )

    async def _send(self, wanted: _Wanted) -> Found:
        """Send it until it is there or refused; after each attempt without a reply only what is not there is sent again."""
        attempts = 0
        while True:
            attempts += 1
            found = await self._ask_to_add(wanted)
            if not wanted.doubtful:
                return found
            there = await self._look_until_sure(wanted)
            if there is not None:
                return there
            if attempts >= self._caller.policy.retry.row_attempts:
                return found

    async def _ask_to_add(self, wanted: _Wanted) -> Found:
        landed = wanted.landed
        call = wanted.kind.add(landed.location_id, landed.contact_id, wanted.addition.content)
        state = self._state(wanted, repeatable=False)
        try:
            found = await self._caller.ask(call, state)
        finally:
            wanted.doubtful = state.doubtful
        wanted.not_before = self._surely_listed_by(wanted, state.sent_at)
        if isinstance(found, Unanswered):
            wanted.doubtful = found.doubtful
            return found
        if found.kind is not ReplyKind.DONE:
            return found
        item_id = made_id(wanted.addition, found.body)
        if item_id is not None:
            return wanted.added(item_id, made=True)
        wanted.doubtful = True  # something in between made the reply up, perhaps
        return Unanswered(words="the reply named nothing that was added", doubtful=True, status=found.status)

    def _surely_listed_by(self, wanted: _Wanted, sent_at: float) -> float:
        """Tell when an attempt surely is in the list, if it was done."""
        return self._caller.done_by(sent_at) + wanted.kind.late_seconds

    async def _look_until_sure(self, wanted: _Wanted) -> Found | None:
        """Look whether it was done, at once and when the vendor is surely done with it; None: it was not."""
        for moment in (0.0, wanted.not_before):
            await self._caller.rest_until(moment, begins=False)
            there = await self._look(wanted)
            if there is not None:
                return there
        wanted.doubtful = False
        return None

    async def _remember_what_is_there(self, wanted: _Wanted) -> Reply | Unanswered | None:
        """See what must not be taken for the row's own later on, where the list does not tell when it came."""
        if wanted.kind.dated:
            return None
        same = await self._list_same(wanted)
        if not isinstance(same, list):
            return same
        wanted.before = frozenset(each.id for each in same)
        return None

    async def _look(self, wanted: _Wanted) -> Found | None:
        """Look for it beside the contact; None where the contact has nothing that says the same."""
        same = await self._list_same(wanted)
        return self._choose(wanted, same) if isinstance(same, list) else same

    async def _list_same(self, wanted: _Wanted) -> list[Counterpart] | Reply | Unanswered:
        landed = wanted.landed
        call = wanted.kind.look(landed.location_id, landed.contact_id)
        found = await self._caller.ask(call, self._state(wanted, repeatable=True))
        if isinstance(found, Unanswered) or found.kind is not ReplyKind.DONE:
            return found
        if not isinstance(found.body.get(wanted.kind.listed), list):
            words = f"the reply does not list the contact's {wanted.kind.listed}"
            return Unanswered(words=words, doubtful=wanted.doubtful, status=found.status)
        return list(find_same(wanted.addition, found.body))

    def _choose(self, wanted: _Wanted, same: list[Counterpart]) -> Added | None:
        """Choose what may be the row's own; where that may be there several times, nothing of another row or run is."""
        if not same:
            return None
        beside = self._journal.added_beside(wanted.landed.contact_id)
        others = wanted.before | beside.keys()
        # what other rows of the file have that are known by the same is theirs
        theirs = digests_of_others(wanted.addition, len(same))
        same = [each for each in same if beside.get(each.id) not in theirs]
        if not wanted.addition.once:
            same = [each for each in same if each.id not in others and not _is_older(wanted, each)]
        for each in same:
            if each.id not in others and self._is_own(wanted, each):
                return wanted.added(each.id, made=True)
        return wanted.added(same[0].id, made=False) if same else None

    @staticmethod
    def _is_own(wanted: _Wanted, there: Counterpart) -> bool:
        """Tell whether an attempt that is in doubt added it."""
        if not wanted.doubtful or _is_older(wanted, there):
            return False
        # undated, whatever this session may have added, it saw beforehand that it was not there
        dated = latest_moment(there.stamp) is not None and wanted.landed.first_attempt_at is not None
        return dated or wanted.landed.status is Status.CREATED or not wanted.step.doubtful

    def _state(self, wanted: _Wanted, *, repeatable: bool) -> CallState:
        landed = wanted.landed
        return _BesideCallState(landed.row, landed.contact_id, wanted.kind.name, repeatable=repeatable)


def _is_older(wanted: _Wanted, there: Counterpart) -> bool:
    """Tell what was surely there before the row's first attempt."""
    added_at, since = latest_moment(there.stamp), wanted.landed.first_attempt_at
    return added_at is not None and since is not None and added_at < since
