"""A row's way to its contact: upsert, create or update, by the run's mode; ends in a landing or an outcome."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from dataclasses import field, replace
from math import inf
from typing import Any, Final

from importer.highlevel import calls, payload
from importer.highlevel.calls import Call
from importer.highlevel.follow_ups import may_open_batches
from importer.highlevel.refusals import NAMED_IN_CREATE_ONLY
from importer.highlevel.reply import Reply, ReplyKind
from importer.highlevel.versions import ApiVersion
from importer.records import (
    Fault,
    ImportMode,
    Landed,
    Outcome,
    Planned,
    Record,
    Status,
    TagMode,
    value_type,
)
from importer.sending.call_state import Unanswered
from importer.sending.caller import Caller
from importer.sending.capacity import Capacity
from importer.sending.journal_batches import JournalBatcher
from importer.sending.looking import ContactCallState
from importer.sending.row import outcomes
from importer.sending.row.before_images import BeforeImages
from importer.sending.row.drift import changed_since, may_overwrite
from importer.sending.row.evidence import between_sessions, judge
from importer.sending.row.leases import Leases
from importer.sending.row.makers import meet_maker
from importer.sending.row.matching import find_match
from importer.sending.row.readback import compare, compare_custom, lost_fields, not_emptied
from importer.sending.row.row_call import RowCallState
from importer.sending.row.submitted import Held, SubmittedRow

_CREATE_ATTEMPTS: Final = 10
_UNPROVEN: Final = (
    "A reply was lost, and the contact that is there now does not say when it was made: it may be this row's, and then "
    "what follows its creation is missing. Look at it in HighLevel."
)
_UNSEEN: Final = (
    "A reply was lost, and the contact that HighLevel names now cannot be looked at: {}. It may be this row's, and then "
    "what follows its creation is missing. Look for it in HighLevel."
)
_PERHAPS: Final = "a reply was lost or incomplete, or the run was cut off before it came, and the contact does not say when it was made: it may have been created by this row"


@value_type(frozen=True, slots=True, kw_only=True)
class Landing:
    """A row whose contact is stored, with the contact as the reply shows it."""

    landed: Landed
    contact: Mapping[str, Any] = field(repr=False)

    def with_warnings(self, faults: tuple[Fault, ...]) -> Landing:
        return replace(self, landed=replace(self.landed, warnings=self.landed.warnings + faults))


class Upserting:
    """Takes rows of one location to their contacts."""

    def __init__(
        self,
        caller: Caller,
        journal: JournalBatcher,
        leases: Leases,
        capacity: Capacity,
        *,
        duplicates_allowed: bool,
        images: BeforeImages,
    ) -> None:
        self._images = images
        self._capacity = capacity
        self._caller = caller
        self._journal = journal
        self._leases = leases
        self._policy = caller.policy
        self._version = caller.client.version
        self._takes_encoded = self._version is ApiVersion.V2021_07_28
        """Payloads are built for this version when rows are read."""
        self._duplicates_allowed = duplicates_allowed
        self._tag_mode = caller.policy.follow_ups.tag_mode

    async def go(self, submitted: SubmittedRow) -> Landing | Outcome:
        """Bring a row to its contact; raises the StopError that ends the location's sending."""
        if submitted.doubtful and not submitted.repeatable:
            return outcomes.cut_off(submitted)
        planned = submitted.record.planned
        if planned is not None:
            return await self._go_as_planned(submitted, planned)
        if self._images.wanted(submitted.record) and (end := await self._images.take(submitted)):
            return end
        return await self._go_unplanned(submitted)

    def end(self, held: Held) -> Outcome:
        """Settle a row that has nothing more to get."""
        return outcomes.followed_up(held)

    def _go_unplanned(self, submitted: SubmittedRow) -> Coroutine[Any, Any, Landing | Outcome]:
        if submitted.record.contact_id is not None:
            return self._update_named(submitted, submitted.record.contact_id)
        match self._policy.mode:
            case ImportMode.UPSERT:
                return self._store(submitted, self._upsert(submitted))
            case ImportMode.CREATE_ONLY:
                return self._create(submitted)
            case ImportMode.UPDATE_ONLY:
                return self._update_found(submitted)

    async def _go_as_planned(self, submitted: SubmittedRow, planned: Planned) -> Landing | Outcome:
        """Do what was decided beforehand and nothing else: create, or change one contact that is as it was."""
        if planned.made_by is not None:
            made = self._journal.made_by(planned.made_by)
            if (end := meet_maker(submitted, planned, made)) is not None:
                return await self._without_maker(submitted, planned, made, end)
        contact_id = submitted.record.contact_id
        if planned.creates or contact_id is None:
            return await self._create(submitted)
        if may_overwrite(planned) and (drifted := await self._look_for_drift(submitted, contact_id, planned)):
            return drifted
        if not planned.changes and self._tag_mode is not TagMode.REPLACE:
            return self._land_without_call(submitted, contact_id)
        return await self._update_named(submitted, contact_id)

    async def _look_for_drift(
        self, submitted: SubmittedRow, contact_id: str, planned: Planned
    ) -> Landing | Outcome | None:
        found = await self._look_at(contact_id, submitted)
        if isinstance(found, Unanswered):
            return outcomes.unanswered(submitted, found)
        if found.kind is not ReplyKind.DONE:
            return outcomes.refused(submitted, found)
        if names := changed_since(planned, submitted.record.tags, found.contact):
            left = outcomes.changed_since(submitted, names, contact_id=contact_id)
            return await self._decide_anew(
                submitted, found.contact, left, f"somebody changed {' and '.join(names)}"
            )
        await self._images.keep_looked_at(submitted, found.contact)
        return None

    async def _without_maker(
        self, submitted: SubmittedRow, planned: Planned, made: str | Outcome | None, left: Outcome
    ) -> Landing | Outcome:
        """Decide a row anew whose contact no row made, since it was there by then; it was that row's contact, too."""
        failed = isinstance(made, Outcome) and made.status is Status.FAILED
        if failed or isinstance(made, str) or planned.wanted is None:
            return left
        found = await find_match(self._caller, planned.wanted)
        if found is None or isinstance(found, Reply | Unanswered):
            return left
        return await self._decide_upon(
            submitted, str(found["id"]), left, "its contact was there before it was made"
        )

    async def _decide_upon(
        self, submitted: SubmittedRow, contact_id: str, left: Outcome, why: str
    ) -> Landing | Outcome:
        if self._policy.decide_anew is None:
            return left
        shown = await self._look_at(contact_id, submitted)
        if isinstance(shown, Unanswered) or shown.kind is not ReplyKind.DONE:
            return left
        return await self._decide_anew(submitted, shown.contact, left, why)

    async def _decide_anew(
        self, submitted: SubmittedRow, contact: Mapping[str, Any], left: Outcome, why: str
    ) -> Landing | Outcome:
        """Decide a row upon its contact as it is now, where the run is to do so; else it is left alone."""
        decide, planned = self._policy.decide_anew, submitted.record.planned
        if decide is None or planned is None or planned.wanted is None:
            return left
        match decide(planned.wanted, contact, why):
            case Record(contact_id=str(contact_id)) as record:
                submitted.record = record
                await self._images.keep_looked_at(submitted, contact)
                if record.planned and not record.planned.changes and self._tag_mode is not TagMode.REPLACE:
                    return self._land_without_call(submitted, contact_id)
                return await self._update_named(submitted, contact_id)
            case Outcome() as end:
                return replace(end, attempts=submitted.attempts)
            case _:
                return left

    def _land_without_call(self, submitted: SubmittedRow, contact_id: str) -> Landing:
        """Land a row that changes nothing but tags: they go by a call for many contacts."""
        record = submitted.record
        landed = Landed(
            row=submitted.row,
            location_id=record.location_id,
            status=Status.UPDATED,
            contact_id=contact_id,
            http_status=0,
            attempts=submitted.attempts,
            warnings=record.warnings,
        )
        return Landing(landed=landed, contact={"id": contact_id})

    def _upsert(self, submitted: SubmittedRow) -> Call:
        record = submitted.record
        if record.upsert is not None and self._takes_encoded:
            return calls.encoded_upsert(record.upsert)
        return calls.upsert(payload.build_upsert(record, version=self._version, tag_mode=self._tag_mode))

    async def _create(self, submitted: SubmittedRow) -> Landing | Outcome:
        """Create without ever updating.

        A location that forbids duplicates refuses by itself, naming the contact; where they are allowed only a
        search can tell, before the first attempt and again before each one that follows a lost reply.
        """
        body = payload.build_create(submitted.record, version=self._version, tag_mode=self._tag_mode)
        call = calls.create(body)
        if not self._duplicates_allowed or not payload.match_keys(submitted.record):
            return await self._store(submitted, call, creates=True)
        while True:
            await self._caller.rest_until(
                submitted.not_before, begins=True
            )  # a search before that proves nothing
            found = await self._search(submitted)
            if isinstance(found, Outcome):
                return found
            if found is not None:
                return await self._settle_existing(submitted, found)
            end = await self._store(submitted, call, creates=True, repeatable=False)
            lost = isinstance(end, Outcome) and end.code == "service_down" and submitted.doubtful
            if not lost or submitted.attempts >= _CREATE_ATTEMPTS:
                return end

    async def _settle_existing(
        self, submitted: SubmittedRow, contact: Mapping[str, Any]
    ) -> Landing | Outcome:
        """Skip a row whose contact exists, unless an attempt of ours, whose reply was lost, has just made it."""
        contact_id = str(contact["id"])
        if submitted.doubtful:
            shown = await self._look_at_named(contact_id, submitted)
            if isinstance(shown, Unanswered):
                return outcomes.unanswered(submitted, replace(shown, doubtful=True))
            if shown.kind is not ReplyKind.DONE:
                return outcomes.fail(
                    submitted, "unconfirmed", _UNSEEN.format(shown.said), contact_id=contact_id
                )
            if (status := self._judge(submitted, shown.contact)) is Status.CREATED:
                return self._land(submitted, shown, shown.contact, status, by_date=True)
            if shown.contact.get("dateAdded") is None:
                return outcomes.fail(submitted, "unconfirmed", _UNPROVEN, contact_id=contact_id)
        if submitted.record.planned is not None:
            left = outcomes.there_by_now(submitted, contact_id=contact_id)
            return await self._decide_upon(submitted, contact_id, left, "its contact is there by now")
        return outcomes.skipped(
            submitted,
            "already_exists",
            "The contact exists already, and the mapping's mode is create_only.",
            contact_id=contact_id,
        )

    async def _update_found(self, submitted: SubmittedRow) -> Landing | Outcome:
        """Look for the contact first; the upsert then meets it by the same rules, and carries every field."""
        found = await self._search(submitted)
        if isinstance(found, Outcome):
            return found
        if found is None:
            return outcomes.skipped(
                submitted, "not_found", "No contact matches the row, and the mapping's mode is update_only."
            )
        body = payload.build_create(submitted.record, version=self._version, tag_mode=self._tag_mode)
        return await self._store(submitted, calls.upsert(body))

    async def _update_named(self, submitted: SubmittedRow, contact_id: str) -> Landing | Outcome:
        if self._policy.mode is ImportMode.CREATE_ONLY:
            return outcomes.skipped(
                submitted,
                "already_exists",
                NAMED_IN_CREATE_ONLY,
                contact_id=contact_id,
            )
        body = payload.build_update(submitted.record, version=self._version, tag_mode=self._tag_mode)
        found = await self._caller.ask(calls.update(contact_id, body), self._call_state(submitted))
        if isinstance(found, Unanswered):
            return outcomes.unanswered(submitted, found)
        if found.kind is ReplyKind.NO_CONTACT and self._policy.mode is ImportMode.UPDATE_ONLY:
            return outcomes.skipped(submitted, "not_found", f"There is no contact with the id {contact_id}.")
        if found.kind is not ReplyKind.DONE:
            return outcomes.refused(submitted, found)
        contact = {"id": contact_id, **found.contact}
        lost = lost_fields(payload.lost_in_update(submitted.record), by_id=True)
        return self._land(submitted, found, contact, Status.UPDATED, lost)

    async def _search(self, submitted: SubmittedRow) -> Mapping[str, Any] | Outcome | None:
        match await find_match(self._caller, submitted.record, surely=submitted.doubtful):
            case Unanswered() as silence:
                return outcomes.unanswered(submitted, silence)
            case Reply() as refusal:
                return outcomes.refused(submitted, refusal)
            case contact:
                return contact

    async def _store(
        self, submitted: SubmittedRow, call: Call, *, creates: bool = False, repeatable: bool = True
    ) -> Landing | Outcome:
        state = self._call_state(submitted)
        state.repeatable = submitted.repeatable and repeatable
        found = await self._caller.ask(call, state)
        submitted.doubtful = state.doubtful or (isinstance(found, Unanswered) and found.doubtful)
        if submitted.doubtful:
            submitted.not_before = self._caller.done_by(state.sent_at)
        if isinstance(found, Unanswered):
            return outcomes.unanswered(submitted, found)
        if found.kind is not ReplyKind.DONE:
            if found.kind is ReplyKind.DUPLICATE and creates and found.contact_id:
                return await self._settle_existing(submitted, {"id": found.contact_id})
            return await self._refused(submitted, found)
        if found.contact_id is None:
            return await self._without_id(submitted, found, call, creates=creates, sent_at=state.sent_at)
        new = True if creates else found.body.get("new")
        if new is True:
            self._caller.readings.learn_creation(found.contact.get("dateAdded"), state.sent_at)
            return self._land(submitted, found, found.contact, Status.CREATED)
        return await self._judged(submitted, found, new=new)

    async def _refused(self, submitted: SubmittedRow, refusal: Reply) -> Landing | Outcome:
        """Fail a refused row, unless an attempt before, whose reply was lost, has made its contact all the same."""
        seen = await self._search(submitted) if submitted.doubtful else None
        if isinstance(seen, Mapping):
            shown = await self._look_at_named(str(seen["id"]), submitted)
            if isinstance(shown, Reply) and self._judge(submitted, shown.contact) is Status.CREATED:
                return self._land(submitted, shown, shown.contact, Status.CREATED, by_date=True)
        return outcomes.refused(submitted, refusal, perhaps_stored=seen is not None)

    async def _look_at_named(self, contact_id: str, submitted: SubmittedRow) -> Reply | Unanswered:
        """Look at a contact that HighLevel named a moment ago; "not found" then contradicts it, and is asked twice."""
        shown = await self._look_at(contact_id, submitted)
        if isinstance(shown, Reply) and shown.kind is ReplyKind.NO_CONTACT:
            return await self._look_at(contact_id, submitted)
        return shown

    async def _look_at(self, contact_id: str, submitted: SubmittedRow) -> Reply | Unanswered:
        state = ContactCallState(submitted.row, contact_id)
        return await self._caller.ask(calls.get_contact(contact_id), state)

    def _call_state(self, submitted: SubmittedRow) -> RowCallState:
        return RowCallState(submitted, self._caller, self._leases, self._reserve)

    async def _judged(self, submitted: SubmittedRow, found: Reply, *, new: object) -> Landing:
        """Land a row whose contact the reply does not call new, by what reply and contact show."""
        contact = found.contact
        submitted.doubtful = submitted.doubtful or not isinstance(new, bool)
        warnings: tuple[Fault, ...] = ()
        if submitted.doubtful and contact.get("dateAdded") is None:
            added = await self._date_added(submitted, found)
            contact = {**contact, "dateAdded": added}
            if added is None:
                warnings = (outcomes.warning("perhaps_created", _PERHAPS),)
        status = self._judge(submitted, contact)
        return self._land(submitted, found, contact, status, warnings, by_date=status is Status.CREATED)

    def _judge(self, submitted: SubmittedRow, contact: Mapping[str, Any]) -> Status:
        if submitted.first_sent_at is not None:
            # since then more may have been learnt of the vendor's clock
            submitted.first_attempt_at = self._caller.vendor_clock.earliest(submitted.first_sent_at)
        clock, sent = self._caller.vendor_clock, submitted.sent_here_at
        idle = between_sessions(
            submitted,
            ahead_seconds=clock.now() - self._caller.clock.now(),
            busy_seconds=self._caller.done_by(0.0),
            sent_here_at=inf if sent is None else clock.earliest(sent),
        )
        return judge(submitted, contact, new=False, made_here=self._journal.made_here, idle=idle)

    async def _date_added(self, submitted: SubmittedRow, found: Reply) -> object:
        """Ask the contact itself when it was made: a reply need not say."""
        shown = await self._look_at(str(found.contact_id), submitted)
        if isinstance(shown, Reply) and shown.kind is ReplyKind.DONE:
            return shown.contact.get("dateAdded")
        return None

    async def _without_id(
        self, submitted: SubmittedRow, found: Reply, call: Call, *, creates: bool, sent_at: float
    ) -> Landing | Outcome:
        """Try once more when the reply is JSON but names no contact: something in between made it up."""
        silence = Unanswered(words="the reply named no contact", doubtful=True, status=found.status)
        if not submitted.repeatable or submitted.attempts >= self._policy.retry.row_attempts:
            return outcomes.unanswered(submitted, silence)
        submitted.doubtful = True
        submitted.not_before = self._caller.done_by(sent_at)
        return await self._store(submitted, call, creates=creates)

    def _land(
        self,
        submitted: SubmittedRow,
        found: Reply,
        contact: Mapping[str, Any],
        status: Status,
        warnings: tuple[Fault, ...] = (),
        *,
        by_date: bool = False,
    ) -> Landing:
        record = submitted.record
        if record.contact_id is None:
            warnings += lost_fields(payload.lost_in_upsert(record), by_id=False)
            if status is Status.UPDATED:
                warnings += not_emptied(payload.kept_by_upsert(record))
        warnings = record.warnings + warnings + compare(record, contact, by_id=record.contact_id is not None)
        landed = Landed(
            row=submitted.row,
            location_id=record.location_id,
            status=status,
            contact_id=str(contact.get("id") or found.contact_id),
            http_status=found.status,
            attempts=submitted.attempts,
            trace_id=found.trace_id,
            warnings=warnings,
            first_attempt_at=submitted.first_attempt_at,
            by_date=by_date,
        )
        return Landing(landed=landed, contact=contact)

    async def verify(self, submitted: SubmittedRow, landed: Landed) -> tuple[Fault, ...]:
        """Read a contact back by its id and compare what the reply of the upsert does not show."""
        found = await self._look_at(landed.contact_id, submitted)
        if isinstance(found, Unanswered) or found.kind is not ReplyKind.DONE:
            return (outcomes.warning("not_verified", "the contact could not be read back"),)
        return compare_custom(submitted.record, found.contact)

    def _reserve(self, submitted: SubmittedRow) -> int:
        """Keep a request for each batch of follow-ups, and for the one that this row may open: else nobody settles."""
        return self._capacity.batches + may_open_batches(submitted.record, self._policy.follow_ups)
