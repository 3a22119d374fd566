"""Follow-ups: what happens to contacts after their upsert, step by step, each noted in the journal by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Final

from importer.highlevel.additions import COMPANY, digest
from importer.highlevel.follow_ups import LINKING, Step, Value, steps_for, tags_met
from importer.highlevel.reply import Reply, ReplyKind
from importer.records import (
    Added,
    Addition,
    BeforeImage,
    FollowUps,
    FollowUpState,
    ImagePart,
    Landed,
    Outcome,
    Record,
    Status,
    TagMode,
)
from importer.sending.call_state import Unanswered
from importer.sending.caller import Caller
from importer.sending.journal_batches import JournalBatcher
from importer.sending.looking import ContactsCallState
from importer.sending.row import outcomes
from importer.sending.row.additions import AdditionDesk
from importer.sending.row.companies import Company, CompanyDesk
from importer.sending.row.follow_up_batches import FollowUpBatch, take_back, until_announced
from importer.sending.row.submitted import FollowUpDoubt, FollowUpFailure, Held
from importer.sending.row.upserting import Landing

_ABOUT_SOME: Final = {ReplyKind.REFUSED, ReplyKind.TOO_LARGE, ReplyKind.NO_CONTACT}
"""Refusals of a call for many contacts that may be about one of them, or about their number."""
_REMEMBERED_STEPS: Final = 512
_CUT_OFF: Final = "the run was cut off when it was about to be sent"


class FollowUpDesk:
    """Performs the follow-ups of one location. ``follow_ups`` names what they need by its ids."""

    def __init__(self, caller: Caller, journal: JournalBatcher, follow_ups: FollowUps) -> None:
        self._caller = caller
        self._journal = journal
        self._follow_ups = follow_ups
        self._additions = AdditionDesk(caller, journal)
        self._companies = CompanyDesk(caller)
        # rows of the same tags get the same: few sets of tags are of many rows, and equal steps are one object
        self._shared_steps = lru_cache(_REMEMBERED_STEPS)(partial(steps_for, follow_ups))

    def begin(self, landing: Landing, record: Record) -> Held:
        """Tell what a row has yet to get that has just landed, and write it down if there is anything."""
        landed = landing.landed
        steps = self._steps(landed, record)
        if not steps:
            return Held(landed=landed)
        due = tuple([step for step in steps if not step.kind.shown(step.value, landing.contact)])
        held = Held(landed=landed, due=due)
        if due:
            self._journal.land(landed, self._tags_met(landing, record.tags))
            for step in steps:
                if step not in due:
                    self._journal.mark(held.mark(step, FollowUpState.DONE))
        return held

    def _tags_met(self, landing: Landing, tags: tuple[str, ...]) -> BeforeImage | None:
        """Tell which of its tags a contact that was there before really gets, or loses, where the reply shows them."""
        if landing.landed.status is not Status.UPDATED or not tags:
            return None
        met = tags_met(tags, landing.contact)
        if met is None:
            return None
        adds, row, contact_id = (
            self._follow_ups.tag_mode is TagMode.ADD,
            landing.landed.row,
            landing.landed.contact_id,
        )
        added = tuple(tag for tag in tags if tag.casefold() not in met) if adds else ()
        removed = tuple(tag for tag in tags if tag.casefold() in met) if not adds else ()
        return BeforeImage(
            row=row, contact_id=contact_id, part=ImagePart.TAGS, tags_added=added, tags_removed=removed
        )

    def go_on(self, landed: Landed, record: Record) -> Held:
        """Tell what a row has yet to get that landed in an earlier session; what may have been done is not done again.

        Whether an addition was done can be seen beside the contact.
        """
        known = {mark.name: mark.state for mark in landed.marks}
        steps = self._steps(landed, record)
        in_doubt = [step for step in steps if known.get(step.name) is FollowUpState.SENT]
        return Held(
            landed=landed,
            due=tuple(
                replace(step, doubtful=step in in_doubt)
                for step in steps
                if known.get(step.name) in {None, FollowUpState.OPEN}
                or (step in in_doubt and step.kind.addition is not None)
            ),
            doubts=tuple(
                FollowUpDoubt(kind=step.kind, words=_CUT_OFF)
                for step in in_doubt
                if step.kind.addition is None
            ),
        )

    def _steps(self, landed: Landed, record: Record) -> tuple[Step, ...]:
        if not record.additions:
            return self._shared_steps(record.tags, landed.status)
        return steps_for(self._follow_ups, record.tags, landed.status, record.additions)

    async def perform(self, batch: FollowUpBatch) -> Sequence[Outcome | Held | FollowUpBatch]:
        """Do what the rows of a batch get next; a row that has more to get, or is done, comes back held.

        A batch that is refused as a whole comes back in halves: the one contact that it is about shall fail alone.
        """
        await until_announced(self._journal, batch)
        step = batch.step
        if step.kind.addition is not None and isinstance(step.value, Addition):
            return [await self._additions.add(batch, step.value)]
        value = await self._value_of(batch)
        found = value if isinstance(value, Unanswered) else await self._ask(batch, value)
        if isinstance(found, Unanswered) and found.doubtful and not step.kind.repeatable:
            doubt = FollowUpDoubt(kind=step.kind, words=f"the reply was lost ({found.words})")
            return [replace(held, due=held.due[1:], doubts=(*held.doubts, doubt)) for held in batch.rows]
        if isinstance(found, Reply) and found.kind in _ABOUT_SOME and (halves := batch.halves()):
            return halves
        if isinstance(found, Unanswered) or found.kind is not ReplyKind.DONE:
            if step.kind.beside:
                return [_failed_beside(held, step, found) for held in batch.rows]
            take_back(self._journal, batch)
            return [
                outcomes.follow_up_failed(held, step.kind, found.words, http_status=found.status)
                for held in batch.rows
            ]
        errors = step.kind.read_errors(found.body)
        return [self._after(held, step, errors.get(held.landed.contact_id)) for held in batch.rows]

    async def _value_of(self, batch: FollowUpBatch) -> Value | Addition | Unanswered:
        """Give what the call of a batch takes; a company is made first where the location lacks it."""
        step, first = batch.step, batch.rows[0]
        if step.kind is not LINKING or isinstance(step.value, Addition):
            return step.value
        (name,) = step.value
        found = await self._companies.find_or_make(name, first.landed.row)
        if not isinstance(found, Company):
            return Unanswered(words=found.words, doubtful=False, status=found.status)
        if found.made:
            self._journal.mark(first.mark(step, FollowUpState.OPEN, _made(found, first, name)))
        return (found.id,)

    async def _ask(self, batch: FollowUpBatch, value: Value | Addition) -> Reply | Unanswered:
        step = batch.step
        contact_ids = list(dict.fromkeys(held.landed.contact_id for held in batch.rows))
        state = ContactsCallState(batch.rows[0].landed.row, contact_ids, repeatable=step.kind.repeatable)
        if step.kind.repeatable:
            # Which tags its contacts had must be known first: sent again after a kill, they would seem to have had these.
            # It is waited for, since written at once it would be an append, and a sync of the disk, for each of these calls.
            await self._journal.wait_until_durable()
        try:
            return await self._caller.ask(step.kind.call(self._caller.location_id, contact_ids, value), state)
        except BaseException:
            if not state.doubtful:
                take_back(self._journal, batch)
            raise

    def _after(self, held: Held, step: Step, error: str | None) -> Outcome | Held:
        if error is not None:
            return outcomes.follow_up_failed(held, step.kind, error)
        due = held.due[1:]
        if due or held.failures or not step.kind.repeatable:  # else the row's outcome tells it
            self._journal.mark(held.mark(step, FollowUpState.DONE))
        return held.with_due(due)


def _failed_beside(held: Held, step: Step, found: Reply | Unanswered) -> Held:
    """Let a row go on to what else it gets; what was not done is told in the end."""
    failure = FollowUpFailure(kind=step.kind, words=found.words, http_status=found.status)
    return replace(held, due=held.due[1:], failures=(*held.failures, failure))


def _made(company: Company, held: Held, name: str) -> Added:
    landed = held.landed
    wish = Addition(kind=COMPANY, content={"name": name})
    return Added(
        kind=COMPANY,
        location_id=landed.location_id,
        contact_id=landed.contact_id,
        id=company.id,
        made=True,
        digest=digest(wish),
    )
